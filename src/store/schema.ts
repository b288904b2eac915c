/**
 * Every table, as both databases have it: text ids, ISO 8601 UTC text with six fraction digits for time, 0/1 for
 * booleans, bytes for bytes, JSON text for what is never searched. Every row of content names its domain.
 */
export interface Schema {
  installation: InstallationRow
  root_keks: RootKekRow
  domain_keks: DomainKekRow
  data_keys: DataKeyRow
  domains: DomainRow
  users: UserRow
  logins: LoginRow
  guesses: GuessRow
  password_history: PasswordHistoryRow
  groups: GroupRow
  memberships: MembershipRow
  password_policies: PasswordPolicyRow
  refresh_tokens: RefreshTokenRow
  settings: SettingRow
  local_cas: LocalCaRow
  certificates: CertificateRow
  certificate_keys: CertificateKeyRow
  external_cas: ExternalCaRow
  revocations: RevocationRow
  revocation_changes: RevocationChangesRow
  crl_numbers: CrlNumberRow
  crls: CrlRow
  ocsp_responders: OcspResponderRow
  interfaces: InterfaceRow
  interface_certificates: InterfaceCertificateRow
  trusted_cas: TrustedCaRow
  alarms: AlarmRow
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
  cte_sets: CteSetRow
  cte_set_uses: CteSetUseRow
  cte_signatures: CteSignatureRow
  cte_policies: CtePolicyRow
  cte_rules: CteRuleRow
  cte_profiles: CteProfileRow
  cte_syslog_servers: CteSyslogServerRow
  cte_clients: CteClientRow
  cte_client_groups: CteClientGroupRow
  cte_memberships: CteMembershipRow
  cte_primary_sets: CtePrimarySetRow
  cte_csi_groups: CteCsiGroupRow
  cte_ldt_groups: CteLdtGroupRow
  cte_guard_points: CteGuardPointRow
  client_profiles: ClientProfileRow
  registration_tokens: RegistrationTokenRow
  registered_clients: RegisteredClientRow
  counts: CountRow
  generations: GenerationRow
  audit_records: AuditRecordRow
  audit_heads: AuditHeadRow
}

/** One row: which installation this database is, and a value only its root key can open. */
export interface InstallationRow {
  id: string
  created_at: string
  root_key_id: string
  root_check: Uint8Array
}

/** Wrapped by the root key. */
export interface RootKekRow {
  id: string
  version: number
  root_key_id: string
  wrapped: Uint8Array
  created_at: string
}

/** Wrapped by a version of the root KEK. The highest version of a domain wraps what is new. */
export interface DomainKekRow {
  id: string
  domain_id: string
  version: number
  root_kek_id: string
  wrapped: Uint8Array
  created_at: string
}

/** A key of the server's own, wrapped by a domain KEK: row seals, audit chain, token signing. */
export interface DataKeyRow {
  id: string
  domain_id: string
  purpose: string
  version: number
  domain_kek_id: string
  wrapped: Uint8Array
  /** The public half as a JWK, for signing keys. */
  public_jwk: string | null
  created_at: string
  /** After this time the key no longer signs; later it is no longer trusted and the row goes. */
  retired_at: string | null
}

/** What every sealed row ends with. `seal` is a MAC over the table, and every other sealed column. */
export interface Sealed {
  version: number
  seal: Uint8Array
}

export interface DomainRow extends Sealed {
  id: string
  name: string
  created_at: string
  updated_at: string
}

export interface UserRow extends Sealed {
  /** A UUID; on the wire `local|<uuid>`. */
  id: string
  /** The domain in which the user lives. */
  domain_id: string
  username: string
  /** The username as it is compared (identity/names.ts): unique in its domain. */
  username_key: string
  name: string
  nickname: string
  email: string
  /** An Argon2id hash inside the envelope, or null for a user without a password. */
  password: Uint8Array | null
  password_changed_at: string
  password_change_required: number
  password_policy: string | null
  certificate_subject_dn: string
  /** Comma lists in a fixed order, empty when nothing is allowed. */
  allowed_auth_methods: string
  allowed_client_types: string
  prevent_ui_login: number
  expires_at: string | null
  user_metadata: string | null
  app_metadata: string | null
  /** Raised to end every session of the user at once: password change, disabling. */
  session_epoch: number
  created_at: string
  updated_at: string
}

