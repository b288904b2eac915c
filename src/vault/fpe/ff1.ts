import { createCipheriv, type KeyObject } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { checkAesKey, checkNumerals, checkRadix, type Fpe, leastLength } from './fpe.ts'
import { numberOf, numberOfBytes, numeralsOf, octetsBelow, writeNumber } from './numerals.ts'

const ROUNDS = 10
/** The document allows 2^32; beyond this a call would hold up the others. */
const MAX_LENGTH = 16_384
const MAX_TWEAK = 65_536

/**
 * FF1 (SP 800-38G Rev. 1 §5.1) under an AES key, for alphabets of 2 to 65536 characters. The cipher is set up once: keep
 * what this returns for as many texts as there are. A fault 'invalid-parameter' for texts or tweaks out of bounds.
 */
export function createFf1(key: KeyObject, radix: number): Fpe {
  checkAesKey(key)
  checkRadix(radix)
  const bounds = { minLength: leastLength(radix), maxLength: MAX_LENGTH }
  const cipher = createCipheriv(`aes-${(key.symmetricKeySize ?? 0) * 8}-ecb`, key, null)
  cipher.setAutoPadding(false)
  const base = BigInt(radix)

  /** The steps common to both directions: what depends on length and tweak alone is made once for the ten rounds. */
  function prepare(numerals: readonly number[], tweak: Uint8Array) {
    checkNumerals(numerals, radix, bounds)
    if (tweak.length > MAX_TWEAK) throw invalid(`the tweak is longer than ${MAX_TWEAK} octets`)
    const n = numerals.length
    const u = n >> 1
    const v = n - u
    const [limitU, limitV] = [base ** BigInt(u), base ** BigInt(v)]
    const b = octetsBelow(limitV)
    const d = 4 * Math.ceil(b / 4) + 4
    const start = Buffer.from([1, 2, 1, radix >> 16, (radix >> 8) & 255, radix & 255, 10, u & 255])
    const first = Buffer.alloc(16)
    start.copy(first)
    first.writeUInt32BE(n, 8)
    first.writeUInt32BE(tweak.length, 12)
    const padding = (((-tweak.length - b - 1) % 16) + 16) % 16
    const block = Buffer.alloc(tweak.length + padding + 1 + b)
    block.set(tweak)
    // Of the tweak the whole blocks before the round's number are the same in every round.
    const fixed = (block.length - b - 1) & ~15
    const chained = chain(cipher.update(first), block.subarray(0, fixed))
    const last = block.subarray(fixed)
    const place = last.length - b - 1
    const stream = Buffer.alloc(16 * Math.ceil(d / 16))

    /** The round function: y of steps 6.i to 6.iv. */
    const y = (round: number, number: bigint): bigint => {
      last[place] = round
      if (b > 0) writeNumber(number, last, place + 1, b)
      const r = chain(chained, last)
      r.copy(stream)
      for (let at = 16; at < d; at += 16) {
        const counter = Buffer.from(r)
        counter.writeUInt32BE((counter.readUInt32BE(12) ^ (at / 16)) >>> 0, 12)
        cipher.update(counter).copy(stream, at)
      }
      return numberOfBytes(stream.subarray(0, d))
    }
    const halves: [bigint, bigint] = [
      numberOf(numerals.slice(0, u), radix),
      numberOf(numerals.slice(u), radix),
    ]
    return { u, v, limitU, limitV, y, halves }
  }

  /** CBC-MAC that goes on from a state. */
  function chain(state: Buffer, blocks: Buffer): Buffer {
    let current = state
    for (let at = 0; at < blocks.length; at += 16) {
      const mixed = Buffer.from(current)
      for (let i = 0; i < 16; i++) mixed[i] = (mixed[i] ?? 0) ^ (blocks[at + i] ?? 0)
      current = cipher.update(mixed)
    }
    return current
  }

  return {
    ...bounds,
    encrypt(numerals, tweak) {
      const { u, v, limitU, limitV, y, halves } = prepare(numerals, tweak)
      let [a, b] = halves
      for (let round = 0; round < ROUNDS; round++) {
        const limit = round % 2 === 0 ? limitU : limitV
        const c = (a + y(round, b)) % limit
        a = b
        b = c
      }
      return [...numeralsOf(a, radix, u), ...numeralsOf(b, radix, v)]
    },
    decrypt(numerals, tweak) {
      const { u, v, limitU, limitV, y, halves } = prepare(numerals, tweak)
      let [a, b] = halves
      for (let round = ROUNDS - 1; round >= 0; round--) {
        const limit = round % 2 === 0 ? limitU : limitV
        const c = (b - y(round, a)) % limit
        b = a
        a = c < 0n ? c + limit : c
      }
      return [...numeralsOf(a, radix, u), ...numeralsOf(b, radix, v)]
    },
  }
}
