import {
  algorithm,
  argument,
  inBody,
  inPath,
  inQuery,
  keySize,
  ofCommand,
  pages,
  REASONS,
  required,
  subjectFields,
  subjectNames,
  validity,
} from './arguments.ts'
import {
  infoFileOutputs,
  issuedCertificate,
  listedCertificate,
  listOutputs,
  outputs,
  resumedCertificate,
  revokedCertificate,
} from './outputs.ts'
import { keyProblems, oneOfTwo, validityProblems } from './rules.ts'
import type { Command } from './types.ts'

const CERTIFICATES = '/ca/local-cas/:caid/certs'
const CERTIFICATE = '/ca/local-cas/:caid/certs/:id'
const PREFIX = 'CipherTrust.CACertificate'
const columns = [
  'name',
  'id',
  'state',
  'subject',
  'issuer',
  'serialNumber',
  'notBefore',
  'notAfter',
  'revoked_at',
]
const caId = argument(
  'ca_id',
  'identifier',
  inPath('caid'),
  'The CA that issues it, by id, name, URI or the last part of its URI.',
  required,
)
const CERTIFICATE_HELP = 'The certificate, by id, URI or the last part of its URI.'
const certificateId = argument('cert_id', 'identifier', inPath('id'), CERTIFICATE_HELP, required)

export const certificateCommands: readonly Command[] = [
  {
    name: 'ciphertrust-certificate-issue',
    vocabulary: 'documents',
    summary: 'Issues a certificate for a certificate request',
    description:
      'Give duration or not_after; not_after goes before. Without not_before a certificate is valid from now on.',
    call: { endpoint: 'certificates.issue', method: 'POST', path: CERTIFICATES },
    body: true,
    arguments: [
      caId,
      argument(
        'csr_entry_id',
        'pem-file',
        inBody('csr'),
        'A file with the certificate request in PEM.',
        required,
      ),
      argument('purpose', 'choice', inBody('purpose'), 'What the certificate is for.', {
        ...required,
        choices: ['server', 'client', 'ca'],
      }),
      ...validity('certificate'),
      argument(
        'name',
        'text',
        inBody('name'),
        'Name of the certificate, unlike all others; cert- and its id when not given.',
      ),
    ],
    rules: validityProblems,
    answer: 'object',
    prefix: PREFIX,
    key: 'id',
    outputs: [...outputs(PREFIX, issuedCertificate), ...infoFileOutputs],
    files: [{ member: 'cert', name: 'Certificate.pem' }],
    title: 'Certificate {name} is issued',
    columns,
  },
  {
    name: 'ciphertrust-certificate-list',
    vocabulary: 'documents',
    summary: 'Lists the certificates that a CA issued',
    call: { endpoint: 'certificates.list', method: 'GET', path: CERTIFICATES },
    arguments: [
      caId,
      argument('subject', 'text', inQuery('subject'), 'Only certificates with this subject.'),
      argument('issuer', 'text', inQuery('issuer'), 'Only certificates with this issuer.'),
      argument('cert', 'prose', inQuery('cert'), 'Only this certificate, in PEM.'),
      argument('id', 'text', inQuery('id'), 'Only the certificate with this id or URI.'),
      ...pages,
    ],
    answer: 'list',
    prefix: PREFIX,
    key: 'id',
    outputs: [...listOutputs(PREFIX, listedCertificate, 'Integer'), ...infoFileOutputs],
    files: [{ member: 'cert', name: 'Certificate.pem', when: 'id' }],
    title: 'Certificates',
    columns,
  },
  {
    name: 'ciphertrust-local-certificate-delete',
    vocabulary: 'documents',
    summary: 'Deletes a certificate that a local CA issued',
    call: { endpoint: 'certificates.delete', method: 'DELETE', path: CERTIFICATE },
    arguments: [
      caId,
      argument('local_ca_id', 'identifier', inPath('id'), CERTIFICATE_HELP, required),
    ],
    answer: 'nothing',
    outputs: [],
    title: 'Certificate {local_ca_id} is deleted',
    columns: [],
  },
  {
    name: 'ciphertrust-certificate-revoke',
    vocabulary: 'documents',
    summary: 'Revokes a certificate',
    call: { endpoint: 'certificates.revoke', method: 'POST', path: `${CERTIFICATE}/revoke` },
    body: true,
    arguments: [
      caId,
      certificateId,
      argument('reason', 'choice', inBody('reason'), 'Why, in the words of RFC 5280.', {
        ...required,
        choices: REASONS,
      }),
    ],
    answer: 'object',
    prefix: PREFIX,
    key: 'id',
    outputs: outputs(PREFIX, revokedCertificate),
    title: 'Certificate {cert_id} is revoked',
    columns: [...columns, 'revoked_reason'],
  },
  {
    name: 'ciphertrust-certificate-resume',
    vocabulary: 'documents',
    summary: 'Takes back the revocation of a certificate on hold',
    description: 'Only what was revoked for certificateHold can be resumed.',
    call: { endpoint: 'certificates.resume', method: 'POST', path: `${CERTIFICATE}/resume` },
    arguments: [caId, certificateId],
    answer: 'object',
    prefix: PREFIX,
    key: 'id',
    outputs: outputs(PREFIX, resumedCertificate),
    title: 'Certificate {cert_id} is valid again',
    columns,
  },
]

export const csrGenerate: Command = {
  name: 'ciphertrust-csr-generate',
  vocabulary: 'published',
  summary: 'Makes a key pair and a certificate request',
  description:
    'The server keeps nothing of it: what the files hold is all there is. The private key is encrypted with one of the two passwords, of which one must be given.',
  call: { endpoint: 'certificateRequests.create', method: 'POST', path: '/ca/csr' },
  body: true,
  arguments: [
    argument('cn', 'text', inBody('cn'), 'Common name.', required),
    algorithm,
    ...subjectNames,
    argument('name', 'text', inBody('name'), 'A label.'),
    argument(
      'encryption_algo',
      'choice',
      inBody('encryptionAlgo'),
      'How the private key is encrypted; AES256 when not given.',
      {
        choices: ['AES256', 'AES192', 'AES128', 'TDES'],
      },
    ),
    ...subjectFields,
    keySize('key_size'),
    argument(
      'encryption_password',
      'secret',
      inBody('password'),
      'Password that the private key is encrypted with.',
    ),
    argument(
      'private_key_file_password',
      'secret',
      ofCommand,
      'Password of the file with the private key. It encrypts the key itself, unless encryption_password does already.',
    ),
    argument(
      'private_key_bytes',
      'secret-text',
      inBody('privateKeyBytes'),
      'A private key in PEM to use instead of a new one.',
    ),
  ],
  rules: (values) => [
    ...(values['encryption_password'] === undefined &&
    values['private_key_file_password'] === undefined
      ? [
          'encryption_password is missing: give it or private_key_file_password, so that the private key is encrypted.',
        ]
      : []),
    ...oneOfTwo(values, 'name_fields_raw_json', 'name_fields_json_entry_id'),
    ...keyProblems(values, 'key_size', values['private_key_bytes'] !== undefined),
  ],
  answer: 'files',
  outputs: infoFileOutputs,
  files: [
    { member: 'csr', name: 'CSR.pem' },
    { member: 'key', name: 'privateKey.pem', secret: true },
  ],
  title: 'The certificate request for {cn} is made',
  columns: [],
}
