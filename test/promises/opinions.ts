import { createPublicKey, randomBytes, randomInt } from 'node:crypto'
import { aeskw, aeskwp, cbc, cmac, ctr, ecb, gcm } from '@noble/ciphers/aes.js'
import { FF1 } from '@noble/ciphers/ff1.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { sha3_224, sha3_256, sha3_384, sha3_512 } from '@noble/hashes/sha3.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { ml_kem512, ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js'
import { slh_dsa_sha2_128f } from '@noble/post-quantum/slh-dsa.js'
import type { Lab } from './lab.ts'
import { ALL_USES, b64, cryptoCall, demand, KEYS, made, rawCall } from './vault.ts'

/** What the implementations of @noble make of the same, case by case. */

/** One case: what was tried, and whether both agree. */
type Case = () => Promise<{ readonly agrees: boolean; readonly what: string }>

export interface Opinion {
  readonly algorithm: string
  /** So much slower than the others that fewer are tried at every commit. */
  readonly slow?: number
  /** A key for so many cases. */
  prepare(lab: Lab): Promise<Case>
}

const CURVES = { prime256v1: p256, secp384r1: p384, secp521r1: p521, secp256k1 } as const
const HASHES = {
  'SHA-1': sha1,
  'SHA-224': sha224,
  'SHA-256': sha256,
  'SHA-384': sha384,
  'SHA-512': sha512,
  'SHA3-224': sha3_224,
  'SHA3-256': sha3_256,
  'SHA3-384': sha3_384,
  'SHA3-512': sha3_512,
} as const
const HMACS = {
  sha1: [sha1, 160],
  sha224: [sha224, 224],
  sha256: [sha256, 256],
  sha384: [sha384, 384],
  sha512: [sha512, 512],
} as const

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytesOf = (text: string) => Buffer.from(text, 'base64')
const some = (most: number, least = 0) => new Uint8Array(randomBytes(randomInt(least, most + 1)))
const key = (lab: Lab, fields: object) => made(lab, KEYS, { usageMask: ALL_USES, ...fields })
const secretKey = (lab: Lab, algorithm: string, material: Uint8Array) =>
  key(lab, { algorithm, size: material.length * 8, material: hexOf(material) })
const aesMaterial = () => new Uint8Array(randomBytes([16, 24, 32][randomInt(3)] ?? 32))
const post = (lab: Lab, operation: string, body: object) => demand(lab, cryptoCall(operation, body))
/** Bodies go as text here, so messages are such. */
const message = () => {
  const text = hexOf(some(100, 1))
  return { text, bytes: new Uint8Array(Buffer.from(text)) }
}

interface Sealed {
  readonly iv?: Uint8Array
  readonly aad?: Uint8Array
  readonly other: { encrypt(plain: Uint8Array): Uint8Array }
}

const aes = (mode: string, sealed: (material: Uint8Array) => Sealed): Opinion => ({
  algorithm: `AES-${mode.toUpperCase()}`,
  async prepare(lab) {
    const material = aesMaterial()
    const { id } = await secretKey(lab, 'aes', material)
    return async () => {
      const { iv: given, aad, other } = sealed(material)
      const plain = some(300)
      const due = hexOf(other.encrypt(plain))
      const fields = { id, mode, ...(given && { iv: b64(given) }), ...(aad && { aad: b64(aad) }) }
      const got = await post(lab, 'encrypt', { ...fields, plaintext: b64(plain) })
      const whole = hexOf(Buffer.concat([bytesOf(got.ciphertext), bytesOf(got.tag ?? '')]))
      const opened = await post(lab, 'decrypt', { ...got, ...fields })
      return {
        agrees: whole === due && opened.plaintext === b64(plain),
        what: `${hexOf(material)} ${hexOf(given ?? new Uint8Array())} ${hexOf(plain)}`,
      }
    }
  },
})

const iv = (length: number) => new Uint8Array(randomBytes(length))

const keyWrap = (algorithm: string, wrap: typeof aeskw, padded: boolean): Opinion => ({
  algorithm,
  async prepare(lab) {
    const material = aesMaterial()
    const { id } = await secretKey(lab, 'aes', material)
    return async () => {
      const plain = padded ? some(100, 1) : new Uint8Array(randomBytes(8 * randomInt(2, 9)))
      const wrappingEncryptionAlgo = padded ? 'AES/AESKEYWRAPPADDING' : 'AES/AESKEYWRAP'
      const given = { id, wrappingEncryptionAlgo }
      const { ciphertext } = await post(lab, 'wrap', { ...given, plaintext: b64(plain) })
      const due = b64(wrap(material).encrypt(plain))
      const { plaintext } = await post(lab, 'unwrap', { ...given, ciphertext: due })
      return {
        agrees: ciphertext === due && plaintext === b64(plain),
        what: `${hexOf(material)} ${hexOf(plain)}`,
      }
    }
  },
})

const mac = (
  algorithm: string,
  make: (lab: Lab) => Promise<[string, (message: Uint8Array) => Uint8Array, Uint8Array]>,
): Opinion => ({
  algorithm,
  async prepare(lab) {
    const [keyName, due, material] = await make(lab)
    return async () => {
      const { text, bytes } = message()
      const { data } = await demand(lab, rawCall('mac', { keyName }, text))
      return { agrees: data === hexOf(due(bytes)), what: `${hexOf(material)} ${text}` }
    }
  },
})

const rawPublic = (pem: string, length: number) =>
  new Uint8Array(createPublicKey(pem).export({ type: 'spki', format: 'der' }).subarray(-length))

function pointOf(pem: string): Uint8Array {
  const { x = '', y = '' } = createPublicKey(pem).export({ format: 'jwk' })
  return new Uint8Array(
    Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]),
  )
}

