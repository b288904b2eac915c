import { createSecretKey, randomBytes, randomInt } from 'node:crypto'
import { FF1 as nobleFf1 } from '@noble/ciphers/ff1.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createFf3 } from './ff3-1.ts'
import { createFf1, createFf31 } from './index.ts'

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'
const numerals = (text: string) => [...text].map((character) => alphabet.indexOf(character))
const shown = (given: readonly number[]) => given.map((numeral) => alphabet[numeral]).join('')
const hex = (text: string) => Buffer.from(text, 'hex')
const key = (text: string) => createSecretKey(hex(text))

const k128 = '2b7e151628aed2a6abf7158809cf4f3c'
const k192 = '2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f'
const k256 = '2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94'
const long = '0123456789abcdefghi'
const tweaks = { none: '', ten: '39383736353433323130', eleven: '3737373770717273373737' }

/** https://csrc.nist.gov/CSRC/media/Projects/Cryptographic-Standards-and-Guidelines/documents/examples/FF1samples.pdf */
const ff1Samples: [number, string, number, string, string, string][] = [
  [1, k128, 10, tweaks.none, '0123456789', '2433477484'],
  [2, k128, 10, tweaks.ten, '0123456789', '6124200773'],
  [3, k128, 36, tweaks.eleven, long, 'a9tv40mll9kdu509eum'],
  [4, k192, 10, tweaks.none, '0123456789', '2830668132'],
  [5, k192, 10, tweaks.ten, '0123456789', '2496655549'],
  [6, k192, 36, tweaks.eleven, long, 'xbj3kv35jrawxv32ysr'],
  [7, k256, 10, tweaks.none, '0123456789', '6657667009'],
  [8, k256, 10, tweaks.ten, '0123456789', '1001623463'],
  [9, k256, 36, tweaks.eleven, long, 'xs8a0azh2avyalyzuwd'],
]

describe('FF1', () => {
  test.each(ff1Samples)(
    'gives what sample %i of NIST says',
    (_n, k, radix, tweak, plain, cipher) => {
      const fpe = createFf1(key(k), radix)
      expect(shown(fpe.encrypt(numerals(plain), hex(tweak)))).toBe(cipher)
      expect(shown(fpe.decrypt(numerals(cipher), hex(tweak)))).toBe(plain)
    },
  )

  test('agrees with another implementation for alphabets, lengths and tweaks of chance', () => {
    for (let round = 0; round < 400; round++) {
      // The other one writes a radix in 16 bits.
      const radix = randomInt(2, 65536)
      const bytes = randomBytes([16, 24, 32][round % 3] ?? 16)
      const tweak = randomBytes(randomInt(0, 40))
      const fpe = createFf1(createSecretKey(bytes), radix)
      const text = Array.from({ length: fpe.minLength + randomInt(0, 60) }, () => randomInt(radix))
      const other = nobleFf1(radix, bytes, tweak)
      const cipher = fpe.encrypt(text, tweak)
      expect(cipher).toEqual(other.encrypt(text))
      expect(fpe.decrypt(cipher, tweak)).toEqual(text)
    }
  })

  test('comes back whole from texts of thousands of characters, and stays in its alphabet', () => {
    for (const [radix, length] of [
      [2, 16384],
      [10, 5001],
      [65536, 3000],
    ] as const) {
      const fpe = createFf1(key(k256), radix)
      const text = Array.from({ length }, () => randomInt(radix))
      const cipher = fpe.encrypt(text, hex('00'))
      expect(cipher).not.toEqual(text)
      expect(cipher).toHaveLength(length)
      expect(cipher.every((numeral) => numeral >= 0 && numeral < radix)).toBe(true)
      expect(fpe.decrypt(cipher, hex('00'))).toEqual(text)
    }
  })

  test('round trips at every edge of an alphabet', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 65536 }),
        fc.uint8Array({ maxLength: 33 }),
        fc.boolean(),
        fc.nat(20),
        (radix, tweak, isTop, more) => {
          const fpe = createFf1(key(k128), radix)
          const text = new Array<number>(fpe.minLength + more).fill(isTop ? radix - 1 : 0)
          expect(fpe.decrypt(fpe.encrypt(text, tweak), tweak)).toEqual(text)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('refuses texts that are too short, too long or of other characters, and keys that are not AES', () => {
    const fpe = createFf1(key(k128), 10)
    expect(fpe.minLength).toBe(6)
    expect(() => fpe.encrypt([1, 2, 3, 4, 5], hex(''))).toThrow('6 to')
    expect(() => fpe.encrypt(new Array(20_000).fill(1), hex(''))).toThrow('6 to')
    expect(() => fpe.encrypt([1, 2, 3, 4, 5, 10], hex(''))).toThrow('alphabet')
    expect(() => fpe.encrypt([1, 2, 3, 4, 5, 0.5], hex(''))).toThrow('alphabet')
    expect(() => createFf1(key(k128), 1)).toThrow('alphabet')
    expect(() => createFf1(key(k128), 65537)).toThrow('alphabet')
    expect(() => createFf1(key('00'.repeat(20)), 10)).toThrow('AES key')
  })
})

