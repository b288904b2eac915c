import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import type { OutputFile } from '../../../integrations/xsoar/commands/index.ts'
import { Failed, UsageError } from '../failures.ts'
import type { Terminal } from '../terminal.ts'
import type { CommandLine } from './arguments.ts'

const MOST_BYTES = 1024 * 1024

/** The text of a file that an argument names. The Error's message continues the argument's name. */
export function readInput(path: string, terminal: Terminal): string {
  const file = resolve(terminal.io.cwd, path)
  let size: number
  try {
    const found = statSync(file)
    if (!found.isFile()) throw new Error('no file')
    size = found.size
  } catch {
    throw new Error(
      `must name a file that can be read; ${JSON.stringify(path.slice(0, 200))} cannot`,
    )
  }
  if (size > MOST_BYTES) throw new Error('names a file of more than 1 MiB')
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new Error(
      `must name a file that can be read; ${JSON.stringify(path.slice(0, 200))} cannot`,
    )
  }
}

/** Before anything is sent: what the command makes must not be lost for want of a place. */
export function checkFolder({ command, save = '', force }: CommandLine, terminal: Terminal): void {
  if (command.files === undefined) return
  const folder = resolve(terminal.io.cwd, save)
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new UsageError(`--save ${save} is no folder.`)
  const taken = (command.files ?? [])
    .map(({ name }) => name)
    .filter((name) => existsSync(join(folder, name)))
  if (taken.length > 0 && !force)
    throw new UsageError(
      `${join(save, taken[0] ?? '')} is there already; --force overwrites it, --save can name another folder.`,
    )
  try {
    mkdirSync(folder, { recursive: true })
  } catch {
    throw new UsageError(`The folder ${save} cannot be made.`)
  }
}

/** Writes the files and says their paths. A private key is its owner's alone to read. */
export function writeFiles(
  files: readonly OutputFile[],
  save: string,
  { force }: CommandLine,
  terminal: Terminal,
): string[] {
  const folder = resolve(terminal.io.cwd, save)
  return files.map(({ name, text, secret }) => {
    try {
      // `wx` fails on what appeared meanwhile, a link among it.
      const file = openSync(join(folder, name), force ? 'w' : 'wx', secret ? 0o600 : 0o644)
      try {
        writeSync(file, text)
      } finally {
        closeSync(file)
      }
    } catch {
      throw new Failed(`${join(save, name)} cannot be written.`)
    }
    return join(save, name)
  })
}
