import type { Context } from '../../context.ts'
import type {
  CteClientGroupRow,
  CteClientRow,
  CteCsiGroupRow,
  CteGuardPointRow,
  CtePolicyRow,
  CtePrimarySetRow,
} from '../../store/schema.ts'
import { presentIdentity } from '../records.ts'
import type { GuardPoint } from './contract.ts'

const guardPoints = { segment: 'guardpoints' }

/** Whoever is asked about: a client shows the guard points of its groups as its own. */
export interface Shown {
  readonly client: CteClientRow | undefined
  readonly group: CteClientGroupRow | undefined
  readonly csiGroup: CteCsiGroupRow | undefined
}

export type Viewed = readonly [row: CteGuardPointRow, shown: Shown]

type Reading = Pick<Context, 'read' | 'caller'>

/** Guard points with what answers say of them. */
export async function presentAll(
  { read, caller }: Reading,
  viewed: readonly Viewed[],
): Promise<GuardPoint[]> {
  const policies = await read.byId(
    'cte_policies',
    caller.domain,
    viewed.flatMap(([{ policy_id }]) => policy_id ?? []),
  )
  const sets = await read.byId(
    'cte_primary_sets',
    caller.domain,
    viewed.flatMap(([{ primary_set_id }]) => primary_set_id ?? []),
  )
  const domain = await domainName({ read, caller })
  return viewed.map(([row, shown]) =>
    present(row, shown, {
      domain,
      policy: row.policy_id === null ? undefined : policies.get(row.policy_id),
      set: row.primary_set_id === null ? undefined : sets.get(row.primary_set_id),
    }),
  )
}

export async function presentOne(
  context: Reading,
  row: CteGuardPointRow,
  shown: Shown,
): Promise<GuardPoint> {
  const [guardPoint] = await presentAll(context, [[row, shown]])
  return guardPoint as GuardPoint
}

export const domainName = async ({ read, caller }: Reading): Promise<string> =>
  (await read.row('domains', { id: caller.domain }))?.name ?? ''

/** No agent has told of it yet, so only what is known here can be said. */
export const stateOf = ({ guard_enabled }: Pick<CteGuardPointRow, 'guard_enabled'>): string =>
  guard_enabled === 1 ? 'UNKNOWN' : 'DISABLED'

interface Named {
  readonly domain: string
  readonly policy: CtePolicyRow | undefined
  readonly set: CtePrimarySetRow | undefined
}

/** The one place where a guard point becomes JSON. */
const present = (
  row: CteGuardPointRow,
  { client, group }: Shown,
  { domain, policy, set }: Named,
): GuardPoint => ({
  ...presentIdentity(guardPoints, row),
  client_id: client?.id ?? '',
  client_name: client?.name ?? '',
  client_group_id: group?.id ?? '',
  client_group_name: group?.name ?? '',
  guard_path: row.guard_path,
  guard_point_type: row.guard_point_type,
  policy_id: row.policy_ref,
  policy_name: policy?.name ?? '',
  guard_enabled: row.guard_enabled === 1,
  guard_point_state: stateOf(row),
  pending_operation: '',
  disabled_reason: '',
  automount_enabled: row.automount_enabled === 1,
  cifs_enabled: row.cifs_enabled === 1,
  early_access: row.early_access === 1,
  preserve_sparse_regions: row.preserve_sparse_regions === 1,
  data_classification_enabled: row.data_classification_enabled === 1,
  data_lineage_enabled: row.data_lineage_enabled === 1,
  intelligent_protection: row.intelligent_protection === 1,
  disk_name: row.disk_name,
  diskgroup_name: row.diskgroup_name,
  docker_img_id: '',
  docker_cont_id: '',
  type: row.owner_kind.replace('-', ''),
  network_share_credentials_id: '',
  attr: null,
  is_idt_capable_device: row.is_idt_capable_device === 1,
  is_esg_capable_device: row.is_esg_capable_device === 1,
  metadata: '',
  csi_guard_status: '',
  mfa_enabled: row.mfa_enabled === 1,
  native_domain: domain,
  gp_network_path: '',
  dps_id: set?.id ?? '',
  dps_name: set?.name ?? '',
})
