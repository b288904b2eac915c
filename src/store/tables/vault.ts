import type { Sealed, SealsOf } from './sealed.ts'

/** Keys, their versions, and what belongs to them. */
export interface VaultTables {
  keys: KeyRow
  key_aliases: KeyAliasRow
  key_labels: KeyLabelRow
  key_readers: KeyReaderRow
  key_links: KeyLinkRow
  key_rotations: KeyRotationRow
  key_uses: KeyUseRow
  key_limits: KeyLimitRow
  key_ivs: KeyIvRow
  key_policies: KeyPolicyRow
  key_templates: KeyTemplateRow
}

/**
 * One version of a key, or of what else the vault keeps: secrets, certificates, opaque objects. Versions of one key
 * share the name, and number themselves by `key_version`.
 */
export interface KeyRow extends Sealed {
  /** A UUID that no caller chooses; other tables name the row by it. Without another one it is the `uuid` on the wire. */
  id: string
  domain_id: string
  /** The id on the wire, unique in the domain. */
  key_id: string
  name: string
  key_version: number
  uri: string
  object_type: string
  /** As the wire has it in answers: `AES`, `RSA`. */
  algorithm: string
  /** In bits. */
  size: number
  curve: string | null
  xts: number
  /** What the material is once opened; null together with it. */
  form: string | null
  /** Inside the envelope; null for an object without material, and once it is destroyed. */
  material: Uint8Array | null
  /** PEM (SPKI) of asymmetric keys. */
  public_key: string | null
  /** As last written; dates that have come since may have changed it (vault/keys/states.ts). */
  state: string
  /** A user's UUID, read off `meta`; null for keys that belong to nobody. */
  owner_id: string | null
  usage_mask: number
  /** JSON, as are labels (an object), aliases (a list) and cert_fields. */
  meta: string | null
  labels: string | null
  aliases: string
  cert_type: string | null
  cert_fields: string | null
  /** Of secrets: `blob`, `password`, `seed`. */
  data_type: string | null
  description: string
  unexportable: number
  undeletable: number
  never_exported: number
  never_exportable: number
  empty_material: number
  activation_date: string | null
  deactivation_date: string | null
  process_start_date: string | null
  protect_stop_date: string | null
  archive_date: string | null
  destroy_date: string | null
  compromise_date: string | null
  compromise_occurrence_date: string | null
  rotation_date: string | null
  /** 0: it is not rotated by itself. */
  rotation_frequency_days: number
  revocation_reason: string | null
  revocation_message: string | null
  sha1_fingerprint: string | null
  sha256_fingerprint: string | null
  /** Six hexadecimal digits; null for what cannot encrypt a block. */
  check_value: string | null
  default_iv: string | null
  /** Null: made from the row's id (vault/keys/numbers.ts). */
  uuid: string | null
  muid: string | null
  /** `keyId` on the wire: a decimal number. */
  number_id: string | null
  created_at: string
  updated_at: string
}

/**
 * Which key an alias means, apart from the key's own name. This table and the next two only help to find keys: what
 * they say is held against the sealed row of the key before anybody acts on it.
 */
export interface KeyAliasRow {
  domain_id: string
  alias: string
  /** `id` of the key's row. */
  key_row: string
}

export interface KeyLabelRow {
  key_row: string
  label: string
  domain_id: string
  value: string
}

/** The groups that may read a key by its own permissions. */
export interface KeyReaderRow {
  key_row: string
  group_name: string
  domain_id: string
}

export interface KeyLinkRow extends Sealed {
  id: string
  domain_id: string
  type: string
  /** Ids of rows of keys. */
  source: string
  target: string
  link_index: number
  created_at: string
  updated_at: string
}

/** A timed rotation that was done: that there is only one row for a slot is what makes it happen once. */
export interface KeyRotationRow {
  domain_id: string
  name: string
  /** When it was due. */
  slot: string
  node_id: string
}

/** When a key was last used, and for what; written some time after the use. */
export interface KeyUseRow extends Sealed {
  /** `id` of the key's row. */
  id: string
  domain_id: string
  last_used_at: string
  operation: string
}

/** How many uses a key has left. That it has a limit, and which, its own row says (vault/keys/limits.ts). */
export interface KeyLimitRow extends Sealed {
  /** `id` of the key's row. */
  id: string
  domain_id: string
  remaining: number
  updated_at: string
}

/** An IV that a caller chose for a key: that there is only one row for it is what makes it good for once. */
export interface KeyIvRow {
  /** `id` of the key's row. */
  key_row: string
  iv: Uint8Array
  domain_id: string
  used_at: string
}

/** Permissions on all keys whose labels a selector matches. */
export interface KeyPolicyRow extends Sealed {
  id: string
  domain_id: string
  name: string
  label_selector: string
  /** JSON: `groups`, `users` and `clients`, each from permission to names. */
  permissions: string
  description: string
  labels: string | null
  created_at: string
  updated_at: string
}

/** Values for keys that are made with it. */
export interface KeyTemplateRow extends Sealed {
  id: string
  domain_id: string
  name: string
  description: string
  /** JSON, as are `meta` and `key_attributes`. */
  labels: string | null
  meta: string | null
  key_attributes: string
  created_at: string
  updated_at: string
}

/** The columns under the seal of each row, in the order in which they are encoded. */
export const vaultSeals = {
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
  key_limits: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      remaining: 'integer',
      updated_at: 'text',
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
} satisfies SealsOf<VaultTables>
