import { fieldRow, groupRows, groupsRows } from './api/help.ts'
import { apiTable, synopsisOf, titleOf } from './api/table.ts'
import { type Command, type CommandName, commandNames, commandOf } from './commands.ts'
import { columns, EXITS, wrapped } from './layout.ts'
import { settingsHelp } from './settings/docs.ts'

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
    ...columns(group === undefined ? rows : [...rows, ...groupRows(group)]),
    '',
    ...(group === undefined
      ? ['Everything that the API can do, one group of commands each:', '']
      : []),
    ...(group === undefined ? [...columns(groupsRows()), ''] : []),
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
  const api = Object.entries(apiTable()).map(([group, commands]) =>
    [
      `## keystead ${group}`,
      `${titleOf(group)}.`,
      ...Object.entries(commands).map(([name, command]) =>
        [
          `### ${group} ${name}`,
          `\`keystead ${synopsisOf(group, name, command)}\``,
          `${command.summary}. ${command.description ?? ''}`.trim(),
          ...(command.fields.length === 0
            ? []
            : [
                command.fields
                  .map(fieldRow)
                  .map(({ left, right }) => `- \`${left}\`${right === '' ? '' : `: ${right}`}`)
                  .join('\n'),
              ]),
        ].join('\n\n'),
      ),
    ].join('\n\n'),
  )
  const exits = EXITS.map((line) => `| ${line.replace('  ', ' | ')} |`).join('\n')
  return `# Command line

Secrets are never taken from the command line: commands ask for them, or read them from a variable, a file or a pipe.

| Exit code | Meaning |
| --- | --- |
${exits}

${sections.join('\n\n')}

# Commands of the API

${API_NOTES}

${api.join('\n\n')}
`
}

const synopsis = ({ words, argument }: Command): string =>
  [...words, ...(argument === undefined ? [] : [argument.name])].join(' ')

const optionRows = ({ options }: Command): { left: string; right: string }[] =>
  Object.entries(options).map(([name, { value, help }]) => ({
    left: value === undefined ? `--${name}` : `--${name} ${value}`,
    right: help,
  }))

const API_NOTES = `Every endpoint is a command: the area, and what is done there. Parameters of the path follow as words, fields of the query and the body as flags.
All of them take the [settings of the commands](settings.md#of-the-commands-that-speak-to-a-server), and:

- \`-o table|json|yaml\` says how the answer is shown; \`--pick FIELD\` prints one field of it, as it is: \`keystead ca issue … --pick cert > host.pem\`.
- Lists come in pages: \`--limit\`, \`--skip\`, and \`--all\` for everything, page by page.
- A value of \`@FILE\` is read from that file, \`@-\` from standard input; \`@@\` stands for one \`@\`. Secrets come so, or are asked for at a terminal.
- \`--json @FILE\` is the whole body; flags set single fields of it. A field is emptied with \`null\` there.
- A switch is \`--name\` or \`--no-name\`; a list takes commas, or its flag several times; free objects are JSON.
- Where \`--username\` is a field of the command, \`--sign-in-as\` says who signs in.`
