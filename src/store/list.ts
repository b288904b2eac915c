import {
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type RawBuilder,
  type SqlBool,
  sql,
} from 'kysely'
import { quote } from '../kit/fault.ts'
import { ALL_ROWS, type Page } from '../kit/wire.ts'
import { type Fold, lowerAscii, matchOf } from './pattern.ts'
import type { Schema } from './schema.ts'
import type { IdTable, Reader } from './store.ts'

type ColumnOf<Table extends IdTable> = keyof Schema[Table] & string

export interface SortColumn<Table extends IdTable> {
  readonly column: ColumnOf<Table>
  /** Compared without the case of A to Z. */
  readonly lower?: true
  readonly nullable?: true
  /** No two rows of a domain share a value, so nothing else is needed to order them. */
  readonly unique?: true
}

export interface FilterColumn<Table extends IdTable> {
  readonly column: ColumnOf<Table>
  readonly lower?: true
  /** How the column's own values were folded when they were stored. */
  readonly fold?: Fold
  /** The whole value is compared as it is: `*` and `?` stand for themselves. */
  readonly exact?: true
}

/** What callers may filter and sort by, under the names the wire has for it. Nothing else reaches a query. */
export interface Listing<Table extends IdTable, Filter extends string> {
  readonly table: Table
  readonly sort: Readonly<Record<string, SortColumn<Table>>>
  readonly filters: Readonly<Record<Filter, FilterColumn<Table>>>
  /** The order without `sort`, written as `sort` is. */
  readonly order: string
}

export const listing = <Table extends IdTable, Filter extends string>(
  given: Listing<Table, Filter>,
): Listing<Table, Filter> => given

export interface ListQuery<Table extends IdTable, Filter extends string> {
  readonly domain: string
  readonly page: Page
  readonly filters?: Readonly<Partial<Record<Filter, string | undefined>>>
  /** A condition beside the filters; the table goes by its own name. */
  readonly where?: ((eb: ExpressionBuilder<Schema, Table>) => Expression<SqlBool>) | undefined
  /** How many rows there are, where the caller has counted them. */
  readonly total?: number
}

export interface Listed<Row> {
  readonly rows: Row[]
  /** After filters, before paging. */
  readonly total: number
  readonly messages: string[]
}

/** Any table with any columns: here their names come from a `Listing`. */
type AnyTable = Record<'listed', Record<string, unknown>>

/** From so many rows to skip on they are counted off in the index alone, and rows are fetched for the page only. */
const DEEP = 1000

/** One page of a list (reference 1.4), every row checked against its seal. */
export async function list<Table extends IdTable, Filter extends string>(
  reader: Reader,
  listing: Listing<Table, Filter>,
  query: ListQuery<Table, Filter>,
): Promise<Listed<Schema[Table]>> {
  const { table } = listing
  const { skip, limit } = query.page
  const messages: string[] = []
  const order = orderOf(listing, query.page.sort, messages)
  const filters = Object.entries(query.filters ?? {}).filter(([, text]) => text !== undefined) as [
    Filter,
    string,
  ][]
  // No stored text holds it, and PostgreSQL takes none that does.
  if (filters.some(([, text]) => text.includes('\0'))) return { rows: [], total: 0, messages }
  const conditions = [
    sql<SqlBool>`${sql.ref(`${table}.domain_id`)} = ${query.domain}`,
    ...filters.map(([name, text]) => condition(table, listing.filters[name], text)),
  ]
  const anyTable = reader as unknown as Pick<Kysely<AnyTable>, 'selectFrom'>

  const matching = () =>
    anyTable
      .selectFrom(table as 'listed')
      .where((eb) => eb.and([...conditions, ...extra(eb as never, query.where)]))
  const id = sql.ref<string>(`${table}.id`).as('id')

  const everything = () => {
    let rest = matching()
    for (const by of order.forth) rest = rest.orderBy(by)
    // SQLite knows no offset without a limit.
    if (skip > 0) rest = rest.limit(Number.MAX_SAFE_INTEGER).offset(skip)
    return rest.select(id).execute()
  }

  const page = async (from: number, count: number, by: readonly RawBuilder<unknown>[]) => {
    let rows = matching().limit(count).offset(from)
    for (const one of by) rows = rows.orderBy(one)
    if (from < DEEP) return rows.selectAll().execute()
    const ids = rows.select(id).as('page')
    let fetched = anyTable
      .selectFrom(ids)
      .innerJoin(table as 'listed', `${table}.id` as 'listed.id', 'page.id' as never)
      .selectAll(table as 'listed')
    for (const one of by) fetched = fetched.orderBy(one)
    return fetched.execute()
  }

  /** Pages of the second half are read from the end, so that the last page costs what the first one does. */
  const rows = async (all: number) => {
    if (limit === ALL_ROWS) return everyRow()
    if (skip <= all / 2) return page(skip, limit, order.forth)
    const count = Math.min(limit, all - skip)
    if (count <= 0) return []
    return (await page(all - skip - count, count, order.back)).reverse()
  }

  /** What was deleted meanwhile is left out. */
  const everyRow = async () => {
    const ids = (await everything()).map((row) => row.id)
    const found = await reader.byId(table, query.domain, ids)
    return ids.flatMap((one) => found.get(one) ?? [])
  }

  const total = async (): Promise<number> => {
    if (filters.length === 0 && !query.where) return countOf(reader, query.domain, table)
    const { total } = await matching()
      .select(sql<number>`count(*)`.as('total'))
      .executeTakeFirstOrThrow()
    return total
  }

  const all = query.total ?? (await total())
  const found = await rows(all)
  return { rows: found as unknown as Schema[Table][], total: all, messages }
}

