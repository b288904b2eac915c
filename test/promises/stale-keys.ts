/**
 * A server that breaks the promise it is tried for: it never looks again whether a key has changed. The harness that
 * destroys keys on another node must notice it.
 */
import { join } from 'node:path'
import { startServer } from '../../src/compose.ts'
import { openStore } from '../../src/store/index.ts'
import { ADMIN_PASSWORD } from './lab.ts'

const dataDir = process.env['KEYSTEAD_DATA_DIR'] ?? ''
const url = process.env['KEYSTEAD_DATABASE_URL']
const store = await openStore(
  url === undefined
    ? { kind: 'sqlite', file: join(dataDir, 'keystead.db') }
    : { kind: 'postgres', url },
)
const server = await startServer(
  {
    dataDir,
    listen: { host: '127.0.0.1', port: 0 },
    databaseUrl: undefined,
    rootKey: {
      scheme: 'file',
      path: process.env['KEYSTEAD_ROOT_KEY']?.replace('file:', '') ?? join(dataDir, 'root.key'),
    },
    adminPassword: ADMIN_PASSWORD,
    tlsNames: [],
    logLevel: 'warn',
    shutdownSeconds: 5,
  },
  { store: { ...store, keysChanged: () => 1 } },
)
process.stdout.write(`Keystead runs at ${server.url}\n`)
