import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { bytesTo, post, textTo } from '../../../test/support/crypto.ts'

const KEYS = '/vault/keys2'
const RACE = 200

describe.each(databases)('limits of use on %s', (database) => {
  const api = startApi(database)
  const limited = (total: number, fields: object = {}) =>
    api.post(KEYS, {
      name: `limited-${randomUUID().slice(0, 8)}`,
      usageMask: 4194303,
      usageLimits: { total },
      ...fields,
    })
  const left = async (id: string) => (await api.get(`${KEYS}/${id}`)).usageLimits
  const encrypt = (id: string, status = 200) =>
    post(api, 'encrypt', { id, plaintext: 'aGk=' }, status)

  test('a key protects as often as its limit says, and then processes on', async () => {
    const key = await limited(3)
    expect(key.usageLimits).toEqual({ total: 3, count: 3, unit: 'Object' })
    const blob = await encrypt(key.id)
    await encrypt(key.name)
    expect(await left(key.id)).toEqual({ total: 3, count: 1, unit: 'Object' })
    await encrypt(key.id)
    const refused = await encrypt(key.id, 409)
    expect(JSON.stringify(refused)).toContain('as often as its usageLimits allow')
    expect(await left(key.id)).toEqual({ total: 3, count: 0, unit: 'Object' })
    for (let i = 0; i < 5; i++) await post(api, 'decrypt', blob)
    expect((await api.get(`${KEYS}/${key.id}`)).lastUsedFor).toBe('decrypt')
  })

  test('every use that protects counts, whichever way it comes', async () => {
    const aes = await limited(6)
    await encrypt(aes.id)
    await textTo(api, 'hide2', { keyName: aes.name, hint: 'digit' }, '1234567890')
    await bytesTo(api, 'mac', { keyName: aes.name }, Buffer.from('text'))
    await post(api, 'wrap', { id: aes.id, plaintext: '00'.repeat(16) })
    await post(api, 'derive', { id: aes.id })
    const other = await api.post(KEYS, { name: `other-${aes.name}` })
    const exported = { wrapKeyName: aes.name }
    await api.post(`${KEYS}/${other.id}/export`, exported, 200)
    await api.post(`${KEYS}/${other.id}/export`, exported, 409)
    await bytesTo(api, 'mac', { keyName: aes.name }, Buffer.from('text'), 409)
    const ec = await limited(1, { algorithm: 'ec', curveid: 'prime256v1' })
    const sign = { keyName: ec.name, hashAlgo: 'SHA-256', signAlgo: 'ECDSA' }
    const { data } = await bytesTo(api, 'sign', sign, Buffer.from('text'))
    await bytesTo(api, 'sign', sign, Buffer.from('text'), 409)
    const verified = await bytesTo(api, 'signv', { ...sign, signature: data }, Buffer.from('text'))
    expect(verified.verified).toBe(true)
    expect(await left(`${ec.name}-pub`)).toBeUndefined()
  })

  test('who may not use the key uses nothing up', async () => {
    const key = await limited(2)
    const password = 'Testuser-123!'
    const username = `jo-${randomUUID().slice(0, 8)}`
    await api.post('/usermgmt/users', { username, password })
    await post(await api.as({ username, password }), 'encrypt', { id: key.id, plaintext: '' }, 404)
    expect((await left(key.id)).count).toBe(2)
  })

  test('200 callers at once have exactly as many uses as the limit says (A9)', async () => {
    const total = 37
    const key = await limited(total)
    const answers = await Promise.all(
      Array.from({ length: RACE }, () =>
        api.send('POST', '/crypto/encrypt', { id: key.id, plaintext: 'aGk=' }),
      ),
    )
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
    expect([count(200), count(409)]).toEqual([total, RACE - total])
    expect((await left(key.id)).count).toBe(0)
  })

  test('another total begins anew, and none takes the limit away', async () => {
    const key = await limited(1)
    await encrypt(key.id)
    await encrypt(key.id, 409)
    const patched = await api.patch(`${KEYS}/${key.id}`, { usageLimits: { total: 2 } }, 200)
    expect(patched.usageLimits).toEqual({ total: 2, count: 2, unit: 'Object' })
    await encrypt(key.id)
    await encrypt(key.id)
    await encrypt(key.id, 409)
    await api.patch(`${KEYS}/${key.id}`, { description: 'nothing about it' }, 200)
    await encrypt(key.id, 409)
    await api.patch(`${KEYS}/${key.id}`, { usageLimits: { total: 0 } }, 200)
    expect(await left(key.id)).toBeUndefined()
    await encrypt(key.id)
    const later = await api.post(KEYS, { name: `later-${key.name}`, usageMask: 12 })
    await encrypt(later.id)
    await api.patch(`${KEYS}/${later.id}`, { usageLimits: { total: 1 } }, 200)
    await encrypt(later.id)
    await encrypt(later.id, 409)
  })

  test('a new version and a clone have the total anew, and count for themselves', async () => {
    const key = await limited(2)
    await encrypt(key.id)
    const next = await api.post(`${KEYS}/${key.name}/versions`, {}, 201)
    expect((await left(next.id)).count).toBe(2)
    await encrypt(key.name)
    expect((await left(next.id)).count).toBe(1)
    expect((await left(key.id)).count).toBe(1)
    const clone = await api.post(`${KEYS}/${key.id}/clone`, { newKeyName: `clone-${key.name}` })
    expect((await left(clone.id)).total).toBe(2)
    await api.delete(`${KEYS}/${clone.id}`, undefined, 204)
  })

  test('the limit cannot be moved by labels, nor set to what is no number of uses', async () => {
    const key = await limited(1)
    const label = 'ncryptify-reserved/usage-limit'
    for (const value of ['1000', null, ''])
      await api.patch(`${KEYS}/${key.id}`, { labels: { [label]: value } }, 400)
    await api.post(KEYS, { name: 'sneaky', labels: { [label]: '5' } }, 400)
    for (const total of [-1, 1.5, 2 ** 60, '3'])
      await api.post(KEYS, { name: 'wrong', usageLimits: { total } }, 400)
    await encrypt(key.id)
    await encrypt(key.id, 409)
  })

  test('a count that somebody changed in the database, or took away, is never believed', async () => {
    const edited = await limited(771)
    const removed = await limited(772)
    await api.server.tamper('update key_limits set remaining = 1000000 where remaining = 771')
    await api.server.tamper('delete from key_limits where remaining = 772')
    await encrypt(edited.id, 500)
    await encrypt(removed.id, 500)
    const { resources } = await api.get('/audit/records?severity=critical&limit=10')
    expect(JSON.stringify(resources)).toContain('key_limits')
  })
})