const CRVS: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  secp256k1: 'secp256k1',
}

function pemOf(point: Uint8Array, curveid: string): string {
  const half = (point.length - 1) / 2
  const part = (from: number) =>
    Buffer.from(point.subarray(from, from + half)).toString('base64url')
  const jwk = { kty: 'EC', crv: CRVS[curveid] ?? '', x: part(1), y: part(1 + half) }
  return String(
    createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
  )
}

/** Ours verified by theirs, theirs verified by ours, and a message that neither signed. */
const ecdsa = (curveid: keyof typeof CURVES): Opinion => ({
  algorithm: `ECDSA ${curveid}`,
  slow: curveid === 'prime256v1' || curveid === 'secp256k1' ? 2 : 8,
  async prepare(lab) {
    const curve = CURVES[curveid]
    const ours = await key(lab, { algorithm: 'ec', curveid })
    const { secretKey: secret } = curve.keygen()
    const theirs = await key(lab, {
      algorithm: 'ec',
      material: pemOf(curve.getPublicKey(secret, false), curveid),
    })
    const point = pointOf(ours.publickey)
    const how = { prehash: false, lowS: false, format: 'der' } as const
    const digest = curveid === 'secp521r1' ? sha512 : curveid === 'secp384r1' ? sha384 : sha256
    const hashAlgo =
      curveid === 'secp521r1' ? 'SHA-512' : curveid === 'secp384r1' ? 'SHA-384' : 'SHA-256'
    return async () => {
      const { text, bytes } = message()
      const hashed = digest(bytes)
      const signed = await demand(lab, rawCall('sign', { keyName: ours.name, hashAlgo }, text))
      const data = new Uint8Array(Buffer.from(signed.data, 'hex'))
      const signature = hexOf(curve.sign(hashed, secret, how))
      const query = { keyName: theirs.name, hashAlgo, signature }
      const holds = await demand(lab, rawCall('signv', query, text))
      const other = await demand(lab, rawCall('signv', query, `${text}!`))
      return {
        agrees: curve.verify(data, hashed, point, how) && holds.verified && !other.verified,
        what: `${text} ${signed.data} ${signature}`,
      }
    }
  },
})

interface Signing {
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
}

const signing = (
  algorithm: string,
  fields: object,
  length: number,
  other: Signing,
  slow: number,
): Opinion => ({
  algorithm,
  slow,
  async prepare(lab) {
    const pair = await key(lab, fields)
    const publicKey = rawPublic(pair.publickey, length)
    return async () => {
      const { text, bytes } = message()
      const { data } = await demand(lab, rawCall('sign', { keyName: pair.name }, text))
      const signature = new Uint8Array(Buffer.from(data, 'hex'))
      const changed = new Uint8Array(bytes)
      changed[0] = (changed[0] ?? 0) ^ 1
      return {
        agrees:
          other.verify(signature, bytes, publicKey) && !other.verify(signature, changed, publicKey),
        what: `${pair.publickey} ${text} ${data}`,
      }
    }
  },
})

const kem = (size: number, other: typeof ml_kem768, length: number): Opinion => ({
  algorithm: `ML-KEM-${size}`,
  slow: 2,
  async prepare(lab) {
    const pair = await key(lab, { algorithm: 'ml-kem', size })
    const publicKey = rawPublic(pair.publickey, length)
    return async () => {
      const { cipherText, sharedSecret } = other.encapsulate(publicKey)
      const got = await post(lab, 'decapsulate', { id: pair.name, ciphertext: b64(cipherText) })
      return {
        agrees: got.sharedKey === b64(sharedSecret),
        what: `${pair.publickey} ${hexOf(cipherText)}`,
      }
    }
  },
})

