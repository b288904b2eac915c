import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const password = 'Self-Pass-1234!'
const next = 'Next-Pass-1234!'

describe.each(databases)('what a user does for himself on %s', (database) => {
  const api = startApi(database)
  const newUser = async (username: string, fields: object = {}) => {
    const { user_id } = await api.post('/usermgmt/users', { username, password, ...fields })
    return { username, password, user_id }
  }
  const change = (body: object) => api.anonymous.send('PATCH', '/auth/changepw', body)

  test('he reads and changes his own page, and nothing that gives him rights', async () => {
    const jo = await newUser('jo')
    const me = await api.as(jo)
    expect(await me.get('/auth/self/user')).toMatchObject({ user_id: jo.user_id, username: 'jo' })
    const changed = await me.patch('/auth/self/user', {
      nickname: 'J',
      user_metadata: { theme: 'dark' },
      groups: ['admin'],
      expires_at: '2099-01-01T00:00:00Z',
      password: next,
      allowed_auth_methods: [],
    })
    expect(changed).toMatchObject({ nickname: 'J', user_metadata: { theme: 'dark' } })
    expect(changed.expires_at).toBeUndefined()
    expect(await api.get('/usermgmt/groups?users=local|jo')).toMatchObject({ total: 0 })
    await api.as(jo)
  })

  test('he lists the domains he can enter', async () => {
    const root = { id: '00000000-0000-0000-0000-000000000000', name: 'root' }
    const me = await api.as(await newUser('domains'))
    expect(await me.get('/auth/self/domains')).toEqual({
      skip: 0,
      limit: 10,
      total: 1,
      resources: [root],
    })
    expect(await me.get('/auth/self/domains?skip=1&limit=-1')).toMatchObject({
      limit: -1,
      total: 1,
      resources: [],
    })
  })

  test('he reads the policy that binds him', async () => {
    await api.post('/usermgmt/pwdpolicies', {
      policy_name: 'long',
      inclusive_min_total_length: 12,
    })
    const me = await api.as(await newUser('bound', { password_policy: 'long' }))
    expect(await me.get('/auth/self/pwdpolicy')).toMatchObject({
      policy_name: 'long',
      inclusive_min_total_length: 12,
    })
  })

  test('he asks what he may do, and is told as the server would decide', async () => {
    const me = await api.as(await newUser('asking'))
    const actions = ['ReadGroup', 'CreateUser', 'NoSuchAction']
    expect(await me.post('/auth/self/permissions', { actions }, 200)).toEqual({
      permissions: [
        { action: 'ReadGroup', allowed: true },
        { action: 'CreateUser', allowed: false },
        { action: 'NoSuchAction', allowed: false },
      ],
    })
    await me.post('/auth/self/permissions', { actions: 'ReadGroup' }, 400)
  })

  test('he changes his password with the old one alone, and every session of his ends', async () => {
    const user = await newUser('changing')
    const before = await api.as(user)
    expect(await change({ ...user, new_password: next })).toMatchObject({
      status: 200,
      body: { message: 'password changed' },
    })
    await before.get('/auth/self/user', 401)
    await api.as({ ...user, password: next })
    expect((await api.anonymous.send('POST', '/auth/tokens', user)).status).toBe(401)
  })

  test('two changes at once: one of them holds', async () => {
    const user = await newUser('racing')
    const both = ['Race-Pass-1111!', 'Race-Pass-2222!']
    const answers = await Promise.all(both.map((new_password) => change({ ...user, new_password })))
    const won = answers.findIndex(({ status }) => status === 200)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect([401, 409]).toContain(answers[1 - won]?.status)
    await api.as({ ...user, password: both[won] ?? '' })
  })

  test('the wrong old password, an unknown user and a foreign domain are refused alike', async () => {
    const user = await newUser('wrong')
    const answers = [
      await change({ ...user, password: 'nothing', new_password: next }),
      await change({ username: 'nobody', password, new_password: next }),
      await change({ ...user, auth_domain: 'elsewhere', new_password: next }),
    ].map(({ status, body: { requestID: _, ...body } }) => ({ status, body }))
    for (const answer of answers)
      expect(answer).toEqual({
        status: 401,
        body: {
          code: 5,
          codeDesc: 'NCERRUnauthorizedAccess',
          message: 'Wrong username or password.',
        },
      })
    await api.as(user)
  })

  test('a change that is demanded stands before every token, and ends with the change', async () => {
    const user = await newUser('forced', { password_change_required: true })
    const refused = await api.anonymous.post('/auth/tokens', user, 401)
    expect(refused.message).toContain('must be changed')
    expect((await change({ ...user, new_password: password })).status).toBe(400)
    expect((await change({ ...user, new_password: next })).status).toBe(200)
    await api.as({ ...user, password: next })
  })
})
