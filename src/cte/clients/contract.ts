import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { pageOf, QueryBoolean, TextFilter, Time, text } from '../../kit/wire.ts'
import { maybeText } from '../../vault/contract.ts'
import {
  AGENTS_TOO,
  bodyRules,
  changeFields,
  changeRules,
  createFields,
  idParams,
  ListQuery,
  maybeFlag,
  maybeList,
  maybeReference,
  named,
} from '../contract.ts'
import { maybeSecret, oneOf, wholeNumber } from '../fields/contract.ts'

export const MAX_CLIENTS = 2000

const flag = z.boolean()
const words = (max = 64) => z.string().max(max)
const MAX_JSON = 65_536
const MAX_LOG = 2_147_483_647

/** Client and group alike (reference 5.1, 7). */
export const passwordFields = {
  password: maybeSecret(256).meta({
    secret: true,
    format: 'password',
    description:
      'For `MANUAL`: at least 8 characters, with a letter, a digit and one of !@#$%^&*(){}[].',
  }),
  password_creation_method: oneOf('GENERATE', 'MANUAL'),
}

export const sharedFields = {
  communication_enabled: maybeFlag,
  enabled_capabilities: maybeText(256),
  client_locked: maybeFlag,
  system_locked: maybeFlag,
  enable_domain_sharing: maybeFlag,
  shared_domain_list: maybeList(text(256), 1000),
  auth_binaries: maybeText(MAX_JSON).meta({ description: 'JSON as text.' }),
  profile_id: maybeReference.meta({ description: 'A client profile: its id, name, URI or slug.' }),
}

const fields = {
  ...passwordFields,
  ...sharedFields,
  profile_identifier: maybeReference.meta({ description: 'Another name of `profile_id`.' }),
  registration_allowed: maybeFlag,
  client_mfa_enabled: maybeFlag,
  del_client: maybeFlag,
  lgcs_access_only: maybeFlag,
  disable_capability: maybeText(64).meta({ description: '`EKP`.' }),
  dynamic_parameters: maybeText(MAX_JSON).meta({ description: 'JSON as text.' }),
  max_num_cache_log: wholeNumber(0, MAX_LOG).meta({
    description: 'Not kept while the client is unregistered.',
  }),
  max_space_cache_log: wholeNumber(0, MAX_LOG).meta({
    description: 'Not kept while the client is unregistered.',
  }),
  protection_mode: oneOf('CTE', 'CTE RWP'),
}

export const Client = z.object({
  ...named,
  created_at: Time,
  updated_at: Time,
  client_type: words(),
  profile_id: z.uuid(),
  profile_name: words(256),
  password_creation_method: words(),
  registration_allowed: flag,
  communication_enabled: flag,
  client_locked: flag,
  system_locked: flag,
  client_mfa_enabled: flag,
  del_client: flag,
  enable_domain_sharing: flag,
  shared_domain_list: z.array(words(256)).max(1000),
  lgcs_access_only: flag,
  enabled_capabilities: words(256),
  capabilities: words(256),
  dynamic_parameters: words(MAX_JSON),
  auth_binaries: words(MAX_JSON),
  protection_mode: words(),
  max_num_cache_log: z.number().int(),
  max_space_cache_log: z.number().int(),
  os_type: words(),
  os_sub_type: words(),
  client_reg_id: words(),
  server_host_name: words(256),
  client_version: words(),
  client_health_status: words(),
  ldt_enabled: flag,
  ldt_paused: flag,
  fam_enabled: flag,
  fam_state: words(),
  dps_enabled: flag.meta({ description: 'Whether the client is in a primary set.' }),
  errors: words(4096),
  warnings: words(4096),
  client_errors: words(4096),
  client_warnings: words(4096),
})
export type Client = z.output<typeof Client>

/** Whatever waits for an agent says so. */
export const Waiting = z.object({
  id: z.uuid(),
  name: words(256),
  status: words(256),
})
export type Waiting = z.output<typeof Waiting>

const DeletedClient = Waiting.extend({ del_client: flag })

const filters = {
  client_type: TextFilter.optional(),
  profile_id: TextFilter.optional(),
  profile_name: TextFilter.optional(),
  protection_mode: TextFilter.optional(),
  password_creation_method: TextFilter.optional(),
  enabled_capabilities: TextFilter.optional(),
  registration_allowed: QueryBoolean.optional(),
  communication_enabled: QueryBoolean.optional(),
  client_locked: QueryBoolean.optional(),
  system_locked: QueryBoolean.optional(),
  client_mfa_enabled: QueryBoolean.optional(),
  del_client: QueryBoolean.optional(),
  enable_domain_sharing: QueryBoolean.optional(),
  lgcs_access_only: QueryBoolean.optional(),
  ldt_enabled: QueryBoolean.optional(),
  client_health_status: TextFilter.optional(),
  os_type: TextFilter.optional(),
  os_sub_type: TextFilter.optional(),
  client_reg_id: TextFilter.optional(),
  server_host_name: TextFilter.optional(),
  client_version: TextFilter.optional(),
  capabilities: TextFilter.optional(),
  fam_enabled: QueryBoolean.optional(),
  fam_state: TextFilter.optional(),
}
export const ClientQuery = ListQuery.extend(filters)
export type ClientFilters = Omit<z.output<typeof ClientQuery>, 'skip' | 'limit' | 'sort'>

