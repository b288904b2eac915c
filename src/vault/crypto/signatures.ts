import {
  constants,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { promisify } from 'node:util'
import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'
import { algorithmRow, type KeySpec } from '../material/index.ts'
import { PIECE } from './bytes.ts'
import { readDigest } from './digests.ts'
import { signDigest, verifyDigest } from './ecdsa.ts'
import { signPssDigest, verifyPssDigest } from './pss.ts'

/** How to sign, as a request says it (reference 9.2); what is left out goes by the key. */
export interface SignFields {
  readonly hashAlgo?: string | undefined
  readonly signAlgo?: string | undefined
  readonly signPad?: string | undefined
  readonly saltLength?: number | undefined
}

type Scheme =
  | { readonly kind: 'rsa'; readonly digest: string | undefined; readonly pss: boolean }
  | { readonly kind: 'ecdsa'; readonly digest: string | undefined; readonly curve: string }
  /** Ed25519, ML-DSA and their like, which take the message itself. */
  | { readonly kind: 'message' }

/** What a client may call the kind of a key's signatures. */
const schemeNames: Readonly<Record<string, readonly string[]>> = {
  rsa: ['RSA', 'RSA-PSS'],
  ecdsa: ['ECDSA', 'EC'],
  eddsa: ['EDDSA', 'ED25519', 'ED448'],
  'ml-dsa': ['ML-DSA'],
  'slh-dsa': ['SLH-DSA'],
}

function readScheme(spec: KeySpec, fields: SignFields): Scheme {
  const { family } = algorithmRow(spec.algorithm)
  const isEdwards = spec.curve === 'ed25519' || spec.curve === 'ed448'
  const known = schemeNames[family === 'ec' ? (isEdwards ? 'eddsa' : 'ecdsa') : family] ?? []
  const asked = fields.signAlgo?.toUpperCase()
  if (asked !== undefined && !known.includes(asked))
    throw invalid(`signAlgo: ${quote(asked)} does not go with the key; ${known.join(', ')} does`)
  if (family === 'rsa') return { kind: 'rsa', digest: digestIn(fields), pss: isPss(fields) }
  if (fields.signPad !== undefined || fields.saltLength !== undefined)
    throw invalid('signPad and saltLength are for keys of RSA')
  if (family === 'ec' && !isEdwards)
    return { kind: 'ecdsa', digest: digestIn(fields), curve: spec.curve ?? '' }
  if (fields.hashAlgo !== undefined && fields.hashAlgo.toLowerCase() !== 'none')
    throw invalid(`hashAlgo: keys of ${spec.curve ?? spec.algorithm} sign the message itself: none`)
  return { kind: 'message' }
}

/** Undefined: the body is the digest. */
const digestIn = ({ hashAlgo = 'SHA-256' }: SignFields): string | undefined =>
  hashAlgo.toLowerCase() === 'none' ? undefined : readDigest(hashAlgo, 'hashAlgo')

function isPss({ signAlgo, signPad, saltLength }: SignFields): boolean {
  const pad = signPad?.toUpperCase().replaceAll(/[-_]/g, '')
  if (pad !== undefined && !['PKCS1', 'PSS', 'RSAPSS'].includes(pad))
    throw invalid(`signPad: ${quote(signPad ?? '')} is not one of PKCS1, PSS`)
  const pss = pad === undefined ? signAlgo?.toUpperCase() === 'RSA-PSS' : pad !== 'PKCS1'
  if (!pss && saltLength !== undefined) throw invalid('saltLength: is for signPad PSS')
  return pss
}

const signLater = promisify<string | null, Uint8Array, Parameters<typeof sign>[2], Buffer>(sign)
const verifyLater = promisify<
  string | null,
  Uint8Array,
  Parameters<typeof verify>[2],
  Uint8Array,
  boolean
>(verify)

/** Takes milliseconds, or up to a second for SLH-DSA: in a thread of its own. */
const isSlow = ({ algorithm, size }: KeySpec, bytes: Buffer): boolean =>
  bytes.length > PIECE ||
  algorithm === 'ML-DSA' ||
  algorithm === 'SLH-DSA' ||
  (algorithm === 'RSA' && size > 2048)

/** The signature; of ECDSA in DER. A fault 'invalid-parameter' for what does not go with the key. */
export async function signatureOf(
  spec: KeySpec,
  key: KeyObject,
  bytes: Buffer,
  fields: SignFields,
): Promise<Buffer> {
  const scheme = readScheme(spec, fields)
  const { digest, options } = openSslOptions(scheme, fields.saltLength, 'sign')
  if (digest === undefined) {
    if (scheme.kind === 'ecdsa') return signDigest(key, scheme.curve, digestSent(bytes))
    if (scheme.kind === 'rsa') return signRsaDigest(key, bytes, scheme.pss, fields.saltLength)
  }
  try {
    if (isSlow(spec, bytes)) return await signLater(digest ?? null, bytes, { key, ...options })
    return sign(digest ?? null, bytes, { key, ...options })
  } catch (cause) {
    if (!isTooLong(cause)) throw cause
    throw invalid('saltLength: does not fit this key and digest', { cause })
  }
}

/** What OpenSSL says of a salt or a digest that the key is too small for. */
const isTooLong = (error: unknown): boolean =>
  /ERR_OSSL_(RSA_|EVP_)?.*(TOO_LARGE|TOO_SMALL|SALT|INVALID_LENGTH|KEY_LENGTH)/.test(
    String((error as { code?: unknown }).code),
  )

/** Whether the signature is of these bytes by this key. Never throws for a signature, whatever it is. */
export async function isSignature(
  spec: KeySpec,
  key: KeyObject,
  bytes: Buffer,
  signature: Buffer,
  fields: SignFields,
): Promise<boolean> {
  const scheme = readScheme(spec, fields)
  const { digest, options } = openSslOptions(scheme, fields.saltLength, 'verify')
  if (digest === undefined) {
    if (scheme.kind === 'ecdsa')
      return verifyDigest(key, scheme.curve, digestSent(bytes), signature)
    if (scheme.kind === 'rsa')
      return isRsaDigest(key, bytes, scheme.pss, fields.saltLength, signature)
  }
  try {
    const by = { key, ...options }
    if (isSlow(spec, bytes)) return await verifyLater(digest ?? null, bytes, by, signature)
    return verify(digest ?? null, bytes, by, signature)
  } catch {
    return false
  }
}

function openSslOptions(
  scheme: Scheme,
  saltLength: number | undefined,
  act: 'sign' | 'verify',
): { readonly digest: string | undefined; readonly options: object } {
  if (scheme.kind === 'message') return { digest: undefined, options: {} }
  if (scheme.kind === 'ecdsa') return { digest: scheme.digest, options: { dsaEncoding: 'der' } }
  if (!scheme.pss)
    return { digest: scheme.digest, options: { padding: constants.RSA_PKCS1_PADDING } }
  const standard =
    act === 'sign' ? constants.RSA_PSS_SALTLEN_DIGEST : constants.RSA_PSS_SALTLEN_AUTO
  return {
    digest: scheme.digest,
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltLength ?? standard },
  }
}

