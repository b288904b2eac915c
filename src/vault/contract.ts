import { z } from 'zod'
import { Metadata, Time, text } from '../kit/wire.ts'

/** What the endpoints of the vault share on the wire. */

/** Clients send null, and Go clients an empty text, for what they leave out. */
export const maybe = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => (value ?? undefined) as z.output<Schema> | undefined)

export const maybeText = (max: number) =>
  text(max)
    .nullish()
    .transform((value) => (value === null || value === '' ? undefined : value))

const MAX_MATERIAL = 1_000_000
/** Key material in whatever encoding. The limit of the body is the limit. */
export const Material = z.string().max(MAX_MATERIAL)

const Moment = maybeText(40)

export const Name = text(256)
export const Reference = text(512)

export const LabelsIn = z.record(text(256), text(256).nullable())
export const MetaIn = Metadata

export const AliasIn = z.object({
  alias: maybe(text(256)),
  type: maybe(text(16)),
  index: maybe(z.number().int().min(0).max(1_000_000)),
})
export const AliasesIn = z
  .array(AliasIn)
  .max(100)
  .meta({ description: 'Each with `alias` and `type`, which is `string` or `uri`.' })

/** Dates that a key lives by (reference 3). */
export const lifeDates = {
  activationDate: Moment,
  deactivationDate: Moment,
  processStartDate: Moment,
  protectStopDate: Moment,
  archiveDate: Moment,
}

const Days = z.union([z.string().max(8), z.number().int()]).nullish()
export const rotation = {
  rotationDate: Moment,
  rotationFrequencyDays: Days.meta({
    description: 'After how many days a new version is made; empty or 0: none is made.',
  }),
}

/** How material comes in or goes out (reference 8). */
export const wrapFields = {
  format: maybeText(32).meta({
    description: '`raw`, `opaque`, `base64`; `pkcs1`, `pkcs8`, `pkcs12`; `jwe`.',
  }),
  encoding: maybeText(16).meta({ description: '`hex` or `base64`.' }),
  password: maybe(z.string().max(4096)).meta({
    secret: true,
    description: 'Of a PKCS #12 file, in base64.',
  }),
  secretDataLink: maybeText(256).meta({
    description: 'A secret that holds the password instead: its id or name.',
  }),
  secretDataEncoding: maybeText(16),
  wrapKeyName: maybeText(512).meta({ description: 'The key to wrap with.' }),
  wrapKeyIDType: maybeText(16).meta({ description: '`name`, `id` or `alias`.' }),
  wrapPublicKey: maybeText(65_536).meta({
    description: 'A public key or certificate in PEM to wrap with.',
  }),
  wrapPublicKeyPadding: maybeText(16).meta({
    description: '`pkcs1`, `oaep`, `oaep256`, `oaep384`, `oaep512`.',
  }),
  wrappingMethod: maybeText(16).meta({ description: '`encrypt`, `mac/sign` or `pbe`.' }),
  wrappingEncryptionAlgo: maybeText(64).meta({
    description: '`AES/AESKEYWRAP`, `AES/AESKEYWRAPPADDING` or `RSA/RSAAESKEYWRAPPADDING`.',
  }),
  wrappingHashAlgo: maybeText(32),
  padded: maybe(z.boolean()),
  pemWrap: maybe(z.boolean()),
  wrapIV: maybeText(128),
  macSignKeyIdentifier: maybeText(512).meta({ description: 'The key that signs or MACs.' }),
  macSignKeyIdentifierType: maybeText(16),
  macSignBytes: maybeText(65_536),
  signingAlgo: maybeText(16).meta({ description: '`RSA` or `RSA-PSS`.' }),
  wrapHKDF: maybe(
    z.object({
      hashAlgorithm: maybeText(32),
      okmLen: maybe(z.number().int()),
      salt: maybeText(2048),
      info: maybeText(2048),
    }),
  ),
  wrapPBE: maybe(
    z.object({
      hashAlgorithm: maybeText(32),
      password: maybe(z.string().max(512)).meta({ secret: true }),
      passwordIdentifier: maybeText(512),
      passwordIdentifierType: maybeText(16),
      salt: maybeText(1024),
      iteration: maybe(z.number().int()),
      dklen: maybe(z.number().int()),
      purpose: maybeText(128),
    }),
  ),
  wrapRSAAES: maybe(z.object({ aesKeySize: maybe(z.number().int()), padding: maybeText(16) })),
  wrapJWE: maybe(
    z.object({
      contentEncryptionAlgorithm: maybeText(64),
      keyEncryptionAlgorithm: maybeText(64),
      keyIdentifier: maybeText(512),
      jwtIdentifier: maybeText(512),
    }),
  ),
}

