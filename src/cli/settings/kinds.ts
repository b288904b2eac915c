import { isIP } from 'node:net'
import { resolve } from 'node:path'

/** How the text of a setting becomes its value. `parse` throws a Complaint that continues "KEYSTEAD_X …". */
export interface Kind<T> {
  /** For help: what to write, such as `HOST:PORT`. A switch takes no value. */
  readonly value: string | undefined
  /** What completes it in a shell. */
  readonly completes?: 'file' | 'folder' | readonly string[]
  parse(text: string, folder: string): T
}

/**
 * One row per setting. Its key gives all its names: `dataDir` is `--data-dir`, `KEYSTEAD_DATA_DIR`, and `data_dir` in
 * the configuration file. Flags, environment, file, help, documentation and completion all read these rows.
 */
export interface Setting<T = unknown> {
  readonly kind: Kind<T>
  readonly help: string
  /** What holds when nothing is given, as it would be written. */
  readonly default?: string
  /** A secret has no flag (other users see a command line), is never printed, and needs a private file. */
  readonly secret?: true
  /** The configuration file cannot name itself. */
  readonly notInFile?: true
}

export interface NamedSetting {
  /** The key of its row, in camelCase. */
  readonly name: string
  readonly row: Setting
  readonly who: 'server' | 'client' | 'both'
}

export type Environment = Readonly<Record<string, string | undefined>>

/** The spellings of one setting. */
export function settingNames(name: string): { flag: string; env: string; key: string } {
  const key = name.replace(/[A-Z]|(?<=[a-z])\d/g, (start) => `_${start.toLowerCase()}`)
  return { key, flag: key.replaceAll('_', '-'), env: `KEYSTEAD_${key.toUpperCase()}` }
}

/** The end of a sentence that begins with the name of a setting. */
export class Complaint extends Error {}

export interface Address {
  readonly host: string
  readonly port: number
}

/** Where the root key comes from. */
export type RootKeySetting =
  | { readonly scheme: 'file'; readonly path: string }
  | { readonly scheme: 'env'; readonly variable: string }
  | { readonly scheme: 'passphrase-file'; readonly path: string }

export const text: Kind<string> = {
  value: 'TEXT',
  parse: (given) => given,
}

/** A path is taken from the folder in which it was written: the shell's, or the configuration file's. */
export const file: Kind<string> = {
  value: 'FILE',
  completes: 'file',
  parse: (given, folder) => resolve(folder, given),
}

export const folder: Kind<string> = {
  value: 'FOLDER',
  completes: 'folder',
  parse: (given, base) => resolve(base, given),
}

export const onOff: Kind<boolean> = {
  value: undefined,
  parse(given) {
    if (given === '1' || given === 'true') return true
    if (given === '0' || given === 'false') return false
    throw new Complaint(`must be 1 or 0, not ${quoted(given)}`)
  },
}

export const wholeNumber = (least: number, most: number): Kind<number> => ({
  value: 'NUMBER',
  parse(given) {
    const number = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN
    if (number >= least && number <= most) return number
    throw new Complaint(`must be a whole number from ${least} to ${most}, not ${quoted(given)}`)
  },
})

export const oneOf = <T extends string>(...choices: readonly T[]): Kind<T> => ({
  value: choices.join('|'),
  completes: choices,
  parse(given) {
    const choice = choices.find((known) => known === given)
    if (choice !== undefined) return choice
    throw new Complaint(`must be one of ${choices.join(', ')}, not ${quoted(given)}`)
  },
})

export const address: Kind<Address> = {
  value: 'HOST:PORT',
  parse(given) {
    const parts = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(given)
    const host = parts?.[1] ?? parts?.[2]
    const port = Number(parts?.[3])
    if (host === undefined || port > 65_535 || (parts?.[1] !== undefined && isIP(host) !== 6))
      throw new Complaint(
        `must be HOST:PORT, such as 127.0.0.1:8443 or [::1]:8443, not ${quoted(given)}`,
      )
    return { host, port }
  },
}

/** An address, or the word that there is none. */
export const addressOrOff: Kind<Address | 'off'> = {
  value: 'HOST:PORT|off',
  parse: (given, base) => (given === 'off' ? given : address.parse(given, base)),
}

/** DNS names and IP addresses, separated by commas. */
export const names: Kind<readonly string[]> = {
  value: 'NAME,…',
  parse(given) {
    const list = given
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
    const bad = list.find((name) => isIP(name) === 0 && !isDnsName(name))
    if (bad !== undefined)
      throw new Complaint(`must list DNS names and IP addresses; ${quoted(bad)} is neither`)
    return list
  },
}

/** RFC 1123 section 2.1; the leftmost label may be a wildcard (RFC 6125 section 6.4.3). */
const isDnsName = (name: string): boolean =>
  name.length <= 253 &&
  /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(name)

/** A value that may hold a password is never repeated. */
export const postgresUrl: Kind<string> = {
  value: 'URL',
  parse(given) {
    const protocol = URL.canParse(given) ? new URL(given).protocol : ''
    if (protocol !== 'postgres:' && protocol !== 'postgresql:')
      throw new Complaint('must be a URL such as postgres://user:password@host:5432/database')
    return given
  },
}

export const httpsUrl: Kind<string> = {
  value: 'URL',
  parse(given) {
    const url = URL.canParse(given) ? new URL(given) : undefined
    if (url?.protocol === 'http:')
      throw new Complaint('must begin with https://, since passwords travel over it')
    if (url?.protocol !== 'https:')
      throw new Complaint('must be a URL such as https://keys.example.com:8443')
    if (url.username !== '' || url.password !== '')
      throw new Complaint('must not hold a user or password; they have settings of their own')
    if (url.search !== '' || url.hash !== '')
      throw new Complaint('must end with the host, its port, or a path')
    return url.href.replace(/\/+$/, '')
  },
}

/**
 * The base of addresses that stand in certificates. Plain HTTP only: whoever looks up a revocation over TLS would have to look
 * up another first (RFC 5280 section 8).
 */
export const httpUrl: Kind<string> = {
  value: 'URL',
  parse(given) {
    const url = URL.canParse(given) ? new URL(given) : undefined
    if (url?.protocol !== 'http:')
      throw new Complaint('must be a URL such as http://pki.example.com, without TLS')
    if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
      throw new Complaint('must end with the host, its port, or a path')
    if (url.href.length > 512) throw new Complaint('must have at most 512 characters')
    return url.href.replace(/\/+$/, '')
  },
}

export const rootKeySource: Kind<RootKeySetting> = {
  value: 'file:PATH|env:NAME|passphrase-file:PATH',
  parse(given, base) {
    const parts = /^(file|env|passphrase-file):(.+)$/s.exec(given)
    const scheme = parts?.[1]
    const rest = parts?.[2] ?? ''
    if (scheme === 'file' || scheme === 'passphrase-file')
      return { scheme, path: resolve(base, rest) }
    if (scheme === 'env' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(rest)) return { scheme, variable: rest }
    // Not repeated: it may be a key that was pasted into the wrong place.
    throw new Complaint('must be file:PATH, env:NAME or passphrase-file:PATH')
  },
}

const quoted = (given: string): string =>
  JSON.stringify(given.length > 100 ? `${given.slice(0, 100)}…` : given)

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === '::1'
}

/** Host and port as they stand in a URL. */
export const hostAndPort = ({ host, port }: Address): string =>
  isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
