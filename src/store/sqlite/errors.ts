import type { ErrorClass } from '../batch.ts'

/** What an error of SQLite means: https://www.sqlite.org/rescode.html */
const SQLITE = {
  CONSTRAINT_PRIMARYKEY: 1555,
  CONSTRAINT_UNIQUE: 2067,
  BUSY: 5,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const

const extended = (error: unknown): number => {
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' ? code : 0
}
const primary = (error: unknown): number => extended(error) & 0xff

export const isDamage = (error: unknown): boolean =>
  primary(error) === SQLITE.CORRUPT || primary(error) === SQLITE.NOTADB

/** SQLite, or the file system below it, has no room. */
export const isDiskFull = (error: unknown): boolean =>
  primary(error) === SQLITE.FULL || (error as { code?: unknown }).code === 'ENOSPC'

export function classifySqlite(error: unknown): ErrorClass {
  const code = extended(error)
  if (code === SQLITE.CONSTRAINT_UNIQUE || code === SQLITE.CONSTRAINT_PRIMARYKEY) return 'duplicate'
  switch (primary(error)) {
    case SQLITE.FULL:
    case SQLITE.IOERR:
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
    case SQLITE.CANTOPEN:
    case SQLITE.BUSY:
      return 'fatal'
    default:
      return 'refused'
  }
}
