import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notBuilt, notFound } from '../../kit/fault.ts'
import { SESSION_COOKIE } from '../../kit/session-cookie.ts'
import { stamp, timeText, wireTime } from '../../kit/time.ts'
import { pageFrom } from '../../kit/wire.ts'
import type { DataKeyRow, PasswordPolicyRow, RefreshTokenRow, UserRow } from '../../store/schema.ts'
import { sealUse } from '../../store/sealing.ts'
import { userIdFromPath } from '../names.ts'
import { effectivePolicy } from '../password-policies/store.ts'
import { isExpiredPassword } from '../password-rules.ts'
import type { TokenRequest, tokens } from './contract.ts'
import { hashRefreshToken, newRefreshToken, tokenAnswer } from './issue.ts'
import { ISSUER, type SigningKey } from './jwt.ts'
import type { TokenKeys } from './keys.ts'
import { isAdmin, isRoot, withPassword } from './password-check.ts'
import { isDisabled, type Principal } from './principals.ts'
import * as store from './store.ts'

/** Labels of a sign-in by the web console, which `login_flags.prevent_ui_login` forbids. */
const UI_LABEL = 'web-ui'

const TOKENS = 'auth:tokens'

export interface TokenServices {
  readonly keys: TokenKeys
  readonly principalOf: (userId: string) => Promise<Principal | undefined>
}