/** https://csrc.nist.gov/CSRC/media/Projects/Cryptographic-Standards-and-Guidelines/documents/examples/FF3samples.pdf */
const ff3Samples: [number, string, number, string, string, string][] = [
  [
    1,
    'ef4359d8d580aa4f7f036d6f04fc6a94',
    10,
    'd8e7920afa330a73',
    '890121234567890000',
    '750918814058654607',
  ],
  [
    2,
    'ef4359d8d580aa4f7f036d6f04fc6a94',
    10,
    '9a768a92f60e12d8',
    '890121234567890000',
    '018989839189395384',
  ],
  [
    3,
    'ef4359d8d580aa4f7f036d6f04fc6a94',
    10,
    'd8e7920afa330a73',
    '89012123456789000000789000000',
    '48598367162252569629397416226',
  ],
  [
    4,
    'ef4359d8d580aa4f7f036d6f04fc6a94',
    10,
    '0000000000000000',
    '89012123456789000000789000000',
    '34695224821734535122613701434',
  ],
]

/** ACVP-AES-FF3-1 of NIST's validation server. */
const ff31Samples: [string, number, string, string, string][] = [
  ['2de79d232df5585d68ce47882ae256d6', 10, 'cbd09280979564', '3992520240', '8901801106'],
  [
    '01c63017111438f7fc8e24eb16c71ab5',
    10,
    'c4e822dcd09f27',
    '60761757463116869318437658042297305934914824457484538562',
    '35637144092473838892796702739628394376915177448290847293',
  ],
]

describe('FF3-1', () => {
  test.each(ff3Samples)(
    'has the rounds of FF3 sample %i of NIST',
    (_n, k, radix, tweak, plain, cipher) => {
      const fpe = createFf3(key(k), radix)
      expect(shown(fpe.encrypt(numerals(plain), hex(tweak)))).toBe(cipher)
      expect(shown(fpe.decrypt(numerals(cipher), hex(tweak)))).toBe(plain)
    },
  )

  test.each(ff31Samples)('gives what ACVP says for key %s', (k, radix, tweak, plain, cipher) => {
    const fpe = createFf31(key(k), radix)
    expect(shown(fpe.encrypt(numerals(plain), hex(tweak)))).toBe(cipher)
    expect(shown(fpe.decrypt(numerals(cipher), hex(tweak)))).toBe(plain)
  })

  test('comes back whole for alphabets of chance, and refuses other tweaks and lengths', () => {
    for (let round = 0; round < 200; round++) {
      // The other one writes a radix in 16 bits.
      const radix = randomInt(2, 65536)
      const fpe = createFf31(createSecretKey(randomBytes(32)), radix)
      const text = Array.from({ length: randomInt(fpe.minLength, fpe.maxLength + 1) }, () =>
        randomInt(radix),
      )
      const tweak = randomBytes(7)
      expect(fpe.decrypt(fpe.encrypt(text, tweak), tweak)).toEqual(text)
    }
    const fpe = createFf31(key(k128), 10)
    expect(fpe.maxLength).toBe(56)
    expect(() => fpe.encrypt(numerals('0123456789'), hex('00'.repeat(8)))).toThrow('7 octets')
    expect(() => fpe.encrypt(new Array(57).fill(1), hex('00'.repeat(7)))).toThrow('6 to 56')
  })
})
