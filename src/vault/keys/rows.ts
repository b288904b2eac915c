import { randomUUID } from 'node:crypto'
import { Fault, quote } from '../../kit/fault.ts'
import type { KeyRow, Sealed } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { type Alias, readAliases } from './aliases.ts'
import { startCount } from './limits.ts'
import { readMeta } from './meta.ts'
import { looksLikeId, uriFor } from './names.ts'
import { labelsOf, readersIn } from './rights.ts'

/** A row of keys that is not stored yet. */
export type NewKey = Omit<KeyRow, keyof Sealed>

/** What every new row has before anybody says otherwise. */
export const emptyKey = (domain: string, at: string): NewKey => ({
  id: randomUUID(),
  domain_id: domain,
  key_id: '',
  name: '',
  key_version: 0,
  uri: '',
  object_type: 'Symmetric Key',
  algorithm: '',
  size: 0,
  curve: null,
  xts: 0,
  form: null,
  material: null,
  public_key: null,
  state: 'Active',
  owner_id: null,
  usage_mask: 0,
  meta: null,
  labels: null,
  aliases: '[]',
  cert_type: null,
  cert_fields: null,
  data_type: null,
  description: '',
  unexportable: 0,
  undeletable: 0,
  never_exported: 1,
  never_exportable: 0,
  empty_material: 0,
  activation_date: null,
  deactivation_date: null,
  process_start_date: null,
  protect_stop_date: null,
  archive_date: null,
  destroy_date: null,
  compromise_date: null,
  compromise_occurrence_date: null,
  rotation_date: null,
  rotation_frequency_days: 0,
  revocation_reason: null,
  revocation_message: null,
  sha1_fingerprint: null,
  sha256_fingerprint: null,
  check_value: null,
  default_iv: null,
  uuid: null,
  muid: null,
  number_id: null,
  created_at: at,
  updated_at: at,
})

export const nameTaken = (name: string): Fault =>
  new Fault('conflict', `the key ${quote(name)} already exists`)

const aliasTaken = (alias: string): Fault =>
  new Fault('conflict', `the alias ${quote(alias)} already means a key`)

/** The URI of a new row. Names that differ in case alone would share one, so the second gets a part of its id. */
export async function freeUri(read: Reader, row: NewKey): Promise<string> {
  const uri = uriFor(row.domain_id, row.name, row.key_version)
  const other = await read.row('keys', { domain_id: row.domain_id, uri })
  return other ? `${uri}:${row.key_id.slice(0, 16)}` : uri
}

/** Part of a unit: the row with everything that helps to find it. Throws 'conflict' when a name of it is taken. */
export async function insertKey(tx: Writer, read: Reader, key: NewKey): Promise<KeyRow> {
  const row = { ...key, uri: await freeUri(read, key) }
  await demandFreeNames(read, row)
  const stored = tx.insert('keys', row, { duplicate: nameTaken(row.name) })
  // Nobody may call another key by what is this one's name; the statement changes nothing.
  tx.erase(
    'key_aliases',
    { domain_id: row.domain_id, alias: row.name },
    { rows: 0, otherwise: aliasTaken(row.name) },
  )
  insertAliases(tx, row, readAliases(row.aliases))
  indexLabels(tx, row)
  indexReaders(tx, row)
  startCount(tx, row, row.created_at)
  tx.count(row.domain_id, 'keys', 1)
  return stored
}

/** What is looked for first takes the place of what is looked for later: an id that is a name, a name that is an id. */
async function demandFreeNames(read: Reader, row: NewKey): Promise<void> {
  const { domain_id, key_id, name } = row
  if (looksLikeId(name) && (await read.row('keys', { domain_id, key_id: name.toLowerCase() })))
    throw new Fault('conflict', `the name ${quote(name)} is the id of a key`)
  if (
    (await read.row('keys', { domain_id, name: key_id })) ||
    (await read.row('key_aliases', { domain_id, alias: key_id }))
  )
    throw new Fault('conflict', `the id ${quote(key_id)} is the name of a key`)
}

type Owner = Pick<KeyRow, 'id' | 'domain_id' | 'name' | 'key_id'>

