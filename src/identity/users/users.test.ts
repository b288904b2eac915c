import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, type Sender, startApi } from '../../../test/support/api.ts'
import { isLater } from '../../../test/support/times.ts'

const PASSWORD = 'Testuser-123!'
const DAY_MS = 86_400_000
const USERS = '/usermgmt/users'

describe.each(databases)('users on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const create = (fields: object = {}) =>
    api.post(USERS, { username: unique('jo'), password: PASSWORD, ...fields })
  const path = ({ user_id }: { user_id: string }) => `${USERS}/${encodeURIComponent(user_id)}`
  const join = (group: string, user: { user_id: string }, by: Sender = api, status = 200) =>
    by.post(
      `/usermgmt/groups/${encodeURIComponent(group)}/users/${user.user_id}`,
      undefined,
      status,
    )
  const member = async (group: string, fields: object = {}) => {
    const user = await create(fields)
    await join(group, user)
    return { user, sender: await api.as({ username: user.username, password: PASSWORD }) }
  }
  const messageOf = (body: unknown) => JSON.stringify(body)
  const namesIn = (list: { resources: { username: string }[] }) =>
    list.resources.map(({ username }) => username)

  test('a new user comes back with every field and its default, and never with a password', async () => {
    const username = unique('Jo')
    const user = await api.post(USERS, {
      username,
      password: PASSWORD,
      is_domain_user: false,
      login_flags: { prevent_ui_login: false },
      id: '',
      account: '',
      user_metadata: null,
    })
    expect(user).toEqual({
      user_id: expect.stringMatching(/^local\|[0-9a-f-]{36}$/),
      username,
      name: username,
      nickname: username,
      email: `${username}@local`,
      certificate_subject_dn: '',
      enable_cert_auth: false,
      allowed_auth_methods: ['password'],
      allowed_client_types: ['unregistered', 'public', 'confidential'],
      login_flags: { prevent_ui_login: false },
      logins_count: 0,
      last_login: null,
      failed_logins_count: 0,
      account_lockout_at: null,
      failed_logins_initial_attempt_at: null,
      last_failed_login_at: null,
      password_changed_at: expect.any(String),
      password_change_required: false,
      auth_domain: '00000000-0000-0000-0000-000000000000',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/),
      updated_at: user.created_at,
    })
    expect(await api.get(path(user))).toEqual({ ...user, auth_domain_name: 'root' })
  })

  test('a user is reached by id, encoded or not, and by username in any case', async () => {
    const user = await create()
    const id = user.user_id.slice('local|'.length)
    for (const form of [
      `local%7C${id}`,
      id,
      user.username.toUpperCase(),
      `local%7C${user.username}`,
    ])
      expect((await api.get(`${USERS}/${form}`)).user_id, form).toBe(user.user_id)
    await api.get(`${USERS}/local%7C${randomUUID()}`, 404)
    await api.get(`${USERS}/%20`, 404)
  })

  test('a username is taken in every spelling', async () => {
    const user = await create()
    for (const username of [user.username, user.username.toUpperCase(), ` ${user.username} `]) {
      const refused = await api.post(USERS, { username, password: PASSWORD }, 409)
      expect(refused.codeDesc).toMatch(/^NCERRConflict/)
    }
  })

  test('names that could be read as a path or an id are refused', async () => {
    for (const username of [
      'a/b',
      'a|b',
      'a<b',
      'global',
      'SELF',
      randomUUID(),
      ' ',
      'a\u0000',
      'a\u202e',
    ])
      await api.post(USERS, { username, password: PASSWORD }, 400)
    await api.post(USERS, { password: PASSWORD }, 400)
  })

  test('a password is demanded unless a certificate stands in, and must meet the policy', async () => {
    const username = unique('jo')
    expect(messageOf(await api.post(USERS, { username }, 400))).toContain('password')
    const weak = await api.post(USERS, { username, password: 'weak' }, 400)
    expect(messageOf(weak)).toContain('at least 8 characters')
    const dn = { certificate_subject_dn: 'CN=jo', allowed_auth_methods: ['user_certificate'] }
    await api.post(USERS, { username, certificate_subject_dn: 'CN=jo' }, 400)
    await api.post(USERS, { username, allowed_auth_methods: ['user_certificate'] }, 400)
    const user = await api.post(USERS, { username, ...dn })
    expect(user).toMatchObject({ enable_cert_auth: true, certificate_subject_dn: 'CN=jo' })
  })

  test('a user for certificates may have a password and no subject', async () => {
    const user = await create({ allowed_auth_methods: ['user_certificate'] })
    expect(user).toMatchObject({ certificate_subject_dn: '', enable_cert_auth: true })
  })

  test('the subject comes back in its normal form, and an empty one clears it', async () => {
    const user = await create({ certificate_subject_dn: 'OU=dev,O=Thales,L=Austin,ST=TX,C=US' })
    expect(user.certificate_subject_dn).toBe('C=US,ST=TX,L=Austin,O=Thales,OU=dev')
    const cleared = await api.patch(path(user), { certificate_subject_dn: '' })
    expect(cleared.certificate_subject_dn).toBe('')
    await api.patch(path(user), { certificate_subject_dn: 'jo' }, 400)
  })

  test('password_with_user_certificate stands alone', async () => {
    await create({ allowed_auth_methods: ['password_with_user_certificate'] })
    const both = ['password', 'password_with_user_certificate']
    await api.post(
      USERS,
      { username: unique('jo'), password: PASSWORD, allowed_auth_methods: both },
      400,
    )
    await api.post(
      USERS,
      { username: unique('jo'), password: PASSWORD, allowed_auth_methods: ['x'] },
      400,
    )
  })

  test('enable_cert_auth adds and takes certificates, unless allowed_auth_methods says it all', async () => {
    const user = await create({ enable_cert_auth: true })
    expect(user.allowed_auth_methods).toEqual(['password', 'user_certificate'])
    const without = await api.patch(path(user), { enable_cert_auth: false })
    expect(without).toMatchObject({ allowed_auth_methods: ['password'], enable_cert_auth: false })
    const beside = { enable_cert_auth: true, allowed_auth_methods: ['password'] }
    expect((await api.patch(path(user), beside)).enable_cert_auth).toBe(false)
  })

  test('what needs domains or identity connections answers 501', async () => {
    const user = await create()
    await api.post(USERS, { user_id: user.user_id }, 501)
    const fields = { username: unique('jo'), password: PASSWORD }
    await api.post(USERS, { ...fields, is_domain_user: true }, 501)
    await api.post(USERS, { ...fields, connection: 'ldap' }, 501)
    await api.post(USERS, { ...fields, connection: 'local_account', user_id: '' }, 201)
  })

  test('a change answers with the whole user and leaves the rest alone', async () => {
    const user = await create({ user_metadata: { current_domain: { id: '1', name: null } } })
    const changed = await api.patch(path(user), {
      username: user.username.toUpperCase(),
      name: 'Jo',
      nickname: '',
      email: 'jo@example.com',
      allowed_client_types: [],
      login_flags: { prevent_ui_login: true },
      password_change_required: true,
    })
    expect(changed).toMatchObject({
      ...user,
      name: 'Jo',
      email: 'jo@example.com',
      allowed_client_types: [],
      login_flags: { prevent_ui_login: true },
      password_change_required: true,
      updated_at: changed.updated_at,
    })
    expect(isLater(changed.updated_at, user.updated_at)).toBe(true)
    await api.patch(path(user), { username: 'another' }, 400)
    const emptied = await api.patch(path(user), { user_metadata: {} })
    expect(emptied).not.toHaveProperty('user_metadata')
  })

  test('fields that clients only read cannot be set', async () => {
    const user = await create({
      user_id: '',
      logins_count: 9,
      auth_domain: 'x',
      created_at: '2000-01-01T00:00:00Z',
      session_epoch: 9,
      groups: ['admin'],
    })
    expect(user.logins_count).toBe(0)
    const patched = await api.patch(path(user), {
      groups: ['admin'],
      logins_count: 9,
      auth_domain: 'x',
    })
    expect(patched).toEqual(user)
    const listed = await api.get(`${USERS}?username=${user.username}&return_groups=true`)
    expect(listed.resources[0].groups).toEqual([])
  })

  test('expires_at is taken with any offset, shown in UTC, and removed by an empty text', async () => {
    const user = await create({ expires_at: '2999-01-01T01:30:00.1200+01:30' })
    expect(user.expires_at).toBe('2999-01-01T00:00:00.12Z')
    const kept = await api.patch(path(user), { expires_at: '' })
    expect(kept).not.toHaveProperty('expires_at')
    await api.patch(path(user), { expires_at: 'tomorrow' }, 400)
    await api.patch(path(user), { expires_at: '9999-12-31T23:59:59-01:00' }, 400)
  })

  test('only 0 can be set as the count of failed sign-ins', async () => {
    const user = await create()
    expect((await api.patch(path(user), { failed_logins_count: 0 })).failed_logins_count).toBe(0)
    await api.patch(path(user), { failed_logins_count: 3 }, 400)
  })

  test('a locked account is opened by failed_logins_count 0', async () => {
    const name = unique('lock')
    await api.post('/usermgmt/pwdpolicies', {
      policy_name: name,
      failed_logins_lockout_thresholds: [30],
    })
    const user = await create({ password_policy: name })
    const wrong = { username: user.username, password: 'Wrong-pass-1' }
    await api.anonymous.post('/auth/tokens', wrong, 401)
    expect(await api.get(path(user))).toMatchObject({
      failed_logins_count: 1,
      account_lockout_at: expect.any(String),
    })
    const right = { username: user.username, password: PASSWORD }
    await api.anonymous.post('/auth/tokens', right, 401)
    const opened = await api.patch(path(user), { failed_logins_count: 0 })
    expect(opened).toMatchObject({ failed_logins_count: 0, account_lockout_at: null })
    await api.anonymous.post('/auth/tokens', right, 200)
    expect(await api.get(path(user))).toMatchObject({ logins_count: 1, failed_logins_count: 0 })
  })

  test('a new password ends the sessions, and the last ones cannot come back', async () => {
    const user = await create()
    const session = await api.as({ username: user.username, password: PASSWORD })
    await session.get(`${USERS}/self`)
    expect(messageOf(await api.patch(path(user), { password: PASSWORD }, 400))).toContain(
      'used before',
    )
    const passwords = [1, 2, 3, 4, 5].map((at) => `Another-pass-${at}!`)
    for (const password of passwords) await api.patch(path(user), { password })
    await session.get(`${USERS}/self`, 401)
    // The threshold of 5 keeps the current one and four before it: the very first is free again.
    for (const password of passwords) await api.patch(path(user), { password }, 400)
    await api.patch(path(user), { password: PASSWORD })
    await api.as({ username: user.username, password: PASSWORD })
  })

  test('a policy binds the users that name it', async () => {
    const name = unique('long')
    await api.post('/usermgmt/pwdpolicies', { policy_name: name, inclusive_min_total_length: 20 })
    await api.post(
      USERS,
      { username: unique('jo'), password: PASSWORD, password_policy: name },
      400,
    )
    const user = await create({ password_policy: name, password: `${PASSWORD}-and-more` })
    expect(user.password_policy).toBe(name)
    await api.patch(path(user), { password: 'Too-short-1!' }, 400)
    await api.delete(`/usermgmt/pwdpolicies/${name}`, undefined, 409)
    const freed = await api.patch(path(user), { password_policy: '', password: 'Short-now-1!' })
    expect(freed).not.toHaveProperty('password_policy')
    await api.delete(`/usermgmt/pwdpolicies/${name}`)
    await api.patch(path(user), { password_policy: name }, 400)
    await api.post(
      USERS,
      { username: unique('jo'), password: PASSWORD, password_policy: 'no' },
      400,
    )
  })

  test('an expired account is dead at once, its running session too', async () => {
    const user = await create()
    const session = await api.as({ username: user.username, password: PASSWORD })
    await session.get(`${USERS}/self`)
    await api.patch(path(user), { expires_at: '2020-01-01T00:00:00Z' })
    await session.get(`${USERS}/self`, 401)
    await api.patch(path(user), { expires_at: '' })
    await session.get(`${USERS}/self`)
  })

  test('deleting a user ends everything of it', async () => {
    const { user, sender } = await member('Key Users')
    const before = (await api.get(USERS)).total
    const group = await api.get('/usermgmt/groups/Key%20Users')
    await api.delete(path(user), {})
    await sender.get(`${USERS}/self`, 401)
    await api.get(path(user), 404)
    await api.delete(path(user), undefined, 404)
    expect((await api.get(USERS)).total).toBe(before - 1)
    expect((await api.get('/usermgmt/groups/Key%20Users')).users_count ?? 0).toBe(
      (group.users_count ?? 0) - 1,
    )
    await api.anonymous.post('/auth/tokens', { username: user.username, password: PASSWORD }, 401)
    // The name is free again, for another user.
    const again = await create({ username: user.username })
    expect(again.user_id).not.toBe(user.user_id)
  })

  describe('who may do what', () => {
    test('a user without powers sees himself and nobody else', async () => {
      const user = await create()
      const other = await create()
      const session = await api.as({ username: user.username, password: PASSWORD })
      expect((await session.get(`${USERS}/self`)).user_id).toBe(user.user_id)
      expect((await session.get(path(user))).user_id).toBe(user.user_id)
      await session.get(path(other), 403)
      await session.get(`${USERS}/local%7C${randomUUID()}`, 403)
      const list = await session.get(`${USERS}?sort=-username`)
      expect([list.total, namesIn(list)]).toEqual([1, [user.username]])
      const oracle = await session.get(`${USERS}?username=${other.username}`)
      expect([oracle.total, oracle.resources]).toEqual([0, []])
      await session.post(USERS, { username: unique('jo'), password: PASSWORD }, 403)
      await session.patch(`${USERS}/self`, { name: 'x' }, 403)
      await session.delete(path(user), undefined, 403)
    })

    test('User Admins manage users, and none who is above them', async () => {
      const { sender } = await member('User Admins')
      const user = await sender.post(USERS, { username: unique('jo'), password: PASSWORD })
      await sender.patch(path(user), { expires_at: '2999-01-01T00:00:00Z' })
      for (const group of ['admin', 'CA Admins', 'Key Admins']) {
        await join(group, user, sender, 403)
        const above = await create()
        await join(group, above)
        for (const body of [
          { password: 'Stolen-pass-1!' },
          { name: 'x' },
          { allowed_auth_methods: [] },
        ])
          await sender.patch(path(above), body, 403)
        await sender.delete(path(above), undefined, 403)
        await api.delete(path(above))
      }
      await join('Key Users', user, sender)
      await sender.delete(path(user))
    })
  })

  describe('the list', () => {
    test('is by creation, and takes sort, skip and limit', async () => {
      const stem = unique('page')
      for (const at of [3, 1, 2]) await create({ username: `${stem}-${at}` })
      const order = async (query: string) =>
        namesIn(await api.get(`${USERS}/?username=${stem}*&${query}`)).map((name) => name.slice(-1))
      expect(await order('')).toEqual(['3', '1', '2'])
      expect(await order('sort=username')).toEqual(['1', '2', '3'])
      expect(await order('sort=-created_at')).toEqual(['2', '1', '3'])
      expect(await order('sort=username&skip=1&limit=1')).toEqual(['2'])
      expect(await order('skip=10')).toEqual([])
      expect(await order('limit=-1')).toEqual(['3', '1', '2'])
      const odd = await api.get(`${USERS}?limit=5000&sort=password&nonsense=1`)
      expect(odd).toMatchObject({ skip: 0, limit: 2000 })
      expect(odd.messages).toHaveLength(2)
      await api.get(`${USERS}?limit=-2`, 400)
    })

    test('matches names exactly without case, and by wildcard only where one is written', async () => {
      const stem = unique('x')
      await create({ username: `${stem}a%b`, name: 'Percy', email: `${stem}@a.example` })
      await create({ username: `${stem}aXb`, name: 'Under_score', email: `${stem}@b.example` })
      const count = async (query: string) => (await api.get(`${USERS}?${query}`)).total
      expect(await count(`username=${stem.toUpperCase()}axb`)).toBe(1)
      expect(await count(`username=${stem}a%25b`)).toBe(1)
      expect(await count(`username=${stem}a?b`)).toBe(2)
      expect(await count(`username=${stem}*`)).toBe(2)
      expect(await count(`username=${stem}a%5C?b`)).toBe(0)
      expect(await count(`email=${stem}@*.EXAMPLE`)).toBe(2)
      expect(await count(`username=${stem}*&name=under_SCORE`)).toBe(1)
      expect(await count(`username=${stem}*&name=underXscore`)).toBe(0)
      await api.get(`${USERS}?username=${stem}%00`, 400)
    })

    test('filters by groups, and shows them when asked', async () => {
      const stem = unique('g')
      const [one, two] = [`${stem}-one`, `${stem}-two`]
      for (const name of [one, two]) await api.post('/usermgmt/groups', { name })
      const [both, first, none] = await Promise.all(
        ['both', 'first', 'none'].map((end) => create({ username: `${stem}-${end}` })),
      )
      await join(one, both)
      await join(two, both)
      await join(one, first)
      const found = async (query: string) =>
        namesIn(await api.get(`${USERS}?username=${stem}*&sort=username&${query}`))
      expect(await found(`group=${one}`)).toEqual([both.username, first.username])
      expect(await found(`groups=${one}%2C${two}`)).toEqual([both.username])
      expect(await found(`groups=${one.toUpperCase()}&exclude_groups=${two}`)).toEqual([
        first.username,
      ])
      expect(await found('groups=nil')).toEqual([none.username])
      expect(await found('groups=no-such-group')).toEqual([])
      expect(await found('exclude_groups=no-such-group')).toHaveLength(3)
      const shown = await api.get(`${USERS}?username=${stem}*&sort=username&return_groups=True`)
      expect(shown.resources.map(({ groups }: { groups: string[] }) => groups)).toEqual([
        [one, two],
        [one],
        [],
      ])
      expect((await api.get(`${USERS}?username=${stem}*`)).resources[0]).not.toHaveProperty(
        'groups',
      )
    })

    test('filters by expiry, methods, client types, policy and domain', async () => {
      const stem = unique('f')
      const policy = unique('policy')
      await api.post('/usermgmt/pwdpolicies', { policy_name: policy })
      await create({
        username: `${stem}-1`,
        expires_at: '2020-01-01T00:00:00Z',
        allowed_auth_methods: [],
      })
      await create({
        username: `${stem}-2`,
        allowed_auth_methods: ['user_certificate', 'password'],
      })
      await create({ username: `${stem}-3`, allowed_client_types: [], password_policy: policy })
      const method = ['password_with_user_certificate']
      await create({
        username: `${stem}-4`,
        allowed_auth_methods: method,
        allowed_client_types: ['public'],
      })
      const found = async (query: string) =>
        namesIn(await api.get(`${USERS}?username=${stem}*&sort=username&${query}`))
          .map((name) => name.slice(-1))
          .join('')
      expect(await found('account_expired=True')).toBe('1')
      expect(await found('account_expired=false')).toBe('234')
      expect(await found('allowed_auth_methods=empty')).toBe('1')
      expect(await found('allowed_auth_methods=password')).toBe('23')
      expect(await found('allowed_auth_methods=password,user_certificate')).toBe('2')
      expect(await found('allowed_auth_methods=password_with_user_certificate')).toBe('4')
      expect(await found('allowed_auth_methods=password,empty')).toBe('')
      expect(await found('allowed_client_types=empty')).toBe('3')
      expect(await found('allowed_client_types=public')).toBe('124')
      expect(await found(`password_policy=${policy}`)).toBe('3')
      expect(await found('password_policy=global')).toBe('124')
      expect(await found('auth_domain_name=root')).toBe('1234')
      expect(await found('auth_domain_name=other')).toBe('')
      await api.get(`${USERS}?allowed_auth_methods=magic`, 400)
    })
  })

  test('a user who must wait between changes is not kept from a forced one', async () => {
    const name = unique('days')
    await api.post('/usermgmt/pwdpolicies', { policy_name: name, password_change_min_days: 2 })
    const { username } = await create({ password_policy: name })
    const change = (password: string, new_password: string, status: number) =>
      api.anonymous.patch('/auth/changepw', { username, password, new_password }, status)
    await change(PASSWORD, 'Second-pass-1!', 400)
    api.advance(3 * DAY_MS)
    await change(PASSWORD, 'Second-pass-1!', 200)
    await change('Second-pass-1!', 'Third-pass-12!', 400)
    await api.patch(`${USERS}/${username}`, { password_change_required: true })
    await change('Second-pass-1!', 'Third-pass-12!', 200)
  })
})

