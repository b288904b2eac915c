import type { CteClientRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { guardPointsOf, removeGuardPoint } from '../guard-points/store.ts'
import { leave, membershipsOf } from '../members/members.ts'

/**
 * Part of a unit: the client goes, and with it its guard points and its places in groups. Whatever comes to name it at
 * the same moment raises its version, and then this is done again.
 */
export async function removeClient(tx: Writer, read: Reader, client: CteClientRow): Promise<void> {
  for (const row of await membershipsOf(read, client)) leave(tx, row)
  for (const row of await guardPointsOf(read, client)) removeGuardPoint(tx, row)
  for (const set of await read.rows('cte_sets', {
    domain_id: client.domain_id,
    signing_client: client.id,
  }))
    tx.update('cte_sets', set, { signing_client: null, signing_status: '' })
  tx.remove('cte_clients', client)
  tx.count(client.domain_id, 'cte_clients', -1)
}
