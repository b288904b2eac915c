import { type Kysely, sql } from 'kysely'

/**
 * Sessions remember the certificate they were opened with. The new column lies under the row's seal, so the sessions of
 * before, whose seals do not cover it, end: their users sign in again. A distinguished name belongs to one user.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`delete from refresh_tokens`.execute(db)
  await sql`update counts set rows = 0 where table_name = 'refresh_tokens'`.execute(db)
  await db.schema.alterTable('refresh_tokens').addColumn('certificates', 'text').execute()
  await sql`create unique index users_certificate_subject_dn_unique
    on users (domain_id, certificate_subject_dn) where certificate_subject_dn <> ''`.execute(db)
}
