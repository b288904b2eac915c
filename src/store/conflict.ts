import type { ErrorClass } from './batch.ts'

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

/** The SQLSTATE of PostgreSQL; undefined when the error came from elsewhere, such as a lost connection. */
export const sqlState = (error: unknown): string | undefined => {
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && severity !== undefined
    ? code
    : undefined
}

/** https://www.postgresql.org/docs/15/errcodes-appendix.html */
export function classifyPostgres(error: unknown): ErrorClass {
  const state = sqlState(error)
  if (state === '23505') return 'duplicate'
  // Serialization failure, deadlock, and a row lock that others held for too long.
  if (state === '40001' || state === '40P01' || state === '55P03') return 'again'
  return state !== undefined && /^(2[1-3]|42)/.test(state) ? 'refused' : 'fatal'
}
