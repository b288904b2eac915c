import type { Collection } from '../records.ts'

export const ldtGroups: Collection<'cte_ldt_groups'> = {
  table: 'cte_ldt_groups',
  segment: 'ldtgroupcommservice',
  what: 'LDT communication group',
}
