import { Fault, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { linkBoth } from '../links/links.ts'
import {
  algorithmRow,
  checkValue,
  defaultMask,
  fingerprints,
  type KeySpec,
  type Material,
  objectTypeOf,
  publicHalf,
  publicKeyPem,
  readSpec,
} from '../material/index.ts'
import { type KeyContext, vaultOf } from '../vault.ts'
import { firstAliases } from './aliases.ts'
import { certificateFields } from './certificate-fields.ts'
import type { CreateBody } from './contract.ts'
import { daysAfter, daysOf, demandOrder, timeOf } from './dates.ts'
import { givenMaterial } from './given.ts'
import { mergeLabels, reservedLabel, storedLabels } from './labels.ts'
import { withTotal } from './limits.ts'
import { storedMeta } from './meta.ts'
import { givenId, nameFor, newId } from './names.ts'
import { wrapMaterial } from './opened.ts'
import { ownedMeta } from './owner.ts'
import { labelsOf } from './rights.ts'
import { emptyKey, insertKey, type NewKey } from './rows.ts'
import { STATES, type State } from './states.ts'

/** What becomes rows: the key itself, and the public key beside a private one. */
export interface Drafts {
  readonly main: NewKey
  readonly publicKey?: NewKey
}

const DEAD: readonly State[] = ['Deactivated', 'Compromised', 'Destroyed', 'Destroyed Compromised']

/**
 * What a request for a key asks for, made or imported and wrapped: nothing is written yet. The plain bytes are gone
 * when this returns.
 */
export async function draftKey(context: KeyContext, body: CreateBody): Promise<Drafts> {
  const at = stamp(context.now())
  const given = await givenMaterial(context, body)
  const state = readState(body.state)
  if (!given && (body.id !== undefined || DESTROYED.includes(state ?? '')))
    demandImport(body, state)
  const spec = given?.spec ?? readSpec(body, vaultOf(context.services).rules)
  const isEmpty =
    body.emptyMaterial === true ||
    DESTROYED.includes(state ?? '') ||
    (!given && state !== undefined && DEAD.includes(state))
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

const DESTROYED: readonly string[] = ['Destroyed', 'Destroyed Compromised']

function demandImport(body: CreateBody, state: State | undefined): void {
  if (body.emptyMaterial || (state !== undefined && DEAD.includes(state))) return
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
    ...lifetime(body, made),
    default_iv: defaultIv(body.defaultIV),
    cert_type: material?.form === 'x509' ? certTypeOf(body) : null,
    uuid: uuidFor(body.uuid),
    muid: body.muid ?? null,
    number_id: numberFor(body.keyId),
  }
  const main = material === undefined ? { ...key, empty_material: 1 } : filled(key, spec, material)
  // Bound to the id of its row, and so wrapped when the row has one.
  if (material) main.material = wrapMaterial(services.envelope, main, material)
  if (material?.form !== 'pkcs8') return { main }
  return { main, publicKey: publicDraft(context, body, main, spec, material) }
}

export const specColumns = (spec: KeySpec) => ({
  algorithm: spec.algorithm as string,
  size: spec.size,
  curve: spec.curve ?? null,
  xts: spec.xts ? 1 : 0,
})

/** What is known about the material without opening it. */
export function filled(key: NewKey, spec: KeySpec, material: Material): NewKey {
  const isCertificate = material.form === 'x509'
  const guessable = key.data_type === 'password'
  const digests = guessable ? undefined : fingerprints(material)
  return {
    ...key,
    form: material.form,
    empty_material: 0,
    public_key: material.publicSpki ? publicKeyPem(material) : null,
    sha1_fingerprint: digests?.sha1 ?? null,
    sha256_fingerprint: digests?.sha256 ?? null,
    check_value: hasCheckValue(spec, material) ? checkValue(spec, material) : null,
    cert_fields: isCertificate ? JSON.stringify(certificateFields(material)) : null,
    cert_type: isCertificate ? (key.cert_type ?? 'x509-pem') : null,
  }
}

const hasCheckValue = ({ algorithm }: KeySpec, { form }: Material): boolean =>
  form === 'raw' && algorithmRow(algorithm).block !== undefined

/** An export gives a certificate back in the form that it came in. */
const certTypeOf = ({ certType, material = '' }: CreateBody): string =>
  certType?.toLowerCase() ?? (/^[0-9a-f]+$/i.test(material) ? 'x509-der' : 'x509-pem')

function objectTypeFor(
  { objectType }: CreateBody,
  spec: KeySpec,
  material: Material | undefined,
): string {
  if (material) {
    const own = objectTypeOf(material.form)
    if (objectType !== undefined && material.form !== 'opaque') demandType(objectType, own)
    if (material.form === 'opaque' && objectType?.toLowerCase() === 'secret data')
      return 'Secret Data'
    return own
  }
  if (objectType?.toLowerCase() === 'certificate')
    throw new Fault('invalid-parameter', 'material: a certificate needs it')
  if (objectType?.toLowerCase() === 'public key') return 'Public Key'
  if (algorithmRow(spec.algorithm).isAsymmetric) return 'Private Key'
  return spec.algorithm === 'OPAQUE' ? 'Opaque Object' : 'Symmetric Key'
}

function demandType(asked: string, own: string): void {
  if (asked.toLowerCase() !== own.toLowerCase())
    throw new Fault('invalid-parameter', `objectType: ${quote(asked)} is not what this is, ${own}`)
}

/** The deprecated `usage` in bits (reference 3). */
const USAGES: Readonly<Record<string, number>> = {
  blob: 12,
  encrypt: 12,
  sign: 3,
  hmac: 384,
  fpe: 3_145_728,
  any: 4_194_303,
}

function maskFor(
  { usageMask, usage }: Pick<CreateBody, 'usageMask' | 'usage'>,
  spec: KeySpec,
  isPublic: boolean,
): number {
  // Go clients send 0 for what was not set.
  if (usageMask) return usageMask
  if (usage === undefined) return defaultMask(spec, isPublic)
  const mask = USAGES[usage.toLowerCase()]
  if (mask === undefined)
    throw new Fault(
      'invalid-parameter',
      `usage: ${quote(usage)} is not one of ${Object.keys(USAGES).join(', ')}`,
    )
  return mask
}

export function readState(text: string | undefined): State | undefined {
  if (text === undefined) return undefined
  const state = STATES.find((one) => one.toLowerCase() === text.toLowerCase())
  if (!state)
    throw new Fault('invalid-parameter', `state: ${quote(text)} is not one of ${STATES.join(', ')}`)
  return state
}

const bit = (flag: boolean | undefined): number => (flag ? 1 : 0)

const protection = (
  body: Pick<CreateBody, 'unexportable' | 'undeletable' | 'neverExported' | 'neverExportable'>,
) => ({
  unexportable: bit(body.unexportable),
  undeletable: bit(body.undeletable),
  never_exported: bit(body.neverExported ?? true),
  never_exportable: bit(body.unexportable && (body.neverExportable ?? true)),
})

/** State and dates of a new key (reference 3): a new one is Active from now on when it says nothing else. */
function lifetime(body: CreateBody, { state, isImport, at }: Made) {
  const dates = {
    activation_date: timeOf('activationDate', body.activationDate) ?? null,
    deactivation_date: timeOf('deactivationDate', body.deactivationDate) ?? null,
    process_start_date: timeOf('processStartDate', body.processStartDate) ?? null,
    protect_stop_date: timeOf('protectStopDate', body.protectStopDate) ?? null,
    archive_date: timeOf('archiveDate', body.archiveDate) ?? null,
  }
  demandOrder(
    ['activationDate', dates.activation_date],
    ['deactivationDate', dates.deactivation_date],
  )
  const isDead = state !== undefined && DEAD.includes(state)
  if (!isImport && isDead && body.emptyMaterial === false)
    throw new Fault('invalid-parameter', `state: a new key is not ${state}`)
  if (state === 'Pre-Active' && (dates.activation_date ?? dates.process_start_date) !== null)
    throw new Fault(
      'invalid-parameter',
      'state: Pre-Active goes with neither activationDate nor processStartDate',
    )
  const past = {
    ...(isDead && {
      deactivation_date: dates.deactivation_date ?? (state === 'Deactivated' ? at : null),
    }),
    ...(state?.includes('Compromised') && {
      compromise_date: timeOf('compromiseDate', body.compromiseDate) ?? at,
      compromise_occurrence_date:
        timeOf('compromiseOccurrenceDate', body.compromiseOccurrenceDate) ?? null,
    }),
    ...(state?.startsWith('Destroyed') && {
      destroy_date: timeOf('destroyDate', body.destroyDate) ?? at,
    }),
    ...(isDead && {
      revocation_reason: body.revocationReason ?? null,
      revocation_message: body.revocationMessage ?? null,
    }),
  }
  const days = daysOf(body.rotationFrequencyDays) ?? 0
  const due = timeOf('rotationDate', body.rotationDate)
  const activation = state === 'Pre-Active' ? null : (dates.activation_date ?? at)
  return {
    ...dates,
    activation_date: activation,
    ...past,
    state: state ?? (activation !== null && activation > at ? 'Pre-Active' : 'Active'),
    rotation_frequency_days: days,
    rotation_date: due ?? (days > 0 ? daysAfter(at, days) : null),
  }
}

export function defaultIv(text: string | undefined): string | null {
  if (text === undefined) return null
  if (!/^[0-9a-f]{32}$/i.test(text))
    throw new Fault('invalid-parameter', 'defaultIV: must be 32 hexadecimal digits')
  return text.toLowerCase()
}

export function uuidFor(text: string | undefined): string | null {
  if (text === undefined) return null
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text))
    throw new Fault('invalid-parameter', 'uuid: must be a UUID in lower case')
  return text
}

