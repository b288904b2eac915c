import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

describe.each(databases)('system information on %s', (database) => {
  const api = startApi(database)

  test('names the product, a version that clients can compare, and the time', async () => {
    const info = await api.get('/system/info')
    expect(info).toMatchObject({ name: 'keystead', vendor: 'Keystead', version_suffix: 'null' })
    expect(info.version).toMatch(/^2\.19\.0\+\d+\.\d+\.\d+/)
    expect(info.uptime).toMatch(/^\d+ days, \d+ hours, \d+ minutes$/)
    expect(info.system_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/)
    api.advance(3_600_000)
    const later = Date.parse((await api.get('/system/info')).system_time)
    expect(later - Date.parse(info.system_time)).toBeGreaterThanOrEqual(3_600_000)
  })

  test('is read by whoever is signed in, and the name is given by administrators', async () => {
    await api.post('/usermgmt/users', { username: 'few', password: 'Few-Pass-1234!' })
    const few = await api.as({ username: 'few', password: 'Few-Pass-1234!' })
    await few.get('/system/info')
    await few.patch('/system/info', { name: 'mine' }, 403)
    await api.anonymous.get('/system/info', 401)
    expect(await api.patch('/system/info', { name: ' keys-1 ' })).toMatchObject({ name: 'keys-1' })
    expect(await few.get('/system/info')).toMatchObject({ name: 'keys-1' })
  })

  test('has a name that is text and not empty', async () => {
    for (const name of ['', '  ', 'nul\0', 'half\ud800', 'x'.repeat(129), 7, null])
      await api.patch('/system/info', { name }, 400)
  })
})
