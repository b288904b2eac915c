import type { Kysely } from 'kysely'
import { type Indexes, makeTables, sealed, type Tables } from './tables.ts'

const tables = {
  cte_sets: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      kind: 'text',
      name: 'text',
      description: 'text',
      labels: 'text?',
      type: 'text',
      elements: 'text',
      reference_version: 'integer',
      signing_status: 'text',
      signing_client: 'text?',
      updated_by: 'text',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
  cte_set_uses: {
    key: ['process_set', 'used_set'],
    columns: { process_set: 'text', used_set: 'text', domain_id: 'text', ...sealed },
  },
  cte_signatures: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      set_id: 'text',
      file_name: 'text',
      hash_value: 'text',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
  cte_policies: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      description: 'text',
      labels: 'text?',
      policy_type: 'text',
      never_deny: 'integer',
      restrict_update: 'integer',
      policy_version: 'integer',
      policy_key_version: 'integer',
      updated_by: 'text',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
  cte_rules: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      policy_id: 'text',
      kind: 'text',
      order_number: 'integer',
      user_set_id: 'text?',
      process_set_id: 'text?',
      resource_set_id: 'text?',
      signature_set_id: 'text?',
      key_row: 'text?',
      new_key_row: 'text?',
      content: 'text',
      created_at: 'text',
      updated_at: 'text',
      ...sealed,
    },
  },
} satisfies Tables

const unique: Indexes<keyof typeof tables> = [
  ['cte_sets', ['domain_id', 'kind', 'name']],
  ['cte_signatures', ['domain_id', 'set_id', 'file_name', 'hash_value']],
  ['cte_policies', ['domain_id', 'name']],
]

/** Each list order ends with the id, so that an index alone says which rows a page holds. */
const indexes: Indexes<keyof typeof tables> = [
  ['cte_sets', ['domain_id', 'kind', 'created_at', 'id']],
  ['cte_sets', ['domain_id', 'kind', 'updated_at', 'id']],
  ['cte_set_uses', ['domain_id', 'used_set', 'process_set']],
  ['cte_signatures', ['domain_id', 'set_id', 'created_at', 'id']],
  ['cte_policies', ['domain_id', 'created_at', 'id']],
  ['cte_policies', ['domain_id', 'updated_at', 'id']],
  ['cte_policies', ['domain_id', 'policy_type', 'created_at', 'id']],
  ['cte_rules', ['policy_id', 'kind', 'order_number', 'id']],
  ['cte_rules', ['domain_id', 'user_set_id']],
  ['cte_rules', ['domain_id', 'process_set_id']],
  ['cte_rules', ['domain_id', 'resource_set_id']],
  ['cte_rules', ['domain_id', 'signature_set_id']],
  ['cte_rules', ['domain_id', 'key_row']],
  ['cte_rules', ['domain_id', 'new_key_row']],
]

export const up = (db: Kysely<unknown>): Promise<void> =>
  makeTables(db, { tables, unique, indexes })
