import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const SECRETS = '/vault/secrets'
const BAD_VALUE = { code: 9, codeDesc: expect.stringMatching(/^NCERRInvalidParamValue: ./) }

describe.each(databases)('secrets on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const create = (fields: object = {}, query = '') =>
    api.post(`${SECRETS}${query}`, { name: unique('secret'), ...fields })
  const exported = (id: string) => api.post(`${SECRETS}/${id}/export?type=name`, undefined, 200)

  test.each([
    ['password', 'a päss word', 'Secret Data'],
    ['seed', '00ff10', 'Secret Data'],
    ['blob', 'AP-_', 'Opaque Object'],
  ])('a %s comes back as it was stored', async (dataType, material, objectType) => {
    const secret = await create({ dataType, material })
    expect(secret).toMatchObject({ dataType, objectType, state: 'Active', version: 0 })
    expect(secret).not.toHaveProperty('material')
    expect(await exported(secret.name)).toMatchObject({ id: secret.id, material })
    expect(await api.get(`${SECRETS}/${secret.id}`)).not.toHaveProperty('material')
  })

  test('is exported with an empty body of either type, as clients send it', async () => {
    const secret = await create({ dataType: 'seed', material: '0102' })
    for (const type of ['application/octet-stream', 'application/json']) {
      const headers = { 'content-type': type }
      const path = `${SECRETS}/${secret.id}/export`
      expect((await api.send('POST', path, undefined, headers)).body.material, type).toBe('0102')
    }
  })

  test('of a password nothing is shown by which it could be guessed', async () => {
    const secret = await create({ dataType: 'password', material: 'guess me' })
    expect(secret).not.toHaveProperty('sha1Fingerprint')
    expect(secret).not.toHaveProperty('sha256Fingerprint')
  })

  test('one that is not given is made', async () => {
    for (const [dataType, form] of [
      ['password', /^.{24}$/],
      ['seed', /^[0-9a-f]{64}$/],
      [undefined, /^[A-Za-z0-9_-]{43}$/],
    ] as const) {
      const made = await create({ dataType }, '?includeMaterial=true')
      expect(made.material).toMatch(form)
      expect((await exported(made.name)).material).toBe(made.material)
    }
  })

  test.each([
    [{ dataType: 'seed', material: 'xyz' }],
    [{ dataType: 'blob', material: '!' }],
    [{ dataType: 'song' }],
  ])('%o is refused', async (fields) => {
    expect(await api.post(SECRETS, fields, 400)).toMatchObject(BAD_VALUE)
  })

  test('keys and secrets are one store, and here are secrets alone', async () => {
    const stem = unique('both')
    const secret = await create({ name: `${stem}-s` })
    const key = await api.post('/vault/keys2', { name: `${stem}-k` })
    expect((await api.get(`${SECRETS}?name=${stem}*`)).resources).toMatchObject([{ id: secret.id }])
    expect((await api.get(`/vault/keys2?name=${stem}*`)).total).toBe(2)
    expect((await api.get(`${SECRETS}?objectType=Symmetric%20Key&name=${stem}*`)).total).toBe(0)
    await api.get(`${SECRETS}/${key.id}`, 404)
    await api.post(`${SECRETS}/${key.id}/export`, undefined, 404)
    await api.delete(`${SECRETS}/${key.id}`, undefined, 404)
    await api.post(SECRETS, { name: key.name }, 409)
    const known = await create({ name: secret.name }, '?returnExisting=true')
    expect(known.id).toBe(secret.id)
  })

  test('versions, changes and the end of a secret are those of a key', async () => {
    const secret = await create({ dataType: 'seed', material: '01' })
    const next = await api.post(`${SECRETS}/${secret.name}/versions`, { material: '02' })
    expect(next).toMatchObject({ version: 1, dataType: 'seed' })
    expect((await exported(secret.name)).material).toBe('02')
    expect((await api.get(`${SECRETS}/${secret.name}/versions`)).total).toBe(2)
    expect((await api.patch(`${SECRETS}/${next.id}`, { description: 'd' })).description).toBe('d')
    expect((await api.post(`${SECRETS}/${next.id}/destroy`, {}, 200)).state).toBe('Destroyed')
    await api.post(`${SECRETS}/${next.id}/export`, undefined, 409)
    await api.delete(`${SECRETS}/${next.id}`)
    await api.get(`${SECRETS}/${next.id}`, 404)
  })

  test('a version that is answered with its material counts as exported', async () => {
    const secret = await create({ dataType: 'seed', material: '01' })
    const versions = `${SECRETS}/${secret.name}/versions`
    expect(await api.post(versions, { material: '02' })).toMatchObject({ neverExported: true })
    const seen = await api.post(`${versions}?includeMaterial=true`, { material: '03' })
    expect(seen).toMatchObject({ version: 2, material: '03', neverExported: false })
    expect(seen).toMatchObject({ neverExportable: false })
    expect(await api.get(`${SECRETS}/${seen.id}`)).toMatchObject({ neverExported: false })
  })

  test('a secret whose material stays here gets no version that would be answered with it', async () => {
    const secret = await create({ unexportable: true })
    const versions = `${SECRETS}/${secret.name}/versions`
    await api.post(`${versions}?includeMaterial=true`, {}, 403)
    expect((await api.get(versions)).total).toBe(1)
    expect(await api.post(versions, {})).toMatchObject({ version: 1, neverExportable: true })
  })

  test('one that is archived gets no version', async () => {
    const secret = await create()
    await api.post(`/vault/keys2/${secret.id}/archive`, undefined, 200)
    await api.post(`${SECRETS}/${secret.id}/versions`, {}, 409)
  })

  test('one that is unexportable is not read', async () => {
    const secret = await create({ unexportable: true })
    await api.post(`${SECRETS}/${secret.id}/export`, undefined, 403)
    await api.post(`${SECRETS}?includeMaterial=true`, { unexportable: true }, 403)
  })
})
