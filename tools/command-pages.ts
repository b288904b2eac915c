import { X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentHelp } from '../integrations/xsoar/commands/help.ts'
import { type Command, commands, type Outcome, runCommand } from '../integrations/xsoar/index.ts'
import { notSent } from '../integrations/xsoar/not-sent.ts'
import { shown } from '../src/cli/ciphertrust/shown.ts'
import { Terminal } from '../src/cli/terminal.ts'
import { nodeTransport } from '../src/client/index.ts'
import { foreignRoot } from '../test/support/certificates.ts'
import { ADMIN_PASSWORD, startTestServer } from '../test/support/server.ts'
import type { Given } from '../test/support/xsoar/columns.ts'
import { scenario } from '../test/support/xsoar/scenario.ts'

/**
 * Writes docs/commands: a page per command with an example from a run against a server that this starts. What differs
 * from run to run, such as ids and times, is written the same each time. With --check it compares instead.
 */
const root = fileURLToPath(new URL('../', import.meta.url))

interface Example {
  readonly line: string
  readonly table: string
  readonly context: string
  readonly files: readonly string[]
}

async function examples(): Promise<Map<string, Example>> {
  const server = await startTestServer()
  const transport = nodeTransport({ url: server.url, ca: server.ca })
  const steady = steadily()
  const kept: Record<string, string> = {}
  const made = new Map<string, Example>()
  try {
    for (const { command, args, keep } of scenario) {
      const given = args(kept)
      const texts = Object.fromEntries(
        Object.entries(given).map(([name, value]) => [name, textOf(value)]),
      )
      const outcome = await runCommand(
        transport,
        command,
        texts,
        { username: 'admin', password: ADMIN_PASSWORD },
        host,
      )
      const files = Object.fromEntries(outcome.files.map(({ name, text }) => [name, text]))
      keep?.(
        { exit: 0, said: '', context: { [outcome.prefix ?? '']: outcome.context }, files },
        kept,
      )
      const same = JSON.parse(steady(JSON.stringify(outcome))) as Outcome
      const example = {
        line: steady(
          `keystead ${command}${Object.entries(given)
            .map(([name, value]) => ` ${written(name, value)}`)
            .join(
              '',
            )}${outcome.context === undefined && outcome.files.length > 0 ? ' --save new' : ''}`,
        ),
        table: await printed(same, 'table'),
        context: same.context === undefined ? '' : await printed(same, 'context'),
        files: outcome.files.map(({ name }) => name),
      }
      if (!made.has(command)) made.set(command, example)
    }
  } finally {
    transport.close()
    await server.stop()
  }
  return made
}

// The scenario hands over the text of files itself, which is taken too.
const host = {
  readFile: (): string => {
    throw new Error('must name a file')
  },
  now: () => Date.now(),
}

const textOf = (value: Given): string =>
  typeof value === 'string' ? value : 'file' in value ? value.file : value.secret

function written(name: string, value: Given): string {
  if (typeof value !== 'string')
    return 'file' in value
      ? `${name}=${name.includes('json') ? 'names.json' : name.startsWith('csr') ? 'CSR.pem' : 'Certificate.pem'}`
      : `${name}=@${name}.txt`
  return /^[\w.,@:=/-]+$/.test(value) ? `${name}=${value}` : `${name}='${value}'`
}

async function printed(outcome: Outcome, format: 'table' | 'context'): Promise<string> {
  let text = ''
  const output = { write: (more: string) => (text += more) }
  const stdin = { on() {}, off() {}, resume() {}, pause() {}, async *[Symbol.asyncIterator]() {} }
  await shown(
    outcome,
    format,
    new Terminal({ stdin, stdout: output, stderr: output, env: {}, cwd: '/', onStop: () => {} }),
  )
  return text
}

const DAY = 86_400_000
const ONE_DAY = Date.UTC(2026, 10, 22, 10)

const GIVEN = new X509Certificate(foreignRoot).validFromDate.getTime()

/** As many days away from one day as it is from today, unless the example itself names it. */
const sameDay = (time: string): string => {
  if (Date.parse(time) === GIVEN) return time
  return new Date(ONE_DAY + Math.round((Date.parse(time) - Date.now()) / DAY) * DAY)
    .toISOString()
    .replace('.000Z', 'Z')
}

