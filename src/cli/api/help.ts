import { columns, EXITS, wrapped } from '../layout.ts'
import { ownFlags } from './own-flags.ts'
import { type ApiCommand, apiTable, type Field, synopsisOf, titleOf } from './table.ts'

export interface Row {
  readonly left: string
  readonly right: string
}

/** The text of `keystead groups list --help`. */
export function helpOfApiCommand(words: string, command: ApiCommand): string {
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [title, ...lines, '']
  const positionals = command.positionals.map((param) => ` ${param.toUpperCase()}`).join('')
  return [
    `Usage: keystead ${words}${positionals} [flags]`,
    '',
    ...wrapped(`${command.summary}. ${command.description ?? ''}`, 0),
    '',
    ...section('Fields:', columns(command.fields.map(fieldRow))),
    ...section('Flags:', columns(ownFlagRows(command))),
    'A value of @FILE is read from that file, @- from standard input; @@ stands for one @.',
    'Settings of the connection are flags too: keystead status --help lists them.',
    '',
    ...section(
      'Exit codes:',
      EXITS.map((line) => `  ${line}`),
    ),
  ].join('\n')
}

export const fieldRow = (field: Field): Row => ({
  left: `--${field.flag}${placeholderOf(field)}`,
  right: [
    ...(field.required ? ['Required.'] : []),
    ...(field.help === undefined ? [] : [sentence(field.help)]),
    ...(field.choices === undefined ? [] : [`One of ${field.choices.join(', ')}.`]),
    ...(field.kind === 'list' ? ['Several: by commas, or given again.'] : []),
    ...(field.secret ? ['A secret: asked for, or @FILE, or @-.'] : []),
  ].join(' '),
})

const sentence = (text: string): string => (/[.!?]$/.test(text.trim()) ? text : `${text}.`)

function placeholderOf({ kind, secret }: Field): string {
  if (secret === true) return ' @FILE'
  const words = { text: ' TEXT', number: ' NUMBER', switch: '', list: ' TEXT,…', json: ' JSON' }
  return kind === 'numbers' ? ' NUMBER,…' : words[kind]
}

/** What it takes besides its fields; a command without a body has no use for --json, and no other than a list for --all. */
export const ownFlagRows = (command: ApiCommand): Row[] =>
  Object.entries(ownFlags)
    .filter(([name]) => name !== 'json' || command.body === true)
    .filter(([name]) => name !== 'all' || command.page === true)
    .filter(
      ([name]) => name !== 'sign-in-as' || command.fields.some(({ flag }) => flag === 'username'),
    )
    .map(([name, flag]) => ({
      left: `${'short' in flag ? `-${flag.short}, ` : ''}--${name}${'value' in flag ? ` ${flag.value}` : ''}`,
      right: flag.help,
    }))

/** The commands of a group, as rows. */
export const groupRows = (group: string): Row[] =>
  Object.entries(apiTable()[group] ?? {}).map(([name, command]) => ({
    left: synopsisOf(group, name, command),
    right: command.summary,
  }))

/** One row for each group, with what can be done in it. */
export const groupsRows = (): Row[] =>
  Object.keys(apiTable()).map((group) => ({
    left: group,
    right: `${titleOf(group)}: ${verbs(group)}`,
  }))

const verbs = (group: string): string => {
  const names = Object.keys(apiTable()[group] ?? {})
  return names.length > 7
    ? `${names.slice(0, 6).join(', ')} … ${names.length} in all`
    : names.join(', ')
}

/** Every command of the API, for the list of all commands. */
export function apiCommandList(): string {
  const rows = Object.keys(apiTable()).flatMap(groupRows)
  const width = Math.max(...rows.map(({ left }) => left.length))
  return rows.map(({ left, right }) => `  ${left.padEnd(width)}  ${right}\n`).join('')
}
