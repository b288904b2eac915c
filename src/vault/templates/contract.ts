import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, Metadata, Page, pageOf, TextFilter, Time, text } from '../../kit/wire.ts'
import { LabelsIn, MetaIn, maybe, maybeText, Name } from '../contract.ts'
import { createFields } from '../keys/contract-bodies.ts'

const {
  algorithm,
  size,
  curveid,
  usageMask,
  format,
  undeletable,
  unexportable,
  xts,
  state,
  description,
  aliases,
  labels,
  activationDate,
  deactivationDate,
  processStartDate,
  protectStopDate,
  archiveDate,
  rotationFrequencyDays,
  idSize,
  meta,
} = createFields

/** What a template may set of a key. */
const KeyAttributes = z.object({
  algorithm,
  size,
  curveid,
  usageMask,
  format,
  undeletable,
  unexportable,
  xts,
  state,
  description,
  aliases,
  labels,
  activationDate,
  deactivationDate,
  processStartDate,
  protectStopDate,
  archiveDate,
  rotationFrequencyDays,
  idSize,
  meta,
})
export type KeyAttributes = z.output<typeof KeyAttributes>

const KeyTemplate = z.object({
  id: z.uuid(),
  uri: z.string().max(256),
  account: z.string().max(256),
  createdAt: Time,
  updatedAt: Time,
  name: z.string().max(256),
  description: z.string().max(4096),
  labels: z.record(z.string().max(256), z.string().max(256)).optional(),
  meta: Metadata.optional(),
  keyAttributes: Metadata,
})
export type KeyTemplate = z.output<typeof KeyTemplate>

const params = z.object({ id: text(512).meta({ description: 'Id or name.' }) })
const ref = { resource: 'vault:key-templates' }
const fits = { wrongBody: 'invalid-parameter', anyCase: true } as const

export const keyTemplates = {
  list: endpoint({
    method: 'GET',
    path: '/v1/vault/templates',
    summary: 'List key templates',
    // Those with the duty ReadKeyTemplate, and those who make keys.
    access: 'self',
    audit: false,
    query: Page.extend({
      id: TextFilter.optional(),
      name: TextFilter.optional(),
      description: TextFilter.optional(),
    }),
    status: 200,
    reply: pageOf(KeyTemplate),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/vault/templates',
    summary: 'Create a key template',
    description:
      'Its attributes hold for keys that are made with it, where a request says nothing.',
    access: { ...ref, action: 'CreateKeyTemplate' },
    audit: 'Create key template',
    ...fits,
    body: z.object({
      name: Name.min(1),
      description: maybeText(4096),
      labels: maybe(LabelsIn),
      meta: maybe(MetaIn),
      keyAttributes: KeyAttributes,
    }),
    status: 201,
    reply: KeyTemplate,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/vault/templates/:id',
    summary: 'Read one key template',
    // Those with the duty ReadKeyTemplate, and those who make keys.
    access: 'self',
    audit: false,
    params,
    status: 200,
    reply: KeyTemplate,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/vault/templates/:id',
    summary: 'Change a key template',
    description: 'Keys that were made with it stay as they are.',
    access: { ...ref, action: 'UpdateKeyTemplate' },
    audit: 'Update key template',
    ...fits,
    params,
    body: z.object({
      description: maybe(text(4096)),
      labels: maybe(LabelsIn),
      meta: maybe(MetaIn),
      keyAttributes: maybe(KeyAttributes).meta({ description: 'Replaces the ones before.' }),
    }),
    status: 200,
    reply: KeyTemplate,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/vault/templates/:id',
    summary: 'Delete a key template',
    access: { ...ref, action: 'DeleteKeyTemplate' },
    audit: 'Delete key template',
    params,
    status: 204,
    reply: Empty,
  }),
}
