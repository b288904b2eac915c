import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, test } from 'vitest'
import { compiled } from '../../../test/support/xsoar/columns.ts'
import { begin, commandNamed, type Outcome } from '../commands/index.ts'

/**
 * Answers in the shapes that recordings of CM have, and with the oddities that they have shown: nine-digit fractions,
 * offsets, nulls, members left out, a success without a body.
 */
type Json = Record<string, unknown>

const ID = '8c2f3f0e-6d55-4d2f-9f58-0f4f1c1f7a11'
const NINE = '2024-05-29T08:00:00.123456789Z'
const stamps = { createdAt: '2024-06-18T09:16:46.346715Z', updatedAt: NINE }
const prints = { sha1Fingerprint: 'AB', sha256Fingerprint: 'CD', sha512Fingerprint: 'EF' }
const dates = { notBefore: '2024-06-17T13:05:41Z', notAfter: '2025-06-18T13:05:41Z' }
const PEM = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'
const CSR = '-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n'

const group: Json = {
  name: 'ops',
  created_at: NINE,
  updated_at: NINE,
  user_metadata: {},
  app_metadata: {},
  client_metadata: {},
  description: 'x',
  users_count: 1,
}
const user: Json = {
  created_at: NINE,
  email: 'jo@local',
  last_login: null,
  logins_count: 0,
  name: 'jo',
  nickname: 'jo',
  updated_at: NINE,
  user_id: `local|${ID}`,
  username: 'jo',
  failed_logins_count: 0,
  account_lockout_at: null,
  failed_logins_initial_attempt_at: null,
  last_failed_login_at: null,
  password_changed_at: '2024-05-29T08:00:00+02:00',
  password_change_required: false,
  certificate_subject_dn: '',
  enable_cert_auth: true,
  auth_domain: ID,
  login_flags: { prevent_ui_login: false },
  allowed_auth_methods: ['user_certificate'],
  allowed_client_types: ['unregistered', 'public', 'confidential'],
  user_metadata: { current_domain: { id: ID, name: 'root' } },
  app_metadata: {},
}
const { user_id: id, ...withoutId } = user
const handMade: Json = {
  ...withoutId,
  userid: id,
  connection: 'local_account',
  expires_at: NINE,
  password_policy: 'strict',
  app_metadata: { a: [1] },
}
const ca = {
  id: ID,
  uri: `kylo:kylo:naboo:localca:${ID}`,
  account: 'kylo:kylo:admin:accounts:kylo',
  ...stamps,
  name: `localca-${ID}`,
}
const pending: Json = {
  ...ca,
  state: 'pending',
  csr: CSR,
  subject: '/CN=x',
  notBefore: '0001-01-01T00:00:00Z',
  notAfter: '0001-01-01T00:00:00Z',
  ...prints,
}
const purpose = { client_authentication: 'Enabled', user_authentication: 'Disabled' }
const active: Json = {
  ...ca,
  application: 'ncryptify:gemalto:admin:apps:kylo',
  devAccount: 'ncryptify:gemalto:admin:accounts:gemalto',
  state: 'active',
  parent: ca.uri,
  csr: '',
  cert: PEM,
  serialNumber: '1',
  subject: '/CN=x',
  issuer: '/CN=y',
  ...dates,
  ...prints,
  purpose,
}
const certificate: Json = {
  ...ca,
  name: `cert-${ID}`,
  cert: PEM,
  ca: ca.uri,
  revoked_at: '0001-01-01T00:00:00Z',
  state: 'active',
  ...prints,
  serialNumber: '1',
  subject: '/CN=x',
  issuer: '/CN=y',
  ...dates,
}
const revoked: Json = {
  ...certificate,
  revoked_reason: 'certificateHold',
  revoked_at: NINE,
  state: 'revoked',
}
const external: Json = {
  ...ca,
  cert: PEM,
  purpose,
  serialNumber: '0',
  subject: '/CN=x',
  issuer: '/CN=x',
  ...dates,
  ...prints,
}
const page = (resource: Json): Json => ({ skip: 0, limit: 10, total: 21, resources: [resource] })

