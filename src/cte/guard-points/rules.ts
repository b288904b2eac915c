import { Fault, notBuilt } from '../../kit/fault.ts'
import type { CtePolicyRow } from '../../store/schema.ts'
import { isOfType, type PolicyTypeName } from '../policies/types.ts'
import type { GuardPointParams } from './contract.ts'
import { isDevice } from './uses.ts'

type Type = NonNullable<GuardPointParams['guard_point_type']>

const refused = (sentence: string): Fault => new Fault('invalid-parameter', sentence)

/** The type of the guard points, once all that needs no policy has been looked at. */
export function demandType(given: GuardPointParams): Type {
  const { guard_point_type: type, policy_id } = given
  if (type === undefined) throw refused('guard_point_params.guard_point_type: is required')
  if (type === 'ransomware_protection') {
    if (policy_id !== undefined)
      throw refused('guard_point_params.policy_id: ransomware protection goes without a policy')
  } else if (policy_id === undefined) throw refused('guard_point_params.policy_id: is required')
  demandLineage(given)
  demandNoCredentials(given)
  return type
}

export function demandLineage(given: {
  readonly data_classification_enabled?: boolean | undefined
  readonly data_lineage_enabled?: boolean | undefined
}): void {
  if (given.data_lineage_enabled && !given.data_classification_enabled)
    throw refused('data_lineage_enabled: needs data_classification_enabled to be true')
}

/** What would be kept and never found again is refused. */
export function demandNoCredentials(given: {
  readonly network_share_credentials_id?: string | undefined
}): void {
  if (given.network_share_credentials_id !== undefined)
    throw notBuilt('Guarding a network share with credentials')
}

/** What parameters ask of the policy's type (reference 6). */
const NEEDS: readonly {
  readonly field: string
  readonly asked: (given: GuardPointParams) => boolean
  readonly types: readonly PolicyTypeName[]
}[] = [
  {
    field: 'automount_enabled',
    asked: ({ automount_enabled }) => automount_enabled === true,
    types: ['standard', 'ldt'],
  },
  {
    field: 'early_access',
    asked: ({ early_access }) => early_access === true,
    types: ['standard', 'ldt'],
  },
  { field: 'cifs_enabled', asked: ({ cifs_enabled }) => cifs_enabled === true, types: ['ldt'] },
  {
    field: 'is_idt_capable_device',
    asked: ({ is_idt_capable_device }) => is_idt_capable_device === true,
    types: ['idt'],
  },
]

/** Throws 'invalid-parameter' for parameters that do not go with the policy, or with none. */
export function demandParamsFit(policy: CtePolicyRow | undefined, given: GuardPointParams): void {
  for (const { field, asked, types } of NEEDS)
    if (asked(given) && !(policy && types.some((name) => isOfType(policy, name))))
      throw refused(
        `guard_point_params.${field}: ${policy ? 'is not for policies of this type' : 'is not for ransomware protection'}`,
      )
}

/** Throws 'invalid-parameter' when the policy does not go with the type. */
export function demandPolicyFits(type: Type, policy: CtePolicyRow): void {
  if (isOfType(policy, 'csi'))
    throw refused('guard_point_params.policy_id: a CSI policy is for storage groups')
  const isCloud = type.startsWith('cloudstorage_')
  if (isCloud !== isOfType(policy, 'cloud_object_storage'))
    throw refused(
      isCloud
        ? `guard_point_params.policy_id: ${type} needs a policy of the type Cloud_Object_Storage`
        : `guard_point_params.guard_point_type: a policy of the type Cloud_Object_Storage needs cloudstorage_auto or cloudstorage_manual`,
    )
}

/** Clients of the user-space edition know Standard policies only. */
export const fitsUserSpace = (policy: CtePolicyRow): boolean => isOfType(policy, 'standard')

/** Throws 'invalid-parameter' for an ESG guard point, which is for efficient storage, on anything but a device. */
export function demandDevice(type: Type, isEsg: boolean): void {
  if (isEsg && !isDevice(type))
    throw refused(
      'guard_point_params.guard_point_type: a Standard policy with an XTS key needs rawdevice_auto or rawdevice_manual',
    )
}
