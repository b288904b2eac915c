import { type NamedSetting, settingNames } from './kinds.ts'
import { allSettings } from './rows.ts'

/** The settings as the lines of a help text. */
export function settingsHelp(who: 'server' | 'client'): { left: string; right: string }[] {
  return allSettings
    .filter((setting) => setting.who === who || setting.who === 'both')
    .map(({ name, row }) => {
      const { flag, env } = settingNames(name)
      const value = row.kind.value === undefined ? '' : ` ${row.kind.value}`
      const given = row.default ? ` [${row.default}]` : ''
      return row.secret === true
        ? { left: env, right: `${row.help}${given}` }
        : { left: `--${flag}${value}`, right: `${row.help}${given} ${env}` }
    })
}

/** The page docs/settings.md, generated from the table. */
export function settingsMarkdown(): string {
  const of = (...who: NamedSetting['who'][]) =>
    table(allSettings.filter((setting) => who.includes(setting.who)))
  return `# Settings

A setting is given as a flag, as an environment variable, or in a YAML file that \`--config\` or \`KEYSTEAD_CONFIG\` names;
a flag wins over a variable, a variable over the file, the file over the default. Relative paths start at the working
folder, in the file at the file's own folder. An empty variable counts as not set.

\`keystead\` refuses a \`KEYSTEAD_…\` variable or a key in the file that it does not know, so that a typing mistake never
leaves a setting at its default unseen. The server knows the settings of the client commands and ignores them, and the
other way round. Secrets have no flag, since other users of a machine see command lines; a file that holds one must
be readable by its owner alone (\`chmod 600\`), and no configuration file may be writable by others.

## Of the server and of the commands

${of('both')}

## Of the server

${of('server')}

## Of the commands that speak to a server

${of('client')}
`
}

function table(settings: readonly NamedSetting[]): string {
  const rows = settings.map(({ name, row }) => {
    const { flag, env, key } = settingNames(name)
    const value = row.kind.value === undefined ? '' : ` ${row.kind.value}`
    return [
      row.secret === true ? '' : code(`--${flag}${value}`),
      code(env),
      row.notInFile === true ? '' : code(key),
      row.default ? code(row.default) : '',
      row.help,
    ]
  })
  const header = ['Flag', 'Variable', 'In the file', 'Default', 'Meaning']
  return [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n')
}

const code = (text: string): string => `\`${text}\``
