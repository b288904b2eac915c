import type { Services } from '../../context.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import { createTurns } from '../../kit/turns.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { linkBoth } from '../links/links.ts'
import { type Material, publicHalf } from '../material/index.ts'
import { type KeyContext, type Vault, vaultOf } from '../vault.ts'
import { firstAliases } from './aliases.ts'
import { defaultIv, filled, numberFor, specColumns, uuidFor } from './columns.ts'
import type { VersionBody } from './contract-bodies.ts'
import { moved } from './dates.ts'
import { findRow } from './find.ts'
import { givenMaterial } from './given.ts'
import type { Given } from './given-fields.ts'
import { mergeLabels, storedLabels } from './labels.ts'
import { givenId, newId, newIdLike } from './names.ts'
import { specOfRow, wrapMaterial } from './opened.ts'
import { labelsOf } from './rights.ts'
import { insertKey, type NewKey } from './rows.ts'
import { isArchived, isDestroyed } from './states.ts'

/** Rotations of one key on this node wait for each other: at once each would find the newest version changed. */
const turns = createTurns()
export const rotating = <T>({ domain_id, name }: KeyRow, work: () => Promise<T>): Promise<T> =>
  turns(`${domain_id}/${name}`, work)

/** Material for the next version, made before the unit that writes it. */
export interface NextMaterial {
  readonly spec: Given['spec']
  readonly material: Material
}

/** Material of the same kind as the key's: what the request brings, or new one. Whoever asked wipes it. */
export async function nextMaterial(
  context: KeyContext,
  row: KeyRow,
  body: VersionBody,
): Promise<NextMaterial> {
  const given = await givenMaterial(context, {
    ...body,
    // XTS keys bring both halves.
    algorithm: row.algorithm,
    size: row.size,
    curveid: row.curve ?? undefined,
    xts: row.xts === 1,
    ...(row.object_type === 'Certificate' && {
      objectType: 'certificate',
      algorithm: undefined,
      size: undefined,
      curveid: undefined,
    }),
  })
  if (!given) return freshMaterial(vaultOf(context.services), row)
  if (given.material.form !== row.form && row.form !== null) {
    given.material.secret.wipe()
    throw new Fault('invalid-parameter', `material: is not of the kind of key ${quote(row.name)}`)
  }
  return given
}

export async function freshMaterial(vault: Vault, row: KeyRow): Promise<NextMaterial> {
  if (row.object_type === 'Public Key')
    throw new Fault('invalid-parameter', 'a public key is rotated with its private key')
  if (row.object_type === 'Certificate')
    throw new Fault('invalid-parameter', 'material: a certificate needs it')
  // Random bytes are no text.
  if (row.data_type === 'password')
    throw new Fault('invalid-parameter', 'material: a password needs it')
  const spec = specOfRow(row)
  return { spec, material: await vault.generator.generate(spec) }
}

const SHIFTED = [
  'activation_date',
  'deactivation_date',
  'process_start_date',
  'protect_stop_date',
  'archive_date',
] as const

/** The newest version of a key. Throws 'not-found'. */
export async function newestOf(read: Reader, row: KeyRow): Promise<KeyRow> {
  const newest = await findRow(read, row.domain_id, { id: row.name, type: 'name' })
  if (!newest) throw notFound('key', row.name)
  return newest
}

interface Rotation {
  readonly body?: Partial<VersionBody>
  readonly rotationDate?: string | null
}

/**
 * Part of a unit: the next version after the newest. It takes over what the key is and may; the old one stays as it is,
 * linked, and is no longer rotated. That the newest was not changed meanwhile makes two rotations at once two versions.
 */
