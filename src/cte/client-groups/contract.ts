import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, pageOf, TextFilter } from '../../kit/wire.ts'
import { maybeText } from '../../vault/contract.ts'
import { Client, ClientQuery, passwordFields, sharedFields } from '../clients/contract.ts'
import {
  bodyRules,
  changeFields,
  changeRules,
  createFields,
  idParams,
  ListQuery,
  maybeFlag,
  named,
} from '../contract.ts'
import { oneOf } from '../fields/contract.ts'
import {
  GroupWaiting,
  memberParams,
  membershipFields,
  NewAssociations,
  NewMembers,
} from '../members/contract.ts'

const flag = z.boolean()
const words = (max = 64) => z.string().max(max)
const MAX_JSON = 65_536

const fields = {
  ...passwordFields,
  ...sharedFields,
  ldt_designated_primary_set: maybeText(4096),
}

const ClientGroup = z.object({
  ...named,
  cluster_type: words(),
  profile_id: z.uuid(),
  profile_name: words(256),
  password_creation_method: words(),
  communication_enabled: flag,
  client_locked: flag,
  system_locked: flag,
  enable_domain_sharing: flag,
  shared_domain_list: z.array(words(256)).max(1000),
  domain_list: words(300_000).meta({
    description: 'Those that it is shared with, as a comma list.',
  }),
  account_list: words(4096),
  native_domain: words(256),
  enabled_capabilities: words(256),
  capabilities: words(256),
  auth_binaries: words(MAX_JSON),
  ldt_designated_primary_set: words(4096),
  ldt_status: words(),
  enable_ldt_passive: flag,
})
export type ClientGroup = z.output<typeof ClientGroup>

const Membership = z.object({
  ...membershipFields,
  client_group_id: z.uuid(),
  client_group_name: words(256),
  inherit_attributes: flag,
})

const ref = { resource: 'transparent-encryption:clientgroups' }
const PATH = '/v1/transparent-encryption/clientgroups'
const reads = { ...ref, action: 'ReadClientGroupCTE' }
const updates = { ...ref, action: 'UpdateClientGroupCTE' }

/** The API has it by one verb, and released clients use another. */
const addClients = {
  path: `${PATH}/:id/clients`,
  access: updates,
  audit: 'Add clients to client group',
  ...bodyRules,
  params: idParams,
  body: NewMembers,
  status: 200,
  reply: NewAssociations,
} as const
const ldtPause = {
  path: `${PATH}/:id/ldtpause`,
  access: updates,
  audit: 'Suspend or resume data transformation of client group',
  ...bodyRules,
  params: idParams,
  body: z.object({ paused: z.boolean() }),
  status: 200,
  reply: GroupWaiting,
} as const

export const cteClientGroups = {
  list: endpoint({
    method: 'GET',
    path: PATH,
    summary: 'List client groups',
    access: reads,
    audit: false,
    query: ListQuery.extend({ cluster_type: TextFilter.optional() }),
    status: 200,
    reply: pageOf(ClientGroup),
  }),
  create: endpoint({
    method: 'POST',
    path: PATH,
    summary: 'Create a client group',
    access: { ...ref, action: 'CreateClientGroupCTE' },
    audit: 'Create client group',
    ...bodyRules,
    body: z.object({
      ...createFields,
      ...fields,
      cluster_type: oneOf('NON-CLUSTER', 'HDFS'),
    }),
    status: 201,
    reply: ClientGroup,
  }),
  get: endpoint({
    method: 'GET',
    path: `${PATH}/:id`,
    summary: 'Read one client group',
    access: reads,
    audit: false,
    params: idParams,
    status: 200,
    reply: ClientGroup,
  }),
  update: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id`,
    summary: 'Change a client group',
    description: 'Members that inherit its attributes change with it.',
    access: updates,
    audit: 'Update client group',
    ...changeRules,
    params: idParams,
    body: z.object({ ...changeFields, ...fields }),
    status: 200,
    reply: ClientGroup,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Delete a client group',
    description: 'Its members stay as clients. A group that guards something stays.',
    access: { ...ref, action: 'DeleteClientGroupCTE' },
    audit: 'Delete client group',
    params: idParams,
    status: 204,
    reply: Empty,
  }),
  listClients: endpoint({
    method: 'GET',
    path: `${PATH}/:id/clients`,
    summary: 'List the clients of a client group',
    access: reads,
    audit: false,
    params: idParams,
    query: ClientQuery,
    status: 200,
    reply: pageOf(Client),
  }),
  addClients: endpoint({
    ...addClients,
    method: 'POST',
    summary: 'Add clients to a client group',
  }),
  patchClients: endpoint({
    ...addClients,
    method: 'PATCH',
    summary: 'Add clients to a client group, as released clients call it',
  }),
  getClient: endpoint({
    method: 'GET',
    path: `${PATH}/:id/clients/:client_id`,
    summary: 'Read how a client belongs to a client group',
    access: reads,
    audit: false,
    params: memberParams,
    status: 200,
    reply: Membership,
  }),
  removeClient: endpoint({
    method: 'DELETE',
    path: `${PATH}/:id/clients/:client_id`,
    summary: 'Take a client out of a client group',
    access: updates,
    audit: 'Remove client from client group',
    params: memberParams,
    status: 204,
    reply: Empty,
  }),
  groupsOfClient: endpoint({
    method: 'GET',
    path: '/v1/transparent-encryption/clients/:id/clientgroups',
    summary: 'List the client groups that a client is in',
    access: reads,
    audit: false,
    params: idParams,
    query: ListQuery,
    status: 200,
    reply: pageOf(ClientGroup),
  }),
  authBinaries: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id/auth-binaries`,
    summary: 'Set the authentication binaries of a client group',
    access: updates,
    audit: 'Update authentication binaries of client group',
    ...bodyRules,
    params: idParams,
    body: z.object({ auth_binaries: maybeText(MAX_JSON), re_sign: maybeFlag }),
    status: 200,
    reply: ClientGroup.extend({ status: words(256) }),
  }),
  password: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id/password`,
    summary: 'Set the password of a client group',
    access: updates,
    audit: 'Update password of client group',
    ...bodyRules,
    params: idParams,
    body: z.object(passwordFields),
    status: 200,
    reply: ClientGroup,
  }),
  resetPassword: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id/resetpassword`,
    summary: 'Reset the password of a client group',
    description: 'With a password it becomes that one; without, agents make their own.',
    access: updates,
    audit: 'Reset password of client group',
    ...bodyRules,
    params: idParams,
    body: z.object(passwordFields),
    status: 200,
    reply: ClientGroup.extend({ status: words(256) }),
  }),
  ldtPause: endpoint({
    ...ldtPause,
    method: 'POST',
    summary: 'Suspend or resume the data transformation of a client group',
  }),
  patchLdtPause: endpoint({
    ...ldtPause,
    method: 'PATCH',
    summary: 'Suspend or resume the data transformation of a client group, as released clients do',
  }),
}
