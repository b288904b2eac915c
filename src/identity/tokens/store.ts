import { type Expression, type SqlBool, sql } from 'kysely'
import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import type { RefreshTokenRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

export const findByHash = (db: Reader, tokenHash: string): Promise<RefreshTokenRow | undefined> =>
  db.row('refresh_tokens', { token_hash: tokenHash })

export const findById = (db: Reader, id: string): Promise<RefreshTokenRow | undefined> =>
  db.row('refresh_tokens', { id })

export const ofSession = (db: Reader, sessionId: string): Promise<RefreshTokenRow[]> =>
  db.rows('refresh_tokens', { session_id: sessionId })

const tokenList = listing({
  table: 'refresh_tokens',
  sort: {
    created_at: { column: 'created_at' },
    updated_at: { column: 'updated_at' },
    expires_at: { column: 'expires_at', nullable: true },
  },
  filters: {},
  order: 'created_at',
})

export interface TokenFilter {
  /** The row's user must be every one of these: the caller, where he sees no others, and the one asked for. */
  readonly users: readonly string[]
  readonly now: string
  readonly expired: boolean | undefined
  readonly revoked: boolean | undefined
  /** All of them. */
  readonly labels: readonly string[]
}

export const page = (
  db: Reader,
  domain: string,
  page: Page,
  { users, now, expired, revoked, labels }: TokenFilter,
): Promise<Listed<RefreshTokenRow>> => {
  const filtered =
    users.length > 0 || expired !== undefined || revoked !== undefined || labels.length > 0
  return list(db, tokenList, {
    domain,
    page,
    where: filtered
      ? (eb) =>
          eb.and([
            ...users.map((user) => eb('user_id', '=', user)),
            ...labels.map((label) => labelled(eb.ref('labels'), label)),
            ...(revoked === undefined ? [] : [eb('revoked_at', revoked ? 'is not' : 'is', null)]),
            ...(expired === true ? [eb('expires_at', '<=', now)] : []),
            ...(expired === false
              ? [eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)])]
              : []),
          ])
      : undefined,
  })
}

/**
 * The column holds a JSON list of texts. Inside a text every quote is escaped, so a quote behind `[` or `,` always
 * begins an element, and no part of another label can pass for this one.
 */
function labelled(labels: Expression<unknown>, label: string): Expression<SqlBool> {
  const element = literally(JSON.stringify(label))
  return sql<SqlBool>`(${labels} like ${`[${element}%`} escape '\\' or ${labels} like ${`%,${element}%`} escape '\\')`
}

/** Text inside a LIKE pattern that stands for itself. */
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
