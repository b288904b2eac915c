/** The statements that the store itself writes, the same for both databases but for the sign of a parameter. */
export type Dialect = 'sqlite' | 'postgres'

const sign = (dialect: Dialect, at: number): string => (dialect === 'sqlite' ? '?' : `$${at + 1}`)
const quoted = (name: string): string => `"${name}"`

export const insertSql = (dialect: Dialect, table: string, columns: readonly string[]): string =>
  `insert into ${quoted(table)} (${columns.map(quoted).join(', ')}) values (${columns
    .map((_, at) => sign(dialect, at))
    .join(', ')})`

const conditions = (dialect: Dialect, columns: readonly string[], from: number): string =>
  columns.map((column, at) => `${quoted(column)} = ${sign(dialect, from + at)}`).join(' and ')

export const updateSql = (
  dialect: Dialect,
  table: string,
  set: readonly string[],
  where: readonly string[],
): string =>
  `update ${quoted(table)} set ${set
    .map((column, at) => `${quoted(column)} = ${sign(dialect, at)}`)
    .join(', ')} where ${conditions(dialect, where, set.length)}`

export const deleteSql = (dialect: Dialect, table: string, where: readonly string[]): string =>
  `delete from ${quoted(table)} where ${conditions(dialect, where, 0)}`

export const countSql = (dialect: Dialect): string =>
  `${insertSql(dialect, 'counts', ['domain_id', 'table_name', 'rows'])} on conflict ("domain_id", "table_name") do update set "rows" = "counts"."rows" + excluded."rows"`

export const generationSql = (dialect: Dialect): string =>
  `${insertSql(dialect, 'generations', ['topic', 'value'])} on conflict ("topic") do update set "value" = "generations"."value" + 1`