/** Ids by the order in which they appear, one moment for all times, and no keys. */
function steadily(): (text: string) => string {
  const ids = new Map<string, string>()
  const digits = (length: number) => '0123456789ABCDEF'.repeat(8).slice(0, length)
  return (text) =>
    text
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, (id) => {
        if (!ids.has(id))
          ids.set(id, `5b1e0000-0000-4000-8000-${String(ids.size + 1).padStart(12, '0')}`)
        return ids.get(id) ?? ''
      })
      .replace(
        /-----BEGIN ([A-Z ]+)-----.*?-----END [A-Z ]+-----(?:\\n)?/g,
        '-----BEGIN $1-----\\n…',
      )
      .replace(/\b202[5-9]-\d\d-\d\dT[\d:.]+Z/g, sameDay)
      .replace(/\b[0-9A-F]{40}\b|\b[0-9A-F]{64}\b|\b[0-9A-F]{128}\b/g, (print) =>
        digits(print.length),
      )
      .replace(/\b\d{30,39}\b/g, '203857676859724655622907570743915678825')
      .replace(/("logins_count":)\d+/g, '$11')
}

function page(command: Command, example: Example): string {
  const { name, summary, description, arguments: args, outputs } = command
  const rows = args.map(
    (argument) =>
      `| \`${argument.name}\` | ${argument.required ? 'yes' : ''} | ${cell(argumentHelp(argument))} |`,
  )
  const paths = outputs.map(({ path, type, help }) => `| \`${path}\` | ${type} | ${cell(help)} |`)
  return [
    `# ${name}`,
    `${summary}. ${description ?? ''}`.trim(),
    ...(command.vocabulary === 'published' ? ['A name of the published pack.'] : []),
    ...(rows.length === 0
      ? []
      : [['| Argument | Required | |', '| --- | --- | --- |', ...rows].join('\n')]),
    '## Example',
    `\`\`\`console\n$ ${example.line}\n${example.table}\`\`\``,
    ...(example.files.length === 0
      ? []
      : [
          `${command.answer === 'files' ? 'It' : 'With `--save FOLDER` it'} writes ${example.files.map((file) => `\`${file}\``).join(' and ')}.`,
        ]),
    ...(example.context === ''
      ? []
      : [`With \`-o context\`:\n\n\`\`\`json\n${example.context}\`\`\``]),
    ...(paths.length === 0
      ? ['It puts nothing into the context.']
      : ['## Context', ['| Path | Type | |', '| --- | --- | --- |', ...paths].join('\n')]),
  ]
    .join('\n\n')
    .concat('\n')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('*', '\\*')

const index = (): string =>
  [
    '# The commands of the CipherTrust integration',
    'The same commands run at a command line, in programs and in Cortex XSOAR; [about them](../xsoar.md).',
    [
      '| Command | |',
      '| --- | --- |',
      ...commands.map(({ name, summary }) => `| [${name}](${name}.md) | ${summary} |`),
    ].join('\n'),
    '## Members that a context may lack',
    [
      '| Member | Why |',
      '| --- | --- |',
      ...notSent.map(
        ({ member, reason, commands: of }) =>
          `| \`${member}\`${of ? ` of ${of.join(', ')}` : ''} | ${reason} |`,
      ),
    ].join('\n'),
    '`userid`, which the documents list beside `user_id`, is filled from it.',
  ]
    .join('\n\n')
    .concat('\n')

const made = await examples()
const pages: Record<string, string> = { 'docs/commands/README.md': index() }
for (const command of commands) {
  const example = made.get(command.name)
  if (example === undefined) throw new Error(`the scenario has no ${command.name}`)
  pages[`docs/commands/${command.name}.md`] = page(command, example)
}
let stale = 0
for (const [name, text] of Object.entries(pages)) {
  const file = join(root, name)
  if (process.argv.includes('--check')) {
    let before = ''
    try {
      before = readFileSync(file, 'utf8')
    } catch {}
    if (before === text) continue
    stale++
    process.stderr.write(`${name} is not what a run says; run npm run docs:commands\n`)
  } else {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
process.exitCode = stale > 0 ? 1 : 0
