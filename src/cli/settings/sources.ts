import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { nearest } from '../nearest.ts'
import {
  Complaint,
  type Environment,
  type NamedSetting,
  type Setting,
  settingNames,
} from './kinds.ts'

/** What keeps a command from starting, one sentence each. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

interface Source {
  readonly text: string
  /** The name under which it was given, for complaints. */
  readonly as: string
  /** Where relative paths start. */
  readonly folder: string
}

/** What was given, wherever that was, and what is wrong with it. */
export class Given {
  readonly problems: string[] = []
  readonly configFile: string | undefined
  readonly #all: readonly NamedSetting[]
  readonly #env: Environment
  readonly #flags: Readonly<Record<string, string>>
  readonly #file: ReadonlyMap<string, string>
  readonly #cwd: string

  constructor(
    argv: readonly string[],
    env: Environment,
    cwd: string,
    all: readonly NamedSetting[],
    reader: 'server' | 'client',
  ) {
    this.#all = all
    this.#env = env
    this.#cwd = cwd
    this.#flags = this.#readFlags(argv, reader)
    this.configFile = undefined
    const config = this.#source('config')
    this.configFile = config && resolve(config.folder, config.text)
    this.#file = this.configFile === undefined ? new Map() : this.#readFile(this.configFile)
  }

  /** A setting's text as given, undefined when it holds its default. */
  text(name: string): string | undefined {
    return this.#source(name)?.text
  }

  /** A setting's value; undefined when it holds its default, or when it is malformed: then that is among the problems. */
  value<T>(name: string, row: Setting<T>): T | undefined {
    const source = this.#source(name)
    if (source === undefined) return undefined
    try {
      return row.kind.parse(source.text, source.folder)
    } catch (error) {
      if (!(error instanceof Complaint)) throw error
      this.problems.push(`${source.as} ${error.message}.`)
      return undefined
    }
  }

  /** The variable that the root key setting names, if it does: it may begin with KEYSTEAD_ too. */
  variableOfRootKey(): string | undefined {
    return /^env:(.+)$/.exec(this.text('rootKey') ?? '')?.[1]
  }

  /** A misspelt setting must not be a setting silently left at its default. */
  unknownVariables(allowed: string | undefined): string[] {
    const known = this.#all.map(({ name }) => settingNames(name).env)
    return Object.keys(this.#env)
      .filter((name) => name.startsWith('KEYSTEAD_') && !name.startsWith('KEYSTEAD_TEST_'))
      .filter((name) => this.#env[name] !== undefined && name !== allowed && !known.includes(name))
      .sort()
      .map((name) => `${name} is not a setting; the nearest one is ${closest(name, known)}.`)
  }

  /** Flag before variable before file. An empty variable counts as not set. */
  #source(name: string): Source | undefined {
    const { flag, env, key } = settingNames(name)
    const ofFlag = this.#flags[flag]
    if (ofFlag !== undefined) return { text: ofFlag, as: `--${flag}`, folder: this.#cwd }
    const ofEnv = this.#env[env]
    if (ofEnv !== undefined && ofEnv !== '') return { text: ofEnv, as: env, folder: this.#cwd }
    const ofFile = this.#file?.get(key)
    if (ofFile === undefined || this.configFile === undefined) return undefined
    return { text: ofFile, as: `${key} in ${this.configFile}`, folder: dirname(this.configFile) }
  }

  #readFlags(argv: readonly string[], reader: 'server' | 'client'): Record<string, string> {
    const readable = this.#all.filter(
      ({ row, who }) => row.secret !== true && (who === reader || who === 'both'),
    )
    const kinds = new Map(
      readable.map(({ name, row }) => [settingNames(name).flag, row.kind.value === undefined]),
    )
    const { tokens } = parseArgs({
      args: [...argv],
      strict: false,
      tokens: true,
      options: Object.fromEntries(
        [...kinds].map(
          ([flag, isSwitch]) => [flag, { type: isSwitch ? 'boolean' : 'string' }] as const,
        ),
      ),
    })
    const flags: Record<string, string> = {}
    for (const token of tokens) {
      if (token.kind === 'positional') this.problems.push(`${token.value} was not expected here.`)
      if (token.kind !== 'option') continue
      const isSwitch = kinds.get(token.name)
      if (isSwitch === undefined)
        this.problems.push(
          `--${token.name} is not a setting; the nearest one is --${closest(token.name, [...kinds.keys()])}.`,
        )
      else if (isSwitch) flags[token.name] = token.value ?? '1'
      else if (token.value === undefined) this.problems.push(`--${token.name} needs a value.`)
      else flags[token.name] = token.value
    }
    return flags
  }

  #readFile(path: string): Map<string, string> {
    const values = new Map<string, string>()
    let content: string
    let mode: number
    try {
      content = readFileSync(path, 'utf8')
      mode = process.platform === 'win32' ? 0 : statSync(path).mode
    } catch (error) {
      this.problems.push(`The configuration file ${path} cannot be read: ${reason(error)}.`)
      return values
    }
    // Loaded where there is a file to read: most commands start without it.
    const { LineCounter, parseDocument } = createRequire(import.meta.url)(
      'yaml',
    ) as typeof import('yaml')
    const lines = new LineCounter()
    const document = parseDocument(content, { lineCounter: lines })
    const broken = document.errors[0]
    if (broken !== undefined) {
      const line = lines.linePos(broken.pos[0]).line
      this.problems.push(`The configuration file ${path} is not YAML: line ${line}.`)
      return values
    }
    const parsed: unknown = document.toJS() ?? {}
    if (typeof parsed !== 'object' || Array.isArray(parsed) || parsed === null) {
      this.problems.push(
        `The configuration file ${path} must hold lines of the form "name: value".`,
      )
      return values
    }
    const known = new Map(
      this.#all
        .filter(({ row }) => row.notInFile !== true)
        .map(({ name, row }) => [settingNames(name).key, row]),
    )
    let secret: string | undefined
    for (const [key, value] of Object.entries(parsed)) {
      const row = known.get(key)
      if (row === undefined) {
        this.problems.push(
          `${key} in ${path} is not a setting; the nearest one is ${closest(key, [...known.keys()])}.`,
        )
        continue
      }
      if (row.secret === true) secret ??= key
      const text = textOf(value)
      if (text === undefined) this.problems.push(`${key} in ${path} must be a single value.`)
      else if (text !== '') values.set(key, text)
    }
    if ((mode & 0o022) !== 0)
      this.problems.push(
        `Others may change the configuration file ${path}; run: chmod go-w ${path}`,
      )
    else if (secret !== undefined && (mode & 0o077) !== 0)
      this.problems.push(
        `Others may read the configuration file ${path}, which holds ${secret}; run: chmod 600 ${path}`,
      )
    return values
  }
}

export const gather = (
  argv: readonly string[],
  env: Environment,
  cwd: string,
  all: readonly NamedSetting[],
  reader: 'server' | 'client',
): Given => new Given(argv, env, cwd, all, reader)

/** A value of the file as it would stand in a variable. */
function textOf(value: unknown): string | undefined {
  if (value === null) return ''
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return value.join(',')
  return undefined
}

const closest = (name: string, known: readonly string[]): string =>
  nearest(name, known, Number.MAX_SAFE_INTEGER) ?? ''

/** The system's own words for a failed call, without its code and path. */
function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const words: Record<string, string> = {
    ENOENT: 'it does not exist',
    EACCES: 'permission is denied',
    EISDIR: 'it is a folder',
  }
  return words[code] ?? (error instanceof Error ? error.message : String(error))
}
