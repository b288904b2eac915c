import type { Invocation } from '../arguments.ts'
import type { ExitCode } from '../failures.ts'
import type { ServerCommands } from '../server-commands.ts'
import type { ClientSettings, ServerSettings } from '../settings/index.ts'
import type { Terminal } from '../terminal.ts'

/** What a command's function is given. Settings are read when asked for, and complain then. */
export interface Run {
  readonly invocation: Invocation
  readonly terminal: Terminal
  readonly server: ServerCommands
  serverSettings(): ServerSettings
  /** To make a profile (`login`), none has to be there. */
  clientSettings(purpose?: 'login'): ClientSettings
}

export type Runner = (run: Run) => Promise<ExitCode>
