import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Page, pageOf, QueryBoolean, TextFilter, text } from '../../kit/wire.ts'
import { maybe, maybeText } from '../../vault/contract.ts'
import {
  AGENTS_TOO,
  bodyRules,
  identified,
  idParams,
  maybeFlag,
  maybeReference,
  PathFilter,
  Reference,
} from '../contract.ts'
import { oneOf } from '../fields/contract.ts'

export const GUARD_POINT_TYPES = [
  'directory_auto',
  'directory_manual',
  'rawdevice_auto',
  'rawdevice_manual',
  'cloudstorage_auto',
  'cloudstorage_manual',
  'ransomware_protection',
] as const

const MAX_PATHS = 1000
const MAX_PATH = 4096

const flag = z.boolean()
const words = (max = 64) => z.string().max(max)

export const GuardPoint = z.object({
  ...identified,
  client_id: words(),
  client_name: words(256),
  client_group_id: words(),
  client_group_name: words(256),
  guard_path: words(MAX_PATH),
  guard_point_type: words(),
  policy_id: words(512).meta({ description: 'As it was named when the guard point was made.' }),
  policy_name: words(256),
  guard_enabled: flag,
  guard_point_state: words(),
  pending_operation: words(),
  disabled_reason: words(256),
  automount_enabled: flag,
  cifs_enabled: flag,
  early_access: flag,
  preserve_sparse_regions: flag,
  data_classification_enabled: flag,
  data_lineage_enabled: flag,
  intelligent_protection: flag,
  disk_name: words(256),
  diskgroup_name: words(256),
  docker_img_id: words(256),
  docker_cont_id: words(256),
  type: words(),
  network_share_credentials_id: words(256),
  attr: z.null(),
  is_idt_capable_device: flag,
  is_esg_capable_device: flag,
  metadata: words(4096),
  csi_guard_status: words(),
  mfa_enabled: flag,
  native_domain: words(256),
  gp_network_path: words(MAX_PATH),
  dps_id: words(),
  dps_name: words(256),
})
export type GuardPoint = z.output<typeof GuardPoint>

const Params = z.object({
  guard_point_type: oneOf(...GUARD_POINT_TYPES),
  policy_id: maybeReference.meta({
    description: 'A policy: its id, name, URI or slug. Needed but for `ransomware_protection`.',
  }),
  guard_enabled: maybeFlag,
  automount_enabled: maybeFlag,
  cifs_enabled: maybeFlag,
  early_access: maybeFlag,
  preserve_sparse_regions: maybeFlag,
  data_classification_enabled: maybeFlag,
  data_lineage_enabled: maybeFlag,
  intelligent_protection: maybeFlag,
  disk_name: maybeText(256),
  diskgroup_name: maybeText(256),
  is_idt_capable_device: maybeFlag,
  mfa_enabled: maybeFlag,
  network_share_credentials_id: maybeReference,
  dps_id: maybeReference.meta({ description: 'Of groups: a primary set, its id or name.' }),
})
export type GuardPointParams = z.output<typeof Params>

const Change = z.object({
  guard_enabled: maybeFlag,
  mfa_enabled: maybeFlag,
  network_share_credentials_id: maybeReference,
  data_classification_enabled: maybeFlag,
  data_lineage_enabled: maybeFlag,
  dps_id: maybe(text(512)).meta({
    description: 'Of groups: a primary set, its id or name. An empty text takes it off.',
  }),
})
export type GuardPointChange = z.output<typeof Change>

const Created = z.object({
  guardpoints: z
    .array(
      z.object({
        guardpoint: GuardPoint.optional(),
        guard_path: words(MAX_PATH).optional(),
        error: words(1024).optional().meta({ description: 'Why this path is not guarded.' }),
      }),
    )
    .max(MAX_PATHS),
})

const IdList = z.array(text(512).min(1)).min(1).max(MAX_PATHS)

const gpParams = z.object({
  id: idParams.shape.id,
  gp: Reference.meta({ description: 'Id of the guard point.' }),
})

const ref = { resource: 'transparent-encryption:guardpoints' }
const updates = { ...ref, action: 'UpdateGuardPointCTE' }
const deletes = { ...ref, action: 'DeleteGuardPointCTE' }

const GuardPoints = z.object({ guardpoints: z.array(GuardPoint).max(MAX_PATHS) })
const Unguarded = z.object({
  guardpoints: z
    .array(z.object({ id: z.uuid(), guard_path: words(MAX_PATH), status: words() }))
    .max(MAX_PATHS),
})

const CLIENTS = '/v1/transparent-encryption/clients'
const GROUPS = '/v1/transparent-encryption/clientgroups'

