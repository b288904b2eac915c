import { randomFillSync } from 'node:crypto'

const pool = Buffer.from(new ArrayBuffer(4096))
let at = pool.length

/**
 * Random octets that nobody was given before, for nonces, salts and ids: from a supply, since each call of the generator
 * costs as much as many. Keys are not made of them: those never lie about before they are asked for.
 */
export function freshOctets(length: number): Buffer {
  if (at + length > pool.length) {
    randomFillSync(pool)
    at = 0
  }
  const fresh = Buffer.from(pool.subarray(at, at + length))
  pool.fill(0, at, at + length)
  at += length
  return fresh
}
