import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { nothing, oid, sequence } from '../../crypto/der.ts'
import { invalid } from '../../crypto/refuse.ts'
import type { KeyAlgorithm } from './types.ts'

/** One way to sign. `digest` is null where the algorithm takes the message whole. */
export interface SignatureRow {
  readonly name: string
  readonly digest: string | null
  /** AlgorithmIdentifier: RSA's parameters are NULL (RFC 4055 §5), the others' are absent (RFC 5758, 8410, 9881). */
  readonly identifier: Buffer
  readonly keyType: string
}

const row = (
  name: string,
  dotted: string,
  keyType: string,
  digest: string | null,
): SignatureRow => ({
  name,
  digest,
  keyType,
  identifier: keyType === 'rsa' ? sequence(oid(dotted), nothing) : sequence(oid(dotted)),
})

/** SHA-1 and MD5 are not here: nothing is signed with them, and no request signed with them is believed. */
const signatures = {
  SHA256WithRSA: row('SHA256WithRSA', '1.2.840.113549.1.1.11', 'rsa', 'sha256'),
  SHA384WithRSA: row('SHA384WithRSA', '1.2.840.113549.1.1.12', 'rsa', 'sha384'),
  SHA512WithRSA: row('SHA512WithRSA', '1.2.840.113549.1.1.13', 'rsa', 'sha512'),
  ECDSAWithSHA256: row('ECDSAWithSHA256', '1.2.840.10045.4.3.2', 'ec', 'sha256'),
  ECDSAWithSHA384: row('ECDSAWithSHA384', '1.2.840.10045.4.3.3', 'ec', 'sha384'),
  ECDSAWithSHA512: row('ECDSAWithSHA512', '1.2.840.10045.4.3.4', 'ec', 'sha512'),
  Ed25519: row('Ed25519', '1.3.101.112', 'ed25519', null),
  'ML-DSA-44': row('ML-DSA-44', '2.16.840.1.101.3.4.3.17', 'ml-dsa-44', null),
  'ML-DSA-65': row('ML-DSA-65', '2.16.840.1.101.3.4.3.18', 'ml-dsa-65', null),
  'ML-DSA-87': row('ML-DSA-87', '2.16.840.1.101.3.4.3.19', 'ml-dsa-87', null),
} as const

/** The curves: OpenSSL's name, its identifier, and how its CA signs. */
export const curves = {
  256: { name: 'prime256v1', oid: '1.2.840.10045.3.1.7', signature: signatures.ECDSAWithSHA256 },
  384: { name: 'secp384r1', oid: '1.3.132.0.34', signature: signatures.ECDSAWithSHA384 },
  521: { name: 'secp521r1', oid: '1.3.132.0.35', signature: signatures.ECDSAWithSHA512 },
} as const

export interface KeyDescription {
  readonly algorithm: KeyAlgorithm
  readonly size: number
  readonly signature: SignatureRow
}

const described = new WeakMap<KeyObject, KeyDescription>()

/** What kind of key this is and how it signs. A fault for a kind that no certificate of ours may hold. */
export function describeKey(key: KeyObject): KeyDescription {
  let known = described.get(key)
  if (!known) {
    // OpenSSL takes a while to say, and is asked at every step of a certificate.
    known = describe(key)
    described.set(key, known)
  }
  return known
}

function describe(key: KeyObject): KeyDescription {
  const type = key.asymmetricKeyType ?? 'none'
  if (type === 'rsa') {
    const size = key.asymmetricKeyDetails?.modulusLength ?? 0
    return { algorithm: 'RSA', size, signature: rsaSignature(size) }
  }
  if (type === 'ec') {
    const named = key.asymmetricKeyDetails?.namedCurve
    for (const size of [256, 384, 521] as const) {
      if (curves[size].name === named)
        return { algorithm: 'ECDSA', size, signature: curves[size].signature }
    }
    throw invalid('the key is on a curve other than P-256, P-384 and P-521')
  }
  if (type === 'ed25519') return { algorithm: 'Ed25519', size: 256, signature: signatures.Ed25519 }
  for (const size of [44, 65, 87] as const) {
    if (type === `ml-dsa-${size}`)
      return { algorithm: 'ML-DSA', size, signature: signatures[`ML-DSA-${size}`] }
  }
  throw invalid('the key is neither RSA, ECDSA, Ed25519 nor ML-DSA')
}

/** The kind of key that stands beside a CA's for days: whoever verifies the one verifies the other. RSA 2048 is made quickly. */
export function keyBeside(key: KeyObject): Pick<KeyDescription, 'algorithm' | 'size'> {
  const { algorithm, size } = describeKey(key)
  return { algorithm, size: algorithm === 'RSA' ? 2048 : size }
}

