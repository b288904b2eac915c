import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  CompactSign,
  createLocalJWKSet,
  exportJWK,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Claims,
  signToken,
  TOKEN_SECONDS,
  verifyToken,
} from '../../src/identity/tokens/jwt.ts'
import { inParallel, type Lab, openLab, pick } from './lab.ts'
import { random, report, scale, seed } from './promise.ts'

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** What an attacker knows: a genuine token, its refresh token, and the published keys. */
interface Known {
  readonly token: string
  readonly refreshToken: string
  readonly jwks: readonly JWK[]
  readonly own: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const decoded = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString())

const signedWith = async (key: KeyObject | Uint8Array, head: object, claims: unknown) =>
  new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'ES256', ...head })
    .sign(key)

/** Heads that some verifier or other has fallen for. */
const heads: readonly ((next: () => number, { jwks }: Known) => Record<string, unknown>)[] = [
  () => ({ alg: 'none' }),
  (next) => ({
    alg: pick(next, [
      'None',
      'NONE',
      'nOnE',
      '',
      null,
      'ES384',
      'ES256K',
      'RS256',
      'PS256',
      'EdDSA',
      'es256',
    ]),
  }),
  (_, { jwks }) => ({ jwk: jwks[0] }),
  () => ({ jku: 'https://127.0.0.1:1/jwks.json' }),
  () => ({ x5u: 'https://127.0.0.1:1/cert.pem', x5c: ['MIIB'], x5t: 'AAAA' }),
  (next) => ({
    kid: pick(next, [
      '../../../../dev/null',
      "' or '1'='1",
      "x' union select 'AA' --",
      '|cat /etc/passwd',
      '',
      '__proto__',
      'constructor',
      'toString',
      0,
      null,
      ['a'],
      {},
    ]),
  }),
  () => ({ kid: undefined }),
  () => ({ crit: ['exp'] }),
  () => ({ crit: ['b64'], b64: false }),
  () => ({ b64: false }),
  () => ({ b64: true }),
  () => ({ zip: 'DEF' }),
  (next) => ({ typ: pick(next, ['at+jwt', 'JOSE', 'refresh', 'JWE', 'jwt', undefined]) }),
  () => ({ cty: 'JWT' }),
]

const claimChanges: readonly ((next: () => number) => Record<string, unknown>)[] = [
  () => ({ iss: 'kylo2' }),
  () => ({ iss: ['kylo'] }),
  () => ({ iss: undefined }),
  () => ({ sub: 'local|00000000-0000-0000-0000-000000000000' }),
  () => ({ exp: 9_999_999_999 }),
  () => ({ exp: undefined }),
  () => ({ exp: 'never' }),
  () => ({ exp: Number.MAX_VALUE }),
  () => ({ nbf: 0, exp: 32_503_680_000 }),
  () => ({
    cust: {
      domain_id: 'x',
      groups: ['admin'],
      sid: 'x',
      client_type: 'unregistered',
      zone_id: 'x',
    },
  }),
  () => ({ cust: { groups: ['admin'] } }),
  (next) => ({ aud: pick(next, ['', 'other', ['a', 'b'], null]) }),
  () => ({ jwtid: 'another' }),
]

type Mutation = (known: Known, next: () => number) => string | Promise<string>

