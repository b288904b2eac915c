import { certificateCommands, csrGenerate } from './certificates.ts'
import { externalCaCommands, publishedExternalCaCommands } from './external-cas.ts'
import { groupCommands } from './groups.ts'
import { localCaCommands } from './local-cas.ts'
import type { Command } from './types.ts'
import { testModule, userCommands } from './users.ts'

/**
 * Every command, once. Reading of arguments, help, the pack's YAML and README, the command line and the documentation
 * all come from these rows.
 */
export const commands: readonly Command[] = [
  ...groupCommands,
  ...userCommands,
  ...localCaCommands,
  ...certificateCommands,
  ...externalCaCommands,
  csrGenerate,
  ...publishedExternalCaCommands,
]

export const TEST_MODULE = testModule.name

/** Undefined when there is none of that name. */
export function commandNamed(name: string): Command | undefined {
  if (name === TEST_MODULE) return testModule
  for (const command of commands) if (command.name === name) return command
  return undefined
}
