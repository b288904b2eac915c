import {
  type Argument,
  argumentHelp,
  type Command,
  commands,
  TEST_MODULE,
} from '../../../integrations/xsoar/commands/index.ts'
import { columns, EXITS, wrapped } from '../layout.ts'
import { isSecret, ownFlags } from './arguments.ts'

/** The text of `keystead ciphertrust-… --help`. */
export function helpOfCommand(command: Command): string {
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [title, ...lines, '']
  return [
    `Usage: keystead ${command.name} [NAME=VALUE…] [flags]`,
    '',
    ...wrapped(`${command.summary}. ${command.description ?? ''}`, 0),
    '',
    ...section(
      'Arguments, as NAME=VALUE or --name VALUE:',
      columns(
        command.arguments.map((argument) => ({
          left: argument.name,
          right: argumentLine(argument),
        })),
      ),
    ),
    ...section(
      'Flags:',
      columns(
        Object.entries(ownFlags).map(([name, flag]) => ({
          left:
            'value' in flag ? `--${name} ${'short' in flag ? 'FORMAT' : flag.value}` : `--${name}`,
          right:
            flag.help + ('short' in flag ? ` One of ${flag.value.replaceAll('|', ', ')}.` : ''),
        })),
      ),
    ),
    'Settings of the connection are flags too: keystead status --help lists them.',
    '',
    ...section(
      'Exit codes:',
      EXITS.map((line) => `  ${line}`),
    ),
  ].join('\n')
}

/** What there is to know at a command line besides. */
const argumentLine = (argument: Argument): string =>
  [
    ...(argument.required ? ['Required.'] : []),
    argumentHelp(argument),
    ...(isSecret(argument) ? ['A secret: @FILE, or @- for standard input.'] : []),
  ].join(' ')

/** The part of `keystead commands` that is about these. */
export function commandList(): string {
  const rows = [
    ...commands.map(({ name, summary }) => [name, summary] as const),
    [TEST_MODULE, 'Tests URL, certificate, password and permissions'] as const,
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}\n`).join('')
}
