import { Failed } from '../failures.ts'
import { aligned, fitted } from '../rows.ts'
import type { Terminal } from '../terminal.ts'
import type { CommandLine } from './arguments.ts'
import type { ApiCommand } from './table.ts'

interface Page {
  readonly skip: number
  readonly total: number
  readonly resources: readonly unknown[]
}

type Thing = Readonly<Record<string, unknown>>

/** Puts the answer on standard output in the form asked for. */
export async function show(
  command: ApiCommand,
  line: CommandLine,
  answer: unknown,
  terminal: Terminal,
): Promise<void> {
  if (line.pick !== undefined) return pick(line.pick, answer, terminal)
  if (typeof answer === 'string' && line.format === 'table') return asIs(answer, terminal)
  if (line.format === 'json') return terminal.put(`${json(answer)}\n`)
  if (line.format === 'yaml') return terminal.put((await import('yaml')).stringify(answer ?? {}))
  if (answer === undefined) return terminal.say('Done.')
  if (isPage(answer)) return showPage(command, answer, terminal)
  if (isThing(answer)) return showThing(command, answer, terminal)
  terminal.say(cell(answer))
}

/** JSON takes the rest of what could drive a terminal as escapes too (ECMA-48: DEL and the C1 controls). */
const json = (answer: unknown): string =>
  JSON.stringify(answer ?? {}, null, 2).replace(
    /[\u007f-\u009f]/g,
    (one) => `\\u00${one.charCodeAt(0).toString(16)}`,
  )

const isThing = (value: unknown): value is Thing =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isPage = (value: unknown): value is Page =>
  isThing(value) && Array.isArray(value['resources']) && typeof value['total'] === 'number'

function showPage(command: ApiCommand, page: Page, terminal: Terminal): void {
  const { skip, total, resources } = page
  const things = resources.filter(isThing)
  if (things.length > 0) {
    const columns = columnsOf(command, things)
    const rows = things.map((thing) => columns.map((name) => cell(thing[name])))
    for (const row of fitted([columns.map((name) => name.toUpperCase()), ...rows]))
      terminal.say(row)
  }
  const seen = skip + resources.length
  const rest = seen < total ? ` --skip ${seen} shows more, --all everything.` : ''
  const which = resources.length === total ? '' : `${resources.length} of `
  terminal.say(`${which}${total} in all.${rest}`)
}

/** Names first, then what is single and short; what no element has, and secrets, take no room. */
function columnsOf({ hidden = [] }: ApiCommand, things: readonly Thing[]): string[] {
  const all = [...new Set(things.flatMap((thing) => Object.keys(thing)))]
  const shown = all.filter(
    (name) =>
      !hidden.includes(name) &&
      things.some((thing) => ![undefined, null, ''].includes(thing[name] as string | null)) &&
      things.every((thing) => isShort(thing[name])),
  )
  const first = FIRST.filter((name) => shown.includes(name))
  const last = LAST.filter((name) => shown.includes(name))
  const rest = shown.filter((name) => !FIRST.includes(name) && !LAST.includes(name))
  return [...first, ...rest, ...last]
}

const FIRST = ['name', 'username', 'policy_name', 'nickname', 'user_id', 'id']
const LAST = [
  'serialNumber',
  'auto_gen_ca_id',
  'sha1Fingerprint',
  'sha256Fingerprint',
  'sha512Fingerprint',
  'uri',
  'account',
  'application',
  'devAccount',
  'createdAt',
  'updatedAt',
  'created_at',
  'updated_at',
]

const isShort = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Array.isArray(value) && value.every((item) => typeof item !== 'object')
    : !String(value).includes('\n')

function showThing({ hidden = [] }: ApiCommand, thing: Thing, terminal: Terminal): void {
  const names = Object.keys(thing).filter((name) => (thing[name] ?? '') !== '')
  const isBlock = (name: string): boolean =>
    !hidden.includes(name) && typeof thing[name] === 'string' && thing[name].includes('\n')
  const rows = names
    .filter((name) => !isBlock(name))
    .map((name) => [
      name,
      hidden.includes(name) ? `(secret: --pick ${name} shows it)` : cell(thing[name]),
    ])
  for (const row of aligned(rows, Number.POSITIVE_INFINITY)) terminal.say(row)
  for (const name of names.filter(isBlock))
    terminal.say(`${name}\n${String(thing[name]).trimEnd()}`)
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    return value.join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** One field, for scripts: text as it is, anything else as JSON. */
function pick(name: string, answer: unknown, terminal: Terminal): void {
  const things = isPage(answer) ? answer.resources : [answer]
  for (const thing of things) {
    if (!isThing(thing) || !Object.hasOwn(thing, name)) {
      const known = isThing(thing) ? `; it has ${Object.keys(thing).join(', ')}` : ''
      throw new Failed(`The answer has no field ${name}${known}.`)
    }
    const value = thing[name]
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    asIs(text, terminal)
  }
}

/** A script gets it byte for byte; a terminal must not be driven by what a server says. */
function asIs(text: string, terminal: Terminal): void {
  if (terminal.io.stdout.isTTY === true) terminal.say(text.replace(/\n$/, ''))
  else terminal.put(text.endsWith('\n') ? text : `${text}\n`)
}
