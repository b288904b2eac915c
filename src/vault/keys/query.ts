import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { Fault } from '../../kit/fault.ts'
import { ALL_ROWS, type Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import { type Fold, matchOf } from '../../store/pattern.ts'
import type { KeyRow, Schema } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { type KeyContext, vaultOf } from '../vault.ts'
import { containsJson, readMeta } from './meta.ts'
import { idInMuid, idPrefixOf } from './numbers.ts'
import { hasPermission, labelsOf, policyGrants } from './rights.ts'
import { type KeyCondition, mayContain, type Sortable, scan, scanInside } from './scan.ts'
import { matches, type Selector, selectorCondition } from './selector.ts'
import { STATES, type State } from './states.ts'

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

type Keys = ExpressionBuilder<Schema, 'keys'>
type Condition = KeyCondition

const keyList = listing({
  table: 'keys',
  sort: {
    createdAt: { column: 'created_at' },
    updatedAt: { column: 'updated_at' },
    name: { column: 'name' },
    version: { column: 'key_version' },
  },
  filters: {},
  order: '-createdAt',
})

const same: Fold = (text) => text
const upper: Fold = (text) => text.toUpperCase()
const lower: Fold = (text) => text.toLowerCase()

/** Patterns of one column, where `*` and `?` are wildcards; any of them may match. */
const anyPattern =
  (column: keyof KeyRow & string, patterns: readonly string[], fold: Fold = same): Condition =>
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

function conditionsOf(query: KeyQuery, domain: string, now: string): Condition[] {
  const all: Condition[] = []
  const any = <T>(values: readonly T[] | undefined, make: (values: readonly T[]) => Condition) => {
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
  (domain: string, patterns: readonly string[]): Condition =>
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

/** Rows that this caller may read; undefined: all of them. */
async function visible(context: KeyContext): Promise<Condition | undefined> {
  const { caller, may, services } = context
  if (may('ReadKey', 'vault:keys')) return undefined
  const { domain, groups, userId } = caller
  const policies = (await vaultOf(services).policies(domain)).filter((policy) =>
    policyGrants(policy, caller, 'ReadKey'),
  )
  return (eb) =>
    eb.or([
      eb('keys.owner_id', '=', userId),
      ...(groups.length === 0
        ? []
        : [
            eb(
              'keys.id',
              'in',
              eb
                .selectFrom('key_readers')
                .select('key_readers.key_row')
                .where('key_readers.domain_id', '=', domain)
                .where('key_readers.group_name', 'in', [...groups]),
            ),
          ]),
      ...policies.map(({ selector }) => selectorCondition(eb, domain, selector)),
    ])
}

/** The ids of the rows that this caller may read, as a query within another; undefined: all rows. */
export async function visibleKeys(context: KeyContext) {
  const limits = await visible(context)
  if (!limits) return undefined
  return (read: Pick<Reader, 'selectFrom'>) =>
    read
      .selectFrom('keys')
      .select('keys.id')
      .where('keys.domain_id', '=', context.caller.domain)
      .where((eb) => limits(eb))
}

/**
 * One page of the keys that the caller may read. What only helps to find rows is not believed: each row, once read and
 * checked against its seal, is asked itself whether it belongs there.
 */
export async function search(
  context: KeyContext,
  query: KeyQuery,
  page: Page,
  now: string,
): Promise<Listed<KeyRow>> {
  const { caller, read, services } = context
  const conditions = conditionsOf(query, caller.domain, now)
  const limits = await visible(context)
  if (limits) conditions.push(limits)
  const where: Condition | undefined =
    conditions.length === 0 ? undefined : (eb) => eb.and(conditions.map((make) => make(eb)))
  const found =
    query.metaContains !== undefined || query.certFields !== undefined
      ? await searchInside(read, caller.domain, query, page, where)
      : where
        ? await searchWhere(read, caller.domain, query, page, where)
        : await list(read, keyList, { domain: caller.domain, page })
  const policies = await vaultOf(services).policies(caller.domain)
  const rows = found.rows.filter(
    (row) =>
      hasPermission(context, row, 'ReadKey', policies) &&
      (query.selectors ?? []).every((selector) => matches(selector, labelsOf(row))),
  )
  return { ...found, rows }
}

/** So many rows are sorted here and not by the database. */
const FEW = 1000

async function searchWhere(
  read: Reader,
  domain: string,
  query: KeyQuery,
  page: Page,
  where: Condition,
): Promise<Listed<KeyRow>> {
  const named = await candidates(read, domain, query)
  if (named) return searchAmong(read, domain, named, page, where)
  const { few, total } = hasIndex(query)
    ? { few: await fewThatFit(read, domain, where), total: undefined }
    : await scan(read, domain, where, FEW)
  return few
    ? searchAmong(read, domain, few, page, where)
    : list(read, keyList, { domain, page, where, ...(total !== undefined && { total }) })
}

/** Whether some index leaves few rows, or answers by itself. Otherwise every key has to be looked at. */
const hasIndex = (query: KeyQuery): boolean =>
  INDEXED.some((field) => {
    const wanted = query[field]
    return wanted !== undefined && wanted.length > 0
  }) ||
  !LOOKED_AT.some((field) => {
    const wanted = query[field]
    return Array.isArray(wanted) ? wanted.length > 0 : wanted !== undefined
  })

const INDEXED = [
  'names',
  'ids',
  'uris',
  'aliases',
  'uuids',
  'muids',
  'numbers',
  'linkTypes',
  'sha1',
  'sha256',
  'selectors',
] as const satisfies readonly (keyof KeyQuery)[]

const LOOKED_AT = [
  'usageMasks',
  'versions',
  'checkValues',
  'revocationReasons',
  'sameIdAsUuid',
  'flags',
  'rotationReached',
  'dates',
] as const satisfies readonly (keyof KeyQuery)[]

/**
 * The rows that an exact name, alias, fingerprint or label leaves, when they are few; undefined: ask the database for
 * pages. Without statistics SQLite takes the index of the order for any page, and would go through every key of the
 * domain to find the one of a name.
 */
async function candidates(
  read: Reader,
  domain: string,
  { names, aliases, sha1, sha256, selectors }: KeyQuery,
): Promise<readonly string[] | undefined> {
  const exact = (patterns: readonly string[] | undefined, fold: Fold = same) => {
    const matches = (patterns ?? []).map((pattern) => matchOf(pattern, fold))
    const texts = matches.flatMap((match) => ('equals' in match ? [match.equals] : []))
    return texts.length > 0 && texts.length === matches.length ? texts : undefined
  }
  const byColumn = (
    column: 'name' | 'sha1_fingerprint' | 'sha256_fingerprint',
    texts: readonly string[],
  ) =>
    read
      .selectFrom('keys')
      .select('keys.id')
      .where('keys.domain_id', '=', domain)
      .where(`keys.${column}`, 'in', [...texts])
      .limit(FEW + 1)
      .execute()
  const byName = exact(names, (text) => text.normalize('NFC'))
  const byAlias = exact(aliases)
  const bySha1 = exact(sha1, lower)
  const bySha256 = exact(sha256, lower)
  const label = (selectors ?? []).flat().find(({ op }) => op === 'in')
  const found = byName
    ? await byColumn('name', byName)
    : byAlias
      ? [
          ...(await byColumn('name', byAlias)),
          ...(await read
            .selectFrom('key_aliases')
            .select('key_row as id')
            .where('domain_id', '=', domain)
            .where('alias', 'in', byAlias)
            .execute()),
        ]
      : bySha1
        ? await byColumn('sha1_fingerprint', bySha1)
        : bySha256
          ? await byColumn('sha256_fingerprint', bySha256)
          : label?.op === 'in'
            ? await read
                .selectFrom('key_labels')
                .select('key_row as id')
                .where('domain_id', '=', domain)
                .where('label', '=', label.label)
                .where('value', 'in', [...label.values])
                .limit(FEW + 1)
                .execute()
            : undefined
  return found && found.length <= FEW ? found.map(({ id }) => id) : undefined
}

/** The rows that fit, in no order, when they are few: without an order the database takes the index of the conditions. */
async function fewThatFit(
  read: Reader,
  domain: string,
  where: Condition,
): Promise<readonly string[] | undefined> {
  const found = await read
    .selectFrom('keys')
    .select('keys.id')
    .where('keys.domain_id', '=', domain)
    .where(where)
    .limit(FEW + 1)
    .execute()
  return found.length <= FEW ? found.map(({ id }) => id) : undefined
}

/** One page of these rows, of those that fit. */
async function searchAmong(
  read: Reader,
  domain: string,
  ids: readonly string[],
  { skip, limit, sort }: Page,
  where: Condition | undefined,
): Promise<Listed<KeyRow>> {
  if (ids.length === 0) return { rows: [], total: 0, messages: [] }
  let among = read
    .selectFrom('keys')
    .selectAll()
    .where('keys.id', 'in', [...ids])
  if (where) among = among.where(where)
  const fitting = (await among.execute()).filter(({ domain_id }) => domain_id === domain)
  const newest = fitting.toSorted((one, other) =>
    one.created_at === other.created_at
      ? one.id < other.id
        ? 1
        : -1
      : one.created_at < other.created_at
        ? 1
        : -1,
  )
  const rows = sorted(newest, sort)
  return {
    rows: rows.slice(skip, limit === ALL_ROWS ? undefined : skip + limit),
    total: rows.length,
    messages: [],
  }
}

const PIECE = 1000

/** Rows that come newest first, in another order when one is asked for. */
function sorted<Row extends Sortable>(rows: readonly Row[], sort: string | undefined): Row[] {
  const by = (sort ?? '').split(',').flatMap((part) => {
    const name = part.trim().replace(/^-/, '')
    const known = Object.hasOwn(keyList.sort, name) ? keyList.sort[name] : undefined
    const sign = part.trim().startsWith('-') ? -1 : 1
    return known ? [{ column: known.column as keyof Sortable, sign }] : []
  })
  return rows.toSorted((one, other) => {
    for (const { column, sign } of by) {
      const [a, b] = [one[column], other[column]]
      if (a !== b) return a < b ? -sign : sign
    }
    return 0
  })
}

/** What is inside of metadata has no index: every row that fits otherwise, and may hold the texts, is looked into. */
async function searchInside(
  read: Reader,
  domain: string,
  { metaContains, certFields }: KeyQuery,
  { skip, limit, sort }: Page,
  where: Condition | undefined,
): Promise<Listed<KeyRow>> {
  const conditions = [
    ...(where ? [where] : []),
    ...(metaContains === undefined ? [] : [mayContain('meta', metaContains)]),
    ...(certFields === undefined ? [] : [mayContain('cert_fields', certFields)]),
  ]
  const found = await scanInside(
    read,
    domain,
    (eb) => eb.and(conditions.map((make) => make(eb))),
    ({ meta, cert_fields }) =>
      (metaContains === undefined || containsJson(readMeta(meta) ?? {}, metaContains)) &&
      (certFields === undefined || containsJson(readMeta(cert_fields) ?? {}, certFields)),
  )
  const wanted = sorted(found, sort)
    .map(({ id }) => id)
    .slice(skip, limit === ALL_ROWS ? undefined : skip + limit)
  const byId = new Map<string, KeyRow>()
  for (let at = 0; at < wanted.length; at += PIECE) {
    const some = await read
      .selectFrom('keys')
      .selectAll()
      .where('domain_id', '=', domain)
      .where('id', 'in', wanted.slice(at, at + PIECE))
      .execute()
    for (const row of some) byId.set(row.id, row)
  }
  const rows = wanted.flatMap((id) => byId.get(id) ?? [])
  return { rows, total: found.length, messages: [] }
}

/** `metaContains` as JSON text or as an object. */
export function metaToFind(given: unknown): unknown {
  if (typeof given !== 'string') return given
  try {
    return JSON.parse(given) as unknown
  } catch {
    throw new Fault('invalid-parameter', 'metaContains: is not JSON')
  }
}
