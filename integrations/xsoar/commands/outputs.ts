import type { Output, OutputType } from './types.ts'

type Field = readonly [name: string, type: OutputType, help: string]

const name: Field = ['name', 'String', 'Name.']
const metadata: readonly Field[] = [
  ['user_metadata', 'Unknown', 'Free JSON that users may change themselves.'],
  ['app_metadata', 'Unknown', 'Free JSON that only administrators may change.'],
]
const times: readonly Field[] = [
  ['created_at', 'Date', 'When it was made.'],
  ['updated_at', 'Date', 'When it was last changed.'],
]

export const group: readonly Field[] = [
  name,
  ...times,
  ...metadata,
  ['client_metadata', 'Unknown', 'Free JSON of clients.'],
  ['description', 'String', 'Description.'],
  ['users_count', 'Number', 'How many users are in it.'],
]

export const updatedUser: readonly Field[] = [
  ['user_id', 'String', 'Id, for the other commands.'],
  ['username', 'String', 'Name to sign in with.'],
  ['connection', 'String', 'Where the account lives.'],
  ['email', 'String', 'E-mail address.'],
  ['name', 'String', 'Full name.'],
  ['nickname', 'String', 'Nickname.'],
  ['certificate_subject_dn', 'String', 'Subject of the certificate to sign in with.'],
  [
    'enable_cert_auth',
    'Boolean',
    'Whether a certificate may be used to sign in. Superseded by allowed_auth_methods.',
  ],
  ...metadata,
  ['logins_count', 'Number', 'How often the user signed in.'],
  ['last_login', 'Date', 'When the user last signed in.'],
  ...times,
  ['allowed_auth_methods', 'Unknown', 'Ways to sign in that are allowed.'],
  ['expires_at', 'Date', 'When the account ends.'],
  ['password_policy', 'String', 'Password policy, when not the global one.'],
  ['allowed_client_types', 'Unknown', 'Types of clients that may sign the user in.'],
  ['failed_logins_count', 'Number', 'Failed attempts to sign in.'],
  ['failed_logins_initial_attempt_at', 'Date', 'When the first of them was.'],
  ['account_lockout_at', 'Date', 'When the account was locked.'],
  ['last_failed_login_at', 'Date', 'When the last failed attempt was.'],
  ['password_changed_at', 'Date', 'When the password was last changed.'],
  ['password_change_required', 'Boolean', 'Whether the password must be changed next.'],
  ['login_flags', 'Unknown', 'Limits to signing in, such as prevent_ui_login.'],
]

export const user: readonly Field[] = [
  ...updatedUser,
  ['auth_domain', 'String', 'Id of the domain the account was made in.'],
]

export const listedUser: readonly Field[] = [
  ...user,
  ['userid', 'String', 'The same as user_id.'],
  ['groups', 'Unknown', 'Groups the user is in, when asked for.'],
  ['auth_domain_name', 'String', 'Name of the domain the account was made in.'],
]

const owner: readonly Field[] = [
  ['id', 'String', 'UUID.'],
  ['uri', 'String', 'URI.'],
  ['account', 'String', 'Account it belongs to.'],
]
const legacyOwner: readonly Field[] = [
  ['application', 'String', 'Application it belongs to.'],
  ['devAccount', 'String', 'Developer account it belongs to.'],
]
const stamps: readonly Field[] = [
  ['createdAt', 'Date', 'When it was made.'],
  ['updatedAt', 'Date', 'When it was last changed.'],
]
const state: Field = ['state', 'String', 'State: pending, active, revoked or expired.']
const csr: Field = ['csr', 'String', 'Certificate request in PEM.']
const cert: Field = ['cert', 'String', 'Certificate in PEM.']
const validity: readonly Field[] = [
  ['notBefore', 'Date', 'Valid from.'],
  ['notAfter', 'Date', 'Valid until.'],
]
const subject: Field = ['subject', 'String', 'Subject.']
const serial: Field = ['serialNumber', 'String', 'Serial number, in decimal.']
const issuer: Field = ['issuer', 'String', 'Issuer.']
const fingerprints: readonly Field[] = [
  ['sha1Fingerprint', 'String', 'SHA-1 fingerprint.'],
  ['sha256Fingerprint', 'String', 'SHA-256 fingerprint.'],
  ['sha512Fingerprint', 'String', 'SHA-512 fingerprint.'],
]
const purposes: readonly Field[] = [
  [
    'purpose.client_authentication',
    'String',
    'Enabled when its certificates may authenticate clients.',
  ],
  ['purpose.user_authentication', 'String', 'Enabled when its certificates may sign users in.'],
]

