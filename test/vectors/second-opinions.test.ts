import { execFileSync } from 'node:child_process'
import { createPublicKey, randomBytes, randomInt } from 'node:crypto'
import { cbc, ctr, ecb, gcm } from '@noble/ciphers/aes.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import { slh_dsa_sha2_128f } from '@noble/post-quantum/slh-dsa.js'
import { describe, expect, test } from 'vitest'
import { startApi } from '../support/api.ts'
import { aesKey, anyKey, b64, bytesTo, hex, post } from '../support/crypto.ts'

/** What other programs make of the same, on keys and texts of chance. Printed where it fails, so it can be tried again. */
const ROUNDS = process.env['KEYSTEAD_ALL_VECTORS'] ? 2000 : 12

const bytes = (text: string): Buffer => Buffer.from(text, 'base64')

describe('second opinions on /crypto', () => {
  const api = startApi('sqlite')

  test('AES agrees with @noble/ciphers in every mode that it has', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const material = randomBytes([16, 24, 32][round % 3] ?? 16)
      const { id } = await aesKey(api, material)
      const plaintext = randomBytes(randomInt(0, 300))
      const aad = randomBytes(randomInt(0, 40))
      const [nonce, iv] = [randomBytes(12), randomBytes(16)]
      const others = {
        gcm: gcm(material, nonce, aad),
        cbc: cbc(material, iv),
        ctr: ctr(material, iv),
        ecb: ecb(material),
      }
      for (const [mode, other] of Object.entries(others)) {
        const made = await post(api, 'encrypt', {
          id,
          mode,
          plaintext: b64(plaintext),
          ...(mode !== 'ecb' && { iv: b64(mode === 'gcm' ? nonce : iv) }),
          ...(mode === 'gcm' && { aad: b64(aad) }),
        })
        const whole = Buffer.concat([bytes(made.ciphertext), bytes(made.tag ?? '')])
        const what = `${mode} ${material.toString('hex')} ${plaintext.toString('hex')}`
        expect(whole.toString('hex'), what).toBe(
          Buffer.from(other.encrypt(plaintext)).toString('hex'),
        )
      }
    }
  })

  test('CBC-CS1 is CBC with the last two blocks closed up, as the addendum to SP 800-38A says', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const material = randomBytes(32)
      const { id } = await aesKey(api, material)
      const plaintext = randomBytes(16 + randomInt(0, 100))
      const iv = randomBytes(16)
      const made = await post(api, 'encrypt', {
        id,
        mode: 'CBC_CS1',
        plaintext: b64(plaintext),
        iv: b64(iv),
      })
      // The text is filled up with zeros, and of the last block but one only as much stays as the last one had.
      const short = plaintext.length % 16
      const filled = Buffer.concat([plaintext, Buffer.alloc(short === 0 ? 0 : 16 - short)])
      const blocks = Buffer.from(cbc(material, iv, { disablePadding: true }).encrypt(filled))
      const due =
        short === 0
          ? blocks
          : Buffer.concat([
              blocks.subarray(0, blocks.length - 32 + short),
              blocks.subarray(blocks.length - 16),
            ])
      expect(bytes(made.ciphertext).toString('hex')).toBe(due.toString('hex'))
    }
  })

  test('ARIA and Triple DES agree with the openssl command', async () => {
    for (const [algorithm, size, cipher] of [
      ['aria', 128, 'aria-128'],
      ['aria', 192, 'aria-192'],
      ['aria', 256, 'aria-256'],
      ['tdes', 192, 'des-ede3'],
    ] as const)
      for (const mode of algorithm === 'aria' ? ['cbc', 'ctr', 'ecb'] : ['cbc', 'ecb']) {
        const key = await anyKey(api, { algorithm, size })
        const exported = await api.post(`/vault/keys2/${key.id}/export`, {}, 200)
        const plaintext = randomBytes(randomInt(1, 200))
        const made = await post(api, 'encrypt', { id: key.id, mode, plaintext: b64(plaintext) })
        const opened = execFileSync(
          'openssl',
          [
            'enc',
            '-d',
            `-${cipher}-${mode}`,
            '-K',
            exported.material,
            ...(made.iv ? ['-iv', bytes(made.iv).toString('hex')] : []),
          ],
          { input: bytes(made.ciphertext) },
        )
        expect(opened.toString('hex')).toBe(plaintext.toString('hex'))
      }
  })

  const weierstrass = {
    prime256v1: [p256, 32],
    secp384r1: [p384, 48],
    secp521r1: [p521, 64],
    secp256k1: [secp256k1, 32],
  } as const

  test('ECDSA of a digest holds for @noble/curves, and theirs here', async () => {
    for (const [curveid, [curve, length]] of Object.entries(weierstrass)) {
      const { secretKey } = curve.keygen()
      const jwk = jwkOf(curve.getPublicKey(secretKey, false), curveid)
      const theirs = createPublicKey({ key: jwk, format: 'jwk' })
      const imported = await anyKey(api, {
        algorithm: 'ec',
        material: theirs.export({ type: 'spki', format: 'pem' }),
      })
      const ours = await anyKey(api, { algorithm: 'ec', curveid, usageMask: 3 })
      const publicKey = pointOf(ours.publickey)
      for (let round = 0; round < ROUNDS; round++) {
        const digest = randomBytes(length)
        const options = { prehash: false, lowS: false, format: 'der' } as const
        const { data } = await bytesTo(
          api,
          'sign',
          { keyName: ours.name, hashAlgo: 'none' },
          digest,
        )
        expect(curve.verify(hex(data), digest, publicKey, options)).toBe(true)
        const signature = Buffer.from(curve.sign(digest, secretKey, options)).toString('hex')
        const query = { keyName: imported.name, hashAlgo: 'none', signature }
        expect(await bytesTo(api, 'signv', query, digest)).toEqual({ verified: true })
      }
    }
  })

  test('Ed25519, ML-DSA, SLH-DSA and ML-KEM agree with the implementations of @noble', async () => {
    const message = randomBytes(100)
    const rawOf = (pem: string, length: number) =>
      createPublicKey(pem).export({ type: 'spki', format: 'der' }).subarray(-length)
    for (const [fields, length, verify] of [
      [{ algorithm: 'ec', curveid: 'ed25519' }, 32, ed25519.verify],
      [{ algorithm: 'ml-dsa', size: 65 }, 1952, ml_dsa65.verify],
      [{ algorithm: 'slh-dsa', curveid: 'sha2-128f' }, 32, slh_dsa_sha2_128f.verify],
    ] as const) {
      const pair = await anyKey(api, { ...fields, usageMask: 3 })
      const { data } = await bytesTo(api, 'sign', { keyName: pair.name }, message)
      expect(verify(hex(data), message, rawOf(pair.publickey, length))).toBe(true)
    }
    const pair = await anyKey(api, { algorithm: 'ml-kem', size: 768 })
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(rawOf(pair.publickey, 1184))
    const got = await post(api, 'decapsulate', { id: pair.name, ciphertext: b64(cipherText) })
    expect(got.sharedKey).toBe(b64(sharedSecret))
  })
})

const crvs: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  secp256k1: 'secp256k1',
}

function jwkOf(point: Uint8Array, curveid: string) {
  const half = (point.length - 1) / 2
  const text = (part: Uint8Array) => Buffer.from(part).toString('base64url')
  const [x, y] = [text(point.subarray(1, 1 + half)), text(point.subarray(1 + half))]
  return { kty: 'EC', crv: crvs[curveid] ?? '', x, y }
}

function pointOf(pem: string): Buffer {
  const { x = '', y = '' } = createPublicKey(pem).export({ format: 'jwk' })
  return Buffer.concat([hex('04'), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
}
