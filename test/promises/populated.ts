import { selfSigned } from '../conformance/self-signed.ts'
import { raisedAlarm } from './calls.ts'
import { addUser, type Lab } from './lab.ts'

export const FORMER = 'Former-Pass-1234!'
export const CURRENT = 'Current-Pass-1234!'
export const USERS = ['ada', 'bob', 'cyd', 'dan', 'eva'] as const
export const GROUPS = ['blue', 'green', 'red', 'white'] as const

/** At least two rows in every table that an API of today can fill. Returns the answers to the sign-ins. */
export async function populate(lab: Lab): Promise<Signed[]> {
  const token = await lab.admin()
  const demand = async (method: string, path: string, body: unknown, status: number) => {
    const got = await lab.ask(method, path, { token, body })
    if (got.status !== status)
      throw new Error(`${method} ${path} answered ${got.status}: ${got.text}`)
    return got
  }
  const signed: Signed[] = []
  for (const name of GROUPS)
    await demand(
      'POST',
      '/v1/usermgmt/groups',
      { name, description: `the ${name} ones`, user_metadata: { color: name } },
      201,
    )
  for (const [at, policy_name] of ['strict', 'lenient'].entries())
    await demand(
      'POST',
      '/v1/usermgmt/pwdpolicies',
      { policy_name, inclusive_min_total_length: 8 + at, password_history_threshold: 3 },
      201,
    )
  for (const [at, name] of USERS.entries()) {
    await addUser(lab, name, FORMER, GROUPS.slice(0, 1 + (at % GROUPS.length)), {
      email: `${name}@example.com`,
      password_policy: 'strict',
      app_metadata: { desk: at },
    })
    const changed = await lab.ask('PATCH', '/v1/auth/changepw', {
      body: { username: name, password: FORMER, new_password: CURRENT },
    })
    if (changed.status !== 200) throw new Error(changed.text)
    const got = await lab.ask('POST', '/v1/auth/tokens', {
      body: { username: name, password: CURRENT, refresh_token_lifetime: 1000, labels: ['desk'] },
    })
    if (got.status !== 200) throw new Error(got.text)
    signed.push(got.body)
  }
  for (const when of ['pre', 'post'])
    await demand('PATCH', `/v1/auth/banners/${when}-auth`, { value: `a ${when} banner` }, 200)
  await demand('PATCH', '/v1/system/info', { name: 'the vault' }, 200)
  await authorities(demand)
  for (const name of ['flood', 'fire']) await raisedAlarm(lab, name)
  await clients(demand)
  await keys(demand)
  await cteObjects(demand)
  await cteMachines(demand)
  return signed
}

type Demand = (
  method: string,
  path: string,
  body: unknown,
  status: number,
) => Promise<{ readonly body: Record<string, string> }>

/** Two CAs more than the default one, two certificates and two external CAs; what the web interface has beside it. */
async function authorities(demand: Demand): Promise<void> {
  for (const name of ['one', 'two']) {
    const { id } = (await demand('POST', '/v1/ca/local-cas', { cn: name, name }, 201)).body
    const path = `/v1/ca/local-cas/${id}`
    const { cert } = (await demand('POST', `${path}/self-sign`, { duration: 99 }, 200)).body
    await demand('POST', '/v1/ca/external-cas', { cert, name, parent: name }, 201)
    const request = (await demand('POST', '/v1/ca/csr', { cn: `host ${name}` }, 201)).body['csr']
    const body = { csr: request, purpose: 'server', duration: 9, name }
    const made = (await demand('POST', `/v1/ca/local-cas/one/certs`, body, 201)).body
    await demand(
      'POST',
      `/v1/ca/local-cas/one/certs/${made['id']}/revoke`,
      { reason: 'superseded' },
      200,
    )
    await demand('POST', '/v1/ca/local-cas', { cn: `below ${name}`, copy_from_ca: id }, 201)
    await demand('POST', '/v1/trusted-cas', { ca_id: id, service: 'web' }, 201)
  }
  const web = '/v1/configs/interfaces/web'
  await demand('POST', `${web}/csr`, { cn: 'the vault' }, 200)
  await demand('PUT', `${web}/renewal-certificate`, { generate: true }, 200)
}

