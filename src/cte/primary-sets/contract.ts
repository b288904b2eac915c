import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, pageOf, TextFilter, text } from '../../kit/wire.ts'
import { maybe } from '../../vault/contract.ts'
import {
  bodyRules,
  identified,
  idParams,
  maybeReference,
  ObjectName,
  Reference,
} from '../contract.ts'
import { ClientList } from '../members/contract.ts'

const MAX_LIST = 1_000_000

const PrimarySet = z.object({
  ...identified,
  dps_id: z.uuid(),
  name: z.string().max(256),
  client_group_id: z.uuid(),
  ldt_comm_group_service_id: z.string().max(64),
  primary_client_id_list: z.string().max(MAX_LIST).meta({ description: 'A comma list.' }),
  primary_client_name_list: z.string().max(MAX_LIST).meta({ description: 'A comma list.' }),
})
export type PrimarySet = z.output<typeof PrimarySet>

const Clients = maybe(z.union([text(65_536), ClientList])).meta({
  description: 'Clients of the group: one text with commas, or a list.',
})

const ref = { resource: 'transparent-encryption:clientgroups' }
const PATH = '/v1/transparent-encryption/clientgroups/:id/dps'
const reads = { ...ref, action: 'ReadClientGroupCTE' }
const updates = { ...ref, action: 'UpdateClientGroupCTE' }
const params = z.object({ id: idParams.shape.id, dps_id: Reference })

export const ctePrimarySets = {
  list: endpoint({
    method: 'GET',
    path: PATH,
    summary: 'List the primary sets of a client group',
    access: reads,
    audit: false,
    params: idParams,
    query: Page.extend({ name: TextFilter.optional() }),
    status: 200,
    reply: pageOf(PrimarySet),
  }),
  create: endpoint({
    method: 'POST',
    path: PATH,
    summary: 'Create a primary set of a client group',
    access: updates,
    audit: 'Create primary set',
    ...bodyRules,
    params: idParams,
    body: z.object({
      name: ObjectName,
      client_list: Clients,
      ldt_comm_group_service_id: maybeReference.meta({
        description: 'An LDT communication group: its id, name, URI or slug.',
      }),
    }),
    status: 201,
    reply: PrimarySet,
  }),
  get: endpoint({
    method: 'GET',
    path: `${PATH}/:dps_id`,
    summary: 'Read one primary set of a client group',
    access: reads,
    audit: false,
    params,
    status: 200,
    reply: PrimarySet,
  }),
  update: endpoint({
    method: 'PATCH',
    path: `${PATH}/:dps_id`,
    summary: 'Change the clients of a primary set',
    description: 'The clients given take the place of those before.',
    access: updates,
    audit: 'Update primary set',
    ...bodyRules,
    params,
    body: z.object({ client_list: Clients }),
    status: 200,
    reply: PrimarySet,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: `${PATH}/:dps_id`,
    summary: 'Delete a primary set',
    access: updates,
    audit: 'Delete primary set',
    params,
    status: 204,
    reply: Empty,
  }),
}
