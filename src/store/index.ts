import type { Kysely } from 'kysely'
import { type StoreLog, storeOn } from './core.ts'
import { kyselyOn, openPostgres } from './postgres.ts'
import { postgresPools } from './postgres-pools.ts'
import type { Schema } from './schema.ts'
import { openSqlite, openSqliteReader } from './sqlite.ts'
import type { Reader, Store } from './store.ts'

export type { StoreLog } from './core.ts'

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
  const backend =
    location.kind === 'sqlite'
      ? await openSqlite(location.file, log)
      : await openPostgres(postgresPools(location.url, log), log)
  return storeOn(backend, log)
}

/** Reads what is there, beside a running server too, and checks no seals: for looking after the audit log. */
export function openReadOnly(location: Location): { read: Reader; close(): Promise<void> } {
  const db: Kysely<Schema> =
    location.kind === 'sqlite'
      ? openSqliteReader(location.file)
      : kyselyOn(postgresPools(location.url, quiet).readers)
  return { read: db, close: () => db.destroy() }
}
