import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const KEYS = '/vault/keys2'

describe.each(databases)('keys as clients send and ask for them, on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const create = (fields: object = {}) => api.post(KEYS, { name: unique('key'), ...fields })
  const one = (id: string) => `${KEYS}/${encodeURIComponent(id)}`
  const hex = (bytes: number) => Buffer.from(randomUUID().repeat(4)).toString('hex', 0, bytes)

  describe('a request that cannot be answered', () => {
    test.each([
      [{ algorithm: 'aes', format: 'pkcs8' }, 400],
      [{ algorithm: 'aes', wrapKeyName: 'nobody' }, 404],
      [{ algorithm: 'aes', emptyMaterial: true }, 409],
    ])('makes no key: %o', async (fields, status) => {
      const name = unique('unanswered')
      await api.post(`${KEYS}?includeMaterial=true`, { name, ...fields }, status)
      await api.get(one(name), 404)
    })

    test('makes no version', async () => {
      const { name } = await create()
      await api.post(`${one(name)}/versions?includeMaterial=true`, { format: 'pkcs12' }, 400)
      expect((await api.get(one(name))).version).toBe(0)
      const next = await api.post(`${one(name)}/versions?includeMaterial=true`, {})
      const exported = await api.post(`${one(name)}/export`, undefined, 200)
      expect(next).toMatchObject({ version: 1, material: exported.material })
    })

    test('is refused for an archived key, which does nothing until it is recovered', async () => {
      const { name } = await create()
      await api.post(`${one(name)}/archive`, undefined, 200)
      await api.post(`${one(name)}/versions`, undefined, 409)
      await api.post(`${one(name)}/recover`, undefined, 200)
      await api.post(`${one(name)}/versions`)
    })
  })

  describe('bodies', () => {
    test.each([
      ['null', 'application/json'],
      [' \n', 'application/json'],
      ['', 'text/plain'],
      ['', 'application/octet-stream'],
    ])('of %j as %s are none', async (body, type) => {
      const { name } = await create()
      for (const [action, status] of [
        ['export', 200],
        ['archive', 200],
        ['recover', 200],
        ['versions', 201],
      ] as const) {
        const answer = await api.send('POST', `${one(name)}/${action}`, body, {
          'content-type': type,
        })
        expect(answer.status, `${action}: ${JSON.stringify(answer.body)}`).toBe(status)
      }
    })

    test('of a type that a call does not take are refused', async () => {
      const { name } = await create()
      const answer = await api.send('POST', `${one(name)}/export`, 'x', {
        'content-type': 'text/plain',
      })
      expect(answer.status).toBe(415)
    })

    test('may hold what Go clients send for a time that was not set', async () => {
      const key = await create({
        activationDate: '0001-01-01T00:00:00Z',
        deactivationDate: '0001-01-01T00:00:00Z',
      })
      expect(key.state).toBe('Active')
      expect(key).not.toHaveProperty('deactivationDate')
    })

    test('of a key without material may say so or not', async () => {
      const key = await create({ state: 'Deactivated', emptyMaterial: false })
      expect(key).toMatchObject({ state: 'Deactivated', emptyMaterial: true })
      const secret = await create({ emptyMaterial: true, objectType: 'secret data' })
      expect(secret).toMatchObject({ objectType: 'Secret Data', algorithm: 'OPAQUE' })
    })
  })

  describe('names', () => {
    test('of the public key are given beside the key as well', async () => {
      const name = unique('half')
      await create({ algorithm: 'ec', curveid: 'prime256v1', publicKeyName: name })
      expect(await api.get(one(name))).toMatchObject({ objectType: 'Public Key' })
    })

    test('of pairs leave room for that of the public key', async () => {
      const name = unique('long').padEnd(254, 'x')
      const refused = await api.post(KEYS, { name, algorithm: 'ec' }, 400)
      expect(refused.codeDesc).toContain('-pub')
      await api.get(one(name), 404)
    })

    test('of owners are those of users', async () => {
      const made = await api.post('/usermgmt/users', {
        username: unique('jo'),
        password: 'Testuser-123!',
      })
      const admin = await api.get('/auth/self/user')
      expect((await create({ meta: { ownerId: 'local|admin' } })).meta.ownerId).toBe(admin.user_id)
      const key = await create({ meta: { ownerId: `local|${made.username}` } })
      expect(key.meta.ownerId).toBe(made.user_id)
      const jo = await api.as({ username: made.username, password: 'Testuser-123!' })
      await jo.patch(one(key.id), { description: 'mine' })
      await api.patch(one(key.id), { meta: { ownerId: 'local|admin' } })
      await jo.get(one(key.id), 404)
      await api.patch(one(key.id), { meta: { ownerId: `local|${unique('nobody')}` } }, 400)
      await api.patch(one(key.id), { meta: { ownerId: 'local|a\0b' } }, 400)
    })

    test('in the form of a URI are found as aliases', async () => {
      const alias = `kylo:kylo:elsewhere:${unique('alias')}`
      const { id } = await create({ aliases: [{ alias, type: 'uri' }] })
      expect((await api.get(one(alias))).id).toBe(id)
    })
  })

  test('an id of an odd number of digits is that of a key like others', async () => {
    const id = `${randomUUID().replaceAll('-', '')}a`
    await create({ id, material: hex(32) })
    const next = await api.post(`${one(id)}/versions`, undefined)
    expect(next.id).toHaveLength(34)
  })

  test('the size of an id is shown to who asked for it', async () => {
    const { name } = await create()
    expect(await api.post(`${one(name)}/versions`, { idSize: 32 })).toMatchObject({ idSize: 32 })
    expect(await api.post(`${one(name)}/clone`, { idSize: 34 })).toMatchObject({ idSize: 34 })
  })

  test('that a key was compromised may come to light when it is destroyed', async () => {
    const { id } = await create()
    await api.post(`${one(id)}/destroy`, undefined, 200)
    const revoked = await api.post(`${one(id)}/revoke`, { reason: 'KeyCompromise' }, 200)
    expect(revoked.state).toBe('Destroyed Compromised')
    await api.post(`${one(id)}/revoke`, { reason: 'KeyCompromise' }, 409)
  })

  describe('the schedule of a key', () => {
    test('is that of all its versions, and changed by the id of each', async () => {
      const old = await create()
      const next = await api.post(`${one(old.name)}/versions`)
      await api.patch(one(old.id), { rotationFrequencyDays: '30', description: 'old' })
      expect(await api.get(one(next.id))).toMatchObject({
        rotationFrequencyDays: '30',
        description: '',
      })
      expect(await api.get(one(old.id))).toMatchObject({ description: 'old' })
      expect(await api.get(one(old.id))).not.toHaveProperty('rotationFrequencyDays')
    })

    test('is changed together with what else a PATCH changes in every version', async () => {
      const old = await create()
      const next = await api.post(`${one(old.name)}/versions`)
      const body = { rotationFrequencyDays: '30', meta: { a: 1 }, allVersions: true }
      expect(await api.patch(one(old.id), body)).toMatchObject({ meta: { a: 1 } })
      expect(await api.get(one(next.id))).toMatchObject({
        meta: { a: 1 },
        rotationFrequencyDays: '30',
      })
    })

    test('is refused for what is never rotated', async () => {
      const secret = await api.post('/vault/secrets', { name: unique('pw'), dataType: 'password' })
      await api.patch(`/vault/secrets/${secret.id}`, { rotationFrequencyDays: '7' }, 400)
      await api.patch(`/vault/secrets/${secret.id}`, { rotationFrequencyDays: '' })
      await api.post(`${one(secret.id)}/versions`, {}, 400)
      const { name } = await create({ algorithm: 'ec', curveid: 'prime256v1' })
      await api.patch(one(`${name}-pub`), { rotationFrequencyDays: '7' }, 400)
      await api.patch(one(`${name}-pub`), { rotationDate: '2090-01-01T00:00:00Z' }, 400)
      const rotationDate = '2090-01-01T00:00:00Z'
      await api.post(KEYS, { name: unique('o'), algorithm: 'opaque', rotationDate }, 400)
    })
  })

  describe('lists', () => {
    test('know names of links and fields in any case', async () => {
      const { name } = await create({ algorithm: 'ec', curveid: 'prime256v1', meta: { a: 1 } })
      const found = await api.get(`${KEYS}?name=${name}&linkType=PublicKEY&fields=META,Links`)
      expect(found).toMatchObject({ total: 1, resources: [{ name, meta: { a: 1 } }] })
      expect(found.resources[0].links).toHaveLength(1)
      const asked = await api.post('/vault/query-keys', { name, linkTypes: ['publickey'] }, 200)
      expect(asked.total).toBe(1)
      const source = (await api.get(one(name))).id
      const links = await api.get(`/vault/links?type=PUBLICKEY&source=${source}`)
      expect(links.total).toBe(1)
    })

    test('take an empty parameter for none', async () => {
      const { name } = await create()
      for (const empty of ['version', 'usageMask', 'skip', 'limit', 'state', 'size'])
        expect((await api.get(`${KEYS}?name=${name}&${empty}=`)).total).toBe(1)
      await api.get(`${one(name)}?version=`)
      await api.post(`${KEYS}?includeMaterial=&returnExisting=`, { name: unique('key') })
      // Which one is deleted is for the caller to say.
      await api.delete(`${one(name)}?version=`, undefined, 400)
    })

    test('say what they did not understand, with filters and without', async () => {
      const { name } = await create({ meta: { b: 2 } })
      for (const query of [
        'sort=bogus',
        `sort=bogus&name=${name}`,
        'sort=bogus&metaContains=%7B%22b%22:2%7D',
        `size=abc&name=${name}`,
      ])
        expect((await api.get(`${KEYS}?${query}`)).messages, query).toHaveLength(1)
    })

    test('of versions are filtered as those of keys are', async () => {
      const { name } = await create()
      await api.post(`${one(name)}/versions`)
      const found = await api.get(`${one(name)}/versions?version=1`)
      expect(found).toMatchObject({ total: 1, resources: [{ version: 1 }] })
      expect((await api.get(`${one(name)}/versions?algorithm=TDES`)).total).toBe(0)
      expect((await api.get(`${one(name)}/versions?name=other`)).total).toBe(2)
    })
  })

  describe('query-keys', () => {
    const query = (body: object, status = 200) => api.post('/vault/query-keys', body, status)

    test('takes labels as an object, and empty texts for none', async () => {
      const { name } = await create({ labels: { env: 'x', tier: 'a,b' } })
      expect((await query({ name, labels: { env: 'x', tier: 'a,b' } })).total).toBe(1)
      expect((await query({ name, labels: { env: 'y' } })).total).toBe(0)
      expect((await query({ name, labels: {}, metaContains: '', alias: '' })).total).toBe(1)
    })

    test('takes as many values as fit into a body', async () => {
      const { name } = await create()
      const many = Array.from({ length: 999 }, (_, at) => `no${at}`)
      for (const field of [
        'names',
        'aliases',
        'curveIDs',
        'objectTypes',
        'states',
        'linkTypes',
        'revocationReasons',
      ])
        expect((await query({ [field]: many })).total, field).toBe(0)
      expect((await query({ names: [...many, name] })).total).toBe(1)
      expect((await query({ names: [...many.map((one) => `${one}*`), name] })).total).toBe(1)
      const types = Array(2000).fill('a').join(',')
      expect((await api.get(`${KEYS}?objectType=${types}`)).total).toBe(0)
    })

    test('refuses metadata that is nested deeper than metadata can be', async () => {
      await query({ metaContains: `${'['.repeat(8000)}${']'.repeat(8000)}` }, 400)
    })
  })
})
