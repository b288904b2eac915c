import { commands as integrationCommands } from '../../integrations/xsoar/commands/index.ts'
import { type CompletedFlag, completedCommands, connectionCompletions } from './api/completed.ts'
import { FORMATS } from './api/own-flags.ts'
import { apiTable, titleOf } from './api/table.ts'
import { flagsOf } from './arguments.ts'
import { connectionFlags, ownFlags } from './ciphertrust/arguments.ts'
import { type CommandName, commandNames, commandOf, type Shell } from './commands.ts'
import { settingNames } from './settings/index.ts'

/** A script that completes commands, flags, and the values that can be known, made from the tables. */
export const completionScript = (shell: Shell): string => scripts[shell]()

interface Flag {
  readonly name: string
  readonly help: string
  readonly completes: 'nothing' | 'file' | 'folder' | readonly string[] | undefined
}

/** `nothing`: a switch; undefined: a value that cannot be known. */
function completedFlags(command: CommandName): Flag[] {
  const own = Object.entries(commandOf(command).options).map(
    ([name, { value, help }]): Flag => ({
      name: `--${name}`,
      help,
      completes: value === undefined ? 'nothing' : 'file',
    }),
  )
  const settings = flagsOf(command).map(
    ({ name, row }): Flag => ({
      name: `--${settingNames(name).flag}`,
      help: row.help,
      completes: row.kind.value === undefined ? 'nothing' : row.kind.completes,
    }),
  )
  return [...own, ...settings, { name: '--help', help: 'Show help.', completes: 'nothing' }]
}

/** The flags of each `ciphertrust-*` command, with what there is to say about them. */
const integrationFlags: ReadonlyMap<string, readonly { flag: string; help: string }[]> = new Map(
  integrationCommands.map((command) => [
    command.name,
    [
      ...command.arguments.map(({ name, help }) => ({ flag: name.replaceAll('_', '-'), help })),
      ...Object.entries(ownFlags).map(([flag, { help }]) => ({ flag, help })),
    ],
  ]),
)

/** Every path of words that leads to a command, and what may follow it. */
function wordsAfter(): Map<string, string[]> {
  const after = new Map<string, string[]>([['', ['--help', '--version']]])
  for (const name of commandNames)
    commandOf(name).words.forEach((word, i, words) => {
      const before = words.slice(0, i).join(' ')
      const known = after.get(before) ?? []
      after.set(before, known.includes(word) ? known : [...known, word])
    })
  for (const name of commandNames) {
    const { argument } = commandOf(name)
    const choices =
      argument !== undefined && argument.completes !== 'file' ? argument.completes : []
    after.set(name, [...choices, ...completedFlags(name).map((flag) => flag.name)])
  }
  for (const { group, name, flags } of completedCommands()) {
    const before = after.get('') ?? []
    if (!before.includes(group)) after.set('', [...before, group])
    after.set(group, [...(after.get(group) ?? []), name])
    after.set(`${group} ${name}`, [...flags.map(({ flag }) => `--${flag}`), '--help'])
  }
  for (const [name, flags] of integrationFlags) {
    after.set('', [...(after.get('') ?? []), name])
    const connection = [...connectionFlags.keys()].filter(
      (flag) => !flags.some((own) => own.flag === flag),
    )
    after.set(name, [
      ...flags.map(({ flag }) => `--${flag}`),
      ...connection.map((flag) => `--${flag}`),
      '--help',
    ])
  }
  return after
}

const takesFile = commandNames.filter((name) => commandOf(name).argument?.completes === 'file')

const allFlags = (): Flag[] => {
  const byName = new Map(
    commandNames.flatMap((name) => completedFlags(name).map((flag) => [flag.name, flag] as const)),
  )
  return [...byName.values()]
}

const namesWhere = (is: (flag: Flag) => boolean): string =>
  allFlags()
    .filter(is)
    .map(({ name }) => name)
    .join('|')

