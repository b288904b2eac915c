/**
 * The 26 commands of the documents, argument by argument and output by output: what the table is held against. Each
 * argument as `name`, `name!` when required, then `(a|b)` for its possible values and `=x` for its default.
 */
export interface Documented {
  readonly arguments: readonly string[]
  /** Members below the prefix, by type. */
  readonly prefix?: string
  readonly outputs: Readonly<Record<string, string>>
}

export const documented: Readonly<Record<string, Documented>> = {
  'ciphertrust-certificate-issue': {
    arguments: [
      'ca_id!',
      'csr_entry_id!',
      'purpose!(server|client|ca)',
      'duration',
      'name',
      'not_after',
      'not_before',
    ],
    prefix: 'CipherTrust.CACertificate',
    outputs: {
      String:
        'id uri account application devAccount name state cert serialNumber subject issuer ca revoked_at sha1Fingerprint sha256Fingerprint sha512Fingerprint',
      Date: 'createdAt updatedAt notBefore notAfter',
    },
  },
  'ciphertrust-certificate-list': {
    arguments: ['ca_id!', 'subject', 'issuer', 'cert', 'id', 'page', 'page_size', 'limit=50'],
    prefix: 'CipherTrust.CACertificate',
    outputs: {
      Integer: 'skip limit total',
      String:
        'resources.name resources.id resources.uri resources.account resources.application resources.devAccount resources.cert resources.ca resources.revoked_at resources.sha1Fingerprint resources.sha256Fingerprint resources.sha512Fingerprint resources.serialNumber resources.subject resources.issuer',
      Date: 'resources.createdAt resources.updatedAt resources.notBefore resources.notAfter',
    },
  },
  'ciphertrust-certificate-resume': {
    arguments: ['ca_id!', 'cert_id!'],
    prefix: 'CipherTrust.CACertificate',
    outputs: {
      String:
        'name id uri account application devAccount cert ca state sha1Fingerprint sha256Fingerprint sha512Fingerprint serialNumber subject issuer',
      Date: 'createdAt updatedAt revoked_at notBefore notAfter',
    },
  },
  'ciphertrust-certificate-revoke': {
    arguments: [
      'ca_id!',
      'cert_id!',
      'reason!(unspecified|keyCompromise|cACompromise|affiliationChanged|superseded|cessationOfOperation|certificateHold|removeFromCRL|privilegeWithdrawn|aACompromise)',
    ],
    prefix: 'CipherTrust.CACertificate',
    outputs: {
      String:
        'name id uri account application devAccount cert ca revoked_reason state sha1Fingerprint sha256Fingerprint sha512Fingerprint serialNumber subject issuer',
      Date: 'createdAt updatedAt revoked_at notBefore notAfter',
    },
  },
  'ciphertrust-external-certificate-delete': {
    arguments: ['external_cert_id!'],
    outputs: {},
  },
  'ciphertrust-external-certificate-list': {
    arguments: ['subject', 'issuer', 'serial_number', 'cert', 'page', 'page_size', 'limit=50'],
    prefix: 'CipherTrust.ExternalCertificate',
    outputs: {
      Integer: 'skip limit total',
      String:
        'resources.id resources.uri resources.account resources.devAccount resources.application resources.name resources.cert resources.purpose.client_authentication resources.purpose.user_authentication resources.serialNumber resources.subject resources.issuer resources.sha1Fingerprint resources.sha256Fingerprint resources.sha512Fingerprint',
      Date: 'resources.createdAt resources.updatedAt resources.notBefore resources.notAfter',
    },
  },
  'ciphertrust-external-certificate-update': {
    arguments: [
      'external_ca_id!',
      'allow_client_authentication(true|false)',
      'allow_user_authentication(true|false)',
    ],
    prefix: 'CipherTrust.ExternalCertificate',
    outputs: {
      String:
        'id uri account devAccount application name cert purpose.client_authentication purpose.user_authentication serialNumber subject issuer sha1Fingerprint sha256Fingerprint sha512Fingerprint',
      Date: 'createdAt updatedAt notBefore notAfter',
    },
  },
  'ciphertrust-external-certificate-upload': {
    arguments: ['cert_entry_id!', 'name', 'parent'],
    prefix: 'CipherTrust.ExternalCertificate',
    outputs: {
      String:
        'id uri account devAccount application name cert purpose.client_authentication purpose.user_authentication serialNumber subject issuer sha1Fingerprint sha256Fingerprint sha512Fingerprint',
      Date: 'createdAt updatedAt notBefore notAfter',
    },
  },
  'ciphertrust-group-create': {
    arguments: ['name!', 'description'],
    prefix: 'CipherTrust.Group',
    outputs: {
      String: 'name description',
      Date: 'created_at updated_at',
      Unknown: 'user_metadata app_metadata client_metadata',
      Number: 'users_count',
    },
  },
  'ciphertrust-group-delete': {
    arguments: ['name!', 'force'],
    outputs: {},
  },
  'ciphertrust-group-list': {
    arguments: [
      'group_name',
      'user_id',
      'connection',
      'client_id',
      'page',
      'page_size',
      'limit=50',
    ],
    prefix: 'CipherTrust.Group',
    outputs: {
      Number: 'limit skip total resources.users_count',
      Unknown: 'messages resources.user_metadata resources.app_metadata resources.client_metadata',
      String: 'resources.name resources.description',
      Date: 'resources.created_at resources.updated_at',
    },
  },
  'ciphertrust-group-update': {
    arguments: ['group_name!', 'new_group_name', 'description'],
    prefix: 'CipherTrust.Group',
    outputs: {
      String: 'name description',
      Date: 'created_at updated_at',
      Unknown: 'user_metadata app_metadata client_metadata',
      Number: 'users_count',
    },
  },
  'ciphertrust-local-ca-create': {
    arguments: [
      'cn!',
      'algorithm',
      'copy_from_ca',
      'dns_names',
      'email',
      'ip',
      'name',
      'name_fields_raw_json',
      'name_fields_json_entry_id',
      'size',
    ],
    prefix: 'CipherTrust.LocalCA',
    outputs: {
      String:
        'id uri account application devAccount name state csr subject sha1Fingerprint sha256Fingerprint sha512Fingerprint',
      Date: 'createdAt updatedAt notBefore notAfter',
    },
  },
  'ciphertrust-local-ca-delete': {
    arguments: ['local_ca_id!'],
    outputs: {},
  },
  'ciphertrust-local-ca-install': {
    arguments: ['local_ca_id!', 'cert_entry_id!', 'parent_id!'],
    prefix: 'CipherTrust.CAInstall',
    outputs: {
      String:
        'id uri account application devAccount name state cert serialNumber subject issuer sha1Fingerprint sha256Fingerprint sha512Fingerprint purpose.client_authentication purpose.user_authentication',
      Date: 'createdAt updatedAt notBefore notAfter',
    },
  },
  'ciphertrust-local-ca-list': {
    arguments: [
      'subject',
      'local_ca_id',
      'chained(true|false)',
      'issuer',
      'state(pending|active)',
      'cert',
      'page',
      'page_size',
      'limit=50',
    ],
    prefix: 'CipherTrust.LocalCA',
    outputs: {
      Number: 'limit skip total',
      Unknown: 'messages',
      String:
        'resources.id resources.uri resources.account resources.name resources.state resources.csr resources.cert resources.serialNumber resources.subject resources.issuer resources.sha1Fingerprint resources.sha256Fingerprint resources.sha512Fingerprint resources.purpose.client_authentication resources.purpose.user_authentication',
      Date: 'resources.createdAt resources.updatedAt resources.notBefore resources.notAfter',
    },
  },
  'ciphertrust-local-ca-self-sign': {
    arguments: ['local_ca_id!', 'duration', 'not_after', 'not_before'],
    prefix: 'CipherTrust.CASelfSign',
    outputs: {
      String:
        'id uri account application devAccount name state csr cert serialNumber subject issuer sha1Fingerprint sha256Fingerprint sha512Fingerprint purpose.client_authentication purpose.user_authentication',
      Date: 'createdAt updatedAt notBefore notAfter',
    },
  },
  'ciphertrust-local-ca-update': {
    arguments: [
      'local_ca_id!',
      'allow_client_authentication(true|false)',
      'allow_user_authentication(true|false)',
    ],
    prefix: 'CipherTrust.LocalCA',
    outputs: {
      String:
        'id uri account name state csr cert serialNumber subject issuer sha1Fingerprint sha256Fingerprint sha512Fingerprint purpose.client_authentication purpose.user_authentication',
      Date: 'createdAt updatedAt notBefore notAfter',
    },
  },
  'ciphertrust-local-certificate-delete': {
    arguments: ['ca_id!', 'local_ca_id!'],
    outputs: {},
  },
  'ciphertrust-user-create': {
    arguments: [
      'name',
      'user_id',
      'username',
      'password',
      'email',
      'allowed_auth_methods(password|user_certificate|password_with_user_certificate|empty)',
      'allowed_client_types(unregistered|public|confidential)',
      'certificate_subject_dn',
      'connection=local_account',
      'expires_at',
      'is_domain_user(true|false)',
      'prevent_ui_login(true|false)=false',
      'password_change_required(true|false)',
      'password_policy',
    ],
    prefix: 'CipherTrust.Users',
    outputs: {
      String:
        'user_id username connection email name certificate_subject_dn password_policy nickname auth_domain',
      Boolean: 'enable_cert_auth password_change_required',
      Unknown: 'user_metadata app_metadata allowed_auth_methods allowed_client_types login_flags',
      Number: 'logins_count failed_logins_count',
      Date: 'last_login created_at updated_at expires_at account_lockout_at failed_logins_initial_attempt_at last_failed_login_at password_changed_at',
    },
  },
  'ciphertrust-user-delete': {
    arguments: ['user_id!'],
    outputs: {},
  },
  'ciphertrust-user-password-change': {
    arguments: ['new_password!', 'password!', 'username!', 'auth_domain'],
    outputs: {},
  },
  'ciphertrust-user-to-group-add': {
    arguments: ['group_name!=Key Users', 'user_id!'],
    prefix: 'CipherTrust.Group',
    outputs: {
      String: 'name description',
      Date: 'created_at updated_at',
      Unknown: 'user_metadata app_metadata client_metadata',
      Number: 'users_count',
    },
  },
  'ciphertrust-user-to-group-remove': {
    arguments: ['group_name!', 'user_id!'],
    outputs: {},
  },
  'ciphertrust-user-update': {
    arguments: [
      'name',
      'user_id!',
      'username',
      'password',
      'email',
      'password_change_required(true|false)',
      'allowed_auth_methods(password|user_certificate|password_with_user_certificate|empty)',
      'allowed_client_types(unregistered|public|confidential)',
      'certificate_subject_dn',
      'expires_at',
      'failed_logins_count',
      'prevent_ui_login(true|false)=false',
      'password_policy',
    ],
    prefix: 'CipherTrust.Users',
    outputs: {
      String:
        'user_id username connection email name nickname certificate_subject_dn password_policy',
      Boolean: 'enable_cert_auth password_change_required',
      Unknown: 'user_metadata app_metadata allowed_auth_methods allowed_client_types login_flags',
      Number: 'logins_count failed_logins_count',
      Date: 'last_login created_at updated_at expires_at failed_logins_initial_attempt_at account_lockout_at last_failed_login_at password_changed_at',
    },
  },
  'ciphertrust-users-list': {
    arguments: [
      'name',
      'user_id',
      'username',
      'email',
      'groups',
      'exclude_groups',
      'auth_domain_name',
      'account_expired(true|false)',
      'allowed_auth_methods(password|user_certificate|password_with_user_certificate|empty)',
      'allowed_client_types(unregistered|public|confidential)',
      'password_policy',
      'return_groups(true|false)',
      'page',
      'page_size',
      'limit=50',
    ],
    prefix: 'CipherTrust.Users',
    outputs: {
      Number: 'limit skip total resources.logins_count resources.failed_logins_count',
      Unknown:
        'messages resources.user_metadata resources.app_metadata resources.allowed_auth_methods resources.allowed_client_types resources.groups resources.login_flags',
      String:
        'resources.userid resources.username resources.connection resources.email resources.name resources.certificate_subject_dn resources.password_policy resources.nickname resources.user_id resources.auth_domain resources.auth_domain_name',
      Boolean: 'resources.enable_cert_auth resources.password_change_required',
      Date: 'resources.last_login resources.created_at resources.updated_at resources.expires_at resources.last_failed_login_at resources.failed_logins_initial_attempt_at resources.account_lockout_at resources.password_changed_at',
    },
  },
}
