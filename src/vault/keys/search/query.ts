import type { Context } from '../../../context.ts'
import { Fault, quote } from '../../../kit/fault.ts'
import { timeOf } from '../dates.ts'
import { labelled, parseSelector, type Selector } from '../selector.ts'
import type { ListQuery, QueryKeysBody } from './contract.ts'

/** What rows of keys are looked for by: texts of one field are alternatives, fields all have to fit. */
export interface KeyQuery {
  readonly names?: readonly string[]
  readonly ids?: readonly string[]
  readonly uris?: readonly string[]
  readonly aliases?: readonly string[]
  readonly uuids?: readonly string[]
  readonly muids?: readonly string[]
  readonly numbers?: readonly string[]
  readonly algorithms?: readonly string[]
  readonly sizes?: readonly number[]
  readonly curves?: readonly string[]
  readonly objectTypes?: readonly string[]
  readonly states?: readonly string[]
  readonly usageMasks?: readonly number[]
  readonly versions?: readonly number[]
  readonly linkTypes?: readonly string[]
  readonly sha1?: readonly string[]
  readonly sha256?: readonly string[]
  readonly checkValues?: readonly string[]
  readonly revocationReasons?: readonly string[]
  readonly selectors?: readonly Selector[]
  readonly metaContains?: unknown
  readonly certFields?: unknown
  readonly sameIdAsUuid?: boolean
  readonly flags?: readonly (readonly [column: FlagColumn, value: boolean])[]
  readonly rotationReached?: boolean
  readonly dates?: readonly DateCondition[]
}

type FlagColumn = 'unexportable' | 'never_exportable' | 'never_exported'

export interface DateCondition {
  readonly column: DateColumn
  readonly op: '<' | '=' | '>'
  /** Stored text. */
  readonly at: string
}

export type DateColumn =
  | 'activation_date'
  | 'archive_date'
  | 'compromise_date'
  | 'compromise_occurrence_date'
  | 'deactivation_date'
  | 'destroy_date'
  | 'process_start_date'
  | 'protect_stop_date'
  | 'created_at'
  | 'updated_at'

/** The filters of a list (reference 7.1) as what is looked for. Empty ones are none. */
export function queryOf(query: Omit<ListQuery, 'name'> & Partial<ListQuery>): KeyQuery {
  return {
    ...texts('names', query.name),
    ...texts('aliases', query.alias),
    ...texts('states', query.state),
    ...texts('linkTypes', query.linkType),
    ...texts('algorithms', query.algorithm),
    ...texts('ids', query.id),
    ...texts('uuids', query.uuid),
    ...texts('muids', query.muid),
    ...texts('numbers', query.keyId),
    ...texts('sha1', query.sha1Fingerprint),
    ...texts('sha256', query.sha256Fingerprint),
    ...texts('checkValues', query.kcv),
    ...(query.objectType && { objectTypes: query.objectType }),
    ...(query.curveid && { curves: query.curveid }),
    ...(query.size && { sizes: query.size.map(Number).filter(Number.isSafeInteger) }),
    ...(query.usageMask !== undefined && { usageMasks: [query.usageMask] }),
    ...(query.version !== undefined && { versions: [query.version] }),
    ...(query.labels && { selectors: [parseSelector('labels', query.labels)] }),
    ...(query.metaContains && { metaContains: metaToFind(query.metaContains) }),
    ...sameId(query.compareIDWithUUID),
  }
}

/** Says of filters that cannot be read that they were left out. */
export function sayUnread(context: Pick<Context, 'say'>, { size }: Pick<ListQuery, 'size'>): void {
  for (const text of new Set(size))
    if (!Number.isSafeInteger(Number(text)))
      context.say(`the size ${quote(text)} is not a whole number and was ignored`)
}

const texts = <Field extends string>(field: Field, text: string | undefined) =>
  text ? ({ [field]: [text] } as Record<Field, string[]>) : undefined

