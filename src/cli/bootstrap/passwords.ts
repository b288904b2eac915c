import { randomInt } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { Failed, UsageError } from '../failures.ts'
import type { Environment } from '../settings/index.ts'
import type { UserWish } from './document.ts'

export interface PasswordRules {
  readonly inclusive_min_total_length: number
  readonly inclusive_max_total_length: number
  readonly inclusive_min_upper_case: number
  readonly inclusive_min_lower_case: number
  readonly inclusive_min_digits: number
  readonly inclusive_min_other: number
}

/** Characters that are hard to take for one another. The special ones need no quoting in a shell or in YAML. */
const UPPER = 'ABCDEFGHJKLMNPQRSTUVWXYZ'
const LOWER = 'abcdefghijkmnopqrstuvwxyz'
const DIGITS = '23456789'
const OTHER = '-_.+='
const USUAL_LENGTH = 24

/** A random password that keeps the rules; Failed when none can. 24 characters hold more than 128 bits. */
export function makePassword(rules: PasswordRules): string {
  const needed = [
    [UPPER, Math.max(1, rules.inclusive_min_upper_case)],
    [LOWER, Math.max(1, rules.inclusive_min_lower_case)],
    [DIGITS, Math.max(1, rules.inclusive_min_digits)],
    [OTHER, Math.max(1, rules.inclusive_min_other)],
  ] as const
  const characters = needed.flatMap(([from, count]) =>
    Array.from({ length: count }, () => oneOf(from)),
  )
  // 0 sets no limit of the policy's own.
  const most = rules.inclusive_max_total_length || 256
  const length = Math.min(
    most,
    Math.max(USUAL_LENGTH, characters.length, rules.inclusive_min_total_length),
  )
  if (characters.length > length)
    throw new Failed('The password policy asks for more characters than it allows.')
  while (characters.length < length) characters.push(oneOf(UPPER + LOWER + DIGITS))
  // Fisher and Yates, so that no class has a place of its own.
  for (let i = characters.length - 1; i > 0; i--) {
    const j = randomInt(i + 1)
    ;[characters[i], characters[j]] = [characters[j] ?? '', characters[i] ?? '']
  }
  return characters.join('')
}

const oneOf = (from: string): string => from[randomInt(from.length)] ?? ''

/** The password that a wish names; undefined when one is to be made. */
export function givenPassword(user: UserWish, env: Environment): string | undefined {
  const who = JSON.stringify(user.username)
  if (user.password_env !== undefined) {
    const password = env[user.password_env]
    if (!password) throw new UsageError(`${user.password_env}, the password of ${who}, is not set.`)
    return password
  }
  if (user.password_file === undefined) return undefined
  let password: string | undefined
  try {
    password = readFileSync(user.password_file, 'utf8').split(/\r?\n/, 1)[0]
  } catch {
    throw new UsageError(`${user.password_file}, the password of ${who}, cannot be read.`)
  }
  if (!password) throw new UsageError(`${user.password_file}, the password of ${who}, is empty.`)
  return password
}

/** A new file, its owner's alone, for passwords that were made. Each is on disk before it is used. */
export class PasswordsFile {
  readonly #path: string
  #handle: number | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Makes the file; a file that is there already is never written over. */
  open(): void {
    try {
      this.#handle = openSync(this.#path, 'wx', 0o600)
    } catch (error) {
      const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
      throw new UsageError(
        exists
          ? `${this.#path} exists already; name a new file for the passwords.`
          : `The file ${this.#path} for the passwords cannot be made.`,
      )
    }
  }

  add(username: string, password: string): void {
    if (this.#handle === undefined) this.open()
    const handle = this.#handle as number
    writeSync(handle, `${JSON.stringify(username)}: ${JSON.stringify(password)}\n`)
    fsyncSync(handle)
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle)
    this.#handle = undefined
  }
}
