import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { isLater } from '../../../test/support/times.ts'
import { predefinedGroups } from '../duties.ts'

const GROUPS = '/usermgmt/groups'
const PASSWORD = 'Testuser-123!'

describe.each(databases)('groups on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const path = (name: string) => `${GROUPS}/${encodeURIComponent(name)}`
  const create = (fields: object = {}) => api.post(GROUPS, { name: unique('ops'), ...fields })
  const createUser = () =>
    api.post('/usermgmt/users', { username: unique('jo'), password: PASSWORD })
  const namesIn = (list: { resources: { name: string }[] }) =>
    list.resources.map(({ name }) => name)

  test('a new group has its name and times, and nothing that is empty', async () => {
    const name = unique('ops')
    const group = await api.post(GROUPS, {
      name,
      user_metadata: {},
      app_metadata: null,
      client_metadata: null,
    })
    expect(group).toEqual({ name, created_at: expect.any(String), updated_at: group.created_at })
    expect(await api.get(path(name))).toEqual(group)
    const full = {
      description: 'd',
      user_metadata: { a: null },
      app_metadata: { b: [1] },
      client_metadata: { c: {} },
    }
    expect(await create(full)).toMatchObject(full)
  })

  test('a second group of the same name is a conflict, in any case', async () => {
    const { name } = await create()
    for (const same of [name, name.toUpperCase(), ` ${name} `]) {
      const refused = await api.post(GROUPS, { name: same }, 409)
      expect(refused.codeDesc).toContain('already exists')
    }
    await api.post(GROUPS, { name: 'Admin' }, 409)
    for (const bad of ['', ' ', 'nil', 'a/b', 'a\u0000', 'x'.repeat(129)])
      await api.post(GROUPS, { name: bad }, 400)
  })

  test('the predefined groups are there and marked', async () => {
    const { total, resources } = await api.get(`${GROUPS}?limit=-1`)
    expect(total).toBe(resources.length)
    const system = resources.filter(
      (group: { app_metadata?: { system?: boolean } }) => group.app_metadata?.system,
    )
    expect(system.map(({ name }: { name: string }) => name).sort()).toEqual(
      Object.keys(predefinedGroups).sort(),
    )
    expect(await api.get(path('admin'))).toMatchObject({
      app_metadata: { system: true },
      users_count: 1,
    })
  })

  test('nobody marks a group of his own as predefined', async () => {
    const group = await create({ app_metadata: { system: true, other: 1 } })
    expect(group.app_metadata).toEqual({ other: 1 })
    const changed = await api.patch(path(group.name), { app_metadata: { system: true } })
    expect(changed).not.toHaveProperty('app_metadata')
    const kept = await api.patch(path('Key Users'), { app_metadata: { system: false, note: 'x' } })
    expect(kept.app_metadata).toEqual({ system: true, note: 'x' })
    await api.delete(path(group.name))
  })

  test('predefined groups keep their names and stay', async () => {
    await api.patch(path('Key Users'), { name: 'Others' }, 403)
    await api.delete(path('Key Users'), { force: true }, 403)
    const same = await api.patch(path('key users'), {
      name: 'Key Users',
      description: 'key people',
    })
    expect(same).toMatchObject({ name: 'Key Users', description: 'key people' })
  })

  test('a renamed group keeps its members and is found by its new name alone', async () => {
    const group = await create({ description: 'before' })
    const user = await createUser()
    await api.post(`${path(group.name)}/users/${user.user_id}`, undefined, 200)
    const name = unique('new name')
    const renamed = await api.patch(path(group.name), { name, description: '' })
    expect(renamed).toMatchObject({ name, users_count: 1, created_at: group.created_at })
    expect(renamed).not.toHaveProperty('description')
    await api.get(path(group.name), 404)
    const listed = await api.get(`/usermgmt/users?groups=${encodeURIComponent(name)}`)
    expect(listed.resources[0].user_id).toBe(user.user_id)
    const shouted = await api.patch(path(name), { name: name.toUpperCase() })
    expect(shouted.name).toBe(name.toUpperCase())
    await api.patch(path(name), { name: 'admin' }, 409)
    await api.patch(path(name), { name: 'a|b' }, 400)
  })

  test('a group goes with or without force, and its members stay users', async () => {
    for (const body of [undefined, {}, { force: true }]) {
      const { name } = await create()
      const user = await createUser()
      await api.post(`${path(name)}/users/${user.user_id}`, undefined, 200)
      await api.delete(path(name), body)
      await api.delete(path(name), body, 404)
      const kept = await api.get(`/usermgmt/users?username=${user.username}&return_groups=true`)
      expect(kept.resources[0].groups).toEqual([])
    }
  })

  test('adding a member twice changes nothing the second time', async () => {
    const group = await create()
    const user = await createUser()
    const id = encodeURIComponent(user.user_id)
    const added = await api.post(`${path(group.name)}/users/${id}`, undefined, 200)
    expect(added.users_count).toBe(1)
    expect(isLater(added.updated_at, group.updated_at)).toBe(true)
    expect(await api.post(`${path(group.name)}/users/${user.username}/`, undefined, 200)).toEqual(
      added,
    )
    await api.delete(`${path(group.name)}/users/${id}`, {})
    const left = await api.get(path(group.name))
    expect(left).not.toHaveProperty('users_count')
    expect(isLater(left.updated_at, added.updated_at)).toBe(true)
    await api.delete(`${path(group.name)}/users/${id}`)
    expect(await api.get(path(group.name))).toEqual(left)
  })

  test('a group or user that is not there is a 404', async () => {
    const { name } = await create()
    const user = await createUser()
    await api.get(path(unique('none')), 404)
    await api.patch(path(unique('none')), { description: 'x' }, 404)
    for (const send of [api.post, api.delete]) {
      await send(`${path(name)}/users/local%7C${randomUUID()}`, undefined, 404)
      await send(`${path(unique('none'))}/users/${user.user_id}`, undefined, 404)
    }
  })

  test('many who add the same users at once leave each a member once', async () => {
    const group = await create()
    const users = await Promise.all([1, 2, 3].map(createUser))
    const answers = await Promise.all(
      [...users, ...users, ...users].map(({ user_id }) =>
        api.send('POST', `${path(group.name)}/users/${encodeURIComponent(user_id)}`),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(9).fill(200))
    expect((await api.get(path(group.name))).users_count).toBe(3)
  })

  test('a user that is deleted while being added leaves no membership behind', async () => {
    const stem = unique('race')
    const groups = [1, 2, 3, 4, 5, 6].map((at) => `${stem}-${at}`)
    for (const name of groups) await create({ name })
    for (let round = 0; round < 6; round++) {
      const { username } = await createUser()
      await Promise.all([
        api.send('DELETE', `/usermgmt/users/${username}`),
        ...groups.map((name) => api.send('POST', `${path(name)}/users/${username}`)),
      ])
    }
    for (const group of (await api.get(`${GROUPS}?name=${stem}*`)).resources)
      expect(group).not.toHaveProperty('users_count')
  })

  test('members gain and lose what the group may do at once', async () => {
    const user = await createUser()
    const session = await api.as({ username: user.username, password: PASSWORD })
    await session.get('/usermgmt/pwdpolicies', 403)
    await api.post(`${path('User Admins')}/users/${user.user_id}`, undefined, 200)
    await session.get('/usermgmt/pwdpolicies')
    await api.delete(`${path('User Admins')}/users/${user.user_id}`)
    await session.get('/usermgmt/pwdpolicies', 403)
  })

  describe('the list', () => {
    test('is by name without case, and counts users', async () => {
      const stem = unique('list')
      for (const end of ['b', 'A', 'c']) await create({ name: `${stem}-${end}` })
      const user = await createUser()
      await api.post(`${path(`${stem}-b`)}/users/${user.user_id}`, undefined, 200)
      const list = await api.get(`${GROUPS}/?name=${stem}*`)
      expect(namesIn(list)).toEqual([`${stem}-A`, `${stem}-b`, `${stem}-c`])
      expect(list.resources[1].users_count).toBe(1)
      expect(list.resources[0]).not.toHaveProperty('users_count')
      expect(namesIn(await api.get(`${GROUPS}?name=${stem}-B`))).toEqual([`${stem}-b`])
      expect(namesIn(await api.get(`${GROUPS}?name=${stem}*&sort=-name&limit=1`))).toEqual([
        `${stem}-c`,
      ])
      expect(namesIn(await api.get(`${GROUPS}?limit=3`))).toEqual([
        'admin',
        'All Clients',
        'Application Data Protection Admins',
      ])
    })

    test('can be of the groups that a user is in, is not in, or that nobody is in', async () => {
      const stem = unique('users')
      const [mine, empty] = [`${stem}-a`, `${stem}-b`]
      for (const name of [mine, empty]) await create({ name })
      const user = await createUser()
      await api.post(`${path(mine)}/users/${user.user_id}`, undefined, 200)
      const found = async (users: string) =>
        namesIn(await api.get(`${GROUPS}?name=${stem}*&users=${encodeURIComponent(users)}`))
      for (const form of [user.user_id, user.username]) {
        expect(await found(form)).toEqual([mine])
        expect(await found(`-${form}`)).toEqual([empty])
      }
      expect(await found('nil')).toEqual([empty])
      expect(await found('')).toEqual([mine, empty])
      expect(await found(`local|${randomUUID()}`)).toEqual([])
    })

    test('takes the filters for clients and connections as far as there are any', async () => {
      for (const query of ['clients=', 'clients=nil', 'connection=', 'connection=local_account'])
        expect((await api.get(`${GROUPS}?${query}`)).total).toBeGreaterThan(0)
      await api.get(`${GROUPS}?clients=${randomUUID()}`, 501)
      await api.get(`${GROUPS}?connection=ldap`, 501)
    })

    test('is open to every user, who learns of no one else whose groups they are', async () => {
      const user = await createUser()
      const session = await api.as({ username: user.username, password: PASSWORD })
      const { name } = await create()
      await api.post(`${path(name)}/users/${user.user_id}`, undefined, 200)
      expect((await session.get(GROUPS)).total).toBeGreaterThan(0)
      await session.get(path(name))
      for (const form of ['self', user.user_id, user.username.toUpperCase()])
        expect(namesIn(await session.get(`${GROUPS}?users=${encodeURIComponent(form)}`))).toEqual([
          name,
        ])
      for (const other of ['admin', '-admin', `local|${randomUUID()}`, 'nobody'])
        await session.get(`${GROUPS}?users=${encodeURIComponent(other)}`, 403)
      await session.post(GROUPS, { name: unique('x') }, 403)
      await session.patch(path(name), { description: 'x' }, 403)
      await session.delete(path(name), undefined, 403)
      await session.post(`${path('admin')}/users/${user.user_id}`, undefined, 403)
      await session.delete(`${path(name)}/users/${user.user_id}`, undefined, 403)
    })
  })
})

describe('a list of everything', () => {
  const api = startApi('sqlite')

  test('limit=-1 answers every row, also when they are more than a page may hold', async () => {
    const { total: before } = await api.get('/usermgmt/groups?limit=1')
    const names = Array.from({ length: 2100 }, (_, at) => `every-${String(at).padStart(4, '0')}`)
    await Promise.all(names.map((name) => api.post('/usermgmt/groups', { name })))
    const all = await api.get('/usermgmt/groups?limit=-1&skip=1')
    expect(all).toMatchObject({ skip: 1, limit: -1, total: before + 2100 })
    expect(all.resources).toHaveLength(before + 2100 - 1)
    const listed = all.resources.map(({ name }: { name: string }) => name)
    expect(listed.filter((name: string) => name.startsWith('every-'))).toEqual(names)
  })
})
