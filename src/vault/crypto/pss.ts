import {
  constants,
  hash,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'

/**
 * RSASSA-PSS (RFC 8017 §8.1) of a digest that the caller has made: OpenSSL, as Node offers it, digests every message
 * itself. The encoding is ours, the arithmetic with the key OpenSSL's.
 */

export function signPssDigest(
  key: KeyObject,
  digest: Buffer,
  algorithm: string,
  saltLength: number,
): Buffer {
  const emBits = modulusBits(key) - 1
  const emLength = Math.ceil(emBits / 8)
  // RFC 8017 §9.1.1.
  if (emLength < digest.length + saltLength + 2)
    throw invalid(`saltLength: ${saltLength} is too long for this key and digest`)
  const salt = randomBytes(saltLength)
  const h = hash(algorithm, Buffer.concat([ZEROS, digest, salt]), 'buffer')
  const db = Buffer.alloc(emLength - h.length - 1)
  db[db.length - saltLength - 1] = 1
  salt.copy(db, db.length - saltLength)
  const encoded = Buffer.concat([masked(db, h, algorithm, emBits), h, TRAILER])
  const padding = constants.RSA_NO_PADDING
  return privateEncrypt({ key, padding }, atFullLength(encoded, key))
}

/** `saltLength` undefined: whichever the signature has. */
export function verifyPssDigest(
  key: KeyObject,
  digest: Buffer,
  algorithm: string,
  saltLength: number | undefined,
  signature: Buffer,
): boolean {
  const emBits = modulusBits(key) - 1
  const emLength = Math.ceil(emBits / 8)
  if (signature.length !== Math.ceil(modulusBits(key) / 8)) return false
  let opened: Buffer
  try {
    opened = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature)
  } catch {
    return false
  }
  // RFC 8017 §9.1.2.
  const encoded = opened.subarray(opened.length - emLength)
  const isShorter = opened.length === emLength || opened[0] === 0
  if (!isShorter || emLength < digest.length + 2 || encoded[emLength - 1] !== TRAILER[0])
    return false
  const h = encoded.subarray(emLength - 1 - digest.length, emLength - 1)
  const covered = encoded.subarray(0, emLength - 1 - digest.length)
  if (((covered[0] ?? 0) & ~topMask(emBits) & 0xff) !== 0) return false
  const db = masked(covered, h, algorithm, emBits)
  const one = db.findIndex((octet) => octet !== 0)
  if (one < 0 || db[one] !== 1) return false
  const salt = db.subarray(one + 1)
  if (saltLength !== undefined && salt.length !== saltLength) return false
  return timingSafeEqual(hash(algorithm, Buffer.concat([ZEROS, digest, salt]), 'buffer'), h)
}

const ZEROS = Buffer.alloc(8)
const TRAILER = Buffer.from([0xbc])

const modulusBits = (key: KeyObject): number => key.asymmetricKeyDetails?.modulusLength ?? 0

/** Which bits of the first octet lie below `emBits`. */
const topMask = (emBits: number): number => 0xff >> (8 * Math.ceil(emBits / 8) - emBits)

/** Masking and unmasking are the same: MGF1 (RFC 8017 appendix B.2.1) over it, and the bits above cleared. */
function masked(db: Buffer, seed: Buffer, algorithm: string, emBits: number): Buffer {
  const out = Buffer.from(db)
  for (let counter = 0, at = 0; at < out.length; counter++) {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    for (const octet of hash(algorithm, Buffer.concat([seed, count]), 'buffer')) {
      if (at >= out.length) break
      out[at] = (out[at] ?? 0) ^ octet
      at++
    }
  }
  out[0] = (out[0] ?? 0) & topMask(emBits)
  return out
}

function atFullLength(encoded: Buffer, key: KeyObject): Buffer {
  const full = Buffer.alloc(Math.ceil(modulusBits(key) / 8))
  encoded.copy(full, full.length - encoded.length)
  return full
}
