import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../../src/compose.ts'
import { openTestPglite, openTestPostgres } from './databases.ts'

export type DatabaseName = 'sqlite' | 'postgres'

export interface TestServer {
  readonly url: string
  /** PEM. */
  readonly ca: string
  readonly caFile: string
  readonly adminPassword: string
  readonly dataDir: string
  /** Moves the server's clock forward from now on. */
  advance(milliseconds: number): void
  stop(): Promise<void>
}

export const ADMIN_PASSWORD = 'First-Pass-1234!'

/**
 * A whole server on a port of its own, with answers held against their contracts. `postgres` is a real one where
 * KEYSTEAD_TEST_DATABASE_URL names it, else PGlite in this process.
 */
export async function startTestServer(database: DatabaseName = 'sqlite'): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'keystead-server-'))
  const url = process.env['KEYSTEAD_TEST_DATABASE_URL']
  const opened =
    database === 'sqlite'
      ? undefined
      : await (url
          ? openTestPostgres(url, { unsealed: false })
          : openTestPglite({ unsealed: false }))
  let ahead = 0
  const server = await startServer(
    {
      dataDir,
      listen: { host: '127.0.0.1', port: 0 },
      databaseUrl: undefined,
      rootKey: { scheme: 'file', path: join(dataDir, 'root.key') },
      adminPassword: ADMIN_PASSWORD,
      tlsNames: [],
      logLevel: 'silent',
      shutdownSeconds: 5,
    },
    {
      checkReplies: true,
      now: () => new Date(Date.now() + ahead),
      ...(opened ? { store: opened.store } : undefined),
    },
  )
  return {
    url: server.url,
    ca: server.ca,
    caFile: server.caFile,
    adminPassword: ADMIN_PASSWORD,
    dataDir,
    advance(milliseconds) {
      ahead += milliseconds
    },
    async stop() {
      await server.stop()
      await opened?.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
