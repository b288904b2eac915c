import { isUtf8 } from 'node:buffer'
import { createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import { isAbsolute, resolve } from 'node:path'
import { type Kek, uuidOf } from './envelope.ts'
import { isThere, RootKeyRefused, readPrivateFile, readRootKeyFile } from './root-key-file.ts'
import { weaknessOfKey, weaknessOfPassphrase } from './root-key-weak.ts'
import { Secret } from './secret.ts'

export { createRootKeyFile, RootKeyRefused } from './root-key-file.ts'

/** Where the root key comes from: what the operator wrote, taken apart. */
export type RootKeySource =
  | { readonly scheme: 'file'; readonly path: string }
  | { readonly scheme: 'env'; readonly variable: string }
  | { readonly scheme: 'passphrase-file'; readonly path: string }

export interface RootKey extends Kek {
  /** The installation that the source remembers having opened; only root key files remember. */
  readonly installation: string | undefined
  /** What the passphrase was stretched with; kept with the installation, since it is needed again. */
  readonly salt: Buffer | undefined
}

/** The source as the operator would write it. */
export const nameOf = (source: RootKeySource): string =>
  `${source.scheme}:${source.scheme === 'env' ? source.variable : source.path}`

/** Reads `file:PATH`, `env:NAME` or `passphrase-file:PATH`; anything else is RootKeyRefused. */
export function parseRootKeySource(text: string): RootKeySource {
  const colon = text.indexOf(':')
  const scheme = text.slice(0, colon)
  const rest = text.slice(colon + 1)
  if (scheme === 'file' || scheme === 'passphrase-file') {
    if (rest === '' || rest.includes('\0')) throw new RootKeyRefused(`${scheme}: needs a path.`)
    return { scheme, path: isAbsolute(rest) ? rest : resolve(rest) }
  }
  if (scheme === 'env') {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(rest)) {
      throw new RootKeyRefused('env: needs the name of an environment variable.')
    }
    return { scheme, variable: rest }
  }
  // The text is not repeated: it may be a key that was pasted into the wrong place.
  throw new RootKeyRefused(
    'The root key must be given as file:PATH, env:NAME or passphrase-file:PATH.',
  )
}

/**
 * Whether this source could give a root key at all. A root key file may be missing before the first start; a file
 * that is there in any form counts as there, so that nothing is ever created beside an unsafe one.
 */
export const isMissing = (source: RootKeySource): boolean =>
  source.scheme === 'file' && !isThere(source.path)

/**
 * Reads the root key, or says in RootKeyRefused why it must not be used. A passphrase is stretched with the given
 * salt, without one with a new salt.
 */
export async function readRootKey(
  source: RootKeySource,
  salt?: Buffer,
  env: NodeJS.ProcessEnv = process.env,
): Promise<RootKey> {
  switch (source.scheme) {
    case 'file': {
      const { key, installation } = readRootKeyFile(source.path)
      return rootKeyOf(key, installation)
    }
    case 'env':
      return rootKeyOf(readVariable(source.variable, env))
    case 'passphrase-file':
      return stretch(source.path, salt ?? randomBytes(SALT_LENGTH))
  }
}

/** Takes the bytes over and wipes them: from here on the key lives in a KeyObject only. */
export function rootKeyOf(bytes: Secret, installation?: string, salt?: Buffer): RootKey {
  const key = createSecretKey(bytes.reveal())
  bytes.wipe()
  // A derived name: it tells two root keys apart and is of no help in guessing one.
  const id = uuidOf(new Uint8Array(hkdfSync('sha256', key, '', 'keystead root key id', 16)))
  return { id, key, installation, salt }
}

function readVariable(variable: string, env: NodeJS.ProcessEnv): Secret {
  const text = env[variable]?.trim()
  if (!text) throw new RootKeyRefused(`The environment variable ${variable} is not set.`)
  const bytes = /^[0-9a-fA-F]{64}$/.test(text)
    ? Buffer.from(text, 'hex')
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(text)
      ? Buffer.from(text, 'base64')
      : undefined
  if (bytes?.length !== 32) {
    throw new RootKeyRefused(
      `The environment variable ${variable} is not 32 bytes in base64 or hexadecimal.`,
    )
  }
  const weakness = weaknessOfKey(bytes)
  if (weakness) {
    throw new RootKeyRefused(
      `The key in the environment variable ${variable} was not made at random: ${weakness}.`,
    )
  }
  const key = new Secret(bytes)
  bytes.fill(0)
  return key
}

/** RFC 9106 section 4 recommends these 64 MiB and three passes where memory is constrained. */
const ARGON2 = { algorithm: 2, memoryCost: 65_536, timeCost: 3, parallelism: 1, outputLen: 32 }
const SALT_LENGTH = 16
const MAX_PASSPHRASE = 1024

async function stretch(path: string, salt: Buffer): Promise<RootKey> {
  const text = readPrivateFile(path, 'passphrase file', MAX_PASSPHRASE)
  try {
    // Editors end the last line; the line end is no part of the passphrase.
    const end = text.at(-1) === 0x0a ? (text.at(-2) === 0x0d ? -2 : -1) : text.length
    const passphrase = text.subarray(0, end)
    if (!isUtf8(passphrase)) {
      throw new RootKeyRefused(`The passphrase in ${path} is not UTF-8 text.`)
    }
    const weakness = weaknessOfPassphrase(passphrase)
    if (weakness) throw new RootKeyRefused(`The passphrase in ${path} is too weak: ${weakness}.`)
    // Loaded where it is needed: it takes 8 MB, and most root keys are files.
    const { hashRaw } = await import('@node-rs/argon2')
    const bytes = await hashRaw(passphrase, { ...ARGON2, salt })
    const key = new Secret(bytes)
    bytes.fill(0)
    return rootKeyOf(key, undefined, salt)
  } finally {
    text.fill(0)
  }
}
