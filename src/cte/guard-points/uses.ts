import { quote } from '../../kit/fault.ts'
import type { CteGuardPointRow, CtePolicyRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

/** Who guards something with the policy, in a sentence; undefined: nobody. Whoever comes to do so raises its version. */
export async function guardPointUsing(
  read: Reader,
  { id, domain_id }: Pick<CtePolicyRow, 'id' | 'domain_id'>,
): Promise<string | undefined> {
  const row = await read
    .selectFrom('cte_guard_points')
    .selectAll()
    .where('domain_id', '=', domain_id)
    .where('policy_id', '=', id)
    .limit(1)
    .executeTakeFirst()
  return row && `${await guardPointNamed(read, row)} uses this policy`
}

/** All guard points with the policy. */
export const guardPointsWith = (
  read: Reader,
  { id, domain_id }: Pick<CtePolicyRow, 'id' | 'domain_id'>,
): Promise<CteGuardPointRow[]> => read.rows('cte_guard_points', { domain_id, policy_id: id })

/** Types of guard points on whole devices. */
export const isDevice = (type: string): boolean => type.startsWith('rawdevice_')

/** A guard point in a sentence: its path, and whose it is. */
export async function guardPointNamed(read: Reader, row: CteGuardPointRow): Promise<string> {
  const where = { domain_id: row.domain_id, id: row.owner_id }
  const path = quote(row.guard_path)
  switch (row.owner_kind) {
    case 'client': {
      const client = await read.row('cte_clients', where)
      return `guard point ${path} of client ${quote(client?.name ?? row.owner_id)}`
    }
    case 'client-group': {
      const group = await read.row('cte_client_groups', where)
      return `guard point ${path} of client group ${quote(group?.name ?? row.owner_id)}`
    }
    default: {
      const group = await read.row('cte_csi_groups', where)
      return `a guard point of storage group ${quote(group?.name ?? row.owner_id)}`
    }
  }
}
