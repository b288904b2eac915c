import { Fault, quote } from '../../kit/fault.ts'

/** What a comma list of capabilities has, in a fixed order. Throws 'invalid-parameter' for a word that is none. */
export function capabilitiesIn(list: string, known: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>()
  for (const part of list.split(',')) {
    const word = part.trim().toUpperCase()
    if (word === '') continue
    if (!known.includes(word))
      throw new Fault(
        'invalid-parameter',
        `enabled_capabilities: ${quote(part.trim())} is none of ${known.join(', ')}`,
      )
    found.add(word)
  }
  return new Set(known.filter((word) => found.has(word)))
}

export const withCapabilities = (
  before: string,
  given: string | undefined,
  known: readonly string[],
): string => {
  if (given === undefined) return before
  const all = new Set([...capabilitiesIn(before, known), ...capabilitiesIn(given, known)])
  return known.filter((word) => all.has(word)).join(',')
}

/** Settings that travel as JSON in a text. Throws 'invalid-parameter' for a text that is none. */
export function demandJson(field: string, text: string | undefined): void {
  if (text === undefined) return
  try {
    JSON.parse(text)
  } catch (cause) {
    throw new Fault('invalid-parameter', `${field}: must be JSON in a text`, { cause })
  }
}
