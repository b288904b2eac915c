import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { CommaList, Empty, Page, pageOf, QueryBoolean, TextFilter, text } from '../../kit/wire.ts'
import {
  AliasesIn,
  Key,
  LabelsIn,
  lifeDates,
  Material,
  MetaIn,
  maybe,
  maybeText,
  Name,
  Reference,
  rotation,
  wrapFields,
} from '../contract.ts'

const QueryInteger = text(20)
  .regex(/^-?\d+$/, 'must be a whole number')
  .transform(Number)
  // Beyond these, numbers are no longer the ones that were sent.
  .pipe(z.number().int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER))
const Integer = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1)

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
const Fields = CommaList.optional().meta({ description: '`meta`, `links`, `certFields`.' })
const includeMaterial = QueryBoolean.optional().meta({
  description: 'Whether the answer holds the material.',
})
/** Which object a call is about, for those that take nothing else in the query. */
export const Which = z.object(which)
export const WhichWithMaterial = z.object({ ...which, includeMaterial })

const fits = { wrongBody: 'invalid-parameter', anyCase: true } as const

const identity = {
  uuid: maybeText(36),
  muid: maybeText(128),
  keyId: maybeText(20).meta({ description: 'A decimal number.' }),
}

const usageLimits = maybe(
  z.object({
    total: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).meta({
      description: 'Uses of the key that protect something; 0: as many as anybody likes.',
    }),
  }),
).meta({ description: 'How often the key may encrypt, sign, MAC, wrap or derive.' })

export const createFields = {
  name: maybe(Name).meta({ description: 'Made when not given.' }),
  algorithm: maybeText(64),
  size: maybe(Integer).meta({ description: 'In bits.' }),
  curveid: maybeText(64).meta({ description: 'Of `ec` keys.' }),
  usageMask: maybe(Integer),
  usage: maybeText(32).meta({ description: 'Deprecated; see usageMask.' }),
  meta: maybe(MetaIn),
  assignSelfAsOwner: maybe(z.boolean()),
  objectType: maybeText(32),
  certType: maybeText(16),
  material: maybe(Material).meta({ secret: true, description: 'Generated when not given.' }),
  emptyMaterial: maybe(z.boolean()),
  id: maybeText(128),
  ...identity,
  generateKeyId: maybe(z.boolean()),
  idSize: maybe(Integer).meta({ description: 'Hexadecimal digits of the id.' }),
  aliases: maybe(AliasesIn),
  labels: maybe(LabelsIn),
  description: maybe(text(4096)),
  state: maybeText(32),
  ...lifeDates,
  destroyDate: maybeText(40),
  compromiseDate: maybeText(40),
  compromiseOccurrenceDate: maybeText(40),
  revocationReason: maybeText(64),
  revocationMessage: maybeText(1024),
  ...rotation,
  undeletable: maybe(z.boolean()),
  unexportable: maybe(z.boolean()),
  neverExportable: maybe(z.boolean()),
  neverExported: maybe(z.boolean()),
  xts: maybe(z.boolean()).meta({ description: 'Two halves, for XTS and CBC-CS1.' }),
  defaultIV: maybeText(32),
  usageLimits,
  templateId: maybeText(256).meta({ description: 'A key template: id or name.' }),
  publicKeyParameters: maybe(
    z.object({
      name: maybeText(256),
      usageMask: maybe(Integer),
      meta: maybe(MetaIn),
      state: maybeText(32),
      aliases: maybe(AliasesIn),
      activationDate: maybeText(40),
      deactivationDate: maybeText(40),
      archiveDate: maybeText(40),
      unexportable: maybe(z.boolean()),
      undeletable: maybe(z.boolean()),
      id: maybeText(128),
    }),
  ).meta({ description: 'For the public key beside a private one.' }),
  hkdfCreateParameters: maybe(
    z.object({
      ikmKeyName: maybeText(512),
      hashAlgorithm: maybeText(32),
      salt: maybeText(2048),
      info: maybeText(2048),
    }),
  ).meta({ description: 'Derives the key from a stored one.' }),
  ...wrapFields,
}

const CreateBody = z.object(createFields)
export type CreateBody = z.output<typeof CreateBody>

const VersionBody = z.object({
  material: maybe(Material).meta({ secret: true }),
  ...wrapFields,
  defaultIV: maybeText(32),
  aliases: maybe(AliasesIn),
  offset: maybe(z.number().int()).meta({
    description: 'Seconds by which the dates of the old version are moved.',
  }),
  certType: maybeText(16),
  id: maybeText(128),
  idSize: maybe(Integer),
  labels: maybe(LabelsIn),
  ...identity,
})
export type VersionBody = z.output<typeof VersionBody>