/** Two client profiles, a token of each, and a client of each token. */
async function clients(demand: Demand): Promise<void> {
  for (const name of ['one', 'two']) {
    const of = '/v1/client-management'
    const profile = { name, csr_parameters: { csr_org_name: 'Org' }, groups: ['Key Users'] }
    const { id } = (await demand('POST', `${of}/profiles`, profile, 201)).body
    const fields = { name_prefix: name, client_management_profile_id: id, labels: { app: name } }
    const { token } = (await demand('POST', `${of}/regtokens`, fields, 201)).body
    const client = { reg_token: token, client_metadata: { desk: name } }
    await demand('POST', `${of}/clients`, client, 201)
  }
}

/** Two keys of a kind, and two of everything about keys. */
async function keys(demand: Demand): Promise<void> {
  for (const name of ['one', 'two']) {
    const fields = { name, labels: { app: name }, meta: { permissions: { ReadKey: ['blue'] } } }
    await demand('POST', '/v1/vault/keys2', fields, 201)
    const pair = {
      name: `pair ${name}`,
      algorithm: 'ec',
      curveid: 'prime256v1',
      usageLimits: { total: 100 },
    }
    await demand('POST', '/v1/vault/keys2', pair, 201)
    await demand('POST', `/v1/vault/keys2/${name}/versions`, {}, 201)
    await demand('POST', '/v1/vault/secrets', { name: `secret ${name}` }, 201)
    await demand(
      'POST',
      '/v1/vault/key-policies',
      { name, labelSelector: `app=${name}`, permissions: { groups: { ReadKey: ['red'] } } },
      201,
    )
    await demand('POST', '/v1/vault/templates', { name, keyAttributes: { algorithm: 'aes' } }, 201)
  }
}

/** Two policies of transparent encryption, and two sets of each kind. */
async function cteObjects(demand: Demand): Promise<void> {
  const te = '/v1/transparent-encryption'
  const agents = ['CTE Clients']
  for (const name of ['one', 'two']) {
    const cte = { encryption_mode: 'CBC_CS1', cte_versioned: false }
    const meta = { permissions: { ReadKey: agents, ExportKey: agents }, cte }
    await demand('POST', '/v1/vault/keys2', { name: `cte ${name}`, meta }, 201)
    const resources = [{ directory: `/${name}` }]
    await demand('POST', `${te}/resourcesets`, { name, resources }, 201)
    await demand('POST', `${te}/signaturesets`, { name, source_list: ['/bin'] }, 201)
    const signatures = [{ file_name: '/bin/sh', hash_value: name }]
    await demand('PATCH', `${te}/signaturesets/one/addsignatures`, { signatures }, 200)
    await demand('POST', `${te}/processsets`, { name, processes: [{ signature: name }] }, 201)
    const policy = {
      name,
      policy_type: 'Standard',
      security_rules: [{ effect: 'permit', resource_set_id: name, process_set_id: name }],
      key_rules: [{ key_id: `cte ${name}` }],
    }
    await demand('POST', `${te}/policies`, policy, 201)
  }
}

/** Two of each kind of what transparent encryption guards, and of what it is set up with. */
async function cteMachines(demand: Demand): Promise<void> {
  const te = '/v1/transparent-encryption'
  const secret = { password_creation_method: 'MANUAL', password: 'Machine-Pass-1!' }
  for (const name of ['one', 'two']) {
    const { cert, key } = await selfSigned()
    const servers = [{ name: 'log', certificate: cert, privateKey: key }]
    await demand('POST', `${te}/profiles`, { name, syslog_settings: { servers } }, 201)
    await demand('POST', `${te}/clients`, { name, profile_id: name, ...secret }, 201)
    await demand('POST', `${te}/clientgroups`, { name, ...secret }, 201)
    await demand('POST', `${te}/clientgroups/${name}/clients`, { client_list: [name] }, 200)
    await demand('POST', `${te}/clientgroups/${name}/dps`, { name, client_list: name }, 201)
    const guard_point_params = { guard_point_type: 'directory_auto', policy_id: name }
    const guard = { guard_paths: [`/${name}`], guard_point_params }
    await demand('POST', `${te}/clients/${name}/guardpoints`, guard, 201)
    const storage = { name, k8s_namespace: name, k8s_storage_class: 'fast' }
    await demand('POST', `${te}/csigroups`, storage, 201)
    await demand('POST', `${te}/ldtgroupcommservice`, { name, client_list: [name] }, 201)
  }
}

export interface Signed {
  readonly jwt: string
  readonly refresh_token: string
  readonly refresh_token_id: string
}
