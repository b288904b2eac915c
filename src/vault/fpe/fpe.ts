import type { KeyObject } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'

/** Format-preserving encryption under one key and one alphabet: as many numerals come out as went in. */
export interface Fpe {
  /** The fewest and the most numerals that it takes. */
  readonly minLength: number
  readonly maxLength: number
  encrypt(numerals: readonly number[], tweak: Uint8Array): number[]
  decrypt(numerals: readonly number[], tweak: Uint8Array): number[]
}

const LEAST_DOMAIN = 1_000_000

/** SP 800-38G Rev. 1 asks for a domain of a million: smaller ones can be tried through. */
export function leastLength(radix: number): number {
  let length = 2
  while (radix ** length < LEAST_DOMAIN) length++
  return length
}

export function checkRadix(radix: number): void {
  if (!Number.isInteger(radix) || radix < 2 || radix > 65536)
    throw invalid(`an alphabet of ${radix} characters cannot be used; 2 to 65536 can`)
}

export function checkAesKey(key: KeyObject): void {
  if (key.type !== 'secret' || ![16, 24, 32].includes(key.symmetricKeySize ?? 0))
    throw invalid('format-preserving encryption needs an AES key')
}

type Bounds = Pick<Fpe, 'minLength' | 'maxLength'>

/** What is said of a text that is too short or too long; who counts may stop at the first character too many. */
export function checkLength(length: number, radix: number, { minLength, maxLength }: Bounds): void {
  if (length >= minLength && length <= maxLength) return
  const found = length > maxLength ? `more than ${maxLength}` : length
  throw invalid(
    `${found} characters cannot be encrypted with an alphabet of ${radix}; ${minLength} to ${maxLength} can`,
  )
}

export function checkNumerals(numerals: readonly number[], radix: number, bounds: Bounds): void {
  checkLength(numerals.length, radix, bounds)
  for (const numeral of numerals)
    if (!Number.isInteger(numeral) || numeral < 0 || numeral >= radix)
      throw invalid('a character is not of the alphabet')
}
