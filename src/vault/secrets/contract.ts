import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, pageOf, QueryBoolean, text } from '../../kit/wire.ts'
import { Key, Material, maybe, maybeText } from '../contract.ts'
import { keys, Which, WhichWithMaterial } from '../keys/contract.ts'
import { createFields } from '../keys/contract-bodies.ts'
import { ListQuery } from '../keys/search/contract.ts'

const params = z.object({ id: text(512).meta({ description: 'Id, name, URI or alias.' }) })
const fits = { wrongBody: 'invalid-parameter', anyCase: true } as const
const { name, meta, assignSelfAsOwner, idSize, labels, description, aliases } = createFields
const { unexportable, undeletable, activationDate, deactivationDate } = createFields
const includeMaterial = QueryBoolean.optional()

export const DATA_TYPES = ['blob', 'password', 'seed'] as const

export const secrets = {
  list: endpoint({
    method: 'GET',
    path: '/v1/vault/secrets',
    summary: 'List secrets',
    description: 'Secret Data and Opaque Objects that the caller may read.',
    access: 'self',
    audit: false,
    query: ListQuery,
    repeats: ['objectType', 'size', 'curveid'],
    status: 200,
    reply: pageOf(Key),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/vault/secrets',
    summary: 'Store a secret',
    // Those with the duty CreateKey, and members of Key Users.
    access: 'self',
    audit: 'Create secret',
    ...fits,
    query: z.object({ includeMaterial, returnExisting: QueryBoolean.optional() }),
    body: z.object({
      name,
      dataType: maybeText(16).meta({
        description: '`blob`, `password` or `seed`; blob if not given.',
      }),
      material: maybe(Material).meta({
        secret: true,
        description:
          'base64url of a blob, the text of a password, hex of a seed. Made when not given.',
      }),
      meta,
      assignSelfAsOwner,
      idSize,
      labels,
      description,
      aliases,
      unexportable,
      undeletable,
      activationDate,
      deactivationDate,
    }),
    status: 201,
    reply: Key,
  }),
  get: endpoint({
    ...keys.get,
    path: '/v1/vault/secrets/:id',
    summary: 'Read what is known about a secret',
    params,
  }),
  update: endpoint({
    ...keys.update,
    path: '/v1/vault/secrets/:id',
    summary: 'Change a secret',
    audit: 'Update secret',
    params,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/vault/secrets/:id',
    summary: 'Delete one version of a secret',
    access: 'self',
    audit: 'Delete secret',
    params,
    query: Which,
    status: 204,
    reply: Empty,
  }),
  export: endpoint({
    method: 'POST',
    path: '/v1/vault/secrets/:id/export',
    summary: 'Read a secret',
    access: 'self',
    audit: 'Export secret',
    // Clients send an empty body of this type; there is nothing to say in one.
    raw: 'octet-stream',
    params,
    query: Which,
    status: 200,
    reply: Key,
  }),
  destroy: endpoint({
    ...keys.destroy,
    path: '/v1/vault/secrets/:id/destroy',
    summary: 'Destroy the material of a secret',
    audit: 'Destroy secret',
    params,
  }),
  createVersion: endpoint({
    method: 'POST',
    path: '/v1/vault/secrets/:id/versions',
    summary: 'Make a new version of a secret',
    access: 'self',
    audit: 'Create secret version',
    ...fits,
    params,
    query: WhichWithMaterial,
    body: z.object({
      material: maybe(Material).meta({ secret: true, description: 'Made when not given.' }),
      idSize,
      labels,
      aliases,
    }),
    status: 201,
    reply: Key,
  }),
  listVersions: endpoint({
    ...keys.listVersions,
    path: '/v1/vault/secrets/:id/versions',
    summary: 'List the versions of a secret',
    params,
  }),
}
