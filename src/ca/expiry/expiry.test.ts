import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, apiOf, databases, startApi } from '../../../test/support/api.ts'
import { openTestPostgres, type TestDatabase } from '../../../test/support/databases.ts'
import { newAuthority } from '../../../test/support/revocation.ts'
import { startTestServer, type TestServer } from '../../../test/support/server.ts'
import { testCa } from '../../../test/support/x509.ts'

const DAY = 86_400_000
const LOOK_MS = 40

interface Alarm {
  readonly id: string
  readonly name: string
  readonly severity: string
  readonly description: string
  readonly state: string
  readonly acknowledgedAt: string
}

const alarmsOf = async (api: Api, query = ''): Promise<Alarm[]> =>
  (await api.get(`/system/alarms?limit=-1&sort=createdAt${query}`)).resources

/** Waits until the server has looked at least once since. */
async function looked(api: Api, expected: number): Promise<Alarm[]> {
  for (let tries = 0; ; tries++) {
    const found = await alarmsOf(api)
    if (found.length >= expected || tries > 100) {
      await pause(3 * LOOK_MS)
      return alarmsOf(api)
    }
    await pause(LOOK_MS)
  }
}

describe.each(databases)('alarms before certificates end on %s', (database) => {
  const api = startApi(database, { checkCertificateMs: LOOK_MS })

  test('come 30 days, 7 days and 1 day before, each once, and the last one is critical', async () => {
    const ca = await newAuthority(api)
    const { id } = await ca.issue({ duration: 40, name: 'web of the shop' })
    const revoked = await ca.issue({ duration: 40, name: 'revoked' })
    await ca.revoke(revoked)
    await ca.issue({ duration: 5, name: 'short' })
    await pause(3 * LOOK_MS)
    expect(await alarmsOf(api)).toEqual([])

    api.advance(11 * DAY)
    expect(await looked(api, 1)).toMatchObject([
      { name: 'Certificate ends soon', severity: 'warning', state: 'on' },
    ])
    const [first] = await alarmsOf(api)
    expect(first?.description).toMatch(
      /^The certificate "web of the shop" of the local CA "localca-.*" \(\/CN=host\.example\.com\) ends in less than 30 days, on \d{4}-.*Z\. Whoever uses it needs a new one before then\.$/,
    )
    const { resources } = await api.get('/audit/records?message=Certificate%20ends%20soon')
    expect(resources).toMatchObject([
      { severity: 'warning', service: 'certificates', success: true, details: { id } },
    ])
    expect(resources[0].details.description).toBe(first?.description)

    api.advance(23 * DAY)
    expect(await looked(api, 2)).toMatchObject([
      { severity: 'warning', state: 'off' },
      { severity: 'warning', state: 'on', description: expect.stringContaining('7 days') },
    ])
    api.advance(5 * DAY + DAY / 2)
    expect(await looked(api, 3)).toMatchObject([
      { state: 'off' },
      { state: 'off' },
      { severity: 'critical', state: 'on', description: expect.stringContaining('a day') },
    ])
  })

  test('come for local and external CAs too, and by the nearest threshold after a long pause', async () => {
    const before = (await alarmsOf(api)).length
    const { id } = await api.post('/ca/local-cas', { cn: 'ending', name: 'ending' })
    await api.post(`/ca/local-cas/${id}/self-sign`, { duration: 60 }, 200)
    const { id: other } = await api.post('/ca/local-cas', { cn: 'outside', name: 'outside' })
    const { cert } = await api.post(`/ca/local-cas/${other}/self-sign`, { duration: 60 }, 200)
    await api.delete(`/ca/local-cas/${other}`)
    await api.post('/ca/external-cas', { cert, name: 'partner' })
    const lasting = (await testCa('ECDSA')).certificate
    await api.post('/ca/external-cas', { cert: lasting, name: 'lasting' })
    api.advance(55 * DAY)
    const found = (await looked(api, before + 2)).slice(before)
    expect(found.map(({ name }) => name).sort()).toEqual([
      'External CA ends soon',
      'Local CA ends soon',
    ])
    for (const { severity, description } of found) {
      expect(severity).toBe('warning')
      expect(description).toMatch(/"(ending|partner)" .* ends in less than 7 days/)
    }
  })

  test('are acknowledged and cleared by those who may, and filtered by state', async () => {
    const [alarm] = await alarmsOf(api, '&state=on')
    if (!alarm) throw new Error('there is no alarm')
    expect(alarm.acknowledgedAt).toBe('0001-01-01T00:00:00Z')
    const path = `/system/alarms/${alarm.id}`
    const seen = await api.post(`${path}/acknowledge`, undefined, 200)
    expect(seen).toMatchObject({ id: alarm.id, state: 'on' })
    expect(seen.acknowledgedAt > '2020').toBe(true)
    expect(await api.post(`${path}/clear`, undefined, 200)).toMatchObject({ state: 'off' })
    expect((await alarmsOf(api, '&state=on')).map(({ id }) => id)).not.toContain(alarm.id)
    expect((await alarmsOf(api, '&state=off')).map(({ id }) => id)).toContain(alarm.id)
    expect(await alarmsOf(api, '&severity=info')).toEqual([])
    expect((await alarmsOf(api, '&severity=critical')).length).toBe(1)
    const missing = '00000000-0000-4000-8000-000000000000'
    await api.post(`/system/alarms/${missing}/clear`, undefined, 404)

    const user = { username: `u-${database}`, password: 'Looking-On-1234' }
    await api.post('/usermgmt/users', user)
    const other = await api.as(user)
    expect((await other.send('GET', '/system/alarms')).status).toBe(403)
    expect((await other.send('POST', `${path}/clear`)).status).toBe(403)
    await api.post(`/usermgmt/groups/Audit%20Admins/users/${user.username}`, {}, 200)
    const reader = await api.as(user)
    expect((await reader.send('GET', '/system/alarms')).status).toBe(200)
    expect((await reader.send('POST', `${path}/clear`)).status).toBe(403)
  })
})

const url = process.env['KEYSTEAD_TEST_DATABASE_URL']

describe.skipIf(!url)('alarms of several nodes', () => {
  let folder: string
  let database: TestDatabase
  let servers: TestServer[] = []
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keystead-alarms-'))
    database = await openTestPostgres(url ?? '', { unsealed: false })
    const start = (name: string) =>
      startTestServer('postgres', {
        dataDir: join(folder, name),
        databaseUrl: database.url,
        rootKeyFile: join(folder, 'root.key'),
        checkCertificateMs: LOOK_MS,
      })
    servers = [await start('a'), await start('b'), await start('c')]
  }, 60_000)
  afterAll(async () => {
    for (const server of servers) await server.stop()
    await database?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('are raised and recorded once for each certificate', async () => {
    const [a] = servers as [TestServer]
    const api = apiOf(() => a)
    const ca = await newAuthority(api)
    for (let number = 0; number < 30; number++) await ca.issue({ duration: 40 })
    api.advance(11 * DAY)
    for (const server of servers.slice(1)) server.advance(11 * DAY)
    expect((await looked(api, 30)).length).toBe(30)
    const { total } = await api.get('/audit/records?message=Certificate%20ends%20soon')
    expect(total).toBe(30)
    api.close()
  })
})
