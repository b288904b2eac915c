import { chainIn } from '../../ca/index.ts'
import type { Context } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp, timeText } from '../../kit/time.ts'
import type { RefreshTokenRow } from '../../store/schema.ts'
import { sealUse } from '../../store/sealing.ts'
import { checkCertificates, type SignInTrust } from './certificate-check.ts'
import type { TokenRequest } from './contract.ts'
import { hashRefreshToken, newRefreshToken, tokenAnswer } from './issue.ts'
import type { SigningKey } from './jwt.ts'
import type { TokenKeys } from './keys.ts'
import { isRoot } from './password-check.ts'
import { isDisabled, type Principal } from './principals.ts'
import { endSession } from './sessions.ts'
import * as store from './store.ts'

/** What the grants stand on. */
export interface TokenServices {
  readonly keys: TokenKeys
  readonly principalOf: (userId: string) => Promise<Principal | undefined>
  readonly trust: SignInTrust
}

/** The grant that exchanges a refresh token. */
export function refreshGrant({ keys, principalOf, trust }: TokenServices) {
  return byRefreshToken

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
    // A session that a certificate opened goes on only as long as that certificate would open it again.
    if (row.certificates !== null) {
      const shown = await checkCertificates(context, trust, chainIn(row.certificates))
      if (shown.user?.id !== user.id) throw refused('Token has been revoked')
    }

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
        certificates: row.certificates,
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

function unusedTooLong(
  { revoke_unused_seconds, last_used_at }: RefreshTokenRow,
  now: Date,
): boolean {
  if (revoke_unused_seconds === null) return false
  return now.getTime() - Date.parse(last_used_at) > revoke_unused_seconds * 1000
}
