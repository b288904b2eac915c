import { type Command, type CommandName, commandNames, commandOf } from './commands.ts'
import { settingsHelp } from './settings-docs.ts'

export const EXITS = [
  '0  done',
  '1  failed, or the answer is no',
  '2  the command line or a setting is wrong',
  '3  the server cannot be reached, or is not the one it should be',
  '4  not signed in, or not permitted',
] as const

/** The text of `keystead --help`, or of the commands that begin with `group`. */
export function overview(group?: string): string {
  const rows = commandNames
    .filter((name) => group === undefined || commandOf(name).words[0] === group)
    .map((name) => ({ left: synopsis(commandOf(name)), right: commandOf(name).summary }))
  return [
    'Keystead, a key manager',
    '',
    'Usage: keystead COMMAND [flags]',
    '',
    ...columns(rows),
    '',
    'keystead COMMAND --help tells more about one. keystead --version prints the version.',
    '',
  ].join('\n')
}

/** The text of `keystead COMMAND --help`. */
export function helpOf(name: CommandName): string {
  const command = commandOf(name)
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [title, ...lines, '']
  return [
    `Usage: keystead ${synopsis(command)} [flags]`,
    '',
    ...wrapped(`${command.summary}. ${command.description ?? ''}`, 0),
    '',
    ...section('Flags:', columns(optionRows(command))),
    ...section(
      'Settings, as a flag or as a variable:',
      command.settings === 'none' ? [] : columns(settingsHelp(command.settings)),
    ),
    ...section(
      'Examples:',
      command.examples.map((example) => `  ${example}`),
    ),
    ...section(
      'Exit codes:',
      EXITS.map((line) => `  ${line}`),
    ),
  ].join('\n')
}

/** The page docs/cli.md, generated from the table. */
export function cliMarkdown(): string {
  const sections = commandNames.map((name) => {
    const command = commandOf(name)
    const options = optionRows(command).map(({ left, right }) => `- \`${left}\`: ${right}`)
    const settings =
      command.settings === 'none'
        ? []
        : [
            command.settings === 'server'
              ? 'Takes the [settings of the server](settings.md#of-the-server).'
              : 'Takes the [settings of the commands](settings.md#of-the-commands-that-speak-to-a-server).',
          ]
    return [
      `## keystead ${name}`,
      `\`keystead ${synopsis(command)}\``,
      `${command.summary}. ${command.description ?? ''}`.trim(),
      ...(options.length === 0 ? [] : [options.join('\n')]),
      ...settings,
      `\`\`\`sh\n${command.examples.join('\n')}\n\`\`\``,
    ].join('\n\n')
  })
  const exits = EXITS.map((line) => `| ${line.replace('  ', ' | ')} |`).join('\n')
  return `# Command line

Secrets are never taken from the command line: commands ask for them, or read them from a variable, a file or a pipe.

| Exit code | Meaning |
| --- | --- |
${exits}

${sections.join('\n\n')}
`
}

const synopsis = ({ words, argument }: Command): string =>
  [...words, ...(argument === undefined ? [] : [argument.name])].join(' ')

const optionRows = ({ options }: Command): { left: string; right: string }[] =>
  Object.entries(options).map(([name, { value, help }]) => ({
    left: value === undefined ? `--${name}` : `--${name} ${value}`,
    right: help,
  }))

const WIDTH = 100
const LEFT = 28

export function columns(rows: readonly { left: string; right: string }[]): string[] {
  return rows.flatMap(({ left, right }) => {
    const [first = '', ...rest] = wrapped(right, LEFT)
    const opening = `  ${left}`
    return opening.length < LEFT - 1
      ? [opening.padEnd(LEFT) + first.trimStart(), ...rest]
      : [opening, first, ...rest]
  })
}

/** Lines of at most WIDTH characters, each behind `indent` spaces. */
export function wrapped(text: string, indent: number): string[] {
  const lines = ['']
  for (const word of text.trim().split(/\s+/)) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.map((line) => ' '.repeat(indent) + line)
}
