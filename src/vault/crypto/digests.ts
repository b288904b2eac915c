import { createHash, hash } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'
import { inPieces, PIECE } from './bytes.ts'

/** The digests of the API (reference 9.2) by the name that OpenSSL has for them. */
const digests: Readonly<Record<string, string>> = {
  'SHA-1': 'sha1',
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
  'SHA3-224': 'sha3-224',
  'SHA3-256': 'sha3-256',
  'SHA3-384': 'sha3-384',
  'SHA3-512': 'sha3-512',
}

/** `SHA-256`, `sha256` and `SHA_256` are one digest. */
const spelled = new Map(
  Object.entries(digests).map(([name, digest]) => [name.replace('SHA-', 'SHA'), digest]),
)

export function readDigest(text: string, field: string): string {
  const found = spelled.get(text.toUpperCase().replaceAll('_', '-').replace(/^SHA-/, 'SHA'))
  if (found === undefined)
    throw invalid(`${field}: ${quote(text)} is not one of ${Object.keys(digests).join(', ')}`)
  return found
}

export async function digestOf(digest: string, bytes: Buffer): Promise<Buffer> {
  if (bytes.length <= PIECE) return hash(digest, bytes, 'buffer')
  const state = createHash(digest)
  await inPieces(bytes, (piece) => state.update(piece))
  return state.digest()
}
