import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../test/support/api.ts'

describe.each(databases)('the gate on %s', (database) => {
  const api = startApi(database)
  const password = 'Gate-Pass-1234!'
  const newest = async (filter: string) =>
    (await api.get(`/audit/records?limit=100&${filter}`)).resources
  const records = async (username: string, message: string) =>
    newest(`username=${username}&message=${encodeURIComponent(message)}`)

  describe('records', () => {
    test('a refused sign-in exactly once, whether the user is there or not', async () => {
      await api.post('/usermgmt/users', { username: 'once', password })
      for (const username of ['once', 'nobody-once']) {
        await api.anonymous.post('/auth/tokens', { username, password: 'wrong' }, 401)
        expect(await records(username, 'Sign in')).toEqual([
          expect.objectContaining({
            success: false,
            severity: 'warning',
            service: 'tokens',
            details: expect.objectContaining({ reason: 'Wrong username or password.' }),
          }),
        ])
      }
      await api.as({ username: 'once', password })
      const [last, ...before] = await records('once', 'Sign in')
      expect(last).toMatchObject({ success: true, severity: 'info' })
      expect(before).toHaveLength(1)
    })

    test('a denial exactly once, also of a call that is else not recorded', async () => {
      await api.post('/usermgmt/users', { username: 'few', password })
      const few = await api.as({ username: 'few', password })
      await few.post('/usermgmt/groups', { name: 'mine' }, 403)
      await few.get('/audit/records', 403)
      const refused = await newest('username=few&success=false')
      expect(refused.map((record: { message: string }) => record.message)).toEqual([
        'List audit records, newest first',
        'Create group',
      ])
    })

    test('a change exactly once, and reading not at all', async () => {
      await api.post('/usermgmt/groups', { name: 'twice' })
      await api.post('/usermgmt/groups', { name: 'twice' }, 409)
      const before = await records('admin', 'Create group')
      await api.get('/usermgmt/groups')
      await api.post('/usermgmt/groups', {}, 400)
      const after = await records('admin', 'Create group')
      expect(after).toHaveLength(before.length)
      expect(after.slice(0, 2)).toMatchObject([{ success: false }, { success: true }])
    })

    test('names that no database can keep, without harm to other calls', async () => {
      const attempts = ['nul-\0-user', 'half-\ud800-user'].map((username) =>
        api.anonymous.send('POST', '/auth/tokens', { username, password: 'wrong' }),
      )
      const others = Array.from({ length: 5 }, (_, at) =>
        api.send('POST', '/usermgmt/groups', { name: `meanwhile-${at}` }),
      )
      for (const answer of await Promise.all(attempts)) expect([400, 401]).toContain(answer.status)
      for (const answer of await Promise.all(others)) expect(answer.status).toBe(201)
      await api.get('/audit/records?limit=50')
    })
  })

  describe('the session cookie', () => {
    const signIn = async () => {
      const answer = await api.anonymous.send('POST', '/auth/tokens', {
        username: 'admin',
        password: api.server.adminPassword,
        cookies: true,
      })
      const [set = ''] = [answer.headers['set-cookie']].flat()
      return { set, cookie: set.split(';')[0] ?? '' }
    }
    const status = async (
      method: string,
      path: string,
      headers: Record<string, string>,
      body?: object,
    ) => (await api.anonymous.send(method, path, body, headers)).status

    test('is set only when asked for, and only for this server over TLS', async () => {
      const { set } = await signIn()
      expect(set).toMatch(/^keystead_session=[\w-]+\.[\w-]+\.[\w-]+; Path=\/api; Max-Age=300; /)
      for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Strict'])
        expect(set).toContain(attribute)
      const plain = await api.anonymous.send('POST', '/auth/tokens', {
        username: 'admin',
        password: api.server.adminPassword,
      })
      expect(plain.headers['set-cookie']).toBeUndefined()
    })

    test.each([
      ['a page of this server', { 'sec-fetch-site': 'same-origin' }, 200, 201],
      ['another site', { 'sec-fetch-site': 'cross-site' }, 401, 401],
      ['a neighbouring host', { 'sec-fetch-site': 'same-site' }, 401, 401],
      ['a link that was typed', { 'sec-fetch-site': 'none' }, 401, 401],
      ['an old browser on another site', { origin: 'https://evil.example' }, 401, 401],
      ['a sandboxed page', { origin: 'null' }, 401, 401],
      ['a client that says nothing', {}, 200, 401],
    ])('sent by %s', async (who, headers, reading, writing) => {
      const { cookie } = await signIn()
      const name = `by ${who}`
      expect(await status('GET', '/auth/self/user', { cookie, ...headers })).toBe(reading)
      expect(await status('POST', '/usermgmt/groups', { cookie, ...headers }, { name })).toBe(
        writing,
      )
    })

    test('counts from an old browser on our own page, among other cookies', async () => {
      const { cookie } = await signIn()
      const headers = {
        cookie: `theme=dark; ${cookie}; x=y`,
        origin: api.server.url,
        host: new URL(api.server.url).host,
      }
      expect(await status('POST', '/usermgmt/groups', headers, { name: 'own origin' })).toBe(201)
    })

    test('does not help out a refused Authorization header', async () => {
      const { cookie } = await signIn()
      for (const authorization of ['Bearer', 'Bearer forged', 'Basic YTpi', ''])
        expect(await status('GET', '/auth/self/user', { cookie, authorization })).toBe(401)
    })

    test('ends with the session, and is taken back', async () => {
      const { cookie } = await signIn()
      const headers = { cookie, 'sec-fetch-site': 'same-origin' }
      const out = await api.anonymous.send('POST', '/auth/logout', undefined, headers)
      expect(out.status).toBe(204)
      expect(out.headers['set-cookie']).toEqual([expect.stringContaining('Max-Age=0')])
      expect(await status('GET', '/auth/self/user', headers)).toBe(401)
    })
  })
})
