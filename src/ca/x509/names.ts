import { domainToASCII, domainToUnicode } from 'node:url'
import {
  type Der,
  expectTag,
  NotDer,
  oid,
  readOid,
  sequence,
  setOf,
  tags,
  text,
} from '../../crypto/der.ts'
import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'
import type { NameFields, SubjectFields } from './types.ts'

/** How an attribute's value is written: `directory` is PrintableString where it fits and UTF8String elsewhere. */
type Syntax = 'printable' | 'directory' | 'ia5'

interface AttributeRow {
  readonly short: string
  readonly oid: string
  readonly syntax: Syntax
  /** In characters: the upper bounds of RFC 5280 appendix A.1. */
  readonly most: number
}

const attribute = (
  short: string,
  dotted: string,
  most: number,
  syntax: Syntax = 'directory',
): AttributeRow => ({
  short,
  oid: dotted,
  most,
  syntax,
})

/** What a name may hold. A request with any other attribute is refused: nobody reads what it would mean. */
const attributes: readonly AttributeRow[] = [
  attribute('C', '2.5.4.6', 2, 'printable'),
  attribute('ST', '2.5.4.8', 128),
  attribute('L', '2.5.4.7', 128),
  attribute('O', '2.5.4.10', 64),
  attribute('OU', '2.5.4.11', 64),
  attribute('CN', '2.5.4.3', 64),
  attribute('SN', '2.5.4.4', 64),
  attribute('GN', '2.5.4.42', 64),
  attribute('initials', '2.5.4.43', 64),
  attribute('generationQualifier', '2.5.4.44', 64),
  attribute('title', '2.5.4.12', 64),
  attribute('pseudonym', '2.5.4.65', 128),
  attribute('street', '2.5.4.9', 128),
  attribute('postalCode', '2.5.4.17', 40),
  attribute('serialNumber', '2.5.4.5', 64, 'printable'),
  attribute('dnQualifier', '2.5.4.46', 64, 'printable'),
  attribute('organizationIdentifier', '2.5.4.97', 256),
  attribute('UID', '0.9.2342.19200300.100.1.1', 256),
  attribute('DC', '0.9.2342.19200300.100.1.25', 63, 'ia5'),
  attribute('emailAddress', '1.2.840.113549.1.9.1', 255, 'ia5'),
  attribute('unstructuredName', '1.2.840.113549.1.9.2', 255, 'ia5'),
]
const byOid: ReadonlyMap<string, AttributeRow> = new Map(attributes.map((row) => [row.oid, row]))
const byShort: ReadonlyMap<string, AttributeRow> = new Map(
  attributes.map((row) => [row.short, row]),
)

/** One attribute as it stood in a name. */
export interface NameAttribute {
  readonly oid: string
  /** The short name, or the identifier in dotted decimals. */
  readonly short: string
  readonly value: string
  readonly tag: number
}

const MAX_RDNS = 64
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/

/** The relative distinguished names of a Name, values as text whatever string type they have. */
export function readName(name: Der | undefined, what: string): NameAttribute[][] {
  const { children } = expectTag(name, tags.sequence, what)
  if (children.length > MAX_RDNS) throw new NotDer(`${what} has more than ${MAX_RDNS} parts`)
  return children.map((rdn) => {
    if (expectTag(rdn, tags.set, what).children.length === 0)
      throw new NotDer(`${what} has an empty part`)
    return rdn.children.map((pair) => {
      const [type, value, ...more] = expectTag(pair, tags.sequence, what).children
      if (value === undefined || more.length > 0) throw new NotDer(`${what} is not type and value`)
      const dotted = readOid(type, what)
      return {
        oid: dotted,
        short: byOid.get(dotted)?.short ?? dotted,
        value: stringOf(value, what),
        tag: value.tag,
      }
    })
  })
}

function stringOf({ tag, content }: Der, what: string): string {
  const bytes = Buffer.from(content)
  switch (tag) {
    case tags.utf8String:
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
      } catch (error) {
        throw new NotDer(`${what} holds bytes that are not UTF-8`, { cause: error })
      }
    case tags.bmpString:
      if (bytes.length % 2 !== 0) throw new NotDer(`${what} holds half a character`)
      return Buffer.from(bytes).swap16().toString('utf16le')
    case tags.universalString:
      return wideString(bytes, what)
    case tags.printableString:
    case tags.ia5String:
    case tags.teletexString:
      return bytes.toString('latin1')
    default:
      // Old certificates carry other types; their bytes are shown, never believed.
      return bytes.toString('latin1')
  }
}

function wideString(bytes: Buffer, what: string): string {
  let read = ''
  for (let at = 0; at < bytes.length; at += 4) {
    const point = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0x110000
    if (point > 0x10ffff) throw new NotDer(`${what} holds what is no character`)
    read += String.fromCodePoint(point)
  }
  return read
}

/** The slash form, in the name's own order: `/C=US/O=Org/CN=test.com`. Values stand as they are (reference 2). */
export const printName = (rdns: readonly (readonly NameAttribute[])[]): string =>
  rdns
    .flat()
    .map(({ short, value }) => `/${short}=${value}`)
    .join('')

/** A form under which names that RFC 5280 §7.1 calls equal are the same text: string types, case and blanks aside. */
export const comparableRdn = (rdn: readonly NameAttribute[]): string =>
  rdn
    .map(({ oid: dotted, value }) => {
      const folded = value.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ')
      return `${dotted}=${JSON.stringify(folded)}`
    })
    .sort()
    .join('+')

