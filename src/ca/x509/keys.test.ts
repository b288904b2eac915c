import { checkPrimeSync, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openssl, write } from '../../../test/support/x509.ts'
import {
  encryptPrivateKey,
  generateKey,
  type KeyAlgorithm,
  privateKeyFromSecret,
  privateKeyToSecret,
  readPrivateKey,
  signatureName,
} from './index.ts'
import { checkStrength } from './weak-keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'keystead-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const refused = { kind: 'invalid-parameter' }

describe('a new key', () => {
  test.each([
    ['RSA', 1024],
    ['RSA', 512],
    ['RSA', 2049],
    ['RSA', 8192],
    ['RSA', 2048.5],
    ['ECDSA', 224],
    ['ECDSA', 2048],
    ['Ed25519', 128],
    ['ML-DSA', 2048],
  ] as const)('of %s %d is refused', async (algorithm, size) => {
    await expect(generateKey(algorithm, size)).rejects.toMatchObject(refused)
  })

  test('of RSA 1024 is made where the operator allows it, and signs with SHA-256', async () => {
    expect(signatureName(await generateKey('RSA', 1024, { allowRsa1024: true }))).toBe(
      'SHA256WithRSA',
    )
    await expect(generateKey('RSA', 768, { allowRsa1024: true })).rejects.toMatchObject(refused)
  })

  test.each([
    ['RSA', 'SHA256WithRSA'],
    ['ECDSA', 'ECDSAWithSHA256'],
    ['Ed25519', 'Ed25519'],
    ['ML-DSA', 'ML-DSA-65'],
  ] as const)(
    'of %s without a size, or of size 0, takes the default',
    async (algorithm, signature) => {
      expect(signatureName(await generateKey(algorithm))).toBe(signature)
      expect(signatureName(await generateKey(algorithm, 0))).toBe(signature)
    },
  )

  test.each(['RSA', 'ECDSA', 'Ed25519', 'ML-DSA'] as const)(
    'of %s is the same after it was kept as a secret',
    async (algorithm) => {
      const key = await generateKey(algorithm)
      expect(privateKeyFromSecret(privateKeyToSecret(key)).equals(key)).toBe(true)
    },
  )
})

describe('a private key as PEM', () => {
  const headers = {
    AES256: 'AES-256-CBC',
    AES192: 'AES-192-CBC',
    AES128: 'AES-128-CBC',
    TDES: 'DES-EDE3-CBC',
  } as const
  const publicPem = (key: KeyObject) =>
    createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()

  test.each([
    ['RSA', 'RSA PRIVATE KEY'],
    ['ECDSA', 'EC PRIVATE KEY'],
  ] as const)(
    'of %s has the traditional form, and OpenSSL opens it with the password only',
    async (algorithm, label) => {
      const key = await generateKey(algorithm)
      const plain = encryptPrivateKey(key, undefined, undefined)
      expect(plain).toMatch(new RegExp(`^-----BEGIN ${label}-----\n[A-Za-z0-9+/]{64}\n`))
      for (const encryption of ['AES256', 'AES192', 'AES128', 'TDES'] as const) {
        const pem = encryptPrivateKey(key, encryption, 'a passphrase')
        expect(pem).toContain(`Proc-Type: 4,ENCRYPTED\nDEK-Info: ${headers[encryption]},`)
        const file = write(folder, `${algorithm}-${encryption}.pem`, pem)
        expect(openssl('pkey', '-in', file, '-passin', 'pass:a passphrase', '-pubout')).toBe(
          publicPem(key),
        )
        expect(() => openssl('pkey', '-in', file, '-passin', 'pass:another', '-pubout')).toThrow()
      }
      expect(encryptPrivateKey(key, undefined, 'a passphrase')).toContain('DEK-Info: AES-256-CBC,')
    },
  )

  test.each(['Ed25519', 'ML-DSA'] as const)(
    'of %s, which has no traditional form, is PKCS#8',
    async (algorithm) => {
      const key = await generateKey(algorithm)
      expect(encryptPrivateKey(key, undefined, undefined)).toMatch(/^-----BEGIN PRIVATE KEY-----/)
      const pem = encryptPrivateKey(key, 'AES192', 'a passphrase')
      expect(pem).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/)
      expect(readPrivateKey(pem, { algorithm, password: 'a passphrase' }).equals(key)).toBe(true)
    },
  )

  test('is read back in every form', async () => {
    const key = await generateKey('ECDSA', 384)
    const forms = [
      encryptPrivateKey(key, undefined, undefined),
      encryptPrivateKey(key, undefined, undefined).replaceAll('\n', '\\n'),
      key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ]
    for (const form of forms)
      expect(readPrivateKey(form, { algorithm: 'ECDSA', size: 384 }).equals(key)).toBe(true)
    const encrypted = encryptPrivateKey(key, 'TDES', 'a passphrase')
    expect(readPrivateKey(encrypted, { password: 'a passphrase' }).equals(key)).toBe(true)
  })

  test('of another kind than asked for, unreadable, weak or with a wrong password is refused', async () => {
    const pem = encryptPrivateKey(await generateKey('ECDSA'), undefined, 'a passphrase')
    const password = 'a passphrase'
    expect(() => readPrivateKey(pem, { algorithm: 'RSA', password })).toThrow('ECDSA, not RSA')
    expect(() => readPrivateKey(pem, { size: 384, password })).toThrow('256, not 384')
    expect(() => readPrivateKey(pem, { password: 'another' })).toThrow('cannot be read')
    expect(() => readPrivateKey(pem, {})).toThrow('cannot be read')
    expect(() => readPrivateKey('nonsense', {})).toThrow('cannot be read')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const weak = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    expect(() => readPrivateKey(weak, {})).toThrow('1024 bits')
    expect(readPrivateKey(weak, { size: 1024 }, { allowRsa1024: true }).equals(privateKey)).toBe(
      true,
    )
  })
})

