import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'

/** The initial values of RFC 3394 §2.2.3.1 and RFC 5649 §3. */
const ivs = {
  plain: Buffer.from('a6a6a6a6a6a6a6a6', 'hex'),
  padded: Buffer.from('a65959a6', 'hex'),
}

/** No key is larger; what is wrapped fits into a request. */
const MAX_WRAPPED = 512 * 1024

const cipherOf = (key: KeyObject, padded: boolean): string =>
  `id-aes${(key.symmetricKeySize ?? 0) * 8}-wrap${padded ? '-pad' : ''}`

/** AES key wrap: RFC 3394, or with padding RFC 5649. A fault for a length that the first cannot take. */
export function aesWrap(key: KeyObject, bytes: Uint8Array, padded: boolean): Buffer {
  if (!padded && (bytes.length < 16 || bytes.length % 8 !== 0))
    throw invalid(
      `material of ${bytes.length} octets cannot be wrapped by RFC 3394, which takes 16 and more in eights; ask for padding`,
    )
  // OpenSSL makes nothing of nothing; RFC 5649 §3 takes one octet and more.
  if (bytes.length === 0) throw invalid('material of 0 octets cannot be wrapped')
  const cipher = createCipheriv(cipherOf(key, padded), key, padded ? ivs.padded : ivs.plain)
  return Buffer.concat([cipher.update(bytes), cipher.final()])
}

/** The octets, for the caller to wipe. A fault when they were not wrapped with this key, or so. */
export function aesUnwrap(key: KeyObject, wrapped: Uint8Array, padded: boolean): Buffer {
  const least = padded ? 16 : 24
  if (wrapped.length < least || wrapped.length % 8 !== 0 || wrapped.length > MAX_WRAPPED)
    throw invalid(`wrapped material of ${wrapped.length} octets is no AES key wrap`)
  try {
    const decipher = createDecipheriv(cipherOf(key, padded), key, padded ? ivs.padded : ivs.plain)
    const first = decipher.update(wrapped)
    const last = decipher.final()
    const whole = Buffer.from(new ArrayBuffer(first.length + last.length))
    first.copy(whole)
    last.copy(whole, first.length)
    first.fill(0)
    last.fill(0)
    return whole
  } catch (cause) {
    throw doesNotOpen(cause)
  }
}

/** One sentence for every reason: which it was helps only who guesses. */
export const doesNotOpen = (cause?: unknown) =>
  invalid('the wrapped material does not open with this key', { cause })

/** A key for one wrap; the bytes are wiped. */
export function wrapKeyOf(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}
