import type { Context } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound } from '../../kit/fault.ts'
import { SESSION_COOKIE } from '../../kit/session-cookie.ts'
import { timeText, wireTime } from '../../kit/time.ts'
import { pageFrom } from '../../kit/wire.ts'
import type { DataKeyRow, RefreshTokenRow } from '../../store/schema.ts'
import { userIdFromPath } from '../names.ts'
import type { tokens } from './contract.ts'
import { createGrants } from './grants.ts'
import { hashRefreshToken } from './issue.ts'
import { ISSUER } from './jwt.ts'
import type { TokenServices } from './refresh.ts'
import { endSession } from './sessions.ts'
import * as store from './store.ts'

const TOKENS = 'auth:tokens'

export function tokenHandlers(services: TokenServices): Handlers<Context, typeof tokens> {
  const { keys } = services
  const byGrant = createGrants(services)
  return {
    async create(context, { body }) {
      const answer = await byGrant(context, body)
      if (body.cookies === true)
        context.header(
          'set-cookie',
          `${SESSION_COOKIE}=${answer.jwt}; Path=/api; Max-Age=${answer.duration}; Secure; HttpOnly; SameSite=Strict`,
        )
      return answer
    },

    async list(context, { query }) {
      const { expired, revoked, labels, user_id, ...page } = query
      const { rows, total, messages } = await store.page(
        context.read,
        context.caller.domain,
        page,
        {
          users: [
            ...(context.may('ReadToken', TOKENS) ? [] : [context.caller.userId]),
            ...(user_id === undefined ? [] : [await userIdOf(context, user_id)]),
          ],
          now: timeText(context.now()),
          expired,
          revoked,
          labels: labels ?? [],
        },
      )
      for (const message of messages) context.say(message)
      return { skip: page.skip, limit: page.limit, total, resources: rows.map(present) }
    },

    async get(context, { params }) {
      return present(await visible(context, params.id))
    },

    async delete(context, { params }) {
      const row = await visible(context, params.id)
      if (row.user_id !== context.caller.userId) context.authorize('DeleteToken', TOKENS)
      await endSession(context, row.session_id)
    },

    async revoke(context, { body }) {
      const row = await store.findByHash(
        context.read,
        hashRefreshToken(context.services, body.refresh_token),
      )
      const own = row !== undefined && row.user_id === context.caller.userId
      const fits = body.client_id === undefined || row?.client_id === body.client_id
      if (!row || !own || !fits) throw new Fault('not-found', 'the refresh token was not found')
      await endSession(context, row.session_id)
    },

    async logout(context) {
      await endSession(context, context.caller.sessionId)
      context.header(
        'set-cookie',
        `${SESSION_COOKIE}=; Path=/api; Max-Age=0; Secure; HttpOnly; SameSite=Strict`,
      )
    },

    async jwks() {
      await keys.recent()
      return { keys: keys.jwks() }
    },

    async authKeys(_context, { query }) {
      await keys.recent()
      return pageFrom(keys.list().map(presentKey), query)
    },

    async rotateAuthKey(context) {
      return presentKey(await keys.rotate(context.transact))
    },
  }
}

async function visible(context: Context, id: string): Promise<RefreshTokenRow> {
  const row = await store.findById(context.read, id)
  const own = row?.user_id === context.caller.userId
  if (!row || row.domain_id !== context.caller.domain || !(own || context.may('ReadToken', TOKENS)))
    throw notFound('token', id)
  return row
}

/** The UUID behind a user id in a filter; one that names nobody matches nothing. */
async function userIdOf({ caller, read }: Context, text: string): Promise<string> {
  const user = userIdFromPath(text)
  if (user.kind === 'self') return caller.userId
  if (user.kind === 'id') return user.id
  const row = await read
    .selectFrom('users')
    .select('id')
    .where('domain_id', '=', ROOT_DOMAIN)
    .where('username_key', '=', user.key)
    .executeTakeFirst()
  return row?.id ?? ''
}

const presentKey = (row: DataKeyRow) => ({
  id: row.id,
  alg: 'ES256',
  created_at: wireTime(row.created_at),
  active: row.retired_at === null,
})

const present = (row: RefreshTokenRow) => ({
  id: row.id,
  created_at: wireTime(row.created_at),
  updated_at: wireTime(row.updated_at),
  user_id: `local|${row.user_id}`,
  client_id: row.client_id,
  labels: JSON.parse(row.labels) as string[],
  expires_at: row.expires_at === null ? null : wireTime(row.expires_at),
  last_used_at: wireTime(row.last_used_at),
  revoked_at: row.revoked_at === null ? null : wireTime(row.revoked_at),
  issuer: ISSUER,
})
