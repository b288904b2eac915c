import type { CteClientRow, CteCsiGroupRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { membershipsOf } from '../members/members.ts'
import type { Collection } from '../records.ts'

export const csiGroups: Collection<'cte_csi_groups'> = {
  table: 'cte_csi_groups',
  segment: 'csigroups',
  what: 'storage group',
}

/** The storage groups that a client is in; only clients of type CSI are in any. */
export async function csiGroupsOf(read: Reader, client: CteClientRow): Promise<CteCsiGroupRow[]> {
  if (client.client_type !== 'CSI') return []
  const memberships = await membershipsOf(read, client, 'csi-group')
  const ids = memberships.map(({ owner_id }) => owner_id)
  return [...(await read.byId('cte_csi_groups', client.domain_id, ids)).values()]
}
