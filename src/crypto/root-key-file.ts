import { randomFillSync } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { codeOf } from './error-code.ts'
import { weaknessOfKey } from './root-key-weak.ts'
import { Secret } from './secret.ts'

/** A root key that is missing, unsafe to use, or not the one that is needed. The message is for the operator. */
export class RootKeyRefused extends Error {
  override readonly name = 'RootKeyRefused'
}

/*
 * A root key file is text: a header with the key, and once it is in use the installation that it belongs to.
 *
 *   keystead-root-key:v1:<64 hexadecimal digits>
 *   installation:<uuid>
 *
 * Hexadecimal, because that is read and written without the key ever being a JavaScript string, which cannot be wiped.
 */
const HEADER = Buffer.from('keystead-root-key:v1:')
const KEY_LENGTH = 32
const KEY_END = HEADER.length + 2 * KEY_LENGTH
const MAX_LENGTH = 256

export interface RootKeyFile {
  readonly key: Secret
  /** Absent while the key has opened no installation yet. */
  readonly installation: string | undefined
}

export function readRootKeyFile(path: string): RootKeyFile {
  const text = readPrivateFile(path, 'root key file', MAX_LENGTH)
  try {
    return parse(text, path)
  } finally {
    text.fill(0)
  }
}

/**
 * Makes a new root key in a new file of ours alone. What is there already is never overwritten. The file comes into
 * being whole: a crash leaves none, or the one beside it that the next attempt removes.
 */
export function createRootKeyFile(path: string): void {
  if (isThere(nextPath(path))) {
    const left = readIfWhole(nextPath(path))
    left?.key.wipe()
    if (left?.installation !== undefined) {
      throw new RootKeyRefused(
        `${nextPath(path)} belongs to installation ${left.installation}; move it away before a new root key is made.`,
      )
    }
    dropNextRootKeyFile(path)
  }
  const key = newKey()
  write(nextPath(path), key, undefined)
  key.wipe()
  // Looked for only now: whoever holds the file beside it is the only one to make this one.
  if (isThere(path)) {
    dropNextRootKeyFile(path)
    throw new RootKeyRefused(`The root key file ${path} exists already and is not overwritten.`)
  }
  promoteNextRootKeyFile(path)
}

function readIfWhole(path: string): RootKeyFile | undefined {
  try {
    return readRootKeyFile(path)
  } catch (refused) {
    if (refused instanceof RootKeyRefused) return undefined
    throw refused
  }
}

/*
 * A root key file is replaced in three steps, so that a crash at any instant leaves one that fits the database:
 * the new one is written beside it, the database takes the new key, the new one takes the old one's name.
 */
export const nextPath = (path: string): string => `${path}.next`

/** Writes the file that is to follow: a new key, or the same key with its installation. */
export function writeNextRootKeyFile(path: string, installation: string, key = newKey()): Secret {
  write(nextPath(path), key, installation)
  return key
}

export function promoteNextRootKeyFile(path: string): void {
  renameSync(nextPath(path), path)
  syncFolder(path)
}

export function dropNextRootKeyFile(path: string): void {
  if (!existsSync(nextPath(path))) return
  unlinkSync(nextPath(path))
  syncFolder(path)
}

function newKey(): Secret {
  const key = new Secret(new Uint8Array(KEY_LENGTH))
  randomFillSync(key.reveal())
  return key
}

/** Reads a small file that holds a secret, after making sure that nobody else can read or replace it. */
export function readPrivateFile(path: string, what: string, maxLength: number): Buffer {
  checkFolder(path, what)
  const descriptor = open(path, what)
  try {
    checkFile(descriptor, path, what)
    const text = Buffer.from(new ArrayBuffer(maxLength + 1))
    let length = 0
    while (length <= maxLength) {
      const more = readSync(descriptor, text, length, text.length - length, length)
      if (more === 0) break
      length += more
    }
    if (length === 0) throw new RootKeyRefused(`The ${what} ${path} is empty.`)
    if (length > maxLength) {
      text.fill(0)
      throw new RootKeyRefused(`The ${what} ${path} is longer than ${maxLength} bytes.`)
    }
    return text.subarray(0, length)
  } finally {
    closeSync(descriptor)
  }
}

function open(path: string, what: string): number {
  try {
    // Not blocking, since opening a named pipe would otherwise wait for a writer for ever.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    const reason = codeOf(cause)
    if (reason === 'ELOOP') {
      throw new RootKeyRefused(
        `The ${what} ${path} is a symbolic link; name the file that it points to.`,
      )
    }
    if (reason === 'ENOENT' || reason === 'ENOTDIR') {
      throw new RootKeyRefused(`The ${what} ${path} does not exist.`)
    }
    throw new RootKeyRefused(`The ${what} ${path} cannot be opened (${reason}).`, { cause })
  }
}

