import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const KEYS = '/vault/keys2'
const POLICIES = '/vault/key-policies'

describe.each(databases)('key policies on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`

  const userIn = async (...groups: string[]) => {
    const user = { username: unique('User'), password: 'Correct-Horse-9x' }
    const { user_id: id } = await api.post('/usermgmt/users', user)
    for (const group of groups)
      await api.post(`/usermgmt/groups/${group}/users/${encodeURIComponent(id)}`, undefined, 200)
    return { ...user, id: id as string, ...(await api.as(user)) }
  }
  const groupNamed = async (name: string) => {
    await api.post('/usermgmt/groups', { name })
    return name
  }
  const labelled = async (labels: Record<string, string>) =>
    (await api.post(KEYS, { name: unique('key'), algorithm: 'aes', labels })).name as string
  const policy = (labelSelector: string, permissions: unknown, status = 201) =>
    api.post(POLICIES, { name: unique('policy'), labelSelector, permissions }, status)
  const listed = async (reader: { get: (path: string) => Promise<unknown> }) =>
    ((await reader.get(`${KEYS}?limit=100`)) as { resources: { name: string }[] }).resources
      .map(({ name }) => name)
      .sort()

  test('a permission that comes in two spellings is granted to all that they name', async () => {
    const [one, other] = [await groupNamed(unique('one')), await groupNamed(unique('other'))]
    const readers = [await userIn(one), await userIn(other)]
    const env = unique('env')
    const key = await labelled({ env })
    const groups = { ReadKey: [one], read_key: [other, one] }
    const made = await policy(`env=${env}`, { groups })
    expect(made.permissions).toEqual({ groups: { ReadKey: [one, other] } })
    for (const reader of readers) await reader.get(`${KEYS}/${key}`)
    const many = (stem: string) => Array.from({ length: 600 }, (_, at) => `${stem}${at}`)
    const tooMany = { groups: { ReadKey: many('a'), readkey: many('b') } }
    expect((await policy(`env=${env}`, tooMany, 400)).codeDesc).toContain('more than 1000')
  })

  test('names of users and groups count without case, as users and groups do', async () => {
    const group = await groupNamed(unique('Team'))
    const reader = await userIn(group)
    const grants = [
      { users: { ReadKey: [reader.username.toUpperCase()] } },
      { users: { ReadKey: [reader.id.slice('local|'.length).toUpperCase()] } },
      { users: { ReadKey: [`local|${reader.id.slice('local|'.length).toUpperCase()}`] } },
      { groups: { ReadKey: [group.toLowerCase()] } },
    ]
    const keys: string[] = []
    for (const grant of grants) {
      const env = unique('env')
      keys.push(await labelled({ env }))
      await policy(`env=${env}`, grant)
    }
    const meta = { permissions: { ReadKey: [group.toUpperCase(), group.toLowerCase()] } }
    const own = await api.post(KEYS, { name: unique('key'), algorithm: 'aes', meta })
    expect(own.meta.permissions).toEqual(meta.permissions)
    keys.push(own.name)
    for (const key of keys) await reader.get(`${KEYS}/${key}`)
    expect(await listed(reader)).toEqual(keys.sort())
    const stranger = await userIn()
    for (const key of keys) await stranger.get(`${KEYS}/${key}`, 404)
    expect(await listed(stranger)).toEqual([])
  })

  test('readers of keys from before names were compared without case still find them', async () => {
    const group = await groupNamed(unique('Team'))
    const reader = await userIn(group)
    const meta = { permissions: { ReadKey: [group] } }
    const key = await api.post(KEYS, { name: unique('key'), algorithm: 'aes', meta })
    await api.server.tamper(
      `update key_readers set group_name = '${group}' where group_name = '${group.toLowerCase()}'`,
    )
    expect(await listed(reader)).toEqual([key.name])
  })

  test('a caller to whom more than a thousand policies grant keys lists them', async () => {
    const group = await groupNamed(unique('many'))
    const reader = await userIn(group)
    const [env, team] = [unique('env'), unique('team')]
    const keys = [
      await labelled({ env, team: `${team}-7` }),
      await labelled({ env, team: `${team}-1049` }),
      await labelled({ env: `${env}-1` }),
      await labelled({ team: `${env}-2` }),
    ]
    await labelled({ env: unique('else'), team: `${team}-7` })
    const selectors = [
      ...Array.from({ length: 1050 }, (_, at) => `env=${env},team=${team}-${at}`),
      `env in (${env}-1, ${env}-9)`,
      `team=${env}-2`,
      `team=${env}-3`,
    ]
    while (selectors.length > 0)
      await Promise.all(
        selectors
          .splice(0, 50)
          .map((selector) => policy(selector, { groups: { ReadKey: [group] } })),
      )
    expect(await listed(reader)).toEqual(keys.sort())
  })
})