/** The stronger the modulus, the longer the digest (reference 5.1). RSA 1024 signs with SHA-256, never SHA-1. */
function rsaSignature(size: number): SignatureRow {
  if (size >= 4096) return signatures.SHA512WithRSA
  return size >= 3072 ? signatures.SHA384WithRSA : signatures.SHA256WithRSA
}

/** The name of the signature this key makes, as the product writes it: `SHA256WithRSA`, `ECDSAWithSHA384`, `ML-DSA-65`. */
export const signatureName = (key: KeyObject): string => describeKey(key).signature.name

/** The row with exactly this AlgorithmIdentifier, parameters included. */
export function signatureOf(identifier: Uint8Array): SignatureRow | undefined {
  return Object.values(signatures).find(({ identifier: known }) => known.equals(identifier))
}

/** The row of that name in any case; undefined for none. */
export const signatureNamed = (name: string): SignatureRow | undefined =>
  Object.values(signatures).find((row) => row.name.toLowerCase() === name.toLowerCase())

const signAsync = promisify<string | null, Uint8Array, KeyObject, Buffer>(sign)

/** As much as is hashed within a fraction of a millisecond: certificates and answers, not lists. */
const SMALL = 64 * 1024

/** What signs within half a millisecond: going to another thread and back would cost more than the signature. */
function isQuick(key: KeyObject): boolean {
  const { algorithm, size } = describeKey(key)
  if (algorithm === 'RSA') return size <= 2048
  return algorithm === 'Ed25519' || (algorithm === 'ECDSA' && size === 256)
}

/** Off the event loop where it takes long: RSA 4096 and ML-DSA take milliseconds. */
export const signWith = async (
  row: SignatureRow,
  data: Uint8Array,
  key: KeyObject,
): Promise<Buffer> =>
  data.length <= SMALL && isQuick(key)
    ? sign(row.digest, data, key)
    : signAsync(row.digest, data, key)

/** The same with keys that no certificate of ours may hold. */
export const signLater = (row: SignatureRow, data: Uint8Array, key: KeyObject): Promise<Buffer> =>
  signAsync(row.digest, data, key)

const verifyAsync = promisify<string | null, Uint8Array, KeyObject, Uint8Array, boolean>(verify)

/** The same off the event loop, for data of megabytes. */
export async function verifiesLater(
  row: SignatureRow,
  data: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): Promise<boolean> {
  if (key.asymmetricKeyType !== row.keyType) return false
  try {
    return await verifyAsync(row.digest, data, key, signature)
  } catch {
    return false
  }
}

/** False for a signature that does not verify, and for one its algorithm cannot even read. */
export function verifies(
  row: SignatureRow,
  data: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): boolean {
  if (key.asymmetricKeyType !== row.keyType) return false
  try {
    return verify(row.digest, data, key, signature)
  } catch {
    return false
  }
}

const encoded = new WeakMap<KeyObject, Buffer>()
const publicHalves = new WeakMap<KeyObject, KeyObject>()

/** A public key as SubjectPublicKeyInfo. Encoding one takes OpenSSL longer than signing, so it is done once for a key. */
export function spkiOf(key: KeyObject): Buffer {
  let der = encoded.get(key)
  if (!der) {
    der = key.export({ type: 'spki', format: 'der' })
    encoded.set(key, der)
  }
  return der
}

/** What a public key is found by: SHA-256 over its SubjectPublicKeyInfo, in hexadecimal. */
export const keyDigest = (key: KeyObject): string => hash('sha256', spkiOf(key))

/**
 * Spares the encoding of a key that was read from these bytes, whose form was checked. An RSA key is encoded all the same:
 * its numbers may have been written in more ways than one.
 */
export function rememberSpki(key: KeyObject, der: Uint8Array): void {
  if (key.asymmetricKeyType !== 'rsa') encoded.set(key, Buffer.from(der))
}

/** The public half of a private key, the same object each time. */
export function publicHalf(key: KeyObject): KeyObject {
  let half = publicHalves.get(key)
  if (!half) {
    half = createPublicKey(key)
    publicHalves.set(key, half)
  }
  return half
}

/**
 * Whether two public keys are one. `KeyObject.equals` is not asked: for keys of different kinds it leaves an error in
 * OpenSSL's queue, and the next TLS connection that is read from fails with it (seen with Node 26).
 */
export const isSameKey = (one: KeyObject, other: KeyObject): boolean =>
  spkiOf(one).equals(spkiOf(other))