const named = { local_ca_id: ID }
const inCa = { ca_id: ID, cert_id: ID }
const answers: readonly (readonly [command: string, args: Json, answer: Json])[] = [
  ['ciphertrust-group-create', { name: 'ops' }, group],
  ['ciphertrust-group-list', {}, page(group)],
  ['ciphertrust-group-update', { group_name: 'ops' }, group],
  ['ciphertrust-user-to-group-add', { user_id: id }, group],
  ['ciphertrust-user-create', { username: 'jo' }, user],
  ['ciphertrust-users-list', { user_id: id }, user],
  [
    'ciphertrust-users-list',
    {},
    page({ ...user, groups: ['ops'], allowed_auth_methods: [], auth_domain_name: 'root' }),
  ],
  ['ciphertrust-user-update', { user_id: id }, handMade],
  ['ciphertrust-local-ca-create', { cn: 'x' }, pending],
  ['ciphertrust-local-ca-list', {}, page(pending)],
  ['ciphertrust-local-ca-list', named, active],
  [
    'ciphertrust-local-ca-update',
    named,
    { ...pending, purpose: { client_authentication: 'enabled', user_authentication: 'enabled' } },
  ],
  ['ciphertrust-local-ca-self-sign', { ...named, duration: 1 }, active],
  ['ciphertrust-local-ca-install', { ...named, cert_entry_id: PEM, parent_id: ID }, active],
  [
    'ciphertrust-certificate-issue',
    { ca_id: ID, csr_entry_id: CSR, purpose: 'server', duration: 1 },
    certificate,
  ],
  ['ciphertrust-certificate-list', { ca_id: ID }, page(certificate)],
  ['ciphertrust-certificate-revoke', { ...inCa, reason: 'certificateHold' }, revoked],
  ['ciphertrust-certificate-resume', inCa, certificate],
  ['ciphertrust-external-certificate-upload', { cert_entry_id: PEM }, external],
  ['ciphertrust-external-certificate-update', { external_ca_id: ID }, external],
  ['ciphertrust-external-certificate-list', {}, page(external)],
  ['ciphertrust-external-ca-upload', { cert_entry_id: PEM }, external],
  ['ciphertrust-external-ca-update', { external_ca_id: ID }, external],
  ['ciphertrust-external-ca-list', {}, page(external)],
  ['ciphertrust-external-ca-list', { external_ca_id: ID }, external],
]
const deletions: readonly (readonly [command: string, args: Json])[] = [
  ['ciphertrust-group-delete', { group_name: 'ops' }],
  ['ciphertrust-user-to-group-remove', { group_name: 'ops', user_id: id }],
  ['ciphertrust-user-delete', { user_id: id }],
  ['ciphertrust-user-password-change', { username: 'jo', password: 'a', new_password: 'b' }],
  ['ciphertrust-local-ca-delete', named],
  ['ciphertrust-local-certificate-delete', { ca_id: ID, local_ca_id: ID }],
  ['ciphertrust-external-certificate-delete', { external_cert_id: ID }],
  ['ciphertrust-external-ca-delete', { external_ca_id: ID }],
]

const credentials = { username: 'admin', password: 'secret' }
const host = { readFile: () => '', now: () => 0 }

function through(command: string, args: Json, status: number, body: string): Outcome {
  const exchange = begin(command, args, credentials, host)
  exchange.next()
  exchange.take({
    status: 200,
    body: JSON.stringify({ jwt: 'token', duration: 300, token_type: 'Bearer' }),
  })
  exchange.next()
  exchange.take({ status, body })
  expect(exchange.next()).toBeUndefined()
  return exchange.outcome()
}

let script = ''
beforeAll(async () => {
  script = await compiled()
})

interface Note {
  EntryContext?: Record<string, unknown>
  HumanReadable: string
}

function throughPack(command: string, args: Json, status: number, body: string): Note {
  const bodies = [JSON.stringify({ jwt: 'token' }), body]
  const result = runInNewContext(`(function () {${script}\n})()`, {
    command,
    args,
    params: { server_url: 'https://keys.example.com', ...credentials },
    http: () => ({ StatusCode: bodies.length === 2 ? 200 : status, Body: bodies.shift() }),
    saveFile: () => 'file',
    entrytoa: () => '',
  }) as Note | Note[]
  return JSON.parse(JSON.stringify([result].flat()[0])) as Note
}

