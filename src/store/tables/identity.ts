import type { Sealed, SealsOf } from './sealed.ts'

/** Domains, users, groups, what they sign in with, and settings. */
export interface IdentityTables {
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

/** The columns under the seal of each row, in the order in which they are encoded. */
export const identitySeals = {
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
} satisfies SealsOf<IdentityTables>
