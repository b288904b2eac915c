import { allSettings, settingNames } from '../settings/index.ts'
import { connectionFlags } from './arguments.ts'
import { fieldRow, ownFlagRows } from './help.ts'
import { FORMATS, ownFlags } from './own-flags.ts'
import { type ApiCommand, apiTable } from './table.ts'

/** A command of the API as a shell has to know it. */
export interface CompletedCommand {
  readonly group: string
  readonly name: string
  readonly summary: string
  readonly flags: readonly CompletedFlag[]
}

export interface CompletedFlag {
  /** Without the dashes in front. */
  readonly flag: string
  readonly help: string
  /** `nothing`: a switch; undefined: a value that cannot be known, or a file behind an @. */
  readonly completes: 'nothing' | undefined | readonly string[]
  /** A flag of every command, which shells complete for all of them alike. */
  readonly isShared: boolean
}

export const completedCommands = (): CompletedCommand[] =>
  Object.entries(apiTable()).flatMap(([group, commands]) =>
    Object.entries(commands).map(([name, command]) => ({
      group,
      name,
      summary: command.summary,
      flags: flagsOf(command),
    })),
  )

function flagsOf(command: ApiCommand): CompletedFlag[] {
  const fields = command.fields.map(
    (field): CompletedFlag => ({
      flag: field.flag,
      help: fieldRow(field).right,
      completes: field.kind === 'switch' ? 'nothing' : field.choices,
      isShared: false,
    }),
  )
  const own = ownFlagRows(command).map(({ left, right }): CompletedFlag => {
    const flag = /--([\w-]+)/.exec(left)?.[1] ?? ''
    const isValue = Object.entries(ownFlags).some(([name, row]) => name === flag && 'value' in row)
    return {
      flag,
      help: right,
      completes: flag === 'output' ? FORMATS : isValue ? undefined : 'nothing',
      isShared: false,
    }
  })
  const taken = new Set([...fields, ...own].map(({ flag }) => flag))
  return [...fields, ...own, ...connectionCompletions().filter(({ flag }) => !taken.has(flag))]
}

/** The flags of the connection, which every command takes. */
export const connectionCompletions = (): CompletedFlag[] =>
  [...connectionFlags].map(([flag, takesValue]) => ({
    flag,
    help: helpOf.get(flag) ?? '',
    completes: takesValue ? undefined : 'nothing',
    isShared: true,
  }))

const helpOf = new Map(
  allSettings.map(({ name, row }) => [settingNames(name).flag, row.help] as const),
)
