import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { CommaList, Empty, Page, pageOf, TextFilter, Time, text } from '../../kit/wire.ts'
import { LabelsIn, maybe, maybeText, Name } from '../contract.ts'

/** That a policy grants one permission. */
export const MAX_NAMES = 1000

const Names = z.array(text(256)).max(MAX_NAMES).nullable()
const Grants = z.record(text(64), Names)
const PermissionsIn = z.object({
  clients: maybe(Grants),
  groups: maybe(Grants),
  users: maybe(Grants),
})

const KeyPolicy = z.object({
  id: z.uuid(),
  uri: z.string().max(256),
  account: z.string().max(256),
  createdAt: Time,
  updatedAt: Time,
  name: z.string().max(256),
  labelSelector: z.string().max(4096),
  permissions: z.record(
    z.string().max(16),
    z.record(z.string().max(64), z.array(z.string().max(256)).max(MAX_NAMES)),
  ),
  description: z.string().max(4096),
  labels: z.record(z.string().max(256), z.string().max(256)).optional(),
})
export type KeyPolicy = z.output<typeof KeyPolicy>

const LabelSelector = text(4096).min(1).meta({
  description: '`k=v` and `k in (a,b)`, joined by commas; a key needs all of them.',
})
const Permissions = PermissionsIn.meta({
  description: '`groups`, `users` and `clients`, each from a permission to names.',
})

const params = z.object({ id: text(512).meta({ description: 'Id or name.' }) })
const ref = { resource: 'vault:key-policies' }
const fits = { wrongBody: 'invalid-parameter', anyCase: true } as const

export const keyPolicies = {
  list: endpoint({
    method: 'GET',
    path: '/v1/vault/key-policies',
    summary: 'List key policies',
    access: { ...ref, action: 'ReadKeyPolicy' },
    audit: false,
    query: Page.extend({
      id: TextFilter.optional(),
      name: TextFilter.optional(),
      description: TextFilter.optional(),
      labels: text(4096).optional(),
      permissionsContains: CommaList.optional().meta({
        description: 'Permissions that the policy grants somebody.',
      }),
      createdAfter: text(40).optional(),
      createdBefore: text(40).optional(),
    }),
    status: 200,
    reply: pageOf(KeyPolicy),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/vault/key-policies',
    summary: 'Create a key policy',
    description: 'Grants permissions on all keys whose labels its selector matches.',
    access: { ...ref, action: 'CreateKeyPolicy' },
    audit: 'Create key policy',
    ...fits,
    body: z.object({
      name: Name.min(1),
      labelSelector: LabelSelector,
      permissions: Permissions,
      description: maybeText(4096),
      labels: maybe(LabelsIn),
    }),
    status: 201,
    reply: KeyPolicy,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/vault/key-policies/:id',
    summary: 'Read one key policy',
    access: { ...ref, action: 'ReadKeyPolicy' },
    audit: false,
    params,
    status: 200,
    reply: KeyPolicy,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/vault/key-policies/:id',
    summary: 'Change a key policy',
    access: { ...ref, action: 'UpdateKeyPolicy' },
    audit: 'Update key policy',
    ...fits,
    params,
    body: z.object({
      labelSelector: maybe(LabelSelector),
      permissions: maybe(Permissions),
      description: maybe(text(4096)),
      labels: maybe(LabelsIn),
    }),
    status: 200,
    reply: KeyPolicy,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/vault/key-policies/:id',
    summary: 'Delete a key policy',
    access: { ...ref, action: 'DeleteKeyPolicy' },
    audit: 'Delete key policy',
    params,
    status: 204,
    reply: Empty,
  }),
}
