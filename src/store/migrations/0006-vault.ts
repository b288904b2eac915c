import { type Kysely, sql } from 'kysely'
import { type Indexes, makeTables, sealed, type Tables } from './tables.ts'

const tables = {
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
      ...sealed,
    },
  },
  key_aliases: {
    key: ['domain_id', 'alias'],
    columns: { domain_id: 'text', alias: 'text', key_row: 'text' },
  },
  key_labels: {
    key: ['key_row', 'label'],
    columns: { key_row: 'text', label: 'text', domain_id: 'text', value: 'text' },
  },
  key_readers: {
    key: ['key_row', 'group_name'],
    columns: { key_row: 'text', group_name: 'text', domain_id: 'text' },
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
      ...sealed,
    },
  },
  key_rotations: {
    key: ['domain_id', 'name', 'slot'],
    columns: { domain_id: 'text', name: 'text', slot: 'text', node_id: 'text' },
  },
  key_uses: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      last_used_at: 'text',
      operation: 'text',
      ...sealed,
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
      ...sealed,
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
      ...sealed,
    },
  },
} satisfies Tables

const unique: Indexes<keyof typeof tables> = [
  ['keys', ['domain_id', 'key_id']],
  ['keys', ['domain_id', 'name', 'key_version']],
  ['keys', ['domain_id', 'uri']],
  ['key_links', ['domain_id', 'source', 'type', 'target']],
  ['key_policies', ['domain_id', 'name']],
  ['key_templates', ['domain_id', 'name']],
]

/** Each list order ends with the id, so that an index alone says which rows a page holds. */
const indexes: Indexes<keyof typeof tables> = [
  ['keys', ['domain_id', 'created_at', 'id']],
  ['keys', ['domain_id', 'owner_id', 'created_at', 'id']],
  // What lists filter by and few rows differ in: counting reads this and no row.
  ['keys', ['domain_id', 'state', 'algorithm', 'object_type', 'size', 'curve', 'created_at', 'id']],
  ['keys', ['domain_id', 'sha1_fingerprint', 'id']],
  ['keys', ['domain_id', 'sha256_fingerprint', 'id']],
  ['key_aliases', ['key_row', 'alias']],
  ['key_labels', ['domain_id', 'label', 'value', 'key_row']],
  ['key_readers', ['domain_id', 'group_name', 'key_row']],
  ['key_links', ['domain_id', 'created_at', 'id']],
  ['key_links', ['target', 'type', 'id']],
  ['key_policies', ['domain_id', 'updated_at', 'id']],
  ['key_templates', ['domain_id', 'updated_at', 'id']],
]

/** Columns that few keys fill: an index of these keys alone costs the others nothing. */
const partial: readonly (readonly [column: string, columns: readonly string[]])[] = [
  ['uuid', ['domain_id', 'uuid']],
  ['muid', ['domain_id', 'muid']],
  ['number_id', ['domain_id', 'number_id']],
  ['rotation_date', ['rotation_date', 'id']],
]

export async function up(db: Kysely<unknown>): Promise<void> {
  await makeTables(db, { tables, unique, indexes })
  for (const [column, columns] of partial)
    await sql`create index ${sql.id(`keys_by_${column}`)} on keys (${sql.join(columns.map((name) => sql.ref(name)))})
      where ${sql.ref(column)} is not null`.execute(db)
  await sql`create index keys_by_activation_date on keys (activation_date, id)
    where state = 'Pre-Active'`.execute(db)
  await sql`create index keys_by_deactivation_date on keys (deactivation_date, id)
    where state = 'Active' and deactivation_date is not null`.execute(db)
}
