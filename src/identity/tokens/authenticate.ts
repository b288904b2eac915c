import type { KeyObject } from 'node:crypto'
import type { Caller, Services } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import { type Claims, verifyToken } from './jwt.ts'
import { isDisabled, type Principal } from './principals.ts'
import * as store from './store.ts'

interface Known {
  readonly claims: Claims
  readonly caller: Caller
  readonly authority: number
  readonly userExpiresAt: string | null
}

const MAX_REMEMBERED = 20_000

/**
 * Finds the caller behind an access token. A token's signature is checked once; after that it is found by its text
 * and trusted as long as it lasts and nobody's rights have changed. After a change its session, user and groups are
 * read again, so that revoked, disabled or removed counts from the next request on (L5, P11).
 */
export function createAuthenticator(
  services: Services,
  keyFor: (kid: string) => KeyObject | undefined,
  refreshKeys: () => Promise<void>,
  principalOf: (userId: string) => Promise<Principal | undefined>,
  maxRemembered = MAX_REMEMBERED,
) {
  const remembered = new Map<string, Known>()

  return async (token: string): Promise<Caller> => {
    const now = services.now()
    const nowSeconds = now.getTime() / 1000
    const known = remembered.get(token)
    const authority = services.store.authority()
    if (known && known.authority === authority && nowSeconds < known.claims.exp) {
      if (known.userExpiresAt === null || known.userExpiresAt > timeText(now)) return known.caller
    }
    remembered.delete(token)
    const claims = await read(token, nowSeconds)
    const { caller, userExpiresAt } = await callerOf(claims, now)
    if (remembered.size >= maxRemembered) {
      const oldest = remembered.keys().next()
      if (!oldest.done) remembered.delete(oldest.value)
    }
    remembered.set(token, { claims, caller, authority, userExpiresAt })
    return caller
  }

  async function read(token: string, nowSeconds: number): Promise<Claims> {
    let unknownKey = false
    const lookup = (kid: string) => {
      const key = keyFor(kid)
      unknownKey = key === undefined
      return key
    }
    try {
      return verifyToken(token, lookup, nowSeconds)
    } catch (error) {
      if (!unknownKey) throw error
      // Another node may have begun to sign with a newer key.
      await refreshKeys()
      return verifyToken(token, keyFor, nowSeconds)
    }
  }

  async function callerOf(
    claims: Claims,
    now: Date,
  ): Promise<{ caller: Caller; userExpiresAt: string | null }> {
    const userId = claims.sub.replace(/^local\|/, '')
    const principal = await principalOf(userId)
    if (!principal || isDisabled(principal)) throw new Fault('unauthenticated', 'Invalid token')
    const { user, groups } = principal
    if (user.expires_at !== null && user.expires_at <= timeText(now))
      throw new Fault('unauthenticated', 'Invalid token')
    const session = await store.ofSession(services.store.read, claims.cust.sid)
    const alive = session.find(
      (row) =>
        row.revoked_at === null &&
        row.session_epoch === user.session_epoch &&
        row.user_id === userId,
    )
    if (!alive) throw new Fault('unauthenticated', 'Token has been revoked')
    const caller: Caller = {
      userId,
      username: user.username,
      domain: alive.domain_id,
      groups,
      sessionId: claims.cust.sid,
      clientId: alive.client_id,
    }
    return { caller, userExpiresAt: user.expires_at }
  }
}
