import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { Tampered } from '../kit/fault.ts'
import { type Columns, canonical, columnsOf } from './canonical.ts'
import type { Schema } from './schema.ts'
import type { SealedTable } from './store.ts'

type Plain<Value> = Value extends string ? 'text' : Value extends number ? 'integer' : 'bytes'
type Kind<Value> = null extends Value ? `${Plain<NonNullable<Value>>}?` : Plain<Value>

/** Columns outside their row's seal, since every use writes them; they have a seal of their own. */
interface Unsealed {
  refresh_tokens: 'last_used_at' | 'use_seal'
}

type SealedColumn<Table extends SealedTable> = Exclude<
  keyof Schema[Table],
  'seal' | (Table extends keyof Unsealed ? Unsealed[Table] : never)
>

type Registry = {
  [Table in SealedTable]: {
    readonly key: readonly (keyof Schema[Table])[]
    readonly columns: { [Column in SealedColumn<Table>]: Kind<Schema[Table][Column]> }
  }
}

/**
 * Every sealed table: its primary key, and the columns under the seal in the order they are encoded. A column that is
 * in the schema and not here does not compile.
 */
export const sealedTables = {
  domains: {
    key: ['id'],
    columns: {
      id: 'text',
      name: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  users: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      username: 'text',
      username_key: 'text',
      name: 'text',
      nickname: 'text',
      email: 'text',
      password: 'bytes?',
      password_changed_at: 'text',
      password_change_required: 'integer',
      password_policy: 'text?',
      certificate_subject_dn: 'text',
      allowed_auth_methods: 'text',
      allowed_client_types: 'text',
      prevent_ui_login: 'integer',
      expires_at: 'text?',
      user_metadata: 'text?',
      app_metadata: 'text?',
      session_epoch: 'integer',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  logins: {
    key: ['user_id'],
    columns: {
      user_id: 'text',
      domain_id: 'text',
      logins_count: 'integer',
      last_login: 'text?',
      failed_logins_count: 'integer',
      failed_logins_initial_attempt_at: 'text?',
      last_failed_login_at: 'text?',
      account_lockout_at: 'text?',
      locked_until: 'text?',
      version: 'integer',
    },
  },
  password_history: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      user_id: 'text',
      password: 'bytes',
      created_at: 'text',
      version: 'integer',
    },
  },
  groups: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      name_key: 'text',
      description: 'text?',
      user_metadata: 'text?',
      app_metadata: 'text?',
      client_metadata: 'text?',
      system: 'integer',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  memberships: {
    key: ['group_id', 'user_id'],
    columns: {
      group_id: 'text',
      user_id: 'text',
      domain_id: 'text',
      created_at: 'text',
      version: 'integer',
    },
  },
  password_policies: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      policy_name: 'text',
      inclusive_min_total_length: 'integer',
      inclusive_max_total_length: 'integer',
      inclusive_min_upper_case: 'integer',
      inclusive_min_lower_case: 'integer',
      inclusive_min_digits: 'integer',
      inclusive_min_other: 'integer',
      password_history_threshold: 'integer',
      password_lifetime: 'integer',
      password_change_min_days: 'integer',
      password_expiry_notification_days: 'integer',
      failed_logins_lockout_thresholds: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  refresh_tokens: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      user_id: 'text',
      session_id: 'text',
      client_id: 'text',
      token_hash: 'text',
      labels: 'text',
      session_epoch: 'integer',
      created_at: 'text',
      updated_at: 'text',
      expires_at: 'text?',
      revoke_unused_seconds: 'integer?',
      revoked_at: 'text?',
      replaced: 'integer',
      certificates: 'text?',
      version: 'integer',
    },
  },
  settings: {
    key: ['domain_id', 'key'],
    columns: {
      domain_id: 'text',
      key: 'text',
      value: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
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
      version: 'integer',
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
      subject: 'text',
      issuer: 'text',
      serial_number: 'text',
      not_before: 'text',
      not_after: 'text',
      sha1_fingerprint: 'text',
      sha256_fingerprint: 'text',
      sha512_fingerprint: 'text',
      revoked_at: 'text?',
      revoked_reason: 'text?',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
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
      subject: 'text',
      issuer: 'text',
      serial_number: 'text',
      not_before: 'text',
      not_after: 'text',
      sha1_fingerprint: 'text',
      sha256_fingerprint: 'text',
      sha512_fingerprint: 'text',
      client_authentication: 'integer',
      user_authentication: 'integer',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
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
      version: 'integer',
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
      version: 'integer',
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
      version: 'integer',
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
      version: 'integer',
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
      version: 'integer',
    },
  },
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
      version: 'integer',
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
      version: 'integer',
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
      version: 'integer',
    },
  },
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
      version: 'integer',
    },
  },
  keys: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      key_id: 'text',
      name: 'text',
      key_version: 'integer',
      uri: 'text',
      object_type: 'text',
      algorithm: 'text',
      size: 'integer',
      curve: 'text?',
      xts: 'integer',
      form: 'text?',
      material: 'bytes?',
      public_key: 'text?',
      state: 'text',
      owner_id: 'text?',
      usage_mask: 'integer',
      meta: 'text?',
      labels: 'text?',
      aliases: 'text',
      cert_type: 'text?',
      cert_fields: 'text?',
      data_type: 'text?',
      description: 'text',
      unexportable: 'integer',
      undeletable: 'integer',
      never_exported: 'integer',
      never_exportable: 'integer',
      empty_material: 'integer',
      activation_date: 'text?',
      deactivation_date: 'text?',
      process_start_date: 'text?',
      protect_stop_date: 'text?',
      archive_date: 'text?',
      destroy_date: 'text?',
      compromise_date: 'text?',
      compromise_occurrence_date: 'text?',
      rotation_date: 'text?',
      rotation_frequency_days: 'integer',
      revocation_reason: 'text?',
      revocation_message: 'text?',
      sha1_fingerprint: 'text?',
      sha256_fingerprint: 'text?',
      check_value: 'text?',
      default_iv: 'text?',
      uuid: 'text?',
      muid: 'text?',
      number_id: 'text?',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  key_links: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      type: 'text',
      source: 'text',
      target: 'text',
      link_index: 'integer',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  key_uses: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      last_used_at: 'text',
      operation: 'text',
      version: 'integer',
    },
  },
  key_policies: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      label_selector: 'text',
      permissions: 'text',
      description: 'text',
      labels: 'text?',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  key_templates: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      description: 'text',
      labels: 'text?',
      meta: 'text?',
      key_attributes: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
} satisfies Registry

