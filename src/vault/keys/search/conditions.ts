import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { type Fold, matchOf } from '../../../store/pattern.ts'
import type { KeyRow, Schema } from '../../../store/schema.ts'
import { idInMuid, idPrefixOf } from '../numbers.ts'
import { selectorCondition } from '../selector.ts'
import { STATES, type State } from '../states.ts'
import type { KeyQuery } from './query.ts'

export type Keys = ExpressionBuilder<Schema, 'keys'>

/** A condition on rows of keys, made where it is needed. */
export type KeyCondition = (eb: Keys) => Expression<SqlBool>

export const same: Fold = (text) => text
const upper: Fold = (text) => text.toUpperCase()
export const lower: Fold = (text) => text.toLowerCase()

/** Patterns of one column, where `*` and `?` are wildcards; any of them may match. */
const anyPattern =
  (column: keyof KeyRow & string, patterns: readonly string[], fold: Fold = same): KeyCondition =>
  (eb) =>
    eb.or(patterns.map((pattern) => like(sql.ref(`keys.${column}`), pattern, fold)))

function like(column: Expression<unknown>, pattern: string, fold: Fold): Expression<SqlBool> {
  const match = matchOf(pattern, fold)
  return 'equals' in match
    ? sql<SqlBool>`${column} = ${match.equals}`
    : sql<SqlBool>`${column} like ${match.like} escape '\\'`
}

/**
 * The state as it is at this moment. Dates that have come since the column was written are few, and looked up in
 * indexes of such rows alone.
 */
function inState(eb: Keys, state: State, now: string): Expression<SqlBool> {
  const stored = eb('keys.state', '=', state)
  const activated = sql<SqlBool>`keys.id in (select id from keys where state = 'Pre-Active' and activation_date <= ${now})`
  const expired = sql<SqlBool>`keys.id in (select id from keys where state = 'Active' and deactivation_date is not null and deactivation_date <= ${now})`
  const passed = sql<SqlBool>`keys.id in (select id from keys where state = 'Pre-Active' and activation_date <= ${now} and deactivation_date is not null and deactivation_date <= ${now})`
  switch (state) {
    case 'Pre-Active':
      return eb.and([stored, eb.not(activated)])
    case 'Active':
      return eb.or([eb.and([stored, eb.not(expired)]), eb.and([activated, eb.not(passed)])])
    case 'Deactivated':
      return eb.or([stored, expired, passed])
    default:
      return stored
  }
}

const stateNamed = (text: string): State | undefined =>
  STATES.find((state) => state.toLowerCase() === text.toLowerCase())

