import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, pageOf, QueryBoolean, Time } from '../../kit/wire.ts'
import {
  Exact,
  fingerprints,
  Name,
  orEmpty,
  Pem,
  purposesBody,
  Reference,
  SerialNumber,
  Subject,
  Trust,
  Uri,
  validity,
} from '../contract.ts'

/** The wire form of an external CA (reference 3.3). */
export const ExternalCa = z.object({
  id: z.uuid(),
  uri: Uri,
  account: Uri,
  createdAt: Time,
  updatedAt: Time,
  name: z.string().max(256),
  parent: Uri.optional(),
  cert: Pem,
  purpose: Trust,
  serialNumber: SerialNumber,
  subject: Subject,
  issuer: Subject,
  ...validity,
  ...fingerprints,
})
export type ExternalCa = z.output<typeof ExternalCa>

const params = z.object({
  id: Reference.meta({ description: 'Id, URI or name.' }),
})
const ref = { resource: 'ca:external-cas' }

export const externalCas = {
  list: endpoint({
    method: 'GET',
    path: '/v1/ca/external-cas',
    summary: 'List external CAs',
    description: 'Those changed last come first.',
    access: { ...ref, action: 'ReadExternalCA' },
    audit: false,
    query: Page.extend({
      subject: Exact(8192),
      issuer: Exact(8192),
      serialNumber: Exact(64).meta({ description: 'In decimal.' }),
      cert: Exact(65_536).meta({ description: 'A certificate in PEM.' }),
      id: Exact(512),
      name: Exact(256),
    }),
    status: 200,
    reply: pageOf(ExternalCa),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/ca/external-cas',
    summary: 'Upload the certificate of an external CA',
    description: 'The same certificate may be uploaded again under another name.',
    access: { ...ref, action: 'CreateExternalCA' },
    audit: 'Upload external CA',
    wrongBody: 'invalid-parameter',
    body: z.object({
      cert: Pem.min(1).meta({ description: 'A CA certificate in PEM.' }),
      name: Name,
      parent: orEmpty(Reference).meta({
        description: 'The URI of another CA, to record a hierarchy.',
      }),
    }),
    status: 201,
    reply: ExternalCa,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/ca/external-cas/:id',
    summary: 'Read one external CA',
    access: { ...ref, action: 'ReadExternalCA' },
    audit: false,
    params,
    status: 200,
    reply: ExternalCa,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/ca/external-cas/:id',
    summary: 'Change what an external CA is trusted for',
    description: 'In the body or in the query; the body goes first.',
    access: { ...ref, action: 'UpdateExternalCA' },
    audit: 'Update external CA',
    wrongBody: 'invalid-parameter',
    params,
    query: z.object({
      allow_client_authentication: QueryBoolean.optional(),
      allow_user_authentication: QueryBoolean.optional(),
    }),
    body: purposesBody,
    status: 200,
    reply: ExternalCa,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/ca/external-cas/:id',
    summary: 'Delete an external CA',
    access: { ...ref, action: 'DeleteExternalCA' },
    audit: 'Delete external CA',
    params,
    status: 204,
    reply: Empty,
  }),
}
