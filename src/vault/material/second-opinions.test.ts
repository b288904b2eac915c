import { createSecretKey, decapsulate, encapsulate, hkdfSync, randomBytes, sign } from 'node:crypto'
import { ed448, x448 } from '@noble/curves/ed448.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { pbkdf2 } from '@noble/hashes/pbkdf2.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { sha3_512 } from '@noble/hashes/sha3.js'
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { slh_dsa_sha2_128f, slh_dsa_shake_128f } from '@noble/post-quantum/slh-dsa.js'
import { afterAll, describe, expect, test } from 'vitest'
import {
  createKeyGenerator,
  keyObject,
  macSign,
  publicKeyObject,
  readSpec,
  readWrapping,
  unwrapBytes,
  wrapBytes,
} from './index.ts'

const generator = createKeyGenerator()
afterAll(() => generator.close())

describe('keys made here are those that @noble computes', () => {
  test.each([
    ['prime256v1', (d: Uint8Array) => p256.getPublicKey(d, false)],
    ['secp384r1', (d: Uint8Array) => p384.getPublicKey(d, false)],
    ['secp521r1', (d: Uint8Array) => p521.getPublicKey(d, false)],
    ['secp256k1', (d: Uint8Array) => secp256k1.getPublicKey(d, false)],
    ['ed25519', (d: Uint8Array) => ed25519.getPublicKey(d)],
    ['curve25519', (d: Uint8Array) => x25519.getPublicKey(d)],
    ['ed448', (d: Uint8Array) => ed448.getPublicKey(d)],
    ['curve448', (d: Uint8Array) => x448.getPublicKey(d)],
  ] as const)('on %s', async (curveid, publicOf) => {
    for (let round = 0; round < 20; round++) {
      const material = await generator.generate(readSpec({ algorithm: 'ec', curveid }))
      const scalar = keyObject(material).export({ format: 'raw-private' })
      const point = publicKeyObject(material).export({ format: 'raw-public' })
      expect(point.toString('hex')).toBe(
        Buffer.from(publicOf(Uint8Array.from(scalar))).toString('hex'),
      )
    }
  })

  test('for ML-KEM, both ways', async () => {
    for (let round = 0; round < 20; round++) {
      const material = await generator.generate(readSpec({ algorithm: 'ml-kem' }))
      const point = publicKeyObject(material).export({ format: 'raw-public' })
      const { cipherText, sharedSecret } = ml_kem768.encapsulate(Uint8Array.from(point))
      expect(Buffer.from(decapsulate(keyObject(material), cipherText)).equals(sharedSecret)).toBe(
        true,
      )
      const seed = keyObject(material).export({ format: 'raw-seed' })
      const { secretKey } = ml_kem768.keygen(Uint8Array.from(seed))
      const { ciphertext, sharedKey } = encapsulate(publicKeyObject(material))
      const theirs = ml_kem768.decapsulate(Uint8Array.from(Buffer.from(ciphertext)), secretKey)
      expect(Buffer.from(sharedKey).equals(theirs)).toBe(true)
    }
  })

  test.each([
    [readSpec({ algorithm: 'ml-dsa' }), ml_dsa65],
    [readSpec({ algorithm: 'slh-dsa', curveid: 'sha2-128f' }), slh_dsa_sha2_128f],
    [readSpec({ algorithm: 'slh-dsa', curveid: 'shake-128f' }), slh_dsa_shake_128f],
  ] as const)('for the signatures of %o', async (spec, noble) => {
    const material = await generator.generate(spec)
    const data = randomBytes(100)
    const signature = sign(null, data, keyObject(material))
    const point = publicKeyObject(material).export({ format: 'raw-public' })
    const bytes = Uint8Array.from(signature)
    expect(noble.verify(bytes, Uint8Array.from(data), Uint8Array.from(point))).toBe(true)
  })
})

describe('what is derived here is what @noble derives', () => {
  test('with PBKDF2', async () => {
    for (const [hashAlgorithm, hash] of [
      ['hmac-sha256', sha256],
      ['hmac-sha3-512', sha3_512],
    ] as const) {
      const salt = randomBytes(16)
      const password = randomBytes(12).toString('base64')
      const wrapPBE = { hashAlgorithm, password, salt: salt.toString('hex'), iteration: 77 }
      const wrapping = readWrapping({ wrappingMethod: 'pbe', wrapPBE }, undefined)
      const plain = randomBytes(32)
      const own = await wrapBytes(plain, undefined, wrapping)
      const key = createSecretKey(pbkdf2(hash, password, salt, { c: 77, dkLen: 32 }))
      expect((await unwrapBytes(own, key, readWrapping({}, key))).equals(plain)).toBe(true)
    }
  })

  test('with HKDF and HMAC', async () => {
    const key = randomBytes(32)
    const derived = hkdf(sha256, key, Buffer.from('c0ff', 'hex'), Buffer.from('ee', 'hex'), 32)
    const wrapHKDF = { salt: 'c0ff', info: 'ee' }
    const secret = createSecretKey(key)
    const plain = randomBytes(32)
    const own = await wrapBytes(plain, secret, readWrapping({ wrapHKDF }, secret))
    const theirs = createSecretKey(derived)
    expect((await unwrapBytes(own, theirs, readWrapping({}, theirs))).equals(plain)).toBe(true)
    expect(
      Buffer.from(
        hkdfSync('sha256', key, Buffer.from('c0ff', 'hex'), Buffer.from('ee', 'hex'), 32),
      ).equals(derived),
    ).toBe(true)
    const mac = await macSign(plain, readSpec({ algorithm: 'hmac-sha256' }), secret, {})
    expect(mac).toBe(Buffer.from(hmac(sha256, key, plain)).toString('hex'))
  })
})
