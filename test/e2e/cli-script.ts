import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { runCli, type ServerCommands } from '../../src/cli/main.ts'

/**
 * Scripts that drive the command line, in a form anyone can read:
 *
 *     # a sentence about what follows: the name of the test
 *     $ NAME=value keystead command --flag     a command; `> file` at its end keeps what it prints
 *     $ at a terminal: keystead command        the same with a keyboard
 *     $ cat > file, $ cat file, $ mode file    files of the script's own folder
 *     < a line of standard input, or typed
 *     a line of standard output; * stands for anything, {url} and the like for what the test knows
 *     ! a line of standard error
 *     [exit 4]                                 0 when not said
 */
export interface Scene {
  readonly title: string
  readonly commands: readonly Command[]
}

export interface Command {
  readonly line: number
  readonly text: string
  readonly input: readonly string[]
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  readonly exit: number
}

export interface Stage {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly known: Readonly<Record<string, string>>
  readonly server: ServerCommands
}

export interface Outcome {
  readonly stdout: string[]
  readonly stderr: string[]
  readonly exit: number
}

export function readScript(file: string): Scene[] {
  const scenes: { title: string; commands: Command[] }[] = []
  let current:
    | { -readonly [K in keyof Command]: Command[K] extends number | string ? Command[K] : string[] }
    | undefined
  let wasBlank = true
  readFileSync(file, 'utf8')
    .split('\n')
    .forEach((text, i) => {
      if (text.startsWith('# ') && wasBlank) scenes.push({ title: text.slice(2), commands: [] })
      else if (text.startsWith('$ ')) {
        current = { line: i + 1, text: text.slice(2), input: [], stdout: [], stderr: [], exit: 0 }
        scenes.at(-1)?.commands.push(current)
      } else if (text.startsWith('< ')) current?.input.push(text.slice(2))
      else if (text.startsWith('! ')) current?.stderr.push(text.slice(2))
      else if (text.startsWith('[exit ') && current) current.exit = Number(text.slice(6, -1))
      else current?.stdout.push(text)
      wasBlank = text === ''
    })
  // Blank lines between commands are the script's, not the command's.
  for (const { commands } of scenes)
    for (const { stdout } of commands) while (stdout.at(-1) === '') (stdout as string[]).pop()
  return scenes
}

export async function play(command: Command, stage: Stage): Promise<Outcome> {
  const { folder, known } = stage
  const input = command.input.map((line) => filled(line, known))
  const redirected = / > (\S+)$/.exec(command.text)
  const text = filled(redirected ? command.text.slice(0, redirected.index) : command.text, known)
  const atTerminal = text.startsWith('at a terminal: ')
  const words = text.replace('at a terminal: ', '').split(' ')
  const outcome = await run(words, input, atTerminal, stage)
  if (redirected === null) return outcome
  const file = join(folder, redirected[1] ?? '')
  writeFileSync(file, outcome.stdout.map((line) => `${line}\n`).join(''))
  chmodSync(file, 0o600)
  return { ...outcome, stdout: [] }
}

async function run(
  words: string[],
  input: readonly string[],
  atTerminal: boolean,
  { folder, env, server }: Stage,
): Promise<Outcome> {
  const own: Record<string, string> = { ...env }
  while (/^\w+=/.test(words[0] ?? '')) {
    const [name = '', ...value] = (words.shift() ?? '').split('=')
    own[name] = value.join('=')
  }
  const [program, ...args] = words
  const file = join(folder, args[0] ?? '')
  if (program === 'cat')
    return {
      stdout: args.length > 0 ? lines(readFileSync(file, 'utf8')) : [...input],
      stderr: [],
      exit: 0,
    }
  if (program === 'mode')
    return { stdout: [(statSync(file).mode & 0o777).toString(8)], stderr: [], exit: 0 }
  if (program !== 'keystead') throw new Error(`scripts have no program ${program}`)
  let stdout = ''
  let stderr = ''
  const exit = await runCli(
    args,
    {
      stdin: atTerminal ? keyboard(input) : Readable.from(input.map((line) => `${line}\n`)),
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
      env: own,
      cwd: folder,
      onStop: () => {},
    },
    server,
  )
  return { stdout: lines(stdout), stderr: lines(stderr), exit }
}

function keyboard(input: readonly string[]) {
  const keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} })
  for (const line of input) keys.write(`${line}\r`)
  return keys
}

const lines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/** Whether a line is what the script says, `*` standing for anything. */
export function fits(expected: string, line: string, known: Stage['known']): boolean {
  const pattern = filled(expected, known)
    .split('*')
    .map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'))
    .join('.*')
  return new RegExp(`^${pattern}$`).test(line)
}

const filled = (text: string, known: Stage['known']): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole)
