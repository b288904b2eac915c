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
  return signed
}

export interface Signed {
  readonly jwt: string
  readonly refresh_token: string
  readonly refresh_token_id: string
}
