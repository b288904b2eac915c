import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const KEYS = '/vault/keys2'
const PASSWORD = 'Testuser-123!'
const NOT_FOUND = { code: 16, codeDesc: 'NCERRResourceNotFound: Resource not found' }

/** Keys are put to use here by wrapping, unwrapping, making and checking MACs in exports and imports. */
describe.each(databases)('the use of keys on %s', (database) => {
  const api = startApi(database)
  type Session = Pick<typeof api, 'send' | 'get' | 'post'>
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const create = (fields: object = {}) => api.post(KEYS, { name: unique('key'), ...fields })
  const kek = (fields: object = {}) => create({ usageMask: 48, ...fields })
  const user = async (...groups: string[]) => {
    const username = unique('jo')
    await api.post('/usermgmt/users', { username, password: PASSWORD })
    for (const group of groups)
      await api.post(`/usermgmt/groups/${encodeURIComponent(group)}/users/${username}`, {}, 200)
    return api.as({ username, password: PASSWORD })
  }
  let target: { id: string } | undefined
  const wrapWith = async (name: string, session: Session = api) => {
    const { id } = target ?? (await create())
    target = { id }
    return session.send('POST', `${KEYS}/${id}/export`, { wrapKeyName: name })
  }
  const unwrapWith = (name: string, material: string, session: Session = api) =>
    session.send('POST', KEYS, { name: unique('opened'), wrapKeyName: name, material })

  test('a key protects and processes as its state allows', async () => {
    const key = await kek()
    const { material } = (await wrapWith(key.name)).body
    const both = async () => [
      (await wrapWith(key.name)).status,
      (await unwrapWith(key.name, material)).status,
    ]
    const act = (action: string, body: object = {}) =>
      api.post(`${KEYS}/${key.id}/${action}`, body, 200)
    expect(await both()).toEqual([200, 201])
    await act('archive')
    expect(await both()).toEqual([409, 409])
    await act('recover')
    await act('revoke', { reason: 'Superseded' })
    expect(await both()).toEqual([409, 201])
    await act('reactivate', { reason: 'DeactivatedToActiveProtectStop' })
    expect(await both()).toEqual([409, 201])
    await act('reactivate', { reason: 'ActiveProtectStopToActive' })
    expect(await both()).toEqual([200, 201])
    await act('revoke', { reason: 'KeyCompromise' })
    expect(await both()).toEqual([409, 201])
    await act('destroy')
    expect(await both()).toEqual([409, 409])
    const later = await kek({ state: 'Pre-Active' })
    expect((await wrapWith(later.name)).status).toBe(409)
  })

  test('a key does only what its usage mask and its kind allow', async () => {
    for (const [fields, status] of [
      [{ usageMask: 16 }, 200],
      [{ usageMask: 32 }, 400],
      [{ usageMask: 4_194_303 }, 200],
      [{ algorithm: 'hmac-sha256', usageMask: 4_194_303 }, 400],
      [{ algorithm: 'opaque', usageMask: 4_194_303 }, 400],
    ] as const)
      expect((await wrapWith((await create(fields)).name)).status, JSON.stringify(fields)).toBe(
        status,
      )
    const key = await kek()
    await api.patch(`${KEYS}/${key.id}`, { usageMask: 4 })
    expect((await wrapWith(key.name)).status).toBe(400)
  })

  test('the newest version is used by name, and an old one by its id', async () => {
    const key = await kek()
    const { material } = (await wrapWith(key.name)).body
    await api.post(`${KEYS}/${key.name}/versions`)
    expect((await unwrapWith(key.name, material)).status).toBe(400)
    expect((await unwrapWith(key.id, material)).status).toBe(201)
  })

  test('use is granted by UseKey, by nothing else, and only while it is', async () => {
    const team = unique('team')
    await api.post('/usermgmt/groups', { name: team })
    const jo = await user(team, 'Key Users')
    const key = await kek()
    const material = (await wrapWith(key.name)).body.material
    const grant = (permissions: object) => api.patch(`${KEYS}/${key.id}`, { meta: { permissions } })
    expect((await unwrapWith(key.name, material, jo)).body).toMatchObject(NOT_FOUND)
    for (const other of ['ReadKey', 'ExportKey', 'EncryptWithKey', 'DecryptWithKey', 'UploadKey']) {
      await grant({ [other]: [team] })
      expect((await unwrapWith(key.name, material, jo)).status, other).toBe(403)
      await grant({ [other]: [] })
    }
    await grant({ UseKey: [team] })
    for (const text of [key.name, key.id, key.uri])
      expect((await unwrapWith(text, material, jo)).status).toBe(201)
    await grant({ UseKey: [] })
    expect((await unwrapWith(key.name, material, jo)).body).toMatchObject(NOT_FOUND)
    await grant({ use_key: [team] })
    expect((await unwrapWith(key.name, material, jo)).status).toBe(201)
  })

  test('an HMAC key needs MACWithKey beside UseKey', async () => {
    const team = unique('team')
    await api.post('/usermgmt/groups', { name: team })
    const jo = await user(team, 'Key Users')
    const mac = await create({ algorithm: 'hmac-sha256' })
    const own = await jo.post(KEYS, {})
    const sign = async () =>
      (
        await jo.send('POST', `${KEYS}/${own.id}/export`, {
          wrappingMethod: 'mac/sign',
          macSignKeyIdentifier: mac.name,
        })
      ).status
    for (const [permissions, status] of [
      [[], 404],
      [['UseKey'], 403],
      [['MACVerifyWithKey'], 403],
      [['UseKey', 'MACVerifyWithKey'], 403],
      [['UseKey', 'MACWithKey'], 200],
    ] as const) {
      const all = Object.fromEntries(
        ['UseKey', 'MACWithKey', 'MACVerifyWithKey'].map((name) => [
          name,
          (permissions as readonly string[]).includes(name) ? [team] : [],
        ]),
      )
      await api.patch(`${KEYS}/${mac.id}`, { meta: { permissions: all } })
      expect(await sign(), permissions.join()).toBe(status)
    }
  })

  test('after a key is destroyed, two hundred uses at once find nothing of it', async () => {
    const key = await kek()
    const callers = database === 'sqlite' ? 200 : 40
    const uses = Array.from({ length: callers }, () => wrapWith(key.name))
    const destroyed = api.post(`${KEYS}/${key.id}/destroy`, {}, 200)
    for (const { status } of await Promise.all(uses)) expect([200, 409]).toContain(status)
    await destroyed
    const after = await Promise.all(Array.from({ length: callers }, () => wrapWith(key.name)))
    expect(after.map(({ status }) => status)).toEqual(Array(callers).fill(409))
  }, 60_000)

  test('of many who revoke a key at once, one does', async () => {
    const key = await create()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        api.send('POST', `${KEYS}/${key.id}/revoke`, { reason: 'Superseded' }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })
})

describe('by the strict reading of Deactivated', () => {
  const api = startApi('sqlite', { strictDeactivated: true })

  test('such a key processes nothing either', async () => {
    await api.post(KEYS, { name: 'kek', usageMask: 48 })
    await api.post(KEYS, { name: 'key' })
    const { material } = await api.post(`${KEYS}/key/export`, { wrapKeyName: 'kek' }, 200)
    await api.post(`${KEYS}/kek/revoke`, { reason: 'Superseded' }, 200)
    await api.post(KEYS, { wrapKeyName: 'kek', material }, 409)
  })
})
