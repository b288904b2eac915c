/** The statements that the store itself writes, the same for both databases but for the sign of a parameter. */
export type Dialect = 'sqlite' | 'postgres'

/** Texts by what they are made of. Names of tables and columns are the code's own, so there are only so many. */
const made = new Map<string, string>()

function once(key: string, make: () => string): string {
  const known = made.get(key)
  if (known !== undefined) return known
  const text = make()
  made.set(key, text)
  return text
}

const sign = (dialect: Dialect, at: number): string => (dialect === 'sqlite' ? '?' : `$${at + 1}`)
const quoted = (name: string): string => `"${name}"`

export const insertSql = (dialect: Dialect, table: string, columns: readonly string[]): string =>
  once(
    `insert ${dialect} ${table} ${columns}`,
    () =>
      `insert into ${quoted(table)} (${columns.map(quoted).join(', ')}) values (${columns
        .map((_, at) => sign(dialect, at))
        .join(', ')})`,
  )

export const selectSql = (dialect: Dialect, table: string, where: readonly string[]): string =>
  once(
    `select ${dialect} ${table} ${where}`,
    () => `select * from ${quoted(table)} where ${conditions(dialect, where, 0)}`,
  )

export const lastSql = (
  dialect: Dialect,
  table: string,
  where: readonly string[],
  by: string,
): string =>
  once(
    `last ${dialect} ${table} ${where} ${by}`,
    () => `${selectSql(dialect, table, where)} order by ${quoted(by)} desc limit 1`,
  )

/** Two parameters: the domain, and the ids as `idsParameter` has them. However many they are, the text is the same. */
export const byIdSql = (dialect: Dialect, table: string): string =>
  once(`by id ${dialect} ${table}`, () =>
    dialect === 'sqlite'
      ? // The sign keeps SQLite, which has no statistics, from reading the whole domain by another index.
        `select * from ${quoted(table)} where +"domain_id" = ? and "id" in (select value from json_each(?))`
      : `select * from ${quoted(table)} where "domain_id" = $1 and "id" = any($2)`,
  )

export const idsParameter = (dialect: Dialect, ids: readonly string[]): unknown =>
  dialect === 'sqlite' ? JSON.stringify(ids) : ids

const conditions = (dialect: Dialect, columns: readonly string[], from: number): string =>
  columns.map((column, at) => `${quoted(column)} = ${sign(dialect, from + at)}`).join(' and ')

export const updateSql = (
  dialect: Dialect,
  table: string,
  set: readonly string[],
  where: readonly string[],
): string =>
  once(
    `update ${dialect} ${table} ${set} ${where}`,
    () =>
      `update ${quoted(table)} set ${set
        .map((column, at) => `${quoted(column)} = ${sign(dialect, at)}`)
        .join(', ')} where ${conditions(dialect, where, set.length)}`,
  )

export const deleteSql = (dialect: Dialect, table: string, where: readonly string[]): string =>
  once(
    `delete ${dialect} ${table} ${where}`,
    () => `delete from ${quoted(table)} where ${conditions(dialect, where, 0)}`,
  )

export const countSql = (dialect: Dialect): string =>
  `${insertSql(dialect, 'counts', ['domain_id', 'table_name', 'rows'])} on conflict ("domain_id", "table_name") do update set "rows" = "counts"."rows" + excluded."rows"`

export const generationSql = (dialect: Dialect): string =>
  `${insertSql(dialect, 'generations', ['topic', 'value'])} on conflict ("topic") do update set "value" = "generations"."value" + 1`