/** How a user's sign-ins went; apart from the user, since every sign-in writes it. */
export interface LoginRow extends Sealed {
  user_id: string
  domain_id: string
  logins_count: number
  last_login: string | null
  failed_logins_count: number
  failed_logins_initial_attempt_at: string | null
  last_failed_login_at: string | null
  account_lockout_at: string | null
  /** Until when the running lock holds, by the thresholds of the moment it began. */
  locked_until: string | null
}

/** Guesses at one account name within the running window, of accounts that exist and of those that do not. */
export interface GuessRow {
  /** A keyed hash of domain and username_key. */
  account: string
  window_ends_at: string
  wrong: number
  /** Being evaluated right now, on all nodes. */
  pending: number
}

export interface PasswordHistoryRow extends Sealed {
  id: string
  domain_id: string
  user_id: string
  password: Uint8Array
  created_at: string
}

export interface GroupRow extends Sealed {
  id: string
  domain_id: string
  name: string
  /** The name in lower case: unique in its domain, and what lists sort by. */
  name_key: string
  description: string | null
  user_metadata: string | null
  app_metadata: string | null
  client_metadata: string | null
  /** 1 for predefined groups, which carry duties and keep their names. */
  system: number
  created_at: string
  updated_at: string
}

export interface MembershipRow extends Sealed {
  group_id: string
  user_id: string
  domain_id: string
  created_at: string
}

export interface PasswordPolicyRow extends Sealed {
  id: string
  domain_id: string
  policy_name: string
  inclusive_min_total_length: number
  inclusive_max_total_length: number
  inclusive_min_upper_case: number
  inclusive_min_lower_case: number
  inclusive_min_digits: number
  inclusive_min_other: number
  password_history_threshold: number
  password_lifetime: number
  password_change_min_days: number
  password_expiry_notification_days: number
  /** Minutes, comma separated; empty: no lockout. */
  failed_logins_lockout_thresholds: string
  created_at: string
  updated_at: string
}

/** A refresh token, and with it the session that its access tokens belong to. */
export interface RefreshTokenRow extends Sealed {
  id: string
  /** The domain that the session works in. */
  domain_id: string
  user_id: string
  session_id: string
  client_id: string
  /** A keyed hash of the token's text; the text itself is never kept. */
  token_hash: string
  labels: string
  session_epoch: number
  created_at: string
  updated_at: string
  expires_at: string | null
  revoke_unused_seconds: number | null
  revoked_at: string | null
  /** 1 once a renewal has put another in its place: showing this one again ends the session. */
  replaced: number
  /** PEM of the client certificates that opened the session, the user's first; null without any. */
  certificates: string | null
  /** Written at every use and so not under the row's seal; `use_seal` covers id and this time. */
  last_used_at: string
  use_seal: Uint8Array
}

/** Small values that an administrator sets, such as the banners. */
export interface SettingRow extends Sealed {
  domain_id: string
  key: string
  value: string
  updated_at: string
}

/** What every certificate says of itself. Times as everywhere in the store; the wire has them in whole seconds. */
export interface CertificateColumns {
  subject: string
  issuer: string
  /** Decimal. */
  serial_number: string
  not_before: string
  not_after: string
  /** Upper-case hexadecimal over the DER. */
  sha1_fingerprint: string
  sha256_fingerprint: string
  sha512_fingerprint: string
}

