import type { Kysely } from 'kysely'
import { type Indexes, makeTables, sealed, type Tables } from './tables.ts'

const certificate = {
  subject: 'text',
  issuer: 'text',
  serial_number: 'text',
  not_before: 'text',
  not_after: 'text',
  sha1_fingerprint: 'text',
  sha256_fingerprint: 'text',
  sha512_fingerprint: 'text',
} as const

const tables = {
  local_cas: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      state: 'text',
      csr: 'text',
      cert: 'text?',
      parent: 'text?',
      subject: 'text',
      issuer: 'text?',
      serial_number: 'text?',
      not_before: 'text?',
      not_after: 'text?',
      sha1_fingerprint: 'text',
      sha256_fingerprint: 'text',
      sha512_fingerprint: 'text',
      private_key: 'bytes',
      client_authentication: 'integer?',
      user_authentication: 'integer?',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
  certificates: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      ca_id: 'text',
      name: 'text',
      purpose: 'text',
      cert: 'text',
      ...certificate,
      revoked_at: 'text?',
      revoked_reason: 'text?',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
  external_cas: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      cert: 'text',
      parent: 'text?',
      ...certificate,
      client_authentication: 'integer',
      user_authentication: 'integer',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
} satisfies Tables

const unique: Indexes<keyof typeof tables> = [
  ['local_cas', ['domain_id', 'name']],
  ['certificates', ['domain_id', 'name']],
  // Uniqueness of serials per issuer: RFC 5280 section 4.1.2.2.
  ['certificates', ['ca_id', 'serial_number']],
  ['external_cas', ['domain_id', 'name']],
]

/** Each list order ends with the id, so that an index alone says which rows a page holds. */
const indexes: Indexes<keyof typeof tables> = [
  ['local_cas', ['domain_id', 'updated_at', 'id']],
  ['local_cas', ['domain_id', 'subject', 'id']],
  ['local_cas', ['domain_id', 'issuer', 'id']],
  ['local_cas', ['domain_id', 'state', 'id']],
  ['certificates', ['domain_id', 'ca_id', 'updated_at', 'id']],
  ['certificates', ['domain_id', 'ca_id', 'created_at', 'id']],
  ['certificates', ['domain_id', 'ca_id', 'subject', 'id']],
  ['certificates', ['domain_id', 'ca_id', 'not_after', 'id']],
  ['external_cas', ['domain_id', 'updated_at', 'id']],
  ['external_cas', ['domain_id', 'subject', 'id']],
  ['external_cas', ['domain_id', 'issuer', 'id']],
]

export const up = (db: Kysely<unknown>): Promise<void> =>
  makeTables(db, { tables, unique, indexes })