const ref = { resource: 'transparent-encryption:clients' }
const PATH = '/v1/transparent-encryption/clients'
const updates = { ...ref, action: 'UpdateClientCTE' }
const deletes = { ...ref, action: 'DeleteClientCTE' }

export const cteClients = {
  list: endpoint({
    method: 'GET',
    path: PATH,
    summary: 'List clients',
    access: AGENTS_TOO,
    audit: false,
    query: ClientQuery,
    status: 200,
    reply: pageOf(Client),
  }),
  create: endpoint({
    method: 'POST',
    path: PATH,
    summary: 'Create a client',
    description: 'It stays unregistered until its agent registers.',
    access: { ...ref, action: 'CreateClientCTE' },
    audit: 'Create client',
    ...bodyRules,
    body: z.object({
      ...createFields,
      ...fields,
      client_type: oneOf('FS', 'CTE-U', 'CSI'),
    }),
    status: 201,
    reply: Client,
  }),
  get: endpoint({
    method: 'GET',
    path: `${PATH}/:id`,
    summary: 'Read one client',
    access: AGENTS_TOO,
    audit: false,
    params: idParams,
    status: 200,
    reply: Client,
  }),
  update: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id`,
    summary: 'Change a client',
    access: updates,
    audit: 'Update client',
    ...changeRules,
    params: idParams,
    body: z.object({ ...changeFields, ...fields }),
    status: 200,
    reply: Client,
  }),
  delete: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id/delete`,
    summary: 'Delete a client',
    description:
      '`del_client` marks it, and it goes when its agent has let go of it; `force_del_client` deletes it at once. Without either, a client that never registered is deleted at once.',
    access: deletes,
    audit: 'Delete client',
    ...bodyRules,
    params: idParams,
    body: z.object({ del_client: maybeFlag, force_del_client: maybeFlag }),
    status: 200,
    reply: DeletedClient,
  }),
  deleteMany: endpoint({
    method: 'PATCH',
    path: `${PATH}/delete`,
    summary: 'Delete several clients',
    access: deletes,
    audit: 'Delete clients',
    ...bodyRules,
    body: z.object({
      client_id_list: z.array(text(512).min(1)).min(1).max(MAX_CLIENTS),
      del_client: maybeFlag,
      force_del_client: maybeFlag,
    }),
    status: 200,
    reply: z.object({ clients: z.array(DeletedClient).max(MAX_CLIENTS) }),
  }),
  authBinaries: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id/auth-binaries`,
    summary: 'Set the authentication binaries of a client',
    access: updates,
    audit: 'Update authentication binaries of client',
    ...bodyRules,
    params: idParams,
    body: z.object({
      auth_binaries: maybeText(MAX_JSON),
      client_auth_binaries_from: maybeReference.meta({
        description: 'A client whose binaries are taken over.',
      }),
      re_sign: maybeFlag,
    }),
    status: 200,
    reply: Client.extend({ status: words(256) }),
  }),
  ldtPause: endpoint({
    method: 'POST',
    path: `${PATH}/:id/ldtpause`,
    summary: 'Suspend or resume the data transformation of a client',
    access: updates,
    audit: 'Suspend or resume data transformation of client',
    ...bodyRules,
    params: idParams,
    body: z.object({ paused: z.boolean() }),
    status: 200,
    reply: Waiting.extend({ paused: flag }),
  }),
  password: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id/password`,
    summary: 'Set the password of a client',
    access: updates,
    audit: 'Update password of client',
    ...bodyRules,
    params: idParams,
    body: z.object(passwordFields),
    status: 200,
    reply: Client,
  }),
  resetPassword: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id/resetpassword`,
    summary: 'Have the agent of a client make a new password',
    access: updates,
    audit: 'Reset password of client',
    ...bodyRules,
    params: idParams,
    body: z.object(passwordFields),
    status: 200,
    reply: Client.extend({ status: words(256) }),
  }),
  unenroll: endpoint({
    method: 'POST',
    path: '/v1/transparent-encryption/unenroll',
    summary: 'Take the enrolment of a client back',
    description: 'It stays known and may not register or communicate until that is allowed again.',
    access: updates,
    audit: 'Unenroll client',
    ...bodyRules,
    body: z.object({ name: text(512).min(1) }),
    status: 200,
    reply: Waiting,
  }),
}
