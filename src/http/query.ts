import { Fault, quote } from '../kit/fault.ts'
import { decodeUtf8, MAX_KEYS } from './json.ts'

/**
 * The query as an object of texts without a prototype. A parameter given twice is refused: proxies, logs and
 * handlers would each take another one of the two. Those that the endpoint lists may repeat, and are joined by commas.
 */
export const parseQuery = (text: string, repeats?: readonly string[]): Record<string, string> =>
  parsePairs(text, 'query parameter', repeats)

/** A form body, read by the same rule. */
export const parseForm = (bytes: Buffer): Record<string, string> =>
  parsePairs(decodeUtf8(bytes), 'field')

function parsePairs(
  text: string,
  what: string,
  repeats: readonly string[] = [],
): Record<string, string> {
  const pairs: Record<string, string> = Object.create(null)
  if (text === '') return pairs
  if (hasMorePairs(text, MAX_KEYS))
    throw new Fault('invalid', `there may be no more than ${MAX_KEYS} ${what}s`)
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in pairs && repeats.includes(name)) {
      pairs[name] = `${pairs[name]},${value}`
      continue
    }
    if (name in pairs) throw new Fault('invalid', `the ${what} ${quote(name)} is given twice`)
    pairs[name] = value
  }
  return pairs
}

/** Counted before anything is made of them. */
function hasMorePairs(text: string, most: number): boolean {
  let at = -1
  for (let pairs = 1; pairs <= most; pairs++) {
    at = text.indexOf('&', at + 1)
    if (at < 0) return false
  }
  return true
}
