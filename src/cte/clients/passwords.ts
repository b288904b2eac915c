import type { Services } from '../../context.ts'
import type { Place } from '../../crypto/envelope.ts'
import { Secret } from '../../crypto/secret.ts'
import { Fault } from '../../kit/fault.ts'
import { wrappedColumn } from '../../system/index.ts'

type Owner = { readonly id: string; readonly domain_id: string }
type Table = 'cte_clients' | 'cte_client_groups'

const place = (table: Table, { id, domain_id }: Owner): Place => ({
  domain: domain_id,
  table,
  row: id,
  column: 'password',
  version: 0,
})

export const passwordColumns = [
  wrappedColumn('cte_clients', 'password', (row) => place('cte_clients', row)),
  wrappedColumn('cte_client_groups', 'password', (row) => place('cte_client_groups', row)),
]

const MIN_LENGTH = 8
/** What the product asks of a password beside its length (reference 5.1). */
const NEEDED = [/[A-Za-z]/, /[0-9]/, /[!@#$%^&*(){}[\]]/]

interface Given {
  readonly password?: string | undefined
  readonly password_creation_method?: 'GENERATE' | 'MANUAL' | undefined
}

export interface PasswordHash {
  readonly method: 'GENERATE' | 'MANUAL'
  readonly phc: string | null
}

/**
 * The hash of the password that was given, made before the unit. Undefined when nothing is said of passwords. A
 * password that comes with `GENERATE` is for nothing: the agent makes its own.
 */
export async function passwordFrom(
  { passwords }: Pick<Services, 'passwords'>,
  { password, password_creation_method: method }: Given,
): Promise<PasswordHash | undefined> {
  if (method === 'GENERATE') return { method, phc: null }
  if (method === undefined && password === undefined) return undefined
  if (password === undefined)
    throw new Fault('invalid-parameter', 'password: is needed with MANUAL')
  if (password.length < MIN_LENGTH || NEEDED.some((kind) => !kind.test(password)))
    throw new Fault(
      'invalid-parameter',
      `password: must have at least ${MIN_LENGTH} characters, with a letter, a digit and one of !@#$%^&*(){}[]`,
    )
  return { method: 'MANUAL', phc: await passwords.hash(password) }
}

/** The columns of a row that has this password. */
export function passwordOf(
  { envelope }: Pick<Services, 'envelope'>,
  table: Table,
  owner: Owner,
  { method, phc }: PasswordHash,
): { readonly password: Uint8Array | null; readonly password_creation_method: string } {
  if (phc === null) return { password: null, password_creation_method: method }
  const plain = new Secret(Buffer.from(phc))
  try {
    return {
      password: envelope.wrap(place(table, owner), plain),
      password_creation_method: method,
    }
  } finally {
    plain.wipe()
  }
}
