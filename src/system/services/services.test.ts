import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

describe.each(databases)('services on %s', (database) => {
  const api = startApi(database)
  const running = {
    status: 'started',
    services: [
      { name: 'web', status: 'started' },
      { name: 'nae-kmip', status: 'disabled' },
    ],
  }

  test('are told to whoever is signed in', async () => {
    expect(await api.get('/system/services/status')).toEqual(running)
    await api.anonymous.get('/system/services/status', 401)
  })

  test('are restarted as clients ask for it after a change of trusted CAs', async () => {
    for (const body of [{ delay: 5, services: ['web'] }, { services: [] }, {}])
      expect(await api.post('/system/services/restart', body, 200)).toEqual(running)
    const records = await api.get('/audit/records?message=Restart%20services&limit=1')
    expect(records.resources[0].details.services).toEqual(['web'])
  })

  test('that are not there are refused, and so is whoever may not', async () => {
    await api.post('/system/services/restart', { services: ['web', 'nae-kmip'] }, 501)
    await api.post('/system/services/restart', { services: ['mail'] }, 400)
    await api.post('/system/services/restart', { services: ['web'], delay: -1 }, 400)
    await api.post('/usermgmt/users', { username: 'few', password: 'Few-Pass-1234!' })
    const few = await api.as({ username: 'few', password: 'Few-Pass-1234!' })
    await few.post('/system/services/restart', {}, 403)
  })
})
