import { hasOwn } from './characters.ts'
import { failure } from './failure.ts'
import type { Argument, Command, Host, Value, Values } from './types.ts'
import { readingOf, textOf } from './values.ts'

/** Reads all arguments of a command, or throws a CommandFailure with a sentence for each that is wrong. */
export function valuesOf(
  command: Command,
  given: Readonly<Record<string, unknown>>,
  host: Host,
): Values {
  const problems: string[] = []
  const values: Record<string, Value> = {}
  for (const argument of command.arguments) {
    const text = givenText(argument, given, problems)
    if (text === undefined) {
      if (argument.required) problems.push(`${argument.name} is missing: ${lowered(argument.help)}`)
      continue
    }
    const reading = readingOf(argument, text, host)
    if ('problem' in reading) problems.push(`${argument.name} ${reading.problem}.`)
    else values[argument.name] = reading.value
  }
  // Rules look at values together, so they are asked when each stands on its own.
  if (problems.length === 0 && command.rules !== undefined)
    for (const problem of command.rules(values)) problems.push(problem)
  if (problems.length > 0) throw failure('input', problems)
  return values
}

function givenText(
  { name, also, kind, default: otherwise }: Argument,
  given: Readonly<Record<string, unknown>>,
  problems: string[],
): string | undefined {
  const text = textOf(own(given, name))
  const other = also === undefined ? undefined : textOf(own(given, also))
  if (text !== undefined && other !== undefined && text !== other)
    problems.push(`${name} and ${also} say two things: give one of them.`)
  const chosen = text ?? other ?? otherwise
  // Blanks around a word are nothing that anybody means, but a password may be made of them.
  const isBlank = chosen !== undefined && kind !== 'secret' && chosen.trim() === ''
  return isBlank ? otherwise : chosen
}

const own = (given: Readonly<Record<string, unknown>>, name: string): unknown =>
  hasOwn(given, name) ? given[name] : undefined

const lowered = (help: string): string => help.charAt(0).toLowerCase() + help.slice(1)
