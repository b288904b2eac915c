import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, pageOf, QueryBoolean, text } from '../../kit/wire.ts'
import { Key, MetaIn, maybe, maybeText, Name, Reference, wrapFields } from '../contract.ts'
import { CreateBody, Integer, PatchBody, VersionBody } from './contract-bodies.ts'
import { Fields, ListQuery, QueryInteger, QueryKeysBody } from './search/contract.ts'

const params = z.object({
  id: Reference.meta({ description: 'Id, name, URI or alias.' }),
})
/** How the id in the path is read, and which version it means. */
const which = {
  type: text(16).optional().meta({
    description: '`id`, `name`, `uri`, `slug` or `alias`; inferred when not given.',
  }),
  version: QueryInteger.optional().meta({ description: 'The newest when not given.' }),
}
const includeMaterial = QueryBoolean.optional().meta({
  description: 'Whether the answer holds the material.',
})
/** Which object a call is about, for those that take nothing else in the query. */
export const Which = z.object(which)
export const WhichWithMaterial = z.object({ ...which, includeMaterial })

const fits = { wrongBody: 'invalid-parameter', anyCase: true } as const

const onOne = <Action extends string>(action: Action) =>
  ({
    method: 'POST',
    path: `/v1/vault/keys2/:id/${action}`,
    // The key itself says who may: its owner, or whoever is granted it.
    access: 'self',
    params,
    status: 200,
    reply: Key,
  }) as const

export const keys = {
  list: endpoint({
    method: 'GET',
    path: '/v1/vault/keys2',
    summary: 'List keys',
    description: 'Every version is a row. Rows are those that the caller may read.',
    access: 'self',
    audit: false,
    query: ListQuery,
    repeats: ['objectType', 'size', 'curveid'],
    status: 200,
    reply: pageOf(Key),
  }),
  create: endpoint({
    method: 'POST',
    path: '/v1/vault/keys2',
    summary: 'Create or import a key',
    description: 'A private key `N` comes with its public key `N-pub`.',
    // Those with the duty CreateKey, and members of Key Users.
    access: 'self',
    audit: 'Create key',
    ...fits,
    query: z.object({
      includeMaterial,
      returnExisting: QueryBoolean.optional().meta({
        description: 'Answers with the key of that name if there is one.',
      }),
    }),
    body: CreateBody,
    status: 201,
    reply: Key,
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/vault/keys2/:id',
    summary: 'Read one key',
    description: 'Without its material, which export gives.',
    access: 'self',
    audit: false,
    params,
    query: z.object({
      ...which,
      fields: Fields,
      usageMask: QueryInteger.optional().meta({ description: 'A use that the key must allow.' }),
    }),
    status: 200,
    reply: Key,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/vault/keys2/:id',
    summary: 'Change a key',
    description: 'What is left out stays.',
    access: 'self',
    audit: 'Update key',
    ...fits,
    params,
    query: z.object(which),
    body: PatchBody,
    status: 200,
    reply: Key,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: '/v1/vault/keys2/:id',
    summary: 'Delete one version of a key',
    access: 'self',
    audit: 'Delete key',
    params,
    query: z.object(which),
    status: 204,
    reply: Empty,
  }),
  createVersion: endpoint({
    ...onOne('versions'),
    summary: 'Make a new version of a key',
    audit: 'Create key version',
    ...fits,
    query: z.object({ ...which, includeMaterial }),
    body: VersionBody,
    status: 201,
  }),
  listVersions: endpoint({
    ...onOne('versions'),
    method: 'GET',
    summary: 'List the versions of a key',
    audit: false,
    query: ListQuery.omit({ name: true }).extend({ type: which.type }),
    repeats: ['objectType', 'size', 'curveid'],
    reply: pageOf(Key),
  }),
  destroy: endpoint({
    ...onOne('destroy'),
    summary: 'Destroy the material of a key',
    description: 'What is known about the key stays.',
    audit: 'Destroy key',
    query: z.object(which),
  }),
  archive: endpoint({
    ...onOne('archive'),
    summary: 'Archive a key',
    description: 'It does nothing until it is recovered.',
    audit: 'Archive key',
    query: z.object(which),
  }),
  recover: endpoint({
    ...onOne('recover'),
    summary: 'Recover an archived key',
    audit: 'Recover key',
    query: z.object(which),
  }),
  revoke: endpoint({
    ...onOne('revoke'),
    summary: 'Revoke a key',
    description: 'It is Compromised for the two reasons that say so, else Deactivated.',
    audit: 'Revoke key',
    ...fits,
    query: z.object(which),
    body: z.object({
      reason: text(64),
      message: maybeText(1024),
      compromiseOccurrenceDate: maybeText(40),
    }),
  }),
  reactivate: endpoint({
    ...onOne('reactivate'),
    summary: 'Reactivate a key',
    audit: 'Reactivate key',
    ...fits,
    query: z.object(which),
    body: z.object({ reason: text(64), message: maybeText(1024) }),
  }),
  export: endpoint({
    ...onOne('export'),
    summary: 'Export the material of a key',
    audit: 'Export key',
    ...fits,
    query: z.object(which),
    body: z.object({ ...wrapFields, combineXts: maybe(z.boolean()) }),
  }),
  clone: endpoint({
    ...onOne('clone'),
    summary: 'Copy a key under another name',
    audit: 'Clone key',
    ...fits,
    query: z.object({ ...which, includeMaterial }),
    body: z.object({
      newKeyName: maybe(Name),
      meta: maybe(MetaIn),
      idSize: maybe(Integer),
    }),
    status: 201,
  }),
  checkValue: endpoint({
    ...onOne('generate-kcv'),
    summary: 'Read the check value of a key',
    description: 'The first three bytes of a block of zeros, encrypted.',
    audit: 'Read key check value',
    query: z.object(which),
    reply: z.object({ kcv: z.string().max(6) }),
  }),
  query: endpoint({
    method: 'POST',
    path: '/v1/vault/query-keys',
    summary: 'Search for keys',
    description: 'Values of one field are alternatives; fields all have to fit.',
    access: 'self',
    audit: false,
    ...fits,
    query: z.object({ skip: QueryInteger.optional(), limit: QueryInteger.optional() }),
    body: QueryKeysBody,
    status: 200,
    reply: pageOf(z.union([Key, z.string().max(256)])),
  }),
}
