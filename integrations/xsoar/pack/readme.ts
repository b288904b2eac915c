import { argumentHelp } from '../commands/help.ts'
import type { Command } from '../commands/types.ts'
import { DISPLAY, describe } from './integration.ts'

/** The README of the integration: how to set it up, and every command. */
export const integrationReadme = (commands: readonly Command[]): string =>
  `${INTRODUCTION}
## Commands

They run in the War Room, in a playbook or in an automation.

${commands.map(section).join('\n')}`

const INTRODUCTION = `Manages users, groups, local and external CAs and certificates of a CipherTrust Manager, or of a Keystead that stands in its place.

## Configure ${DISPLAY}

| **Parameter** | **Description** | **Required** |
| --- | --- | --- |
| Server URL | Where the server answers, such as \`https://keys.example.com\`. Calls go to \`/api/v1\` below it. | True |
| Username | Who signs in, in the root domain. | True |
| Password | That user's password. | True |
| Trust any certificate (not secure) | Whoever stands in between can then read the password. | False |
| Use system proxy settings | | False |

**Test** says in words whether the URL, the certificate, the password or the user's rights are wrong. Each command signs in anew.

Two vocabularies are understood: \`ciphertrust-external-certificate-*\` with the context \`CipherTrust.ExternalCertificate\`, and the
published pack's \`ciphertrust-external-ca-*\` with \`CipherTrust.ExternalCA\`. \`empty\`, \`none\` and \`never\` mean the same. An argument
that takes the entry id of a file also takes the text itself, so that a value of the context can be passed on.
`

export function section(command: Command): string {
  const { name, summary, description, arguments: args, outputs } = command
  const rows = args.map(
    (argument) =>
      `| ${argument.name} | ${cell(argumentHelp(argument))} | ${argument.required ? 'Required' : 'Optional'} |`,
  )
  const paths = outputs.map(({ path, type, help }) => `| ${path} | ${type} | ${cell(help)} |`)
  return `### ${name}

***
${describe(summary, description)}

#### Base Command

\`${name}\`

#### Input

${
  rows.length === 0
    ? 'There are no arguments for this command.'
    : [
        '| **Argument Name** | **Description** | **Required** |',
        '| --- | --- | --- |',
        ...rows,
      ].join('\n')
}

#### Context Output

${
  paths.length === 0
    ? 'There is no context output for this command.'
    : ['| **Path** | **Type** | **Description** |', '| --- | --- | --- |', ...paths].join('\n')
}
`
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('*', '\\*')
