import type { Kysely } from 'kysely'
import { type Indexes, makeTables, sealed, type Tables } from './tables.ts'

const tables = {
  revocations: {
    key: ['ca_id', 'serial_number'],
    columns: {
      ca_id: 'text',
      serial_number: 'text',
      domain_id: 'text',
      state: 'text',
      reason: 'text?',
      revoked_at: 'text?',
      not_after: 'text',
      change_number: 'integer',
      updated_at: 'text',
      ...sealed,
    },
  },
  revocation_changes: {
    key: ['ca_id'],
    columns: {
      ca_id: 'text',
      domain_id: 'text',
      changes: 'integer',
      records: 'integer',
      digest: 'text',
      ...sealed,
    },
  },
  crl_numbers: {
    key: ['ca_id'],
    columns: {
      ca_id: 'text',
      domain_id: 'text',
      number: 'integer',
      base_number: 'integer',
      base_changes: 'integer',
      base_at: 'text',
      address: 'text',
      ...sealed,
    },
  },
  crls: {
    key: ['ca_id', 'kind'],
    columns: {
      ca_id: 'text',
      kind: 'text',
      domain_id: 'text',
      number: 'integer',
      changes: 'integer',
      this_update: 'text',
      next_update: 'text',
      address: 'text',
      der: 'bytes',
      ...sealed,
    },
  },
  ocsp_responders: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      cert: 'text',
      not_after: 'text',
      private_key: 'bytes',
      created_at: 'text',
      ...sealed,
    },
  },
} satisfies Tables

const unique: Indexes<keyof typeof tables> = []
const indexes: Indexes<keyof typeof tables> = [['revocations', ['ca_id', 'not_after']]]

export const up = (db: Kysely<unknown>): Promise<void> =>
  makeTables(db, { tables, unique, indexes })
