import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Page, TextFilter, text } from '../../kit/wire.ts'
import { maybeText } from '../../vault/contract.ts'
import {
  bodyRules,
  changeFields,
  createFields,
  identified,
  idParams,
  maybeList,
  named,
  PathFilter,
  Reference,
} from '../contract.ts'
import { mayUpdate, setEndpoints } from '../sets/contract.ts'

const MOST = 5000

const Source = text(4096).min(1)

export const SignatureSet = z.object({
  ...named,
  type: z.enum(['Application', 'Container-Image']),
  source_list: z.array(z.string().max(4096)).max(MOST),
  reference_version: z.number().int(),
  signing_status: z.string().max(32),
  percentage_complete: z.number().int(),
  updated_by: z.string().max(256),
  docker_img_id: z.string().max(256),
  docker_cont_id: z.string().max(256),
})
export type SignatureSet = z.output<typeof SignatureSet>

const Signature = z.object({
  ...identified,
  signature_set_id: z.uuid(),
  file_name: z.string().max(4096),
  hash_value: z.string().max(1024),
})
export type Signature = z.output<typeof Signature>

const source_list = maybeList(Source, MOST)

const signing = <Path extends `/v1/${string}`>(
  path: Path,
  summary: string,
  audit: string | false,
) =>
  endpoint({
    method: 'POST',
    path,
    summary,
    access: mayUpdate,
    audit,
    ...bodyRules,
    params: idParams,
    body: z.object({ client_id: Reference }),
    status: 200,
    reply: z.object({
      signature_set_id: z.uuid(),
      client_id: z.string().max(512),
      status: z.string().max(32),
    }),
  })

const path = '/v1/transparent-encryption/signaturesets/:id' as const

export const cteSignatureSets = {
  ...setEndpoints({
    path: 'signaturesets',
    what: 'signature set',
    plural: 'signature sets',
    answer: SignatureSet,
    create: z.object({
      ...createFields,
      type: maybeText(32).meta({
        description: '`Application` (the default) or `Container-Image`.',
      }),
      source_list,
    }),
    change: z.object({
      ...changeFields,
      source_list: source_list.meta({ description: 'Sources to add to those that are there.' }),
    }),
    elements: {
      path: 'signatures',
      element: Signature,
      query: Page.extend({ file_name: PathFilter.optional(), hash_value: TextFilter.optional() }),
    },
  }),
  deleteSources: endpoint({
    method: 'PATCH',
    path: `${path}/delete-sources`,
    summary: 'Remove sources from a signature set',
    access: mayUpdate,
    audit: 'Remove sources from a CTE signature set',
    ...bodyRules,
    params: idParams,
    body: z.object({ source_list }),
    status: 200,
    reply: SignatureSet,
  }),
  addSignatures: endpoint({
    method: 'PATCH',
    path: `${path}/addsignatures`,
    summary: 'Add signatures to a signature set',
    access: mayUpdate,
    audit: 'Add signatures to a CTE signature set',
    ...bodyRules,
    params: idParams,
    body: z.object({
      signatures: z
        .array(z.object({ file_name: text(4096).min(1), hash_value: text(1024).min(1) }))
        .min(1)
        .max(1000),
    }),
    status: 200,
    reply: SignatureSet,
  }),
  deleteSignature: endpoint({
    method: 'DELETE',
    path: `${path}/signatures/:signature_id`,
    summary: 'Remove one signature from a signature set',
    access: mayUpdate,
    audit: 'Remove a signature from a CTE signature set',
    params: z.object({
      ...idParams.shape,
      signature_id: Reference.meta({ description: 'Id or URI of the signature.' }),
    }),
    status: 204,
    reply: Empty,
  }),
  sign: signing(`${path}/signapp`, 'Ask a client to sign the sources', 'Ask for CTE signatures'),
  querySigning: signing(
    `${path}/querysignapp`,
    'How far a client has come with signing',
    'Query CTE signing',
  ),
  cancelSigning: signing(
    `${path}/cancelsignapp`,
    'Take back what a client was asked to sign',
    'Cancel CTE signing',
  ),
}
