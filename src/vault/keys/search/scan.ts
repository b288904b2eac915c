import { setImmediate } from 'node:timers/promises'
import { type Expression, type SqlBool, sql } from 'kysely'
import type { KeyRow } from '../../../store/schema.ts'
import type { Reader } from '../../../store/store.ts'
import { isObject } from '../rights.ts'
import type { KeyCondition, Keys } from './conditions.ts'

/** So many rows are looked at before everybody else has a turn: some milliseconds. */
const PIECE = 5000

type Place = Pick<KeyRow, 'created_at' | 'id'>

const place = (eb: Keys, op: '<' | '>=', { created_at, id }: Place): Expression<SqlBool> =>
  eb(eb.refTuple('keys.created_at', 'keys.id'), op, eb.tuple(created_at, id))

/**
 * The keys of a domain in pieces, newest first: each is a query that sees one piece alone. In the order of this index
 * neighbours mostly lie side by side on the disk, so that it takes a fraction of what another order does.
 */
async function* pieces(read: Reader, domain: string) {
  let rest = read.selectFrom('keys').where('keys.domain_id', '=', domain)
  for (;;) {
    const last = await rest
      .select(['keys.created_at', 'keys.id'])
      .orderBy('keys.created_at', 'desc')
      .orderBy('keys.id', 'desc')
      .limit(1)
      .offset(PIECE - 1)
      .executeTakeFirst()
    if (!last) {
      yield rest
      return
    }
    yield rest.where((eb) => place(eb, '>=', last))
    rest = read
      .selectFrom('keys')
      .where('keys.domain_id', '=', domain)
      .where((eb) => place(eb, '<', last))
    await setImmediate()
  }
}

export interface Scanned {
  readonly total: number
  /** The rows that fit, in no order, when they are at most as many as asked for. */
  readonly few: readonly string[] | undefined
}

/** How many keys fit a condition that no index serves, and which, when they are few. */
export async function scan(
  read: Reader,
  domain: string,
  where: KeyCondition,
  most: number,
): Promise<Scanned> {
  const few: string[] = []
  let total = 0
  for await (const piece of pieces(read, domain)) {
    const fitting = piece.where((eb) => where(eb))
    if (total <= most) {
      const ids = await fitting.select('keys.id').execute()
      total += ids.length
      if (total <= most) few.push(...ids.map(({ id }) => id))
    } else {
      const { count } = await fitting
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      total += count
    }
  }
  return { total, few: total <= most ? few : undefined }
}

export type Sortable = Pick<KeyRow, 'id' | 'created_at' | 'updated_at' | 'name' | 'key_version'>
export type Inside = Pick<KeyRow, 'meta' | 'cert_fields'>

/** What of every key that fits a list is sorted by, newest first: those whose inside fits as well. */
export async function scanInside(
  read: Reader,
  domain: string,
  where: KeyCondition | undefined,
  fits: (row: Inside) => boolean,
): Promise<Sortable[]> {
  const found: Sortable[] = []
  for await (const piece of pieces(read, domain)) {
    const fitting = where ? piece.where((eb) => where(eb)) : piece
    const rows = await fitting
      .select([
        'keys.id',
        'keys.created_at',
        'keys.updated_at',
        'keys.name',
        'keys.key_version',
        'keys.meta',
        'keys.cert_fields',
      ])
      .orderBy('keys.created_at', 'desc')
      .orderBy('keys.id', 'desc')
      .execute()
    for (const { meta, cert_fields, ...row } of rows)
      if (fits({ meta, cert_fields })) found.push(row)
  }
  return found
}

const MOST_TEXTS = 10
const LONGEST_TEXT = 500

/**
 * Leaves out rows whose JSON cannot hold this part, by texts that would stand in it: members are stored as
 * JSON.stringify writes them. What is left has to be looked into.
 */
export const mayContain =
  (column: keyof Inside, part: unknown): KeyCondition =>
  (eb) =>
    eb.and(
      textsOf(part)
        .filter((text) => text.length <= LONGEST_TEXT)
        .slice(0, MOST_TEXTS)
        .map((text) => {
          const like = `%${text.replace(/[\\%_]/g, '\\$&')}%`
          return sql<SqlBool>`${sql.ref(`keys.${column}`)} like ${like} escape '\\'`
        }),
    )

function textsOf(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(textsOf)
  if (!isObject(part)) return [JSON.stringify(part)]
  return Object.entries(part).flatMap(([name, value]) => {
    const member = `${JSON.stringify(name)}:`
    if (Array.isArray(value)) return [`${member}[`, ...textsOf(value)]
    if (isObject(value)) return [`${member}{`, ...textsOf(value)]
    return [`${member}${JSON.stringify(value)}`]
  })
}
