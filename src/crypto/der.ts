/**
 * The distinguished encoding rules (X.690 §10, §11), strictly: what we write and what we are ready to read. The
 * reader looks at every length and every level before anything else does, so no later parser meets a hostile one.
 */

/** One element that was read. `children` is empty for a primitive one. */
export interface Der {
  readonly tag: number
  readonly content: Uint8Array
  /** Header and content: the bytes to copy or hash. */
  readonly raw: Uint8Array
  readonly children: readonly Der[]
}

/** Not DER, or deeper than anything we are ready to read. The message says what, never quoting the bytes. */
export class NotDer extends Error {
  override readonly name = 'NotDer'
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** A certificate with name constraints on directory names nests about 12 deep. */
const MAX_DEPTH = 24
const CONSTRUCTED = 0x20

/** The one element these bytes hold. Throws NotDer for anything else, bytes that follow included. */
export function readDer(bytes: Uint8Array): Der {
  const [element, end] = readElement(bytes, 0, bytes.length, 0)
  if (end !== bytes.length) throw new NotDer('bytes follow the end of the structure')
  return element
}

function readElement(bytes: Uint8Array, at: number, limit: number, depth: number): [Der, number] {
  if (depth > MAX_DEPTH) throw new NotDer(`the structure is more than ${MAX_DEPTH} levels deep`)
  const tag = octet(bytes, at, limit)
  if ((tag & 0x1f) === 0x1f) throw new NotDer('a tag number is above 30')
  const [start, length] = readLength(bytes, at + 1, limit)
  const end = start + length
  if (end > limit) throw new NotDer('a length reaches past the end')
  const children: Der[] = []
  if ((tag & CONSTRUCTED) !== 0) {
    for (let next = start; next < end; ) {
      const [child, after] = readElement(bytes, next, end, depth + 1)
      children.push(child)
      next = after
    }
  }
  const content = bytes.subarray(start, end)
  return [{ tag, content, raw: bytes.subarray(at, end), children }, end]
}

/** One element of a list, unopened. */
export type Element = Pick<Der, 'tag' | 'content' | 'raw'>

/** What follows one another in these bytes, none of it opened: for lists that are too long to be read in one go. */
export function* elementsIn(bytes: Uint8Array): Generator<Element> {
  for (let at = 0; at < bytes.length; ) {
    const tag = octet(bytes, at, bytes.length)
    if ((tag & 0x1f) === 0x1f) throw new NotDer('a tag number is above 30')
    const [start, length] = readLength(bytes, at + 1, bytes.length)
    const end = start + length
    if (end > bytes.length) throw new NotDer('a length reaches past the end')
    yield { tag, content: bytes.subarray(start, end), raw: bytes.subarray(at, end) }
    at = end
  }
}

/** Definite and shortest, at most four octets (X.690 §10.1). */
function readLength(bytes: Uint8Array, at: number, limit: number): [number, number] {
  const first = octet(bytes, at, limit)
  if (first < 0x80) return [at + 1, first]
  const count = first & 0x7f
  if (count === 0) throw new NotDer('a length is indefinite')
  if (count > 4) throw new NotDer('a length is larger than any text we read')
  let length = 0
  for (let index = 1; index <= count; index++)
    length = length * 256 + octet(bytes, at + index, limit)
  if (length < 0x80 || length < 256 ** (count - 1)) throw new NotDer('a length is not the shortest')
  return [at + 1 + count, length]
}

function octet(bytes: Uint8Array, at: number, limit: number): number {
  const value = bytes[at]
  if (value === undefined || at >= limit) throw new NotDer('the structure ends early')
  return value
}

/** The element itself when it has this tag; `what` names it in the complaint. */
export function expectTag(element: Der | undefined, tag: number, what: string): Der {
  if (element?.tag !== tag) throw new NotDer(`${what} is missing or of another type`)
  return element
}

/** Identifiers are few and read often: what was read once is looked up. */
const readOids = new Map<string, string>()
const writtenOids = new Map<string, Buffer>()
const MAX_OIDS = 1000

export function readOid(element: Der | undefined, what: string): string {
  const { content } = expectTag(element, tags.oid, what)
  const octets = Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1')
  const known = readOids.get(octets)
  if (known !== undefined) return known
  const dotted = dottedOf(content, what)
  if (readOids.size >= MAX_OIDS) readOids.clear()
  readOids.set(octets, dotted)
  return dotted
}

function dottedOf(content: Uint8Array, what: string): string {
  // 128 octets are far beyond any registered identifier; the bound keeps the numbers below small.
  if (content.length === 0 || content.length > 128) throw new NotDer(`${what} has an odd length`)
  const arcs: bigint[] = []
  let arc = 0n
  let fresh = true
  for (const byte of content) {
    if (fresh && byte === 0x80) throw new NotDer(`${what} is not the shortest`)
    arc = arc * 128n + BigInt(byte & 0x7f)
    fresh = byte < 0x80
    if (!fresh) continue
    arcs.push(arc)
    arc = 0n
  }
  if (!fresh) throw new NotDer(`${what} ends early`)
  const [first = 0n, ...rest] = arcs
  const top = first < 80n ? first / 40n : 2n
  return [top, first - top * 40n, ...rest].join('.')
}

/** Two's complement, shortest form (X.690 §8.3). */
export function readInteger(element: Der | undefined, what: string): bigint {
  const { content } = expectTag(element, tags.integer, what)
  const [first, second] = content
  if (first === undefined) throw new NotDer(`${what} is empty`)
  if (
    second !== undefined &&
    ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  )
    throw new NotDer(`${what} is not the shortest`)
  const value = BigInt(`0x${Buffer.from(content).toString('hex')}`)
  return first < 0x80 ? value : value - (1n << BigInt(content.length * 8))
}

export function readBoolean(element: Der | undefined, what: string): boolean {
  const { content } = expectTag(element, tags.boolean, what)
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
    throw new NotDer(`${what} is neither true nor false`)
  return content[0] === 0xff
}

/** Whole octets only: keys and signatures have no unused bits. */
export function readOctetsOfBits(element: Der | undefined, what: string): Uint8Array {
  const { content } = expectTag(element, tags.bitString, what)
  if (content[0] !== 0) throw new NotDer(`${what} has unused bits`)
  return content.subarray(1)
}

export function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(length)]), ...parts])
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [0x80 | octets.length, ...octets]
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(tags.sequence, ...parts)
/** In ascending order of the encodings (X.690 §11.6); a shorter value of one tag comes first, its length octet being less. */
export const setOf = (...parts: readonly Uint8Array[]): Buffer =>
  tlv(tags.set, ...[...parts].sort(Buffer.compare))
