import type { Context } from '../../context.ts'
import type { CteClientGroupRow } from '../../store/schema.ts'
import { domainName } from '../guard-points/present.ts'
import { profileNames } from '../profiles/find.ts'
import { presentNamed } from '../records.ts'
import type { ClientGroup } from './contract.ts'
import { clientGroups } from './find.ts'

export async function presentAll(
  context: Pick<Context, 'read' | 'caller'>,
  rows: readonly CteClientGroupRow[],
): Promise<ClientGroup[]> {
  const names = await profileNames(context, rows)
  const domain = await domainName(context)
  return rows.map((row) => present(row, names.get(row.profile_id) ?? '', domain))
}

export async function presentOne(
  context: Pick<Context, 'read' | 'caller'>,
  row: CteClientGroupRow,
): Promise<ClientGroup> {
  const [group] = await presentAll(context, [row])
  return group as ClientGroup
}

/** The one place where a client group becomes JSON. */
function present(row: CteClientGroupRow, profileName: string, domain: string): ClientGroup {
  const shared = JSON.parse(row.shared_domain_list) as string[]
  return {
    ...presentNamed(clientGroups, row),
    cluster_type: row.cluster_type,
    profile_id: row.profile_id,
    profile_name: profileName,
    password_creation_method: row.password_creation_method,
    communication_enabled: row.communication_enabled === 1,
    client_locked: row.client_locked === 1,
    system_locked: row.system_locked === 1,
    enable_domain_sharing: row.enable_domain_sharing === 1,
    shared_domain_list: shared,
    domain_list: shared.join(','),
    account_list: '',
    native_domain: domain,
    enabled_capabilities: row.enabled_capabilities,
    capabilities: row.enabled_capabilities,
    auth_binaries: row.auth_binaries,
    ldt_designated_primary_set: row.ldt_designated_primary_set,
    ldt_status: row.ldt_paused === 1 ? 'PAUSED' : '',
    enable_ldt_passive: false,
  }
}
