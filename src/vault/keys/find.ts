import { accountOf } from '../../kit/domain.ts'
import { Fault, quote } from '../../kit/fault.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { readAliases } from './aliases.ts'
import { idInMuid, idPrefixOf, muidOfKey, numberOfKey, uuidOfKey } from './numbers.ts'

/** How a caller names a key: the text, how to read it (none: infer), and which version. */
export interface KeyReference {
  readonly id: string
  readonly type?: string | undefined
  readonly version?: number | undefined
}

const SCHEME = 'kylo:'

/** What the URIs of a domain's keys begin with. */
export const uriPrefix = (domain: string): string => `${SCHEME}${accountOf(domain)}:vault:keys:`

type Find = (read: Reader, domain: string, text: string) => Promise<KeyRow | undefined>

const byColumn =
  (column: 'key_id' | 'uri' | 'uuid' | 'muid' | 'number_id'): Find =>
  (read, domain, text) =>
    read.row('keys', { domain_id: domain, [column]: text })

/** Every id is made of hexadecimal digits, so most names are known to be none without asking. */
const byId: Find = (read, domain, text) =>
  /^[0-9a-f]+$/i.test(text)
    ? byColumn('key_id')(read, domain, text.toLowerCase())
    : Promise.resolve(undefined)

/** The newest version of that name. */
const byName: Find = (read, domain, text) =>
  read.last('keys', { domain_id: domain, name: text.normalize('NFC') }, 'key_version')

/** The table of aliases only points; what the row itself says counts. */
const byAlias: Find = async (read, domain, text) => {
  const found = await read
    .selectFrom('key_aliases')
    .select('key_row')
    .where('domain_id', '=', domain)
    .where('alias', '=', text)
    .executeTakeFirst()
  const row = found
    ? await read.row('keys', { domain_id: domain, id: found.key_row })
    : await byName(read, domain, text)
  return row && readAliases(row.aliases).some(({ alias }) => alias === text) ? row : undefined
}

const byRowId: Find = (read, domain, id) => read.row('keys', { domain_id: domain, id })

const byUuid: Find = async (read, domain, text) => {
  const uuid = text.toLowerCase()
  const row = (await byColumn('uuid')(read, domain, uuid)) ?? (await byRowId(read, domain, uuid))
  return row && uuidOfKey(row) === uuid ? row : undefined
}

const byMuid: Find = async (read, domain, text) => {
  const id = idInMuid(text)
  const row =
    (await byColumn('muid')(read, domain, text)) ??
    (id === undefined ? undefined : await byRowId(read, domain, id))
  return row && muidOfKey(row) === text ? row : undefined
}

const byNumber: Find = async (read, domain, text) => {
  const given = await byColumn('number_id')(read, domain, text)
  if (given) return given
  const prefix = idPrefixOf(text)
  if (prefix === undefined) return undefined
  const row = await read
    .selectFrom('keys')
    .selectAll()
    .where('domain_id', '=', domain)
    .where('id', '>=', prefix)
    .where('id', '<', `${prefix}~`)
    .limit(1)
    .executeTakeFirst()
  return row && numberOfKey(row) === text ? row : undefined
}

/** How `type` fixes the reading of a reference (reference 7; uuid, muid and key_id: key rules of CTE). */
const readings: Readonly<Record<string, Find>> = {
  id: byId,
  slug: byId,
  name: byName,
  uri: byColumn('uri'),
  alias: byAlias,
  uuid: byUuid,
  muid: byMuid,
  key_id: byNumber,
  keyid: byNumber,
}

/**
 * The key that a reference means, in this domain; undefined when there is none. Without a type it is read as an id,
 * then as a URI, a name, an alias: what one spelling means never depends on who asks.
 */
export async function findRow(
  read: Reader,
  domain: string,
  { id: text, type, version }: KeyReference,
): Promise<KeyRow | undefined> {
  const row = await findAny(read, domain, text, type)
  if (!row || version === undefined || row.key_version === version) return row
  return versionOf(read, row, version)
}

export const versionOf = (
  read: Reader,
  { domain_id, name }: Pick<KeyRow, 'domain_id' | 'name'>,
  version: number,
): Promise<KeyRow | undefined> =>
  Number.isSafeInteger(version)
    ? read.row('keys', { domain_id, name, key_version: version })
    : Promise.resolve(undefined)

async function findAny(
  read: Reader,
  domain: string,
  text: string,
  type: string | undefined,
): Promise<KeyRow | undefined> {
  // No stored text holds it, and PostgreSQL takes none that does.
  if (text === '' || text.includes('\0') || !text.isWellFormed()) return undefined
  if (type !== undefined && type !== '') {
    const name = type.toLowerCase()
    const reading = Object.hasOwn(readings, name) ? readings[name] : undefined
    if (!reading)
      throw new Fault('invalid-parameter', `type: ${quote(type)} is no kind of reference`)
    return reading(read, domain, text)
  }
  if (text.startsWith(SCHEME))
    return (await byColumn('uri')(read, domain, text)) ?? byAlias(read, domain, text)
  return (
    (await byId(read, domain, text)) ??
    (await byName(read, domain, text)) ??
    (await byAlias(read, domain, text))
  )
}
