import { type Kysely, sql } from 'kysely'
import { type Indexes, makeTables, sealed, type Tables } from './tables.ts'

const tables = {
  key_limits: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      remaining: 'integer',
      updated_at: 'text',
      ...sealed,
    },
  },
  key_ivs: {
    key: ['key_row', 'iv'],
    columns: { key_row: 'text', iv: 'bytes', domain_id: 'text', used_at: 'text' },
  },
  certificate_keys: {
    key: ['certificate_id'],
    columns: { certificate_id: 'text', domain_id: 'text', key_digest: 'text' },
  },
} satisfies Tables

const unique: Indexes<keyof typeof tables> = []
const indexes: Indexes<keyof typeof tables> = [
  ['certificate_keys', ['domain_id', 'key_digest', 'certificate_id']],
]

/** Uses that are counted down, IVs that are used up, and which keys are certified. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await makeTables(db, { tables, unique, indexes })
  // They are few, and whoever deletes a key of a pair asks for those of its public key.
  await sql`create index keys_by_certificate on keys (domain_id, id)
    where object_type = 'Certificate'`.execute(db)
}
