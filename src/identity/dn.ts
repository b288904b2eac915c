import { Fault, quote } from '../kit/fault.ts'

/**
 * Distinguished names as text (RFC 4514), brought into one form so that equal names are equal text: types in upper
 * case and a fixed order, values of one type sorted, repeated pairs once (reference 3.4: compared as sets of typed
 * values). Values are compared exactly, case included: whoever signs in must hold the very name that was set.
 */

interface TypedValue {
  readonly type: string
  readonly value: string
}

const MAX_PARTS = 64

/** One attribute type, by its identifier: how it is written here, and how else it may be written. */
const TYPES: readonly (readonly [oid: string, name: string, ...others: readonly string[]])[] = [
  ['2.5.4.6', 'C'],
  ['2.5.4.8', 'ST', 'S'],
  ['2.5.4.7', 'L'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN', 'SURNAME'],
  ['2.5.4.42', 'GN', 'G', 'GIVENNAME'],
  ['2.5.4.43', 'INITIALS'],
  ['2.5.4.44', 'GENERATIONQUALIFIER'],
  ['2.5.4.12', 'TITLE', 'T'],
  ['2.5.4.5', 'SERIALNUMBER'],
  ['2.5.4.9', 'STREET'],
  ['2.5.4.17', 'POSTALCODE'],
  ['2.5.4.46', 'DNQUALIFIER'],
  ['2.5.4.65', 'PSEUDONYM'],
  ['2.5.4.97', 'ORGANIZATIONIDENTIFIER'],
  ['0.9.2342.19200300.100.1.1', 'UID', 'USERID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'E', 'EMAIL', 'EMAILADDRESS'],
  ['1.2.840.113549.1.9.2', 'UNSTRUCTUREDNAME'],
]
const NAMES: ReadonlyMap<string, string> = new Map(
  TYPES.flatMap(([oid, name, ...others]) =>
    [oid, `OID.${oid}`, ...others].map((other) => [other, name] as const),
  ),
)

/** Types not named here stand before CN, by name. */
const ORDER = ['C', 'ST', 'L', 'O', 'OU']
const rank = (type: string): number => {
  if (type === 'CN') return ORDER.length + 1
  const at = ORDER.indexOf(type)
  return at < 0 ? ORDER.length : at
}

/** The one text of this name; empty stays empty. Throws 'invalid' for what is no distinguished name. */
export function normalDn(text: string): string {
  if (text.trim() === '') return ''
  return written(parseDn(text))
}

/** The same text for the typed values of a certificate's subject, which are never read out of text. */
export const dnOfSubject = (
  parts: readonly { readonly oid: string; readonly value: string }[],
): string => written(parts.map(({ oid, value }) => ({ type: NAMES.get(oid) ?? oid, value })))

function written(parts: readonly TypedValue[]): string {
  const pairs = parts.map(({ type, value }) => `${type}=${escapeValue(value)}`)
  return [...new Set(pairs)].sort(byOrder).join(',')
}

export const sameDn = (one: string, other: string): boolean => normalDn(one) === normalDn(other)

function byOrder(one: string, other: string): number {
  const [a, b] = [typeOf(one), typeOf(other)]
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  return one < other ? -1 : 1
}

const typeOf = (pair: string): string => pair.slice(0, pair.indexOf('='))

function parseDn(text: string): readonly TypedValue[] {
  const parts = splitUnescaped(text)
  if (parts.length > MAX_PARTS) throw wrong(text, `more than ${MAX_PARTS} parts`)
  return parts.map((part) => {
    const equals = part.indexOf('=')
    const type = typeNamed(part.slice(0, Math.max(equals, 0)).trim().toUpperCase())
    if (type === undefined) throw wrong(text, 'every part must read TYPE=value')
    const value = unescapeValue(text, part.slice(equals + 1))
    if (value === '') throw wrong(text, `${type} has no value`)
    return { type, value }
  })
}

/** RFC 4512 §1.4: a short name, or an object identifier in dotted decimals. */
const typeNamed = (type: string): string | undefined =>
  NAMES.get(type) ?? (/^(?:[A-Z][A-Z0-9-]{0,63}|\d+(?:\.\d+){1,31})$/.test(type) ? type : undefined)

function splitUnescaped(text: string): string[] {
  const parts: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === ',') {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

/** RFC 4514 §2.4 and §3: backslash and a special character, or backslash and two hexadecimal digits of UTF-8. */
function unescapeValue(dn: string, raw: string): string {
  const bytes: Buffer[] = []
  let trailingSpaces = 0
  // Only the space is set aside here (RFC 4514 §3); other blanks belong to the value.
  const source = raw.replace(/^ +/, '')
  if (source.startsWith('#')) throw wrong(dn, 'values in hexadecimal form are not supported')
  for (let at = 0; at < source.length; at++) {
    const character = String.fromCodePoint(source.codePointAt(at) ?? 0)
    at += character.length - 1
    if (character !== '\\') {
      if ('"+;<>'.includes(character))
        throw wrong(dn, `${character} in a value is written with a backslash before it`)
      bytes.push(Buffer.from(character))
      trailingSpaces = character === ' ' ? trailingSpaces + 1 : 0
      continue
    }
    trailingSpaces = 0
    const hex = /^[0-9a-fA-F]{2}/.exec(source.slice(at + 1, at + 3))
    const special = source[at + 1]
    if (hex) {
      bytes.push(Buffer.from(hex[0], 'hex'))
      at += 2
    } else if (special !== undefined && ' "#+,;<=>\\'.includes(special)) {
      bytes.push(Buffer.from(special))
      at++
    } else
      throw wrong(dn, 'a backslash stands before a special character or two hexadecimal digits')
  }
  try {
    const kept = bytes.slice(0, bytes.length - trailingSpaces)
    const value = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.concat(kept),
    )
    if (value.includes('\0')) throw wrong(dn, 'a value may not contain NUL')
    return value
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw wrong(dn, 'a value is not UTF-8', cause)
  }
}

/** A value of one space is both first and last, and takes one backslash. */
function escapeValue(value: string): string {
  const special = value.replace(/["+,;<>\\]/g, '\\$&')
  const ended = value.length > 1 ? special.replace(/ $/, '\\ ') : special
  return ended.replace(/^[ #]/, '\\$&')
}

const wrong = (dn: string, why: string, cause?: unknown): Fault =>
  new Fault(
    'invalid',
    `certificate_subject_dn ${quote(dn)} is not a distinguished name such as C=US,O=Thales,CN=jo: ${why}`,
    { cause },
  )
