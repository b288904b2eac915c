import { address, folder } from './kinds.ts'
import { type CommonSettings, commonRows } from './rows.ts'
import type { Given } from './sources.ts'

/** What servers and clients alike read. */
export function common(given: Given, cwd: string): CommonSettings {
  return {
    config: given.configFile,
    dataDir:
      given.value('dataDir', commonRows.dataDir) ??
      folder.parse(commonRows.dataDir.default ?? '', cwd),
    listen:
      given.value('listen', commonRows.listen) ??
      address.parse(commonRows.listen.default ?? '', cwd),
  }
}
