import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../failures.ts'
import type { Terminal } from '../terminal.ts'
import type { CommandLine } from './arguments.ts'
import type { ApiCommand, Field } from './table.ts'

const MOST_BYTES = 16 * 1024 * 1024

export interface Parts {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
}

/** The request that a command line describes, with its files read and its secrets asked for. Nothing is sent when anything is wrong. */
export async function partsOf(
  command: ApiCommand,
  line: CommandLine,
  terminal: Terminal,
): Promise<Parts> {
  const query: Record<string, string> = {}
  const fields: Record<string, unknown> = {}
  let raw: unknown
  const whole = line.json === undefined ? undefined : await jsonOf(line.json, '--json', terminal)
  if (whole !== undefined && line.given.size > 0 && !isObject(whole) && setsBody(line))
    throw new UsageError('--json must hold an object when flags set fields of it.')
  refuseSecretsIn(whole, command, line)
  const missing: Field[] = []
  for (const field of command.fields) {
    const given = line.given.get(field) ?? (isAskedFor(field, whole, terminal) ? [undefined] : [])
    if (given.length === 0) {
      const isThere = field.in === 'body' && isObject(whole) && Object.hasOwn(whole, field.name)
      const isElsewhere = field.in === 'body' && whole !== undefined && !isObject(whole)
      if (field.required && !isThere && !isElsewhere) missing.push(field)
      continue
    }
    const value = await (field.in === 'raw'
      ? rawValue(given[0] ?? '', field, terminal)
      : fieldValue(field, given, terminal))
    if (field.in === 'raw') raw = value
    else if (field.in === 'query')
      query[field.name] = Array.isArray(value) ? value.join(',') : String(value)
    else fields[field.name] = value
  }
  if (missing.length > 0)
    throw new UsageError(
      missing.length === 1
        ? `${missing.map(named)} is missing.`
        : `${missing.map(named).join(', ')} are missing.`,
    )
  return { params: line.params, query, body: raw ?? bodyOf(command, whole, fields) }
}

/** JSON that stands on the command line itself is seen by others, as any word there. */
function refuseSecretsIn(whole: unknown, { fields }: ApiCommand, { json }: CommandLine): void {
  if (json === undefined || json.startsWith('@') || !isObject(whole)) return
  const secret = fields.find(
    ({ name, secret }) => secret === true && typeof whole[name] === 'string' && whole[name] !== '',
  )
  if (secret !== undefined)
    throw new UsageError(
      `${secret.name} is not taken from the command line, where others could read it; write --json @FILE, or --json @- for standard input.`,
    )
}

const named = ({ flag, help }: Field): string =>
  `--${flag}${help === undefined ? '' : ` (${help.replace(/[.]$/, '')})`}`

const setsBody = ({ given }: CommandLine): boolean =>
  [...given.keys()].some((field) => field.in === 'body')

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A body without a field is left out where the call has nothing that it needs. */
function bodyOf(command: ApiCommand, whole: unknown, fields: Record<string, unknown>): unknown {
  if (command.body !== true) return undefined
  if (whole !== undefined && !isObject(whole)) return whole
  const body = { ...whole, ...fields }
  return Object.keys(body).length === 0 && command.method === 'DELETE' ? undefined : body
}

/** A secret that the command cannot do without, at a terminal. */
const isAskedFor = (field: Field, whole: unknown, terminal: Terminal): boolean =>
  field.secret === true && field.required === true && whole === undefined && terminal.isInteractive

async function fieldValue(
  field: Field,
  given: readonly (string | undefined)[],
  terminal: Terminal,
): Promise<unknown> {
  const { kind, flag } = field
  const texts: string[] = []
  for (const value of given) texts.push(await textOf(field, value, terminal))
  const [text = ''] = texts
  switch (kind) {
    case 'text':
      return oneOf(field, text)
    case 'number':
      return numberOf(flag, text)
    case 'switch': {
      if (/^(true|1|yes)$/i.test(text)) return true
      if (/^(false|0|no)$/i.test(text)) return false
      throw new UsageError(`--${flag} must be true or false, not ${quoted(text)}.`)
    }
    case 'list':
      return texts.flatMap(parts)
    case 'numbers':
      return texts.flatMap(parts).map((part) => numberOf(flag, part))
    case 'json':
      return parsed(text, `--${flag}`)
  }
}