export async function insertVersion(
  tx: Writer,
  services: Pick<Services, 'envelope' | 'now' | 'store'>,
  read: Reader,
  newest: KeyRow,
  next: NextMaterial,
  { body = {}, rotationDate = newest.rotation_date }: Rotation = {},
): Promise<KeyRow> {
  if (isDestroyed(newest))
    throw new Fault('conflict', `key ${quote(newest.name)} is ${newest.state}`)
  const at = stamp(services.now())
  const draft = nextRow(newest, next, body, at, rotationDate)
  draft.material = wrapMaterial(services.envelope, draft, next.material)
  tx.changesKeys()
  const old = tx.update('keys', newest, {
    rotation_date: null,
    rotation_frequency_days: 0,
    updated_at: at,
  })
  const row = await insertKey(tx, read, draft)
  linkBoth(tx, ['replacementObject', 'replacedObject'], old, row, at)
  for (const follow of vaultOf(services).keyFollowers) await follow(tx, read, row, at)
  const beside = next.material.form === 'pkcs8' ? await publicBeside(read, newest) : undefined
  if (beside) {
    const half = publicHalf(next.material)
    const publicRow = await insertVersion(tx, services, read, beside, {
      spec: next.spec,
      material: half,
    })
    half.secret.wipe()
    linkBoth(tx, ['publicKey', 'privateKey'], row, publicRow, at)
  }
  return row
}

/**
 * The newest version of the public key that belongs to the private one. That a link leads there is not enough: anybody
 * links a key of his own with any that he may read. The public key must be the one of this private key, and linked back
 * with it, as only those who manage it can do.
 */
async function publicBeside(read: Reader, row: KeyRow): Promise<KeyRow | undefined> {
  const { domain_id, id, public_key } = row
  if (public_key === null) return undefined
  const links = await read
    .selectFrom('key_links')
    .select('target')
    .where('domain_id', '=', domain_id)
    .where('source', '=', id)
    .where('type', '=', 'publicKey')
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  for (const { target } of links) {
    const half = await read.row('keys', { domain_id, id: target })
    if (half?.object_type !== 'Public Key' || half.public_key !== public_key) continue
    const back = { domain_id, source: half.id, target: id, type: 'privateKey' }
    if (!(await read.row('key_links', back))) continue
    const newest = await newestOf(read, half)
    return newest.object_type === 'Public Key' && !isDestroyed(newest) ? newest : undefined
  }
  return undefined
}

/** The id of the next version, drawn unless it is given. */
export function nextId({ key_id }: Pick<KeyRow, 'key_id'>, { id, idSize }: Partial<VersionBody>) {
  if (id !== undefined) return givenId(id)
  return idSize ? newId(idSize) : newIdLike(key_id)
}

export const certTypeAfter = (
  { cert_type }: Pick<KeyRow, 'cert_type'>,
  { certType }: Partial<VersionBody>,
): string | null => certType?.toLowerCase() ?? cert_type

/** Throws 'conflict' for a key that gets no version by anybody's hand. */
export function demandRotatable(newest: KeyRow, now: string): void {
  if (isArchived(newest, now)) throw new Fault('conflict', `key ${quote(newest.name)} is archived`)
}

function nextRow(
  newest: KeyRow,
  { spec, material }: NextMaterial,
  body: Partial<VersionBody>,
  at: string,
  rotationDate: string | null,
): NewKey {
  const { version: _, seal: __, ...kept } = newest
  const row: NewKey = {
    ...kept,
    id: crypto.randomUUID(),
    key_id: nextId(newest, body),
    key_version: newest.key_version + 1,
    ...specColumns(spec),
    state: 'Active',
    labels: body.labels ? storedLabels(mergeLabels(labelsOf(newest), body.labels)) : newest.labels,
    aliases: JSON.stringify(firstAliases(newest.name, body.aliases)),
    never_exported: 1,
    never_exportable: newest.unexportable,
    activation_date: at,
    deactivation_date: null,
    process_start_date: null,
    protect_stop_date: null,
    archive_date: null,
    destroy_date: null,
    compromise_date: null,
    compromise_occurrence_date: null,
    revocation_reason: null,
    revocation_message: null,
    rotation_date: rotationDate,
    default_iv: body.defaultIV === undefined ? newest.default_iv : defaultIv(body.defaultIV),
    cert_type: certTypeAfter(newest, body),
    uuid: uuidFor(body.uuid),
    muid: body.muid ?? null,
    number_id: numberFor(body.keyId),
    created_at: at,
    updated_at: at,
  }
  if (body.offset !== undefined) {
    for (const column of SHIFTED) {
      const date = newest[column]
      row[column] = date === null ? null : moved(date, body.offset)
    }
    row.state = row.activation_date !== null && row.activation_date > at ? 'Pre-Active' : 'Active'
  }
  return filled(row, spec, material)
}
