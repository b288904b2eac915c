import type { Collection } from '../records.ts'

export const csiGroups: Collection<'cte_csi_groups'> = {
  table: 'cte_csi_groups',
  segment: 'csigroups',
  what: 'storage group',
}