export const pendingCa: readonly Field[] = [
  ...owner,
  ...legacyOwner,
  ...stamps,
  name,
  state,
  csr,
  subject,
  ...validity,
  ...fingerprints,
]

export const localCa: readonly Field[] = [
  ...owner,
  name,
  state,
  ...stamps,
  csr,
  cert,
  serial,
  subject,
  issuer,
  ...validity,
  ...fingerprints,
  ...purposes,
]

export const selfSignedCa: readonly Field[] = [...localCa, ...legacyOwner]
export const installedCa = selfSignedCa.filter((field) => field !== csr)

const certificate: readonly Field[] = [
  name,
  ...owner,
  ...legacyOwner,
  ...stamps,
  cert,
  ['ca', 'String', 'URI of the CA that issued it.'],
  ...fingerprints,
  serial,
  subject,
  issuer,
  ...validity,
]
const revokedAt = (type: 'String' | 'Date'): Field => [
  'revoked_at',
  type,
  'When it was revoked; year 1 when it was not.',
]

export const listedCertificate: readonly Field[] = [...certificate, revokedAt('String')]
export const issuedCertificate: readonly Field[] = [...listedCertificate, state]
export const resumedCertificate: readonly Field[] = [...certificate, revokedAt('Date'), state]
export const revokedCertificate: readonly Field[] = [
  ...resumedCertificate,
  ['revoked_reason', 'String', 'Why it was revoked.'],
]

export const externalCa: readonly Field[] = [
  ...owner,
  ...legacyOwner,
  ...stamps,
  name,
  cert,
  ...purposes,
  serial,
  subject,
  issuer,
  ...validity,
  ...fingerprints,
]
/** The published pack has the certificate in a file only. */
export const publishedExternalCa = externalCa.filter((field) => field !== cert)

const envelope = (number: 'Number' | 'Integer'): readonly Field[] => [
  ['skip', number, 'How many were skipped.'],
  ['limit', number, 'How many were asked for at most.'],
  ['total', number, 'How many there are.'],
]
const messages: Field = [
  'messages',
  'Unknown',
  'Warnings of the server, such as a filter that it does not know.',
]

export const outputs = (prefix: string, fields: readonly Field[]): Output[] =>
  fields.map(([path, type, help]) => ({ path: `${prefix}.${path}`, type, help }))

/** The envelope of a list and what is in it. */
export const listOutputs = (
  prefix: string,
  fields: readonly Field[],
  kind: 'Number, with messages' | 'Integer',
): Output[] =>
  outputs(prefix, [
    ...(kind === 'Integer' ? envelope('Integer') : [...envelope('Number'), messages]),
    ...fields.map(([path, type, help]): Field => [`resources.${path}`, type, help]),
  ])

/** What XSOAR itself says about a file that a command hands out. */
export const infoFileOutputs: readonly Output[] = outputs('InfoFile', [
  ['Name', 'String', 'Name of the file.'],
  ['EntryID', 'String', 'Entry id, for commands that take a file.'],
  ['Size', 'Number', 'Size in bytes.'],
  ['Type', 'String', 'Type of the file.'],
  ['Info', 'String', 'More about its type.'],
  ['Extension', 'String', 'Ending of its name.'],
])
