import { lowerAscii, parsePattern } from '../store/pattern.ts'
import { sameLetters } from './records.ts'

type Part = { readonly letter: string } | '*' | '?'

const folded = (text: string): string => lowerAscii(sameLetters(text))

/**
 * Whether a text fits a filter of a list, for what is not looked for in the database: wildcards as there, A to Z
 * without case. Goes back at most once for each star, so no filter takes long.
 */
export function fits(filter: string, text: string): boolean {
  const parts = parsePattern(folded(filter)).flatMap((piece): Part[] =>
    typeof piece === 'object' ? [...piece.literal].map((letter) => ({ letter })) : [piece],
  )
  const letters = [...folded(text)]
  let at = 0
  let part = 0
  let star = -1
  let from = 0
  while (at < letters.length) {
    const piece = parts[part]
    if (piece === '*') {
      star = part++
      from = at
    } else if (piece === '?' || (typeof piece === 'object' && piece.letter === letters[at])) {
      part++
      at++
    } else if (star >= 0) {
      part = star + 1
      at = ++from
    } else return false
  }
  while (parts[part] === '*') part++
  return part === parts.length
}
