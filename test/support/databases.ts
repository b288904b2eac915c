import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { storeOn } from '../../src/store/core.ts'
import { openStore } from '../../src/store/index.ts'
import { migrate } from '../../src/store/migrate.ts'
import {
  kyselyOn,
  openPostgres,
  type PostgresClient,
  type PostgresConnections,
} from '../../src/store/postgres/backend.ts'
import type { Store, StoreKeys } from '../../src/store/store.ts'
import { SHARED } from './scratch.ts'

export interface TestDatabase {
  readonly store: Store
  readonly keys: StoreKeys
  /** Whatever SQL a writer to the database could run behind the server's back. */
  tamper(sql: string): Promise<void>
  /** Of the database, where a second node can reach it. */
  readonly url: string
  close(): Promise<void>
}

/** The same keys for the same seed, in this process and in others. The seed is 64 hexadecimal digits. */
export function testKeysFrom(seed: string): StoreKeys {
  const privateKey = signingKey(seed)
  return {
    installation: 'a0000000-0000-4000-8000-000000000001',
    nodeId: 'node-1',
    rowKey: createSecretKey(Buffer.alloc(32, 1)),
    auditKey: createSecretKey(Buffer.alloc(32, 2)),
    signHead: (bytes) => sign(null, bytes, privateKey),
  }
}

/** RFC 8410 §7: a PKCS #8 Ed25519 key is this prefix and the seed. */
const signingKey = (seed: string): KeyObject =>
  createPrivateKey({
    key: Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex'),
    format: 'der',
    type: 'pkcs8',
  })

export const testSeed = '5e'.repeat(32)
export const testKeys = testKeysFrom(testSeed)

export const verifyHead = (bytes: Uint8Array, signature: Uint8Array): boolean =>
  verify(null, bytes, createPublicKey(signingKey(testSeed)), signature)

interface Options {
  readonly unsealed?: boolean
}

async function opened(
  store: Store,
  tamper: TestDatabase['tamper'],
  remove: () => void | Promise<void>,
  { unsealed = true }: Options,
): Promise<TestDatabase> {
  if (unsealed) await store.unseal(testKeys)
  return {
    store,
    keys: testKeys,
    url: '',
    tamper,
    async close() {
      await store.close()
      await remove()
    },
  }
}

/** Changes a SQLite database from beside whoever has it open. */
export async function tamperWith(file: string, sql: string): Promise<void> {
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(file, { timeout: 5000 })
  database.exec(sql)
  database.close()
}

export async function openTestSqlite(options: Options = {}): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'keystead-store-'))
  const file = join(folder, 'keystead.db')
  const store = await openStore({ kind: 'sqlite', file })
  const tamper = (sql: string) => tamperWith(file, sql)
  return opened(store, tamper, () => rmSync(folder, { recursive: true, force: true }), options)
}

export async function openTestPglite(options: Options = {}): Promise<TestDatabase> {
  const database = await migratedPglite()
  const store = storeOn(await openPostgres(poolsOf(database), log), log)
  const tamper = async (sql: string) => void (await database.exec(sql))
  return opened(store, tamper, () => database.close(), options)
}

const log = { info() {}, warn() {}, error() {} }

/**
 * Making a PostgreSQL cluster and its tables takes seconds; unpacking one takes less than half of that. The first to
 * need it packs it for the whole run.
 */
async function migratedPglite(): Promise<PGlite> {
  const file = join(tmpdir(), `${SHARED}pglite.tar`)
  if (existsSync(file)) return PGlite.create({ loadDataDir: new Blob([readFileSync(file)]) })
  const database = await PGlite.create()
  await migrate(kyselyOn(connectionsOf(database)))
  const packed = await database.dumpDataDir('none')
  const own = `${file}.${process.pid}`
  writeFileSync(own, new Uint8Array(await packed.arrayBuffer()))
  renameSync(own, file)
  return database
}

const poolsOf = (database: PGlite) => {
  const connections = connectionsOf(database)
  return { readers: connections, writer: connections }
}

/** PGlite has one session. Whoever connects waits until the one before has released it. */
function connectionsOf(database: PGlite): PostgresConnections {
  let last: Promise<void> = Promise.resolve()
  return {
    end: async () => undefined,
    async connect(): Promise<PostgresClient> {
      const { promise, resolve } = Promise.withResolvers<void>()
      const before = last
      last = promise
      await before
      return {
        async query(sql, values) {
          if (!values) {
            const results = await database.exec(sql)
            return { rows: [], rowCount: results.at(-1)?.affectedRows ?? 0 }
          }
          const { rows, affectedRows } = await database.query<Record<string, unknown>>(sql, [
            ...values,
          ])
          return { rows, rowCount: affectedRows ?? 0 }
        },
        release: () => resolve(),
      }
    },
  }
}

/** A database of its own on the server that KEYSTEAD_TEST_DATABASE_URL names, removed on close. */
export async function openTestPostgres(url: string, options: Options = {}): Promise<TestDatabase> {
  const name = `keystead_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`
  const onServer = async (sql: string, database: string) => {
    const client = new pg.Client({ connectionString: database })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }
  await onServer(`create database ${name}`, url)
  const own = new URL(url)
  own.pathname = `/${name}`
  const store = await openStore({ kind: 'postgres', url: own.href })
  const test = await opened(
    store,
    (sql) => onServer(sql, own.href),
    () => onServer(`drop database ${name} with (force)`, url),
    options,
  )
  return { ...test, url: own.href }
}

const url = process.env['KEYSTEAD_TEST_DATABASE_URL']

type Open = (options?: Options) => Promise<TestDatabase>

/** PGlite stands in for a PostgreSQL that is not there. */
const postgres: [name: string, open: Open] = url
  ? ['PostgreSQL', (options) => openTestPostgres(url, options)]
  : ['PGlite', openTestPglite]

/** Every database that the tests run on: for `describe.each(databases)`. */
export const databases: [name: string, open: Open][] = process.env['KEYSTEAD_TEST_ONE_DATABASE']
  ? [['SQLite', openTestSqlite]]
  : [['SQLite', openTestSqlite], postgres]
