import { type KeyObject, sign, verify } from 'node:crypto'
import { Fault } from '../../kit/fault.ts'

export const TOKEN_SECONDS = 300
export const ISSUER = 'kylo'

/** The claims of an access token (reference 2.2). */
export interface Claims {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly acc: string
  readonly preferred_username: string
  readonly cust: {
    readonly client_type: 'unregistered'
    readonly domain_id: string
    readonly groups: readonly string[]
    readonly sid: string
    readonly zone_id: string
  }
  readonly jwtid: string
  readonly iat: number
  readonly exp: number
}

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
}

/**
 * Signs with ES256 (RFC 7515, RFC 7518 section 3.4). The signature's s is the lower of its two values: together with
 * the strict reading below, one token has one text.
 */
export function signToken(claims: Claims, { kid, privateKey }: SigningKey): string {
  const head = base64url(JSON.stringify({ alg: 'ES256', typ: 'JWT', kid }))
  const text = `${head}.${base64url(JSON.stringify(claims))}`
  const signature = sign('sha256', Buffer.from(text), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  })
  return `${text}.${withLowS(signature).toString('base64url')}`
}

const base64url = (text: string): string => Buffer.from(text).toString('base64url')

/**
 * The claims of a token that this server signed and that has not ended. Only ES256 with one of our keys is read: no
 * other algorithm, no key that the token brings along, no critical extensions, no second spelling of its parts.
 */
export function verifyToken(
  token: string,
  keyFor: (kid: string) => KeyObject | undefined,
  nowSeconds: number,
): Claims {
  if (token.length > MAX_TOKEN_CHARACTERS) throw malformed()
  const parts = token.split('.')
  const [headText, claimsText, signatureText] = parts
  if (parts.length !== 3 || !headText || !claimsText || !signatureText) throw malformed()
  const head = json(strictBase64url(headText)) as Record<string, unknown>
  if (head['alg'] !== 'ES256' || head['typ'] !== 'JWT' || typeof head['kid'] !== 'string')
    throw malformed()
  if (Object.keys(head).length !== 3) throw malformed()
  const key = keyFor(head['kid'])
  if (!key) throw malformed()
  const signature = strictBase64url(signatureText)
  if (signature.length !== 64 || !hasLowS(signature)) throw malformed()
  const signed = Buffer.from(`${headText}.${claimsText}`)
  if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)) throw malformed()
  const claims = json(strictBase64url(claimsText)) as Claims
  if (claims.iss !== ISSUER || typeof claims.exp !== 'number' || typeof claims.iat !== 'number')
    throw malformed()
  if (typeof claims.sub !== 'string' || typeof claims.cust?.sid !== 'string') throw malformed()
  if (nowSeconds >= claims.exp)
    throw new Fault(
      'unauthenticated',
      `Bearer token malformed: Token is expired by ${Math.max(1, Math.floor(nowSeconds - claims.exp))}s`,
    )
  // A token from the future was signed by a clock that has been set back since: not ours to trust.
  if (claims.iat > nowSeconds + CLOCK_SKEW_SECONDS) throw malformed()
  return claims
}

const MAX_TOKEN_CHARACTERS = 8192
const CLOCK_SKEW_SECONDS = 60

const malformed = (): Fault => new Fault('unauthenticated', 'Invalid token')

function strictBase64url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw malformed()
  return bytes
}

function json(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Falls through to the one answer for all that is wrong with a token.
  }
  throw malformed()
}

/** The order of P-256's base point (SEC 2, 2.4.2). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const HALF_ORDER = Buffer.from((P256_ORDER >> 1n).toString(16).padStart(64, '0'), 'hex')

const hasLowS = (signature: Buffer): boolean => signature.subarray(32).compare(HALF_ORDER) <= 0

function withLowS(signature: Buffer): Buffer {
  if (hasLowS(signature)) return signature
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
  const low = Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex')
  return Buffer.concat([signature.subarray(0, 32), low])
}
