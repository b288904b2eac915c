import { z } from 'zod'
import { endpoint } from '../../../kit/endpoint.ts'
import { Empty, Metadata, Page, pageOf, TextFilter, text } from '../../../kit/wire.ts'
import { Exact, orEmpty, Reference } from '../../contract.ts'
import { days, GroupNames, head, maybeReference } from '../contract.ts'

const ClientProfile = z.object({
  ...head,
  name: z.string().max(256),
  ca_id: z.string().max(512).optional().meta({ description: 'As it was given.' }),
  cert_duration: z.number().int().meta({ description: 'In days.' }),
  csr_parameters: Metadata.optional(),
  groups: GroupNames,
})
export type ClientProfile = z.output<typeof ClientProfile>

const settings = {
  ca_id: maybeReference('The local CA that signs; without one the oldest that can'),
  cert_duration: days('730'),
  csr_parameters: Metadata.optional().meta({
    description:
      'What stands in the certificate of a client whose key is made here, where its registration does not say: `csr_cn`, `csr_country`, `csr_state`, `csr_city`, `csr_org_name`, `csr_org_unit`, `csr_email`.',
  }),
  groups: GroupNames.optional().meta({ description: 'Groups that its clients are given.' }),
}

const params = z.object({ id: Reference.meta({ description: 'Id, URI or name.' }) })
const ref = { resource: 'client-management:profiles' }

export const clientProfiles = {
  list: endpoint({
    method: 'GET',
    path: '/v1/client-management/profiles',
    summary: 'List client profiles',
    access: { ...ref, action: 'ReadClientProfile' },
    audit: false,
    query: Page.extend({ id: Exact(64), name: TextFilter.optional(), ca_id: Exact(512) }),
    status: 200,
    reply: pageOf(ClientProfile),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/client-management/profiles',
    summary: 'Create a client profile',
    description: 'Says how clients are registered that come with a token of this profile.',
    access: { ...ref, action: 'CreateClientProfile' },
    audit: 'Create client profile',
    wrongBody: 'invalid-parameter',
    body: z.object({
      name: text(256).min(1).meta({ description: 'Unique in the domain.' }),
      ...settings,
    }),
    status: 201,
    reply: ClientProfile,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/client-management/profiles/:id',
    summary: 'Read one client profile',
    access: { ...ref, action: 'ReadClientProfile' },
    audit: false,
    params,
    status: 200,
    reply: ClientProfile,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/client-management/profiles/:id',
    summary: 'Change a client profile',
    description:
      'Holds for clients that register from now on. What is empty or 0 stays as it is; lists and objects are replaced.',
    access: { ...ref, action: 'UpdateClientProfile' },
    audit: 'Update client profile',
    wrongBody: 'invalid-parameter',
    params,
    body: z.object({ name: orEmpty(text(256)), ...settings }),
    status: 200,
    reply: ClientProfile,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/client-management/profiles/:id',
    summary: 'Delete a client profile',
    description: 'Refused while a registration token or a client uses it.',
    access: { ...ref, action: 'DeleteClientProfile' },
    audit: 'Delete client profile',
    params,
    status: 204,
    reply: Empty,
  }),
}