/** What clients and their groups have alike (reference 6). */
const guardPointEndpoints = (path: typeof CLIENTS | typeof GROUPS, whose: string) => ({
  list: endpoint({
    method: 'GET',
    path: `${path}/:id/guardpoints`,
    summary: `List guard points of a ${whose}`,
    access: AGENTS_TOO,
    audit: false,
    params: idParams,
    query: Page.extend({
      policy_id: TextFilter.optional(),
      policy_name: TextFilter.optional(),
      guard_path: PathFilter.optional(),
      guard_point_type: TextFilter.optional(),
      guard_enabled: QueryBoolean.optional(),
    }),
    status: 200,
    reply: pageOf(GuardPoint),
  }),
  create: endpoint({
    method: 'POST',
    path: `${path}/:id/guardpoints`,
    summary: `Guard paths of a ${whose}`,
    access: { ...ref, action: 'CreateGuardPointCTE' },
    audit: `Create guard points of ${whose}`,
    ...bodyRules,
    params: idParams,
    body: z.object({
      guard_paths: z.array(text(MAX_PATH).min(1)).min(1).max(MAX_PATHS),
      guard_point_params: Params,
    }),
    status: 201,
    reply: Created,
  }),
  get: endpoint({
    method: 'GET',
    path: `${path}/:id/guardpoints/:gp`,
    summary: `Read one guard point of a ${whose}`,
    access: AGENTS_TOO,
    audit: false,
    params: gpParams,
    status: 200,
    reply: GuardPoint,
  }),
  update: endpoint({
    method: 'PATCH',
    path: `${path}/:id/guardpoints/:gp`,
    summary: `Change a guard point of a ${whose}`,
    access: updates,
    audit: `Update guard point of ${whose}`,
    ...bodyRules,
    params: gpParams,
    body: Change,
    status: 200,
    reply: GuardPoint,
  }),
  enable: endpoint({
    method: 'PATCH',
    path: `${path}/:id/guardpoints/enable`,
    summary: `Enable or disable guard points of a ${whose}`,
    access: updates,
    audit: `Enable or disable guard points of ${whose}`,
    ...bodyRules,
    params: idParams,
    body: z.object({ guard_point_id_list: IdList, guard_enabled: z.boolean() }),
    status: 200,
    reply: GuardPoints,
  }),
  unguard: endpoint({
    method: 'PATCH',
    path: `${path}/:id/guardpoints/unguard`,
    summary: `Remove guard points of a ${whose}`,
    access: deletes,
    audit: `Remove guard points of ${whose}`,
    ...bodyRules,
    params: idParams,
    body: z.object({ guard_point_id_list: IdList }),
    status: 200,
    reply: Unguarded,
  }),
  unguardOne: endpoint({
    method: 'PATCH',
    path: `${path}/:id/guardpoints/:gp/unguard`,
    summary: `Remove one guard point of a ${whose}`,
    access: deletes,
    audit: `Remove guard point of ${whose}`,
    params: gpParams,
    status: 200,
    reply: Unguarded,
  }),
  earlyAccess: endpoint({
    method: 'PATCH',
    path: `${path}/:id/guardpoints/:gp/early-access`,
    summary: `Set early access of a guard point of a ${whose}`,
    access: updates,
    audit: `Update early access of guard point of ${whose}`,
    ...bodyRules,
    params: gpParams,
    body: z.object({ early_access: z.boolean() }),
    status: 200,
    reply: GuardPoint,
  }),
  preserveSparseRegionsOff: endpoint({
    method: 'PATCH',
    path: `${path}/:id/guardpoints/:gp/preserve-sparse-regions-off`,
    summary: `Stop preserving sparse regions of a guard point of a ${whose}`,
    description: 'It cannot be turned on again.',
    access: updates,
    audit: `Stop preserving sparse regions of guard point of ${whose}`,
    params: gpParams,
    status: 200,
    reply: GuardPoint,
  }),
})

export const cteClientGuardPoints = {
  ...guardPointEndpoints(CLIENTS, 'client'),
  status: endpoint({
    method: 'GET',
    path: `${CLIENTS}/:id/guardpoints/:gp/status`,
    summary: 'Read the state of a guard point of a client',
    access: AGENTS_TOO,
    audit: false,
    params: gpParams,
    status: 200,
    reply: GuardPoint.pick({
      id: true,
      guard_path: true,
      guard_enabled: true,
      guard_point_state: true,
      pending_operation: true,
      disabled_reason: true,
    }),
  }),
}

export const cteGroupGuardPoints = guardPointEndpoints(GROUPS, 'client group')
