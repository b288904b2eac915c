import { z } from 'zod'
import { endpoint } from '../../../kit/endpoint.ts'
import { Empty, Metadata, Page, pageOf, TextFilter, Time, text } from '../../../kit/wire.ts'
import { REASONS } from '../../certificates/contract.ts'
import {
  ALGORITHMS,
  Exact,
  orEmpty,
  Pem,
  Reference,
  SerialNumber,
  Subject,
  subjectFields,
  validity,
} from '../../contract.ts'
import { days, GroupNames, head, maybeReference } from '../contract.ts'

const STATES = ['registered', 'expired', 'revoked'] as const
const TYPES = ['public', 'confidential'] as const

const client = {
  ...head,
  name: z.string().max(256),
  client_id: z.uuid().meta({ description: 'The same as `id`.' }),
  client_type: z.enum(TYPES),
  state: z.enum(STATES),
  ca_id: z.string().max(64),
  client_management_profile_id: z.string().max(64),
  reg_token_id: z.string().max(64),
  cert: Pem,
  sha256_fingerprint: z.string().max(64),
  serialNumber: SerialNumber,
  subject: Subject,
  issuer: Subject,
  ...validity,
  groups: GroupNames,
  client_metadata: Metadata.optional(),
  revoked_at: Time.optional(),
  revoked_reason: z.string().max(64).optional(),
}
const RegisteredClient = z.object(client)
export type RegisteredClient = z.output<typeof RegisteredClient>

/** With what is answered once. */
const NewClient = z.object({
  ...client,
  key: Pem.optional().meta({
    secret: true,
    description: 'The private key, where it was made here. It is kept nowhere.',
  }),
  client_ca: z.string().max(1_048_576).meta({
    description: 'The CA that issued the certificate and those above it, in PEM.',
  }),
})
export type NewClient = z.output<typeof NewClient>

/** Several, as a list or as one text with commas in between. */
const several = (most: number, description: string) =>
  z
    .union([z.array(text(most)).max(256), text(4096)])
    .optional()
    .meta({ description })

/** Of what certificate a client has need: for a request, one that it has already, or with a key that is made here. */
const certified = {
  csr: orEmpty(Pem).meta({ description: 'PKCS #10 in PEM: the client keeps its key.' }),
  cert: orEmpty(Pem).meta({
    description: 'A certificate of an external CA that is known here, in PEM, with its chain.',
  }),
  cn: orEmpty(text(64)).meta({ description: 'Common name for a key that is made here.' }),
  dns: several(253, 'DNS names for a key that is made here.'),
  email: several(320, 'E-mail addresses for a key that is made here.'),
  ips: several(45, 'IP addresses for a key that is made here.'),
  names: subjectFields.names,
  alg: orEmpty(z.enum(ALGORITHMS)).meta({ description: 'Of a key that is made here; ECDSA.' }),
  size: z.number().int().min(0).max(65_536).optional(),
  password: orEmpty(text(1024)).meta({
    secret: true,
    description: 'Encrypts the private key that is answered.',
  }),
  enc_alg: orEmpty(z.enum(['AES256', 'AES192', 'AES128', 'TDES'])).meta({
    description: 'How it is encrypted; AES256 when not given.',
  }),
  subject_dn_field_to_modify: orEmpty(z.enum(['OU', 'UID', 'CN'])).meta({
    description: 'The part of the subject that gets the id of the client; OU when not given.',
  }),
  do_not_modify_subject_dn: z.boolean().optional(),
}
export type Certified = z.output<z.ZodObject<typeof certified>>

const params = z.object({ id: Reference.meta({ description: 'Id, URI or name.' }) })
const ref = { resource: 'client-management:clients' }

export const registeredClients = {
  list: endpoint({
    method: 'GET',
    path: '/v1/client-management/clients',
    summary: 'List registered clients',
    access: { ...ref, action: 'ReadRegisteredClient' },
    audit: false,
    query: Page.extend({
      id: Exact(512),
      name: TextFilter.optional(),
      client_id: Exact(512),
      ca_id: Exact(512),
      client_mgmt_profile_id: Exact(512),
      client_management_profile_id: Exact(512),
      client_metadata: Exact(1024).meta({ description: 'Members as JSON, or `name=value,…`.' }),
      sha256_fingerprint: Exact(128),
      state: Exact(16).meta({ description: '`registered`, `expired` or `revoked`.' }),
    }),
    status: 200,
    reply: pageOf(RegisteredClient),
  }),
  register: endpoint({
    method: 'POST',
    path: '/v1/client-management/clients',
    summary: 'Register a client',
    description:
      'The registration token is the proof; nobody needs to be signed in. The client gets a certificate, and a key where it brings none.',
    access: 'public',
    audit: 'Register client',
    wrongBody: 'invalid-parameter',
    body: z.object({
      reg_token: text(1024).meta({ secret: true }),
      name: orEmpty(text(256)).meta({
        description: 'Unique in the domain. The prefix of the token is put before it.',
      }),
      client_type: orEmpty(z.enum(TYPES)).meta({ description: '`confidential` when not given.' }),
      client_metadata: Metadata.optional(),
      ...certified,
    }),
    status: 201,
    reply: NewClient,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/client-management/clients/:id',
    summary: 'Read one registered client',
    access: { ...ref, action: 'ReadRegisteredClient' },
    audit: false,
    params,
    status: 200,
    reply: RegisteredClient,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/client-management/clients/:id',
    summary: 'Delete a registered client',
    description: 'Its certificate is revoked.',
    access: { ...ref, action: 'DeleteRegisteredClient' },
    audit: 'Delete client',
    params,
    status: 204,
    reply: Empty,
  }),
  revoke: endpoint({
    method: 'PATCH',
    path: '/v1/client-management/clients/:id/revoke',
    summary: 'Revoke the certificate of a client',
    description: 'Only one on hold may be revoked again, for another reason.',
    access: { ...ref, action: 'RevokeRegisteredClient' },
    audit: 'Revoke client',
    wrongBody: 'invalid-parameter',
    params,
    body: z.object({
      reason: orEmpty(z.enum(REASONS)).meta({ description: '`unspecified` when not given.' }),
    }),
    status: 200,
    reply: RegisteredClient,
  }),
  renew: endpoint({
    method: 'POST',
    path: '/v1/client-management/clients/:id/renew',
    summary: 'Give a client a new certificate',
    description:
      'The one before is revoked. Without anything in the body the new one is for the same key and names.',
    access: { ...ref, action: 'RenewRegisteredClient' },
    audit: 'Renew client',
    wrongBody: 'invalid-parameter',
    params,
    body: z.object({
      ...certified,
      cert_duration: days('as its token or profile says'),
      ca_id: maybeReference('The local CA that signs; the one before when not given'),
    }),
    status: 200,
    reply: NewClient,
  }),
}
