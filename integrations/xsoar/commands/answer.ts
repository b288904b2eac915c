import { tableMarkdown } from './markdown.ts'
import { callOf } from './request.ts'
import type {
  Command,
  Json,
  JsonObject,
  Outcome,
  OutputFile,
  Reply,
  Table,
  Values,
} from './types.ts'
import { parsed } from './values.ts'

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a command gives back for the answer of the server. Undefined: the answer is not what it should be. */
export function outcomeOf(command: Command, values: Values, reply: Reply): Outcome | undefined {
  const notes = notesOf(command, values)
  if (command.answer === 'nothing')
    return finished(command, values, {}, undefined, [], [], notes, null)
  const answer = parsed(reply.body)
  if (!isObject(answer)) return undefined
  const isSingle = callOf(command, values) !== command.call
  const files = filesOf(command, values, answer)
  if (command.answer === 'files') {
    if (files.length < (command.files ?? []).length) return undefined
    return finished(
      command,
      values,
      {},
      undefined,
      [],
      files,
      notes,
      withoutSecrets(command, answer),
    )
  }
  if (command.answer === 'object') {
    const resource = completed(command, answer)
    const context = projected(command, resource, '')
    return finished(command, values, resource, context, [resource], files, notes, answer)
  }
  const page = isSingle ? { skip: 0, limit: 1, total: 1, resources: [answer] } : answer
  const rows = resourcesOf(page).map((resource) => completed(command, resource))
  const messages = listOf(page['messages']).map(String)
  const all = notes.concat(messages, isSingle ? [] : [pageNote(page, rows.length)])
  const context =
    command.answer === 'list'
      ? projected(command, { ...page, resources: rows }, '')
      : rows.map((row) => projected(command, row, ''))
  return finished(command, values, page, context, rows, files, all, answer)
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])

/** A list whose resources are null or missing is an empty one. */
const resourcesOf = (page: JsonObject): readonly JsonObject[] =>
  listOf(page['resources']).filter(isObject)

function pageNote(page: JsonObject, count: number): string {
  const skip = typeof page['skip'] === 'number' ? page['skip'] : 0
  const total = typeof page['total'] === 'number' ? page['total'] : count
  if (count === 0)
    return total === 0 ? 'There is none.' : `There are ${total}, and none from ${skip + 1} on.`
  return count === total ? `${total} in all.` : `${skip + 1} to ${skip + count} of ${total}.`
}

/** The documents list `userid` beside `user_id`; CM has sent one or the other. */
function completed({ prefix }: Command, resource: JsonObject): JsonObject {
  if (prefix !== 'CipherTrust.Users') return resource
  const id = resource['user_id'] ?? resource['userid']
  return id === undefined ? resource : { ...resource, user_id: id, userid: id }
}

/** The members that the command's outputs list, and no other: playbooks can count on the declaration. */
function projected(command: Command, value: JsonObject, below: string): JsonObject {
  const kept: Record<string, Json> = {}
  const start = `${command.prefix}.${below}`
  for (const { path } of command.outputs) {
    if (path.slice(0, start.length) !== start) continue
    const name = path.slice(start.length).split('.')[0] ?? ''
    const member = value[name]
    if (member === undefined || kept[name] !== undefined) continue
    const hasMembers = path.length > start.length + name.length
    if (!hasMembers) kept[name] = member
    else if (Array.isArray(member))
      kept[name] = member
        .filter(isObject)
        .map((item) => projected(command, item, `${below}${name}.`))
    else if (isObject(member)) kept[name] = projected(command, member, `${below}${name}.`)
  }
  return kept
}

function filesOf(command: Command, values: Values, answer: JsonObject): OutputFile[] {
  const files: OutputFile[] = []
  for (const { member, name, when, secret } of command.files ?? []) {
    if (when !== undefined && values[when] === undefined) continue
    const holder = Array.isArray(answer['resources']) ? resourcesOf(answer)[0] : answer
    const text = holder === undefined ? undefined : holder[member]
    if (typeof text === 'string' && text !== '') files.push({ name, text, secret: secret === true })
  }
  return files
}

function withoutSecrets({ files = [] }: Command, answer: JsonObject): JsonObject {
  const kept: Record<string, Json> = {}
  for (const name of Object.keys(answer))
    if (!files.some(({ member, secret }) => secret === true && member === name))
      kept[name] = answer[name] ?? null
  return kept
}

function notesOf(command: Command, values: Values): readonly string[] {
  const notes: string[] = []
  if (callOf(command, values) !== command.call) {
    const unused = command.arguments.filter(
      ({ name, place }) => place.in === 'query' && values[name] !== undefined,
    )
    if (unused.length > 0)
      notes.push(
        `Not used beside ${command.single?.argument}: ${unused.map(({ name }) => name).join(', ')}.`,
      )
  }
  if (
    values['encryption_password'] !== undefined &&
    values['private_key_file_password'] !== undefined
  )
    notes.push(
      'The private key is encrypted with encryption_password; private_key_file_password was not needed.',
    )
  return notes
}

function finished(
  command: Command,
  values: Values,
  answer: JsonObject,
  context: Json | undefined,
  rows: readonly JsonObject[],
  files: readonly OutputFile[],
  notes: readonly string[],
  raw: Json,
): Outcome {
  const table: Table = {
    title: titleOf(command, values, answer),
    // A column that nothing stands in is left out.
    columns: command.columns.filter((column) => rows.some((row) => cell(row[column]) !== '')),
    rows: [],
    notes,
  }
  const shown: Table = {
    ...table,
    rows: rows.map((row) => table.columns.map((column) => cell(row[column]))),
  }
  return {
    prefix: context === undefined ? undefined : command.prefix,
    context,
    key: command.answer === 'list' ? undefined : command.key,
    markdown: tableMarkdown(shown),
    table: shown,
    files,
    raw,
  }
}

/** An argument, else a member of the answer: what was asked for is said as it was asked for. */
const titleOf = ({ title }: Command, values: Values, answer: JsonObject): string =>
  title.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? answer[name]
    return value === undefined || value === null ? '' : String(value)
  })

function cell(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  if (isObject(value))
    return Object.keys(value)
      .map((name) => `${name}: ${cell(value[name])}`)
      .join(', ')
  if (Array.isArray(value)) return value.map(cell).join(', ')
  return String(value)
}
