import { Fault } from '../kit/fault.ts'

export const MAX_BODY_BYTES = 1024 * 1024
/** Of bodies that are taken as bytes: nothing is parsed that could grow. */
export const MAX_RAW_BYTES = 16 * 1024 * 1024
const MAX_DEPTH = 32
export const MAX_KEYS = 1000
const MAX_CONTAINERS = 20_000

/**
 * Parses a JSON body within limits that hold before the parse: depth and keys per object are counted on the raw
 * bytes, since a megabyte of `[{},{},…]` takes twenty times that as objects. Keys that reach into prototypes are
 * refused rather than ignored.
 */
export function parseJson(bytes: Buffer): unknown {
  measure(bytes)
  const text = decodeUtf8(bytes)
  try {
    // A reviver sees every value, which costs more than the parsing; most bodies cannot hold what it looks for.
    return JSON.parse(text, MAY_REACH_PROTOTYPES.test(text) ? refusePrototypeKeys : undefined)
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    // The parser's own message quotes the body, which may hold a secret.
    throw new Fault('invalid', 'the body is not valid JSON')
  }
}

/** Throws 'invalid' for bytes that are no UTF-8, where a lenient reader would put other characters in their place. */
export function decodeUtf8(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Fault('invalid', 'the body is not UTF-8')
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The names themselves, or an escape that could spell one. */
const MAY_REACH_PROTOTYPES = /__proto__|constructor|prototype|\\u/

const refusePrototypeKeys = (key: string, value: unknown): unknown => {
  if (key === '__proto__' || key === 'constructor' || key === 'prototype')
    throw new Fault('invalid', `a body may not have a field named ${key}`)
  return value
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const COLON = 0x3a

const SHORT = 32

/**
 * Where the quote is that ends the text begun at `start`; behind all bytes when there is none. Names and short values
 * are walked; in a long one, which may be most of the body, the next quote is looked for by machine code.
 */
function endOfText(bytes: Buffer, start: number): number {
  let at = start + 1
  for (const near = at + SHORT; at < near; at++) {
    const byte = bytes[at]
    if (byte === BACKSLASH) at++
    else if (byte === QUOTE) return at
  }
  // The walk may have ended on an escaped octet, which decides nothing.
  const from = at
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at)
    if (quote < 0) return bytes.length
    let escapes = 0
    while (quote - escapes > from && bytes[quote - escapes - 1] === BACKSLASH) escapes++
    if (escapes % 2 === 0) return quote
    at = quote + 1
  }
}

/** Walks the bytes once and throws at the first limit passed. Malformed JSON is left to the parser. */
function measure(bytes: Buffer): void {
  const keys: number[] = []
  let containers = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) at = endOfText(bytes, at)
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      keys.push(0)
      if (keys.length > MAX_DEPTH)
        throw new Fault('invalid', `a body may not be nested deeper than ${MAX_DEPTH} levels`)
      if (++containers > MAX_CONTAINERS)
        throw new Fault(
          'invalid',
          `a body may not hold more than ${MAX_CONTAINERS} objects and lists`,
        )
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) keys.pop()
    else if (byte === COLON && keys.length > 0) {
      const count = (keys[keys.length - 1] ?? 0) + 1
      if (count > MAX_KEYS)
        throw new Fault('invalid', `an object in a body may not have more than ${MAX_KEYS} fields`)
      keys[keys.length - 1] = count
    }
  }
}
