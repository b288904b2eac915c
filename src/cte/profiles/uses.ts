import { quote } from '../../kit/fault.ts'
import type { CteProfileRow, CteSetRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

/** Who names the set, in a sentence: a user or process set that a profile names stays. Whoever comes to name it raises its version. */
export async function profileUsing(
  read: Reader,
  { id, domain_id }: Pick<CteSetRow, 'id' | 'domain_id'>,
): Promise<string | undefined> {
  const [profile] = [
    ...(await read.rows('cte_profiles', { domain_id, mfa_user_set_id: id })),
    ...(await read.rows('cte_profiles', { domain_id, rwp_process_set_id: id })),
  ]
  return profile && `the client profile ${quote(profile.name)} uses it`
}

/** Who has the profile, in a sentence. */
export async function usingProfile(
  read: Reader,
  { id, domain_id }: Pick<CteProfileRow, 'id' | 'domain_id'>,
): Promise<string | undefined> {
  const where = { domain_id, profile_id: id }
  const client = await read.row('cte_clients', where)
  if (client) return `the client ${quote(client.name)} has it`
  const group = await read.row('cte_client_groups', where)
  if (group) return `the client group ${quote(group.name)} has it`
  const csi = await read.row('cte_csi_groups', where)
  return csi && `the storage group ${quote(csi.name)} has it`
}
