import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { invalid } from '../../crypto/refuse.ts'
import { Secret } from '../../crypto/secret.ts'
import { quote } from '../../kit/fault.ts'
import { curves, describeKey } from './algorithms.ts'
import type { KeyAlgorithm } from './types.ts'
import { checkStrength, type KeyRules } from './weak-keys.ts'

const generate = promisify(generateKeyPair)

const MAX_KEY_TEXT = 64 * 1024

/** A new private key. A size of 0 or none takes the default: RSA 2048, ECDSA 256, ML-DSA 65. */
export async function generateKey(
  algorithm: KeyAlgorithm,
  size?: number,
  rules: KeyRules = {},
): Promise<KeyObject> {
  switch (algorithm) {
    case 'RSA': {
      const modulusLength = rsaSize(size || 2048, rules)
      return (await generate('rsa', { modulusLength, publicExponent: 65537 })).privateKey
    }
    case 'ECDSA': {
      const curve = Object.entries(curves).find(([bits]) => Number(bits) === (size || 256))
      if (!curve) throw wrongSize(algorithm, size, '256, 384 and 521')
      return (await generate('ec', { namedCurve: curve[1].name })).privateKey
    }
    case 'Ed25519':
      if (size && size !== 256) throw wrongSize(algorithm, size, 'no size but 256')
      return (await generate('ed25519')).privateKey
    case 'ML-DSA':
      return (await generate(mlDsa(size || 65))).privateKey
    default:
      throw invalid(`algorithm ${quote(algorithm satisfies never)} is not known`)
  }
}

/** 256 apart, so that no size is one that others' software cannot hold. */
function rsaSize(size: number, rules: KeyRules): number {
  if (!Number.isInteger(size) || size % 256 !== 0 || size < 1024 || size > 4096)
    throw wrongSize('RSA', size, '2048, 3072 and 4096')
  if (size < 2048 && rules.allowRsa1024 !== true)
    throw invalid(`RSA keys of ${size} bits are refused here: 2048 are the least`)
  return size
}

function mlDsa(size: number): 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87' {
  if (size !== 44 && size !== 65 && size !== 87) throw wrongSize('ML-DSA', size, '44, 65 and 87')
  return `ml-dsa-${size}`
}

const wrongSize = (algorithm: string, size: number | undefined, known: string) =>
  invalid(`size ${size} is not one of ${algorithm}; it has ${known}`)

export const privateKeyToSecret = (key: KeyObject): Secret => {
  const der = key.export({ type: 'pkcs8', format: 'der' })
  const secret = new Secret(der)
  der.fill(0)
  return secret
}

export const privateKeyFromSecret = (secret: Secret): KeyObject =>
  createPrivateKey({ key: secret.reveal(), format: 'der', type: 'pkcs8' })

/**
 * A private key that a caller sent as PEM: PKCS#8, PKCS#1 or SEC 1, encrypted ones with their password. A fault for a
 * key that is of another kind than asked for, weak, or not readable.
 */
export function readPrivateKey(
  pem: string,
  wanted: {
    algorithm?: KeyAlgorithm | undefined
    size?: number | undefined
    password?: string | undefined
  },
  rules: KeyRules = {},
): KeyObject {
  if (pem.length > MAX_KEY_TEXT) throw invalid('the private key is longer than any key')
  const key = parsePrivateKey(pem.replaceAll('\\n', '\n'), wanted.password)
  const { algorithm, size } = describeKey(key)
  if (wanted.algorithm !== undefined && wanted.algorithm !== algorithm)
    throw invalid(`the private key is ${algorithm}, not ${wanted.algorithm}`)
  if (wanted.size && wanted.size !== size)
    throw invalid(`the private key has size ${size}, not ${wanted.size}`)
  checkStrength(createPublicKey(key), rules)
  return key
}

function parsePrivateKey(key: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey(passphrase ? { key, passphrase } : { key })
  } catch (error) {
    // OpenSSL's words may quote nothing secret, but they help nobody either.
    throw invalid('the private key cannot be read: wrong password, or not a private key in PEM', {
      cause: error,
    })
  }
}

const ciphers = {
  AES256: 'aes-256-cbc',
  AES192: 'aes-192-cbc',
  AES128: 'aes-128-cbc',
  TDES: 'des-ede3-cbc',
} as const
export type KeyEncryption = keyof typeof ciphers

/**
 * The key as PEM: RSA and EC in their traditional form (PKCS#1, SEC 1), with a password under RFC 1421 encryption
 * (reference 8.1). Ed25519 and ML-DSA have no traditional form and come as PKCS#8, encrypted as PKCS#8 (RFC 5958).
 */
export function encryptPrivateKey(
  key: KeyObject,
  algorithm: KeyEncryption | undefined,
  password: string | undefined,
): string {
  const type =
    key.asymmetricKeyType === 'rsa' ? 'pkcs1' : key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs8'
  const form = { type, format: 'pem' } as const
  if (!password) return key.export(form).toString()
  return key
    .export({ ...form, cipher: ciphers[algorithm ?? 'AES256'], passphrase: password })
    .toString()
}