const partsOf = ({ token }: Known) => {
  const [head = '', claims = '', signature = ''] = token.split('.')
  return { head, claims, signature, headValue: decoded(head), claimsValue: decoded(claims) }
}
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** None of these may be accepted: each is another text than the token, or has another maker. */
const mutations: Readonly<Record<string, Mutation>> = {
  'one character changed': ({ token }, next) => {
    const at = Math.floor(next() * token.length)
    const put = pick(
      next,
      [...ALPHABET, '.', '=', '+', '/', ' '].filter((char) => char !== token[at]),
    )
    return token.slice(0, at) + put + token.slice(at + 1)
  },
  'one character left out': ({ token }, next) => {
    const at = Math.floor(next() * token.length)
    return token.slice(0, at) + token.slice(at + 1)
  },
  'one character put in': ({ token }, next) => {
    const at = Math.floor(next() * token.length)
    return token.slice(0, at) + pick(next, [...ALPHABET, '.', '=', '%']) + token.slice(at)
  },
  'padding and line ends': ({ token }, next) => {
    const parts = token.split('.')
    const at = Math.floor(next() * 3)
    parts[at] += pick(next, ['=', '==', '%3D', '\t=', '='.repeat(4)])
    return parts.join('.')
  },
  'the other alphabet': (known) => {
    const { head, claims, signature } = partsOf(known)
    const other = Buffer.from(signature, 'base64url').toString('base64')
    return `${head}.${claims}.${other}`
  },
  'spare bits of the last character': (known, next) => {
    const { head, claims, signature } = partsOf(known)
    // 64 bytes are 86 characters, of whose last one only two bits count.
    const last = ALPHABET.indexOf(signature.at(-1) ?? '')
    const spare = 1 + Math.floor(next() * 15)
    return `${head}.${claims}.${signature.slice(0, -1)}${ALPHABET[last ^ spare]}`
  },
  'the other s': (known) => {
    const { head, claims, signature } = partsOf(known)
    const bytes = Buffer.from(signature, 'base64url')
    const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`)
    const high = Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex')
    return `${head}.${claims}.${Buffer.concat([bytes.subarray(0, 32), high]).toString('base64url')}`
  },
  'a signature in DER, empty, zero or cut': (known, next) => {
    const { head, claims, signature } = partsOf(known)
    const bytes = Buffer.from(signature, 'base64url')
    const other = pick(next, [
      Buffer.alloc(0),
      Buffer.alloc(64),
      Buffer.alloc(64, 0xff),
      Buffer.concat([
        Buffer.from('30440220', 'hex'),
        bytes.subarray(0, 32),
        Buffer.from('0220', 'hex'),
        bytes.subarray(32),
      ]),
      bytes.subarray(0, 1 + Math.floor(next() * 63)),
      Buffer.concat([bytes, Buffer.from([0])]),
    ])
    return `${head}.${claims}.${other.toString('base64url')}`
  },
  'another head, the old signature': (known, next) => {
    const { headValue, claims, signature } = partsOf(known)
    const head = { ...headValue, ...pick(next, heads)(next, known) }
    return `${base64url(head)}.${claims}.${pick(next, [signature, '', base64url('x')])}`
  },
  'other claims, the old signature': (known, next) => {
    const { head, claimsValue, signature } = partsOf(known)
    return `${head}.${base64url({ ...claimsValue, ...pick(next, claimChanges)(next) })}.${signature}`
  },
  'the same claims written otherwise': (known, next) => {
    const { head, claimsValue, signature } = partsOf(known)
    const text = pick(next, [
      JSON.stringify(claimsValue, undefined, 1),
      ` ${JSON.stringify(claimsValue)}`,
      JSON.stringify(claimsValue).replace('{', '{"exp":9999999999,'),
      `\ufeff${JSON.stringify(claimsValue)}`,
    ])
    return `${head}.${base64url(text)}.${signature}`
  },
  'signed by a key of the attacker, which the head brings along': async (known, next) => {
    const { headValue, claimsValue } = partsOf(known)
    const jwk = await exportJWK(known.own.publicKey)
    const head = {
      ...headValue,
      ...pick(next, [{ jwk }, {}, { jku: 'https://127.0.0.1:1/' }, { kid: 'mine' }]),
    }
    return signedWith(known.own.privateKey, head, claimsValue)
  },
  'HS256 with the published key as its secret': async (known, next) => {
    const { headValue, claimsValue } = partsOf(known)
    const jwk = known.jwks[0] as JWK
    const key = createPublicKey({ key: jwk as never, format: 'jwk' })
    const secret = pick(next, [
      Buffer.from(key.export({ type: 'spki', format: 'pem' }) as string),
      key.export({ type: 'spki', format: 'der' }),
      Buffer.from(JSON.stringify(jwk)),
      Buffer.from(String(jwk.x), 'base64url'),
      Buffer.alloc(32),
    ])
    return new SignJWT(claimsValue as never)
      .setProtectedHeader({ ...headValue, alg: pick(next, ['HS256', 'HS384', 'HS512']) })
      .sign(Uint8Array.from(secret))
  },
  'a refresh token, or parts of tokens, as access token': ({ refreshToken, token }, next) => {
    const [head, claims, signature] = token.split('.')
    return pick(next, [
      refreshToken,
      `${head}.${base64url({ refreshToken })}.${signature}`,
      `${head}..${signature}`,
      `..${signature}`,
      `${head}.${claims}`,
      `${head}.${claims}.${signature}.${signature}`,
      `${token}.`,
      `.${token}`,
      `${token},${token}`,
      `${head}.${claims}.${signature}.${base64url('tag')}.x`,
      JSON.stringify({ payload: claims, protected: head, signature }),
      token.toUpperCase(),
      [...token].reverse().join(''),
      'null',
      '[]',
      base64url(token),
    ])
  },
}

type Accepts = (token: string) => Promise<boolean>

/** The mutations that a verifier takes for a token. */
async function accepted(known: Known, accepts: Accepts, runs: number): Promise<string[]> {
  const next = random()
  const found: string[] = []
  const names = Object.keys(mutations)
  await inParallel(Array(runs).keys(), 32, async (at) => {
    const name = names[at % names.length] as string
    const text = await (mutations[name] as Mutation)(known, next)
    if (text !== known.token && (await accepts(text))) found.push(`${name}: ${text}`)
  })
  return found
}

describe('L4: only our tokens, in one spelling, for their purpose', () => {
  let lab: Lab
  let known: Known
  const accepts: Accepts = async (token) =>
    (await lab.ask('GET', '/v1/auth/self/user', { token })).status !== 401

  beforeAll(async () => {
    lab = await openLab()
    const body = { username: 'admin', password: 'First-Pass-1234!' }
    const made = await lab.ask('POST', '/v1/auth/tokens', { body })
    const { keys } = (await lab.ask('GET', '/v1/auth/jwks.json')).body
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    known = { token: made.body.jwt, refreshToken: made.body.refresh_token, jwks: keys, own }
  })
  afterAll(() => lab.stop())

  test('a genuine token is accepted, here and by another implementation', async () => {
    expect(await accepts(known.token)).toBe(true)
    const keys = createLocalJWKSet({ keys: [...known.jwks] })
    const { payload, protectedHeader } = await jwtVerify(known.token, keys, {
      issuer: 'kylo',
      algorithms: ['ES256'],
    })
    expect(protectedHeader.alg).toBe('ES256')
    expect(payload['preferred_username']).toBe('admin')
  })

  test('no mutation of it is', async () => {
    const runs = scale(10_000, 100_000)
    const found = await accepted(known, accepts, runs)
    report(
      'L4',
      `${runs} mutations of ${Object.keys(mutations).length} kinds, ${found.length} accepted`,
    )
    expect(found, `seed ${seed}`).toEqual([])
    expect(await accepts(known.token)).toBe(true)
  }, 180_000)

  test('a token counts only behind "Bearer", and only in its header', async () => {
    const { token } = known
    for (const authorization of [
      token,
      `Basic ${token}`,
      `Token ${token}`,
      `Bearer${token}`,
      `Bearer ${token} x`,
      `Bearer "${token}"`,
    ])
      expect(
        (await lab.ask('GET', '/v1/auth/self/user', { headers: { authorization } })).status,
      ).toBe(401)
    for (const path of [`?access_token=${token}`, `?token=${token}`, `?jwt=${token}`])
      expect((await lab.ask('GET', `/v1/auth/self/user${path}`)).status).toBe(401)
  })

  test('what a right signature covers must still be an access token of now', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const now = 1_800_000_000
    const claims = {
      ...partsOf(known).claimsValue,
      iat: now,
      exp: now + TOKEN_SECONDS,
    } as unknown as Claims
    const check = (changed: object, at = now, head: object = {}) => {
      const text = signToken({ ...claims, ...changed }, { kid: 'k', privateKey, ...head })
      return () => verifyToken(text, (kid) => (kid === 'k' ? publicKey : undefined), at)
    }
    expect(check({})().sub).toBe(claims.sub)
    expect(check({}, claims.exp - 0.001)().sub).toBe(claims.sub)
    const refused: readonly [object, number?][] = [
      [{}, claims.exp],
      [{}, claims.exp + 1],
      [{ exp: now }],
      [{ exp: String(now + 300) }],
      [{ exp: null }],
      [{ exp: undefined }],
      [{ iat: now + 3600 }],
      [{ iat: undefined }],
      [{ iss: 'other' }],
      [{ iss: undefined }],
      [{ sub: undefined }],
      [{ cust: undefined }],
      [{ cust: { sid: 7 } }],
    ]
    for (const [changed, at] of refused)
      expect(check(changed, at), JSON.stringify(changed)).toThrow()
    expect(check({}, now, { kid: 'another' })).toThrow()
  })

  test('the head of a rightly signed token may say nothing but algorithm, type and key', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const next = random()
    const claims = { ...partsOf(known).claimsValue, iat: 1_800_000_000, exp: 1_800_000_300 }
    const under = (head: Record<string, unknown>) => {
      // Low s, as our own signer has it, so that nothing but the head can be the reason.
      for (;;) {
        const text = `${base64url(head)}.${base64url(claims)}`
        const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
        const signature = sign('sha256', Buffer.from(text), key)
        const low = BigInt(`0x${signature.subarray(32).toString('hex')}`) <= P256_ORDER / 2n
        if (low)
          return () =>
            verifyToken(
              `${text}.${signature.toString('base64url')}`,
              () => publicKey,
              1_800_000_001,
            )
      }
    }
    const usual = { alg: 'ES256', typ: 'JWT', kid: 'k' }
    expect(under(usual)).not.toThrow()
    for (const head of heads)
      for (let at = 0; at < 8; at++) {
        const changed = { ...usual, ...head(next, known) }
        if (JSON.stringify(changed) === JSON.stringify(usual) || changed['kid'] === '') continue
        // Any text may be the name of a key; it is looked up, and nothing else is done with it.
        if (
          typeof changed['kid'] === 'string' &&
          Object.keys(changed).length === 3 &&
          changed['alg'] === 'ES256' &&
          changed['typ'] === 'JWT'
        )
          continue
        expect(under(changed), JSON.stringify(changed)).toThrow()
      }
  })

  test('the harness notices a verifier that only looks at the signature, and one that looks at nothing', async () => {
    const key = await importJWK(known.jwks[0] as JWK, 'ES256')
    const lenient: Accepts = (token) =>
      jwtVerify(token.replace(/=+$/, ''), key).then(
        () => true,
        () => false,
      )
    const found = await accepted(known, lenient, 1000)
    expect(found).toContainEqual(expect.stringContaining('the other s:'))
    expect(found).toContainEqual(expect.stringContaining('spare bits'))
    const blind: Accepts = async (token) => {
      try {
        return typeof decoded(token.split('.')[1])['sub'] === 'string'
      } catch {
        return false
      }
    }
    const all = await accepted(known, blind, 1000)
    expect(all).toContainEqual(expect.stringContaining('HS256 with'))
    expect(all).toContainEqual(expect.stringContaining('another head'))
  }, 60_000)
})
