import { constants, createHmac, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'
import { algorithmRow } from './algorithms.ts'
import type { KeySpec } from './spec.ts'

/** The fields of wrappingMethod `mac/sign` (reference 8). */
export interface MacSignFields {
  readonly wrappingHashAlgo?: string | null | undefined
  readonly signingAlgo?: string | null | undefined
}

const digests = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512']

const signLater = promisify<string, Uint8Array, Parameters<typeof sign>[2], Buffer>(sign)

/** In hexadecimal: the MAC by an HMAC key, with its own digest, or the signature by an RSA key, over the exported octets. */
export async function macSign(
  bytes: Uint8Array,
  spec: KeySpec,
  key: KeyObject,
  fields: MacSignFields,
): Promise<string> {
  const { digest } = algorithmRow(spec.algorithm)
  if (digest !== undefined) return createHmac(digest, key).update(bytes).digest('hex')
  const { hash, options } = readSigning(spec, fields)
  if (key.type !== 'private') throw invalid('a private key is needed to sign with')
  // SHA-1 signs nothing new (SP 800-131A).
  if (hash === 'sha1') throw invalid('wrappingHashAlgo: nothing is signed with sha1; use sha256')
  return (await signLater(hash, bytes, { key, ...options })).toString('hex')
}

/** Whether `given`, in hexadecimal or base64, is what `macSign` makes, or for RSA would have made. */
export function verifyMacSign(
  bytes: Uint8Array,
  given: string,
  spec: KeySpec,
  key: KeyObject,
  fields: MacSignFields,
): boolean {
  const { digest } = algorithmRow(spec.algorithm)
  const sent = Buffer.from(given, /^(?:[0-9a-f]{2})+$/i.test(given) ? 'hex' : 'base64')
  if (digest !== undefined) {
    const due = createHmac(digest, key).update(bytes).digest()
    return due.length === sent.length && timingSafeEqual(due, sent)
  }
  const { hash, options } = readSigning(spec, fields)
  try {
    return verify(hash, bytes, { key, ...options }, sent)
  } catch {
    return false
  }
}

function readSigning(spec: KeySpec, { wrappingHashAlgo, signingAlgo }: MacSignFields) {
  if (spec.algorithm !== 'RSA')
    throw invalid('macSignKeyIdentifier: the key is neither an HMAC key nor RSA')
  const hash = wrappingHashAlgo?.toLowerCase() || 'sha256'
  if (!digests.includes(hash))
    throw invalid(
      `wrappingHashAlgo: ${quote(wrappingHashAlgo ?? '')} is not one of ${digests.join(', ')}`,
    )
  const algorithm = signingAlgo?.toUpperCase() || 'RSA'
  if (algorithm === 'RSA')
    return { hash, options: { padding: constants.RSA_PKCS1_PADDING } } as const
  if (algorithm !== 'RSA-PSS')
    throw invalid(`signingAlgo: ${quote(signingAlgo ?? '')} is not one of RSA, RSA-PSS`)
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return { hash, options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } } as const
}