const Flag = z.boolean()
const When = Time.optional()

export const Alias = z.object({
  alias: z.string().max(256),
  type: z.enum(['string', 'uri']),
  index: z.number().int(),
})

export const KeyLink = z.object({
  id: z.string().max(64),
  uri: z.string().max(256),
  account: z.string().max(256),
  createdAt: Time,
  updatedAt: Time,
  type: z.string().max(32),
  source: z.string().max(512).meta({ description: 'URI of the key that the link goes from.' }),
  sourceID: z.string().max(256),
  target: z.string().max(512).meta({ description: 'URI of the key that the link goes to.' }),
  targetID: z.string().max(256),
  index: z.number().int(),
})
export type KeyLink = z.output<typeof KeyLink>

/** The wire form of a key version (reference 2). */
export const Key = z.object({
  id: z.string().max(256),
  uri: z.string().max(512),
  account: z.string().max(256),
  application: z.string().max(256),
  devAccount: z.string().max(256),
  createdAt: Time,
  updatedAt: Time,
  name: z.string().max(256),
  version: z.number().int(),
  algorithm: z.string().max(64),
  size: z.number().int(),
  curveid: z.string().max(64).optional(),
  format: z.string().max(32).optional(),
  encoding: z.string().max(16).optional(),
  material: Material.optional().meta({ secret: true }),
  publickey: z.string().max(65_536).optional().meta({ description: 'PEM.' }),
  usageMask: z.number().int().optional().meta({ description: 'Left out when it is 0.' }),
  meta: Metadata.nullable().optional(),
  objectType: z.string().max(32),
  dataType: z.string().max(16).optional(),
  certType: z.string().max(16).optional(),
  state: z.string().max(32),
  unexportable: Flag,
  undeletable: Flag,
  neverExported: Flag,
  neverExportable: Flag,
  emptyMaterial: Flag,
  activationDate: When,
  deactivationDate: When,
  processStartDate: When,
  protectStopDate: When,
  archiveDate: When,
  destroyDate: When,
  compromiseDate: When,
  compromiseOccurrenceDate: When,
  rotationDate: When,
  rotationFrequencyDays: z.string().max(8).optional(),
  rotationDateReached: Flag.optional(),
  revocationReason: z.string().max(64).optional(),
  revocationMessage: z.string().max(1024).optional(),
  sha1Fingerprint: z.string().max(64).optional(),
  sha256Fingerprint: z.string().max(64).optional(),
  defaultIV: z.string().max(64).optional(),
  uuid: z.string().max(64),
  muid: z.string().max(128),
  keyId: z.string().max(32),
  aliases: z.array(Alias).max(101),
  labels: z.record(z.string().max(256), z.string().max(256)).optional(),
  links: z.array(KeyLink).max(1000).optional(),
  certFields: Metadata.optional(),
  description: z.string().max(4096),
  idSize: z.number().int().optional(),
  lastUsedAt: When.meta({ description: 'Written some time after the use.' }),
  lastUsedFor: z.string().max(32).optional(),
  usageLimits: z
    .object({
      total: z.number().int(),
      count: z.number().int().meta({ description: 'How many are left.' }),
      unit: z.string().max(16),
    })
    .optional(),
  macSignBytes: z.string().max(65_536).optional(),
  pbeSalt: z.string().max(2048).optional(),
  pbePurpose: z.string().max(256).optional(),
})
export type Key = z.output<typeof Key>