/** What is written behind a flag: itself, or with @ in front the file of that name; @@ stands for one @. */
async function textOf(
  field: Field,
  given: string | undefined,
  terminal: Terminal,
): Promise<string> {
  const { flag, kind, secret } = field
  if (given === undefined) {
    if (kind === 'switch') return 'true'
    if (!terminal.isInteractive)
      throw new UsageError(
        `--${flag} cannot be asked for without a terminal; write --${flag} @FILE, or --${flag} @- for standard input.`,
      )
    return terminal.askSecret(flag)
  }
  if (given === '@-') {
    const text = secret === true ? await terminal.line() : await terminal.rest()
    if (text === undefined) throw new UsageError(`Standard input holds nothing for --${flag}.`)
    return text
  }
  if (given.startsWith('@@')) return given.slice(1)
  if (given.startsWith('@')) return secretOrFile(field, fileText(given.slice(1), flag, terminal))
  if (secret === true && given !== '')
    throw new UsageError(
      `--${flag} is not taken from the command line, where others could read it; write --${flag} @FILE, --${flag} @- for standard input, or --${flag} alone to be asked.`,
    )
  return given
}

/** Bytes stay bytes: of a file as they are, and what was typed as UTF-8. */
async function rawValue(
  given: string,
  field: Field,
  terminal: Terminal,
): Promise<Uint8Array | string> {
  if (!given.startsWith('@') || given === '@-' || given.startsWith('@@'))
    return textOf(field, given, terminal)
  return fileBytes(given.slice(1), field.flag, terminal)
}

/** A password in a file ends with its line; a key in PEM has several and is taken whole. */
const secretOrFile = ({ secret }: Field, text: string): string =>
  secret === true && !text.trimEnd().includes('\n') ? text.replace(/\r?\n$/, '') : text

const fileText = (path: string, flag: string, terminal: Terminal): string =>
  fileBytes(path, flag, terminal).toString('utf8')

function fileBytes(path: string, flag: string, terminal: Terminal): Buffer {
  const file = resolve(terminal.io.cwd, path)
  try {
    if (statSync(file).size > MOST_BYTES)
      throw new UsageError(`--${flag} names a file of more than 16 MiB.`)
    return readFileSync(file)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`--${flag} names the file ${path}, which cannot be read.`)
  }
}

async function jsonOf(given: string, flag: string, terminal: Terminal): Promise<unknown> {
  const text =
    given === '@-'
      ? ((await terminal.rest()) ?? '')
      : given.startsWith('@')
        ? fileText(given.slice(1), 'json', terminal)
        : given
  return parsed(text, flag)
}

function parsed(text: string, flag: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`${flag} must be JSON, such as '{"name": "value"}', or @FILE with it.`)
  }
}

function oneOf({ choices, flag }: Field, text: string): string {
  if (choices !== undefined && !choices.includes(text))
    throw new UsageError(`--${flag} must be one of ${choices.join(', ')}, not ${quoted(text)}.`)
  return text
}

function numberOf(flag: string, text: string): number {
  const number = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(number))
    throw new UsageError(`--${flag} must be a whole number, not ${quoted(text)}.`)
  return number
}

/** Commas separate; a backslash takes one for itself, as in a distinguished name. */
const parts = (text: string): string[] =>
  (text.match(/(?:\\.|[^,\\])+/gs) ?? []).map((part) => part.replace(/\\([,\\])/g, '$1').trim())

const quoted = (text: string): string => JSON.stringify(text.slice(0, 80))
