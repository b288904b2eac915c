import type { CteGuardPointRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'

type Owner = { readonly id: string; readonly domain_id: string }

/** The guard points that were made on this client or group. */
export const guardPointsOf = (
  read: Reader,
  { id, domain_id }: Owner,
): Promise<CteGuardPointRow[]> => read.rows('cte_guard_points', { domain_id, owner_id: id })

/** Part of a unit. */
export function removeGuardPoint(tx: Writer, row: CteGuardPointRow): void {
  tx.remove('cte_guard_points', row)
  tx.count(row.domain_id, 'cte_guard_points', -1)
}