const encodings = Object.fromEntries(
  Object.entries(sealedTables).map(([table, { columns }]) => [
    table,
    columnsOf(table, Object.keys(columns)),
  ]),
) as Record<SealedTable, Columns>

type AnyRow = Readonly<Record<string, unknown>>

export const isSealedTable = (table: string): table is SealedTable =>
  Object.hasOwn(sealedTables, table)

/** The row's name in faults and logs: its primary key. */
export const rowName = (table: SealedTable, row: object): string =>
  sealedTables[table].key.map((column) => String((row as AnyRow)[column])).join('/')

export const sealOf = (rowKey: KeyObject, table: SealedTable, row: object): Uint8Array =>
  createHmac('sha256', rowKey)
    .update(canonical(encodings[table], row as AnyRow), 'utf8')
    .digest()

const useColumns = columnsOf('refresh_tokens.use', ['id', 'last_used_at'])

/** The seal of a refresh token's last use, which is written without the rest of its row. */
export const sealUse = (rowKey: KeyObject, id: string, lastUsedAt: string): Uint8Array =>
  createHmac('sha256', rowKey)
    .update(canonical(useColumns, { id, last_used_at: lastUsedAt }), 'utf8')
    .digest()

/** Throws `Tampered` when the row is not as the server wrote it. */
export function checkSeal(rowKey: KeyObject, table: SealedTable, row: object): void {
  const { seal, id, last_used_at, use_seal } = row as AnyRow
  let fits = false
  try {
    fits =
      same(seal, sealOf(rowKey, table, row)) &&
      (table !== 'refresh_tokens' ||
        same(use_seal, sealUse(rowKey, id as string, last_used_at as string)))
  } catch (cause) {
    // A value of a type that no column has, such as a number with a fraction: SQLite keeps any type in any column.
    throw new Tampered(table, rowName(table, row), { cause })
  }
  if (!fits) throw new Tampered(table, rowName(table, row))
}

const same = (stored: unknown, due: Uint8Array): boolean =>
  stored instanceof Uint8Array && stored.length === due.length && timingSafeEqual(stored, due)
