import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { checkAesKey, checkNumerals, checkRadix, type Fpe, leastLength } from './fpe.ts'
import { numberOf, numberOfBytes, numeralsOf, writeNumber } from './numerals.ts'

const ROUNDS = 8

/**
 * FF3-1 (SP 800-38G Rev. 1 draft §5.2) under an AES key, tweaks of 56 bits. It is here for data that others encrypted: NIST
 * withdrew it after Beyne's attack (CRYPTO 2021), so nothing new is to be encrypted with it unless the operator says so.
 */
export function createFf31(key: KeyObject, radix: number): Fpe {
  const core = createFf3(key, radix)
  const whole = (tweak: Uint8Array): Uint8Array => {
    if (tweak.length !== 7) throw invalid('the tweak of FF3-1 has 7 octets')
    const [t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0, t5 = 0, t6 = 0] = tweak
    return Uint8Array.of(t0, t1, t2, t3 & 0xf0, t4, t5, t6, (t3 << 4) & 0xf0)
  }
  return {
    minLength: core.minLength,
    maxLength: core.maxLength,
    encrypt: (numerals, tweak) => core.encrypt(numerals, whole(tweak)),
    decrypt: (numerals, tweak) => core.decrypt(numerals, whole(tweak)),
  }
}

/** The rounds of FF3 and FF3-1, which differ in the tweak alone; FF3 with its free 64 bits is broken and serves the tests. */
export function createFf3(key: KeyObject, radix: number): Fpe {
  checkAesKey(key)
  checkRadix(radix)
  const bounds = { minLength: leastLength(radix), maxLength: 2 * Math.floor(digitsIn96(radix)) }
  const reversed = key.export().reverse()
  const cipher = createCipheriv(`aes-${reversed.length * 8}-ecb`, createSecretKey(reversed), null)
  cipher.setAutoPadding(false)
  reversed.fill(0)
  const base = BigInt(radix)
  const block = Buffer.alloc(16)

  function prepare(numerals: readonly number[], tweak: Uint8Array) {
    checkNumerals(numerals, radix, bounds)
    const u = Math.ceil(numerals.length / 2)
    const v = numerals.length - u
    // All numbers here are written with the least numeral first.
    const halves: [bigint, bigint] = [
      numberOf(numerals.slice(0, u).reverse(), radix),
      numberOf(numerals.slice(u).reverse(), radix),
    ]
    const y = (round: number, number: bigint): bigint => {
      const from = round % 2 === 0 ? 4 : 0
      for (let i = 0; i < 4; i++) block[i] = tweak[from + i] ?? 0
      block[3] = (block[3] ?? 0) ^ round
      writeNumber(number, block, 4, 12)
      return numberOfBytes(cipher.update(Buffer.from(block).reverse()).reverse())
    }
    const limits = [base ** BigInt(u), base ** BigInt(v)] as const
    const limit = (round: number) => limits[round % 2 === 0 ? 0 : 1]
    const join = (a: bigint, b: bigint): number[] => [
      ...numeralsOf(a, radix, u).reverse(),
      ...numeralsOf(b, radix, v).reverse(),
    ]
    return { halves, y, limit, join }
  }

  return {
    ...bounds,
    encrypt(numerals, tweak) {
      const { halves, y, limit, join } = prepare(numerals, tweak)
      let [a, b] = halves
      for (let round = 0; round < ROUNDS; round++) {
        const c = (a + y(round, b)) % limit(round)
        a = b
        b = c
      }
      return join(a, b)
    },
    decrypt(numerals, tweak) {
      const { halves, y, limit, join } = prepare(numerals, tweak)
      let [a, b] = halves
      for (let round = ROUNDS - 1; round >= 0; round--) {
        const most = limit(round)
        const c = (b - y(round, a)) % most
        b = a
        a = c < 0n ? c + most : c
      }
      return join(a, b)
    },
  }
}

/** How many numerals fit into 96 bits. */
function digitsIn96(radix: number): number {
  let length = 0
  while (BigInt(radix) ** BigInt(length + 1) <= 1n << 96n) length++
  return length
}
