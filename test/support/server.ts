import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startServer } from '../../src/compose.ts'
import { openTestPglite, openTestPostgres, tamperWith } from './databases.ts'

export type DatabaseName = 'sqlite' | 'postgres'

export interface TestServer {
  readonly url: string
  /** PEM. */
  readonly ca: string
  readonly caFile: string
  readonly adminPassword: string
  readonly dataDir: string
  readonly running: RunningServer
  /** Moves the server's clock forward from now on. */
  advance(milliseconds: number): void
  /** By how much it is ahead. */
  ahead(): number
  /** Whatever SQL a writer to the database could run behind the server's back. */
  tamper(sql: string): Promise<void>
  stop(): Promise<void>
}

export interface TestServerOptions {
  /** Made and removed by the caller; for servers that start again where another one stopped. */
  readonly dataDir?: string
  /** A PostgreSQL database that several servers share. */
  readonly databaseUrl?: string
  readonly rootKeyFile?: string
  readonly tlsNames?: readonly string[]
  readonly checkCertificateMs?: number
  readonly allowRsa1024?: boolean
  readonly strictDeactivated?: boolean
  /** How often what is due of keys is looked for. */
  readonly keysEveryMs?: number
  /** How far the server's clock is ahead from its start. */
  readonly aheadMs?: number
  /** Publishes revocation on a port of its own. */
  readonly pki?: boolean
  /** On this one, as the operator asked for or not. */
  readonly pkiPort?: number
  readonly pkiListenGiven?: boolean
  readonly pkiUrl?: string
}

export const ADMIN_PASSWORD = 'First-Pass-1234!'

/**
 * A whole server on a port of its own, with answers held against their contracts. `postgres` is a real one where
 * KEYSTEAD_TEST_DATABASE_URL names it, else PGlite in this process.
 */
export async function startTestServer(
  database: DatabaseName = 'sqlite',
  options: TestServerOptions = {},
): Promise<TestServer> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'keystead-server-'))
  const url = process.env['KEYSTEAD_TEST_DATABASE_URL']
  const opened =
    database === 'sqlite' || options.databaseUrl
      ? undefined
      : await (url
          ? openTestPostgres(url, { unsealed: false })
          : openTestPglite({ unsealed: false }))
  let ahead = options.aheadMs ?? 0
  const server = await startServer(
    {
      dataDir,
      listen: { host: '127.0.0.1', port: 0 },
      databaseUrl: options.databaseUrl,
      rootKey: { scheme: 'file', path: options.rootKeyFile ?? join(dataDir, 'root.key') },
      adminPassword: ADMIN_PASSWORD,
      tlsNames: options.tlsNames ?? [],
      logLevel: 'silent',
      shutdownSeconds: 5,
      allowRsa1024: options.allowRsa1024 ?? false,
      strictDeactivated: options.strictDeactivated ?? false,
      ...(options.pki || options.pkiPort
        ? { pkiListen: { host: '127.0.0.1', port: options.pkiPort ?? 0 } }
        : undefined),
      pkiListenGiven: options.pkiListenGiven ?? false,
      pkiUrl: options.pkiUrl,
    },
    {
      checkReplies: true,
      now: () => new Date(Date.now() + ahead),
      ...(opened ? { store: opened.store } : undefined),
      ...(options.keysEveryMs ? { keysEveryMs: options.keysEveryMs } : undefined),
      ...(options.checkCertificateMs
        ? { checkCertificateMs: options.checkCertificateMs }
        : undefined),
    },
  )
  return {
    url: server.url,
    ca: server.ca,
    caFile: server.caFile,
    adminPassword: ADMIN_PASSWORD,
    dataDir,
    running: server,
    advance(milliseconds) {
      ahead += milliseconds
    },
    ahead: () => ahead,
    async tamper(sql) {
      if (opened) return opened.tamper(sql)
      await tamperWith(join(dataDir, 'keystead.db'), sql)
    },
    async stop() {
      await server.stop()
      await opened?.close()
      if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
