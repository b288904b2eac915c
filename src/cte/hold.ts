import type { Schema } from '../store/schema.ts'
import type { SealedTable, Writer } from '../store/store.ts'

/**
 * Part of a unit: from now on another row names this one. Its version goes up, so a deletion at the same moment, which
 * has read that nobody names it, is done again and sees it; and once it is deleted, this unit is done again.
 */
export const hold = <Table extends SealedTable>(
  tx: Writer,
  table: Table,
  row: Schema[Table],
): Schema[Table] => tx.update(table, row, {})
