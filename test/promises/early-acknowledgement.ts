/**
 * A server that breaks the promise it is tried for: it acknowledges what is not yet written. The harness that kills
 * servers must notice it.
 */
import { join } from 'node:path'
import { startServer } from '../../src/compose.ts'
import { openStore } from '../../src/store/index.ts'
import { ADMIN_PASSWORD } from './lab.ts'

const dataDir = process.env['KEYSTEAD_DATA_DIR'] ?? ''
const store = await openStore({ kind: 'sqlite', file: join(dataDir, 'keystead.db') })
let early = false
const server = await startServer(
  {
    dataDir,
    listen: { host: '127.0.0.1', port: 0 },
    databaseUrl: undefined,
    rootKey: { scheme: 'file', path: join(dataDir, 'root.key') },
    adminPassword: ADMIN_PASSWORD,
    tlsNames: [],
    logLevel: 'warn',
    shutdownSeconds: 5,
  },
  {
    store: {
      ...store,
      transact: (work) =>
        !early
          ? store.transact(work)
          : new Promise((resolve, reject) => {
              store
                .transact(async (tx) => {
                  const result = await work(tx)
                  resolve(result)
                  await new Promise((later) => setTimeout(later, 50))
                  return result
                })
                .catch(reject)
            }),
    },
  },
)
early = true
process.stdout.write(`Keystead runs at ${server.url}\n`)
