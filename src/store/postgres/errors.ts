import type { ErrorClass } from '../batch.ts'

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
