import { stringify } from 'yaml'
import type { Argument, Command, Output, OutputType } from '../commands/types.ts'

/** The integration's id. Playbooks name it in front of a command, so it is that of the published pack. */
export const BRAND = 'CipherTrust'
export const DISPLAY = 'Thales CipherTrust Manager (Keystead)'
const DESCRIPTION =
  'Manages users, groups, local and external CAs and certificates of a CipherTrust Manager, or of a Keystead that stands in its place.'

const configuration = [
  { display: 'Server URL', name: 'server_url', type: 0, required: true, section: 'Connect' },
  { display: 'Username', name: 'username', type: 0, required: true, section: 'Connect' },
  { display: 'Password', name: 'password', type: 4, required: true, section: 'Connect' },
  {
    display: 'Trust any certificate (not secure)',
    name: 'insecure',
    type: 8,
    required: false,
    section: 'Connect',
  },
  {
    display: 'Use system proxy settings',
    name: 'proxy',
    type: 8,
    required: false,
    section: 'Connect',
  },
] as const

/** The integration as YAML: with `-` for its script beside it, or whole, for an upload by hand. */
export function integrationYaml(
  commands: readonly Command[],
  whole?: { readonly script: string; readonly image: string; readonly description: string },
): string {
  return stringify(
    {
      category: 'Authentication & Identity Management',
      sectionorder: ['Connect'],
      commonfields: { id: BRAND, version: -1 },
      name: BRAND,
      display: DISPLAY,
      description: DESCRIPTION,
      ...(whole ? { detaileddescription: whole.description, image: whole.image } : {}),
      configuration,
      script: {
        script: whole?.script ?? '-',
        type: 'javascript',
        commands: commands.map(commandYaml),
        runonce: false,
      },
      fromversion: '6.0.0',
      tests: [
        'Keystead CipherTrust Test Playbook - Access Management',
        'Keystead CipherTrust Test Playbook - CA',
      ],
    },
    { lineWidth: 0, version: '1.1' },
  )
}

const commandYaml = ({ name, summary, description, arguments: args, outputs, call }: Command) => ({
  name,
  description: describe(summary, description),
  // XSOAR asks again before it runs what takes something away.
  ...(call.method === 'DELETE' ? { execution: true } : {}),
  arguments: args.flatMap(argumentsYaml),
  ...(outputs.length === 0 ? {} : { outputs: outputs.map(outputYaml) }),
})

export const describe = (summary: string, description: string | undefined): string =>
  description === undefined ? `${summary}.` : `${summary}. ${description}`

const LISTS: readonly Argument['kind'][] = ['list', 'choices', 'dns-names', 'emails', 'addresses']

/** An argument with two names stands there twice; XSOAR cannot know that one of the two is required. */
function argumentsYaml(argument: Argument): object[] {
  const { name, also, kind, help, required, default: otherwise, choices } = argument
  const isSecret = kind === 'secret' || kind === 'secret-text'
  const row = {
    name,
    description: also === undefined ? help : `${help} Required, by this name or as ${also}.`,
    ...(required && also === undefined ? { required: true } : {}),
    ...(LISTS.includes(kind) ? { isArray: true } : {}),
    ...(isSecret ? { secret: true } : {}),
    ...(otherwise === undefined ? {} : { defaultValue: otherwise }),
    ...(choices === undefined ? {} : { auto: 'PREDEFINED', predefined: [...choices] }),
  }
  return also === undefined
    ? [row]
    : [row, { ...row, name: also, description: `The same as ${name}.` }]
}

/** XSOAR has no integers among its types. */
const yamlTypes: Readonly<Record<OutputType, string>> = {
  String: 'String',
  Number: 'Number',
  Integer: 'Number',
  Boolean: 'Boolean',
  Date: 'Date',
  Unknown: 'Unknown',
}

const outputYaml = ({ path, type, help }: Output) => ({
  contextPath: path,
  description: help,
  type: yamlTypes[type],
})
