import { parseArgs } from 'node:util'
import { apiCommandNames, findApiCommand } from './api/find.ts'
import { type ApiCommand, apiTable } from './api/table.ts'
import { type CommandName, commandNames, commandOf } from './commands.ts'
import { UsageError } from './failures.ts'
import { nearest } from './nearest.ts'
import { allSettings, type NamedSetting, settingNames } from './settings/index.ts'

/** A command line, taken apart. */
export interface Invocation {
  readonly command: CommandName
  readonly argument: string | undefined
  /** Options of the command itself; a switch is '1'. */
  readonly options: Readonly<Record<string, string | undefined>>
  /** The settings among the flags, as `--name=value`. */
  readonly settings: readonly string[]
}

export type Request =
  | { readonly wants: 'run'; readonly invocation: Invocation }
  | {
      readonly wants: 'help'
      readonly command: CommandName | undefined
      readonly group: string | undefined
    }
  | {
      readonly wants: 'api'
      readonly words: string
      readonly command: ApiCommand
      readonly args: readonly string[]
    }
  | { readonly wants: 'version' }

/** Settings that a command takes as flags. */
export function flagsOf(command: CommandName): readonly NamedSetting[] {
  const { settings } = commandOf(command)
  return allSettings.filter(
    ({ row, who }) =>
      row.secret !== true && settings !== 'none' && (who === settings || who === 'both'),
  )
}

/** Takes a command line apart. UsageError names what is not known and what is near it. */
export function parse(argv: readonly string[]): Request {
  const [first = ''] = argv
  if (argv.length === 0 || first === '--help' || first === '-h' || first === 'help')
    return helpFor(argv.slice(1))
  if (first === '--version' || first === '-V') return { wants: 'version' }
  const command = commandNames.find((name) =>
    commandOf(name).words.every((word, i) => argv[i] === word),
  )
  if (command === undefined) {
    const siblings = commandNames.filter((name) => commandOf(name).words[0] === first)
    const isGroup = siblings.length > 0
    if (isGroup && (argv[1] === '--help' || argv[1] === '-h')) return helpFor([first])
    const found = findApiCommand(argv, siblings)
    if (found?.is === 'group') return { wants: 'help', command: undefined, group: found.group }
    if (found?.is === 'command') return { wants: 'api', ...found }
    const words = argv.slice(0, isGroup ? 2 : 1).join(' ')
    const near = nearest(words, [...commandNames, ...apiCommandNames()])
    throw new UsageError(
      `There is no command "${words}"${near ? `; did you mean "${near}"?` : '.'} See: keystead --help`,
    )
  }
  const row = commandOf(command)
  return parseFlags(command, argv.slice(row.words.length))
}

function helpFor(words: readonly string[]): Request {
  const named = words.filter((word) => !word.startsWith('-')).join(' ')
  const command = commandNames.find((name) => name === named)
  if (command === undefined && words.length > 1) {
    const found = findApiCommand(words, [])
    if (found?.is === 'command')
      return { wants: 'api', words: found.words, command: found.command, args: ['--help'] }
  }
  const isGroup =
    commandNames.some((name) => commandOf(name).words[0] === named) ||
    Object.hasOwn(apiTable(), named)
  const group = isGroup ? named : undefined
  return { wants: 'help', command, group }
}

function parseFlags(command: CommandName, args: readonly string[]): Request {
  const row = commandOf(command)
  const own = Object.entries(row.options)
  const settings = flagsOf(command).map(({ name, row: { kind } }) => ({
    flag: settingNames(name).flag,
    takes: kind.value !== undefined,
  }))
  const isString = new Map([
    ...own.map(([name, option]) => [name, option.value !== undefined] as const),
    ...settings.map(({ flag, takes }) => [flag, takes] as const),
  ])
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      ...Object.fromEntries(
        [...isString].map(([name, takes]) => [
          name,
          { type: takes ? 'string' : 'boolean' } as const,
        ]),
      ),
    },
  })
  const words = row.words.join(' ')
  const options: Record<string, string> = {}
  const forSettings: string[] = []
  let argument: string | undefined
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      if (row.argument === undefined || argument !== undefined)
        throw new UsageError(`"keystead ${words}" does not take "${token.value}".`)
      argument = token.value
      continue
    }
    if (token.name === 'help') return { wants: 'help', command, group: undefined }
    const takes = isString.get(token.name)
    if (takes === undefined)
      throw new UsageError(unknownFlag(token.rawName, [...isString.keys()], words))
    const value = token.value
    if (takes && (value === undefined || isForgotten(token.inlineValue, value)))
      throw new UsageError(`${token.rawName} needs a value.`)
    if (!takes && value !== undefined && Object.hasOwn(row.options, token.name))
      throw new UsageError(`${token.rawName} takes no value.`)
    if (Object.hasOwn(row.options, token.name)) options[token.name] = value ?? '1'
    else forSettings.push(value === undefined ? `--${token.name}` : `--${token.name}=${value}`)
  }
  if (row.argument !== undefined && argument === undefined)
    throw new UsageError(`"keystead ${words}" needs ${row.argument.name}.`)
  return { wants: 'run', invocation: { command, argument, options, settings: forSettings } }
}

/** In `--url --insecure` the URL was forgotten; `--url=--insecure` would say that it is meant. */
const isForgotten = (inline: boolean | undefined, value: string): boolean =>
  inline !== true && value.startsWith('--')

function unknownFlag(flag: string, known: readonly string[], words: string): string {
  const name = flag.replace(/^-+/, '')
  const secret = allSettings.find(
    ({ name: key, row }) => row.secret && settingNames(key).flag === name,
  )
  if (secret !== undefined)
    return `${flag} is not taken from the command line, where others could read it; set ${settingNames(secret.name).env}.`
  const near = nearest(name, known)
  return `"keystead ${words}" does not know ${flag}${near ? `; did you mean --${near}?` : '.'}`
}
