import { z } from 'zod'
import { CommaList, Page, TextFilter, text } from '../../../kit/wire.ts'
import { MetaIn, maybe, maybeText } from '../../contract.ts'
import { Integer } from '../contract-bodies.ts'

export const QueryInteger = text(20)
  .regex(/^-?\d+$/, 'must be a whole number')
  .transform(Number)
  // Beyond these, numbers are no longer the ones that were sent.
  .pipe(z.number().int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER))

const FIELDS = ['meta', 'links', 'certFields']
export const Fields = CommaList.transform((names) =>
  names.map((name) => FIELDS.find((one) => one.toLowerCase() === name.toLowerCase()) ?? name),
)
  .optional()
  .meta({ description: '`meta`, `links`, `certFields`.' })

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

export const QueryKeysBody = z.object({
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
  labels: maybe(z.union([text(4096), Texts, z.record(text(256), text(256))])).meta({
    description: 'A selector, or several, or the labels themselves.',
  }),
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
