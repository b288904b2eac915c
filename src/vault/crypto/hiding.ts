import { hash, type KeyObject } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'
import type { Fpe } from '../fpe/fpe.ts'
import { createFf1 } from '../fpe/index.ts'
import { type Alphabet, readAlphabet } from './alphabets.ts'

/** How a text is hidden (reference 9.3). */
export interface HideFields {
  readonly hint: string
  readonly charset?: string | undefined
  readonly iv?: string | undefined
  readonly tweak?: string | undefined
  readonly tweakAlgo?: string | undefined
}

/** Setting up costs more than hiding a short text; a key's ciphers go when the key does. */
const ciphers = new WeakMap<KeyObject, Map<number, Fpe>>()

function cipherFor(key: KeyObject, radix: number): Fpe {
  const known = ciphers.get(key) ?? new Map<number, Fpe>()
  ciphers.set(key, known)
  const found = known.get(radix) ?? createFf1(key, radix)
  known.set(radix, found)
  return found
}

/**
 * Encrypts or decrypts the characters of the alphabet by FF1; all others stay where they are. The IV, which longer texts
 * need, goes into the tweak. A fault 'invalid-parameter' for texts that are too short or too long.
 */
export function hidden(
  key: KeyObject,
  text: string,
  fields: HideFields,
  direction: 'encrypt' | 'decrypt',
): string {
  const alphabet = readAlphabet(fields.hint, fields.charset)
  const characters = [...text]
  const places: number[] = []
  const numerals: number[] = []
  for (const [at, character] of characters.entries()) {
    const number = alphabet.numbers.get(character)
    if (number === undefined) continue
    places.push(at)
    numerals.push(number)
  }
  const tweak = tweakOf(fields, alphabet, numerals.length)
  const changed = cipherFor(key, alphabet.characters.length)[direction](numerals, tweak)
  for (const [n, at] of places.entries())
    characters[at] = alphabet.characters[changed[n] ?? 0] ?? ''
  return characters.join('')
}

function tweakOf(
  { tweak, tweakAlgo, iv }: HideFields,
  { most, numbers }: Alphabet,
  length: number,
) {
  const parts = [tweakBytes(tweak, tweakAlgo)]
  if (most !== undefined && length > most && iv === undefined)
    throw invalid(`iv: is required for ${length} characters; up to ${most} need none`)
  if (iv !== undefined) {
    const letters = [...iv]
    if (most !== undefined && letters.length !== most)
      throw invalid(`iv: has ${letters.length} characters, not ${most}`)
    if (letters.some((letter) => !numbers.has(letter)))
      throw invalid('iv: has a character that is not of the alphabet')
    parts.push(Buffer.from(iv))
  }
  return Buffer.concat(parts)
}

const tweakDigests: Readonly<Record<string, string>> = {
  SHA1: 'sha1',
  SHA256: 'sha256',
  SHA512: 'sha512',
}

function tweakBytes(tweak: string | undefined, tweakAlgo: string | undefined): Buffer {
  const name = tweakAlgo?.toUpperCase().replaceAll('-', '') ?? 'NONE'
  const bytes = Buffer.from(tweak ?? '')
  if (name === 'NONE') return bytes
  const digest = Object.hasOwn(tweakDigests, name) ? tweakDigests[name] : undefined
  if (digest === undefined)
    throw invalid(
      `tweakAlgo: ${quote(tweakAlgo ?? '')} is not one of ${Object.keys(tweakDigests).join(', ')}`,
    )
  if (tweak === undefined) throw invalid('tweak: is required with tweakAlgo')
  return hash(digest, bytes, 'buffer')
}
