import { hash, type KeyObject } from 'node:crypto'
import { invalid } from '../../crypto/refuse.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { checkLength, createFf1, createFf31, type Fpe } from '../fpe/index.ts'
import { type Alphabet, readAlphabet } from './alphabets.ts'

/** How a text is hidden (reference 9.3). */
export interface HideFields {
  readonly hint: string
  readonly charset?: string | undefined
  readonly iv?: string | undefined
  readonly tweak?: string | undefined
  readonly tweakAlgo?: string | undefined
  readonly method?: string | undefined
}

const methods = { FF1: createFf1, 'FF3-1': createFf31 } as const
export type HideMethod = keyof typeof methods

/** FF1 when nothing is said. Throws 'invalid-parameter' for a method that is none. */
export function methodOf({ method = 'FF1' }: Pick<HideFields, 'method'>): HideMethod {
  const name = method.toUpperCase().replaceAll('_', '-')
  if (name === 'FF1' || name === 'FF3-1') return name
  throw invalid(`method: ${quote(method)} is not one of ${Object.keys(methods).join(', ')}`)
}

/** Setting up costs more than hiding a short text; a key's ciphers go when the key does. */
const ciphers: Readonly<Record<HideMethod, WeakMap<KeyObject, Map<number, Fpe>>>> = {
  FF1: new WeakMap(),
  'FF3-1': new WeakMap(),
}

function cipherFor(method: HideMethod, key: KeyObject, radix: number): Fpe {
  const known = ciphers[method].get(key) ?? new Map<number, Fpe>()
  ciphers[method].set(key, known)
  const found = known.get(radix) ?? methods[method](key, radix)
  known.set(radix, found)
  return found
}

/** Characters, and not octets: a text has as many when it is hidden, and so comes back. */
const MAX_CHARACTERS = 256 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a body, which is worked on in one go. Throws 'too-large' where that would hold up the others. */
function charactersIn(body: Buffer): string[] {
  const tooLarge = () =>
    new Fault('too-large', `the text has more than ${MAX_CHARACTERS} characters`)
  // No character has more than four octets, so what is longer need not be looked at.
  if (body.length > 4 * MAX_CHARACTERS) throw tooLarge()
  let text: string
  try {
    text = utf8.decode(body)
  } catch (cause) {
    throw invalid('the body is not UTF-8', { cause })
  }
  const characters = [...text]
  if (characters.length > MAX_CHARACTERS) throw tooLarge()
  return characters
}

/**
 * Encrypts or decrypts the characters of the alphabet; all others stay where they are. The IV, which longer texts need
 * with FF1, goes into its tweak. A fault 'invalid-parameter' for texts of which too few or too many characters change,
 * and 'too-large' for a body that is too long whatever is in it.
 */
export function hidden(
  key: KeyObject,
  body: Buffer,
  fields: HideFields,
  direction: 'encrypt' | 'decrypt',
): string {
  const alphabet = readAlphabet(fields.hint, fields.charset)
  const method = methodOf(fields)
  const radix = alphabet.characters.length
  const cipher = cipherFor(method, key, radix)
  const characters = charactersIn(body)
  const places: number[] = []
  const numerals: number[] = []
  for (const [at, character] of characters.entries()) {
    const number = alphabet.numbers.get(character)
    if (number === undefined) continue
    places.push(at)
    numerals.push(number)
    if (numerals.length > cipher.maxLength) checkLength(numerals.length, radix, cipher)
  }
  const tweak = method === 'FF1' ? tweakOf(fields, alphabet, numerals.length) : ff31TweakOf(fields)
  const changed = cipher[direction](numerals, tweak)
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

/** Seven octets and nothing else: SP 800-38G Rev. 1 draft §5.2 has neither an IV nor room for a digest. */
function ff31TweakOf({ tweak, tweakAlgo, iv }: HideFields): Buffer {
  if (iv !== undefined) throw invalid('iv: does not go with FF3-1')
  if (tweakAlgo !== undefined && tweakAlgo.toLowerCase() !== 'none')
    throw invalid('tweakAlgo: does not go with FF3-1')
  if (tweak === undefined || !/^[0-9a-f]{14}$/i.test(tweak))
    throw invalid('tweak: FF3-1 needs seven octets, 14 hexadecimal digits')
  return Buffer.from(tweak, 'hex')
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
