import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, pageOf, Time } from '../../kit/wire.ts'
import {
  Exact,
  fingerprints,
  Name,
  Pem,
  Reference,
  SerialNumber,
  Subject,
  Uri,
  validity,
  validityFields,
} from '../contract.ts'

/** As RFC 5280 section 5.3.1 names them; 7 is not used there. */
export const REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const
const Reason = z.enum(REASONS)

/** The wire form of an issued certificate (reference 3.2). */
export const Certificate = z.object({
  id: z.uuid(),
  uri: Uri,
  account: Uri,
  createdAt: Time,
  updatedAt: Time,
  name: z.string().max(256),
  cert: Pem,
  ca: Uri,
  revoked_reason: Reason.optional(),
  revoked_at: Time,
  state: z.enum(['active', 'revoked', 'expired']),
  ...fingerprints,
  serialNumber: SerialNumber,
  subject: Subject,
  issuer: Subject,
  ...validity,
})
export type Certificate = z.output<typeof Certificate>

const caid = Reference.meta({ description: 'The local CA: id, URI or name.' })
const ofCa = z.object({ caid })
const params = z.object({
  caid,
  id: Reference.meta({ description: 'The certificate: id or URI.' }),
})
const ref = { resource: 'ca:certificates' }

export const certificates = {
  list: endpoint({
    method: 'GET',
    path: '/v1/ca/local-cas/:caid/certs',
    summary: 'List the certificates that a local CA has issued',
    description: 'Those changed last come first.',
    access: { ...ref, action: 'ReadCertificate' },
    audit: false,
    params: ofCa,
    query: Page.extend({
      subject: Exact(8192),
      issuer: Exact(8192),
      cert: Exact(65_536).meta({ description: 'A certificate in PEM.' }),
      id: Exact(512).meta({ description: 'Id or URI.' }),
      state: Exact(16).meta({ description: '`active`, `revoked` or `expired`.' }),
      name: Exact(256),
      serialNumber: Exact(64),
    }),
    status: 200,
    reply: pageOf(Certificate),
  }),
  issue: endpoint({
    method: 'POST',
    path: '/v1/ca/local-cas/:caid/certs',
    summary: 'Issue a certificate',
    description:
      "Subject and alternative names come from the request. The certificate ends no later than the CA's own.",
    access: { ...ref, action: 'IssueCertificate' },
    audit: 'Issue certificate',
    wrongBody: 'invalid-parameter',
    params: ofCa,
    body: z.object({
      csr: Pem.min(1).meta({ description: 'PKCS #10 in PEM.' }),
      purpose: z.enum(['server', 'client', 'ca']),
      ...validityFields,
      name: Name,
    }),
    status: 201,
    reply: Certificate,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/ca/local-cas/:caid/certs/:id',
    summary: 'Read one certificate',
    access: { ...ref, action: 'ReadCertificate' },
    audit: false,
    params,
    status: 200,
    reply: Certificate,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/ca/local-cas/:caid/certs/:id',
    summary: 'Delete the record of a certificate',
    description:
      'The certificate itself stays good wherever it is; revoke it to say otherwise. One that was revoked stays so.',
    access: { ...ref, action: 'DeleteCertificate' },
    audit: 'Delete certificate',
    params,
    status: 204,
    reply: Empty,
  }),
  revoke: endpoint({
    method: 'POST',
    path: '/v1/ca/local-cas/:caid/certs/:id/revoke',
    summary: 'Revoke a certificate',
    description: 'Only one on hold may be revoked again, for another reason.',
    access: { ...ref, action: 'RevokeCertificate' },
    audit: 'Revoke certificate',
    wrongBody: 'invalid-parameter',
    params,
    body: z.object({ reason: Reason }),
    status: 200,
    reply: Certificate,
  }),
  resume: endpoint({
    method: 'POST',
    path: '/v1/ca/local-cas/:caid/certs/:id/resume',
    summary: 'Lift the hold of a certificate',
    access: { ...ref, action: 'ResumeCertificate' },
    audit: 'Resume certificate',
    params,
    status: 200,
    reply: Certificate,
  }),
}
