import type { Sealed, SealsOf } from './sealed.ts'

/** Transparent encryption: clients, their profiles and groups, and what is guarded on them. */
export interface CteClientsTables {
  cte_profiles: CteProfileRow
  cte_syslog_servers: CteSyslogServerRow
  cte_clients: CteClientRow
  cte_client_groups: CteClientGroupRow
  cte_memberships: CteMembershipRow
  cte_primary_sets: CtePrimarySetRow
  cte_csi_groups: CteCsiGroupRow
  cte_ldt_groups: CteLdtGroupRow
  cte_guard_points: CteGuardPointRow
}

/** Settings that clients of transparent encryption share. */
export interface CteProfileRow extends Sealed {
  id: string
  domain_id: string
  name: string
  description: string
  labels: string | null
  /** JSON: everything that is set, defaults included; the servers of syslog stand in a table of their own. */
  settings: string
  /** A row of `cte_sets`, as is the next. */
  mfa_user_set_id: string | null
  rwp_process_set_id: string | null
  /** 1 for the profile that every domain has from the start. */
  built_in: number
  created_at: string
  updated_at: string
}

/** A syslog server that a profile names. */
export interface CteSyslogServerRow extends Sealed {
  id: string
  domain_id: string
  profile_id: string
  /** From 0, in the order given. */
  position: number
  name: string
  /** JSON: port, protocol, format and certificates. */
  settings: string
  /** PEM inside the envelope. */
  private_key: Uint8Array | null
  created_at: string
}

/** A machine whose files are, or are to be, encrypted. */
export interface CteClientRow extends Sealed {
  id: string
  domain_id: string
  /** The host name, in lower case. */
  name: string
  description: string
  labels: string | null
  client_type: string
  profile_id: string
  /** An Argon2id hash inside the envelope; null when the agent makes its own. */
  password: Uint8Array | null
  password_creation_method: string
  registration_allowed: number
  communication_enabled: number
  client_locked: number
  system_locked: number
  client_mfa_enabled: number
  /** 1: goes as soon as its agent has let go of it. */
  del_client: number
  enable_domain_sharing: number
  lgcs_access_only: number
  ldt_paused: number
  protection_mode: string
  /** Comma list in a fixed order. */
  enabled_capabilities: string
  /** JSON as it was given, as is the next; empty: none. */
  dynamic_parameters: string
  auth_binaries: string
  /** JSON: a list of names. */
  shared_domain_list: string
  created_at: string
  updated_at: string
}

/** Clients that are guarded alike. */
export interface CteClientGroupRow extends Sealed {
  id: string
  domain_id: string
  name: string
  description: string
  labels: string | null
  cluster_type: string
  profile_id: string
  password: Uint8Array | null
  password_creation_method: string
  communication_enabled: number
  client_locked: number
  system_locked: number
  enable_domain_sharing: number
  ldt_paused: number
  ldt_designated_primary_set: string
  enabled_capabilities: string
  auth_binaries: string
  shared_domain_list: string
  created_at: string
  updated_at: string
}

/** A client in a client group, a storage group, an LDT group, or a primary set. */
export interface CteMembershipRow extends Sealed {
  id: string
  domain_id: string
  /** `client-group`, `csi-group`, `ldt-group` or `primary-set`: what `owner_id` is a row of. */
  kind: string
  owner_id: string
  client_id: string
  /** 1: takes over what is set for its client group. */
  inherits: number
  created_at: string
}

/** Clients of a client group that transform data for the others. */
export interface CtePrimarySetRow extends Sealed {
  id: string
  domain_id: string
  group_id: string
  name: string
  ldt_group_id: string | null
  created_at: string
  updated_at: string
}

/** Containers of one namespace and storage class. */
export interface CteCsiGroupRow extends Sealed {
  id: string
  domain_id: string
  name: string
  description: string
  labels: string | null
  k8s_namespace: string
  k8s_storage_class: string
  profile_id: string
  created_at: string
  updated_at: string
}

/** Clients that tell each other of data in transformation. */
export interface CteLdtGroupRow extends Sealed {
  id: string
  domain_id: string
  name: string
  description: string
  labels: string | null
  created_at: string
  updated_at: string
}

