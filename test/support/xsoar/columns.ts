import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { isCommandFailure, runCommand } from '../../../integrations/xsoar/index.ts'
import { bundle } from '../../../integrations/xsoar/pack/bundle.ts'
import { runCli, type ServerCommands } from '../../../src/cli/main.ts'
import { nodeTransport } from '../../../src/client/index.ts'
import { startXsoar } from './host.ts'

/** An argument: a text, the text of a file, or a secret; each column hands it over in its own way. */
export type Given = string | { readonly file: string } | { readonly secret: string }

export interface Result {
  /** 0, or the exit code of the command line; the other columns have the same by the kind of the failure. */
  readonly exit: number
  readonly said: string
  readonly context: Readonly<Record<string, unknown>>
  readonly files: Readonly<Record<string, string>>
}

export interface Target {
  readonly url: string
  readonly ca: string
  readonly username: string
  readonly password: string
  readonly timeoutSeconds?: number
}

/** One way to give a command. */
export interface Column {
  run(command: string, args: Readonly<Record<string, Given>>): Promise<Result>
  stop(): void
}

const exits = { input: 2, unreachable: 3, refused: 4, failed: 1 } as const

const plain = (value: Given): string =>
  typeof value === 'string' ? value : 'file' in value ? value.file : value.secret

export function sdkColumn({ url, ca, username, password, timeoutSeconds = 30 }: Target): Column {
  const transport = nodeTransport({ url, ca, timeout: timeoutSeconds * 1000 })
  return {
    async run(command, args) {
      const files = Object.entries(args).filter(
        ([, value]) => typeof value === 'object' && 'file' in value,
      )
      const host = {
        readFile(path: string): string {
          const found = files.find(([name]) => `${name}.pem` === path)
          if (!found) throw new Error('must name a file that can be read')
          return plain(found[1])
        },
        now: () => Date.now(),
      }
      const given = Object.fromEntries(
        Object.entries(args).map(([name, value]) => [
          name,
          typeof value === 'object' && 'file' in value ? `${name}.pem` : plain(value),
        ]),
      )
      try {
        const outcome = await runCommand(transport, command, given, { username, password }, host)
        return {
          exit: 0,
          said: outcome.markdown,
          context: outcome.prefix === undefined ? {} : { [outcome.prefix]: outcome.context },
          files: Object.fromEntries(outcome.files.map(({ name, text }) => [name, text])),
        }
      } catch (error) {
        if (!isCommandFailure(error)) throw error
        return { exit: exits[error.kind], said: error.sentences.join('\n'), context: {}, files: {} }
      }
    },
    stop: () => transport.close(),
  }
}

const noServer = {} as ServerCommands

export function cliColumn({ url, ca, username, password, timeoutSeconds = 30 }: Target): Column {
  const folder = mkdtempSync(join(tmpdir(), 'keystead-ciphertrust-'))
  writeFileSync(join(folder, 'ca.pem'), ca)
  let count = 0
  return {
    async run(command, args) {
      const save = `out-${++count}`
      mkdirSync(join(folder, save))
      const words = Object.entries(args).map(([name, value]) => {
        if (typeof value === 'string') return `${name}=${value}`
        const file = `${name}-${count}`
        writeFileSync(join(folder, file), plain(value))
        return 'file' in value ? `${name}=${file}` : `${name}=@${file}`
      })
      let stdout = ''
      let stderr = ''
      const stdin = new PassThrough()
      stdin.end()
      const exit = await runCli(
        [command, ...words, '-o', 'context', '--save', save],
        {
          stdin,
          stdout: { write: (text: string) => (stdout += text) },
          stderr: { write: (text: string) => (stderr += text) },
          env: {
            KEYSTEAD_URL: url,
            KEYSTEAD_CA_FILE: join(folder, 'ca.pem'),
            KEYSTEAD_USERNAME: username,
            KEYSTEAD_PASSWORD: password,
            KEYSTEAD_TIMEOUT_SECONDS: String(timeoutSeconds),
          },
          cwd: folder,
          onStop: () => {},
        },
        noServer,
      )
      return {
        exit,
        said: stderr.replace(/^keystead: /gm, '').trimEnd(),
        context: exit === 0 && stdout !== '' ? (JSON.parse(stdout) as Record<string, unknown>) : {},
        files: Object.fromEntries(
          readdirSync(join(folder, save)).map((name) => [
            name,
            readFileSync(join(folder, save, name), 'utf8'),
          ]),
        ),
      }
    },
    stop: () => rmSync(folder, { recursive: true, force: true }),
  }
}

let script: Promise<string> | undefined
/** The integration as the pack carries it; made once for all tests of a file. */
export const compiled = (): Promise<string> => {
  script ??= bundle('test')
  return script
}

export async function xsoarColumn({
  url,
  ca,
  username,
  password,
  timeoutSeconds = 30,
}: Target): Promise<Column> {
  const xsoar = startXsoar(await compiled(), {
    params: { server_url: url, username, password, insecure: false, proxy: false },
    ca,
    timeoutMs: timeoutSeconds * 1000,
  })
  return {
    async run(command, args) {
      const given = Object.fromEntries(
        Object.entries(args).map(([name, value]) => [
          name,
          typeof value === 'object' && 'file' in value
            ? xsoar.addFile(`${name}.pem`, value.file)
            : plain(value),
        ]),
      )
      const { error, context, files, entries } = await xsoar.run(command, given)
      return {
        // XSOAR shows an error or none; the sentence is what tells them apart.
        exit: error === undefined ? 0 : 1,
        said: error ?? entries.map(({ HumanReadable = '' }) => HumanReadable).join(''),
        context,
        files: Object.fromEntries(files.map(({ name, text }) => [name, text])),
      }
    },
    stop: () => {},
  }
}
