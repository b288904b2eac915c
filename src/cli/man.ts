import {
  argumentHelp,
  commands as integrationCommands,
} from '../../integrations/xsoar/commands/index.ts'
import { fieldRow, ownFlagRows, type Row } from './api/help.ts'
import { type ApiCommand, apiTable, synopsisOf, titleOf } from './api/table.ts'
import { ownFlags as integrationFlags, isSecret } from './ciphertrust/arguments.ts'
import { commandNames, commandOf } from './commands.ts'
import { EXITS } from './layout.ts'
import { settingsHelp } from './settings/docs.ts'

/** The man pages by file name: one for the program, one for each group of the API's commands, one for those of integrations (man-pages(7)). */
export function manPages(version: string): Record<string, string> {
  const groups = Object.entries(apiTable())
  return {
    'keystead.1': programPage(version),
    'keystead-ciphertrust.1': integrationPage(version),
    ...Object.fromEntries(
      groups.map(([group, commands]) => [
        `keystead-${group}.1`,
        groupPage(group, commands, version),
      ]),
    ),
  }
}

function programPage(version: string): string {
  const groups = Object.keys(apiTable())
  return page('keystead', version, 'a key manager, and the commands that speak to one', [
    section('SYNOPSIS', ['.B keystead', '.I COMMAND', text('[FLAG …]')]),
    section('DESCRIPTION', [
      text(
        'Keystead is an open, self-hosted key manager that speaks the REST API of CipherTrust Manager. The same program starts the server and gives it commands. Secrets are never taken from the command line: commands ask for them, or read them from a variable, a file or a pipe.',
      ),
    ]),
    section(
      'COMMANDS',
      commandNames.flatMap((name) => {
        const { words, argument, summary, description = '', options } = commandOf(name)
        const usage = [...words, ...(argument === undefined ? [] : [argument.name])].join(' ')
        return [
          subsection(`keystead ${usage}`),
          text(`${summary}. ${description}`.trim()),
          ...Object.entries(options).flatMap(([flag, { value, help }]) =>
            item({ left: `--${flag}${value === undefined ? '' : ` ${value}`}`, right: help }),
          ),
        ]
      }),
    ),
    section('COMMANDS OF THE API', [
      text('Every endpoint is a command. Each group has a page of its own:'),
      ...groups.flatMap((group) =>
        item({ left: `keystead-${group}(1)`, right: `${titleOf(group)}.` }),
      ),
      ...item({
        left: 'keystead-ciphertrust(1)',
        right: 'The commands of the CipherTrust integration of Cortex XSOAR.',
      }),
    ]),
    section('SETTINGS OF THE COMMANDS', settingsHelp('client').flatMap(item)),
    section('SETTINGS OF THE SERVER', settingsHelp('server').flatMap(item)),
    exitSection(),
    section('FILES', [
      ...item({
        left: '$XDG_CONFIG_HOME/keystead/profiles.json',
        right:
          'The sessions that keystead login keeps, below ~/.config when the variable is not set. Only their owner may read it.',
      }),
    ]),
  ])
}

function groupPage(
  group: string,
  commands: Readonly<Record<string, ApiCommand>>,
  version: string,
): string {
  const name = `keystead-${group}`
  return page(name, version, `commands of the API: ${titleOf(group)}`, [
    section('SYNOPSIS', [`.B keystead ${escaped(group)}`, '.I COMMAND', text('[FLAG …]')]),
    section(
      'COMMANDS',
      Object.entries(commands).flatMap(([key, command]) => [
        subsection(`keystead ${synopsisOf(group, key, command)}`),
        text(`${command.summary}. ${command.description ?? ''}`.trim()),
        ...[...command.fields.map(fieldRow), ...ownFlagRows(command)].flatMap(item),
      ]),
    ),
    section('VALUES', [
      text(
        'A value of @FILE is read from that file, @- from standard input; @@ stands for one @. A switch is --name or --no-name. A list takes commas, or its flag several times. The settings of the connection are flags too; keystead(1) lists them.',
      ),
    ]),
    exitSection(),
    section('SEE ALSO', ['.BR keystead (1)']),
  ])
}

function integrationPage(version: string): string {
  return page('keystead-ciphertrust', version, 'the commands of the CipherTrust integration', [
    section('SYNOPSIS', [
      '.B keystead',
      '.I ciphertrust\\-COMMAND',
      text('[NAME=VALUE …] [FLAG …]'),
    ]),
    section('DESCRIPTION', [
      text(
        'The commands of the CipherTrust integration of Cortex XSOAR, with its arguments, its defaults and its context. An argument is written as NAME=VALUE or as --name VALUE; a secret as NAME=@FILE, or NAME=@- for standard input.',
      ),
    ]),
    section(
      'COMMANDS',
      integrationCommands.flatMap((command) => [
        subsection(`keystead ${command.name}`),
        text(`${command.summary}. ${command.description ?? ''}`.trim()),
        ...command.arguments.flatMap((argument) =>
          item({
            left: argument.name,
            right: [
              ...(argument.required ? ['Required.'] : []),
              argumentHelp(argument),
              ...(isSecret(argument) ? ['A secret.'] : []),
            ].join(' '),
          }),
        ),
      ]),
    ),
    section(
      'FLAGS',
      Object.entries(integrationFlags).flatMap(([name, flag]) =>
        item({ left: 'value' in flag ? `--${name} ${flag.value}` : `--${name}`, right: flag.help }),
      ),
    ),
    exitSection(),
    section('SEE ALSO', ['.BR keystead (1)']),
  ])
}

const page = (
  name: string,
  version: string,
  summary: string,
  sections: readonly string[],
): string =>
  `${[
    // The hyphens of a page's text are typed as they are copied from it: ASCII ones.
    `.TH ${name.toUpperCase()} 1 "" "Keystead ${version}" "Keystead"`,
    section('NAME', [`${escaped(name)} \\- ${escaped(summary)}`]),
    ...sections,
  ].join('\n')}\n`

const section = (title: string, lines: readonly string[]): string =>
  [`.SH ${title}`, ...lines].join('\n')

const subsection = (title: string): string => `.SS ${escaped(title)}`

const item = ({ left, right }: Row): string[] => [
  '.TP',
  `.B ${escaped(left)}`,
  text(right === '' ? '\u00a0' : right),
]

const exitSection = (): string =>
  section(
    'EXIT STATUS',
    EXITS.flatMap((line) => item({ left: line.slice(0, 1), right: line.slice(1).trim() })),
  )

/** A paragraph; a line that would begin with a dot or an apostrophe would be a request (groff(7)). */
const text = (words: string): string =>
  words
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => escaped(line).replace(/^(?=[.'])/, '\\&'))
    .join('\n')

const named: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  '~': '\\(ti',
  '^': '\\(ha',
  '`': '\\(ga',
  '…': '...',
  '×': '\\(mu',
  '’': '\\(cq',
  '\u00a0': '\\ ',
}

const escaped = (words: string): string =>
  words.replace(/[\\\-~^`…×’\u00a0]/g, (one) => named[one] ?? one)
