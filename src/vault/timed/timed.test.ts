import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const KEYS = '/vault/keys2'
const DAY = 86_400_000

/** Looks again until it holds: what the clock brings about is done a moment later. */
async function eventually<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const seen = await look()
    if (holds(seen) || tries === 100) return seen
    await pause(50)
  }
}

describe.each(databases)('what the clock does to keys on %s', (database) => {
  const api = startApi(database, { keysEveryMs: 100 })
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const create = (fields: object = {}) => api.post(KEYS, { name: unique('key'), ...fields })
  const versions = (name: string) => api.get(`${KEYS}/${name}/versions?limit=100`)

  test('a key is rotated when it is due, once, however many times were missed', async () => {
    const key = await create({ rotationFrequencyDays: '2', labels: { a: 'b' } })
    expect(key).toMatchObject({ rotationFrequencyDays: '2', rotationDateReached: false })
    const off = await create({ rotationFrequencyDays: '0' })
    expect(off).not.toHaveProperty('rotationFrequencyDays')
    api.advance(7 * DAY)
    const { resources } = await eventually(
      () => versions(key.name),
      ({ total }) => total > 1,
    )
    expect(resources).toMatchObject([
      { version: 1, rotationFrequencyDays: '2', labels: { a: 'b' }, rotationDateReached: false },
      { version: 0 },
    ])
    expect(resources[1]).not.toHaveProperty('rotationDate')
    // In step with the first date: 2, 4, 6, and so next at 8 days.
    expect(Date.parse(resources[0].rotationDate) - Date.parse(key.rotationDate)).toBe(6 * DAY)
    await pause(400)
    expect((await versions(key.name)).total).toBe(2)
    expect((await versions(off.name)).total).toBe(1)
    const records = await api.get('/audit/records?limit=100&message=Key%20rotated%20by%20schedule')
    const mine = records.resources.filter(
      ({ details }: { details: { key: string } }) => details.key === key.name,
    )
    expect(mine).toHaveLength(1)
  })

  test('a key that was changed by the id of an old version is rotated, and so are the others', async () => {
    const key = await create({ rotationFrequencyDays: '30' })
    const other = await create({ rotationFrequencyDays: '40' })
    api.advance(31 * DAY)
    await eventually(
      () => versions(key.name),
      ({ total }) => total > 1,
    )
    await api.patch(`${KEYS}/${key.id}`, { description: 'new', rotationFrequencyDays: '30' })
    for (const [ofKey, ofOther] of [
      [3, 2],
      [4, 3],
    ] as const) {
      api.advance(31 * DAY)
      for (const [name, count] of [
        [key.name, ofKey],
        [other.name, ofOther],
      ] as const)
        expect(
          await eventually(
            () => versions(name),
            ({ total }) => total >= count,
          ),
        ).toMatchObject({ total: count })
    }
  })

  test('keys that cannot be rotated keep no other waiting', async () => {
    for (let at = 0; at < 210; at++)
      await create({ emptyMaterial: true, rotationFrequencyDays: '1' })
    const key = await create({ rotationFrequencyDays: '2' })
    api.advance(3 * DAY)
    const { total } = await eventually(
      () => versions(key.name),
      (list) => list.total > 1,
    )
    expect(total).toBe(2)
  })

  test('a key that was taken out of use is not rotated, and one that ends with its rotation is', async () => {
    const daily = { rotationFrequencyDays: '1' }
    // Later than the others, which have been looked at when it is rotated.
    const at = new Date(Date.now() + api.server.ahead() + 1.2 * DAY).toISOString()
    const idle = [await create({ ...daily, state: 'Pre-Active' })]
    for (const reason of ['CessationOfOperation', 'KeyCompromise']) {
      const key = await create(daily)
      await api.post(`${KEYS}/${key.id}/revoke`, { reason }, 200)
      idle.push(key)
    }
    const archived = await create(daily)
    await api.post(`${KEYS}/${archived.id}/archive`, undefined, 200)
    const early = new Date(Date.now() + api.server.ahead() + DAY / 2).toISOString()
    const old = { material: 'ab'.repeat(32), state: 'Deactivated' }
    idle.push(
      archived,
      await create({ ...daily, deactivationDate: early }),
      await create({ ...daily, ...old, deactivationDate: '2090-01-01T00:00:00Z' }),
    )
    const ending = await create({ ...daily, rotationDate: at, deactivationDate: at })
    api.advance(2 * DAY)
    const { total } = await eventually(
      () => versions(ending.name),
      (list) => list.total > 1,
    )
    expect(total).toBe(2)
    for (const { name } of idle) expect((await versions(name)).total, name).toBe(1)
    await api.post(`${KEYS}/${archived.id}/recover`, undefined, 200)
    expect(
      (
        await eventually(
          () => versions(archived.name),
          (list) => list.total > 1,
        )
      ).total,
    ).toBe(2)
  })

  test('a change of state by date is written down and on record', async () => {
    const inDays = (days: number) =>
      new Date(Date.now() + api.server.ahead() + days * DAY).toISOString()
    const key = await create({ activationDate: inDays(1), deactivationDate: inDays(2) })
    api.advance(3 * DAY)
    expect((await api.get(`${KEYS}/${key.id}`)).state).toBe('Deactivated')
    const found = await eventually(
      async () => {
        const { resources } = await api.get('/audit/records?limit=100')
        return resources.filter(
          ({ message, details }: { message: string; details: { id?: string } }) =>
            message === 'Key changed its state by date' && details.id === key.id,
        )
      },
      (records) => records.length > 0,
    )
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ details: { from: 'Pre-Active', to: 'Deactivated' } })
    expect((await api.get(`${KEYS}?state=Deactivated&name=${key.name}`)).total).toBe(1)
  })

  test('a use is written some time after it, and shown at once', async () => {
    const kek = await create({ usageMask: 48 })
    const key = await create()
    expect(await api.get(`${KEYS}/${kek.id}`)).not.toHaveProperty('lastUsedAt')
    await api.post(`${KEYS}/${key.id}/export`, { wrapKeyName: kek.name }, 200)
    const used = await api.get(`${KEYS}/${kek.id}`)
    expect(used).toMatchObject({ lastUsedFor: 'wrap', lastUsedAt: expect.any(String) })
    await pause(400)
    expect(await api.get(`${KEYS}/${kek.id}`)).toMatchObject({
      lastUsedFor: 'wrap',
      lastUsedAt: used.lastUsedAt,
      updatedAt: kek.updatedAt,
    })
  })
})
