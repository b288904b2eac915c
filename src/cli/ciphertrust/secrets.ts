import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { secretFrom } from '../connect.ts'
import { UsageError } from '../failures.ts'
import type { Terminal } from '../terminal.ts'
import { type CommandLine, isSecret } from './arguments.ts'

/** The arguments with their secrets: from files, from standard input, or from whoever sits at the terminal. */
export async function readSecrets(
  { command, given, asked }: CommandLine,
  terminal: Terminal,
): Promise<Record<string, string>> {
  const read: Record<string, string> = { ...given }
  for (const argument of command.arguments.filter(isSecret)) {
    const { name, kind, required } = argument
    const source = given[name]
    if (source !== undefined) {
      if (source !== '')
        read[name] = await secret(source.slice(1), kind === 'secret-text', terminal)
      continue
    }
    const isWanted = asked.includes(name) || (required === true && terminal.isInteractive)
    if (!isWanted) continue
    if (!terminal.isInteractive)
      throw new UsageError(
        `${name} cannot be asked for without a terminal; write ${name}=@FILE or ${name}=@-.`,
      )
    read[name] = await terminal.askSecret(name)
  }
  return read
}

/** A password is the first line; a key is the whole file. */
async function secret(source: string, isWhole: boolean, terminal: Terminal): Promise<string> {
  if (!isWhole || source === '-') return secretFrom(source, terminal)
  try {
    return readFileSync(resolve(terminal.io.cwd, source), 'utf8')
  } catch {
    throw new UsageError(`The file ${source} cannot be read.`)
  }
}
