import {
  constants,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { aesUnwrap, aesWrap, doesNotOpen, wrapKeyOf } from './aes-wrap.ts'
import { contentRow, type JweKeyAlgorithm, joseCurveOf, keyRow } from './jwe-algorithms.ts'

/* The content encryption key of a JWE (RFC 7518 §4): encrypted to a key, or agreed on with it. */

export interface JweHeader {
  readonly alg: JweKeyAlgorithm
  readonly enc: string
  readonly epk?: unknown
  readonly apu?: unknown
  readonly apv?: unknown
}

interface Made {
  readonly cek: Buffer
  readonly encrypted: Uint8Array
  readonly header?: { readonly epk: unknown }
}

export function makeKey(alg: JweKeyAlgorithm, enc: string, key: KeyObject, length: number): Made {
  const { family, oaep, wrap } = keyRow(alg)
  if (family === 'ecdh') {
    const pair = pairLike(key)
    const { kty, crv, x, y } = pair.publicKey.export({ format: 'jwk' })
    const epk = { kty, crv, x, ...(y !== undefined && { y }) }
    const agreed = agree(pair.privateKey, key, { alg, enc, epk }, wrap, length)
    if (wrap === undefined) return { cek: agreed, encrypted: new Uint8Array(), header: { epk } }
    const cek = randomBytes(length)
    return { cek, encrypted: aesWrap(wrapKeyOf(agreed), cek, false), header: { epk } }
  }
  const cek = randomBytes(length)
  if (family === 'aes') return { cek, encrypted: aesWrap(key, cek, false) }
  return { cek, encrypted: publicEncrypt({ key, ...rsaOptions(oaep) }, cek) }
}

const rsaOptions = (oaep: string | undefined) =>
  oaep === undefined
    ? { padding: constants.RSA_PKCS1_PADDING }
    : { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaep }

export function openKey(header: JweHeader, key: KeyObject, encrypted: Buffer): Buffer {
  const { alg, enc, epk } = header
  const { family, oaep, wrap } = keyRow(alg)
  const { length } = contentRow(enc)
  if (family === 'aes') return sized(aesUnwrap(key, encrypted, false), length)
  if (family === 'ecdh') {
    const agreed = agree(key, readEpk(epk, key), header, wrap, length)
    if (wrap !== undefined) return sized(aesUnwrap(wrapKeyOf(agreed), encrypted, false), length)
    if (encrypted.length > 0) throw doesNotOpen()
    return agreed
  }
  // RFC 7516 §11.5: with a key of chance the failure shows where every other does.
  const chance = randomBytes(length)
  try {
    const opened = privateDecrypt({ key, ...rsaOptions(oaep) }, encrypted)
    if (opened.length === length) return opened
    opened.fill(0)
  } catch {
    // Answered below, like a wrong tag.
  }
  return chance
}

function sized(cek: Buffer, length: number): Buffer {
  if (cek.length === length) return cek
  cek.fill(0)
  throw doesNotOpen()
}

function pairLike(key: KeyObject) {
  if (key.asymmetricKeyType === 'x25519') return generateKeyPairSync('x25519')
  if (key.asymmetricKeyType === 'x448') return generateKeyPairSync('x448')
  const namedCurve = key.asymmetricKeyDetails?.namedCurve ?? ''
  return generateKeyPairSync('ec', { namedCurve })
}

/** The sender's key for this one message; OpenSSL refuses a point off the curve. */
function readEpk(epk: unknown, key: KeyObject): KeyObject {
  const curve = joseCurveOf(key)
  try {
    const { kty, crv, x, y } = epk as Record<string, string>
    if (crv !== curve) throw new Error('another curve')
    const jwk = { kty, crv, x, ...(y !== undefined && { y }) } as JsonWebKey
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch (cause) {
    throw invalid('the JWE has no ephemeral key on the curve of the key to unwrap with', { cause })
  }
}

type JsonWebKey = Parameters<typeof createPublicKey>[0] extends infer Input
  ? Input extends { key: infer Key; format: 'jwk' }
    ? Key
    : never
  : never

/** ECDH-ES with the Concat KDF (RFC 7518 §4.6.2). */
function agree(
  privateKey: KeyObject,
  publicKey: KeyObject,
  { alg, enc, apu, apv }: JweHeader,
  wrap: number | undefined,
  length: number,
): Buffer {
  const octetsWanted = wrap === undefined ? length : wrap / 8
  const info = Buffer.concat([
    lengthAnd(Buffer.from(wrap === undefined ? enc : alg)),
    lengthAnd(partyOf(apu)),
    lengthAnd(partyOf(apv)),
    number(octetsWanted * 8),
  ])
  let secret: Buffer
  try {
    secret = diffieHellman({ privateKey, publicKey })
  } catch (cause) {
    throw doesNotOpen(cause)
  }
  const derived = Buffer.from(new ArrayBuffer(Math.ceil(octetsWanted / 32) * 32))
  for (let round = 0; round * 32 < octetsWanted; round++) {
    const block = createHash('sha256')
      .update(number(round + 1))
      .update(secret)
      .update(info)
      .digest()
    block.copy(derived, round * 32)
    block.fill(0)
  }
  secret.fill(0)
  return derived.subarray(0, octetsWanted)
}

function partyOf(part: unknown): Buffer {
  if (part === undefined) return Buffer.alloc(0)
  if (typeof part !== 'string') throw invalid('the header of the JWE has a party that is no text')
  return octets(part)
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const lengthAnd = (bytes: Uint8Array): Buffer => Buffer.concat([number(bytes.length), bytes])

/** A part of a JWE, in base64url without anything besides. */
export function octets(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  if (bytes.toString('base64url') !== part) throw invalid('the JWE is not base64url')
  return bytes
}
