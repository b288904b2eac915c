import type { AuditVerdict, Initialised, RunningServer } from './cli/server-commands.ts'
import type { ServerSettings } from './cli/settings.ts'
import { initialise, locationOf, nodeIdOf, rotateRootKeyOffline, startServer } from './compose.ts'
import type { StoreLog } from './store/index.ts'
import { openAuditLog } from './system/index.ts'

/** The server's own commands, as the command line asks for them (cli/server-commands.ts). */
export const serve = (settings: ServerSettings): Promise<RunningServer> => startServer(settings)

export const initialiseOffline = (settings: ServerSettings): Promise<Initialised> =>
  initialise(settings, onStderr)

export async function verifyAudit(settings: ServerSettings, head?: unknown): Promise<AuditVerdict> {
  const log = await auditLog(settings)
  try {
    const verdict = await log.verify(head as Parameters<typeof log.verify>[0])
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
