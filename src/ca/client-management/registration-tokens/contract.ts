import { z } from 'zod'
import { endpoint } from '../../../kit/endpoint.ts'
import { Empty, Page, pageOf, TextFilter, Time, text } from '../../../kit/wire.ts'
import { Exact, orEmpty, Reference } from '../../contract.ts'
import { days, head, maybeReference } from '../contract.ts'

const Labels = z.record(text(256), text(1024))

const Token = text(64).meta({
  secret: true,
  description: 'Whoever has it can register clients.',
})

const RegistrationToken = z.object({
  ...head,
  token: Token,
  name_prefix: z.string().max(128),
  lifetime: z.string().max(16).optional(),
  valid_until: Time.optional(),
  max_clients: z.number().int(),
  clients_registered: z.number().int(),
  ca_id: z.string().max(512).optional().meta({ description: 'As it was given.' }),
  cert_duration: z.number().int(),
  client_management_profile_id: z
    .string()
    .max(512)
    .optional()
    .meta({ description: 'As it was given.' }),
  label: Labels,
  labels: Labels,
})
export type RegistrationToken = z.output<typeof RegistrationToken>

/** One client reads these under other names in lists than everywhere else (reference 8.1). */
const ListedToken = RegistrationToken.extend({
  created_at: Time,
  updated_at: Time,
  dev_account: z.string().max(256),
})
export type ListedToken = z.output<typeof ListedToken>

const limits = {
  lifetime: text(16).optional().meta({
    description: 'How long it can be used, such as `3600s`, `10m`, `2h` or `3d`; empty: for ever.',
  }),
  max_clients: z.number().int().min(0).max(1_000_000_000).optional().meta({
    description: 'How many clients can register with it; 0: as many as come.',
  }),
  cert_duration: days('as the profile says'),
  client_management_profile_id: maybeReference('The client profile; without one the default'),
  label: Labels.optional(),
  labels: Labels.optional(),
}

const params = z.object({
  id: Reference.meta({ description: 'Id or URI; also the token itself.' }),
})
const ref = { resource: 'client-management:regtokens' }

export const registrationTokens = {
  list: endpoint({
    method: 'GET',
    path: '/v1/client-management/regtokens',
    summary: 'List registration tokens',
    access: { ...ref, action: 'ReadRegToken' },
    audit: false,
    query: Page.extend({
      id: Exact(512),
      token: orEmpty(Token),
      name_prefix: TextFilter.optional(),
      max_clients: Exact(16),
      ca_id: Exact(512),
      client_management_profile_id: Exact(512),
      client_mgmt_profile_id: Exact(512),
      label: Exact(1024).meta({ description: 'Members as JSON, or `name=value,…`.' }),
      labels: Exact(1024).meta({ description: 'Members as JSON, or `name=value,…`.' }),
    }),
    status: 200,
    reply: pageOf(ListedToken),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/client-management/regtokens',
    summary: 'Create a registration token',
    description: 'Whoever has the token can register clients, without signing in.',
    access: { ...ref, action: 'CreateRegToken' },
    audit: 'Create registration token',
    wrongBody: 'invalid-parameter',
    body: z.object({
      name_prefix: orEmpty(text(128)).meta({
        description: 'Names of clients begin with it; a number follows where they bring no name.',
      }),
      ...limits,
      ca_id: maybeReference('The local CA that signs, in place of the profile’s'),
    }),
    status: 201,
    reply: RegistrationToken,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/client-management/regtokens/:id',
    summary: 'Read one registration token',
    access: { ...ref, action: 'ReadRegToken' },
    audit: false,
    params,
    status: 200,
    reply: RegistrationToken,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/client-management/regtokens/:id',
    summary: 'Change a registration token',
    description:
      'Holds for clients that register from now on. Another lifetime is counted from now; the same one changes nothing.',
    access: { ...ref, action: 'UpdateRegToken' },
    audit: 'Update registration token',
    wrongBody: 'invalid-parameter',
    params,
    body: z.object({
      name_prefix: orEmpty(text(128)),
      ...limits,
      ca_id: maybeReference('The local CA that signs, in place of the profile’s'),
    }),
    status: 200,
    reply: RegistrationToken,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/client-management/regtokens/:id',
    summary: 'Delete a registration token',
    description: 'Clients that registered with it stay.',
    access: { ...ref, action: 'DeleteRegToken' },
    audit: 'Delete registration token',
    params,
    status: 204,
    reply: Empty,
  }),
}
