import type { Callable, Client } from '../../client/client.ts'
import { connect, signedIn } from '../connect.ts'
import { EXIT, type ExitCode, UsageError } from '../failures.ts'
import { withProgress } from '../progress.ts'
import type { ClientSettings } from '../settings/index.ts'
import type { Terminal } from '../terminal.ts'
import { type CommandLine, parseCommandLine } from './arguments.ts'
import { show } from './shown.ts'
import type { ApiCommand } from './table.ts'
import { type Parts, partsOf } from './values.ts'

/** Runs the command of one endpoint to its end. Nothing is sent when anything given is wrong. */
export async function runApiCommand(
  words: string,
  command: ApiCommand,
  args: readonly string[],
  terminal: Terminal,
  clientSettings: (flags: readonly string[], username?: string) => ClientSettings,
): Promise<ExitCode> {
  const line = parseCommandLine(words, command, args)
  if (line.wantsHelp) {
    const { helpOfApiCommand } = await import('./help.ts')
    terminal.put(helpOfApiCommand(words, command))
    return EXIT.ok
  }
  const settings = clientSettings(line.settings, line.signInAs)
  const readsInput = [line.json, ...[...line.given.values()].flat()].filter((text) => text === '@-')
  if (readsInput.length + (settings.passwordFile === '-' ? 1 : 0) > 1)
    throw new UsageError('Standard input can be read for one thing only.')
  const parts = await partsOf(command, line, terminal)
  const work = (client: Client) =>
    withProgress(terminal, `keystead ${words}`, (say) =>
      answerOf(client, command, line, parts, say),
    )
  const answer =
    command.public === true
      ? await anonymously(settings, work)
      : await signedIn(settings, terminal, work)
  await show(command, line, answer, terminal)
  return EXIT.ok
}

async function anonymously<T>(
  settings: ClientSettings,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = connect(settings, undefined)
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

async function answerOf(
  client: Client,
  { method, path, public: isPublic, raw }: ApiCommand,
  { all }: CommandLine,
  parts: Parts,
  say: (words: string) => void,
): Promise<unknown> {
  const access = isPublic === true ? 'public' : 'self'
  const call: Callable = { method, path, access, ...(raw !== undefined && { raw }) }
  if (!all) return client.request(call, parts)
  const resources: unknown[] = []
  for await (const page of client.pages(call, parts)) {
    resources.push(...page.resources)
    say(`${resources.length} of ${page.total}`)
  }
  const skip = Number(parts.query['skip'] ?? 0)
  return { skip, limit: resources.length, total: skip + resources.length, resources }
}
