import { Fault, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { linkBoth } from '../links/links.ts'
import {
  algorithmRow,
  defaultMask,
  type KeySpec,
  type Material,
  objectTypeOf,
  readSpec,
} from '../material/index.ts'
import { type KeyContext, vaultOf } from '../vault.ts'
import { firstAliases } from './aliases.ts'
import { bit, defaultIv, filled, numberFor, specColumns, uuidFor } from './columns.ts'
import type { CreateBody } from './contract-bodies.ts'
import { isDead, lifetime, readState } from './first-state.ts'
import { givenMaterial } from './given.ts'
import { askedSpec } from './given-fields.ts'
import { mergeLabels, reservedLabel, storedLabels } from './labels.ts'
import { withTotal } from './limits.ts'
import { storedMeta } from './meta.ts'
import { givenId, nameFor, newId } from './names.ts'
import { type ObjectType, readObjectType } from './object-types.ts'
import { wrapMaterial } from './opened.ts'
import { ownedMeta } from './owner.ts'
import { publicDraft } from './public-half.ts'
import { emptyKey, insertKey, type NewKey } from './rows.ts'
import { demandRotated } from './schedule.ts'
import type { State } from './states.ts'

/** What becomes rows: the key itself, and the public key beside a private one. */
export interface Drafts {
  readonly main: NewKey
  readonly publicKey?: NewKey
}

/**
 * What a request for a key asks for, made or imported and wrapped: nothing is written yet. The plain bytes are gone
 * when this returns.
 */
export async function draftKey(context: KeyContext, body: CreateBody): Promise<Drafts> {
  const at = stamp(context.now())
  const given = await givenMaterial(context, body)
  const state = readState(body.state)
  const isDestroyed = state?.startsWith('Destroyed') ?? false
  if (!given && (body.id !== undefined || isDestroyed)) demandImport(body, state)
  const spec = given?.spec ?? readSpec(askedSpec(body), vaultOf(context.services).rules)
  const isEmpty = body.emptyMaterial === true || isDestroyed || (!given && isDead(state))
  if (isEmpty) given?.material.secret.wipe()
  const material = isEmpty
    ? undefined
    : (given?.material ?? (await vaultOf(context.services).generator.generate(spec)))
  try {
    return drafts(context, body, { spec, material, state, isImport: given !== undefined, at })
  } finally {
    material?.secret.wipe()
  }
}

function demandImport(body: CreateBody, state: State | undefined): void {
  if (body.emptyMaterial || isDead(state)) return
  throw new Fault('invalid-parameter', 'id: only an imported key brings its own')
}

interface Made {
  readonly spec: KeySpec
  readonly material: Material | undefined
  readonly state: State | undefined
  readonly isImport: boolean
  readonly at: string
}

function drafts(context: KeyContext, body: CreateBody, made: Made): Drafts {
  const { services, caller } = context
  const { spec, material, at } = made
  const name = nameFor(body.name)
  const { meta, ownerId } = ownedMeta(context, body.meta, body.assignSelfAsOwner)
  const isPublic = material?.form === 'spki' || material?.form === 'x509'
  const labels = withTotal(mergeLabels({}, body.labels ?? {}), body.usageLimits?.total ?? 0)
  const key: NewKey = {
    ...emptyKey(caller.domain, at),
    key_id: body.id === undefined ? newId(body.idSize) : givenId(body.id),
    name,
    object_type: objectTypeFor(body, spec, material),
    ...specColumns(spec),
    owner_id: ownerId,
    usage_mask: maskFor(body, spec, isPublic),
    meta: storedMeta(meta),
    labels: storedLabels(spec.xts ? { ...labels, [reservedLabel('composite-key')]: '' } : labels),
    aliases: JSON.stringify(firstAliases(name, body.aliases)),
    description: body.description ?? '',
    ...protection(body),
    ...lifetime(body, { state: made.state, at }),
    default_iv: defaultIv(body.defaultIV),
    cert_type: material?.form === 'x509' ? certTypeOf(body) : null,
    uuid: uuidFor(body.uuid),
    muid: body.muid ?? null,
    number_id: numberFor(body.keyId),
  }
  if (key.rotation_date !== null) demandRotated(key.object_type)
  const main = material === undefined ? { ...key, empty_material: 1 } : filled(key, spec, material)
  // Bound to the id of its row, and so wrapped when the row has one.
  if (material) main.material = wrapMaterial(services.envelope, main, material)
  if (material?.form !== 'pkcs8') return { main }
  return { main, publicKey: publicDraft(context, body, main, spec, material) }
}

/** An export gives a certificate back in the form that it came in. */
const certTypeOf = ({ certType, material = '' }: CreateBody): string =>
  certType?.toLowerCase() ?? (/^[0-9a-f]+$/i.test(material) ? 'x509-der' : 'x509-pem')

function objectTypeFor(
  { objectType }: CreateBody,
  spec: KeySpec,
  material: Material | undefined,
): string {
  const asked = readObjectType(objectType)
  if (material) {
    if (material.form === 'opaque') return opaqueType(asked)
    const own = objectTypeOf(material.form)
    demandType(asked, own)
    return own
  }
  if (asked === 'Certificate')
    throw new Fault('invalid-parameter', 'material: a certificate needs it')
  const { isAsymmetric } = algorithmRow(spec.algorithm)
  if (spec.algorithm === 'OPAQUE') return opaqueType(asked)
  if (isAsymmetric && asked === 'Public Key') return asked
  const own = isAsymmetric ? 'Private Key' : 'Symmetric Key'
  demandType(asked, own)
  return own
}

function opaqueType(asked: ObjectType | undefined): ObjectType {
  if (asked === 'Secret Data') return asked
  demandType(asked, 'Opaque Object')
  return 'Opaque Object'
}

function demandType(asked: ObjectType | undefined, own: string): void {
  if (asked !== undefined && asked !== own)
    throw new Fault('invalid-parameter', `objectType: ${quote(asked)} is not what this is, ${own}`)
}

/** The deprecated `usage` in bits (reference 3). */
const USAGES: ReadonlyMap<string, number> = new Map([
  ['blob', 12],
  ['encrypt', 12],
  ['sign', 3],
  ['hmac', 384],
  ['fpe', 3_145_728],
  ['any', 4_194_303],
])

function maskFor(
  { usageMask, usage }: Pick<CreateBody, 'usageMask' | 'usage'>,
  spec: KeySpec,
  isPublic: boolean,
): number {
  // Go clients send 0 for what was not set.
  if (usageMask) return usageMask
  if (usage === undefined) return defaultMask(spec, isPublic)
  const mask = USAGES.get(usage.toLowerCase())
  if (mask === undefined)
    throw new Fault(
      'invalid-parameter',
      `usage: ${quote(usage)} is not one of ${[...USAGES.keys()].join(', ')}`,
    )
  return mask
}

const protection = (
  body: Pick<CreateBody, 'unexportable' | 'undeletable' | 'neverExported' | 'neverExportable'>,
) => ({
  unexportable: bit(body.unexportable),
  undeletable: bit(body.undeletable),
  never_exported: bit(body.neverExported ?? true),
  never_exportable: bit(body.unexportable && (body.neverExportable ?? true)),
})

/** Part of a unit: the rows of a new key, linked with each other. Returns the key itself. */
export async function insertDrafts(
  tx: Writer,
  { read }: Pick<KeyContext, 'read'>,
  { main, publicKey }: Drafts,
): Promise<KeyRow> {
  const row = await insertKey(tx, read, main)
  if (publicKey) {
    const beside = await insertKey(tx, read, publicKey)
    linkBoth(tx, ['publicKey', 'privateKey'], row, beside, main.created_at)
  }
  return row
}
