import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'

/** The characters that a hint says are changed (reference 9.3), each with its number. */
export interface Alphabet {
  readonly characters: readonly string[]
  readonly numbers: ReadonlyMap<string, number>
  /** The longest text that needs no IV; undefined: any. */
  readonly most?: number
}

const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => String.fromCodePoint(from + at))

const digits = range(0x30, 0x39)
const letters = [...range(0x41, 0x5a), ...range(0x61, 0x7a)]

function alphabet(characters: readonly string[], most?: number): Alphabet {
  const numbers = new Map(characters.map((character, number) => [character, number]))
  return { characters, numbers, ...(most !== undefined && { most }) }
}

const hints: Readonly<Record<string, Alphabet>> = {
  digit: alphabet(digits, 56),
  alphabet: alphabet(letters, 32),
  alphanumeric: alphabet([...digits, ...letters], 32),
  printable: alphabet(range(0x20, 0x7e), 28),
}

/** The alphabet of a hint; of `unicode` the one that `charset` spells. Throws 'invalid-parameter' for another. */
export function readAlphabet(hint: string, charset: string | undefined): Alphabet {
  const name = hint.toLowerCase()
  if (name === 'unicode') {
    if (charset === undefined) throw invalid('charset: is required for the hint unicode')
    return ofCharset(charset)
  }
  if (charset !== undefined) throw invalid('charset: is for the hint unicode')
  const found = Object.hasOwn(hints, name) ? hints[name] : undefined
  if (found) return found
  throw invalid(`hint: ${quote(hint)} is not one of ${Object.keys(hints).join(', ')}, unicode`)
}

const MAX_CHARACTERS = 65_536
const RANGE = /^([0-9A-F]{1,6})(?:-([0-9A-F]{1,6}))?$/i

/** A table of tens of thousands of characters takes milliseconds to make, and clients use the same one again and again. */
let last: { readonly charset: string; readonly alphabet: Alphabet } | undefined

/** `0030-0039,00C0-00FF`: code points in hexadecimal, alone or from one to another. */
function ofCharset(charset: string): Alphabet {
  if (last?.charset === charset) return last.alphabet
  const characters: string[] = []
  for (const part of charset.split(',')) {
    const [, from = '', to = from] = RANGE.exec(part.trim().replaceAll(/U\+/gi, '')) ?? []
    const [first, end] = [Number.parseInt(from, 16), Number.parseInt(to, 16)]
    if (!(first <= end) || end > 0x10ffff || (first <= 0xdfff && end >= 0xd800))
      throw invalid(`charset: ${quote(part)} is no range of characters, such as 0030-0039`)
    if (characters.length + end - first >= MAX_CHARACTERS)
      throw invalid(`charset: has more than ${MAX_CHARACTERS} characters`)
    characters.push(...range(first, end))
  }
  const made = alphabet(characters)
  if (made.numbers.size !== characters.length || characters.length < 2)
    throw invalid('charset: needs two characters at least, and none twice')
  last = { charset, alphabet: made }
  return made
}
