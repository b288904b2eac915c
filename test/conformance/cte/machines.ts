import { del, type Exchange, patch, post } from '../exchange.ts'
import {
  allOf,
  bool,
  type Expected,
  exactly,
  integer,
  object,
  someText,
  text,
  time,
  uuid,
} from '../expect.ts'
import { named } from '../identity/common.ts'

/** What the scenarios of clients, their groups and guard points share. */

export const TE = '/transparent-encryption'
export const PROFILES = `${TE}/profiles`
export const CLIENTS = `${TE}/clients`
export const GROUPS = `${TE}/clientgroups`
export const CSI = `${TE}/csigroups`
export const LDT = `${TE}/ldtgroupcommservice`
export const REPORTS = `${TE}/reports`

export const wrongValue = { code: 9, codeDesc: /^NCERRInvalidParamValue: ./ }
export const conflict = { codeDesc: /^NCERRConflict: ./ }

/** Reference 1: what every answer holds. */
export const common: Expected = {
  id: uuid,
  uri: /^kylo:kylo:transparent-encryption:[a-z]+:./,
  account: 'kylo:kylo:admin:accounts:kylo',
  application: someText,
  devAccount: someText,
  createdAt: time,
  updatedAt: time,
}
export const commonNamed: Expected = allOf(common, {
  name: someText,
  description: text,
  labels: object,
})

/** Reference 5.2. */
export const clientShape: Expected = allOf(commonNamed, {
  created_at: time,
  updated_at: time,
  os_type: text,
  os_sub_type: text,
  client_reg_id: text,
  server_host_name: text,
  client_version: text,
  capabilities: text,
  enabled_capabilities: text,
  protection_mode: someText,
  client_type: someText,
  profile_name: someText,
  profile_id: uuid,
  ldt_enabled: bool,
  client_health_status: someText,
  errors: text,
  warnings: text,
  client_errors: text,
  client_warnings: text,
  fam_enabled: bool,
  fam_state: text,
  dps_enabled: bool,
  client_mfa_enabled: bool,
  del_client: bool,
  enable_domain_sharing: bool,
  max_num_cache_log: integer,
  max_space_cache_log: integer,
})

/** Reference 6. */
export const guardPointShape: Expected = allOf(common, {
  client_id: text,
  client_name: text,
  client_group_id: text,
  client_group_name: text,
  guard_point_type: someText,
  guard_enabled: bool,
  automount_enabled: bool,
  guard_path: someText,
  policy_id: text,
  policy_name: text,
  pending_operation: text,
  disk_name: text,
  diskgroup_name: text,
  preserve_sparse_regions: bool,
  docker_img_id: text,
  docker_cont_id: text,
  early_access: bool,
  type: text,
  network_share_credentials_id: text,
  disabled_reason: text,
  guard_point_state: /^(ACTIVE|INACTIVE|UNKNOWN|DISABLED)$/,
  attr: exactly(null),
  is_idt_capable_device: bool,
  cifs_enabled: bool,
  is_esg_capable_device: bool,
  metadata: text,
  csi_guard_status: text,
  mfa_enabled: bool,
  native_domain: text,
  gp_network_path: text,
  dps_name: text,
  dps_id: text,
})

type Fields = Readonly<Record<string, unknown>>

/** A client of that name in this run, kept with its id, name and URI. */
export const makeClient = (key: string, fields: Fields = {}, body: Expected = {}): Exchange =>
  post(
    `a client is made: ${key}`,
    CLIENTS,
    { name: named(key), ...fields },
    201,
    allOf(clientShape, body),
    { keep: { [key]: 'id', [`${key}.name`]: 'name', [`${key}.uri`]: 'uri' } },
  )

export const removeClient = (key: string): Exchange =>
  patch(
    `the client ${key} is deleted`,
    `${CLIENTS}/{{${key}}}/delete`,
    { force_del_client: true },
    [200, 404],
  )

export const makeGroup = (key: string, fields: Fields = {}): Exchange =>
  post(
    `a client group is made: ${key}`,
    GROUPS,
    { name: named(key), cluster_type: 'NON-CLUSTER', ...fields },
    201,
    commonNamed,
    { keep: { [key]: 'id', [`${key}.uri`]: 'uri' } },
  )

export const remove = (what: string, collection: string, key: string): Exchange =>
  del(`${what} ${key} is deleted`, `${collection}/{{${key}}}`, [204, 404])

/** A policy that needs no key. */
export const makePolicy = (key: string, fields: Fields = {}): Exchange =>
  post(
    `a policy is made: ${key}`,
    `${TE}/policies`,
    {
      name: named(key),
      policy_type: 'Standard',
      security_rules: [{ action: 'all_ops', effect: 'permit,audit', partial_match: true }],
      ...fields,
    },
    201,
    { id: uuid },
    { keep: { [key]: 'id', [`${key}.uri`]: 'uri' } },
  )
export const removePolicy = (key: string): Exchange => remove('the policy', `${TE}/policies`, key)

export const unguardAll = (owner: string, ...guardPoints: readonly string[]): Exchange =>
  patch(
    'what is guarded is let go',
    `${owner}/guardpoints/unguard/`,
    { guard_point_id_list: guardPoints.map((key) => `{{${key}}}`) },
    [200, 404],
  )