const agreement: Opinion = {
  algorithm: 'X25519 and HKDF',
  slow: 2,
  async prepare(lab) {
    const ours = await key(lab, { algorithm: 'ec', curveid: 'curve25519' })
    const point = rawPublic(ours.publickey, 32)
    return async () => {
      const { secretKey: secret, publicKey } = x25519.keygen()
      const x = Buffer.from(publicKey).toString('base64url')
      const theirs = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' })
      const [salt, info] = [some(40), some(40)]
      const length = randomInt(1, 100)
      const due = hkdf(sha256, x25519.getSharedSecret(secret, point), salt, info, length)
      const { derivedKey } = await post(lab, 'derive', {
        id: ours.name,
        publicKey: theirs.export({ type: 'spki', format: 'pem' }),
        salt: b64(salt),
        info: b64(info),
        length,
      })
      return { agrees: derivedKey === b64(due), what: `${hexOf(secret)} ${hexOf(salt)}` }
    }
  },
}

const derivation = (name: keyof typeof HMACS): Opinion => ({
  algorithm: `HKDF ${name}`,
  async prepare(lab) {
    const material = new Uint8Array(randomBytes(32))
    const { id } = await secretKey(lab, 'aes', material)
    return async () => {
      const [salt, info] = [some(100), some(100)]
      const length = randomInt(1, 300)
      const { derivedKey } = await post(lab, 'derive', {
        id,
        hashAlgorithm: `hmac-${name}`,
        salt: b64(salt),
        info: b64(info),
        length,
      })
      const due = b64(hkdf(HMACS[name][0], material, salt, info, length))
      return {
        agrees: derivedKey === due,
        what: `${hexOf(material)} ${hexOf(salt)} ${hexOf(info)}`,
      }
    }
  },
})

const hash = (algorithm: keyof typeof HASHES): Opinion => ({
  algorithm,
  async prepare(lab) {
    return async () => {
      const data = some(400)
      const got = await post(lab, 'hash', { data: b64(data), algorithm })
      return { agrees: got.data === hexOf(HASHES[algorithm](data)), what: hexOf(data) }
    }
  },
})

const ff1: Opinion = {
  algorithm: 'FF1',
  slow: 4,
  async prepare(lab) {
    const material = aesMaterial()
    const { name } = await secretKey(lab, 'aes', material)
    return async () => {
      const digits = Array.from({ length: randomInt(6, 57) }, () => randomInt(10))
      const tweak = hexOf(some(20))
      const query = { keyName: name, hint: 'digit', ...(tweak && { tweak }) }
      const { data } = await demand(lab, rawCall('hide2', query, digits.join(''), 'text/plain'))
      const other = FF1(10, material, new Uint8Array(Buffer.from(tweak)))
      return {
        agrees: data === other.encrypt(digits).join(''),
        what: `${hexOf(material)} ${digits.join('')} ${tweak}`,
      }
    }
  },
}

export const opinions: readonly Opinion[] = [
  aes('gcm', (material) => {
    const [nonce, aad] = [iv(12), some(40)]
    return { iv: nonce, aad, other: gcm(material, nonce, aad) }
  }),
  aes('cbc', (material) => {
    const block = iv(16)
    return { iv: block, other: cbc(material, block) }
  }),
  aes('ctr', (material) => {
    const block = iv(16)
    return { iv: block, other: ctr(material, block) }
  }),
  aes('ecb', (material) => ({ other: ecb(material) })),
  keyWrap('AES-KW', aeskw, false),
  keyWrap('AES-KWP', aeskwp, true),
  mac('AES-CMAC', async (lab) => {
    const material = aesMaterial()
    const { name } = await secretKey(lab, 'aes', material)
    return [name, (bytes) => cmac(bytes, material), material]
  }),
  ...(Object.keys(HMACS) as (keyof typeof HMACS)[]).map((name) =>
    mac(`HMAC ${name}`, async (lab) => {
      const [digest, bits] = HMACS[name]
      const material = new Uint8Array(randomBytes(bits / 8))
      const { name: keyName } = await secretKey(lab, `hmac-${name}`, material)
      return [keyName, (bytes) => hmac(digest, material, bytes), material]
    }),
  ),
  ...(Object.keys(HMACS) as (keyof typeof HMACS)[]).map(derivation),
  ...(Object.keys(HASHES) as (keyof typeof HASHES)[]).map(hash),
  ff1,
  ...(Object.keys(CURVES) as (keyof typeof CURVES)[]).map(ecdsa),
  agreement,
  signing('Ed25519', { algorithm: 'ec', curveid: 'ed25519' }, 32, ed25519, 2),
  signing('ML-DSA-44', { algorithm: 'ml-dsa', size: 44 }, 1312, ml_dsa44, 8),
  signing('ML-DSA-65', { algorithm: 'ml-dsa', size: 65 }, 1952, ml_dsa65, 8),
  signing('ML-DSA-87', { algorithm: 'ml-dsa', size: 87 }, 2592, ml_dsa87, 8),
  signing(
    'SLH-DSA-SHA2-128f',
    { algorithm: 'slh-dsa', curveid: 'sha2-128f' },
    32,
    slh_dsa_sha2_128f,
    40,
  ),
  kem(512, ml_kem512, 800),
  kem(768, ml_kem768, 1184),
  kem(1024, ml_kem1024, 1568),
]