/** A path under a policy: of a client, of all clients of a group, or of the volumes of a storage group. */
export interface CteGuardPointRow extends Sealed {
  id: string
  domain_id: string
  /** `client`, `client-group` or `csi-group`. */
  owner_kind: string
  owner_id: string
  /** A digest of the path, or of the policy for a storage group: an owner has one guard point for each. */
  place: string
  /** As it was given; empty for a storage group. */
  guard_path: string
  guard_point_type: string
  policy_id: string | null
  /** How the policy was named; answers repeat it. */
  policy_ref: string
  guard_enabled: number
  automount_enabled: number
  cifs_enabled: number
  early_access: number
  preserve_sparse_regions: number
  data_classification_enabled: number
  data_lineage_enabled: number
  intelligent_protection: number
  disk_name: string
  diskgroup_name: string
  is_idt_capable_device: number
  /** 1: a key of the policy is for efficient storage. */
  is_esg_capable_device: number
  mfa_enabled: number
  primary_set_id: string | null
  created_at: string
  updated_at: string
}

/** The columns under the seal of each row, in the order in which they are encoded. */
export const cteClientsSeals = {
  cte_profiles: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      description: 'text',
      labels: 'text?',
      settings: 'text',
      mfa_user_set_id: 'text?',
      rwp_process_set_id: 'text?',
      built_in: 'integer',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  cte_syslog_servers: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      profile_id: 'text',
      position: 'integer',
      name: 'text',
      settings: 'text',
      private_key: 'bytes?',
      created_at: 'text',
      version: 'integer',
    },
  },
  cte_clients: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      description: 'text',
      labels: 'text?',
      client_type: 'text',
      profile_id: 'text',
      password: 'bytes?',
      password_creation_method: 'text',
      registration_allowed: 'integer',
      communication_enabled: 'integer',
      client_locked: 'integer',
      system_locked: 'integer',
      client_mfa_enabled: 'integer',
      del_client: 'integer',
      enable_domain_sharing: 'integer',
      lgcs_access_only: 'integer',
      ldt_paused: 'integer',
      protection_mode: 'text',
      enabled_capabilities: 'text',
      dynamic_parameters: 'text',
      auth_binaries: 'text',
      shared_domain_list: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  cte_client_groups: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      description: 'text',
      labels: 'text?',
      cluster_type: 'text',
      profile_id: 'text',
      password: 'bytes?',
      password_creation_method: 'text',
      communication_enabled: 'integer',
      client_locked: 'integer',
      system_locked: 'integer',
      enable_domain_sharing: 'integer',
      ldt_paused: 'integer',
      ldt_designated_primary_set: 'text',
      enabled_capabilities: 'text',
      auth_binaries: 'text',
      shared_domain_list: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  cte_memberships: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      kind: 'text',
      owner_id: 'text',
      client_id: 'text',
      inherits: 'integer',
      created_at: 'text',
      version: 'integer',
    },
  },
  cte_primary_sets: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      group_id: 'text',
      name: 'text',
      ldt_group_id: 'text?',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  cte_csi_groups: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      description: 'text',
      labels: 'text?',
      k8s_namespace: 'text',
      k8s_storage_class: 'text',
      profile_id: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  cte_ldt_groups: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      name: 'text',
      description: 'text',
      labels: 'text?',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
  cte_guard_points: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      owner_kind: 'text',
      owner_id: 'text',
      place: 'text',
      guard_path: 'text',
      guard_point_type: 'text',
      policy_id: 'text?',
      policy_ref: 'text',
      guard_enabled: 'integer',
      automount_enabled: 'integer',
      cifs_enabled: 'integer',
      early_access: 'integer',
      preserve_sparse_regions: 'integer',
      data_classification_enabled: 'integer',
      data_lineage_enabled: 'integer',
      intelligent_protection: 'integer',
      disk_name: 'text',
      diskgroup_name: 'text',
      is_idt_capable_device: 'integer',
      is_esg_capable_device: 'integer',
      mfa_enabled: 'integer',
      primary_set_id: 'text?',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
} satisfies SealsOf<CteClientsTables>
