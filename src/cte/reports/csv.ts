type Value = string | number | boolean

/** What spreadsheets take for a formula when a cell begins with it. */
const FORMULA = /^[=+\-@\t\r]/

/** RFC 4180, with the names of the columns first. A name that somebody chose never becomes a formula of whoever opens the file. */
export function csvOf(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, Value>>[],
): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))]
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('')
}

function cell(value: Value): string {
  if (typeof value !== 'string') return String(value)
  const safe = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
