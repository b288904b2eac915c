import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { AuditVerdict, Initialised, RunningServer } from './cli/server-commands.ts'
import type { ServerSettings } from './cli/settings/index.ts'
import { startServer } from './compose.ts'
import { nodeIdOf } from './data-folder.ts'
import { initialise, locationOf, rotateRootKeyOffline } from './installation.ts'
import type { StoreLog } from './store/index.ts'
import { exportedHead, openAuditLog } from './system/index.ts'

/** The server's own commands, as the command line asks for them (cli/server-commands.ts). */
export async function serve(settings: ServerSettings): Promise<RunningServer> {
  const running = await startServer(settings)
  setTimeout(releaseStart, RELEASE_AFTER_MS).unref()
  return running
}

const RELEASE_AFTER_MS = 1000

/**
 * Gives back what only the start needed, a quarter of the memory. V8 would keep it until there is pressure, and takes
 * some tens of milliseconds for this once, before anyone has come to count on an answer.
 */
function releaseStart(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: object) => void
  setFlagsFromString('--no-expose-gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

export const initialiseOffline = (settings: ServerSettings): Promise<Initialised> =>
  initialise(settings, onStderr)

export async function verifyAudit(settings: ServerSettings, head?: unknown): Promise<AuditVerdict> {
  const log = await auditLog(settings)
  try {
    const verdict = await log.verify(head === undefined ? undefined : readHead(head))
    if (verdict.intact) return { records: verdict.records, problems: [] }
    const where =
      verdict.id === undefined ? `number ${verdict.seq}` : `number ${verdict.seq} (${verdict.id})`
    return {
      records: 0,
      problems: [`record ${where} of node ${verdict.node_id}: ${verdict.problem}`],
    }
  } finally {
    await log.close()
  }
}

/** What was kept elsewhere may be anything by now. */
function readHead(kept: unknown) {
  const read = exportedHead.safeParse(kept)
  if (!read.success) throw new Error('This is not a head as "keystead audit head" prints it.')
  return read.data
}

export async function exportAuditHead(settings: ServerSettings): Promise<unknown> {
  const log = await auditLog(settings)
  try {
    return await log.exportHead()
  } finally {
    await log.close()
  }
}

export const rotateRootKey = (settings: ServerSettings): Promise<void> =>
  rotateRootKeyOffline(settings, onStderr)

const auditLog = async (settings: ServerSettings) =>
  openAuditLog(locationOf(settings), settings.rootKey, await nodeIdOf(settings.dataDir))

const say = (message: string): void => {
  process.stderr.write(`${message}\n`)
}
const onStderr: StoreLog = { info: () => undefined, warn: say, error: say }
