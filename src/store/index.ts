import type { Kysely } from 'kysely'
import { type StoreLog, storeOn } from './core.ts'
import { selectOver, uncheckedReaderOn } from './reader.ts'
import type { Schema } from './schema.ts'
import { openSqlite, openSqliteReader } from './sqlite/backend.ts'
import type { Reader, Store } from './store.ts'

export type { StoreLog } from './core.ts'
export { answeringInTime } from './in-time.ts'

export type Location =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }

const nothing = (): void => undefined
const quiet: StoreLog = { info: nothing, warn: nothing, error: nothing }

/**
 * Opens the database, makes or migrates it first. Until `unseal` only tables without seals can be used: the key
 * hierarchy, from which the seals' keys come. Throws Fault 'unavailable' when another process has the SQLite file, when
 * a newer version wrote the database, or when it cannot be reached.
 */
export async function openStore(
  location: Location,
  { log = quiet }: { readonly log?: StoreLog } = {},
): Promise<Store> {
  if (location.kind === 'sqlite') return storeOn(await openSqlite(location.file, log), log)
  const { openPostgres, postgresPools } = await postgres()
  return storeOn(await openPostgres(postgresPools(location.url, log), log), log)
}

/** A server on SQLite does without the driver, and the memory it takes. */
async function postgres() {
  const [{ kyselyOn, openPostgres }, { postgresPools }] = await Promise.all([
    import('./postgres/backend.ts'),
    import('./postgres/pools.ts'),
  ])
  return { kyselyOn, openPostgres, postgresPools }
}

/** Reads what is there, beside a running server too, and checks no seals: for looking after the audit log. */
export async function openReadOnly(
  location: Location,
): Promise<{ read: Reader; close(): Promise<void> }> {
  const db = await readerOf(location)
  const read = uncheckedReaderOn({ dialect: location.kind, db, select: selectOver(db) })
  return { read, close: () => db.destroy() }
}

async function readerOf(location: Location): Promise<Kysely<Schema>> {
  if (location.kind === 'sqlite') return openSqliteReader(location.file)
  const { kyselyOn, postgresPools } = await postgres()
  return kyselyOn(postgresPools(location.url, quiet).readers)
}
