import { parseArgs } from 'node:util'
import { UsageError } from '../failures.ts'
import { nearest } from '../nearest.ts'
import { allSettings, settingNames } from '../settings/index.ts'
import { FORMATS, type Format, isOwnFlag, ownFlags, takesValue } from './own-flags.ts'
import type { ApiCommand, Field } from './table.ts'

/** A command line of one of the API's commands, taken apart; values are still as they were typed. */
export interface CommandLine {
  readonly params: Readonly<Record<string, string>>
  /** By the field's flag. Undefined: a secret to be asked for. */
  readonly given: ReadonlyMap<Field, readonly (string | undefined)[]>
  readonly json: string | undefined
  readonly format: Format
  readonly pick: string | undefined
  readonly all: boolean
  readonly signInAs: string | undefined
  /** The settings among the flags, as `--name=value`. */
  readonly settings: readonly string[]
  readonly wantsHelp: boolean
}

/** Flags of the connection, by their names. True: it takes a value. */
export const connectionFlags: ReadonlyMap<string, boolean> = new Map(
  allSettings
    .filter(({ who, row }) => who !== 'server' && row.secret !== true)
    .map(({ name, row }) => [settingNames(name).flag, row.kind.value !== undefined]),
)

type Draft = { -readonly [K in keyof CommandLine]: CommandLine[K] } & {
  params: Record<string, string>
  given: Map<Field, (string | undefined)[]>
  settings: string[]
}

/** Takes a command line apart. UsageError names what is not known, what is near it, and what is missing. */
export function parseCommandLine(
  words: string,
  command: ApiCommand,
  args: readonly string[],
): CommandLine {
  const line: Draft = {
    params: {},
    given: new Map(),
    json: undefined,
    format: 'table',
    pick: undefined,
    all: false,
    signInAs: undefined,
    settings: [],
    wantsHelp: false,
  }
  const positionals: string[] = []
  for (const token of tokensOf(command, args)) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind === 'option') takeOption(line, words, command, token)
  }
  if (line.wantsHelp) return line
  const extra = positionals[command.positionals.length]
  if (extra !== undefined)
    throw new UsageError(
      `"keystead ${words}" does not take ${JSON.stringify(extra)}; fields are flags, such as --name VALUE.`,
    )
  command.positionals.forEach((name, i) => {
    const value = positionals[i]
    if (value === undefined || value === '')
      throw new UsageError(
        `"keystead ${words}" needs ${command.positionals.map((param) => param.toUpperCase()).join(' ')}; ${name.toUpperCase()} is missing.`,
      )
    line.params[name] = value
  })
  if (line.all && command.page !== true)
    throw new UsageError(`--all is for lists; "keystead ${words}" answers with one thing.`)
  return line
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function takeOption(
  line: Draft,
  words: string,
  command: ApiCommand,
  { name, rawName, value, inlineValue }: OptionToken,
): void {
  const isForgotten = value === undefined || (inlineValue !== true && value.startsWith('--'))
  const needsValue = (): string => {
    if (value === undefined || isForgotten) throw new UsageError(`${rawName} needs a value.`)
    return value
  }
  const field = fieldFor(command, name)
  if (field !== undefined) {
    takeField(line, field, name, field.secret || field.kind === 'switch' ? value : needsValue())
  } else if (name === 'help') line.wantsHelp = true
  else if (name === 'all') line.all = true
  else if (name === 'output') line.format = formatOf(needsValue())
  else if (name === 'pick') line.pick = needsValue()
  else if (name === 'sign-in-as') line.signInAs = needsValue()
  else if (name === 'json' && command.body === true) line.json = needsValue()
  else if (connectionFlags.get(name) === true) line.settings.push(`--${name}=${needsValue()}`)
  else if (connectionFlags.has(name))
    line.settings.push(value === undefined ? `--${name}` : `--${name}=${value}`)
  else throw new UsageError(unknown(words, command, rawName, name))
}

function takeField(line: Draft, field: Field, flag: string, value: string | undefined): void {
  const before = line.given.get(field) ?? []
  const isMany = field.kind === 'list' || field.kind === 'numbers'
  if (before.length > 0 && !isMany) throw new UsageError(`--${field.flag} is given twice.`)
  const isNo = field.kind === 'switch' && flag.startsWith('no-') && flag !== field.flag
  if (isNo && value !== undefined) throw new UsageError(`--${flag} takes no value.`)
  line.given.set(field, [...before, isNo ? 'false' : value])
}

/** By its flag, by the name that the API has for it, and a switch also with no- in front. */
const fieldFor = ({ fields }: ApiCommand, name: string): Field | undefined =>
  fields.find((field) => field.flag === name || field.name === name) ??
  fields.find(({ kind, flag }) => kind === 'switch' && `no-${flag}` === name)

function tokensOf(command: ApiCommand, args: readonly string[]) {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
  }
  for (const [flag, takes] of connectionFlags)
    options[flag] = { type: takes ? 'string' : 'boolean' }
  for (const flag of Object.keys(ownFlags))
    if (isOwnFlag(flag)) {
      const own = ownFlags[flag]
      const type = takesValue(flag) ? ('string' as const) : ('boolean' as const)
      options[flag] = { type, ...('short' in own ? { short: own.short } : {}) }
    }
  // A secret without a value is asked for; with one, `@FILE` follows behind a blank or an equals sign.
  for (const field of command.fields)
    for (const name of [field.flag, field.name])
      options[name] = {
        type: field.kind === 'switch' || isAsked(field, name, args) ? 'boolean' : 'string',
      }
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options,
  })
  return tokens
}

/** `--password` alone asks; `--password @file` and `--password @-` do not. */
function isAsked({ secret }: Field, name: string, args: readonly string[]): boolean {
  if (secret !== true) return false
  const next = args[args.indexOf(`--${name}`) + 1]
  return next === undefined || next.startsWith('-')
}

function unknown(words: string, command: ApiCommand, raw: string, name: string): string {
  const flags = command.fields.map(({ flag }) => flag)
  const near = nearest(name, [...flags, ...connectionFlags.keys(), ...Object.keys(ownFlags)])
  const listed = flags.map((flag) => `--${flag}`).join(', ')
  const takes = flags.length === 0 ? '.' : `; it takes ${listed}.`
  return `"keystead ${words}" does not know ${raw}${near ? `; did you mean --${near}?` : takes}`
}

function formatOf(text: string): Format {
  const format = FORMATS.find((known) => known === text)
  if (format === undefined)
    throw new UsageError(`--output must be one of ${FORMATS.join(', ')}, not "${text}".`)
  return format
}