const sameId = (text: string | undefined) => {
  const compare = text?.toLowerCase()
  if (compare !== 'equal' && compare !== 'notequal') return undefined
  return { sameIdAsUuid: compare === 'equal' }
}

/** Empty texts are none. */
const together = <T>(one: T | undefined, several: readonly T[] | undefined): readonly T[] =>
  [...(one === undefined ? [] : [one]), ...(several ?? [])].filter((value) => value !== '')

const COLUMNS: Readonly<Record<string, DateColumn>> = {
  activation: 'activation_date',
  archive: 'archive_date',
  compromise: 'compromise_date',
  compromiseOccurrance: 'compromise_occurrence_date',
  deactivation: 'deactivation_date',
  destroy: 'destroy_date',
  processStart: 'process_start_date',
  protectStop: 'protect_stop_date',
  created: 'created_at',
  updated: 'updated_at',
}
const OPERATORS = { After: '>', At: '=', Before: '<' } as const

/** The body of query-keys (reference 7.4) as what is looked for. */
export function searchOf(body: QueryKeysBody): KeyQuery {
  const flags = [
    ['unexportable', body.unexportable],
    ['never_exportable', body.neverExportable],
    ['never_exported', body.neverExported],
  ] as const
  return {
    names: together(body.name, body.names),
    ids: together(body.id, body.ids),
    uris: together(body.uri, undefined),
    aliases: together(body.alias, body.aliases),
    algorithms: together(body.algorithm, body.algorithms),
    sizes: together(body.size, body.sizes),
    curves: body.curveIDs ?? [],
    objectTypes: body.objectTypes ?? [],
    states: body.states ?? [],
    usageMasks: together(body.usageMask, body.usageMasks),
    versions: together(body.version, body.versions),
    linkTypes: body.linkTypes ?? [],
    sha1: together(body.sha1Fingerprint, body.sha1Fingerprints),
    sha256: together(body.sha256Fingerprint, body.sha256Fingerprints),
    revocationReasons: together(body.revocationReason, body.revocationReasons),
    selectors: selectorsIn(body.labels),
    flags: flags.flatMap(([column, value]) =>
      value === undefined ? [] : [[column, value] as const],
    ),
    dates: datesOf(body),
    ...(isGiven(body.metaContains) && { metaContains: metaToFind(body.metaContains) }),
    ...(body.certFields !== undefined && { certFields: body.certFields }),
    ...(body.rotationDateReached !== undefined && { rotationReached: body.rotationDateReached }),
    ...sameId(body.compareIDWithUUID),
  }
}

function selectorsIn(labels: QueryKeysBody['labels']): Selector[] {
  if (labels === undefined) return []
  if (typeof labels === 'string') return [parseSelector('labels', labels)]
  if (Array.isArray(labels)) return labels.map((text) => parseSelector('labels', text))
  return [labelled(labels)]
}

function datesOf(body: QueryKeysBody): DateCondition[] {
  const given = body as Readonly<Record<string, unknown>>
  return Object.entries(COLUMNS).flatMap(([event, column]) =>
    Object.entries(OPERATORS).flatMap(([when, op]) => {
      const field = `${event}${when}`
      const at = timeOf(field, given[field] as string | undefined)
      return at === undefined ? [] : [{ column, op, at }]
    }),
  )
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== ''

const MAX_DEPTH = 32

/** `metaContains` as JSON text or as an object. */
function metaToFind(given: unknown): unknown {
  if (typeof given !== 'string') return given
  let wanted: unknown
  try {
    wanted = JSON.parse(given)
  } catch {
    throw new Fault('invalid-parameter', 'metaContains: is not JSON')
  }
  if (isDeeper(wanted, MAX_DEPTH))
    throw new Fault('invalid-parameter', `metaContains: is nested deeper than ${MAX_DEPTH} levels`)
  return wanted
}

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)))
