import {
  type Host,
  isCommandFailure,
  type Outcome,
  valuesOf,
} from '../../../integrations/xsoar/commands/index.ts'
import { runCommand } from '../../../integrations/xsoar/run.ts'
import { passwordOf, transportFor, usernameOf } from '../connect.ts'
import { EXIT, type ExitCode, UsageError } from '../failures.ts'
import type { ClientSettings } from '../settings/index.ts'
import type { Terminal } from '../terminal.ts'
import { type CommandLine, parseCommandLine } from './arguments.ts'
import { checkFolder, readInput, writeFiles } from './files.ts'
import { helpOfCommand } from './help.ts'
import { readSecrets } from './secrets.ts'
import { shown } from './shown.ts'

/** Runs one of the `ciphertrust-*` commands to its end. Nothing is sent when anything given is wrong. */
export async function runCiphertrust(
  argv: readonly string[],
  terminal: Terminal,
  clientSettings: (flags: readonly string[]) => ClientSettings,
): Promise<ExitCode> {
  const line = parseCommandLine(argv)
  if (line.wantsHelp) {
    terminal.put(helpOfCommand(line.command))
    return EXIT.ok
  }
  try {
    return await run(line, terminal, clientSettings)
  } catch (error) {
    if (!isCommandFailure(error)) throw error
    for (const sentence of error.sentences) terminal.complain(sentence)
    return exits[error.kind]
  }
}

const exits = {
  input: EXIT.usage,
  unreachable: EXIT.unreachable,
  refused: EXIT.refused,
  failed: EXIT.failed,
} as const

async function run(
  line: CommandLine,
  terminal: Terminal,
  clientSettings: (flags: readonly string[]) => ClientSettings,
): Promise<ExitCode> {
  const { command } = line
  const read = clientSettings(line.settings)
  const settings = line.signInAs === undefined ? read : { ...read, username: line.signInAs }
  // Made for files alone, the answer would be lost otherwise, a private key among it.
  if (command.answer === 'files' && line.save === undefined)
    throw new UsageError(
      `"${command.name}" hands out a private key: say with --save FOLDER where to write it.`,
    )
  if (line.save !== undefined) checkFolder(line, terminal)
  const given = await readSecrets(line, terminal)
  const host: Host = {
    readFile: (path) => readInput(path, terminal),
    now: () => Date.now(),
  }
  // What is wrong is said before anybody is asked for a password.
  valuesOf(command, given, host)
  const username = usernameOf(settings)
  const password = await passwordOf(settings, terminal, `Password of ${username}`)
  const transport = transportFor(settings)
  let outcome: Outcome
  try {
    outcome = await runCommand(
      transport,
      command.name,
      given,
      { username, password, domain: settings.domain },
      host,
    )
  } finally {
    transport.close()
  }
  const written =
    line.save === undefined ? [] : writeFiles(outcome.files, line.save, line, terminal)
  await shown(outcome, line.format, terminal)
  for (const file of written) terminal.complain(`wrote ${file}`)
  return EXIT.ok
}