/** A CA whose key is here. While it is pending there is a request and no certificate yet. */
export interface LocalCaRow extends Sealed {
  id: string
  domain_id: string
  name: string
  /** `pending` or `active`; that an active one has expired is read off `not_after`. */
  state: string
  /** PKCS #10 in PEM, kept after activation. */
  csr: string
  /** PEM; null while pending, and so are the columns that a certificate alone can fill. */
  cert: string | null
  /** URI of the CA that signed it; null while pending and for self-signed ones. */
  parent: string | null
  subject: string
  issuer: string | null
  serial_number: string | null
  not_before: string | null
  not_after: string | null
  /** Of the certificate; of the request while pending. */
  sha1_fingerprint: string
  sha256_fingerprint: string
  sha512_fingerprint: string
  /** PKCS #8 inside the envelope. */
  private_key: Uint8Array
  /** 0 or 1; null until somebody chooses or the CA is activated. */
  client_authentication: number | null
  user_authentication: number | null
  created_at: string
  updated_at: string
}

/** What a local CA has issued. */
export interface CertificateRow extends Sealed, CertificateColumns {
  id: string
  domain_id: string
  ca_id: string
  name: string
  /** `server`, `client` or `ca`. */
  purpose: string
  /** PEM. */
  cert: string
  /** Both null unless revoked. */
  revoked_at: string | null
  revoked_reason: string | null
  created_at: string
  updated_at: string
}

/**
 * Which key a certificate is for. The table only helps to find certificates: what it says is held against the sealed row of
 * the certificate before anybody acts on it.
 */
export interface CertificateKeyRow {
  certificate_id: string
  domain_id: string
  /** SHA-256 over the SubjectPublicKeyInfo, in hexadecimal. */
  key_digest: string
}

/** A CA that is trusted without its key. */
export interface ExternalCaRow extends Sealed, CertificateColumns {
  id: string
  domain_id: string
  name: string
  /** PEM. */
  cert: string
  /** URI of another CA, when the uploader named one. */
  parent: string | null
  client_authentication: number
  user_authentication: number
  created_at: string
  updated_at: string
}

/**
 * What a local CA says of a serial number that it issued, for as long as that matters: of every certificate that was
 * ever revoked, and of those that were deleted while they were good.
 */
export interface RevocationRow extends Sealed {
  ca_id: string
  /** Decimal. */
  serial_number: string
  domain_id: string
  /** `revoked`; `resumed` after a hold; `issued`: deleted from the records and good. */
  state: string
  /** Both null unless revoked. */
  reason: string | null
  revoked_at: string | null
  /** The end of the certificate. */
  not_after: string
  /** Which of the CA's changes this is; 0 for what is on no list. */
  change_number: number
  updated_at: string
}

/**
 * How often what a CA says of its certificates has changed: lists and answers made earlier are old. Every CA has one
 * from its activation on, and it says what its revocations come to: without it rows could be taken away unseen.
 */
export interface RevocationChangesRow extends Sealed {
  ca_id: string
  domain_id: string
  changes: number
  /** How many rows of `revocations` there are, and the sum of their seals (ca/revocation/tally.ts). */
  records: number
  digest: string
}

/** The CRL numbers of a CA: the last one given, and the list that deltas stand on. */
export interface CrlNumberRow extends Sealed {
  ca_id: string
  domain_id: string
  number: number
  base_number: number
  base_changes: number
  base_at: string
  /** What all certificates of the CA name as the place of its lists; empty when they do not all name the same. */
  address: string
}

/** The newest CRL of each kind: every node serves the same bytes, before and after a restart. */
export interface CrlRow extends Sealed {
  ca_id: string
  /** `full` or `delta`. */
  kind: string
  domain_id: string
  number: number
  /** The changes of the CA that it holds, at least. */
  changes: number
  this_update: string
  next_update: string
  /** The address of the server when it was made; empty: none. */
  address: string
  der: Uint8Array
}

/** The certificate and key that answer OCSP requests for a CA; the id is the CA's. */
export interface OcspResponderRow extends Sealed {
  id: string
  domain_id: string
  /** PEM. */
  cert: string
  not_after: string
  /** PKCS #8 inside the envelope. */
  private_key: Uint8Array
  created_at: string
}

