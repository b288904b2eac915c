import { type ColumnDataType, type Kysely, type RawBuilder, SqliteAdapter, sql } from 'kysely'

type Type = 'text' | 'integer' | 'bytes'
/** A question mark: may be null. */
type Columns = Readonly<Record<string, Type | `${Type}?`>>

export type Tables = Readonly<Record<string, { key: readonly string[]; columns: Columns }>>
export type Indexes<Table extends string> = readonly [table: Table, columns: readonly string[]][]

/** Text orders by its bytes on both databases, whatever language the operating system speaks. */
const POSTGRES = {
  text: sql`text collate "C"`,
  integer: 'bigint',
  bytes: 'bytea',
} satisfies Record<Type, ColumnDataType | RawBuilder<unknown>>

const SQLITE = { text: 'text', integer: 'integer', bytes: 'blob' } satisfies Record<
  Type,
  ColumnDataType
>

/** What every sealed table ends with. */
export const sealed = { version: 'integer', seal: 'bytes' } satisfies Columns

/** Makes tables with their indexes, the same on both databases. Released migrations stand on it: what it makes never changes. */
export async function makeTables<Table extends string>(
  db: Kysely<unknown>,
  { tables, unique, indexes }: { tables: Tables; unique: Indexes<Table>; indexes: Indexes<Table> },
): Promise<void> {
  const postgres = !(db.getExecutor().adapter instanceof SqliteAdapter)
  for (const [name, { key, columns }] of Object.entries(tables)) {
    let table = db.schema.createTable(name)
    for (const [column, given] of Object.entries<string>(columns)) {
      const type = given.replace('?', '') as Type
      table = table.addColumn(column, postgres ? POSTGRES[type] : SQLITE[type], (definition) =>
        given.endsWith('?') ? definition : definition.notNull(),
      )
    }
    await table.addPrimaryKeyConstraint(`${name}_key`, [...key] as never[]).execute()
  }
  for (const [table, columns] of unique)
    await db.schema
      .createIndex(`${table}_${columns.at(-1)}_unique`)
      .unique()
      .on(table)
      .columns([...columns])
      .execute()
  for (const [table, columns] of indexes) {
    const name = columns.filter((column) => !/^(domain_|ca_)?id$/.test(column))
    await db.schema
      .createIndex(`${table}_by_${name.join('_').replace(/\W+/g, '_')}`)
      .on(table)
      .expression(sql.join(columns.map(indexed)))
      .execute()
  }
}

const indexed = (column: string): RawBuilder<unknown> =>
  column === 'lower(name)'
    ? sql`lower(${sql.ref('name')})`
    : (sql.ref(column) as RawBuilder<unknown>)
