import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, pageOf, QueryBoolean, Time } from '../../kit/wire.ts'
import {
  Exact,
  fingerprints,
  keyFields,
  Name,
  orEmpty,
  Pem,
  purposesBody,
  Reference,
  SerialNumber,
  Subject,
  subjectFields,
  Trust,
  Uri,
  validity,
  validityFields,
} from '../contract.ts'

/** The wire form of a local CA, its keys in the order that CM sends them (reference 3.1). */
export const LocalCa = z.object({
  id: z.uuid(),
  uri: Uri,
  account: Uri,
  createdAt: Time,
  updatedAt: Time,
  name: z.string().max(256),
  state: z.enum(['pending', 'active', 'expired']),
  parent: Uri.optional(),
  csr: Pem.meta({ description: 'PKCS #10 in PEM while pending; then empty.' }),
  cert: z.string().max(1_048_576).optional(),
  serialNumber: SerialNumber.optional(),
  subject: Subject,
  issuer: Subject.optional(),
  ...validity,
  ...fingerprints,
  purpose: Trust.optional(),
})
export type LocalCa = z.output<typeof LocalCa>

const params = z.object({
  id: Reference.meta({ description: 'Id, URI or name.' }),
})
const ref = { resource: 'ca:local-cas' }

export const localCas = {
  list: endpoint({
    method: 'GET',
    path: '/v1/ca/local-cas',
    summary: 'List local CAs',
    description: 'Those changed last come first.',
    access: { ...ref, action: 'ReadLocalCA' },
    audit: false,
    query: Page.extend({
      subject: Exact(8192),
      issuer: Exact(8192),
      state: Exact(16).meta({ description: '`pending`, `active` or `expired`.' }),
      cert: Exact(65_536).meta({ description: 'A certificate in PEM.' }),
      id: Exact(512),
      name: Exact(256),
      serialNumber: Exact(64),
    }),
    status: 200,
    reply: pageOf(LocalCa),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/ca/local-cas',
    summary: 'Create a local CA',
    description:
      'Makes a key that never leaves the server, and a request for its certificate. The CA is pending until it is self-signed or a certificate is installed.',
    access: { ...ref, action: 'CreateLocalCA' },
    audit: 'Create local CA',
    wrongBody: 'invalid-parameter',
    body: z.object({
      ...subjectFields,
      ...keyFields,
      name: Name,
      copy_from_ca: orEmpty(Reference).meta({
        description: 'A local CA whose subject and names are taken where none are given here.',
      }),
    }),
    status: 201,
    reply: LocalCa,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/ca/local-cas/:id',
    summary: 'Read one local CA',
    access: { ...ref, action: 'ReadLocalCA' },
    audit: false,
    params,
    query: z.object({
      chained: QueryBoolean.optional().meta({
        description: 'Whether `cert` holds the certificates of the issuers too, up to the root.',
      }),
    }),
    status: 200,
    reply: LocalCa,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/ca/local-cas/:id',
    summary: 'Change what a local CA is trusted for',
    description: 'In the body or in the query; the body goes first. Also while the CA is pending.',
    access: { ...ref, action: 'UpdateLocalCA' },
    audit: 'Update local CA',
    wrongBody: 'invalid-parameter',
    params,
    query: z.object({
      allow_client_authentication: QueryBoolean.optional(),
      allow_user_authentication: QueryBoolean.optional(),
    }),
    body: purposesBody,
    status: 200,
    reply: LocalCa,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/ca/local-cas/:id',
    summary: 'Delete a local CA',
    description: 'Its key and the records of what it issued go with it.',
    access: { ...ref, action: 'DeleteLocalCA' },
    audit: 'Delete local CA',
    params,
    status: 204,
    reply: Empty,
  }),
  selfSign: endpoint({
    method: 'POST',
    path: '/v1/ca/local-cas/:id/self-sign',
    summary: 'Make a pending local CA a root CA',
    access: { ...ref, action: 'SelfSignLocalCA' },
    audit: 'Self-sign local CA',
    wrongBody: 'invalid-parameter',
    params,
    body: z.object(validityFields),
    status: 200,
    reply: LocalCa,
  }),
  install: endpoint({
    method: 'POST',
    path: '/v1/ca/local-cas/:id/install',
    summary: 'Install the certificate of a pending local CA',
    description: 'The certificate must be for the key of the CA, and signed by the parent.',
    access: { ...ref, action: 'InstallLocalCA' },
    audit: 'Install local CA',
    wrongBody: 'invalid-parameter',
    params,
    body: z.object({
      cert: Pem.min(1).meta({ description: 'PEM; the first certificate is the one of the CA.' }),
      parent_id: orEmpty(Reference).meta({
        description: 'The local or external CA that signed it: id, URI or name.',
      }),
      parentId: orEmpty(Reference).meta({ description: 'The same, as XSOAR spells it.' }),
    }),
    status: 200,
    reply: LocalCa,
  }),
}
