import { type Fold, matchOf } from '../../../store/pattern.ts'
import type { Reader } from '../../../store/store.ts'
import { type KeyCondition, lower, same } from './conditions.ts'
import type { KeyQuery } from './query.ts'

/** So many rows are sorted here and not by the database. */
export const FEW = 1000

/** Whether some index leaves few rows, or answers by itself. Otherwise every key has to be looked at. */
export const hasIndex = (query: KeyQuery): boolean =>
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
export async function candidates(
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
export async function fewThatFit(
  read: Reader,
  domain: string,
  where: KeyCondition,
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
