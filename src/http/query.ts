import { Fault, quote } from '../kit/fault.ts'

/**
 * The query as an object of texts without a prototype. A parameter given twice is refused: proxies, logs and
 * handlers would each take another one of the two.
 */
export function parseQuery(text: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null)
  if (text === '') return query
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in query)
      throw new Fault('invalid', `the query parameter ${quote(name)} is given twice`)
    query[name] = value
  }
  return query
}

/** A form body, read by the same rule. */
export const parseForm = (bytes: Buffer): Record<string, string> => {
  const form = parseQuery(bytes.toString('utf8'))
  return { ...form }
}
