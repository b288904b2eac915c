import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Claims, signToken, verifyToken } from './jwt.ts'

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = { kid: 'one', privateKey: pair.privateKey }
const keyFor = (kid: string) => (kid === 'one' ? pair.publicKey : undefined)
const now = 1_700_000_000
const claims: Claims = {
  iss: 'kylo',
  sub: 'local|00000000-0000-4000-8000-000000000001',
  aud: '00000000-0000-4000-8000-000000000002',
  acc: 'kylo',
  preferred_username: 'jo',
  cust: {
    client_type: 'unregistered',
    domain_id: '00000000-0000-0000-0000-000000000000',
    groups: ['admin'],
    sid: '00000000-0000-4000-8000-000000000003',
    zone_id: '00000000-0000-0000-0000-000000000000',
  },
  jwtid: '00000000-0000-4000-8000-000000000004',
  iat: now,
  exp: now + 300,
}
const token = signToken(claims, key)
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const verified = (text: string, at = now) => verifyToken(text, keyFor, at)

/** Signs whatever is given, with the lower s, as verifyToken demands it: only what is tried can be the reason. */
function signed(head: unknown, body: unknown): string {
  const text = `${encode(head)}.${encode(body)}`
  for (;;) {
    const options = { key: pair.privateKey, dsaEncoding: 'ieee-p1363' } as const
    const signature = sign('sha256', Buffer.from(text), options)
    if (BigInt(`0x${signature.toString('hex', 32)}`) <= P256_ORDER / 2n)
      return `${text}.${signature.toString('base64url')}`
  }
}
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const HEAD = { alg: 'ES256', typ: 'JWT', kid: 'one' }
const INVALID = expect.objectContaining({ kind: 'unauthenticated', message: 'Invalid token' })

describe('an access token', () => {
  test('comes back with the claims it was signed with', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 40 })
    fc.assert(
      fc.property(name, fc.array(name), (preferred_username, groups) => {
        const made = { ...claims, preferred_username, cust: { ...claims.cust, groups } }
        expect(verified(signToken(made, key))).toEqual(made)
      }),
      { numRuns: 50 },
    )
  })

  test('with any one character changed, left out or put in is refused', () => {
    const characters = [...'ABCabc019-_.=+/ \n']
    fc.assert(
      fc.property(
        fc.nat(token.length - 1),
        fc.constantFrom(...characters),
        fc.constantFrom('change', 'drop', 'insert'),
        (at, character, how) => {
          const rest = token.slice(how === 'insert' ? at : at + 1)
          const text = `${token.slice(0, at)}${how === 'drop' ? '' : character}${rest}`
          fc.pre(text !== token)
          expect(() => verified(text)).toThrow('Invalid token')
        },
      ),
      { numRuns: 500 },
    )
  })

  test('has one text: the other s of its signature is refused, and no signature comes with it', () => {
    for (let i = 0; i < 20; i++) {
      const [head = '', body = '', signature = ''] = signToken(claims, key).split('.')
      const bytes = Buffer.from(signature, 'base64url')
      const s = BigInt(`0x${bytes.toString('hex', 32)}`)
      expect(s).toBeLessThanOrEqual(P256_ORDER / 2n)
      const twin = Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex')
      const text = Buffer.concat([bytes.subarray(0, 32), twin]).toString('base64url')
      expect(() => verified(`${head}.${body}.${text}`)).toThrow('Invalid token')
    }
  })

  test.each([
    ['no algorithm', { alg: 'none', typ: 'JWT', kid: 'one' }],
    ['a symmetric one', { alg: 'HS256', typ: 'JWT', kid: 'one' }],
    ['an unknown key', { alg: 'ES256', typ: 'JWT', kid: 'two' }],
    ['a key of its own', { alg: 'ES256', typ: 'JWT', kid: 'one', jwk: {} }],
    ['a critical extension', { alg: 'ES256', typ: 'JWT', kid: 'one', crit: ['b64'], b64: false }],
    ['another type', { alg: 'ES256', typ: 'at+jwt', kid: 'one' }],
    ['no key', { alg: 'ES256', typ: 'JWT' }],
    ['a list for a head', []],
    ['nothing', null],
    ['a number', 1],
    ['a text', 'ES256'],
  ])('that names %s in its head is refused though its signature fits', (_what, head) => {
    expect(() => verified(signed(head, claims))).toThrow(INVALID)
  })

  test.each([
    ['another issuer', { ...claims, iss: 'other' }],
    ['no end', { ...claims, exp: undefined }],
    ['an end in words', { ...claims, exp: '9999999999' }],
    ['no beginning', { ...claims, iat: undefined }],
    ['no session', { ...claims, cust: {} }],
    ['nothing of ours', { ...claims, cust: undefined }],
    ['a list for claims', [claims]],
    ['no claims', null],
    ['no user', { ...claims, sub: undefined }],
    ['a beginning in the future', { ...claims, iat: now + 61, exp: now + 361 }],
  ])('with %s is refused though its signature fits', (_what, wrong) => {
    expect(() => verified(signToken(wrong as Claims, key))).toThrow(INVALID)
  })

  test('is read when only what is asked of it is there', () => {
    expect(verified(signed(HEAD, claims))).toEqual(claims)
    expect(verified(signed(HEAD, { ...claims, iat: now + 60 }))).toBeDefined()
  })

  test.each([
    ['one part', () => 'x'],
    ['two parts', () => token.split('.').slice(0, 2).join('.')],
    ['four parts', () => `${token}.x`],
    ['no head', () => token.replace(/^[^.]*/, '')],
    ['no claims', () => token.replace(/\..*\./, '..')],
    ['no signature', () => token.replace(/[^.]*$/, '')],
  ])('of %s is refused before any key is looked up', (_what, text) => {
    const lookup = () => {
      throw new Error('looked up')
    }
    expect(() => verifyToken(text(), lookup, now)).toThrow(INVALID)
  })

  test('that names its key by anything but a text is not looked up at all', () => {
    const numbered = signed({ ...HEAD, kid: 1 }, claims)
    expect(() => verifyToken(numbered, () => pair.publicKey, now)).toThrow(INVALID)
  })

  test('has at most 8192 characters', () => {
    const sized = (extra: number) => signed(HEAD, { ...claims, aud: 'x'.repeat(extra) })
    // Three bytes more are four characters.
    const fits = 3000 + Math.floor((8192 - sized(3000).length) / 4) * 3
    expect(verified(sized(fits)).aud.length).toBe(fits)
    expect(() => verified(sized(fits + 6))).toThrow(INVALID)
  })

  test('signed by another key is refused', () => {
    const forged = signToken(claims, { kid: 'one', privateKey: other.privateKey })
    expect(() => verified(forged)).toThrow('Invalid token')
  })

  test('ends at its second, and says by how much it is over', () => {
    expect(verified(token, now + 299.999)).toEqual(claims)
    expect(() => verified(token, now + 300)).toThrow(
      expect.objectContaining({
        kind: 'unauthenticated',
        message: 'Bearer token malformed: Token is expired by 1s',
      }),
    )
    expect(() => verified(token, now + 350)).toThrow(
      'Bearer token malformed: Token is expired by 50s',
    )
  })
})