/** A service on a port. Null stands for the server's own choice. */
export interface InterfaceRow extends Sealed {
  id: string
  domain_id: string
  name: string
  interface_type: string
  mode: string
  minimum_tls_version: string
  maximum_tls_version: string
  /** URI of a local CA; empty: no certificate is made by itself. */
  auto_gen_ca_id: string
  auto_gen_days_before_expiry: number
  /** JSON: whom a certificate that is made here names, beside the server's own names. */
  auto_gen_attributes: string | null
  /** JSON: `local` and `external`, lists of identifiers as they were given. */
  trusted_cas: string
  /** JSON: names of the suites and groups that are on. */
  tls_ciphers: string | null
  tls_groups: string | null
  /** The certificate that is shown, the one that follows it, and the request that waits for one. */
  certificate_id: string
  upcoming_id: string | null
  request_id: string | null
  created_at: string
  updated_at: string
}

/** A key of an interface with its certificate, or with the request for one. */
export interface InterfaceCertificateRow extends Sealed {
  id: string
  domain_id: string
  interface_id: string
  /** `generated` here, `given` by a caller, or a `request` without a certificate yet. */
  origin: string
  /** PEM, the server's own first; empty for a request. */
  chain: string
  /** PKCS #10 in PEM; null for what was given with its key. */
  csr: string | null
  /** The local CA that made it; null for what was not made here. */
  ca_id: string | null
  /** PKCS #8 inside the envelope. */
  private_key: Uint8Array
  created_at: string
}

/** A CA that a service trusts, beside those of its interface. */
export interface TrustedCaRow extends Sealed {
  id: string
  domain_id: string
  ca_id: string
  /** `local` or `external`. */
  ca_type: string
  service: string
  created_at: string
  updated_at: string
}

