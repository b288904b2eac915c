import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { cteOn, TE, unique } from '../../../test/support/cte.ts'
import { csvOf } from './csv.ts'

describe.each(databases)('reports of transparent encryption on %s', (database) => {
  const api = startApi(database)
  const cte = cteOn(api)

  test('a report is had as a file, with the rows and the order that were asked for', async () => {
    const { id: policy } = await cte.policy({
      security_rules: [{ action: 'read', effect: 'permit', partial_match: true }],
    })
    const name = unique('host')
    const { id } = await api.post(`${TE}/clients`, { name })
    await api.post(`${TE}/clients/${id}/guardpoints`, {
      guard_paths: ['/plain', '/with, comma', '/with "quotes"'],
      guard_point_params: { guard_point_type: 'directory_auto', policy_id: policy },
    })
    const { status, headers, body } = await api.send(
      'GET',
      `${TE}/reports/clients-guard-status/download/?client_name=${name}&sort=-guard_path`,
    )
    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^text\/csv\b/)
    expect(headers['content-disposition']).toMatch(/^attachment\b/)
    const [head, ...lines] = String(body).trimEnd().split('\r\n')
    expect(head).toMatch(/^client_id,client_name,/)
    expect(lines).toHaveLength(3)
    expect(lines[0]).toContain(`${id},${name},`)
    expect(lines[0]).toContain(',"/with, comma",')
    expect(lines[1]).toContain(',"/with ""quotes""",')
    expect(lines[2]).toContain(',/plain,')
  })

  test('each report has its file', async () => {
    for (const report of [
      'clients-guard-status',
      'clients-keys',
      'clients-policies',
      'clients-profiles',
      'clients',
      'guardpoints',
      'policies-keys',
    ]) {
      const page = await api.get(`${TE}/reports/${report}/?limit=1`)
      const { body } = await api.send('GET', `${TE}/reports/${report}/download/`)
      const lines = String(body).trimEnd().split('\r\n')
      expect(lines.length - 1, report).toBe(page.total)
    }
  })

  test('who may not read reports gets no file either', async () => {
    const other = await cte.user('CTE Clients')
    await other.get(`${TE}/reports/clients/download`, 403)
  })
})

test('a name that somebody chose is no formula in a file', () => {
  const file = csvOf(
    ['name', 'on'],
    [
      { name: '=HYPERLINK("x")', on: true },
      { name: '-1', on: false },
    ],
  )
  expect(file).toBe(`name,on\r\n"'=HYPERLINK(""x"")",true\r\n'-1,false\r\n`)
})
