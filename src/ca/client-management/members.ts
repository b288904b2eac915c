import { type Expression, type SqlBool, sql } from 'kysely'
import { invalid } from '../../crypto/refuse.ts'

/**
 * Labels and metadata: free objects that lists can be asked for by their members. A column keeps each member on a line of
 * its own, as JSON writes it. JSON has no line ends in a line, so that a line that is found is a whole member, and no part
 * of another one.
 */
export type Members = Readonly<Record<string, unknown>>

const LONGEST = 65_536

/** As the column keeps it; null for none. */
export function storedMembers(field: string, members: Members | undefined): string | null {
  const lines = Object.entries(members ?? {}).map(([name, value]) => lineOf(name, value))
  if (lines.length === 0) return null
  const text = `\n${lines.join('\n')}\n`
  if (text.length > LONGEST) throw invalid(`${field}: is longer than ${LONGEST} characters`)
  return text
}

export const membersIn = (column: string | null): Record<string, unknown> =>
  JSON.parse(`{${(column ?? '').trim().replaceAll('\n', ',')}}`)

const lineOf = (name: string, value: unknown): string =>
  `${JSON.stringify(name)}:${JSON.stringify(value)}`

/**
 * What a filter asks for: a JSON object, or `name=value` pairs with commas in between. Undefined for what is neither: it
 * matches nothing, as a filter is never an error.
 */
export function membersAsked(text: string): Members | undefined {
  if (!text.trimStart().startsWith('{')) {
    const pairs = text.split(',').map((pair) => pair.trim().split(/=(.*)/s))
    return pairs.every(([name, value]) => name && value !== undefined)
      ? Object.fromEntries(pairs.map(([name = '', value]) => [name, value]))
      : undefined
  }
  try {
    return JSON.parse(text) as Members
  } catch {
    return undefined
  }
}

/** Whether the column holds all of these members. */
export const holds = (column: Expression<unknown>, members: Members): Expression<SqlBool>[] =>
  Object.entries(members).map(
    ([name, value]) =>
      sql<SqlBool>`${column} like ${`%\n${literally(lineOf(name, value))}\n%`} escape '\\'`,
  )

/** Text inside a LIKE pattern that stands for itself. */
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

/** The fields of a body that say something, for the record. */
export const changedIn = (body: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(body).filter((name) => body[name] !== undefined)
