import type { Kysely } from 'kysely'
import { type Indexes, makeTables, sealed, type Tables } from './tables.ts'

const tables = {
  client_profiles: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      ca_id: 'text?',
      ca_ref: 'text?',
      cert_duration: 'integer',
      csr_parameters: 'text?',
      groups: 'text',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
  registration_tokens: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      token: 'bytes',
      token_hash: 'text',
      name_prefix: 'text',
      lifetime: 'text?',
      valid_until: 'text?',
      max_clients: 'integer',
      clients_registered: 'integer',
      ca_id: 'text?',
      ca_ref: 'text?',
      profile_id: 'text?',
      profile_ref: 'text?',
      cert_duration: 'integer',
      label: 'text?',
      labels: 'text?',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
  registered_clients: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      client_type: 'text',
      token_id: 'text',
      profile_id: 'text',
      ca_id: 'text',
      ca_type: 'text',
      cert: 'text',
      subject: 'text',
      issuer: 'text',
      serial_number: 'text',
      not_before: 'text',
      not_after: 'text',
      sha1_fingerprint: 'text',
      sha256_fingerprint: 'text',
      sha512_fingerprint: 'text',
      subject_field: 'text?',
      groups: 'text',
      client_metadata: 'text?',
      revoked_at: 'text?',
      revoked_reason: 'text?',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
} satisfies Tables

const unique: Indexes<keyof typeof tables> = [
  ['client_profiles', ['domain_id', 'name']],
  ['registration_tokens', ['token_hash']],
  ['registered_clients', ['domain_id', 'name']],
  ['registered_clients', ['domain_id', 'sha256_fingerprint']],
  // Whoever signs in with a certificate is asked whether it is a client's.
  ['registered_clients', ['ca_id', 'serial_number']],
]

/** Each list order ends with the id, so that an index alone says which rows a page holds. */
const indexes: Indexes<keyof typeof tables> = [
  ['client_profiles', ['domain_id', 'updated_at', 'id']],
  ['client_profiles', ['domain_id', 'created_at', 'id']],
  // Which of them name a CA, for whoever wants to delete it: their ids are left out of an index's name.
  ['client_profiles', ['ca_id', 'domain_id', 'name']],
  ['registration_tokens', ['domain_id', 'updated_at', 'id']],
  ['registration_tokens', ['domain_id', 'created_at', 'id']],
  ['registration_tokens', ['domain_id', 'profile_id', 'id']],
  ['registration_tokens', ['ca_id', 'token_hash']],
  ['registration_tokens', ['domain_id', 'name_prefix', 'id']],
  ['registration_tokens', ['domain_id', 'max_clients', 'id']],
  ['registered_clients', ['domain_id', 'updated_at', 'id']],
  ['registered_clients', ['domain_id', 'created_at', 'id']],
  ['registered_clients', ['domain_id', 'profile_id', 'id']],
  ['registered_clients', ['domain_id', 'not_after', 'id']],
]

export const up = (db: Kysely<unknown>): Promise<void> =>
  makeTables(db, { tables, unique, indexes })
