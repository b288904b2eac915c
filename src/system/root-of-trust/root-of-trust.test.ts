import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiOf, databases, startApi } from '../../../test/support/api.ts'
import { startTestServer } from '../../../test/support/server.ts'

describe.each(databases)('the root key on %s', (database) => {
  const api = startApi(database)

  test('is listed without a word of the key, and replaced while the server runs', async () => {
    const [before] = (await api.get('/system/rot-keys')).resources
    expect(before).toMatchObject({ active: true, source: 'file' })
    const made = await api.post('/system/rotate-rot-keys', undefined, 200)
    expect(made.id).not.toBe(before.id)
    expect(await api.get('/system/rot-keys')).toMatchObject({ total: 1, resources: [made] })
    expect(await api.get('/system/rot-keys?skip=1')).toMatchObject({ total: 1, resources: [] })
    await api.post('/usermgmt/users', { username: 'after', password: 'After-Pass-1234!' })
    await api.as({ username: 'after', password: 'After-Pass-1234!' })
    const { resources } = await api.get('/audit/records?message=Rotate+root+key')
    expect(resources).toMatchObject([
      { success: true, username: 'admin', details: { replaced_root_key_id: before.id } },
    ])
  })

  test('is seen and replaced by administrators alone', async () => {
    await api.post('/usermgmt/users', { username: 'few', password: 'Few-Pass-1234!' })
    const few = await api.as({ username: 'few', password: 'Few-Pass-1234!' })
    await few.get('/system/rot-keys', 403)
    await few.post('/system/rotate-rot-keys', undefined, 403)
    await api.anonymous.post('/system/rotate-rot-keys', undefined, 401)
  })
})

describe('a server that starts again', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keystead-root-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('finds everything under the replaced root key, which is another one in the same file', async () => {
    const user = { username: 'jo', password: 'Jo-Pass-1234!' }
    const file = join(folder, 'root.key')
    const first = await startTestServer('sqlite', { dataDir: folder })
    const before = apiOf(() => first)
    await before.post('/usermgmt/users', user)
    const old = readFileSync(file)
    const { id } = await before.post('/system/rotate-rot-keys', undefined, 200)
    expect(readFileSync(file).equals(old)).toBe(false)
    before.close()
    await first.stop()

    const second = await startTestServer('sqlite', { dataDir: folder })
    const after = apiOf(() => second)
    expect((await after.get('/system/rot-keys')).resources).toMatchObject([{ id }])
    await after.as(user)
    after.close()
    await second.stop()
  })
})
