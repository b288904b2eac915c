import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../test/support/api.ts'

const KEYS = '/vault/keys2'
const LINKS = '/vault/links'
const POLICIES = '/vault/key-policies'
const TEMPLATES = '/vault/templates'
const PASSWORD = 'Testuser-123!'

describe.each(databases)('what belongs to keys on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const create = (fields: object = {}) => api.post(KEYS, { name: unique('key'), ...fields })
  const user = async (...groups: string[]) => {
    const username = unique('jo')
    const { user_id } = await api.post('/usermgmt/users', { username, password: PASSWORD })
    for (const group of groups)
      await api.post(
        `/usermgmt/groups/${encodeURIComponent(group)}/users/${username}`,
        undefined,
        200,
      )
    return { ...(await api.as({ username, password: PASSWORD })), username, id: user_id as string }
  }

  test('random bytes are as many as asked for, and 32 otherwise', async () => {
    const length = async (query: string) =>
      Buffer.from((await api.get(`/vault/random${query}`)).bytes, 'base64').length
    expect(await length('')).toBe(32)
    expect(await length('?bytes=1')).toBe(1)
    expect(await length('?bytes=131072')).toBe(131_072)
    for (const bytes of ['0', '131073', '-1', 'x'])
      await api.get(`/vault/random?bytes=${bytes}`, 400)
    const [one, other] = [await api.get('/vault/random'), await api.get('/vault/random')]
    expect(one.bytes).not.toBe(other.bytes)
  })

  test('labels of keys are listed with their values, those of readable keys only', async () => {
    const label = unique('label')
    await create({ labels: { [label]: 'one' } })
    await create({ labels: { [label]: 'two' } })
    expect((await api.get(`/vault/key-labels/?label=${label}`)).resources).toEqual([
      { label, values: ['one', 'two'] },
    ])
    const jo = await user('Key Users')
    expect((await jo.get(`/vault/key-labels?label=${label}`)).resources).toEqual([])
    await jo.post(KEYS, { labels: { [label]: 'three' } })
    expect((await jo.get(`/vault/key-labels?label=${label.slice(0, -2)}*`)).resources).toEqual([
      { label, values: ['three'] },
    ])
  })

  test('links lead from key to key, and go with either', async () => {
    const [one, other] = [await create(), await create()]
    const link = await api.post(LINKS, {
      type: 'parent',
      source: one.name,
      idTypeSource: 'name',
      target: other.id,
    })
    expect(link).toMatchObject({ type: 'parent', sourceID: one.id, target: other.uri, index: 0 })
    expect(await api.get(`${LINKS}/${link.id}`)).toEqual(link)
    await api.post(LINKS, { type: 'parent', source: one.id, target: other.id }, 409)
    await api.post(LINKS, { type: 'parent', source: one.id, target: one.id }, 400)
    await api.post(LINKS, { type: 'friend', source: one.id, target: other.id }, 400)
    await api.post(LINKS, { type: 'child', source: one.id, target: unique('none') }, 404)
    expect((await api.get(`${LINKS}?source=${one.name}`)).total).toBe(1)
    expect((await api.get(`${LINKS}?target=${one.name}`)).total).toBe(0)
    expect((await api.patch(`${LINKS}/${link.id}`, { index: 2 })).index).toBe(2)
    const jo = await user('Key Users')
    await jo.get(`${LINKS}/${link.id}`, 404)
    expect((await jo.get(LINKS)).total).toBe(0)
    await jo.delete(`${LINKS}/${link.id}`, undefined, 404)
    const own = await jo.post(KEYS, {})
    await jo.post(LINKS, { type: 'parent', source: own.id, target: other.id }, 404)
    await api.delete(`${KEYS}/${other.id}`)
    await api.get(`${LINKS}/${link.id}`, 404)
  })

  test('a key policy grants what it says on keys with the label, from the next request on', async () => {
    const jo = await user()
    const label = unique('team')
    const key = await create({ labels: { [label]: 'blue' } })
    await jo.get(`${KEYS}/${key.id}`, 404)
    const policy = await api.post(POLICIES, {
      name: unique('policy'),
      labelSelector: `${label} in (blue, green)`,
      permissions: { users: { ReadKey: [jo.username] } },
    })
    expect((await jo.get(`${KEYS}/${key.id}`)).id).toBe(key.id)
    expect((await jo.get(KEYS)).resources).toMatchObject([{ id: key.id }])
    await jo.post(`${KEYS}/${key.id}/export`, {}, 403)
    await api.patch(`${POLICIES}/${policy.id}`, {
      permissions: { users: { ReadKey: [jo.username], export_key: [jo.username] } },
    })
    await jo.post(`${KEYS}/${key.id}/export`, {}, 200)
    await api.patch(`${KEYS}/${key.id}`, { labels: { [label]: 'red' } })
    await jo.get(`${KEYS}/${key.id}`, 404)
    await api.patch(`${KEYS}/${key.id}`, { labels: { [label]: 'green' } })
    await jo.get(`${KEYS}/${key.id}`)
    await api.delete(`${POLICIES}/${policy.name}`)
    await jo.get(`${KEYS}/${key.id}`, 404)
    expect((await jo.get(KEYS)).total).toBe(0)
  })

  test('a key policy that would grant less or more than it seems is refused', async () => {
    const fields = {
      name: unique('policy'),
      labelSelector: 'a=b',
      permissions: { groups: { ReadKey: ['x'] } },
    }
    for (const change of [
      { labelSelector: 'a!=b' },
      { labelSelector: '' },
      { labelSelector: 'a' },
      { permissions: {} },
      { permissions: { groups: { ReadKeys: ['x'] } } },
      { permissions: { groups: { ReadKey: 'x' } } },
    ])
      await api.post(POLICIES, { ...fields, ...change }, 400)
    const policy = await api.post(POLICIES, fields)
    await api.post(POLICIES, fields, 409)
    expect(
      (await api.get(`${POLICIES}?permissionsContains=ReadKey&name=${fields.name}`)).total,
    ).toBe(1)
    expect(
      (await api.get(`${POLICIES}?permissionsContains=UseKey&name=${fields.name}`)).total,
    ).toBe(0)
    const jo = await user('Key Users')
    await jo.get(POLICIES, 403)
    await jo.delete(`${POLICIES}/${policy.id}`, undefined, 403)
  })

  test('a template fills what a request leaves out', async () => {
    const template = await api.post(TEMPLATES, {
      name: unique('template'),
      keyAttributes: { algorithm: 'aes', size: 128, labels: { made: 'so' }, meta: { team: 'a' } },
    })
    expect(await api.get(`${TEMPLATES}/${template.name}`)).toEqual(template)
    const key = await create({ templateId: template.name })
    expect(key).toMatchObject({ size: 128, labels: { made: 'so' }, meta: { team: 'a' } })
    expect(await create({ templateId: template.id, size: 256 })).toMatchObject({ size: 256 })
    const jo = await user('Key Users')
    const own = await jo.post(KEYS, { templateId: template.name, meta: { ownerId: jo.id } })
    expect(own).toMatchObject({ size: 128, meta: { team: 'a', ownerId: jo.id } })
    await jo.post(KEYS, { templateId: template.name, size: 256 }, 403)
    await jo.post(TEMPLATES, { name: unique('t'), keyAttributes: {} }, 403)
    await api.post(KEYS, { templateId: unique('none') }, 404)
    for (const keyAttributes of [{ size: 5 }, { algorithm: 'x' }, { state: 'Asleep' }])
      await api.post(TEMPLATES, { name: unique('t'), keyAttributes }, 400)
    await api.patch(`${TEMPLATES}/${template.id}`, { keyAttributes: { size: 192 } })
    expect(await create({ templateId: template.id })).toMatchObject({ size: 192, labels: {} })
    await api.delete(`${TEMPLATES}/${template.id}`)
    await api.get(`${TEMPLATES}/${template.id}`, 404)
  })

  test('keys whose owner is gone are counted', async () => {
    const before = await api.get('/reports/orphaned-resources')
    const jo = await user('Key Users')
    await jo.post(KEYS, {})
    await jo.post(KEYS, {})
    expect(await api.get('/reports/orphaned-resources')).toEqual(before)
    await api.delete(`/usermgmt/users/${encodeURIComponent(jo.id)}`)
    const after = await api.get('/reports/orphaned-resources?limit=1000')
    expect(after.total_orphaned_keys_count).toBe(before.total_orphaned_keys_count + 2)
    expect(after.orphaned_keys_by_account).toContainEqual({
      account: 'kylo:kylo:admin:accounts:kylo',
      owner_id: jo.id,
      orphaned_key_count: 2,
    })
    expect(after.truncated).toBe(false)
  })

  test('what is not there yet says so', async () => {
    await api.post('/vault/keys-bulk-export', { ids: ['x'] }, 501)
    await api.post('/vault/keys2/x/attributes', {}, 501)
  })
})

describe('after a rotation of the key-encryption keys', () => {
  const api = startApi('sqlite')

  test('every key opens as before', async () => {
    const key = await api.post(`${KEYS}?includeMaterial=true`, { name: 'kept' })
    const { id: older } = (await api.get('/domains/root/keks')).resources[0]
    await api.post('/domains/root/rotate-kek', undefined, 200)
    const { id: newer } = (await api.get('/domains/root/keks')).resources[0]
    expect(newer).not.toBe(older)
    expect((await api.post(`${KEYS}/kept/export`, {}, 200)).material).toBe(key.material)
  })
})
