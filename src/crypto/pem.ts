import { invalid } from './refuse.ts'

export interface PemBlock {
  readonly label: string
  readonly der: Uint8Array
}

const BEGIN = '-----BEGIN '
const DASHES = '-----'

/**
 * The blocks of a PEM text (RFC 7468), whatever stands around them. A text whose line ends arrived as the two characters
 * backslash and n is read too (reference 7): files pass through forms and scripts on their way. Linear in the text.
 */
export function readPem(given: string, what: string, maxLength: number): PemBlock[] {
  if (given.length > maxLength) throw invalid(`${what} is longer than ${maxLength} characters`)
  const text = given.replaceAll('\\r', '').replaceAll('\\n', '\n')
  const blocks: PemBlock[] = []
  for (let at = text.indexOf(BEGIN); at >= 0; at = text.indexOf(BEGIN, at)) {
    const labelEnd = text.indexOf(DASHES, at + BEGIN.length)
    const label = text.slice(at + BEGIN.length, labelEnd)
    if (labelEnd < 0 || !/^[A-Z0-9 ]{1,64}$/.test(label))
      throw invalid(`${what} has a BEGIN line that is not PEM`)
    const end = `${DASHES}END ${label}${DASHES}`
    const bodyEnd = text.indexOf(end, labelEnd)
    if (bodyEnd < 0) throw invalid(`${what} has no END line`)
    const body = text.slice(labelEnd + DASHES.length, bodyEnd).replaceAll(/[\r\n\t ]/g, '')
    if (body === '' || body.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(body))
      throw invalid(`${what} is not base64 between its BEGIN and END lines`)
    blocks.push({ label, der: Buffer.from(body, 'base64') })
    at = bodyEnd + end.length
  }
  if (blocks.length === 0) throw invalid(`${what} is not PEM: it has no BEGIN line`)
  return blocks
}

/** 64 columns, \n line ends, a final one. */
export function writePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
