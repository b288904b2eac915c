import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, pageOf, Time, text } from '../../kit/wire.ts'
import { Exact, fingerprints, orEmpty, Reference, Subject, Uri, validity } from '../contract.ts'

const identity = {
  id: z.uuid(),
  uri: Uri,
  account: Uri,
  createdAt: Time,
  updatedAt: Time,
  service: z.string().max(16),
  ca_type: z.enum(['local', 'external']),
}
const TrustedCa = z.object(identity)
export type TrustedCa = z.output<typeof TrustedCa>

const details = {
  name: z.string().max(256),
  subject: Subject,
  issuer: Subject,
  serial_number: z.string().max(64),
  ...validity,
  ...fingerprints,
}
/** One client reads the CA's details below `ca_details`, another beside the entry's own (reference 10). */
const ListedCa = z.object({ ...identity, ...details, ca_details: z.object(details) })
export type ListedCa = z.output<typeof ListedCa>

const entry = z.object({
  ca_id: Reference.min(1).meta({ description: 'Id or URI of a local or external CA.' }),
  service: text(16).min(1).meta({ description: '`web`.' }),
  ca_type: orEmpty(z.enum(['local', 'external'])).meta({
    description: 'Found out when not given.',
  }),
})
export type Entry = z.output<typeof entry>
const entries = z.array(entry).min(1).max(100)

const ref = { resource: 'trusted-cas' }
const create = { access: { ...ref, action: 'CreateTrustedCA' } } as const

export const trustedCas = {
  list: endpoint({
    method: 'GET',
    path: '/v1/trusted-cas',
    summary: 'List the CAs that services trust',
    access: { ...ref, action: 'ReadTrustedCA' },
    audit: false,
    query: Page.extend({
      id: Exact(64),
      service: Exact(16),
      ca_id: Exact(512),
      ca_type: Exact(16),
    }),
    status: 200,
    reply: pageOf(ListedCa),
  }),
  create: endpoint({
    ...create,
    method: 'POST',
    path: '/v1/trusted-cas',
    summary: 'Let a service trust a CA',
    description: 'Holds for new connections at once.',
    audit: 'Add trusted CA',
    wrongBody: 'invalid-parameter',
    body: entry,
    status: 201,
    reply: TrustedCa,
  }),
  createMany: endpoint({
    ...create,
    method: 'POST',
    path: '/v1/trusted-cas-create-many',
    summary: 'Let services trust several CAs',
    description: 'All of them or none. Nothing is restarted: they hold at once.',
    audit: 'Add trusted CAs',
    wrongBody: 'invalid-parameter',
    body: z.union([
      z.object({ trusted_cas: entries, auto_restart: z.boolean().nullish() }),
      entries,
    ]),
    status: 201,
    reply: z.object({ success: z.array(TrustedCa).max(100) }),
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/trusted-cas/:id',
    summary: 'Let a service no longer trust a CA',
    access: { ...ref, action: 'DeleteTrustedCA' },
    audit: 'Delete trusted CA',
    params: z.object({ id: text(512).meta({ description: 'Id or URI of the entry.' }) }),
    status: 204,
    reply: Empty,
  }),
}
