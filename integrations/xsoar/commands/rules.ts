import type { Values } from './types.ts'

/** What arguments must say together. */

export const validityProblems = (values: Values): readonly string[] =>
  values['duration'] === undefined && values['not_after'] === undefined
    ? ['duration is missing: give duration, in days, or not_after, a date.']
    : []

export const oneOfTwo = (values: Values, one: string, other: string): readonly string[] =>
  values[one] !== undefined && values[other] !== undefined
    ? [`${one} and ${other} say the same thing: give one of them.`]
    : []

/** A size without an algorithm is one of ECDSA, unless the request is copied from another CA. */
export function keyProblems(values: Values, name: string, isCopied: boolean): readonly string[] {
  const size = values[name]
  if (typeof size !== 'number') return []
  const isCurve = size === 256 || size === 384 || size === 521
  if (values['algorithm'] === 'RSA')
    return size < 1024 ? [`${name} must be from 1024 to 4096 for RSA, not ${size}.`] : []
  if (isCurve || (isCopied && values['algorithm'] === undefined)) return []
  return [
    `${name} must be 256, 384 or 521 for ECDSA, not ${size}${size >= 1024 ? '; for RSA say algorithm=RSA' : ''}.`,
  ]
}