/** The steps from one path of words to the next, as they stand in a case of bash or zsh. */
const steps = (): string =>
  [
    ...[...integrationFlags.keys()].map((name) => `/${name}`),
    ...new Set([
      ...commandNames.flatMap((name) =>
        commandOf(name).words.map((_, i, words) =>
          [words.slice(0, i).join(' '), words[i]].join('/'),
        ),
      ),
      ...Object.entries(apiTable()).flatMap(([group, commands]) => [
        `/${group}`,
        ...Object.keys(commands).map((name) => `${group}/${name}`),
      ]),
    ]),
  ]
    .map((step) => `'${step}'`)
    .join('|')

const choiceCases = (answer: (words: string) => string): string =>
  allFlags()
    .filter(({ completes }) => Array.isArray(completes))
    .map(
      ({ name, completes }) =>
        `    ${name}) ${answer((completes as readonly string[]).join(' '))}; return ;;`,
    )
    .join('\n')

/** Choices of the API's fields, which differ from command to command. */
const apiChoices = (answer: (words: string) => string): string =>
  [
    ...completedCommands().flatMap(({ group, name, flags }) =>
      flags.flatMap(({ flag, completes }) =>
        Array.isArray(completes)
          ? [`    '${group} ${name} --${flag}') ${answer(completes.join(' '))}; return ;;`]
          : [],
      ),
    ),
    `    *' -o') ${answer(FORMATS.join(' '))}; return ;;`,
  ].join('\n')

/** Flags of the API that take a value wherever they are known. */
const apiValueFlags = (): string => {
  const all = completedCommands().flatMap(({ flags }) => flags.filter(({ isShared }) => !isShared))
  const switches = new Set(
    all.filter(({ completes }) => completes === 'nothing').map(({ flag }) => flag),
  )
  const values = new Set(all.map(({ flag }) => flag).filter((flag) => !switches.has(flag)))
  return [...values].map((flag) => `--${flag}`).join('|')
}

const bash =
  (): string => `# Completion of keystead for bash. Load it with: source <(keystead completion bash)
_keystead() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' words='' i
  local IFS=$' \\t\\n'
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command/\${COMP_WORDS[i]}" in
      ${steps()}) command="\${command:+$command }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$command $previous" in
${apiChoices((words) => `COMPREPLY=($(compgen -W '${words}' -- "$current"))`)}
  esac
  case "$previous" in
${choiceCases((words) => `COMPREPLY=($(compgen -W '${words}' -- "$current"))`)}
    ${namesWhere(({ completes }) => completes === 'file')}) _keystead_paths -f; return ;;
    ${namesWhere(({ completes }) => completes === 'folder')}) _keystead_paths -d; return ;;
    ${namesWhere(({ completes }) => completes === undefined)}) return ;;
    ${apiValueFlags()}) [[ $current == @* ]] && _keystead_at; return ;;
  esac
  case "$command" in
${[...wordsAfter()].map(([path, words]) => `    '${path}') words='${words.join(' ')}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$command" in
    ${takesFile.map((name) => `'${name}'`).join('|')}) [[ $current == -* ]] || _keystead_paths -f ;;
  esac
}
_keystead_paths() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$current"))
}
_keystead_at() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -P @ -f -- "\${current#@}"))
}
complete -F _keystead keystead
`

const zsh = (): string => `#compdef keystead
# Completion of keystead for zsh. Load it with: source <(keystead completion zsh)
_keystead() {
  local command='' word previous="\${words[CURRENT-1]}"
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$command/$word" in
      ${steps()}) command="\${command:+$command }$word" ;;
    esac
  done
  case "$command $previous" in
${apiChoices((words) => `compadd -- ${words}`)}
  esac
  case "$previous" in
${choiceCases((words) => `compadd -- ${words}`)}
    ${namesWhere(({ completes }) => completes === 'file')}) _files; return ;;
    ${namesWhere(({ completes }) => completes === 'folder')}) _files -/; return ;;
    ${namesWhere(({ completes }) => completes === undefined)}) return ;;
    ${apiValueFlags()}) [[ "\${words[CURRENT]}" == @* ]] && compset -P @ && _files; return ;;
  esac
  case "$command" in
    ${takesFile.map((name) => `'${name}'`).join('|')}) [[ "\${words[CURRENT]}" == -* ]] || _files ;;
  esac
  case "$command" in