export function numberFor(text: string | undefined): string | null {
  if (text === undefined) return null
  if (!/^\d{1,19}$/.test(text))
    throw new Fault('invalid-parameter', 'keyId: must be a decimal number')
  return BigInt(text).toString()
}

/** The public key `N-pub` beside the private key `N` (reference 2.1). */
function publicDraft(
  context: KeyContext,
  { publicKeyParameters: given = {} as NonNullable<CreateBody['publicKeyParameters']> }: CreateBody,
  main: NewKey,
  spec: KeySpec,
  material: Material,
): NewKey {
  const half = publicHalf(material)
  const name =
    given.name === undefined ? `${main.name}-pub` : nameFor(given.name, 'publicKeyParameters.name')
  if (name === main.name)
    throw new Fault('invalid-parameter', 'publicKeyParameters.name: is the name of the private key')
  const state = readState(given.state)
  const { meta, ownerId } =
    given.meta === undefined
      ? { meta: main.meta === null ? undefined : JSON.parse(main.meta), ownerId: main.owner_id }
      : ownedMeta(context, given.meta)
  const activation = timeOf('publicKeyParameters.activationDate', given.activationDate)
  const row: NewKey = {
    ...emptyKey(main.domain_id, main.created_at),
    key_id: given.id === undefined ? newId(main.key_id.length) : givenId(given.id),
    name,
    object_type: 'Public Key',
    ...specColumns(spec),
    owner_id: ownerId,
    usage_mask: given.usageMask || defaultMask(spec, true),
    meta: storedMeta(meta),
    labels: storedLabels(withTotal(labelsOf(main), 0)),
    aliases: JSON.stringify(firstAliases(name, given.aliases)),
    unexportable: bit(given.unexportable),
    never_exportable: bit(given.unexportable),
    undeletable: bit(given.undeletable),
    activation_date: state === 'Pre-Active' ? null : (activation ?? main.activation_date),
    deactivation_date:
      timeOf('publicKeyParameters.deactivationDate', given.deactivationDate) ??
      main.deactivation_date,
    archive_date: timeOf('publicKeyParameters.archiveDate', given.archiveDate) ?? null,
    state:
      state ??
      (activation === undefined ? main.state : futureOrActive(activation, main.created_at)),
  }
  const whole = filled(row, spec, half)
  try {
    return { ...whole, material: wrapMaterial(context.services.envelope, whole, half) }
  } finally {
    half.secret.wipe()
  }
}

const futureOrActive = (activation: string, at: string): State =>
  activation > at ? 'Pre-Active' : 'Active'

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
