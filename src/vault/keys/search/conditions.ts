import {
  type Expression,
  type ExpressionBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely'
import { type Fold, matchOf } from '../../../store/pattern.ts'
import type { KeyRow, Schema } from '../../../store/schema.ts'
import { linkTypeNamed } from '../../links/links.ts'
import { idInMuid, idPrefixOf } from '../numbers.ts'
import { objectTypeNamed } from '../object-types.ts'
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
    anyLike(eb, sql.ref(`keys.${column}`), patterns, fold)

function anyLike(
  { or }: Pick<Keys, 'or'>,
  column: Expression<unknown>,
  patterns: readonly string[],
  fold: Fold,
): Expression<SqlBool> {
  const matches = patterns.map((pattern) => matchOf(pattern, fold))
  const exact = matches.flatMap((match) => ('equals' in match ? [match.equals] : []))
  const like = matches.flatMap((match) =>
    'like' in match ? [sql<SqlBool>`${column} like ${match.like} escape '\\'`] : [],
  )
  return flatOr(or, [
    ...(exact.length > 0 ? [sql<SqlBool>`${column} in (${sql.join(exact)})`] : []),
    ...like,
  ])
}

const WIDEST = 100

/** SQLite takes no expression deeper than 1,000, and a row of `or` is as deep as it is long. */
export function flatOr(or: Keys['or'], all: readonly Expression<SqlBool>[]): Expression<SqlBool> {
  if (all.length <= WIDEST) return or([...all])
  const pieces = []
  for (let at = 0; at < all.length; at += WIDEST) pieces.push(or(all.slice(at, at + WIDEST)))
  return flatOr(or, pieces)
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

/** What rows of a domain have to fit, all of it, as it is at this moment. */
export function conditionsOf(
  query: KeyQuery,
  domain: string,
  now: string,
  /** The ids of those that the caller may read: what he may not see is the end of no link. */
  seen?: SelectQueryBuilder<Schema, 'keys', { id: string }>,
): KeyCondition[] {
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
    (curves) => () => sql<SqlBool>`lower(keys.curve) in (${sql.join(curves.map(lower))})`,
  )
  any(
    query.objectTypes,
    (types) => (eb) =>
      eb(
        'keys.object_type',
        'in',
        types.map((type) => objectTypeNamed(type) ?? type),
      ),
  )
  any(
    query.revocationReasons,
    (reasons) => () =>
      sql<SqlBool>`lower(keys.revocation_reason) in (${sql.join(reasons.map(lower))})`,
  )
  any(query.states, (states) => (eb) => {
    const wanted = STATES.filter((state) => states.some((text) => lower(text) === lower(state)))
    return eb.or(wanted.map((state) => inState(eb, state, now)))
  })
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
          .where((link) => anyLike(link, sql.ref('key_links.type'), types, linkType))
          .where((link) => (seen ? link('key_links.target', 'in', seen) : sql<SqlBool>`1 = 1`)),
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

/** As links have them, in whatever case. */
const linkType: Fold = (text) => linkTypeNamed(text) ?? text

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
          .where((row) => anyLike(row, sql.ref('key_aliases.alias'), patterns, same)),
      ),
      eb.and([anyPattern('name', patterns)(eb), nameIsAlias]),
    ])
