import { timeText } from '../../kit/time.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { isUsedByCte, readMeta, storedMeta, withCteUse } from './meta.ts'

/**
 * Part of a unit: says in the key whether some CTE policy uses it. Keys that are none of transparent encryption stay as
 * they are. The row's version goes up, so a deletion at the same moment is done again and sees it.
 */
export function markCteUse(tx: Writer, row: KeyRow, used: boolean, now: Date): KeyRow {
  const meta = readMeta(row.meta)
  if (meta === undefined || isUsedByCte(meta) === used) return row
  const marked = withCteUse(meta, used)
  if (marked === meta) return row
  tx.changesAuthority()
  return tx.update('keys', row, { meta: storedMeta(marked), updated_at: timeText(now) })
}
