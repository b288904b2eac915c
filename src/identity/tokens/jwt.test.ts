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
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
    for (let i = 0; i < 20; i++) {
      const [head = '', body = '', signature = ''] = signToken(claims, key).split('.')
      const bytes = Buffer.from(signature, 'base64url')
      const s = BigInt(`0x${bytes.toString('hex', 32)}`)
      expect(s).toBeLessThanOrEqual(order / 2n)
      const twin = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')
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
  ])('that names %s in its head is refused though its signature fits', (_what, head) => {
    const text = `${encode(head)}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(text), {
      key: pair.privateKey,
      dsaEncoding: 'ieee-p1363',
    })
    expect(() => verified(`${text}.${signature.toString('base64url')}`)).toThrow('Invalid token')
  })

  test.each([
    ['another issuer', { ...claims, iss: 'other' }],
    ['no end', { ...claims, exp: undefined }],
    ['an end in words', { ...claims, exp: '9999999999' }],
    ['no session', { ...claims, cust: {} }],
    ['no user', { ...claims, sub: undefined }],
    ['a beginning in the future', { ...claims, iat: now + 61, exp: now + 361 }],
  ])('with %s is refused though its signature fits', (_what, wrong) => {
    expect(() => verified(signToken(wrong as Claims, key))).toThrow('Invalid token')
  })

  test('signed by another key is refused', () => {
    const forged = signToken(claims, { kid: 'one', privateKey: other.privateKey })
    expect(() => verified(forged)).toThrow('Invalid token')
  })

  test('ends at its second, and says by how much it is over', () => {
    expect(verified(token, now + 299.999)).toEqual(claims)
    expect(() => verified(token, now + 300)).toThrow('Token is expired by 1s')
    expect(() => verified(token, now + 350)).toThrow(
      'Bearer token malformed: Token is expired by 50s',
    )
  })
})