/** The key's own name is found without the table, and its own id goes before it. */
const needsRow = ({ name }: Owner, alias: string): boolean => alias !== name

function insertAliases(tx: Writer, row: Owner, aliases: readonly Alias[]): void {
  for (const { alias } of aliases) {
    if (!needsRow(row, alias)) continue
    tx.add(
      'key_aliases',
      { domain_id: row.domain_id, alias, key_row: row.id },
      { duplicate: aliasTaken(alias) },
    )
    tx.run(
      tx
        .updateTable('keys')
        .set(({ ref }) => ({ name: ref('name') }))
        .where('domain_id', '=', row.domain_id)
        .where('name', '=', alias)
        .where('name', '<>', row.name),
      { rows: 0, otherwise: aliasTaken(alias) },
    )
  }
}

/** Part of a unit that changes a key's aliases. */
export async function changeAliases(
  tx: Writer,
  read: Reader,
  row: KeyRow,
  next: readonly Alias[],
): Promise<void> {
  const before = readAliases(row.aliases)
  const has = (list: readonly Alias[], alias: string) => list.some((one) => one.alias === alias)
  for (const { alias } of before)
    if (needsRow(row, alias) && !has(next, alias))
      tx.erase('key_aliases', { domain_id: row.domain_id, alias, key_row: row.id })
  const added = next.filter(({ alias }) => !has(before, alias))
  for (const { alias } of added) {
    if (!looksLikeId(alias) || alias.toLowerCase() === row.key_id) continue
    if (await read.row('keys', { domain_id: row.domain_id, key_id: alias.toLowerCase() }))
      throw aliasTaken(alias)
  }
  insertAliases(tx, row, added)
}

export function indexLabels(tx: Writer, row: Pick<KeyRow, 'id' | 'domain_id' | 'labels'>): void {
  for (const [label, value] of Object.entries(labelsOf(row)))
    tx.add('key_labels', { key_row: row.id, label, domain_id: row.domain_id, value })
}

export function indexReaders(tx: Writer, row: Pick<KeyRow, 'id' | 'domain_id' | 'meta'>): void {
  for (const group_name of readersIn(readMeta(row.meta)))
    tx.add('key_readers', { key_row: row.id, group_name, domain_id: row.domain_id })
}

/** Part of a unit that changes labels or metadata: what helps to find the key by them is written anew. */
export function reindex(tx: Writer, before: KeyRow, after: KeyRow): void {
  if (before.labels !== after.labels) {
    tx.erase('key_labels', { key_row: before.id })
    indexLabels(tx, after)
  }
  if (before.meta !== after.meta) {
    tx.erase('key_readers', { key_row: before.id })
    indexReaders(tx, after)
  }
}

/** Part of a unit that deletes a key version, and everything that only it needs. */
export function removeKey(tx: Writer, row: KeyRow): void {
  tx.remove('keys', row)
  tx.erase('key_aliases', { key_row: row.id })
  tx.erase('key_labels', { key_row: row.id })
  tx.erase('key_readers', { key_row: row.id })
  tx.run(
    tx
      .deleteFrom('key_links')
      .where((eb) => eb.or([eb('source', '=', row.id), eb('target', '=', row.id)])),
  )
  tx.run(tx.deleteFrom('key_uses').where('id', '=', row.id))
  tx.run(tx.deleteFrom('key_limits').where('id', '=', row.id))
  forgetIvs(tx, row)
  tx.count(row.domain_id, 'keys', -1)
}

/** Part of a unit that ends a key version: what nobody can encrypt with any more needs no memory of IVs. */
export const forgetIvs = (tx: Writer, { id }: Pick<KeyRow, 'id'>): void =>
  tx.run(tx.deleteFrom('key_ivs').where('key_row', '=', id))

/**
 * Part of a unit that makes something of this key: it is done again when the key was changed meanwhile, so that what
 * was destroyed does not live on in it.
 */
export function demandStays(tx: Writer, { id, version, state }: KeyRow): void {
  tx.run(
    tx.updateTable('keys').set({ state }).where('id', '=', id).where('version', '=', version),
    { rows: 1 },
  )
}