/** Something that somebody should look at. */
export interface AlarmRow extends Sealed {
  id: string
  domain_id: string
  /** What it is about, unique in the domain: that there is only one row for it is what raises it once. */
  cause: string
  name: string
  severity: string
  description: string
  /** `on` or `off`. */
  state: string
  acknowledged_at: string | null
  /** From when on nobody needs it any more. */
  kept_until: string
  created_at: string
  updated_at: string
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

/** A set of resources, users, processes or signatures of transparent encryption; names are unique among those of a kind. */
export interface CteSetRow extends Sealed {
  id: string
  domain_id: string
  /** `resource`, `user`, `process` or `signature`. */
  kind: string
  name: string
  description: string
  labels: string | null
  /** Of resource and signature sets; empty for the others. */
  type: string
  /** JSON: a list; of a signature set its sources. */
  elements: string
  /** Of signature sets: counts their changes. */
  reference_version: number
  signing_status: string
  /** The client that was asked to sign; null: none was. */
  signing_client: string | null
  /** The name of the user who changed it last. */
  updated_by: string
  created_at: string
  updated_at: string
}

/** A process set names a resource or signature set in one of its elements. */
export interface CteSetUseRow extends Sealed {
  process_set: string
  used_set: string
  domain_id: string
}

/** What a file of a signature set has to look like. */
export interface CteSignatureRow extends Sealed {
  id: string
  domain_id: string
  set_id: string
  file_name: string
  hash_value: string
  created_at: string
  updated_at: string
}

export interface CtePolicyRow extends Sealed {
  id: string
  domain_id: string
  name: string
  description: string
  labels: string | null
  /** As it was given, in the case it was given in. */
  policy_type: string
  never_deny: number
  restrict_update: number
  /** Counts changes of the policy and its rules. */
  policy_version: number
  /** Counts rotations of the keys that it names. */
  policy_key_version: number
  /** The name of the user who changed it last. */
  updated_by: string
  created_at: string
  updated_at: string
}

/** A rule of a policy. What it names is found by the ids, and shown as it was sent, in `content`. */
export interface CteRuleRow extends Sealed {
  id: string
  domain_id: string
  policy_id: string
  /** `security`, `key`, `datatx`, `ldt`, `idt` or `signature`. */
  kind: string
  /** From 1, among the rules of its kind. */
  order_number: number
  user_set_id: string | null
  process_set_id: string | null
  resource_set_id: string | null
  signature_set_id: string | null
  /** `id` of the row of the newest version that the key had then; null: none, or `clear_key`. */
  key_row: string | null
  /** Of the key that data is transformed to. */
  new_key_row: string | null
  /** JSON: the rule's own fields. */
  content: string
  created_at: string
  updated_at: string
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

/** How clients are registered that come with a token of this profile. */
export interface ClientProfileRow extends Sealed {
  id: string
  domain_id: string
  name: string
  /** The local CA that signs; null: the domain's oldest that can. */
  ca_id: string | null
  /** What the caller named it by. */
  ca_ref: string | null
  /** In days. */
  cert_duration: number
  /** JSON, as it was given. */
  csr_parameters: string | null
  /** JSON: names of groups. */
  groups: string
  created_at: string
  updated_at: string
}

/** What lets machines register themselves as clients. */
export interface RegistrationTokenRow extends Sealed {
  id: string
  domain_id: string
  /** The token inside the envelope, for those who may read it again. */
  token: Uint8Array
  /** Keyed hash of the token, by which it is found. */
  token_hash: string
  name_prefix: string
  /** As it was given, such as `30d`; null: no end. */
  lifetime: string | null
  valid_until: string | null
  /** 0: as many as come. */
  max_clients: number
  clients_registered: number
  /** Null: the profile's. */
  ca_id: string | null
  ca_ref: string | null
  /** Null: the default profile, whichever that is when a client comes. */
  profile_id: string | null
  profile_ref: string | null
  /** In days; 0: the profile's. */
  cert_duration: number
  /** Members of an object, a line for each. */
  label: string | null
  labels: string | null
  created_at: string
  updated_at: string
}

/** A client that registered, with the certificate that it has now. */
export interface RegisteredClientRow extends Sealed, CertificateColumns {
  id: string
  domain_id: string
  name: string
  /** `public` or `confidential`. */
  client_type: string
  token_id: string
  profile_id: string
  ca_id: string
  /** `local`: issued here for this client. `external`: shown by the client, issued by an external CA known here. */
  ca_type: string
  /** PEM. */
  cert: string
  /** The part of the subject that carries the client's id; null where the subject stayed as it was. */
  subject_field: string | null
  /** JSON: names of groups. */
  groups: string
  /** Members of an object, a line for each. */
  client_metadata: string | null
  /** Of a certificate of an external CA; a local CA says itself what it has revoked. */
  revoked_at: string | null
  revoked_reason: string | null
  created_at: string
  updated_at: string
}

/** How many rows a domain has in a table, kept by the statements that add and remove them. */
export interface CountRow {
  domain_id: string
  table_name: string
  rows: number
}

/** Raised in the transaction of every change to what callers may do; nodes compare it to trust their caches. */
export interface GenerationRow {
  topic: string
  value: number
}

/** Written only by the store's writer, which continues the node's chain (store/chain.ts). */
export interface AuditRecordRow {
  node_id: string
  seq: number
  id: string
  domain_id: string
  created_at: string
  severity: string
  message: string
  username: string
  service: string
  source: string
  success: number
  client_ip: string
  details: string
  mac: Uint8Array
}

/** Where a node's chain ends, raised in every commit that records, signed from time to time. */
export interface AuditHeadRow {
  node_id: string
  seq: number
  mac: Uint8Array
  /** Ed25519 by the audit key over installation, node, signed_seq and signed_mac. */
  signed_seq: number
  signed_mac: Uint8Array
  signature: Uint8Array
  signed_at: string
}
