import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { CteCsiGroupRow, CteGuardPointRow, CtePolicyRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { stateOf } from '../guard-points/present.ts'
import { hold } from '../hold.ts'
import { existingPolicy } from '../policies/find.ts'
import { isOfType } from '../policies/types.ts'
import { existing, idIn, presentIdentity } from '../records.ts'
import type { CsiGuardPoint } from './contract.ts'
import { csiGroups } from './find.ts'

/** The guard point of some storage group of the caller's domain, and its group. Throws 'not-found'. */
export async function csiGuardPoint(
  { caller, read }: Pick<Context, 'caller' | 'read'>,
  reference: string,
): Promise<readonly [row: CteGuardPointRow, group: CteCsiGroupRow]> {
  const id = idIn(reference)
  const domain_id = caller.domain
  const row = id === undefined ? undefined : await read.row('cte_guard_points', { domain_id, id })
  const group =
    row?.owner_kind === 'csi-group'
      ? await read.row('cte_csi_groups', { domain_id, id: row.owner_id })
      : undefined
  if (!row || !group) throw notFound('guard point', reference)
  return [row, group]
}

/** Part of a unit: one guard point for each policy, in the order given. All or none. */
export async function guardByPolicies(
  context: Context,
  tx: Writer,
  reference: string,
  references: readonly string[],
): Promise<CsiGuardPoint[]> {
  const { now, read } = context
  const group = await existing(context, csiGroups, reference)
  const held = new Map<string, CtePolicyRow>()
  for (const named of references) {
    const policy = await existingPolicy(context, named)
    const taken = () =>
      new Fault(
        'conflict',
        `the policy ${quote(policy.name)} guards the storage group ${quote(group.name)} already`,
      )
    if (held.has(policy.id)) throw taken()
    if (!isOfType(policy, 'csi'))
      throw new Fault(
        'invalid-parameter',
        `policy_list: ${quote(policy.name)} is of type ${policy.policy_type}, and storage groups take CSI`,
      )
    const where = { domain_id: group.domain_id, owner_id: group.id, place: policy.id }
    if (await read.row('cte_guard_points', where)) throw taken()
    held.set(policy.id, policy)
  }
  const made = references.map((named, at) => {
    const policy = [...held.values()][at] as CtePolicyRow
    return present(tx.insert('cte_guard_points', columns(group, policy, named, now())), group)
  })
  tx.count(group.domain_id, 'cte_guard_points', made.length)
  for (const policy of held.values()) hold(tx, 'cte_policies', policy)
  hold(tx, 'cte_csi_groups', group)
  return made
}

function columns(
  group: CteCsiGroupRow,
  policy: CtePolicyRow,
  named: string,
  now: Date,
): Omit<CteGuardPointRow, 'version' | 'seal'> {
  const at = stamp(now)
  return {
    id: randomUUID(),
    domain_id: group.domain_id,
    owner_kind: 'csi-group',
    owner_id: group.id,
    place: policy.id,
    guard_path: '',
    guard_point_type: 'csi',
    policy_id: policy.id,
    // A client that named it by its name looks for that name; one that named it otherwise, for the policy's own.
    policy_ref: named === policy.id || named.startsWith('kylo:') ? policy.name : named,
    guard_enabled: 1,
    automount_enabled: 0,
    cifs_enabled: 0,
    early_access: 0,
    preserve_sparse_regions: 0,
    data_classification_enabled: 0,
    data_lineage_enabled: 0,
    intelligent_protection: 0,
    disk_name: '',
    diskgroup_name: '',
    is_idt_capable_device: 0,
    is_esg_capable_device: 0,
    mfa_enabled: 0,
    primary_set_id: null,
    created_at: at,
    updated_at: at,
  }
}

/** The one place where a guard point of a storage group becomes JSON. */
export const present = (row: CteGuardPointRow, group: CteCsiGroupRow): CsiGuardPoint => ({
  ...presentIdentity({ segment: 'guardpoints' }, row),
  csigroup_id: group.id,
  csigroup_name: group.name,
  policy_id: row.policy_id ?? '',
  policy_name: row.policy_ref,
  guard_enabled: row.guard_enabled === 1,
  guard_point_state: stateOf(row),
})

/** Ids of policies whose id or name fits. */
export async function policiesFitting(
  read: Reader,
  domain: string,
  fitting: (policy: CtePolicyRow) => boolean,
): Promise<string[]> {
  const ids = (await read.rows('cte_policies', { domain_id: domain }))
    .filter(fitting)
    .map(({ id }) => id)
  return ids.length === 0 ? [''] : ids
}
