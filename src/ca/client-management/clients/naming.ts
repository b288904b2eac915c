import { randomUUID } from 'node:crypto'
import type { Context } from '../../../context.ts'
import { Fault, quote } from '../../../kit/fault.ts'
import type { RegistrationTokenRow } from '../../../store/schema.ts'
import { nameFor } from '../../reference.ts'
import { isNameTaken } from './store.ts'

export const nameTaken = (name: string): Fault =>
  new Fault('conflict', `the client ${quote(name)} already exists`)

const MOST_TRIED = 20

/**
 * How a client is called: as it says, behind the prefix of its token; without a name of its own by number, or by its id
 * where the token has no prefix. Throws 'conflict' for a name that is taken.
 */
export async function nameOfClient(
  { caller, read }: Context,
  id: string,
  token: Pick<RegistrationTokenRow, 'name_prefix' | 'clients_registered'>,
  given: string | undefined,
): Promise<string> {
  const prefix = token.name_prefix
  if (given !== undefined) {
    const text = given.normalize('NFC')
    const name = nameFor('clients', id, text.startsWith(prefix) ? text : prefix + text)
    if (await isNameTaken(read, caller.domain, name)) throw nameTaken(name)
    return name
  }
  if (prefix === '') return nameFor('clients', id, undefined)
  const first = token.clients_registered + 1
  for (let number = first; number < first + MOST_TRIED; number++)
    if (!(await isNameTaken(read, caller.domain, prefix + number))) return prefix + number
  return prefix + randomUUID()
}
