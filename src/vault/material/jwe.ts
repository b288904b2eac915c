import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  randomUUID,
  timingSafeEqual,
} from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { aesUnwrap, aesWrap, doesNotOpen, wrapKeyOf } from './aes-wrap.ts'
import {
  contentAlgorithms,
  isKeyAlgorithm,
  type JweKeyAlgorithm,
  type JweOptions,
  joseCurveOf,
  keyRow,
} from './jwe-algorithms.ts'

/* JWE in the compact form (RFC 7516 §7.1) with the algorithms of RFC 7518, for keys that travel. */

interface Header {
  readonly alg: JweKeyAlgorithm
  readonly enc: string
  readonly epk?: unknown
  readonly apu?: unknown
  readonly apv?: unknown
}

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

function octets(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  if (bytes.toString('base64url') !== part) throw invalid('the JWE is not base64url')
  return bytes
}

function readHeader(part: string): Header {
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

function contentRow(enc: string) {
  const row = contentAlgorithms[enc]
  if (!row) throw invalid(`${enc} is not known`)
  return row
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

interface Made {
  readonly cek: Buffer
  readonly encrypted: Uint8Array
  readonly header?: { readonly epk: unknown }
}

function makeKey(alg: JweKeyAlgorithm, enc: string, key: KeyObject, length: number): Made {
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

function openKey(header: Header, key: KeyObject, encrypted: Buffer): Buffer {
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
  { alg, enc, apu, apv }: Header,
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

function encryptContent(enc: string, cek: Buffer, plain: Uint8Array, aad: string) {
  const { cipher, iv: ivLength, digest } = contentRow(enc)
  const iv = randomBytes(ivLength)
  if (digest === undefined) {
    const made = createCipheriv(cipher as 'aes-256-gcm', cek, iv)
    made.setAAD(Buffer.from(aad))
    const ciphertext = Buffer.concat([made.update(plain), made.final()])
    return { iv, ciphertext, tag: made.getAuthTag() }
  }
  const half = cek.length / 2
  const made = createCipheriv(cipher, cek.subarray(half), iv)
  const ciphertext = Buffer.concat([made.update(plain), made.final()])
  return { iv, ciphertext, tag: macOf(digest, cek.subarray(0, half), aad, iv, ciphertext) }
}

/** RFC 7518 §5.2.2.1: over all that is sent, and cut in half. */
function macOf(digest: string, key: Buffer, aad: string, iv: Buffer, ciphertext: Buffer): Buffer {
  const bits = Buffer.alloc(8)
  bits.writeBigUInt64BE(BigInt(aad.length) * 8n)
  const mac = createHmac(digest, createSecretKey(key))
  const whole = mac.update(aad).update(iv).update(ciphertext).update(bits).digest()
  return whole.subarray(0, whole.length / 2)
}

interface Parts {
  readonly iv: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

function decryptContent(enc: string, cek: Buffer, parts: Parts, aad: string): Buffer {
  const { iv, ciphertext, tag } = parts
  const row = contentRow(enc)
  if (iv.length !== row.iv) throw doesNotOpen()
  try {
    if (row.digest === undefined) {
      const made = createDecipheriv(row.cipher as 'aes-256-gcm', cek, iv, { authTagLength: 16 })
      made.setAAD(Buffer.from(aad))
      made.setAuthTag(tag)
      return joined(made.update(ciphertext), made.final())
    }
    const half = cek.length / 2
    const due = macOf(row.digest, cek.subarray(0, half), aad, iv, ciphertext)
    if (due.length !== tag.length || !timingSafeEqual(due, tag)) throw new Error('wrong tag')
    const made = createDecipheriv(row.cipher, cek.subarray(half), iv)
    return joined(made.update(ciphertext), made.final())
  } catch (cause) {
    throw doesNotOpen(cause)
  }
}

function joined(first: Buffer, last: Buffer): Buffer {
  const whole = Buffer.concat([first, last])
  first.fill(0)
  last.fill(0)
  return whole
}
