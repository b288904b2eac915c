import { parse } from './arguments.ts'
import type { Run, Runner } from './commands/run.ts'
import type { CommandName, Shell } from './commands.ts'
import { SHELLS } from './commands.ts'
import { usernameOf } from './connect.ts'
import { EXIT, type ExitCode, explain, UsageError } from './failures.ts'
import type { ServerCommands } from './server-commands.ts'
import {
  type ClientSettings,
  readClientSettings,
  readServerSettings,
  serverFlags,
} from './settings/index.ts'
import { type Io, Terminal } from './terminal.ts'
import { packageVersion } from './version.ts'

export type { ServerCommands } from './server-commands.ts'
export type { Io } from './terminal.ts'

/** Commands are loaded when they are called for, so that help and completion answer at once. */
const runners: Record<CommandName, () => Promise<Runner>> = {
  serve: async () => (await import('./commands/serve.ts')).serve,
  init: async () => (await import('./commands/serve.ts')).init,
  bootstrap: async () => (await import('./commands/bootstrap.ts')).bootstrap,
  passwd: async () => (await import('./commands/passwd.ts')).passwd,
  'root-key rotate': async () => (await import('./commands/root-key.ts')).rotateRootKey,
  'audit verify': async () => (await import('./commands/audit.ts')).verifyAudit,
  'audit head': async () => (await import('./commands/audit.ts')).exportAuditHead,
  status: async () => (await import('./commands/status.ts')).status,
  'ca expiring': async () => (await import('./commands/ca.ts')).expiring,
  login: async () => (await import('./commands/login.ts')).login,
  logout: async () => (await import('./commands/login.ts')).logout,
  profiles: async () => (await import('./commands/login.ts')).listProfiles,
  commands: async () => (await import('./commands/list.ts')).listCommands,
  completion: async () => completion,
}

/** Runs one command line to its end and says how it went. Never throws: whatever fails becomes a sentence and a code. */
export async function runCli(
  argv: readonly string[],
  io: Io,
  server: ServerCommands,
): Promise<ExitCode> {
  const terminal = new Terminal(io)
  let target: ClientSettings | undefined
  try {
    const [first, second] = argv
    // Their table is loaded for them alone, so that the other commands start without it.
    if (/^(ciphertrust-|test-module$)/.test((first === 'help' ? second : first) ?? '')) {
      const { runCiphertrust } = await import('./ciphertrust/run.ts')
      const words = first === 'help' ? [...argv.slice(1), '--help'] : argv
      return await runCiphertrust(words, terminal, (flags) => {
        target = readClientSettings(flags, io.env, io.cwd)
        return target
      })
    }
    const request = parse(argv)
    if (request.wants === 'version') {
      terminal.say(`keystead ${packageVersion()}`)
      return EXIT.ok
    }
    if (request.wants === 'help') {
      const { helpOf, overview } = await import('./help.ts')
      terminal.put(
        request.command === undefined ? overview(request.group) : helpOf(request.command),
      )
      return EXIT.ok
    }
    if (request.wants === 'api') {
      const { runApiCommand } = await import('./api/run.ts')
      const { words, command, args } = request
      return await runApiCommand(words, command, args, terminal, (flags, signInAs) => {
        const more = signInAs === undefined ? flags : [...flags, `--username=${signInAs}`]
        target = readClientSettings(more, io.env, io.cwd)
        return target
      })
    }
    const { invocation } = request
    const run: Run = {
      invocation,
      terminal,
      server,
      serverSettings: () => readServerSettings(serverFlags(invocation.settings), io.env, io.cwd),
      clientSettings: (purpose) => {
        target = readClientSettings(invocation.settings, io.env, io.cwd, purpose)
        return target
      },
    }
    return await (await runners[invocation.command]())(run)
  } catch (error) {
    const { code, lines } = explain(
      error,
      target && {
        url: target.url,
        username: usernameOf(target),
        caOfProfile: target.ca !== undefined && target.caFile === undefined,
      },
    )
    for (const line of lines) terminal.complain(line)
    return code
  }
}

const completion: Runner = async ({ terminal, invocation }) => {
  const shell = SHELLS.find((known): known is Shell => known === invocation.argument)
  if (shell === undefined) throw new UsageError(`There are completions for ${SHELLS.join(', ')}.`)
  const { completionScript } = await import('./completion.ts')
  terminal.put(completionScript(shell))
  return EXIT.ok
}
