import type { Context } from '../../context.ts'
import { notFound } from '../../kit/fault.ts'
import type { CteClientRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { hold } from '../hold.ts'
import type { Association } from './contract.ts'
import { clientsNamed, join, type Kind, leave, membership } from './members.ts'

type Owner = { readonly id: string; readonly domain_id: string }

/** Part of a unit that holds the owner: the clients join it. One that is in it already stays as it is. */
export async function joinAll(
  { now, read }: Pick<Context, 'now' | 'read'>,
  tx: Writer,
  kind: Kind,
  owner: Owner,
  clients: readonly CteClientRow[],
): Promise<Association[]> {
  const answers: Association[] = []
  for (const client of clients) {
    const known = await membership(read, owner, client)
    const { id } = known ?? join(tx, kind, owner, client, { now: now() })
    if (!known) hold(tx, 'cte_clients', client)
    const status = known ? 'present' : 'added'
    answers.push({ id, client_id: client.id, client_name: client.name, status })
  }
  return answers
}

/** Part of a unit: the clients leave. Throws 'not-found' for one that is not in it. */
export async function leaveAll(
  context: Pick<Context, 'caller' | 'read'>,
  tx: Writer,
  owner: Owner,
  references: readonly string[],
): Promise<void> {
  for (const client of await clientsNamed(context, references)) {
    const row = await membership(context.read, owner, client)
    if (!row) throw notFound('client of the group', client.name)
    leave(tx, row)
  }
}
