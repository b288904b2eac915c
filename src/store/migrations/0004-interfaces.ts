import type { Kysely } from 'kysely'
import { type Indexes, makeTables, sealed, type Tables } from './tables.ts'

const tables = {
  interfaces: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      interface_type: 'text',
      mode: 'text',
      minimum_tls_version: 'text',
      maximum_tls_version: 'text',
      auto_gen_ca_id: 'text',
      auto_gen_days_before_expiry: 'integer',
      auto_gen_attributes: 'text?',
      trusted_cas: 'text',
      tls_ciphers: 'text?',
      tls_groups: 'text?',
      certificate_id: 'text',
      upcoming_id: 'text?',
      request_id: 'text?',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
  interface_certificates: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      interface_id: 'text',
      origin: 'text',
      chain: 'text',
      csr: 'text?',
      ca_id: 'text?',
      private_key: 'bytes',
      created_at: 'text',
      ...sealed,
    },
  },
  trusted_cas: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      ca_id: 'text',
      ca_type: 'text',
      service: 'text',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
} satisfies Tables

const unique: Indexes<keyof typeof tables> = [['interfaces', ['domain_id', 'name']]]

const indexes: Indexes<keyof typeof tables> = [
  ['interfaces', ['domain_id', 'updated_at', 'id']],
  ['interface_certificates', ['interface_id', 'created_at', 'id']],
  ['trusted_cas', ['domain_id', 'updated_at', 'id']],
  ['trusted_cas', ['domain_id', 'ca_id', 'service', 'id']],
]

export const up = (db: Kysely<unknown>): Promise<void> =>
  makeTables(db, { tables, unique, indexes })