function checkFile(descriptor: number, path: string, what: string): void {
  const { mode, uid, nlink } = fstatSync(descriptor)
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) {
    throw new RootKeyRefused(`The ${what} ${path} is not a regular file.`)
  }
  const user = process.geteuid?.()
  // Windows has neither owners nor modes in this sense.
  if (user === undefined) return
  if (uid !== user) {
    throw new RootKeyRefused(
      `The ${what} ${path} belongs to user ${uid}, the server runs as user ${user}.`,
    )
  }
  const permissions = mode & 0o7777
  if (permissions !== 0o600 && permissions !== 0o400) {
    throw new RootKeyRefused(
      `The ${what} ${path} has mode ${permissions.toString(8).padStart(4, '0')}, so others may reach it; run: chmod 600 ${path}`,
    )
  }
  if (nlink !== 1) {
    throw new RootKeyRefused(`The ${what} ${path} has other names too (hard links); remove them.`)
  }
}

function checkFolder(path: string, what: string): void {
  const folder = dirname(path)
  let found: { mode: number; uid: number }
  try {
    found = statSync(folder)
  } catch {
    // Opening the file says what is wrong.
    return
  }
  const user = process.geteuid?.()
  if (user === undefined) return
  // A sticky bit would not help: a stranger could still put the file that is to follow there.
  if ((found.mode & 0o002) !== 0) {
    throw new RootKeyRefused(
      `Everybody may write to ${folder}, the folder of the ${what} ${basename(path)}; run: chmod o-w ${folder}`,
    )
  }
  if (found.uid !== user && found.uid !== 0) {
    throw new RootKeyRefused(
      `The folder ${folder} of the ${what} belongs to user ${found.uid}, who could replace it.`,
    )
  }
}

function parse(text: Buffer, path: string): RootKeyFile {
  const refused = (why: string) => new RootKeyRefused(`The root key file ${path} ${why}.`)
  if (!text.subarray(0, HEADER.length).equals(HEADER)) {
    throw refused('does not begin as one made by this program does')
  }
  const rest = text.subarray(KEY_END).toString('latin1')
  const installation = /^\n?$|^\ninstallation:([0-9a-f-]{36})\n$/.exec(rest)
  const key = readHex(text.subarray(HEADER.length, KEY_END))
  if (!key || !installation) {
    key?.wipe()
    throw refused(`does not hold a key of ${KEY_LENGTH} bytes, or was damaged`)
  }
  const weakness = weaknessOfKey(key.reveal())
  if (weakness) {
    key.wipe()
    throw refused(`holds a key that was not made at random: ${weakness}`)
  }
  return { key, installation: installation[1] }
}

function write(path: string, key: Secret, installation: string | undefined): void {
  checkFolder(path, 'root key file')
  const text = Buffer.from(new ArrayBuffer(MAX_LENGTH))
  text.set(HEADER)
  writeHex(key.reveal(), text.subarray(HEADER.length))
  const rest = installation === undefined ? '\n' : `\ninstallation:${installation}\n`
  const length = KEY_END + text.write(rest, KEY_END)
  const descriptor = create(path)
  try {
    if (writeSync(descriptor, text, 0, length) !== length) throw new Error('written in part only')
    fsyncSync(descriptor)
  } catch (cause) {
    unlinkSync(path)
    throw new RootKeyRefused(`The root key file ${path} could not be written.`, { cause })
  } finally {
    closeSync(descriptor)
    text.fill(0)
  }
  syncFolder(path)
}

function create(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  } catch (cause) {
    const reason = codeOf(cause)
    throw new RootKeyRefused(
      reason === 'EEXIST'
        ? `The root key file ${path} exists already and is not overwritten.`
        : `The root key file ${path} cannot be created (${reason}).`,
      { cause },
    )
  }
}

/** A new or renamed file survives a power cut only when its folder was written too (fsync(2)). */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(dirname(path), constants.O_RDONLY)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Whether something has this name, a dangling link included. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

const DIGITS = Buffer.from('0123456789abcdef')

function readHex(text: Uint8Array): Secret | undefined {
  const key = new Secret(new Uint8Array(KEY_LENGTH))
  const digit = (at: number) => DIGITS.indexOf(text[at] ?? 0)
  for (let i = 0; i < KEY_LENGTH; i++) {
    const high = digit(2 * i)
    const low = digit(2 * i + 1)
    if (high < 0 || low < 0) {
      key.wipe()
      return undefined
    }
    key.reveal()[i] = 16 * high + low
  }
  return key
}

function writeHex(key: Uint8Array, text: Uint8Array): void {
  for (const [i, byte] of key.entries()) {
    text[2 * i] = DIGITS[byte >> 4] ?? 0
    text[2 * i + 1] = DIGITS[byte & 15] ?? 0
  }
}
