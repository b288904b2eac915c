import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newSerialNumber } from '../../src/ca/x509/draft.ts'
import { integer } from '../../src/crypto/der.ts'
import { startApi } from '../support/api.ts'
import { newAuthority } from '../support/revocation.ts'
import { inParallel } from './lab.ts'
import { report, scale } from './promise.ts'

const BITS = 128
/** How many deviations a bit may lie from even: of 128 fair bits one does so in 10^10 runs. */
const DEVIATIONS = 7

interface Judgement {
  readonly unfit: number
  readonly repeats: number
  /** The bits that are not fair, and those that follow the serial before. */
  readonly biased: number
  readonly longest: number
}

/** Form, repetition and fairness of so many serial numbers. */
function judge(count: number, make: () => bigint): Judgement {
  const high = new BigUint64Array(count)
  const ones = new Uint32Array(BITS)
  const kept = new Uint32Array(BITS)
  let before = 0n
  let unfit = 0
  let longest = 0
  for (let at = 0; at < count; at++) {
    const serial = make()
    const octets = integer(serial).length - 2
    longest = Math.max(longest, octets)
    if (serial < 1n || serial >= 1n << 128n || octets > 20) unfit++
    high[at] = serial & 0xffff_ffff_ffff_ffffn
    countBits(serial, ones)
    countBits(~(serial ^ before) & ((1n << 128n) - 1n), kept)
    before = serial
  }
  high.sort()
  let repeats = 0
  // Half of a serial number: among a million, two agree in 64 random bits once in 10^7 runs.
  for (let at = 1; at < count; at++) if (high[at] === high[at - 1]) repeats++
  const unfair = (bits: Uint32Array) =>
    bits.filter((sum) => Math.abs(sum - count / 2) > (DEVIATIONS * Math.sqrt(count)) / 2).length
  return { unfit, repeats, biased: unfair(ones) + unfair(kept), longest }
}

const LOW = 0xffff_ffffn
function countBits(number: bigint, into: Uint32Array): void {
  for (let word = 0; word < 4; word++) {
    let bits = Number((number >> BigInt(word * 32)) & LOW)
    for (let bit = 0; bit < 32; bit++, bits >>>= 1)
      if ((bits & 1) === 1) into[word * 32 + bit] = (into[word * 32 + bit] ?? 0) + 1
  }
}

describe('C3: serial numbers are random, positive and never repeated', () => {
  test('of very many, each has its form, none comes twice, and every bit is fair', {
    timeout: scale(120_000, 1_200_000),
  }, () => {
    const count = scale(1_000_000, 10_000_000)
    const judged = judge(count, newSerialNumber)
    report(
      'C3',
      `${count.toLocaleString('en')} serial numbers: ${judged.unfit} unfit, ${judged.repeats} repeated, ${judged.biased} of ${2 * BITS} bits unfair, the longest of ${judged.longest} octets`,
    )
    expect(judged).toMatchObject({ unfit: 0, repeats: 0, biased: 0 })
    expect(judged.longest).toBeLessThanOrEqual(17)
  })

  test.each<[string, () => () => bigint]>([
    ['63 random bits', () => () => BigInt(`0x${randomBytes(8).toString('hex')}`) >> 1n],
    [
      'a counter',
      () => {
        let last = 1n << 100n
        return () => ++last
      },
    ],
    [
      'a time and 64 bits',
      () => () => (BigInt(Date.now()) << 64n) | BigInt(`0x${randomBytes(8).toString('hex')}`),
    ],
    ['negative ones', () => () => -BigInt(`0x${randomBytes(16).toString('hex')}`)],
    ['21 octets', () => () => BigInt(`0x7f${randomBytes(20).toString('hex')}`)],
    [
      'a generator that starts again',
      () => {
        const some = Array.from({ length: 60_000 }, () =>
          BigInt(`0x${randomBytes(16).toString('hex')}`),
        )
        let at = 0
        return () => some[at++ % some.length] ?? 0n
      },
    ],
  ])('the harness notices %s', (_, make) => {
    const { unfit, repeats, biased } = judge(100_000, make())
    expect(unfit + repeats + biased).toBeGreaterThan(0)
  })

  describe('of a running server', () => {
    const api = startApi('sqlite')
    test('certificates that are asked for at once, by CAs of every kind, share none', async () => {
      const serials: string[] = []
      for (const key of [{}, { algorithm: 'RSA', size: 2048 }, { algorithm: 'Ed25519' }]) {
        const ca = await newAuthority(api, key)
        const { csr } = await api.post('/ca/csr', { cn: 'host.example.com' })
        await inParallel(Array.from({ length: 100 }), 16, async () => {
          serials.push((await ca.issue({ csr })).serialNumber)
        })
      }
      expect(new Set(serials).size).toBe(300)
      for (const serial of serials) {
        expect(BigInt(serial)).toBeGreaterThan(0n)
        // 1 in 2^56 is shorter.
        expect(BigInt(serial).toString(2).length).toBeGreaterThan(72)
      }
    })
  })
})