/** What rows of a domain have to fit, all of it, as it is at this moment. */
export function conditionsOf(query: KeyQuery, domain: string, now: string): KeyCondition[] {
  const all: KeyCondition[] = []
  const any = <T>(
    values: readonly T[] | undefined,
    make: (values: readonly T[]) => KeyCondition,
  ) => {
    if (values !== undefined && values.length > 0) all.push(make(values))
  }
  any(query.names, (names) => anyPattern('name', names, (text) => text.normalize('NFC')))
  any(query.ids, (ids) => (eb) => eb('keys.key_id', 'in', ids.map(lower)))
  any(query.uris, (uris) => anyPattern('uri', uris))
  any(query.algorithms, (names) => anyPattern('algorithm', names, upper))
  any(query.sha1, (prints) => anyPattern('sha1_fingerprint', prints, lower))
  any(query.sha256, (prints) => anyPattern('sha256_fingerprint', prints, lower))
  any(query.checkValues, (values) => (eb) => eb('keys.check_value', 'in', values.map(lower)))
  any(query.sizes, (sizes) => (eb) => eb('keys.size', 'in', [...sizes]))
  any(query.versions, (versions) => (eb) => eb('keys.key_version', 'in', [...versions]))
  any(
    query.curves,
    (curves) => (eb) =>
      eb.or(curves.map((curve) => sql<SqlBool>`lower(keys.curve) = ${lower(curve)}`)),
  )
  any(
    query.objectTypes,
    (types) => (eb) =>
      eb.or(types.map((type) => sql<SqlBool>`keys.object_type = ${typeNamed(type)}`)),
  )
  any(
    query.revocationReasons,
    (reasons) => (eb) =>
      eb.or(
        reasons.map((reason) => sql<SqlBool>`lower(keys.revocation_reason) = ${lower(reason)}`),
      ),
  )
  any(
    query.states,
    (states) => (eb) =>
      eb.or(
        states.map((text) => {
          const state = stateNamed(text)
          return state ? inState(eb, state, now) : sql<SqlBool>`1 = 0`
        }),
      ),
  )
  any(
    query.usageMasks,
    (masks) => (eb) =>
      eb.or(masks.map((mask) => sql<SqlBool>`(keys.usage_mask & ${mask}) = ${mask}`)),
  )
  any(query.aliases, (aliases) => aliasCondition(domain, aliases))
  any(
    query.linkTypes,
    (types) => (eb) =>
      eb(
        'keys.id',
        'in',
        eb
          .selectFrom('key_links')
          .select('key_links.source')
          .where('key_links.domain_id', '=', domain)
          .where((link) =>
            link.or(types.map((type) => like(sql.ref('key_links.type'), type, same))),
          ),
      ),
  )
  any(
    query.uuids,
    (uuids) => (eb) => eb.or(uuids.map((text) => namedBy(eb, 'uuid', lower(text), lower(text)))),
  )
  any(
    query.muids,
    (muids) => (eb) => eb.or(muids.map((text) => namedBy(eb, 'muid', text, idInMuid(text)))),
  )
  any(query.numbers, (numbers) => (eb) => eb.or(numbers.map((text) => numbered(eb, text))))
  for (const selector of query.selectors ?? [])
    all.push((eb) => selectorCondition(eb, domain, selector))
  if (query.sameIdAsUuid !== undefined) {
    const isSame = query.sameIdAsUuid
    all.push((eb) => {
      const equal = sql<SqlBool>`keys.key_id = coalesce(keys.uuid, keys.id)`
      return isSame ? equal : eb.not(equal)
    })
  }
  for (const [column, value] of query.flags ?? [])
    all.push((eb) => eb(`keys.${column}`, '=', value ? 1 : 0))
  if (query.rotationReached !== undefined) {
    const reached = query.rotationReached
    all.push((eb) =>
      reached
        ? eb('keys.rotation_date', '<=', now)
        : eb.or([eb('keys.rotation_date', 'is', null), eb('keys.rotation_date', '>', now)]),
    )
  }
  for (const { column, op, at } of query.dates ?? []) all.push((eb) => eb(`keys.${column}`, op, at))
  return all
}

const OBJECT_TYPES = [
  'Symmetric Key',
  'Private Key',
  'Public Key',
  'Secret Data',
  'Opaque Object',
  'Certificate',
]
const typeNamed = (text: string): string =>
  OBJECT_TYPES.find((type) => type.toLowerCase() === text.toLowerCase()) ?? text

/** An object by a name that follows from its row's id unless it was given another. */
const namedBy = (
  eb: Keys,
  column: 'uuid' | 'muid',
  text: string,
  id: string | undefined,
): Expression<SqlBool> =>
  eb.or([
    eb(`keys.${column}`, '=', text),
    ...(id === undefined
      ? []
      : [eb.and([eb('keys.id', '=', id), eb(`keys.${column}`, 'is', null)])]),
  ])

function numbered(eb: Keys, text: string): Expression<SqlBool> {
  const prefix = idPrefixOf(text)
  const given = eb('keys.number_id', '=', text)
  if (prefix === undefined) return given
  return eb.or([
    given,
    eb.and([
      eb('keys.id', '>=', prefix),
      eb('keys.id', '<', `${prefix}~`),
      eb('keys.number_id', 'is', null),
    ]),
  ])
}

/** The name is an alias without a row in the table of aliases, unless it was taken away. It holds no backslash. */
const nameIsAlias = sql<SqlBool>`replace(keys.aliases, '"alias":"' || replace(keys.name, '"', '\\"') || '"', '') <> keys.aliases`

/** By the table of aliases, and by the name. */
const aliasCondition =
  (domain: string, patterns: readonly string[]): KeyCondition =>
  (eb) =>
    eb.or([
      eb(
        'keys.id',
        'in',
        eb
          .selectFrom('key_aliases')
          .select('key_aliases.key_row')
          .where('key_aliases.domain_id', '=', domain)
          .where((row) =>
            row.or(patterns.map((one) => like(sql.ref('key_aliases.alias'), one, same))),
          ),
      ),
      eb.and([anyPattern('name', patterns)(eb), nameIsAlias]),
    ])
