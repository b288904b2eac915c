import { invalid } from '../../crypto/refuse.ts'
import { quote } from '../../kit/fault.ts'

export type Encoding = 'hex' | 'base64' | 'base64url' | 'utf8'

const shapes: Readonly<Record<Encoding, RegExp>> = {
  hex: /^(?:[0-9a-f]{2})*$/i,
  base64: /^[A-Za-z0-9+/]*={0,2}$/,
  base64url: /^[A-Za-z0-9_-]*={0,2}$/,
  utf8: /^/,
}

/** The name in any case; undefined for none. */
export function readEncoding(text: string | null | undefined): Encoding | undefined {
  if (!text) return undefined
  const found = (Object.keys(shapes) as Encoding[]).find((name) => name === text.toLowerCase())
  if (!found) throw invalid(`encoding: ${quote(text)} is not one of hex and base64`)
  return found
}

/** The octets of a text, in memory of their own that can be wiped; never part of Buffer's shared pool. */
export function decode(text: string, encoding: Encoding, what: string): Buffer {
  const compact = encoding === 'utf8' ? text : text.replaceAll(/[\r\n]/g, '')
  if (!shapes[encoding].test(compact)) throw invalid(`${what} is not ${encoding}`)
  const length = Buffer.byteLength(compact, encoding)
  const bytes = Buffer.from(new ArrayBuffer(length))
  const written = bytes.write(compact, encoding)
  if (
    encoding.startsWith('base64') &&
    bytes.toString(encoding).replaceAll('=', '') !== compact.replaceAll('=', '')
  ) {
    bytes.fill(0)
    // Spare bits that are set, or a length that is none: the same octets have one spelling (RFC 4648 §3.5).
    throw invalid(`${what} is not ${encoding}`)
  }
  return written === length ? bytes : bytes.subarray(0, written)
}

export const encode = (bytes: Buffer, encoding: Encoding): string => bytes.toString(encoding)
