import { UsageError } from '../failures.ts'
import { nearest } from '../nearest.ts'
import { type ApiCommand, apiTable } from './table.ts'

export type Found =
  | {
      readonly is: 'command'
      readonly words: string
      readonly command: ApiCommand
      readonly args: readonly string[]
    }
  | { readonly is: 'group'; readonly group: string }

/**
 * The command of the API that a command line begins with; undefined when its first word is none of its groups.
 * `siblings`: commands that begin with the same word and are no endpoints.
 */
export function findApiCommand(
  argv: readonly string[],
  siblings: readonly string[],
): Found | undefined {
  const [group = '', name, ...args] = argv
  const table = apiTable()
  if (!Object.hasOwn(table, group)) return undefined
  const commands = table[group] ?? {}
  if (name === undefined || name === '--help' || name === '-h') return { is: 'group', group }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command !== undefined) return { is: 'command', words: `${group} ${name}`, command, args }
  const own = Object.keys(commands).map((known) => `${group} ${known}`)
  const near = nearest(`${group} ${name}`, [...own, ...siblings], Math.max(2, name.length / 3))
  throw new UsageError(
    `There is no command "${group} ${name}"${near ? `; did you mean "${near}"?` : '.'} See: keystead ${group} --help`,
  )
}

/** Group and command words, to look for a near one. */
export const apiCommandNames = (): string[] =>
  Object.entries(apiTable()).flatMap(([group, commands]) => [
    group,
    ...Object.keys(commands).map((name) => `${group} ${name}`),
  ])
