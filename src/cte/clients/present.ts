import type { Context } from '../../context.ts'
import { wireTime } from '../../kit/time.ts'
import type { CteClientRow } from '../../store/schema.ts'
import { profileNames } from '../profiles/find.ts'
import { presentNamed } from '../records.ts'
import type { Client } from './contract.ts'
import { clients } from './find.ts'

/** What an agent would tell of its client. None can register yet, so every client has this. */
export const UNREGISTERED = {
  client_health_status: 'UNREGISTERED',
  os_type: '',
  os_sub_type: '',
  client_reg_id: '',
  server_host_name: '',
  client_version: '',
  capabilities: '',
  fam_enabled: false,
  fam_state: '',
  errors: '',
  warnings: '',
  client_errors: '',
  client_warnings: '',
  max_num_cache_log: 0,
  max_space_cache_log: 0,
} as const

/** Clients with what answers say of them. */
export async function presentAll(
  context: Pick<Context, 'read' | 'caller'>,
  rows: readonly CteClientRow[],
): Promise<Client[]> {
  const names = await profileNames(context, rows)
  const primary = new Set(
    (
      await context.read.rows('cte_memberships', {
        domain_id: context.caller.domain,
        kind: 'primary-set',
      })
    ).map(({ client_id }) => client_id),
  )
  return rows.map((row) => present(row, names.get(row.profile_id) ?? '', primary.has(row.id)))
}

export async function presentOne(
  context: Pick<Context, 'read' | 'caller'>,
  row: CteClientRow,
): Promise<Client> {
  const [client] = await presentAll(context, [row])
  return client as Client
}

/** The one place where a client becomes JSON. */
const present = (row: CteClientRow, profileName: string, isPrimary: boolean): Client => ({
  ...presentNamed(clients, row),
  created_at: wireTime(row.created_at),
  updated_at: wireTime(row.updated_at),
  client_type: row.client_type,
  profile_id: row.profile_id,
  profile_name: profileName,
  password_creation_method: row.password_creation_method,
  registration_allowed: row.registration_allowed === 1,
  communication_enabled: row.communication_enabled === 1,
  client_locked: row.client_locked === 1,
  system_locked: row.system_locked === 1,
  client_mfa_enabled: row.client_mfa_enabled === 1,
  del_client: row.del_client === 1,
  enable_domain_sharing: row.enable_domain_sharing === 1,
  shared_domain_list: JSON.parse(row.shared_domain_list) as string[],
  lgcs_access_only: row.lgcs_access_only === 1,
  enabled_capabilities: row.enabled_capabilities,
  dynamic_parameters: row.dynamic_parameters,
  auth_binaries: row.auth_binaries,
  protection_mode: row.protection_mode,
  ldt_enabled: row.enabled_capabilities.split(',').includes('LDT'),
  ldt_paused: row.ldt_paused === 1,
  dps_enabled: isPrimary,
  ...UNREGISTERED,
})
