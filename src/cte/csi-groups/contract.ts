import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, pageOf, QueryBoolean, TextFilter, text } from '../../kit/wire.ts'
import { Client, ClientQuery } from '../clients/contract.ts'
import {
  bodyRules,
  changeFields,
  changeRules,
  createFields,
  identified,
  idParams,
  ListQuery,
  maybeReference,
  named,
  Reference,
} from '../contract.ts'
import { memberParams, membershipFields, NewAssociations, NewMembers } from '../members/contract.ts'

const words = (max = 64) => z.string().max(max)

const CsiGroup = z.object({
  ...named,
  k8s_namespace: words(256),
  k8s_storage_class: words(256),
  client_profile: words(256),
  client_profile_id: z.uuid(),
  client_profile_name: words(256),
})
export type CsiGroup = z.output<typeof CsiGroup>

const CsiGuardPoint = z.object({
  ...identified,
  csigroup_id: z.uuid(),
  csigroup_name: words(256),
  policy_id: z.uuid(),
  policy_name: words(512).meta({ description: 'As the policy was named.' }),
  guard_enabled: z.boolean(),
  guard_point_state: words(),
})
export type CsiGuardPoint = z.output<typeof CsiGuardPoint>

const Membership = z.object({
  ...membershipFields,
  csigroup_id: z.uuid(),
  csigroup_name: words(256),
})

const MAX_POLICIES = 1000

const ref = { resource: 'transparent-encryption:csigroups' }
const PATH = '/v1/transparent-encryption/csigroups'
const reads = { ...ref, action: 'ReadCSIStorageGroupCTE' }
const updates = { ...ref, action: 'UpdateCSIStorageGroupCTE' }
const gpParams = z.object({ gp_id: Reference.meta({ description: 'Id of the guard point.' }) })
const K8sName = text(253).min(1)
const profile = {
  client_profile: maybeReference.meta({
    description: 'A client profile: its id, name, URI or slug.',
  }),
}

/** The API has it by one verb, and released clients use another. */
const addClients = {
  path: `${PATH}/:id/clients`,
  access: updates,
  audit: 'Add clients to storage group',
  ...bodyRules,
  params: idParams,
  body: NewMembers,
  status: 200,
  reply: NewAssociations,
} as const

export const cteCsiGroups = {
  list: endpoint({
    method: 'GET',
    path: PATH,
    summary: 'List CSI storage groups',
    access: reads,
    audit: false,
    query: ListQuery.extend({
      k8s_namespace: TextFilter.optional(),
      k8s_storage_class: TextFilter.optional(),
    }),
    status: 200,
    reply: pageOf(CsiGroup),
  }),
  create: endpoint({
    method: 'POST',
    path: PATH,
    summary: 'Create a CSI storage group',
    access: { ...ref, action: 'CreateCSIStorageGroupCTE' },
    audit: 'Create storage group',
    ...bodyRules,
    body: z.object({
      ...createFields,
      ...profile,
      k8s_namespace: K8sName,
      k8s_storage_class: K8sName,
    }),
    status: 201,
    reply: CsiGroup,
  }),
  get: endpoint({
    method: 'GET',
    path: `${PATH}/:id`,
    summary: 'Read one CSI storage group',
    access: reads,
    audit: false,
    params: idParams,
    status: 200,
    reply: CsiGroup,
  }),
  update: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id`,
    summary: 'Change a CSI storage group',
    access: updates,
    audit: 'Update storage group',
    ...changeRules,
    params: idParams,
    body: z.object({ ...changeFields, ...profile }),
    status: 200,
    reply: CsiGroup,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Delete a CSI storage group',
    description: 'Together with its guard points; its members stay as clients.',
    access: { ...ref, action: 'DeleteCSIStorageGroupCTE' },
    audit: 'Delete storage group',
    params: idParams,
    status: 204,
    reply: Empty,
  }),
  listClients: endpoint({
    method: 'GET',
    path: `${PATH}/:id/clients`,
    summary: 'List the clients of a CSI storage group',
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
    summary: 'Add clients to a CSI storage group',
  }),
  patchClients: endpoint({
    ...addClients,
    method: 'PATCH',
    summary: 'Add clients to a CSI storage group, as released clients call it',
  }),
  getClient: endpoint({
    method: 'GET',
    path: `${PATH}/:id/clients/:client_id`,
    summary: 'Read how a client belongs to a CSI storage group',
    access: reads,
    audit: false,
    params: memberParams,
    status: 200,
    reply: Membership,
  }),
  removeClient: endpoint({
    method: 'DELETE',
    path: `${PATH}/:id/clients/:client_id`,
    summary: 'Take a client out of a CSI storage group',
    access: updates,
    audit: 'Remove client from storage group',
    params: memberParams,
    status: 204,
    reply: Empty,
  }),
  listGuardPoints: endpoint({
    method: 'GET',
    path: `${PATH}/:id/guardpoints`,
    summary: 'List the guard points of a CSI storage group',
    access: reads,
    audit: false,
    params: idParams,
    query: Page.extend({
      policy_id: TextFilter.optional(),
      policy_name: TextFilter.optional(),
      guard_enabled: QueryBoolean.optional(),
    }),
    status: 200,
    reply: pageOf(CsiGuardPoint),
  }),
  createGuardPoints: endpoint({
    method: 'POST',
    path: `${PATH}/:id/guardpoints`,
    summary: 'Guard a CSI storage group by policies',
    access: updates,
    audit: 'Create guard points of storage group',
    ...bodyRules,
    params: idParams,
    body: z.object({ policy_list: z.array(Reference).min(1).max(MAX_POLICIES) }),
    status: 201,
    reply: z.object({
      guardpoints: z.array(z.object({ guardpoint: CsiGuardPoint })).max(MAX_POLICIES),
    }),
  }),
  getGuardPoint: endpoint({
    method: 'GET',
    path: `${PATH}/guardpoints/:gp_id`,
    summary: 'Read one guard point of a CSI storage group',
    access: reads,
    audit: false,
    params: gpParams,
    status: 200,
    reply: CsiGuardPoint,
  }),
  updateGuardPoint: endpoint({
    method: 'PATCH',
    path: `${PATH}/guardpoints/:gp_id`,
    summary: 'Change a guard point of a CSI storage group',
    access: updates,
    audit: 'Update guard point of storage group',
    ...bodyRules,
    params: gpParams,
    body: z.object({ guard_enabled: z.boolean() }),
    status: 200,
    reply: CsiGuardPoint,
  }),
  deleteGuardPoint: endpoint({
    method: 'DELETE',
    path: `${PATH}/guardpoints/:gp_id`,
    summary: 'Delete a guard point of a CSI storage group',
    access: updates,
    audit: 'Delete guard point of storage group',
    params: gpParams,
    status: 204,
    reply: Empty,
  }),
}
