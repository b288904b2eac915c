import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, addUser, inParallel, type Lab, openLab, pick } from './lab.ts'
import { random, report, scale, seed } from './promise.ts'

type Get = (path: string) => Promise<Answer>

/** Lists of objects that have a read of their own, and how to ask for one. */
const lists = [
  {
    path: '/v1/usermgmt/users',
    one: (row: Record<string, string>) =>
      `/v1/usermgmt/users/${encodeURIComponent(row['user_id'] ?? '')}`,
    sorts: [
      'username',
      'name',
      'nickname',
      'email',
      'password_changed_at',
      'expires_at',
      'created_at',
      'password',
      'seal',
    ],
    filters: {
      name: ['*', 'a*', 'Admin', '?*', 'secret*'],
      username: ['*', 'adm*', 'admin', 'target-?', 'reader'],
      email: ['*@local', 'admin@local', '*'],
      group: ['admin', 'User Admins', 'nil', 'secret club'],
      groups: ['admin,User Admins', 'nil'],
      exclude_groups: ['admin', 'nobody', 'Key Users'],
      account_expired: ['true', 'false'],
      allowed_auth_methods: ['password', 'empty', 'user_certificate'],
      password_policy: ['global', 'strict'],
      auth_domain_name: ['root', '*'],
      return_groups: ['true'],
    },
  },
  {
    path: '/v1/auth/tokens',
    one: (row: Record<string, string>) => `/v1/auth/tokens/${row['id']}`,
    sorts: ['created_at', 'updated_at', 'expires_at', 'token_hash', 'user_id'],
    filters: {
      expired: ['true', 'false'],
      revoked: ['true', 'false'],
      labels: ['mine', 'theirs'],
      user_id: ['admin', 'self', 'reader', 'local|admin', 'target-1'],
    },
  },
  {
    path: '/v1/usermgmt/groups',
    one: (row: Record<string, string>) =>
      `/v1/usermgmt/groups/${encodeURIComponent(row['name'] ?? '')}`,
    sorts: ['name', 'created_at', 'updated_at', 'users_count', 'seal'],
    filters: {
      name: ['*', 'admin', '* Admins'],
      users: ['self', '-self', 'reader', 'nil', 'admin', '-admin', 'target-1', 'nobody-at-all'],
    },
  },
  {
    path: '/v1/usermgmt/pwdpolicies',
    one: (row: Record<string, string>) => `/v1/usermgmt/pwdpolicies/${row['policy_name']}`,
    sorts: ['policy_name', 'created_at'],
    filters: { policy_name: ['*', 'strict', 'global'] },
  },
  {
    path: '/v1/audit/records',
    one: (row: Record<string, string>) => `/v1/audit/records/${row['id']}`,
    sorts: ['createdAt', 'username'],
    filters: { username: ['reader', 'admin'], success: ['true'], message: ['Sign in'] },
  },
] as const

describe('A8: lists and counts show only what may be read', () => {
  let lab: Lab
  let token: string
  let id: string

  beforeAll(async () => {
    lab = await openLab()
    const admin = await lab.admin()
    await lab.ask('POST', '/v1/usermgmt/pwdpolicies', {
      token: admin,
      body: { policy_name: 'strict' },
    })
    await lab.ask('POST', '/v1/usermgmt/groups', { token: admin, body: { name: 'secret club' } })
    for (let at = 0; at < 12; at++) {
      const groups = at % 3 === 0 ? ['secret club'] : at % 3 === 1 ? ['User Admins'] : []
      const more = at % 4 === 0 ? { expires_at: '2001-01-01T00:00:00Z', name: 'secret' } : {}
      await addUser(lab, `target-${at}`, 'Target-Pass-1', groups, more)
    }
    id = await addUser(lab, 'reader', 'Reader-Pass-1', ['Key Users'])
    token = await lab.signIn('reader', 'Reader-Pass-1')
    const body = { username: 'reader', password: 'Reader-Pass-1', labels: ['mine'] }
    await lab.ask('POST', '/v1/auth/tokens', { body })
    const others = { username: 'admin', password: 'First-Pass-1234!', labels: ['theirs'] }
    await lab.ask('POST', '/v1/auth/tokens', { body: others })
  })
  afterAll(() => lab.stop())

  const own: Get = (path) => lab.ask('GET', path, { token })

  test('no page, total, sort or filter tells of what a read of its own refuses', async () => {
    const runs = scale(1500, 20_000)
    const { extra, rows } = await extras(own, own, runs)
    report('A8', `${runs} lists, ${rows} rows compared with their own reads, ${extra.length} extra`)
    expect(extra, `seed ${seed}`).toEqual([])
    expect(rows).toBeGreaterThan(runs / 4)
  }, 120_000)

  test('callers see themselves in the list of users, whole and alone', async () => {
    const all = await own('/v1/usermgmt/users?limit=-1')
    expect(all.body).toMatchObject({ total: 1, resources: [{ user_id: id }] })
  })

  test('who is in which group is told to those alone who may read users', async () => {
    expect((await own('/v1/usermgmt/groups?users=admin')).status).toBe(403)
    expect((await own('/v1/usermgmt/groups?users=nobody-at-all')).status).toBe(403)
    expect((await own('/v1/usermgmt/groups?users=self')).body).toMatchObject({ total: 1 })
  })

  test('the harness notices a list that is not cut to what the caller may read', async () => {
    const admin = await lab.admin()
    const everything: Get = (path) => lab.ask('GET', path, { token: admin })
    const { extra } = await extras(everything, own, 100)
    expect(extra.length).toBeGreaterThan(10)
  })
})

/** Asks for lists in many ways; whatever a list shows or counts must be open to the caller's own reads. */
async function extras(list: Get, read: Get, runs: number) {
  const next = random()
  const extra: string[] = []
  let rows = 0
  const readable = new Map<string, Promise<boolean>>()
  const mayRead = (path: string) => {
    const known = readable.get(path) ?? read(path).then(({ status }) => status === 200)
    readable.set(path, known)
    return known
  }
  const queries = Array.from({ length: runs }, () => {
    const { path, one, sorts, filters } = pick(next, lists)
    const query = new URLSearchParams()
    if (next() < 0.5) query.set('limit', pick(next, ['1', '2', '-1', '0', '2000']))
    if (next() < 0.3) query.set('skip', pick(next, ['0', '1', '5', '1000']))
    if (next() < 0.5) query.set('sort', pick(next, ['', '-']) + pick(next, sorts))
    for (const [name, values] of Object.entries(filters))
      if (next() < 0.25) query.set(name, pick(next, values))
    return { path, one, query }
  })
  await inParallel(queries, 8, async ({ path, one, query }) => {
    const asked = `${path}?${query}`
    const got = await list(asked)
    if (got.status !== 200) {
      if (![400, 403].includes(got.status)) extra.push(`${asked}: ${got.status}`)
      return
    }
    for (const row of got.body.resources) {
      rows++
      if (!(await mayRead(one(row)))) extra.push(`${asked} shows ${one(row)}`)
    }
    // The count of the whole list, by pages of its own, is all that a total may say.
    query.set('limit', '-1')
    query.delete('skip')
    const whole = await list(`${path}?${query}`)
    if (whole.body.resources.length !== got.body.total)
      extra.push(`${asked} counts ${got.body.total}, and shows ${whole.body.resources.length}`)
  })
  return { extra, rows }
}
