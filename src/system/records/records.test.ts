import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

describe.each(databases)('audit records on %s', (database) => {
  const api = startApi(database)
  const list = (query: string) => api.get(`/audit/records?limit=-1&${query}`)

  test('are filtered by each field', async () => {
    const from = (await api.get('/system/info')).system_time
    await api.post('/usermgmt/groups', { name: 'filtered' })
    await api.post('/usermgmt/groups', { name: 'filtered' }, 409)
    const [refused, made] = (await list('message=Create+group')).resources
    expect(refused).toMatchObject({ success: false, severity: 'warning', username: 'admin' })
    expect(made).toMatchObject({ success: true, severity: 'info', service: 'groups' })
    for (const [query, both, one] of [
      ['success=True', false, true],
      ['success=false', true, false],
      ['severity=warning', true, false],
      ['service=groups', true, true],
      ['service=Groups', false, false],
      [`source=${made.source}`, true, true],
      ['client_ip=127.0.0.1', true, true],
      ['client_ip=127.0.0.*', true, true],
      ['client_ip=127.0.0', false, false],
      ['username=ADMIN', true, true],
      ['username=%25', false, false],
      ['message=create*', true, true],
      [`createdAfter=${from}`, true, true],
      [`createdBefore=${from}`, false, false],
      [`createdAfter=${refused.createdAt}`, false, false],
      [`createdBefore=${refused.createdAt}`, false, true],
    ] as const) {
      const ids = (await list(query)).resources.map(({ id }: { id: string }) => id)
      expect([ids.includes(refused.id), ids.includes(made.id)], query).toEqual([both, one])
    }
    expect(await api.get(`/audit/records/${made.id}`)).toEqual(made)
  })

  test('are sorted by time, the newest first unless asked otherwise, and paged', async () => {
    const times = async (query: string): Promise<string[]> =>
      (await list(query)).resources.map(({ createdAt }: { createdAt: string }) =>
        createdAt.padEnd(27, '0'),
      )
    const newestFirst = await times('')
    expect(newestFirst.length).toBeGreaterThan(3)
    expect(await times('sort=createdAt')).toEqual([...newestFirst].reverse())
    const page = await api.get('/audit/records?skip=1&limit=2')
    expect(page).toMatchObject({ skip: 1, limit: 2, total: newestFirst.length })
    expect(page.resources).toHaveLength(2)
  })

  test('are asked for in words that make sense', async () => {
    await api.get('/audit/records?createdAfter=yesterday', 400)
    await api.get('/audit/records?success=perhaps', 400)
    await api.get('/audit/records/nothing', 404)
    await api.get('/audit/records/%00', 400)
    await api.get('/audit/records?username=%00', 400)
  })

  test('that were changed behind the server’s back are not shown, and that is on record', async () => {
    await api.post('/usermgmt/groups', { name: 'forged' })
    const [{ id, createdAt }] = (await list('message=Create+group')).resources
    await api.server.tamper(`update audit_records set username = 'nobody' where id = '${id}'`)
    expect(await api.get(`/audit/records/${id}`, 500)).toMatchObject({
      codeDesc: expect.stringMatching(/^NCERR/),
    })
    await api.get('/audit/records?username=nobody', 500)
    const { resources } = await list(`severity=critical&createdAfter=${createdAt}`)
    expect(resources).toHaveLength(2)
    expect(resources[0]).toMatchObject({
      success: false,
      username: 'admin',
      details: { table: 'audit_records', row: id },
    })
  })
})