export function tokenHandlers({
  keys,
  principalOf,
}: TokenServices): Handlers<Context, typeof tokens> {
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
      await keys.refresh()
      return { keys: keys.jwks() }
    },

    async authKeys(_context, { query }) {
      await keys.refresh()
      return pageFrom(keys.list().map(presentKey), query)
    },

    async rotateAuthKey(context) {
      return presentKey(await keys.rotate(context.transact))
    },
  }

  function byGrant(context: Context, body: TokenRequest) {
    const grant =
      body.grant_type ?? (body.refresh_token === undefined ? 'password' : 'refresh_token')
    switch (grant) {
      case 'password':
        return byPassword(context, body)
      case 'refresh_token':
        return byRefreshToken(context, body)
      case 'client_credential':
        // There are no registered clients yet, so every client is unknown.
        throw new Fault('unauthenticated', 'Invalid Client')
      case 'user_certificate':
        throw notBuilt('Sign-in by certificate')
      default:
        throw new Fault(
          'invalid',
          'Validation errors:\n grant_type: is not a grant type of this server',
        )
    }
  }

  async function byPassword(context: Context, body: TokenRequest) {
    const username = body.username ?? body.name
    if (username === undefined)
      throw new Fault('invalid', 'Validation errors:\n username: is required')
    if (body.connection !== undefined && body.connection !== 'local_account')
      throw notBuilt('Sign-in through an identity connection')
    if (body.client_id !== undefined) throw new Fault('unauthenticated', 'Invalid Client')
    const labels = body.labels ?? []
    const elsewhere =
      !isRoot(body.domain) ||
      (body.auth_domain_path === undefined
        ? !isRoot(body.auth_domain)
        : body.auth_domain_path !== '/')
    const mayUsePassword = (principal: Principal) =>
      (isAdmin(principal) ||
        (includes(principal.user.allowed_auth_methods, 'password') &&
          includes(principal.user.allowed_client_types, 'unregistered'))) &&
      !(principal.user.prevent_ui_login === 1 && labels.includes(UI_LABEL))
    const attempt = { username, password: body.password ?? '', elsewhere }
    return withPassword(
      context,
      attempt,
      principalOf,
      mayUsePassword,
      async ({ user, groups, settle }) => {
        const policy = await effectivePolicy(context.read, user)
        const due = mustChange(user, policy, context.now())
        if (due !== undefined) throw new Fault('unauthenticated', due)
        const { text, row } = newRefreshToken(
          context.services,
          user,
          { sessionId: randomUUID(), clientId: randomUUID(), domain: ROOT_DOMAIN },
          {
            lifetimeMinutes: body.refresh_token_lifetime ?? 0,
            unusedMinutes: body.refresh_token_revoke_unused_in ?? 0,
            labels,
          },
        )
        context.note({
          username: user.username,
          user_id: `local|${user.id}`,
          session_id: row.session_id,
        })
        const key = await keys.signing()
        await context.transact(async (tx) => {
          await settle(tx)
          tx.insert('refresh_tokens', row)
          tx.count(row.domain_id, 'refresh_tokens', 1)
        })
        return tokenAnswer(context.services, key, user, groups, row, text)
      },
    )
  }

  async function byRefreshToken(context: Context, body: TokenRequest) {
    const { services } = context
    const refused = (sentence: string) => new Fault('unauthenticated', sentence)
    const text = body.refresh_token
    const row = text && (await store.findByHash(context.read, hashRefreshToken(services, text)))
    if (!text || !row) throw refused('Invalid token')
    const principal = await principalOf(row.user_id)
    if (!principal || isDisabled(principal)) throw refused('Invalid token')
    const { user, groups } = principal
    context.note({
      username: user.username,
      user_id: `local|${user.id}`,
      session_id: row.session_id,
    })
    const now = context.now()
    if (row.revoked_at !== null) {
      // A token that a renewal replaced was copied, or its owner was: whoever shows it, the session ends (L6).
      if (row.replaced === 1) {
        context.refuse('Token has been revoked')
        await endSession(context, row.session_id)
      }
      throw refused('Token has been revoked')
    }
    if (row.session_epoch !== user.session_epoch) throw refused('Token has been revoked')
    if (row.expires_at !== null && row.expires_at <= timeText(now))
      throw refused('Token has been revoked')
    if (unusedTooLong(row, now)) throw refused('Token has been revoked')
    if (user.expires_at !== null && user.expires_at <= timeText(now)) throw refused('Invalid token')
    if (!isRoot(body.domain)) throw refused('Invalid token')
    if (body.client_id !== undefined && body.client_id !== row.client_id)
      throw refused('Invalid Client')

    const key = await keys.signing()
    if (body.renew_refresh_token === true) return renew(context, body, row, principal, key)
    await context.transact((tx) => {
      const time = stamp(now)
      tx.set(
        'refresh_tokens',
        { last_used_at: time, use_seal: sealUse(services.envelope.rowKey, row.id, time) },
        { id: row.id, version: row.version },
        { rows: 1, otherwise: refused('Token has been revoked') },
      )
    })
    return tokenAnswer(services, key, user, groups, row, text)
  }

  /** Of several renewals at once one wins: the others find the row changed, and are refused. */
  async function renew(
    context: Context,
    body: TokenRequest,
    row: RefreshTokenRow,
    { user, groups }: Principal,
    key: SigningKey,
  ) {
    const fresh = newRefreshToken(
      context.services,
      user,
      { sessionId: row.session_id, clientId: row.client_id, domain: row.domain_id },
      {
        lifetimeMinutes: body.refresh_token_lifetime ?? 0,
        unusedMinutes: body.refresh_token_revoke_unused_in ?? (row.revoke_unused_seconds ?? 0) / 60,
        labels: body.labels ?? (JSON.parse(row.labels) as string[]),
      },
    )
    // A renewal may not outlive the limit that was set at sign-in, unless the request sets one.
    if (body.refresh_token_lifetime === undefined) fresh.row.expires_at = row.expires_at
    await context.transact((tx) => {
      const time = stamp(context.now())
      tx.update(
        'refresh_tokens',
        row,
        { revoked_at: time, replaced: 1, updated_at: time },
        { otherwise: new Fault('unauthenticated', 'Token has been revoked') },
      )
      tx.insert('refresh_tokens', fresh.row)
      tx.count(row.domain_id, 'refresh_tokens', 1)
      tx.changesAuthority()
    })
    return tokenAnswer(context.services, key, user, groups, fresh.row, fresh.text)
  }
}

/** Why this user must first choose a new password; the only call that lets him is PATCH /auth/changepw. */
function mustChange(user: UserRow, policy: PasswordPolicyRow, now: Date): string | undefined {
  if (user.password_change_required === 1)
    return 'The password must be changed before signing in: PATCH /api/v1/auth/changepw'
  if (isExpiredPassword(user, policy, now))
    return 'The password has expired and must be changed: PATCH /api/v1/auth/changepw'
  return undefined
}

/** Revokes the session's refresh tokens; its access tokens end with them. */
async function endSession(context: Context, sessionId: string): Promise<void> {
  await context.transact(async (tx) => {
    const time = stamp(context.now())
    for (const row of await store.ofSession(context.read, sessionId))
      if (row.revoked_at === null)
        tx.update('refresh_tokens', row, { revoked_at: time, updated_at: time })
    tx.changesAuthority()
  })
}

function unusedTooLong(
  { revoke_unused_seconds, last_used_at }: RefreshTokenRow,
  now: Date,
): boolean {
  if (revoke_unused_seconds === null) return false
  return now.getTime() - Date.parse(last_used_at) > revoke_unused_seconds * 1000
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

const includes = (commaList: string, item: string): boolean => commaList.split(',').includes(item)

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