export const comparableName = (rdns: readonly (readonly NameAttribute[])[]): string =>
  rdns.map(comparableRdn).join(',')

/**
 * Writes the subject in the order C, ST, L, O, OU, CN, UID. Values of one field that come again share one RDN, in the order
 * DER wants of a SET (reference 2). Empty text is a field not given: Go clients send it for everything unset.
 */
export function writeSubject({
  cn,
  uid,
  names,
}: Pick<SubjectFields, 'cn' | 'uid' | 'names'>): Buffer {
  if (cn.trim() === '') throw invalid('cn is empty')
  const rdns = (['C', 'ST', 'L', 'O', 'OU'] as const satisfies readonly (keyof NameFields)[])
    .map((short) => ({
      short,
      values: [...new Set(names.map((one) => one[short] ?? '').filter((value) => value !== ''))],
    }))
    .filter(({ values }) => values.length > 0)
    .map(({ short, values }) => setOf(...values.map((value) => writeAttribute(short, value))))
  const user = uid ? [setOf(writeAttribute('UID', uid))] : []
  return sequence(...rdns, setOf(writeAttribute('CN', cn)), ...user)
}

/**
 * The same name in our string types, after a look at every part: what a request says of itself goes no further than
 * this (C2). One RDN may hold several values of one type, as ours do, and never several types.
 */
export function rewriteName(rdns: readonly (readonly NameAttribute[])[]): Buffer {
  const once = new Set<string>()
  const parts = rdns.map((rdn) => {
    const types = new Set(rdn.map(({ short }) => short))
    if (types.size > 1)
      throw invalid(`the subject joins ${[...types].slice(0, 3).join(' and ')} in one part`)
    for (const { short } of rdn) {
      // Verifiers differ on which of several they believe.
      if (once.has(short)) throw invalid(`the subject names ${short} more than once`)
      if (['CN', 'C', 'UID', 'emailAddress', 'serialNumber'].includes(short)) once.add(short)
    }
    return setOf(
      ...new Map(rdn.map(({ short, value }) => [value, writeAttribute(short, value)])).values(),
    )
  })
  return sequence(...parts)
}

function writeAttribute(short: string, value: string): Buffer {
  const row = byShort.get(short)
  if (!row) throw invalid(`the subject has an attribute ${quote(short)} that is not known here`)
  checkValue(row, value)
  const isPrintable = row.syntax !== 'ia5' && PRINTABLE.test(value)
  const tag = isPrintable
    ? tags.printableString
    : row.syntax === 'ia5'
      ? tags.ia5String
      : tags.utf8String
  return sequence(oid(row.oid), text(tag, value))
}

function checkValue({ short, syntax, most }: AttributeRow, value: string): void {
  const complain = (why: string) => invalid(`${short} ${quote(value)} ${why}`)
  if (value.trim() === '') throw invalid(`${short} is empty`)
  if ([...value].length > most) throw complain(`is longer than ${most} characters`)
  if (hasUnprintable(value)) throw complain('holds a control character')
  if (syntax === 'printable' && !PRINTABLE.test(value))
    throw complain('holds a character that PrintableString lacks')
  if (syntax === 'ia5' && !/^[\x20-\x7e]*$/.test(value)) throw complain('is not ASCII')
  if (short === 'C' && !/^[A-Za-z]{2}$/.test(value)) throw complain('is not two letters')
  if (short === 'DC' && !isLabel(value)) throw complain('is not a label of a domain')
  if (short === 'emailAddress' && !isEmailAddress(value)) throw complain('is not an e-mail address')
}

/** Controls, NUL among them, halves of characters, and what turns the direction of the text that is shown. */
export const hasUnprintable = (value: string): boolean =>
  /[\p{Cc}\p{Cs}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/u.test(value)

const isLabel = (label: string): boolean =>
  /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label)

/** A host name in the preferred syntax (RFC 1034 §3.5, RFC 1123 §2.1), which RFC 5280 §4.2.1.6 asks for. */
export function isHostName(name: string): boolean {
  const labels = name.split('.')
  if (name.length > 253 || !labels.every(isLabel)) return false
  // An address in four numbers is no name, and a last label of digits is how one begins.
  if (/^\d+$/.test(labels.at(-1) ?? '')) return false
  return labels.every((label) => label.slice(2, 4) !== '--' || isPunycode(label))
}

/** A label `xn--…` that stands for a name which stands for that label again (RFC 5891 §5.4). */
function isPunycode(label: string): boolean {
  const lower = label.toLowerCase()
  if (!lower.startsWith('xn--')) return false
  const shown = domainToUnicode(lower)
  return shown !== '' && shown !== lower && domainToASCII(shown) === lower
}

/** A host name, or one whose whole first label is a star before at least two more (RFC 6125 §6.4.3). */
export const isDnsName = (name: string): boolean =>
  name.startsWith('*.')
    ? name.split('.').length >= 3 && isHostName(name.slice(2))
    : isHostName(name)

/** A Mailbox of RFC 5321 §4.1.2 without quoted parts and address literals, in ASCII. */
export function isEmailAddress(address: string): boolean {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, Math.max(at, 0))
  return (
    local.length <= 64 &&
    local.split('.').every((atom) => /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+$/.test(atom)) &&
    isHostName(address.slice(at + 1))
  )
}
