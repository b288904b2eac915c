import type { CteClientGroupRow, CteClientRow, CteMembershipRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { membershipsOf } from '../members/members.ts'
import type { Collection } from '../records.ts'

export const clientGroups: Collection<'cte_client_groups'> = {
  table: 'cte_client_groups',
  segment: 'clientgroups',
  what: 'client group',
}

/** The groups that a client is in. */
export async function groupsOf(read: Reader, client: CteClientRow): Promise<CteClientGroupRow[]> {
  const memberships: CteMembershipRow[] = await membershipsOf(read, client, 'client-group')
  const ids = memberships.map(({ owner_id }) => owner_id)
  const groups = await read.byId('cte_client_groups', client.domain_id, ids)
  return ids.flatMap((id) => groups.get(id) ?? [])
}