export const octetString = (value: Uint8Array): Buffer => tlv(tags.octetString, value)
export const bitString = (value: Uint8Array, unusedBits = 0): Buffer =>
  tlv(tags.bitString, Buffer.from([unusedBits]), value)
/** ENUMERATED, for the few values below 128 that are used here. */
export const enumerated = (value: number): Buffer => tlv(tags.enumerated, Buffer.from([value]))
export const boolean = (value: boolean): Buffer =>
  tlv(tags.boolean, Buffer.from([value ? 0xff : 0]))
export const nothing = tlv(tags.null)
/** [n] around a structure. */
export const explicit = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  tlv(0xa0 | number, ...parts)
/** [n] in place of a primitive's own tag. */
export const implicit = (number: number, value: Uint8Array): Buffer => tlv(0x80 | number, value)
export const text = (tag: number, value: string): Buffer => tlv(tag, Buffer.from(value, 'utf8'))

/** A number that is not negative. */
export function integer(value: bigint): Buffer {
  let hex = value.toString(16)
  if (hex.length % 2 === 1) hex = `0${hex}`
  if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`
  return tlv(tags.integer, Buffer.from(hex, 'hex'))
}

export function oid(dotted: string): Buffer {
  const known = writtenOids.get(dotted) ?? encodeOid(dotted)
  if (writtenOids.size >= MAX_OIDS) writtenOids.clear()
  writtenOids.set(dotted, known)
  return known
}

function encodeOid(dotted: string): Buffer {
  const [top = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt)
  const octets = [top * 40n + second, ...rest].flatMap((arc) => {
    const groups = [Number(arc & 0x7fn)]
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80)
    return groups
  })
  return tlv(tags.oid, Buffer.from(octets))
}

/** UTCTime to the end of 2049 and GeneralizedTime after, whole seconds, Z (RFC 5280 §4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = digitsOf(date)
  return date.getUTCFullYear() < 2050
    ? text(tags.utcTime, digits.slice(2))
    : text(tags.generalizedTime, digits)
}

/** GeneralizedTime whatever the year, as OCSP has it (RFC 6960 §4.2.2). */
export const generalizedTime = (date: Date): Buffer => text(tags.generalizedTime, digitsOf(date))

const digitsOf = (date: Date): string =>
  date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '')

/** What `time` writes, and a certificate's times elsewhere; a fraction or an offset is refused. */
export function readTime(element: Der | undefined, what: string): Date {
  const isUtc = element?.tag === tags.utcTime
  if (element === undefined || (!isUtc && element.tag !== tags.generalizedTime))
    throw notWhole(what)
  const { content } = element
  const yearDigits = isUtc ? 2 : 4
  if (content.length !== yearDigits + 11 || content[content.length - 1] !== 0x5a)
    throw notWhole(what)
  const number = (at: number, digits: number): number => {
    let value = 0
    for (let index = at; index < at + digits; index++) {
      const digit = (content[index] ?? 0) - 0x30
      if (digit < 0 || digit > 9) throw notWhole(what)
      value = value * 10 + digit
    }
    return value
  }
  const shown = number(0, yearDigits)
  const year = isUtc ? shown + (shown < 50 ? 2000 : 1900) : shown
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) =>
    number(yearDigits + at, 2),
  ) as [number, number, number, number, number]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  // Date carries the 31st of February and 24:00 over into what follows; the day and the hour tell.
  const isDate =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second
  if (!isDate) throw new NotDer(`${what} is no date`)
  return date
}

const notWhole = (what: string): NotDer => new NotDer(`${what} is not a time in whole seconds, UTC`)
