import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, pageOf } from '../../kit/wire.ts'
import { maybe } from '../../vault/contract.ts'
import { Client, ClientQuery } from '../clients/contract.ts'
import {
  bodyRules,
  changeFields,
  changeRules,
  createFields,
  idParams,
  ListQuery,
  named,
} from '../contract.ts'
import { ClientList, memberParams, NewAssociations, NewMembers } from '../members/contract.ts'

const LdtGroup = z.object({ ...named, health_status: z.string().max(64) })
export type LdtGroup = z.output<typeof LdtGroup>

const ref = { resource: 'transparent-encryption:ldtgroupcommservice' }
const PATH = '/v1/transparent-encryption/ldtgroupcommservice'
const reads = { ...ref, action: 'ReadLDTGroupCommServiceCTE' }
const updates = { ...ref, action: 'UpdateLDTGroupCommServiceCTE' }

export const cteLdtGroups = {
  list: endpoint({
    method: 'GET',
    path: PATH,
    summary: 'List LDT communication groups',
    access: reads,
    audit: false,
    query: ListQuery,
    status: 200,
    reply: pageOf(LdtGroup),
  }),
  create: endpoint({
    method: 'POST',
    path: PATH,
    summary: 'Create an LDT communication group',
    access: { ...ref, action: 'CreateLDTGroupCommServiceCTE' },
    audit: 'Create LDT communication group',
    ...bodyRules,
    body: z.object({ ...createFields, client_list: maybe(ClientList) }),
    status: 201,
    reply: LdtGroup,
  }),
  get: endpoint({
    method: 'GET',
    path: `${PATH}/:id`,
    summary: 'Read one LDT communication group',
    access: reads,
    audit: false,
    params: idParams,
    status: 200,
    reply: LdtGroup,
  }),
  update: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id`,
    summary: 'Change an LDT communication group',
    access: updates,
    audit: 'Update LDT communication group',
    ...changeRules,
    params: idParams,
    body: z.object(changeFields),
    status: 200,
    reply: LdtGroup,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Delete an LDT communication group',
    description: 'Its members stay as clients.',
    access: { ...ref, action: 'DeleteLDTGroupCommServiceCTE' },
    audit: 'Delete LDT communication group',
    params: idParams,
    status: 204,
    reply: Empty,
  }),
  listClients: endpoint({
    method: 'GET',
    path: `${PATH}/:id/clients`,
    summary: 'List the clients of an LDT communication group',
    access: reads,
    audit: false,
    params: idParams,
    query: ClientQuery,
    status: 200,
    reply: pageOf(Client),
  }),
  addClients: endpoint({
    method: 'POST',
    path: `${PATH}/:id/clients`,
    summary: 'Add clients to an LDT communication group',
    access: updates,
    audit: 'Add clients to LDT communication group',
    ...bodyRules,
    params: idParams,
    body: NewMembers,
    status: 200,
    reply: NewAssociations,
  }),
  removeClients: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id/clients/delete`,
    summary: 'Take clients out of an LDT communication group',
    access: updates,
    audit: 'Remove clients from LDT communication group',
    ...bodyRules,
    params: idParams,
    body: z.object({ client_list: maybe(ClientList) }),
    status: 200,
    reply: LdtGroup,
  }),
  removeClient: endpoint({
    method: 'DELETE',
    path: `${PATH}/:id/clients/:client_id`,
    summary: 'Take a client out of an LDT communication group',
    access: updates,
    audit: 'Remove client from LDT communication group',
    params: memberParams,
    status: 204,
    reply: Empty,
  }),
  statusDetails: endpoint({
    method: 'GET',
    path: `${PATH}/:id/status-details`,
    summary: 'Read the state of each client of an LDT communication group',
    access: reads,
    audit: false,
    params: idParams,
    query: ClientQuery,
    status: 200,
    reply: pageOf(
      Client.pick({
        id: true,
        name: true,
        client_health_status: true,
        errors: true,
        warnings: true,
      }),
    ),
  }),
}
