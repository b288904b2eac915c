import type { ListQuery, QueryKeysBody } from './contract.ts'
import { timeOf } from './dates.ts'
import type { DateColumn, DateCondition, KeyQuery } from './query.ts'
import { metaToFind } from './query.ts'
import { parseSelector } from './selector.ts'

/** The filters of a list (reference 7.1) as what is looked for. Empty ones are none. */
export function queryOf(query: ListQuery): KeyQuery {
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

const texts = <Field extends string>(field: Field, text: string | undefined) =>
  text ? ({ [field]: [text] } as Record<Field, string[]>) : undefined

const sameId = (text: string | undefined) => {
  const compare = text?.toLowerCase()
  if (compare !== 'equal' && compare !== 'notequal') return undefined
  return { sameIdAsUuid: compare === 'equal' }
}

const together = <T>(one: T | undefined, several: readonly T[] | undefined): readonly T[] => [
  ...(one === undefined ? [] : [one]),
  ...(several ?? []),
]

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
  const selectors = typeof body.labels === 'string' ? [body.labels] : (body.labels ?? [])
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
    selectors: selectors.map((text) => parseSelector('labels', text)),
    flags: flags.flatMap(([column, value]) =>
      value === undefined ? [] : [[column, value] as const],
    ),
    dates: datesOf(body),
    ...(body.metaContains !== undefined && { metaContains: metaToFind(body.metaContains) }),
    ...(body.certFields !== undefined && { certFields: body.certFields }),
    ...(body.rotationDateReached !== undefined && { rotationReached: body.rotationDateReached }),
    ...sameId(body.compareIDWithUUID),
  }
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