describe.each(answers)('the answer to %s (%j)', (command, args, answer) => {
  test('becomes the same context in the pack as in Node', () => {
    const body = JSON.stringify(answer)
    const outcome = through(command, args, 200, body)
    const note = throughPack(command, args, 200, body)
    expect(Object.values(note.EntryContext ?? {})).toEqual([
      JSON.parse(JSON.stringify(outcome.context)),
    ])
    expect(note.HumanReadable).toBe(outcome.markdown)
  })

  test('may lack any member, or have null in its place', () => {
    const list = answer['resources'] as Json[] | undefined
    const resource = list?.[0] ?? answer
    const wrapped = (changed: Json) =>
      JSON.stringify(list ? { ...answer, resources: [changed] } : changed)
    for (const member of Object.keys(resource)) {
      const { [member]: _left, ...others } = resource
      for (const body of [wrapped(others), wrapped({ ...resource, [member]: null })]) {
        through(command, args, 200, body)
        throughPack(command, args, 200, body)
      }
    }
    if (list)
      for (const body of [{ ...answer, resources: null }, { skip: 0, limit: 10, total: 0 }, {}].map(
        (odd) => JSON.stringify(odd),
      ))
        expect(through(command, args, 200, body).markdown).toContain('###')
  })

  test('has no member in the context that is not declared', () => {
    const { prefix, context } = through(
      command,
      args,
      200,
      JSON.stringify({ ...answer, surprise: 1 }),
    )
    const declared = commandNamed(command)?.outputs.map(({ path }) => path.split('.')[2])
    for (const item of [context].flat())
      for (const member of Object.keys(item as Json))
        expect(declared, `${prefix}.${member}`).toContain(member)
    expect(JSON.stringify(context)).not.toContain('surprise')
  })
})

describe.each(deletions)('%s', (command, args) => {
  test.each([
    [204, ''],
    [200, ''],
    [200, '{}'],
    [200, '{"message":"done"}'],
  ])('takes %d with %j for done', (status, body) => {
    expect(through(command, args, status, body).context).toBeUndefined()
    expect(throughPack(command, args, status, body).EntryContext).toBeUndefined()
  })
})

test('a private key is in its file alone: not in the context, nor in what is shown or kept of the answer', () => {
  const answer = JSON.stringify({ csr: CSR, key: '-----BEGIN EC PRIVATE KEY-----' })
  const args = { cn: 'x', encryption_password: 'p' }
  const { files, ...others } = through('ciphertrust-csr-generate', args, 201, answer)
  expect(files.map(({ name, secret }) => [name, secret])).toEqual([
    ['CSR.pem', false],
    ['privateKey.pem', true],
  ])
  expect(JSON.stringify(others)).not.toContain('PRIVATE KEY')
  const note = throughPack('ciphertrust-csr-generate', args, 201, answer)
  expect(JSON.stringify(note)).not.toContain('PRIVATE KEY')
})

test('userid and user_id are each filled from the other', () => {
  const { context } = through('ciphertrust-users-list', {}, 200, JSON.stringify(page(user)))
  expect(context).toMatchObject({ resources: [{ user_id: id, userid: id }] })
  expect(
    through('ciphertrust-user-update', { user_id: id }, 200, JSON.stringify(handMade)).context,
  ).toMatchObject({ user_id: id })
})

test('warnings of the server are shown, and stand in the context where they are declared', () => {
  const body = JSON.stringify({ ...page(group), messages: ['unknown parameter: x'] })
  const { context, markdown } = through('ciphertrust-group-list', {}, 200, body)
  expect(context).toMatchObject({ messages: ['unknown parameter: x'] })
  expect(markdown).toContain('unknown parameter: x')
})

test('what others typed cannot break out of its cell, nor become a link', () => {
  const body = JSON.stringify({ ...group, description: '|x|\n[a](http://b)<img src=x>' })
  const { markdown } = through('ciphertrust-group-create', { name: 'ops' }, 201, body)
  const row = markdown.split('\n')[3] ?? ''
  expect(row).toContain('\\|x\\| \\[a\\](http://b)&lt;img src=x&gt;')
})

test.each([
  [
    'external-ca-list as the published pack has it: the resources without an envelope',
    'ciphertrust-external-ca-list',
    {},
    page(external),
    [{ id: ID }],
  ],
  [
    'a single CA in an envelope',
    'ciphertrust-local-ca-list',
    named,
    active,
    { skip: 0, limit: 1, total: 1, resources: [{ id: ID, cert: PEM }] },
  ],
  [
    'a single user in an envelope',
    'ciphertrust-users-list',
    { user_id: 'self' },
    user,
    { skip: 0, limit: 1, total: 1, resources: [{ userid: id }] },
  ],
  [
    'a request that stays in the context',
    'ciphertrust-local-ca-create',
    { cn: 'x' },
    pending,
    { csr: CSR },
  ],
])('%s', (_name, command, args, answer, context) => {
  expect(through(command, args, 200, JSON.stringify(answer)).context).toMatchObject(context)
})

test('the certificate of the published commands is in a file alone', () => {
  const { context, files } = through(
    'ciphertrust-external-ca-upload',
    { cert_entry_id: PEM },
    201,
    JSON.stringify(external),
  )
  expect(context).not.toHaveProperty('cert')
  expect(files).toEqual([{ name: 'Certificate.pem', text: PEM, secret: false }])
})
