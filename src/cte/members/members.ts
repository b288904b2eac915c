import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import { stamp } from '../../kit/time.ts'
import type { CteClientRow, CteMembershipRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { clients } from '../clients/find.ts'
import { existing } from '../records.ts'

/** What clients can be in. */
export type Kind = 'client-group' | 'csi-group' | 'ldt-group' | 'primary-set'

type Owner = { readonly id: string; readonly domain_id: string }

/** Who is in it, in the order of joining. */
export async function membersOf(read: Reader, owner: Owner): Promise<CteMembershipRow[]> {
  const rows = await read.rows('cte_memberships', {
    domain_id: owner.domain_id,
    owner_id: owner.id,
  })
  return rows.sort((one, other) => (one.created_at < other.created_at ? -1 : 1))
}

/** What a client is in. */
export const membershipsOf = (
  read: Reader,
  { id, domain_id }: Owner,
  kind?: Kind,
): Promise<CteMembershipRow[]> =>
  read.rows('cte_memberships', { domain_id, client_id: id, ...(kind && { kind }) })

export const membership = (
  read: Reader,
  owner: Owner,
  client: Owner,
): Promise<CteMembershipRow | undefined> =>
  read.row('cte_memberships', {
    domain_id: owner.domain_id,
    owner_id: owner.id,
    client_id: client.id,
  })

/** Part of a unit; whoever calls it holds both. */
export function join(
  tx: Writer,
  kind: Kind,
  owner: Owner,
  client: Owner,
  { inherits = false, now }: { readonly inherits?: boolean; readonly now: Date },
): CteMembershipRow {
  tx.count(owner.domain_id, 'cte_memberships', 1)
  return tx.insert('cte_memberships', {
    id: randomUUID(),
    domain_id: owner.domain_id,
    kind,
    owner_id: owner.id,
    client_id: client.id,
    inherits: inherits ? 1 : 0,
    created_at: stamp(now),
  })
}

/** Part of a unit. */
export function leave(tx: Writer, row: CteMembershipRow): void {
  tx.remove('cte_memberships', row)
  tx.count(row.domain_id, 'cte_memberships', -1)
}

/** The clients that a list names, each once, in the order given. Throws 'not-found' for the first that is none. */
export async function clientsNamed(
  context: Pick<Context, 'caller' | 'read'>,
  references: readonly string[],
): Promise<CteClientRow[]> {
  const found = new Map<string, CteClientRow>()
  for (const reference of references) {
    const client = await existing(context, clients, reference)
    found.set(client.id, client)
  }
  return [...found.values()]
}

/** The clients of these memberships of one domain, in their order. */
export async function clientsIn(
  read: Reader,
  rows: readonly CteMembershipRow[],
): Promise<CteClientRow[]> {
  const ids = rows.map(({ client_id }) => client_id)
  const found = await read.byId('cte_clients', rows[0]?.domain_id ?? '', ids)
  return rows.flatMap(({ client_id }) => found.get(client_id) ?? [])
}