/** SHA-2 by the octets of its digests. */
const byLength: Readonly<Record<number, string>> = {
  20: 'sha1',
  28: 'sha224',
  32: 'sha256',
  48: 'sha384',
  64: 'sha512',
}

/** With `hashAlgo=none` a body that is no digest would let the caller choose numbers rather than messages. */
function digestSent(bytes: Buffer): Buffer {
  if (byLength[bytes.length] === undefined)
    throw invalid(
      `the body is no digest: it has ${bytes.length} octets, and digests 20, 28, 32, 48 or 64`,
    )
  return bytes
}

/** As it is (reference 9.2): whoever wants the DigestInfo of RFC 8017 §9.2 in the signature sends it. */
function signRsaDigest(
  key: KeyObject,
  bytes: Buffer,
  pss: boolean,
  saltLength: number | undefined,
): Buffer {
  if (pss) {
    const digest = digestSent(bytes)
    return signPssDigest(key, digest, byLength[digest.length] ?? '', saltLength ?? digest.length)
  }
  checkPkcs1Length(key, bytes)
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, bytes)
}

function isRsaDigest(
  key: KeyObject,
  bytes: Buffer,
  pss: boolean,
  saltLength: number | undefined,
  signature: Buffer,
): boolean {
  if (pss) {
    const digest = digestSent(bytes)
    return verifyPssDigest(key, digest, byLength[digest.length] ?? '', saltLength, signature)
  }
  checkPkcs1Length(key, bytes)
  if (signature.length !== (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8) return false
  try {
    const opened = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature)
    return opened.length === bytes.length && timingSafeEqual(opened, bytes)
  } catch {
    return false
  }
}

/** A digest, or one in its DigestInfo: never as much as a caller could choose a whole block of. */
const MOST_DIGEST_INFO = 64 + 19

function checkPkcs1Length(key: KeyObject, bytes: Buffer): void {
  const most = Math.min(MOST_DIGEST_INFO, (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8 - 11)
  if (bytes.length < 20 || bytes.length > most)
    throw invalid(`the body is no digest: it has ${bytes.length} octets, not 20 to ${most}`)
}
