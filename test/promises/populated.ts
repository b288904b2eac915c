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
  await keys(demand)
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

/** Two keys of a kind, and two of everything about keys. */
async function keys(demand: Demand): Promise<void> {
  for (const name of ['one', 'two']) {
    const fields = { name, labels: { app: name }, meta: { permissions: { ReadKey: ['blue'] } } }
    await demand('POST', '/v1/vault/keys2', fields, 201)
    const pair = { name: `pair ${name}`, algorithm: 'ec', curveid: 'prime256v1' }
    await demand('POST', '/v1/vault/keys2', pair, 201)
    await demand('POST', `/v1/vault/keys2/${name}/versions`, {}, 201)
    await demand('POST', '/v1/vault/secrets', { name: `secret ${name}` }, 201)
    await demand(
      'POST',
      '/v1/vault/key-policies',
      { name, labelSelector: `app=${name}`, permissions: { groups: { ReadKey: ['red'] } } },
      201,
    )
    await demand(
      'POST',
      '/v1/vault/key-templates',
      { name, keyAttributes: { algorithm: 'aes' } },
      201,
    )
  }
}

export interface Signed {
  readonly jwt: string
  readonly refresh_token: string
  readonly refresh_token_id: string
}
