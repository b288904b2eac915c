import { randomUUID } from 'node:crypto'
import type { Services } from '../../context.ts'
import { lettersAndDigits } from '../../crypto/letters-and-digits.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { stamp, timeText } from '../../kit/time.ts'
import type { RefreshTokenRow, Sealed, UserRow } from '../../store/schema.ts'
import { sealUse } from '../../store/sealing.ts'
import { type Claims, ISSUER, type SigningKey, signToken, TOKEN_SECONDS } from './jwt.ts'

export const randomRefreshToken = (): string => lettersAndDigits(64)

export const hashRefreshToken = ({ envelope }: Services, text: string): string =>
  envelope.fingerprint('refresh-token', text)

export interface Limits {
  readonly lifetimeMinutes: number
  readonly unusedMinutes: number
  readonly labels: readonly string[]
  /** Of the sign-in, where the session stands on them. */
  readonly certificates: string | null
}

/** A new refresh token: its text, for the caller alone, and the row that remembers it. */
export function newRefreshToken(
  services: Services,
  user: UserRow,
  session: { readonly sessionId: string; readonly clientId: string; readonly domain: string },
  limits: Limits,
): { text: string; row: Omit<RefreshTokenRow, keyof Sealed> } {
  const text = randomRefreshToken()
  const id = randomUUID()
  const now = services.now()
  const time = stamp(now)
  return {
    text,
    row: {
      id,
      domain_id: session.domain,
      user_id: user.id,
      session_id: session.sessionId,
      client_id: session.clientId,
      token_hash: hashRefreshToken(services, text),
      labels: JSON.stringify(limits.labels),
      session_epoch: user.session_epoch,
      created_at: time,
      updated_at: time,
      expires_at:
        limits.lifetimeMinutes > 0
          ? timeText(new Date(now.getTime() + limits.lifetimeMinutes * 60_000))
          : null,
      revoke_unused_seconds: limits.unusedMinutes > 0 ? limits.unusedMinutes * 60 : null,
      revoked_at: null,
      replaced: 0,
      certificates: limits.certificates,
      last_used_at: time,
      use_seal: sealUse(services.envelope.rowKey, id, time),
    },
  }
}

/** The answer to a token request (reference 2.1). */
export function tokenAnswer(
  services: Services,
  key: SigningKey,
  user: UserRow,
  groups: readonly string[],
  refresh: Pick<
    RefreshTokenRow,
    'id' | 'session_id' | 'client_id' | 'domain_id' | 'expires_at' | 'revoke_unused_seconds'
  >,
  refreshText: string,
) {
  const now = services.now()
  const issuedAt = Math.floor(now.getTime() / 1000)
  const claims: Claims = {
    iss: ISSUER,
    sub: `local|${user.id}`,
    aud: refresh.client_id,
    acc: refresh.domain_id === ROOT_DOMAIN ? ISSUER : `${ISSUER}/${refresh.domain_id}`,
    preferred_username: user.username,
    cust: {
      client_type: 'unregistered',
      domain_id: refresh.domain_id,
      groups,
      sid: refresh.session_id,
      zone_id: refresh.domain_id,
    },
    jwtid: randomUUID(),
    iat: issuedAt,
    exp: issuedAt + TOKEN_SECONDS,
  }
  const endsIn = secondsLeft(refresh, now)
  return {
    jwt: signToken(claims, key),
    duration: TOKEN_SECONDS,
    token_type: 'Bearer' as const,
    client_id: refresh.client_id,
    refresh_token_id: refresh.id,
    refresh_token: refreshText,
    ...(endsIn === undefined ? undefined : { refresh_token_expires_in: endsIn }),
  }
}

/** The nearer of the two limits, counted from a use right now. */
function secondsLeft(
  {
    expires_at,
    revoke_unused_seconds,
  }: Pick<RefreshTokenRow, 'expires_at' | 'revoke_unused_seconds'>,
  now: Date,
): number | undefined {
  const limits: number[] = []
  if (expires_at !== null) limits.push(Math.floor((Date.parse(expires_at) - now.getTime()) / 1000))
  // Used now: what is left has already begun to run (1799 of 30 minutes).
  if (revoke_unused_seconds !== null) limits.push(revoke_unused_seconds - 1)
  return limits.length === 0 ? undefined : Math.max(0, Math.min(...limits))
}
