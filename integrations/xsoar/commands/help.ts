import type { Argument } from './types.ts'

/** What an argument is for, and what holds of it. */
export function argumentHelp({
  help,
  also,
  choices,
  default: otherwise,
  empties = [],
}: Argument): string {
  const parts = [help]
  if (choices !== undefined) parts.push(`Possible values: ${choices.join(', ')}.`)
  if (empties.length > 0) parts.push(`Also taken: ${empties.join(', ')}.`)
  if (otherwise !== undefined) parts.push(`${otherwise} when not given.`)
  if (also !== undefined) parts.push(`Also called ${also}.`)
  return parts.join(' ')
}
