import { parseArgs } from 'node:util'
import {
  type Argument,
  type Command,
  commandNamed,
  commands,
  TEST_MODULE,
} from '../../../integrations/xsoar/commands/index.ts'
import { UsageError } from '../failures.ts'
import { nearest } from '../nearest.ts'
import { allSettings, settingNames } from '../settings/index.ts'

export const FORMATS = ['table', 'json', 'yaml', 'context', 'markdown'] as const
export type Format = (typeof FORMATS)[number]

/** A command line of one of the `ciphertrust-*` commands, taken apart. */
export interface CommandLine {
  readonly command: Command
  readonly given: Readonly<Record<string, string>>
  /** Secrets to be asked for. */
  readonly asked: readonly string[]
  readonly format: Format
  /** The folder that files are written to. */
  readonly save: string | undefined
  readonly force: boolean
  readonly signInAs: string | undefined
  /** The settings among the flags, as `--name=value`. */
  readonly settings: readonly string[]
  readonly wantsHelp: boolean
}

/** What every command takes besides its arguments. */
export const ownFlags = {
  output: {
    value: FORMATS.join('|'),
    short: 'o',
    help: 'How to show the answer; a table when not said.',
  },
  save: { value: 'FOLDER', help: 'Writes the files that the command hands out into this folder.' },
  force: { help: 'Lets files of the same name be overwritten.' },
  'sign-in-as': {
    value: 'TEXT',
    help: 'Who signs in, where --username is an argument of the command.',
  },
} as const

export const isSecret = ({ kind }: Argument): boolean => kind === 'secret' || kind === 'secret-text'

/** Connection flags, by their names. True: it takes a value. */
export const connectionFlags: ReadonlyMap<string, boolean> = new Map(
  allSettings
    .filter(({ who, row }) => who !== 'server' && row.secret !== true)
    .map(({ name, row }) => [settingNames(name).flag, row.kind.value !== undefined]),
)

/** Takes a command line apart. UsageError names what is not known and what is near it. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const [name = '', ...rest] = argv
  const command = commandNamed(name)
  if (command === undefined) {
    const near = nearest(name, [...commands.map((known) => known.name), TEST_MODULE])
    throw new UsageError(
      `There is no command "${name}"${near ? `; did you mean "${near}"?` : '.'} See: keystead commands`,
    )
  }
  const line = {
    command,
    given: {} as Record<string, string>,
    asked: [] as string[],
    format: 'table' as Format,
    save: undefined as string | undefined,
    force: false,
    signInAs: undefined as string | undefined,
    settings: [] as string[],
    wantsHelp: false,
  }
  for (const { name: flag, raw, value, isFlag } of pieces(command, rest)) {
    const argument = argumentNamed(command, flag.replaceAll('-', '_'))
    if (argument !== undefined) {
      take(line, argument, value, raw)
      continue
    }
    if (!isFlag) throw new UsageError(unknown(command, raw, flag))
    if (flag === 'help') line.wantsHelp = true
    else if (flag === 'force') line.force = true
    else if (value === undefined && connectionFlags.get(flag) !== false)
      throw new UsageError(
        connectionFlags.has(flag) || Object.hasOwn(ownFlags, flag)
          ? `${raw} needs a value.`
          : unknown(command, raw, flag),
      )
    else if (flag === 'output') line.format = formatOf(value ?? '')
    else if (flag === 'save') line.save = value
    else if (flag === 'sign-in-as') line.signInAs = value
    else if (connectionFlags.has(flag))
      line.settings.push(value === undefined ? `--${flag}` : `--${flag}=${value}`)
    else throw new UsageError(unknown(command, raw, flag))
  }
  return line
}

interface Piece {
  readonly name: string
  readonly raw: string
  readonly value: string | undefined
  readonly isFlag: boolean
}

/** `name=value` as in the War Room, and flags. */
function pieces(command: Command, args: readonly string[]): Piece[] {
  const takesValue = (flag: string): boolean => {
    const argument = argumentNamed(command, flag.replaceAll('-', '_'))
    if (argument !== undefined) return !isSecret(argument)
    return connectionFlags.get(flag) ?? (Object.hasOwn(ownFlags, flag) && flag !== 'force')
  }
  const names = new Set([
    ...command.arguments.flatMap(({ name, also }) => [name, ...(also === undefined ? [] : [also])]),
    ...connectionFlags.keys(),
    ...Object.keys(ownFlags),
    'help',
  ])
  const flags = [...names].flatMap((name) => [name, name.replaceAll('_', '-')])
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      flags.map((name) => [
        name,
        {
          type: takesValue(name) ? ('string' as const) : ('boolean' as const),
          ...(name === 'output' ? { short: 'o' } : name === 'help' ? { short: 'h' } : {}),
        },
      ]),
    ),
  })
  return tokens.flatMap((token): Piece[] => {
    if (token.kind === 'option-terminator') return []
    if (token.kind === 'positional') {
      const at = token.value.indexOf('=')
      if (at <= 0)
        throw new UsageError(
          `"${command.name}" does not take ${JSON.stringify(token.value)}; arguments are NAME=VALUE.`,
        )
      const name = token.value.slice(0, at)
      return [{ name, raw: name, value: token.value.slice(at + 1), isFlag: false }]
    }
    return [{ name: token.name, raw: token.rawName, value: token.value, isFlag: true }]
  })
}

const argumentNamed = (command: Command, name: string): Argument | undefined =>
  command.arguments.find((argument) => argument.name === name || argument.also === name)

function take(
  line: { readonly given: Record<string, string>; readonly asked: string[] },
  argument: Argument,
  value: string | undefined,
  raw: string,
): void {
  const name = raw.replace(/^--/, '').replaceAll('-', '_')
  if (Object.hasOwn(line.given, name)) throw new UsageError(`${name} is given twice.`)
  if (!isSecret(argument)) {
    if (value === undefined) throw new UsageError(`${raw} needs a value.`)
    line.given[name] = value
    return
  }
  if (value === undefined) line.asked.push(name)
  else if (value === '' || value.startsWith('@')) line.given[name] = value
  else
    throw new UsageError(
      `${name} is not taken from the command line, where others could read it; write ${name}=@FILE, ${name}=@- for standard input, or --${name.replaceAll('_', '-')} to be asked.`,
    )
}

function unknown(command: Command, raw: string, flag: string): string {
  const names = command.arguments.map(({ name }) => name)
  const near = nearest(flag.replaceAll('-', '_'), [
    ...names,
    ...connectionFlags.keys(),
    ...Object.keys(ownFlags),
  ])
  const takes = names.length === 0 ? '.' : `; it takes ${names.join(', ')}.`
  return `"${command.name}" does not know ${raw}${near ? `; did you mean ${near}?` : takes}`
}

function formatOf(text: string): Format {
  const format = FORMATS.find((known) => known === text)
  if (format === undefined)
    throw new UsageError(`--output must be one of ${FORMATS.join(', ')}, not "${text}".`)
  return format
}
