import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { ADMIN_PASSWORD } from '../../../test/support/server.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'

const ROOT = '/domains/root'
const PASSWORD = 'Testuser-123!'

describe.each(databases)('domain KEKs on %s', (database) => {
  const api = startApi(database)
  const keks = async () => (await api.get(`${ROOT}/keks`)).resources
  const signIn = (username: string, password: string) =>
    api.anonymous.post('/auth/tokens', { username, password }, 200)
  const userIn = async (...groups: string[]) => {
    const username = `jo-${randomUUID().slice(0, 8)}`
    await api.post('/usermgmt/users', { username, password: PASSWORD })
    for (const group of groups)
      await api.post(
        `/usermgmt/groups/${encodeURIComponent(group)}/users/${username}`,
        undefined,
        200,
      )
    return api.as({ username, password: PASSWORD })
  }

  test('a new installation has one, and shows nothing of the key', async () => {
    const list = await api.get(`/domains/${ROOT_DOMAIN}/keks`)
    expect(list).toEqual({ skip: 0, limit: 10, total: 1, resources: [expect.anything()] })
    const [only] = list.resources
    expect(only).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      version: 1,
      active: true,
      state: 'active',
    })
    expect(await api.get(`${ROOT}/keks/${only.id}`)).toEqual(only)
  })

  test('a rotation makes the next version, and everybody signs in as before', async () => {
    const username = `kim-${randomUUID().slice(0, 8)}`
    await api.post('/usermgmt/users', { username, password: PASSWORD })
    const session = await signIn(username, PASSWORD)
    const [before] = await keks()

    const made = await api.post(`${ROOT}/rotate-kek`, undefined, 200)
    expect(made).toMatchObject({ version: before.version + 1, active: true, state: 'active' })
    expect(made.id).not.toBe(before.id)

    await signIn(username, PASSWORD)
    await signIn('admin', ADMIN_PASSWORD)
    await api.with(session.jwt).get('/auth/self/user')
    await api.anonymous.post('/auth/tokens', { refresh_token: session.refresh_token }, 200)
    await api.post('/usermgmt/users', { username: `${username}-2`, password: PASSWORD })
    await signIn(`${username}-2`, PASSWORD)
  })

  test('the replaced one is retiring as long as it is there, and comes after the new one', async () => {
    await api.post(`${ROOT}/rotate-kek`, undefined, 200)
    const [first, ...others] = await keks()
    expect(first).toMatchObject({ active: true, state: 'active' })
    expect(others.length).toBeGreaterThan(0)
    for (const other of others) expect(other).toMatchObject({ active: false, state: 'retiring' })
    const upwards = await api.get(`${ROOT}/keks?sort=version&limit=-1`)
    expect(upwards.resources.at(-1)).toEqual(first)
    expect(upwards.total).toBe(upwards.resources.length)
    expect(upwards.total).toBe(others.length + 1)
    expect((await api.get(`${ROOT}/keks?skip=1&limit=1`)).resources).toEqual([others[0]])
  })

  test('a retry makes no new key', async () => {
    const [before] = await keks()
    expect(await api.post(`${ROOT}/retry-kek-rotation`, undefined, 200)).toEqual(before)
  })

  test('rotations at the same time each make a version of their own', async () => {
    const [before] = await keks()
    const answers = await Promise.all(
      [1, 2, 3].map(() => api.send('POST', `${ROOT}/rotate-kek`, {})),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect((await keks())[0].version).toBe(before.version + 3)
    await signIn('admin', ADMIN_PASSWORD)
  })

  test('each rotation is on record, with the key that it replaced', async () => {
    const [before] = await keks()
    await api.post(`${ROOT}/rotate-kek`, undefined, 200)
    const { resources } = await api.get('/audit/records?message=Rotate%20domain%20KEK&limit=1')
    expect(resources[0]).toMatchObject({
      username: 'admin',
      success: true,
      details: { domain: ROOT_DOMAIN, kek_id: before.id, version: before.version },
    })
  })

  test('Domain Admins read and rotate them, others are refused', async () => {
    const domainAdmin = await userIn('Domain Admins')
    await domainAdmin.get(`${ROOT}/keks`)
    await domainAdmin.post(`${ROOT}/rotate-kek`, undefined, 200)
    const [{ id, version }] = await keks()
    for (const other of [await userIn(), await userIn('Key Admins', 'User Admins')]) {
      await other.get(`${ROOT}/keks`, 403)
      await other.get(`${ROOT}/keks/${id}`, 403)
      await other.post(`${ROOT}/rotate-kek`, {}, 403)
      await other.post(`${ROOT}/retry-kek-rotation`, {}, 403)
    }
    await api.anonymous.get(`${ROOT}/keks`, 401)
    await api.anonymous.post(`${ROOT}/rotate-kek`, {}, 401)
    expect((await keks())[0].version).toBe(version)
  })

  test('another domain and another key are not found, and change nothing', async () => {
    const [{ id, version }] = await keks()
    for (const domain of [randomUUID(), 'tenant', 'Root', 'root%20', '%2e%2e']) {
      await api.get(`/domains/${domain}/keks`, 404)
      await api.get(`/domains/${domain}/keks/${id}`, 404)
      await api.post(`/domains/${domain}/rotate-kek`, {}, 404)
      await api.post(`/domains/${domain}/retry-kek-rotation`, {}, 404)
    }
    for (const other of [randomUUID(), '*', id.toUpperCase()])
      await api.get(`${ROOT}/keks/${encodeURIComponent(other)}`, 404)
    expect((await keks())[0].version).toBe(version)
  })

  test('the rest of domain management still says that it is not there yet', async () => {
    for (const path of ['/domains', ROOT, `${ROOT}/keks/a/b`, '/domains/a/b'])
      await api.get(path, 501)
    await api.send('DELETE', `${ROOT}/keks`).then(({ status, headers }) => {
      expect(status).toBe(405)
      expect(headers['allow']).toBe('GET')
    })
  })
})