${[...wordsAfter()].map(([path, words]) => `    '${path}') compadd -- ${words.join(' ')} ;;`).join('\n')}
  esac
}
compdef _keystead keystead
`

const fish = (): string => {
  const summaries = new Map([
    ...Object.keys(apiTable()).map((group) => [group, titleOf(group)] as const),
    ...completedCommands().map(
      ({ group, name, summary }) => [`${group} ${name}`, summary] as const,
    ),
    ...commandNames.map((name) => [name as string, commandOf(name).summary] as const),
  ])
  const words = [...wordsAfter()]
    .flatMap(([path, next]) =>
      next.filter((word) => !word.startsWith('-')).map((word) => ({ path, word })),
    )
    .map(({ path, word }) => {
      const help = summaries.get(path === '' ? word : `${path} ${word}`)
      const shown = help === undefined ? '' : ` -d ${quoted(help)}`
      return `complete -c keystead -n ${quoted(`__keystead_at '${path}'`)} -f -a ${word}${shown}`
    })
  const flags = commandNames.flatMap((name) =>
    completedFlags(name).map(({ name: flag, help, completes }) => {
      const value =
        completes === 'nothing'
          ? ''
          : completes === 'file'
            ? ' -r -F'
            : completes === 'folder'
              ? " -x -a '(__fish_complete_directories)'"
              : ` -x${completes === undefined ? '' : ` -a ${quoted(completes.join(' '))}`}`
      return `complete -c keystead -n ${quoted(`__keystead_at '${name}'`)} -l ${flag.slice(2)}${value} -d ${quoted(help)}`
    }),
  )
  const ofIntegration = [...integrationFlags].flatMap(([name, own]) =>
    own.map(
      ({ flag, help }) =>
        `complete -c keystead -n ${quoted(`__keystead_at '${name}'`)} -l ${flag}${flag === 'force' ? '' : ' -r'} -d ${quoted(help)}`,
    ),
  )
  const line = (where: string, { flag, help, completes }: CompletedFlag): string => {
    const choices = completes === undefined ? '' : ` -a ${quoted([...completes].join(' '))}`
    const value = completes === 'nothing' ? '' : ` -x${choices}`
    return `complete -c keystead -n ${quoted(where)} -l ${flag}${value}${help === '' ? '' : ` -d ${quoted(help)}`}`
  }
  const api = completedCommands()
  const ofApi = [
    ...api.flatMap(({ group, name, flags }) =>
      flags
        .filter(({ isShared }) => !isShared)
        .map((flag) => line(`__keystead_at '${group} ${name}'`, flag)),
    ),
    // The same for all of them, and said once.
    ...connectionCompletions().map((flag) => line('__keystead_in_api', flag)),
  ]
  const files = takesFile.map(
    (name) => `complete -c keystead -n ${quoted(`__keystead_at '${name}'`)} -F`,
  )
  return `# Completion of keystead for fish. Load it with: keystead completion fish | source
function __keystead_at
  set -l command ''
  for word in (commandline -opc)[2..-1]
    switch "$command/$word"
      case ${steps().replaceAll('|', ' ')}
        set command (string trim -- "$command $word")
    end
  end
  test "$command" = "$argv[1]"
end
function __keystead_in_api
  contains -- (commandline -opc)[2] ${Object.keys(apiTable()).join(' ')}
  and test (count (commandline -opc)) -ge 3
end
complete -c keystead -f
${[...words, ...flags, ...ofIntegration, ...ofApi, ...files].join('\n')}
`
}

const quoted = (text: string): string => `"${text.replace(/["\\$]/g, '\\$&')}"`

const scripts: Record<Shell, () => string> = { bash, zsh, fish }