describe('a weak public key is refused', () => {
  const base64 = (number: bigint): string => {
    const hex = number.toString(16)
    return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex').toString('base64url')
  }
  const rsa = (n: bigint, e = 65537n): KeyObject =>
    createPublicKey({ key: { kty: 'RSA', n: base64(n), e: base64(e) }, format: 'jwk' })
  const number = (text: string | undefined): bigint =>
    BigInt(`0x${Buffer.from(text ?? '', 'base64url').toString('hex')}`)
  const sound = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    format: 'jwk',
  })
  const [n, p] = [number(sound.n), number(sound.p)]

  /** A product of two numbers of the form of CVE-2017-15361; whether they are prime makes no difference to its trace. */
  const roca = (): bigint => {
    let m = 1n
    for (let prime = 2n; prime <= 701n; prime++) {
      let isPrime = true
      for (let divisor = 2n; divisor * divisor <= prime; divisor++)
        if (prime % divisor === 0n) isPrime = false
      if (isPrime) m *= prime
    }
    const power = (exponent: number) => {
      let result = 1n
      for (let step = 0; step < exponent; step++) result = (result * 65537n) % m
      return result
    }
    const factor = (k: bigint, exponent: number) => k * m + power(exponent)
    const k = 1n << (1023n - BigInt(m.toString(2).length) + 1n)
    return factor(k + 12345n, 1234) * factor(k + 987654321n, 77)
  }
  /** The product of p and the next prime: what a generator makes that searches on from where it stood. */
  let next = p + 2n
  while (!checkPrimeSync(next)) next += 2n
  const close = p * next

  test.each([
    ['of 512 bits', () => rsa(n >> 1536n), 'bits'],
    ['of 1024 bits', () => rsa((n >> 1024n) | 1n), 'bits'],
    ['of 2047 bits', () => rsa((n >> 1n) | 1n), 'bits'],
    ['of 16384 bits', () => rsa((n << 14336n) | 1n), 'bits'],
    ['with an even modulus', () => rsa(n - 1n), 'even modulus'],
    [
      'with a small factor',
      () => rsa(n - (n % 7n) + (((n - (n % 7n)) & 1n) === 0n ? 7n : 0n)),
      'small prime factor',
    ],
    ['with exponent 1', () => rsa(n, 1n), 'exponent'],
    ['with exponent 3', () => rsa(n, 3n), 'exponent'],
    ['with an even exponent', () => rsa(n, 65538n), 'exponent'],
    ['with an exponent of 300 bits', () => rsa(n, (1n << 300n) + 1n), 'exponent'],
    ['of two close primes', () => rsa(close), 'Fermat'],
    ['that is a square', () => rsa(p * p), 'Fermat'],
    ['with the ROCA fault', () => rsa(roca()), 'ROCA'],
  ])('RSA %s', (_, make, sentence) => {
    expect(() => checkStrength(make(), {})).toThrow(sentence)
  })

  test.each([
    '0100000000000000000000000000000000000000000000000000000000000000',
    `ec${'ff'.repeat(30)}7f`,
    '00'.repeat(32),
    `${'00'.repeat(31)}80`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ])('Ed25519 of small order %s', (hex) => {
    const x = Buffer.from(hex, 'hex').toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    expect(() => checkStrength(key, {})).toThrow('small order')
  })

  test.each([
    ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
    ['P-224', () => generateKeyPairSync('ec', { namedCurve: 'secp224r1' })],
    ['X25519', () => generateKeyPairSync('x25519')],
    ['Ed448', () => generateKeyPairSync('ed448')],
    ['DSA', () => generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 })],
  ])('%s, which no certificate of ours holds', (_, make) => {
    expect(() => checkStrength(make().publicKey, {})).toThrow()
  })

  test.each(['RSA', 'ECDSA', 'Ed25519', 'ML-DSA'] satisfies KeyAlgorithm[])(
    'and a sound %s key is not',
    async (algorithm) => {
      checkStrength(createPublicKey(await generateKey(algorithm)), {})
    },
  )
})