describe.each(databases)('the last administrator on %s', (database) => {
  const api = startApi(database)

  const session = async (username: string, group: string, by: Sender) => {
    await by.post(USERS, { username, password: PASSWORD })
    await by.post(`/usermgmt/groups/${group}/users/${username}`, undefined, 200)
    return { username, sender: await api.as({ username, password: PASSWORD }) }
  }

  test('cannot be deleted or taken out of the group', async () => {
    await api.delete(`${USERS}/admin`, undefined, 403)
    await api.delete('/usermgmt/groups/admin/users/admin', undefined, 403)
  })

  test('stays when the last two delete or remove each other at the same moment', async () => {
    const witness = (await session('witness', 'User%20Admins', api)).sender
    let last: { username: string; sender: Sender } = { username: 'admin', sender: api }
    for (let round = 0; round < 8; round++) {
      const other = await session(`other-${round}`, 'admin', last.sender)
      // Both connections are open and both tokens known, so that the two calls meet.
      await Promise.all([other, last].map(({ sender }) => sender.get(`${USERS}/self`)))
      const end = (username: string) =>
        round % 2 === 0 ? `${USERS}/${username}` : `/usermgmt/groups/admin/users/${username}`
      await Promise.all([
        last.sender.send('DELETE', end(other.username)),
        other.sender.send('DELETE', end(last.username)),
      ])
      const { resources } = await witness.get(`${USERS}?groups=admin`)
      expect(resources).toHaveLength(1)
      if (resources[0].username === other.username) last = other
    }
  })
})
