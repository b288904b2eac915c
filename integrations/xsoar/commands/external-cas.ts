import { allowances, argument, inBody, inPath, inQuery, pages, required } from './arguments.ts'
import {
  externalCa,
  infoFileOutputs,
  listOutputs,
  outputs,
  publishedExternalCa,
} from './outputs.ts'
import type { Argument, Call, Command, FileOutput } from './types.ts'

const CAS = '/ca/external-cas/'
const CA = '/ca/external-cas/:id'
const PREFIX = 'CipherTrust.ExternalCertificate'
const PUBLISHED_PREFIX = 'CipherTrust.ExternalCA'
const columns = [
  'name',
  'id',
  'subject',
  'issuer',
  'serialNumber',
  'notBefore',
  'notAfter',
  'purpose',
]
const HELP = 'The external CA, by id, name, URI or the last part of its URI.'
const caId = argument('external_ca_id', 'identifier', inPath('id'), HELP, required)
const file: FileOutput = { member: 'cert', name: 'Certificate.pem' }

const upload: Call = { endpoint: 'externalCas.create', method: 'POST', path: CAS }
const update: Call = { endpoint: 'externalCas.update', method: 'PATCH', path: CA }
const remove: Call = { endpoint: 'externalCas.delete', method: 'DELETE', path: CA }
const list: Call = { endpoint: 'externalCas.list', method: 'GET', path: CAS }
const get: Call = { endpoint: 'externalCas.get', method: 'GET', path: CA }

const uploadArguments: readonly Argument[] = [
  argument(
    'cert_entry_id',
    'pem-file',
    inBody('cert'),
    'A file with the certificate of the CA in PEM.',
    required,
  ),
  argument(
    'name',
    'text',
    inBody('name'),
    'Name of the CA, unlike all others; externalca- and its id when not given.',
  ),
  argument(
    'parent',
    'text',
    inBody('parent'),
    'URI of the external CA above it, to record the hierarchy.',
  ),
]
const updateArguments: readonly Argument[] = [caId, ...allowances('body')]
const filters: readonly Argument[] = [
  argument('subject', 'text', inQuery('subject'), 'Only CAs with this subject.'),
  argument('issuer', 'text', inQuery('issuer'), 'Only CAs with this issuer.'),
  argument(
    'serial_number',
    'text',
    inQuery('serialNumber'),
    'Only CAs with this serial number, in decimal.',
  ),
  argument('cert', 'prose', inQuery('cert'), 'Only the CA with this certificate.'),
  ...pages,
]

const UPLOAD = {
  summary: 'Makes a CA from elsewhere known by its certificate',
  description: 'The certificate must have CA:TRUE in its basic constraints.',
  title: 'External CA {name} is uploaded',
} as const
const UPDATE = {
  summary: 'Says what certificates of an external CA may be used for',
  title: 'External CA {external_ca_id} is changed',
} as const
const DELETE_SUMMARY = 'Deletes an external CA'

export const externalCaCommands: readonly Command[] = [
  {
    ...UPLOAD,
    name: 'ciphertrust-external-certificate-upload',
    vocabulary: 'documents',
    call: upload,
    body: true,
    arguments: uploadArguments,
    answer: 'object',
    prefix: PREFIX,
    key: 'id',
    outputs: [...outputs(PREFIX, externalCa), ...infoFileOutputs],
    files: [file],
    columns,
  },
  {
    name: 'ciphertrust-external-certificate-delete',
    vocabulary: 'documents',
    summary: DELETE_SUMMARY,
    call: remove,
    arguments: [
      argument('external_cert_id', 'identifier', inPath('id'), HELP, {
        ...required,
        also: 'external_ca_id',
      }),
    ],
    answer: 'nothing',
    outputs: [],
    title: 'External CA {external_cert_id} is deleted',
    columns: [],
  },
  {
    ...UPDATE,
    name: 'ciphertrust-external-certificate-update',
    vocabulary: 'documents',
    call: update,
    body: true,
    arguments: updateArguments,
    answer: 'object',
    prefix: PREFIX,
    key: 'id',
    outputs: outputs(PREFIX, externalCa),
    columns,
  },
  {
    name: 'ciphertrust-external-certificate-list',
    vocabulary: 'documents',
    summary: 'Lists external CAs',
    call: list,
    arguments: filters,
    answer: 'list',
    prefix: PREFIX,
    key: 'id',
    outputs: listOutputs(PREFIX, externalCa, 'Integer'),
    title: 'External CAs',
    columns,
  },
]

/**
 * The names of the published pack. Its playbooks count on its context: the resources under the prefix without an
 * envelope, and the certificate in a file only.
 */
export const publishedExternalCaCommands: readonly Command[] = [
  {
    ...UPLOAD,
    name: 'ciphertrust-external-ca-upload',
    vocabulary: 'published',
    call: upload,
    body: true,
    arguments: uploadArguments,
    answer: 'object',
    prefix: PUBLISHED_PREFIX,
    key: 'id',
    outputs: [...outputs(PUBLISHED_PREFIX, publishedExternalCa), ...infoFileOutputs],
    files: [file],
    columns,
  },
  {
    name: 'ciphertrust-external-ca-delete',
    vocabulary: 'published',
    summary: DELETE_SUMMARY,
    call: remove,
    arguments: [
      argument('external_ca_id', 'identifier', inPath('id'), HELP, {
        ...required,
        also: 'external_cert_id',
      }),
    ],
    answer: 'nothing',
    outputs: [],
    title: 'External CA {external_ca_id} is deleted',
    columns: [],
  },
  {
    ...UPDATE,
    name: 'ciphertrust-external-ca-update',
    vocabulary: 'published',
    call: update,
    body: true,
    arguments: updateArguments,
    answer: 'object',
    prefix: PUBLISHED_PREFIX,
    key: 'id',
    outputs: outputs(PUBLISHED_PREFIX, publishedExternalCa),
    columns,
  },
  {
    name: 'ciphertrust-external-ca-list',
    vocabulary: 'published',
    summary: 'Lists external CAs, or shows one',
    call: list,
    single: { argument: 'external_ca_id', call: get },
    arguments: [
      argument(
        'external_ca_id',
        'identifier',
        inPath('id'),
        'Only this external CA, by id, name, URI or the last part of its URI. Filters are then not used.',
      ),
      ...filters,
    ],
    answer: 'resources',
    prefix: PUBLISHED_PREFIX,
    key: 'id',
    outputs: [...outputs(PUBLISHED_PREFIX, publishedExternalCa), ...infoFileOutputs],
    files: [{ ...file, when: 'external_ca_id' }],
    title: 'External CAs',
    columns,
  },
]
