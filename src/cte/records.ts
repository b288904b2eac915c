import { randomUUID } from 'node:crypto'
import type { Context } from '../context.ts'
import { APPLICATION, accountOf, accountUri, DEV_ACCOUNT } from '../kit/domain.ts'
import { Fault, notFound, quote } from '../kit/fault.ts'
import { wireTime } from '../kit/time.ts'
import type { Schema, Sealed } from '../store/schema.ts'
import type { Reader, SealedTable, Where } from '../store/store.ts'

/** What the rows of all named objects of transparent encryption have in common. */
export interface NamedColumns {
  id: string
  domain_id: string
  name: string
  description: string
  /** JSON: an object; null without labels. */
  labels: string | null
  created_at: string
  updated_at: string
}

export type NamedTable = {
  [Table in SealedTable]: Schema[Table] extends NamedColumns & Sealed ? Table : never
}[SealedTable] &
  `cte_${string}`

/** How URIs and sentences call objects of one kind. */
export interface Naming {
  /** In URIs: the last part of the collection's path. */
  readonly segment: string
  readonly what: string
  /** How names are stored and compared; as they are when left out. */
  readonly fold?: (name: string) => string
}

/** Objects of one kind, and where they lie. */
export interface Collection<Table extends NamedTable> extends Naming {
  readonly table: Table
  /** Of a table that holds several kinds. */
  readonly where?: Where<Schema[Table]>
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const uriPrefix = ({ segment }: Pick<Naming, 'segment'>, domain: string): string =>
  `kylo:${accountOf(domain)}:transparent-encryption:${segment}:`

/** The URI ends with the slug, and the slug is the id: it stays what it is and belongs to one object. */
export const uriOf = (
  collection: Pick<Naming, 'segment'>,
  { domain_id, id }: { readonly domain_id: string; readonly id: string },
): string => `${uriPrefix(collection, domain_id)}${id}`

/** As names are stored: letters that look the same are the same, in whichever way a client composes them. */
export const sameLetters = (name: string): string => name.normalize('NFC')

/** The id by which a reference names something that has no name: bare, in any case, or at the end of a URI. */
export function idIn(reference: string): string | undefined {
  const last = reference.startsWith('kylo:') ? (reference.split(':').at(-1) ?? '') : reference
  return UUID.test(last) ? last.toLowerCase() : undefined
}

const foldedName = ({ fold }: Naming, name: string): string => {
  const normal = sameLetters(name)
  return fold ? fold(normal) : normal
}

/** The object that a reference means in this domain: by id (which is the slug, too), URI or name, in this order. */
export async function find<Table extends NamedTable>(
  read: Reader,
  collection: Collection<Table>,
  domain: string,
  reference: string,
): Promise<Schema[Table] | undefined> {
  if (reference === '' || reference.includes('\0') || !reference.isWellFormed()) return undefined
  const one = (where: Readonly<Record<string, string>>) =>
    read.row(collection.table, {
      domain_id: domain,
      ...collection.where,
      ...where,
    } as unknown as Where<Schema[Table]>)
  const prefix = uriPrefix(collection, domain)
  const id = reference.startsWith(prefix) ? reference.slice(prefix.length) : reference
  const byId = UUID.test(id) ? await one({ id: id.toLowerCase() }) : undefined
  return byId ?? one({ name: foldedName(collection, reference) })
}

/** The same for the caller's domain. Throws 'not-found'. */
export async function existing<Table extends NamedTable>(
  { caller, read }: Pick<Context, 'caller' | 'read'>,
  collection: Collection<Table>,
  reference: string,
): Promise<Schema[Table]> {
  const row = await find(read, collection, caller.domain, reference)
  if (!row) throw notFound(collection.what, reference)
  return row
}

/** Controls, bidirectional marks and other characters that cannot be seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** The name as it is stored. Throws 'invalid-parameter' for one that could pass for something else. */
export function nameFor(collection: Naming, given: string): string {
  const name = foldedName(collection, given)
  if (name === '' || UNSEEN.test(name) || name.trim() !== name)
    throw new Fault(
      'invalid-parameter',
      'name: may not be empty, hold characters that cannot be seen, or begin or end with a blank',
    )
  if (name.startsWith('kylo:'))
    throw new Fault('invalid-parameter', `name: ${quote(name)} has the form of a URI`)
  return name
}

/** For the guard of an insert, whose unique index is on domain and name. */
export const nameTaken = (collection: Naming, name: string): Fault =>
  new Fault('conflict', `the ${collection.what} ${quote(name)} already exists`)

export type LabelsIn = Readonly<Record<string, string | null | undefined>>

const MAX_LABELS = 100

/** As its column keeps labels; null for none. A label that is sent as null is none. */
export function storedLabels(labels: LabelsIn | null | undefined): string | null {
  const kept = Object.entries(labels ?? {}).filter(([, value]) => typeof value === 'string')
  if (kept.some(([label]) => label === ''))
    throw new Fault('invalid-parameter', 'labels: a label needs a name')
  if (kept.length > MAX_LABELS)
    throw new Fault('invalid-parameter', `labels: may not be more than ${MAX_LABELS}`)
  return kept.length === 0 ? null : JSON.stringify(Object.fromEntries(kept))
}

export const labelsOf = ({ labels }: Pick<NamedColumns, 'labels'>): Record<string, string> =>
  labels === null ? {} : (JSON.parse(labels) as Record<string, string>)

interface Given {
  readonly name: string
  readonly description?: string | undefined
  readonly labels?: LabelsIn | undefined
}

/** The common columns of a new row. */
export const newColumns = (
  domain: string,
  collection: Naming,
  { name, description, labels }: Given,
  at: string,
): NamedColumns => ({
  id: randomUUID(),
  domain_id: domain,
  name: nameFor(collection, name),
  description: description ?? '',
  labels: storedLabels(labels),
  created_at: at,
  updated_at: at,
})

/** What a PATCH makes of the common columns (reference 1): names never change; labels: null clears, {} is no change. */
export function changedColumns({
  description,
  labels,
}: {
  readonly description?: string | undefined
  readonly labels?: LabelsIn | null | undefined
}): Partial<Pick<NamedColumns, 'description' | 'labels'>> {
  const clears = labels === null
  const sets = !clears && labels !== undefined && Object.keys(labels).length > 0
  return {
    ...(description !== undefined && { description }),
    ...((clears || sets) && { labels: storedLabels(labels) }),
  }
}

/** The fields of an answer that everything has, with or without a name. */
export const presentIdentity = (
  collection: Pick<Naming, 'segment'>,
  row: Pick<NamedColumns, 'id' | 'domain_id' | 'created_at' | 'updated_at'>,
) => ({
  id: row.id,
  uri: uriOf(collection, row),
  account: accountUri(row.domain_id),
  application: APPLICATION,
  devAccount: DEV_ACCOUNT,
  createdAt: wireTime(row.created_at),
  updatedAt: wireTime(row.updated_at),
})

/** The fields of an answer that everything with a name has. */
export const presentNamed = (collection: Pick<Naming, 'segment'>, row: NamedColumns) => ({
  ...presentIdentity(collection, row),
  name: row.name,
  description: row.description,
  labels: labelsOf(row),
})

/** What every list of named objects sorts by. */
export const namedSort = {
  name: { column: 'name' },
  createdAt: { column: 'created_at' },
  created_at: { column: 'created_at' },
  updatedAt: { column: 'updated_at' },
  updated_at: { column: 'updated_at' },
} as const

/** What every list of named objects filters by. */
export const namedFilters = {
  id: { column: 'id' },
  name: { column: 'name', fold: sameLetters },
  description: { column: 'description' },
} as const
