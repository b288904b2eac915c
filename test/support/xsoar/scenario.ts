import { foreignRoot } from '../certificates.ts'
import type { Given, Result } from './columns.ts'

/** What is kept from one step for the next. */
type Kept = Record<string, string>

export interface Step {
  readonly command: string
  readonly args: (kept: Kept) => Readonly<Record<string, Given>>
  readonly keep?: (result: Result, kept: Kept) => void
}

// biome-ignore lint/suspicious/noExplicitAny: a context is what the test looks into
const at = (result: Result, prefix: string): any => result.context[`CipherTrust.${prefix}`]

const step = (
  command: string,
  args: Readonly<Record<string, Given>> | Step['args'] = {},
  keep?: Step['keep'],
): Step => ({
  command: `ciphertrust-${command}`,
  args: typeof args === 'function' ? args : () => args,
  ...(keep ? { keep } : {}),
})

const k = (kept: Kept, name: string): string => {
  const value = kept[name]
  if (value === undefined) throw new Error(`${name} was not kept`)
  return value
}

/** Every one of the 31 names, in an order in which each finds what it needs. */
export const scenario: readonly Step[] = [
  step('group-create', { name: 'ops', description: 'Operators' }),
  step('group-list', { group_name: 'ops', limit: '5' }),
  step('group-update', {
    group_name: 'ops',
    new_group_name: 'on call',
    description: 'Whoever is awake',
  }),
  step(
    'user-create',
    {
      username: 'jo',
      name: 'Jo Doe',
      password: { secret: 'First-Pass-1234!' },
      email: 'jo@example.com',
      allowed_auth_methods: 'password,user_certificate',
      certificate_subject_dn: 'CN=jo,O=Example,C=DE',
      expires_at: '2045-05-30',
    },
    (result, kept) => {
      kept['user'] = at(result, 'Users').user_id
    },
  ),
  step('user-to-group-add', (kept) => ({ user_id: k(kept, 'user') })),
  step('user-to-group-add', (kept) => ({ group_name: 'on call', user_id: k(kept, 'user') })),
  step('group-list', (kept) => ({ user_id: k(kept, 'user'), page: '1', page_size: '10' })),
  step('group-list', { page: '1' }),
  step('users-list', { groups: 'on call', return_groups: 'yes' }),
  step('users-list', { user_id: 'self' }),
  step('user-to-group-remove', (kept) => ({ group_name: 'on call', user_id: k(kept, 'user') })),
  step('user-update', (kept) => ({
    user_id: k(kept, 'user'),
    name: 'Jo D.',
    expires_at: 'empty',
    allowed_auth_methods: 'password',
    prevent_ui_login: 'true',
    failed_logins_count: '0',
    password_policy: 'global',
  })),
  step('user-password-change', {
    username: 'jo',
    password: { secret: 'First-Pass-1234!' },
    new_password: { secret: 'Second-Pass-1234!' },
  }),
  step('user-delete', (kept) => ({ user_id: k(kept, 'user') })),
  step('group-delete', { name: 'on call', force: 'true' }),

  step(
    'local-ca-create',
    {
      cn: 'example root',
      name: 'root-ca',
      algorithm: 'RSA',
      size: '2048',
      dns_names: 'ca.example.com',
      email: 'ca@example.com',
      ip: '192.0.2.1',
      name_fields_raw_json: '[{"O": "Example", "OU": "Security", "C": "DE"}, {"OU": "Keys"}]',
    },
    (result, kept) => {
      kept['root'] = at(result, 'LocalCA').id
    },
  ),
  step('local-ca-update', (kept) => ({
    local_ca_id: k(kept, 'root'),
    allow_client_authentication: 'false',
    allow_user_authentication: 'true',
  })),
  step('local-ca-self-sign', {
    local_ca_id: 'root-ca',
    not_after: '2045-05-30T10:00:00Z',
    duration: '10',
  }),
  step('local-ca-update', { local_ca_id: 'root-ca', allow_user_authentication: 'false' }),
  step(
    'local-ca-create',
    (kept) => ({
      cn: 'example issuing',
      name: 'issuing-ca',
      copy_from_ca: k(kept, 'root'),
      name_fields_json_entry_id: { file: '[{"O": "Example"}]' },
    }),
    (result, kept) => {
      kept['csr'] = result.files['CSR.pem'] ?? ''
    },
  ),
  step(
    'certificate-issue',
    (kept) => ({
      ca_id: 'root-ca',
      csr_entry_id: { file: k(kept, 'csr') },
      purpose: 'ca',
      duration: '365',
    }),
    (result, kept) => {
      kept['below'] = result.files['Certificate.pem'] ?? ''
    },
  ),
  step('local-ca-install', (kept) => ({
    local_ca_id: 'issuing-ca',
    cert_entry_id: { file: k(kept, 'below') },
    parent_id: k(kept, 'root'),
  })),
  step('local-ca-list', { state: 'active', limit: '2' }),
  step('local-ca-list', { local_ca_id: 'issuing-ca', chained: 'true' }),
  step(
    'csr-generate',
    {
      cn: 'host.example.com',
      dns_names: 'host.example.com',
      encryption_password: { secret: 'Key-Pass-1234!' },
    },
    (result, kept) => {
      kept['host'] = result.files['CSR.pem'] ?? ''
    },
  ),
  step(
    'certificate-issue',
    (kept) => ({
      ca_id: 'issuing-ca',
      csr_entry_id: { file: k(kept, 'host') },
      purpose: 'server',
      duration: '30',
      name: 'host',
    }),
    (result, kept) => {
      kept['certificate'] = at(result, 'CACertificate').id
    },
  ),
  step('certificate-list', { ca_id: 'issuing-ca' }),
  step('certificate-list', (kept) => ({ ca_id: 'issuing-ca', id: k(kept, 'certificate') })),
  step('certificate-revoke', (kept) => ({
    ca_id: 'issuing-ca',
    cert_id: k(kept, 'certificate'),
    reason: 'certificateHold',
  })),
  step('certificate-resume', (kept) => ({ ca_id: 'issuing-ca', cert_id: k(kept, 'certificate') })),
  step('local-certificate-delete', (kept) => ({
    ca_id: 'issuing-ca',
    local_ca_id: k(kept, 'certificate'),
  })),
  step('local-ca-delete', { local_ca_id: 'root-ca' }),
  step('local-ca-delete', { local_ca_id: 'issuing-ca' }),

  step('external-certificate-upload', { cert_entry_id: { file: foreignRoot }, name: 'foreign' }),
  step('external-certificate-update', {
    external_ca_id: 'foreign',
    allow_client_authentication: 'false',
  }),
  step('external-certificate-list', { serial_number: '0' }),
  step('external-certificate-delete', { external_cert_id: 'foreign' }),
  step(
    'external-ca-upload',
    { cert_entry_id: { file: foreignRoot.trimEnd().replaceAll('\n', '\\n') }, name: 'foreign' },
    (result, kept) => {
      kept['external'] = at(result, 'ExternalCA').id
    },
  ),
  step('external-ca-update', {
    external_ca_id: 'foreign',
    allow_client_authentication: 'no',
    allow_user_authentication: 'no',
  }),
  step('external-ca-list', { limit: '10' }),
  step('external-ca-list', (kept) => ({ external_ca_id: k(kept, 'external') })),
  step('external-ca-delete', { external_ca_id: 'foreign' }),
]

/** What differs between two runs of the same, made the same: ids by the order in which they appear, times, keys. */
export function alike(): (value: unknown) => unknown {
  const ids = new Map<string, string>()
  return (value) => {
    const text = JSON.stringify(value)
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
        if (!ids.has(id)) ids.set(id, `id-${ids.size + 1}`)
        return ids.get(id) ?? ''
      })
      .replace(/-----BEGIN ([A-Z ]+)-----.*?-----END [A-Z ]+-----/g, '<$1>')
      .replace(/\b20[23]\d-\d\d-\d\dT[\d:.]+Z/g, '<now>')
      .replace(/"[0-9A-F]{40}"|"[0-9A-F]{64}"|"[0-9A-F]{128}"/g, '"<fingerprint>"')
      .replace(/"\d{30,39}"/g, '"<serial>"')
      .replace(/"Size":\d+/g, '"Size":0')
      .replace(/"logins_count":\d+/g, '"logins_count":0')
    return JSON.parse(text) as unknown
  }
}
