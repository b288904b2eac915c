import type { KeyObject } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'

interface ContentRow {
  /** As reference 8 spells it. */
  readonly wire: string
  /** Octets of the content encryption key. */
  readonly length: number
  readonly cipher: string
  readonly iv: number
  /** Of the HMAC beside CBC; absent for GCM. */
  readonly digest?: string
}

const gcm = (size: number): ContentRow => ({
  wire: `AES_${size}_GCM`,
  length: size / 8,
  cipher: `aes-${size}-gcm`,
  iv: 12,
})
const cbc = (size: number, hash: number): ContentRow => ({
  wire: `AES_${size}_CBC_HMAC_SHA_${hash}`,
  length: size / 4,
  cipher: `aes-${size}-cbc`,
  iv: 16,
  digest: `sha${hash}`,
})

/** RFC 7518 §5.1. */
export const contentAlgorithms: Readonly<Record<string, ContentRow>> = {
  A128GCM: gcm(128),
  A192GCM: gcm(192),
  A256GCM: gcm(256),
  'A128CBC-HS256': cbc(128, 256),
  'A192CBC-HS384': cbc(192, 384),
  'A256CBC-HS512': cbc(256, 512),
}

export function contentRow(enc: string) {
  const row = contentAlgorithms[enc]
  if (!row) throw invalid(`${enc} is not known`)
  return row
}

interface KeyRow {
  readonly wire: string
  readonly family: 'rsa' | 'ecdh' | 'aes'
  /** Of OAEP; absent for RSA1_5. */
  readonly oaep?: string
  /** Bits of the AES key that wraps the content encryption key; absent where it is agreed directly. */
  readonly wrap?: number
}

/** RFC 7518 §4.1, and the longer OAEP digests that the registry of JOSE has beside it. */
export const keyAlgorithms = {
  'RSA-OAEP': { wire: 'RSA_OAEP_SHA1', family: 'rsa', oaep: 'sha1' },
  'RSA-OAEP-256': { wire: 'RSA_OAEP_SHA256', family: 'rsa', oaep: 'sha256' },
  'RSA-OAEP-384': { wire: 'RSA_OAEP_SHA384', family: 'rsa', oaep: 'sha384' },
  'RSA-OAEP-512': { wire: 'RSA_OAEP_SHA512', family: 'rsa', oaep: 'sha512' },
  RSA1_5: { wire: 'RSA1_5', family: 'rsa' },
  'ECDH-ES': { wire: 'ECDH_ES', family: 'ecdh' },
  'ECDH-ES+A128KW': { wire: 'ECDH_ES_AES_128_KEY_WRAP', family: 'ecdh', wrap: 128 },
  'ECDH-ES+A192KW': { wire: 'ECDH_ES_AES_192_KEY_WRAP', family: 'ecdh', wrap: 192 },
  'ECDH-ES+A256KW': { wire: 'ECDH_ES_AES_256_KEY_WRAP', family: 'ecdh', wrap: 256 },
  A128KW: { wire: 'AES_128_KEY_WRAP', family: 'aes', wrap: 128 },
  A192KW: { wire: 'AES_192_KEY_WRAP', family: 'aes', wrap: 192 },
  A256KW: { wire: 'AES_256_KEY_WRAP', family: 'aes', wrap: 256 },
} as const satisfies Record<string, KeyRow>

export type JweKeyAlgorithm = keyof typeof keyAlgorithms

export const isKeyAlgorithm = (name: string): name is JweKeyAlgorithm =>
  Object.hasOwn(keyAlgorithms, name)

export const keyRow = (name: JweKeyAlgorithm): KeyRow => keyAlgorithms[name]

export interface JweOptions {
  readonly key: KeyObject
  /** The name in JOSE; undefined: A256GCM when writing, whatever the header says when reading. */
  readonly content?: string
  /** Likewise; undefined: RSA-OAEP, ECDH-ES+A256KW or AES key wrap, by the key. */
  readonly keyAlgorithm?: JweKeyAlgorithm
  readonly keyIdentifier?: string
  readonly jwtIdentifier?: string
}

/** The curves of JOSE by OpenSSL's names (RFC 7518 §6.2.1.1, RFC 8037 §2). */
export const joseCurves: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  x25519: 'X25519',
  x448: 'X448',
}

export const joseCurveOf = (key: KeyObject): string | undefined =>
  joseCurves[key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? '']