const PatchBody = z.object({
  usageLimits,
  meta: maybe(MetaIn).meta({ description: 'Merged into what is there.' }),
  unexportable: maybe(z.boolean()),
  undeletable: maybe(z.boolean()),
  ...lifeDates,
  compromiseOccurrenceDate: maybeText(40),
  ...rotation,
  aliases: maybe(AliasesIn).meta({
    description: 'A delta: `alias` and `type` add one, `index` alone deletes, all three modify.',
  }),
  muid: maybeText(128),
  keyId: maybeText(20),
  allVersions: maybe(z.boolean()).meta({ description: 'Applies `meta` to every version.' }),
  usageMask: maybe(Integer),
  labels: maybe(LabelsIn).meta({ description: 'Merged; null takes a label away.' }),
  description: maybe(text(4096)),
  revocationReason: maybeText(64).meta({ description: 'Refused: see revoke.' }),
  revocationMessage: maybeText(1024).meta({ description: 'Refused: see revoke.' }),
})
export type PatchBody = z.output<typeof PatchBody>

export const ListQuery = Page.extend({
  name: TextFilter.optional(),
  alias: TextFilter.optional(),
  state: text(32).optional(),
  linkType: TextFilter.optional(),
  fields: Fields,
  usageMask: QueryInteger.optional(),
  metaContains: text(4096).optional().meta({ description: 'A JSON object.' }),
  objectType: CommaList.optional(),
  algorithm: TextFilter.optional(),
  size: CommaList.optional(),
  curveid: CommaList.optional(),
  id: text(256).optional(),
  uuid: text(64).optional(),
  muid: text(128).optional(),
  keyId: text(32).optional(),
  compareIDWithUUID: text(16).optional().meta({ description: '`equal` or `notequal`.' }),
  version: QueryInteger.optional(),
  sha1Fingerprint: TextFilter.optional(),
  sha256Fingerprint: TextFilter.optional(),
  labels: text(4096).optional().meta({
    description: 'A selector: `k=v`, `k!=v`, `k in (a,b)`, joined by commas.',
  }),
  kcv: text(6).optional().meta({ description: 'A key check value.' }),
})
export type ListQuery = z.output<typeof ListQuery>

const Texts = z.array(text(512)).max(1000)
const Sizes = z.array(Integer).max(100)
const When = maybeText(40)

const EVENTS = [
  'activation',
  'archive',
  'compromise',
  'compromiseOccurrance',
  'deactivation',
  'destroy',
  'processStart',
  'protectStop',
  'created',
  'updated',
] as const
type Moments = { [Event in `${(typeof EVENTS)[number]}${'After' | 'At' | 'Before'}`]: typeof When }
const moments = Object.fromEntries(
  EVENTS.flatMap((event) => ['After', 'At', 'Before'].map((when) => [`${event}${when}`, When])),
) as Moments

const QueryKeysBody = z.object({
  name: maybeText(512),
  names: maybe(Texts),
  id: maybeText(256),
  ids: maybe(Texts),
  uri: maybeText(512),
  alias: maybeText(512),
  aliases: maybe(Texts),
  algorithm: maybeText(64),
  algorithms: maybe(Texts),
  size: maybe(Integer),
  sizes: maybe(Sizes),
  curveIDs: maybe(Texts),
  objectTypes: maybe(Texts),
  states: maybe(Texts),
  usageMask: maybe(Integer),
  usageMasks: maybe(Sizes),
  version: maybe(z.number().int()),
  versions: maybe(z.array(z.number().int()).max(1000)),
  linkTypes: maybe(Texts),
  labels: maybe(z.union([text(4096), Texts])).meta({ description: 'A selector, or several.' }),
  metaContains: maybe(z.union([text(65_536), MetaIn])),
  compareIDWithUUID: maybeText(16),
  sha1Fingerprint: maybeText(64),
  sha1Fingerprints: maybe(Texts),
  sha256Fingerprint: maybeText(64),
  sha256Fingerprints: maybe(Texts),
  unexportable: maybe(z.boolean()),
  neverExportable: maybe(z.boolean()),
  neverExported: maybe(z.boolean()),
  revocationReason: maybeText(64),
  revocationReasons: maybe(Texts),
  rotationDateReached: maybe(z.boolean()),
  certFields: maybe(MetaIn),
  returnOnlyIDs: maybe(z.boolean()),
  fields: maybe(Texts),
  skip: maybe(z.number().int().min(0)),
  limit: maybe(z.number().int().min(-1)),
  ...moments,
})
export type QueryKeysBody = z.output<typeof QueryKeysBody>

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
    query: Page.extend({
      ...which,
      state: text(32).optional(),
      alias: TextFilter.optional(),
      linkType: TextFilter.optional(),
      fields: Fields,
    }),
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
