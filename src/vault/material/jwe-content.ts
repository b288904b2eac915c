import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { doesNotOpen } from './aes-wrap.ts'
import { contentRow } from './jwe-algorithms.ts'

/* The content of a JWE (RFC 7518 §5): AES-GCM, or AES-CBC with HMAC. */

export function encryptContent(enc: string, cek: Buffer, plain: Uint8Array, aad: string) {
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

export function decryptContent(enc: string, cek: Buffer, parts: Parts, aad: string): Buffer {
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
