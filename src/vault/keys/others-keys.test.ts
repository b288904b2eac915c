import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const KEYS = '/vault/keys2'
const LINKS = '/vault/links'
const PASSWORD = 'Testuser-123!'

describe.each(databases)('the keys of others, on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const one = (id: string) => `${KEYS}/${encodeURIComponent(id)}`
  const pair = { algorithm: 'ec', curveid: 'prime256v1' }

  async function keyUser() {
    const username = unique('user')
    const made = await api.post('/usermgmt/users', { username, password: PASSWORD })
    const path = `/usermgmt/groups/${encodeURIComponent('Key Users')}/users/${username}`
    await api.post(path, undefined, 200)
    return { ...(await api.as({ username, password: PASSWORD })), id: made.user_id as string }
  }
  const readable = { permissions: { ReadKey: ['Key Users'] } }

  test('are not rotated by who links a key of his own with them', async () => {
    const [ann, ben] = [await keyUser(), await keyUser()]
    const target = unique('vic')
    await ann.post(KEYS, { name: target, ...pair, meta: readable })
    await ann.patch(one(`${target}-pub`), { meta: readable })
    const plain = unique('aes')
    await ann.post(KEYS, { name: plain, meta: readable })
    for (const [name, type] of [
      [`${target}-pub`, 'publicKey'],
      [plain, 'publicKey'],
    ]) {
      const mine = unique('mine')
      await ben.post(KEYS, { name: mine, ...pair })
      await ben.delete(one(`${mine}-pub`))
      await ben.post(LINKS, { type, source: mine, target: name })
      await ben.post(`${one(mine)}/versions`)
      expect((await ann.get(one(name as string))).version).toBe(0)
    }
    await ann.post(`${one(target)}/versions`)
    expect((await ann.get(one(`${target}-pub`))).version).toBe(1)
  })

  test('are not rotated with a copy of their private key', async () => {
    const [ann, ben] = [await keyUser(), await keyUser()]
    const name = unique('pair')
    const permissions = { ReadKey: ['Key Users'], ExportKey: ['Key Users'] }
    await ann.post(KEYS, { name, ...pair, meta: { permissions } })
    const { material } = await ben.post(`${one(name)}/export`, undefined, 200)
    const copy = unique('copy')
    await ben.post(KEYS, { name: copy, algorithm: 'ec', material })
    await ben.delete(one(`${copy}-pub`))
    await ben.post(LINKS, { type: 'publicKey', source: copy, target: `${name}-pub` })
    await ben.post(LINKS, { type: 'privateKey', source: `${name}-pub`, target: copy }, 403)
    await ben.post(`${one(copy)}/versions`)
    expect((await ann.get(one(`${name}-pub`))).version).toBe(0)
  })

  test('become one’s own with the private key, and are rotated with it', async () => {
    const ben = await keyUser()
    const { id, name } = await api.post(KEYS, { name: unique('given'), ...pair })
    await api.patch(one(id), { meta: { ownerId: ben.id } })
    await ben.post(`${one(id)}/versions`)
    expect((await api.get(one(`${name}-pub`))).version).toBe(1)
  })

  test('stay theirs for the owner of an old version', async () => {
    const [ann, ben] = [await keyUser(), await keyUser()]
    const old = await ann.post(KEYS, { name: unique('handed') })
    const next = await api.post(`${one(old.name)}/versions`)
    await api.patch(one(next.id), { meta: { ownerId: ben.id } })
    await ann.post(`${one(old.id)}/versions?includeMaterial=true`, undefined, 404)
    const meta = { ownerId: ann.id }
    await ann.patch(one(old.id), { allVersions: true, meta }, 404)
    await ann.patch(one(old.id), { rotationFrequencyDays: '7' }, 404)
    expect(await ben.get(one(old.name))).toMatchObject({ version: 1, meta: { ownerId: ben.id } })
    await ann.get(one(next.id), 404)
    const secret = await ann.post('/vault/secrets', { name: unique('pw'), dataType: 'blob' })
    const later = await api.post(`/vault/secrets/${secret.id}/versions`, {})
    await api.patch(one(later.id), { meta: { ownerId: ben.id } })
    await ann.post(`/vault/secrets/${secret.id}/versions`, {}, 404)
  })

  test('are not to be seen in links', async () => {
    const [ann, ben] = [await keyUser(), await keyUser()]
    const [open, hidden] = [unique('open'), unique('hidden')]
    await ann.post(KEYS, { name: open, meta: readable })
    await ann.post(KEYS, { name: hidden })
    const link = await ann.post(LINKS, { type: 'parent', source: open, target: hidden })
    expect((await ann.get(`${one(open)}?fields=links`)).links).toHaveLength(1)
    expect((await ann.get(`${LINKS}?source=${open}`)).total).toBe(1)
    await ann.get(`${LINKS}/${link.id}`)
    expect((await ben.get(`${one(open)}?fields=links`)).links).toEqual([])
    expect((await ben.get(`${LINKS}?source=${open}`)).total).toBe(0)
    expect((await ben.get(`${LINKS}?target=${hidden}`)).total).toBe(0)
    await ben.get(`${LINKS}/${link.id}`, 404)
    expect((await ann.get(`${KEYS}?name=${open}&linkType=parent`)).total).toBe(1)
    expect((await ben.get(`${KEYS}?name=${open}&linkType=parent`)).total).toBe(0)
    await api.patch(one(hidden), { meta: { ownerId: ben.id } })
    await ann.patch(`${LINKS}/${link.id}`, { index: 3 }, 404)
  })

  test('are linked only as long as they are there', async () => {
    for (let round = 0; round < 5; round++) {
      const [source, target] = [unique('source'), unique('target')]
      for (const name of [source, target]) await api.post(KEYS, { name })
      await Promise.all([
        api.send('POST', LINKS, { type: 'parent', source, target }),
        api.send('DELETE', one(round % 2 === 0 ? source : target)),
      ])
      const { resources } = await api.get(`${LINKS}?limit=-1`)
      const ends = resources.flatMap((link: { sourceID: string; targetID: string }) => [
        link.sourceID,
        link.targetID,
      ])
      expect(ends).not.toContain('')
    }
  })

  test('of a name that many ask for at once are one, for who takes what is there', async () => {
    for (const [path, fields] of [
      [KEYS, {}],
      ['/vault/secrets', { dataType: 'blob' }],
    ] as const) {
      const name = unique('shared')
      const made = await Promise.all(
        Array.from({ length: 10 }, () =>
          api.post(`${path}?returnExisting=true`, { name, ...fields }),
        ),
      )
      expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    }
  })

  test('may be named by their owner’s name for secrets as well', async () => {
    const secret = await api.post('/vault/secrets', {
      name: unique('pw'),
      meta: { ownerId: 'local|admin' },
    })
    expect(secret.meta.ownerId).toBe((await api.get('/auth/self/user')).user_id)
  })
})
