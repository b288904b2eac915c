import type { Kysely } from 'kysely'
import { type Indexes, makeTables, sealed, type Tables } from './tables.ts'

const tables = {
  alarms: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      cause: 'text',
      name: 'text',
      severity: 'text',
      description: 'text',
      state: 'text',
      acknowledged_at: 'text?',
      kept_until: 'text',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
} satisfies Tables

const unique: Indexes<keyof typeof tables> = [['alarms', ['domain_id', 'cause']]]

const indexes: Indexes<string> = [
  ['alarms', ['domain_id', 'created_at', 'id']],
  ['alarms', ['domain_id', 'state', 'created_at', 'id']],
  ['alarms', ['domain_id', 'severity', 'created_at', 'id']],
  ['alarms', ['kept_until', 'id']],
  // What ends soon: issued certificates have had this index from the start.
  ['local_cas', ['domain_id', 'not_after', 'id']],
  ['external_cas', ['domain_id', 'not_after', 'id']],
]

export const up = (db: Kysely<unknown>): Promise<void> =>
  makeTables(db, { tables, unique, indexes })
