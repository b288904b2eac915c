import { diffieHellman, hkdfSync, type KeyObject } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'
import { readPublicKey } from '../material/index.ts'

const digests: Readonly<Record<string, string>> = {
  'hmac-sha1': 'sha1',
  'hmac-sha224': 'sha224',
  'hmac-sha256': 'sha256',
  'hmac-sha384': 'sha384',
  'hmac-sha512': 'sha512',
}
const octetsOf: Readonly<Record<string, number>> = {
  sha1: 20,
  sha224: 28,
  sha256: 32,
  sha384: 48,
  sha512: 64,
}

const MAX_INFO = 1024

export interface DeriveFields {
  readonly hashAlgorithm?: string | undefined
  readonly salt: Buffer
  readonly info: Buffer
  readonly length: number
  /** PEM of the other side, for a key of a curve. */
  readonly publicKey?: string | undefined
}

/** HKDF (RFC 5869) of a symmetric key, or of what a private key and another's public key agree on (RFC 7748, SP 800-56A). */
export async function derive(key: KeyObject, fields: DeriveFields): Promise<Buffer> {
  const name = fields.hashAlgorithm?.toLowerCase() ?? 'hmac-sha256'
  const digest = Object.hasOwn(digests, name) ? digests[name] : undefined
  if (digest === undefined)
    throw invalid(
      `hashAlgorithm: ${quote(fields.hashAlgorithm ?? '')} is not one of ${Object.keys(digests).join(', ')}`,
    )
  const most = 255 * (octetsOf[digest] ?? 0)
  if (fields.length < 1 || fields.length > most)
    throw invalid(`length: ${fields.length} is not 1 to ${most}, which ${name} can give`)
  const { salt, info, length, publicKey } = fields
  // As much as OpenSSL takes.
  if (info.length > MAX_INFO) throw invalid(`info: is longer than ${MAX_INFO} octets`)
  if (key.type === 'secret') {
    if (publicKey !== undefined) throw invalid('publicKey: is for keys of a curve')
    return Buffer.from(hkdfSync(digest, key, salt, info, length))
  }
  if (publicKey === undefined) throw invalid('publicKey: is required for a key of a curve')
  const agreed = agree(key, await readPublicKey(publicKey))
  try {
    return Buffer.from(hkdfSync(digest, agreed, salt, info, length))
  } finally {
    agreed.fill(0)
  }
}

function agree(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  try {
    return diffieHellman({ privateKey, publicKey })
  } catch (cause) {
    // Another curve, or a point that everybody agrees with.
    throw invalid('publicKey: does not go with the key', { cause })
  }
}