/** How many rows a domain has in a table, without counting them. Some are counted by node: `table/node`. */
export async function countOf(
  reader: Reader,
  domain: string,
  table: keyof Schema,
): Promise<number> {
  const counts = await reader
    .selectFrom('counts')
    .select('rows')
    .where('domain_id', '=', domain)
    .where((eb) =>
      eb.or([
        eb('table_name', '=', table),
        eb.and([eb('table_name', '>', `${table}/`), eb('table_name', '<', `${table}0`)]),
      ]),
    )
    .execute()
  return counts.reduce((sum, { rows }) => sum + rows, 0)
}

const extra = <Table extends IdTable>(
  eb: ExpressionBuilder<Schema, Table>,
  where: ListQuery<Table, never>['where'],
): Expression<SqlBool>[] => (where ? [where(eb)] : [])

const columnRef = (
  table: string,
  { column, lower }: { column: string; lower?: true },
): RawBuilder<unknown> => {
  const ref = sql.ref(`${table}.${column}`)
  return lower ? sql`lower(${ref})` : sql`${ref}`
}

function condition<Table extends IdTable>(
  table: Table,
  filter: FilterColumn<Table>,
  text: string,
): RawBuilder<SqlBool> {
  const match = filter.exact
    ? { equals: text }
    : matchOf(text, filter.fold ?? (filter.lower ? lowerAscii : (same) => same))
  const column = columnRef(table, filter)
  return 'equals' in match
    ? sql`${column} = ${match.equals}`
    : sql`${column} like ${match.like} escape '\\'`
}

interface By<Table extends IdTable> {
  readonly sort: SortColumn<Table>
  readonly down: boolean
}

export const unknownSort = (name: string): string =>
  `sort field ${quote(name)} is not known and was ignored`

/** The order that was asked for, and the same from its end. */
function orderOf<Table extends IdTable, Filter extends string>(
  { table, sort: known, order }: Listing<Table, Filter>,
  sort: string | undefined,
  messages: string[],
): {
  readonly forth: readonly RawBuilder<unknown>[]
  readonly back: readonly RawBuilder<unknown>[]
} {
  const read = (text: string): By<Table>[] =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .flatMap((part) => {
        const name = part.replace(/^-/, '')
        const column = Object.hasOwn(known, name) ? known[name] : undefined
        if (!column) messages.push(unknownSort(name))
        return column ? [{ sort: column, down: part.startsWith('-') }] : []
      })
  const asked = read(sort ?? '')
  const chosen = asked.length > 0 ? asked : read(order)
  const isUnique = chosen.some(({ sort: column }) => column.unique)
  const towards = (turned: boolean) => {
    const by = chosen.map(({ sort: column, down }) => {
      const downwards = down !== turned
      // The databases disagree on where null stands.
      const nulls = column.nullable ? (downwards ? sql` nulls last` : sql` nulls first`) : sql``
      return sql`${columnRef(table, column)} ${direction(downwards)}${nulls}`
    })
    if (isUnique) return by
    // Downwards with the last one, so that the index can be read from its end.
    const last = chosen.at(-1)?.down ?? false
    return [...by, sql`${sql.ref(`${table}.id`)} ${direction(last !== turned)}`]
  }
  return { forth: towards(false), back: towards(true) }
}

const direction = (down: boolean): RawBuilder<unknown> => (down ? sql`desc` : sql`asc`)
