import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const KEYS = '/vault/keys2'

describe.each(databases)('metadata of keys on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const userHere = async () => {
    const user = { username: unique('user'), password: 'Correct-Horse-9x' }
    const { user_id: id } = await api.post('/usermgmt/users', user)
    return { id: id as string, ...(await api.as(user)) }
  }

  test.each([
    ['ownerId', 'owner_id'],
    ['owner_id', 'ownerId'],
  ] as const)('a key with %s gets another owner by %s', async (before, after) => {
    const [first, second, third] = [await userHere(), await userHere(), await userHere()]
    const meta = { [before]: first.id, purpose: 'test' }
    const { name } = await api.post(KEYS, { name: unique('key'), algorithm: 'aes', meta })
    const path = `${KEYS}/${name}`
    await first.get(path)
    const given = await api.patch(path, { meta: { [after]: second.id } })
    expect(given.meta).toEqual({ ownerId: second.id, owner_id: second.id, purpose: 'test' })
    await second.get(path)
    await first.get(path, 404)
    // Null is what a client sends for the spelling that it knows and does not set.
    await api.patch(path, { meta: { [after]: null, [before]: third.id } })
    await third.get(path)
    await second.get(path, 404)
    await api.patch(path, { meta: { purpose: 'other' } })
    await third.get(path)
  })
})
