import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import {
  contentAlgorithms,
  contentRow,
  isKeyAlgorithm,
  type JweKeyAlgorithm,
  type JweOptions,
  joseCurveOf,
  keyRow,
} from './jwe-algorithms.ts'
import { decryptContent, encryptContent } from './jwe-content.ts'
import { type JweHeader, makeKey, octets, openKey } from './jwe-keys.ts'

/* JWE in the compact form (RFC 7516 §7.1) with the algorithms of RFC 7518, for keys that travel. */

const MAX_JWE = 512 * 1024
const MAX_HEADER = 8192

/** `kid` and `jti` stand in the header, where whoever asks for a key by its id looks for them. */
export function writeJwe(bytes: Uint8Array, options: JweOptions, defaultKid: string): string {
  const enc = options.content ?? 'A256GCM'
  const alg = options.keyAlgorithm ?? usual(options.key)
  demandFits(alg, options.key)
  const key = options.key.type === 'private' ? createPublicKey(options.key) : options.key
  const { length } = contentRow(enc)
  const made = makeKey(alg, enc, key, length)
  const header = {
    alg,
    enc,
    kid: options.keyIdentifier ?? defaultKid,
    jti: options.jwtIdentifier ?? randomUUID(),
    ...made.header,
  }
  const protectedPart = Buffer.from(JSON.stringify(header)).toString('base64url')
  try {
    const { iv, ciphertext, tag } = encryptContent(enc, made.cek, bytes, protectedPart)
    return [protectedPart, ...[made.encrypted, iv, ciphertext, tag].map(base64url)].join('.')
  } finally {
    made.cek.fill(0)
  }
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** The octets in a JWE, for the caller to wipe. `allowPkcs1` is the word that RSA1_5 is wanted. */
export function readJwe(text: string, options: JweOptions, allowPkcs1: boolean): Buffer {
  if (text.length > MAX_JWE) throw invalid('the JWE is larger than any key')
  const parts = text.split('.')
  const [protectedPart = '', ...rest] = parts
  if (parts.length !== 5) throw invalid('the JWE does not have five parts')
  const [encrypted, iv, ciphertext, tag] = rest.map(octets) as [Buffer, Buffer, Buffer, Buffer]
  const header = readHeader(protectedPart)
  const { alg, enc } = header
  if (options.keyAlgorithm !== undefined && options.keyAlgorithm !== alg)
    throw invalid(`the JWE is encrypted with ${alg}, not ${options.keyAlgorithm}`)
  if (options.content !== undefined && options.content !== enc)
    throw invalid(`the JWE is encrypted with ${enc}, not ${options.content}`)
  demandFits(alg, options.key)
  if (alg === 'RSA1_5' && !allowPkcs1)
    throw invalid('RSA1_5 is off here for what is decrypted; use RSA-OAEP-256')
  const cek = openKey(header, options.key, encrypted)
  try {
    return decryptContent(enc, cek, { iv, ciphertext, tag }, protectedPart)
  } finally {
    cek.fill(0)
  }
}

function readHeader(part: string): JweHeader {
  let header: unknown
  try {
    if (part.length > MAX_HEADER) throw new Error('too long')
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets(part)))
  } catch (cause) {
    throw invalid('the header of the JWE is not JSON', { cause })
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw invalid('the header of the JWE is not an object')
  const { alg, enc, crit, zip, ...rest } = header as Record<string, unknown>
  // RFC 7516 §4.1.13: whoever does not know what is critical refuses. Compression leaks, and its bombs grow.
  if (crit !== undefined || zip !== undefined)
    throw invalid('the JWE has a critical or a compressed part, which is not read here')
  if (typeof alg !== 'string' || !isKeyAlgorithm(alg))
    throw invalid('the JWE is encrypted to its key in a way that is not read here')
  if (typeof enc !== 'string' || !Object.hasOwn(contentAlgorithms, enc))
    throw invalid('the content of the JWE is encrypted in a way that is not read here')
  return { ...rest, alg, enc }
}

function usual(key: KeyObject): JweKeyAlgorithm {
  if (key.type !== 'secret') return key.asymmetricKeyType === 'rsa' ? 'RSA-OAEP' : 'ECDH-ES+A256KW'
  const name = `A${(key.symmetricKeySize ?? 0) * 8}KW`
  if (isKeyAlgorithm(name)) return name
  throw invalid('the key to wrap with is not an AES key')
}

function demandFits(alg: JweKeyAlgorithm, key: KeyObject): void {
  const { family, wrap } = keyRow(alg)
  const fits = {
    rsa: key.asymmetricKeyType === 'rsa',
    ecdh: key.type !== 'secret' && joseCurveOf(key) !== undefined,
    aes: key.type === 'secret' && key.symmetricKeySize === (wrap ?? 0) / 8,
  }
  if (!fits[family]) throw invalid(`the key to wrap with does not go with ${alg}`)
}
