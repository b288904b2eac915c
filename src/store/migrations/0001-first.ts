import { type ColumnDataType, type Kysely, type RawBuilder, SqliteAdapter, sql } from 'kysely'

type Type = 'text' | 'integer' | 'bytes'
/** A question mark: may be null. */
type Columns = Readonly<Record<string, Type | `${Type}?`>>

/** Text orders by its bytes on both databases, whatever language the operating system speaks. */
const POSTGRES = {
  text: sql`text collate "C"`,
  integer: 'bigint',
  bytes: 'bytea',
} satisfies Record<Type, ColumnDataType | RawBuilder<unknown>>

const SQLITE = { text: 'text', integer: 'integer', bytes: 'blob' } satisfies Record<
  Type,
  ColumnDataType
>

const sealed = { version: 'integer', seal: 'bytes' } satisfies Columns

const tables = {
  installation: {
    key: ['id'],
    columns: { id: 'text', created_at: 'text', root_key_id: 'text', root_check: 'bytes' },
  },
  root_keks: {
    key: ['id'],
    columns: {
      id: 'text',
      version: 'integer',
      root_key_id: 'text',
      wrapped: 'bytes',
      created_at: 'text',
    },
  },
  domain_keks: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      version: 'integer',
      root_kek_id: 'text',
      wrapped: 'bytes',
      created_at: 'text',
    },
  },
  data_keys: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      purpose: 'text',
      version: 'integer',
      domain_kek_id: 'text',
      wrapped: 'bytes',
      public_jwk: 'text?',
      created_at: 'text',
      retired_at: 'text?',
    },
  },
  domains: {
    key: ['id'],
    columns: { id: 'text', name: 'text', created_at: 'text', updated_at: 'text', ...sealed },
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
      ...sealed,
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
      ...sealed,
    },
  },
  guesses: {
    key: ['account'],
    columns: { account: 'text', window_ends_at: 'text', wrong: 'integer', pending: 'integer' },
  },
  password_history: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      user_id: 'text',
      password: 'bytes',
      created_at: 'text',
      ...sealed,
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
      ...sealed,
    },
  },
  memberships: {
    key: ['group_id', 'user_id'],
    columns: {
      group_id: 'text',
      user_id: 'text',
      domain_id: 'text',
      created_at: 'text',
      ...sealed,
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
      ...sealed,
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
      last_used_at: 'text',
      use_seal: 'bytes',
      ...sealed,
    },
  },
  settings: {
    key: ['domain_id', 'key'],
    columns: { domain_id: 'text', key: 'text', value: 'text', updated_at: 'text', ...sealed },
  },
  counts: {
    key: ['domain_id', 'table_name'],
    columns: { domain_id: 'text', table_name: 'text', rows: 'integer' },
  },
  generations: { key: ['topic'], columns: { topic: 'text', value: 'integer' } },
  audit_records: {
    key: ['node_id', 'seq'],
    columns: {
      node_id: 'text',
      seq: 'integer',
      id: 'text',
      domain_id: 'text',
      created_at: 'text',
      severity: 'text',
      message: 'text',
      username: 'text',
      service: 'text',
      source: 'text',
      success: 'integer',
      client_ip: 'text',
      details: 'text',
      mac: 'bytes',
    },
  },
  audit_heads: {
    key: ['node_id'],
    columns: {
      node_id: 'text',
      seq: 'integer',
      mac: 'bytes',
      signed_seq: 'integer',
      signed_mac: 'bytes',
      signature: 'bytes',
      signed_at: 'text',
    },
  },
} satisfies Record<string, { key: readonly string[]; columns: Columns }>

const unique: readonly [table: keyof typeof tables, columns: readonly string[]][] = [
  ['root_keks', ['root_key_id', 'version']],
  ['domain_keks', ['domain_id', 'version']],
  ['data_keys', ['domain_id', 'purpose', 'version']],
  ['domains', ['name']],
  ['users', ['domain_id', 'username_key']],
  ['groups', ['domain_id', 'name_key']],
  ['password_policies', ['domain_id', 'policy_name']],
  ['refresh_tokens', ['token_hash']],
  ['audit_records', ['id']],
]

/** Each list order ends with the id, so that an index alone says which rows a page holds. */
const indexes: readonly [table: keyof typeof tables, columns: readonly string[]][] = [
  ['users', ['domain_id', 'created_at', 'id']],
  ['users', ['domain_id', 'email', 'id']],
  ['users', ['domain_id', 'lower(name)', 'id']],
  ['groups', ['domain_id', 'created_at', 'id']],
  ['memberships', ['user_id', 'group_id']],
  ['password_history', ['user_id', 'created_at']],
  ['guesses', ['window_ends_at']],
  ['refresh_tokens', ['user_id']],
  ['refresh_tokens', ['session_id']],
  ['refresh_tokens', ['domain_id', 'created_at', 'id']],
  ['audit_records', ['domain_id', 'created_at', 'id']],
]

export async function up(db: Kysely<unknown>): Promise<void> {
  const postgres = !(db.getExecutor().adapter instanceof SqliteAdapter)
  for (const [name, { key, columns }] of Object.entries(tables)) {
    let table = db.schema.createTable(name)
    for (const [column, given] of Object.entries<string>(columns)) {
      const type = given.replace('?', '') as Type
      table = table.addColumn(column, postgres ? POSTGRES[type] : SQLITE[type], (definition) =>
        given.endsWith('?') ? definition : definition.notNull(),
      )
    }
    await table.addPrimaryKeyConstraint(`${name}_key`, [...key] as never[]).execute()
  }
  for (const [table, columns] of unique)
    await db.schema
      .createIndex(`${table}_${columns.at(-1)}_unique`)
      .unique()
      .on(table)
      .columns([...columns])
      .execute()
  for (const [table, columns] of indexes) {
    const name = columns.filter((column) => column !== 'domain_id' && column !== 'id')
    await db.schema
      .createIndex(`${table}_by_${name.join('_').replace(/\W+/g, '_')}`)
      .on(table)
      .expression(sql.join(columns.map(indexed)))
      .execute()
  }
}

const indexed = (column: string): RawBuilder<unknown> =>
  column === 'lower(name)'
    ? sql`lower(${sql.ref('name')})`
    : (sql.ref(column) as RawBuilder<unknown>)
