import { apiCommandList } from '../api/help.ts'
import { commandList } from '../ciphertrust/help.ts'
import { EXIT } from '../failures.ts'
import { overview } from '../help.ts'
import type { Runner } from './run.ts'

/** Every command there is. */
export const listCommands: Runner = async ({ terminal }) => {
  terminal.put(
    `${overview()}\nCommands of the API:\n\n${apiCommandList()}\nCommands of the CipherTrust integration of Cortex XSOAR:\n\n${commandList()}`,
  )
  return EXIT.ok
}
