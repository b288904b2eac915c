import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { CteGuardPointRow, CtePolicyRow, CtePrimarySetRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { hold } from '../hold.ts'
import { demandEsgKeys } from '../policies/esg.ts'
import { existingPolicy } from '../policies/find.ts'
import { primarySetNamed } from '../primary-sets/find.ts'
import type { GuardPointParams } from './contract.ts'
import type { Guarded } from './guarded.ts'
import { checkPath, placeOf } from './paths.ts'
import {
  demandDevice,
  demandParamsFit,
  demandPolicyFits,
  demandType,
  fitsUserSpace,
} from './rules.ts'

export interface Made {
  readonly path: string
  /** A guard point, or why there is none. */
  readonly row: CteGuardPointRow | undefined
  readonly error: string | undefined
}

const bit = (given: boolean | undefined, otherwise = false): number =>
  (given ?? otherwise) ? 1 : 0

/**
 * Part of a unit: guards the paths, each with what became of it, in the order given. Throws for what is wrong with all
 * of them, and when none could be guarded.
 */
export async function makeGuardPoints(
  context: Context,
  tx: Writer,
  guarded: Guarded,
  paths: readonly string[],
  given: GuardPointParams,
): Promise<Made[]> {
  const type = demandType(given)
  for (const path of paths) checkPath(path, type)
  const { read, now } = context
  const policy =
    given.policy_id === undefined ? undefined : await existingPolicy(context, given.policy_id)
  if (policy) demandPolicyFits(type, policy)
  demandParamsFit(policy, given)
  await demandClients(guarded, policy)
  const isEsg = policy !== undefined && (await demandEsgKeys(context, policy))
  demandDevice(type, isEsg)
  const set = await primarySetFor(context, guarded, given.dps_id)

  const taken = new Set<string>()
  for (const owner of guarded.owners)
    for (const { place } of await read.rows('cte_guard_points', {
      domain_id: guarded.domain_id,
      owner_id: owner,
    }))
      taken.add(place)
  const made = paths.map((path): Made => {
    const place = placeOf(path)
    if (taken.has(place))
      return { path, row: undefined, error: `${quote(path)} is guarded already` }
    taken.add(place)
    const row = tx.insert(
      'cte_guard_points',
      {
        ...columns(given, type, policy, set),
        is_esg_capable_device: isEsg ? 1 : 0,
        id: randomUUID(),
        domain_id: guarded.domain_id,
        owner_kind: guarded.kind,
        owner_id: guarded.id,
        place,
        guard_path: path,
        ...times(now()),
      },
      { duplicate: new Fault('conflict', `${quote(path)} is guarded already`) },
    )
    tx.count(guarded.domain_id, 'cte_guard_points', 1)
    return { path, row, error: undefined }
  })
  const [first] = made
  if (first?.error !== undefined && made.every(({ row }) => row === undefined))
    throw new Fault('conflict', first.error)
  guarded.hold(tx)
  if (policy) hold(tx, 'cte_policies', policy)
  if (set) hold(tx, 'cte_primary_sets', set)
  return made
}

function times(now: Date): Pick<CteGuardPointRow, 'created_at' | 'updated_at'> {
  const at = stamp(now)
  return { created_at: at, updated_at: at }
}

type Columns = Omit<
  CteGuardPointRow,
  | 'id'
  | 'domain_id'
  | 'owner_kind'
  | 'owner_id'
  | 'place'
  | 'guard_path'
  | 'is_esg_capable_device'
  | 'created_at'
  | 'updated_at'
  | 'version'
  | 'seal'
>

const columns = (
  given: GuardPointParams,
  type: string,
  policy: CtePolicyRow | undefined,
  set: CtePrimarySetRow | undefined,
): Columns => ({
  guard_point_type: type,
  policy_id: policy?.id ?? null,
  policy_ref: given.policy_id ?? '',
  guard_enabled: bit(given.guard_enabled, true),
  automount_enabled: bit(given.automount_enabled),
  cifs_enabled: bit(given.cifs_enabled),
  early_access: bit(given.early_access),
  preserve_sparse_regions: bit(given.preserve_sparse_regions, true),
  data_classification_enabled: bit(given.data_classification_enabled),
  data_lineage_enabled: bit(given.data_lineage_enabled),
  intelligent_protection: bit(given.intelligent_protection),
  disk_name: given.disk_name ?? '',
  diskgroup_name: given.diskgroup_name ?? '',
  is_idt_capable_device: bit(given.is_idt_capable_device),
  mfa_enabled: bit(given.mfa_enabled),
  primary_set_id: set?.id ?? null,
})

/** Throws 'invalid-parameter' for clients that cannot be guarded so; without a policy: against ransomware. */
async function demandClients(guarded: Guarded, policy: CtePolicyRow | undefined): Promise<void> {
  const types = await guarded.clientTypes()
  if (types.includes('CSI'))
    throw new Fault(
      'invalid-parameter',
      `${quote(guarded.name)}: clients of type CSI are guarded through their storage group`,
    )
  if (types.includes('CTE-U') && policy && !fitsUserSpace(policy))
    throw new Fault(
      'invalid-parameter',
      `guard_point_params.policy_id: clients of type CTE-U take Standard policies only, and ${quote(policy.name)} is ${policy.policy_type}`,
    )
}

function primarySetFor(
  { read }: Context,
  { group }: Guarded,
  reference: string | undefined,
): Promise<CtePrimarySetRow | undefined> {
  if (reference === undefined) return Promise.resolve(undefined)
  if (!group)
    throw new Fault('invalid-parameter', 'guard_point_params.dps_id: is for client groups only')
  return primarySetNamed(read, group, reference)
}
