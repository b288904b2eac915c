import type { Context } from '../../context.ts'
import type { KeyRow } from '../../store/schema.ts'
import { vaultOf } from '../vault.ts'

/** The last use, whether it is written already or waits on this node. */
export async function lastUseOf({ read, services }: Context, row: KeyRow) {
  const waiting = vaultOf(services).lastUse(row.id)
  const written = await read.row('key_uses', { id: row.id, domain_id: row.domain_id })
  if (!waiting || (written && written.last_used_at >= waiting.at)) return written
  return { last_used_at: waiting.at, operation: waiting.operation }
}
