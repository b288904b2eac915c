import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { Fault } from '../kit/fault.ts'
import * as first from './migrations/0001-first.ts'
import * as certificates from './migrations/0002-certificates.ts'
import * as revocation from './migrations/0003-revocation.ts'
import * as interfaces from './migrations/0004-interfaces.ts'
import * as certificateSignIn from './migrations/0005-certificate-sign-in.ts'
import * as vault from './migrations/0006-vault.ts'
import * as alarms from './migrations/0007-alarms.ts'
import * as ctePolicies from './migrations/0008-cte-policies.ts'
import * as keyLimits from './migrations/0009-key-limits.ts'
import * as cteClients from './migrations/0010-cte-clients.ts'
import * as clientManagement from './migrations/0011-client-management.ts'

/** In order; never edited once released. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-first': { up: first.up },
  '0002-certificates': { up: certificates.up },
  '0003-revocation': { up: revocation.up },
  '0004-interfaces': { up: interfaces.up },
  '0005-certificate-sign-in': { up: certificateSignIn.up },
  '0006-vault': { up: vault.up },
  '0007-alarms': { up: alarms.up },
  '0008-cte-policies': { up: ctePolicies.up },
  '0009-key-limits': { up: keyLimits.up },
  '0010-cte-clients': { up: cteClients.up },
  '0011-client-management': { up: clientManagement.up },
}

/**
 * Brings the database to this version. One that a newer version has written is refused: its rows may mean something
 * that this version does not know.
 */
export async function migrate<Schema>(
  db: Kysely<Schema>,
  known: Readonly<Record<string, Migration>> = migrations,
): Promise<void> {
  const newer = (await applied(db)).filter((name) => !Object.hasOwn(known, name))
  if (newer.length > 0)
    throw new Fault(
      'unavailable',
      `the database was written by a newer version of Keystead (it has ${newer.join(', ')}); this version does not open it`,
    )
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...known }) } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}

async function applied<Schema>(db: Kysely<Schema>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === 'kysely_migration')) return []
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  return rows.map(({ name }) => name)
}
