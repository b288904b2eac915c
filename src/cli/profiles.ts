import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment } from './settings/kinds.ts'

/** A server that was signed in to, with what the session goes on with. Never the password. */
export interface Profile {
  readonly url: string
  readonly username: string
  readonly domain?: string | undefined
  /** The certificates trusted, in PEM; without them the system's. */
  readonly ca?: string | undefined
  readonly insecure?: boolean | undefined
  readonly refreshToken: string
  readonly jwt: string
  /** When the token ends, and how many seconds it was given for. */
  readonly endsAt: string
  readonly seconds: number
}

export const DEFAULT_PROFILE = 'default'

/** The sentence says what is wrong with the file of profiles. */
export class ProfilesError extends Error {
  override readonly name = 'ProfilesError'
}

/** The profiles of one user, in a file that he alone may read. */
export class Profiles {
  /** Undefined when the environment names no home: then there are none. */
  readonly file: string | undefined

  constructor(env: Environment) {
    const { XDG_CONFIG_HOME, HOME, APPDATA } = env
    // XDG Base Directory Specification: a relative path is invalid and counts as not set.
    const given = XDG_CONFIG_HOME?.startsWith('/') ? XDG_CONFIG_HOME : undefined
    const base = given ?? (HOME ? join(HOME, '.config') : APPDATA || undefined)
    this.file = base === undefined ? undefined : join(base, 'keystead', 'profiles.json')
  }

  /** Those there are, by name. ProfilesError when others may read or change them, or they are damaged. */
  all(): ReadonlyMap<string, Profile> {
    const text = this.#read()
    if (text === undefined) return new Map()
    try {
      const { profiles } = JSON.parse(text) as { profiles: Record<string, Profile> }
      const entries = Object.entries(profiles)
      if (entries.every(([, profile]) => isProfile(profile))) return new Map(entries)
    } catch {
      // Said below, as for a file in another form.
    }
    throw new ProfilesError(
      `The file of profiles ${this.file} is damaged; remove it and log in again.`,
    )
  }

  get(name: string): Profile | undefined {
    return this.all().get(name)
  }

  /** The file, there or to be made. ProfilesError when the environment names no place for it. */
  place(): string {
    if (this.file !== undefined) return this.file
    throw new ProfilesError(
      'There is no place for profiles: neither XDG_CONFIG_HOME nor HOME is set.',
    )
  }

  /** Keeps a profile; undefined forgets it. */
  set(name: string, profile: Profile | undefined): void {
    const file = this.place()
    const all = new Map(this.all())
    if (profile === undefined) all.delete(name)
    else all.set(name, profile)
    const text = `${JSON.stringify({ profiles: Object.fromEntries(all) }, null, 2)}\n`
    // Written whole under another name first: two commands at once leave one of the two, and never half a file.
    const draft = `${file}.${process.pid}.${Date.now()}`
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
      renameSync(draft, file)
    } catch (error) {
      rmSync(draft, { force: true })
      throw new ProfilesError(`The file of profiles ${this.file} cannot be written.`, {
        cause: error,
      })
    }
  }

  #read(): string | undefined {
    if (this.file === undefined) return undefined
    try {
      const { mode, uid } = statSync(this.file)
      const me = process.getuid?.()
      if (me !== undefined && ((mode & 0o077) !== 0 || uid !== me))
        throw new ProfilesError(
          uid === me
            ? `Others may read the file of profiles ${this.file}, which holds tokens; run: chmod 600 ${this.file}`
            : `The file of profiles ${this.file} belongs to another user.`,
        )
      return readFileSync(this.file, 'utf8')
    } catch (error) {
      if (error instanceof ProfilesError) throw error
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw new ProfilesError(`The file of profiles ${this.file} cannot be read.`, { cause: error })
    }
  }
}

const isProfile = (value: unknown): value is Profile => {
  if (typeof value !== 'object' || value === null) return false
  const { url, username, refreshToken, jwt, endsAt, seconds } = value as Record<string, unknown>
  const texts = [url, username, refreshToken, jwt, endsAt]
  return texts.every((text) => typeof text === 'string') && typeof seconds === 'number'
}
