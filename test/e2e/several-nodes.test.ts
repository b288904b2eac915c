import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rotateRootKeyOffline } from '../../src/installation.ts'
import { openAuditLog } from '../../src/system/index.ts'
import { type Api, apiOf } from '../support/api.ts'
import { openTestPostgres, type TestDatabase } from '../support/databases.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const url = process.env['KEYSTEAD_TEST_DATABASE_URL']
const password = 'Nodes-Pass-1234!'

describe.skipIf(!url)('two servers on one PostgreSQL', () => {
  let folder: string
  let database: TestDatabase
  let servers: TestServer[] = []
  let a: Api
  let b: Api
  const rootKeyFile = () => join(folder, 'root.key')
  const start = (name: string) =>
    startTestServer('postgres', {
      dataDir: join(folder, name),
      databaseUrl: database.url,
      rootKeyFile: rootKeyFile(),
    })

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keystead-nodes-'))
    database = await openTestPostgres(url ?? '', { unsealed: false })
    servers = [await start('a'), await start('b')]
    ;[a, b] = servers.map((server) => apiOf(() => server)) as [Api, Api]
  }, 60_000)
  afterAll(async () => {
    a?.close()
    b?.close()
    for (const server of servers) await server.stop()
    await database?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const newUser = async (username: string) => {
    await a.post('/usermgmt/users', { username, password })
    return { username, password }
  }
  const ask = (api: Api, body: object) => api.anonymous.send('POST', '/auth/tokens', body)

  test('a token that is revoked on one is refused on the other within a second', async () => {
    const user = await newUser('revoked')
    const delays: number[] = []
    for (let round = 0; round < 20; round++) {
      const { jwt, refresh_token } = (await ask(a, user)).body
      const there = b.with(jwt)
      expect((await there.send('GET', '/auth/self/user')).status).toBe(200)
      await a.with(jwt).post('/auth/revoke', { refresh_token }, 204)
      const revoked = performance.now()
      let asked = revoked
      while ((await there.send('GET', '/auth/self/user')).status === 200) {
        expect(performance.now() - revoked).toBeLessThan(5000)
        await pause(5)
        asked = performance.now()
      }
      delays.push(asked - revoked)
      expect((await ask(b, { refresh_token })).status).toBe(401)
    }
    delays.sort((one, other) => one - other)
    process.stdout.write(
      `refused on the other node after ${delays[10]?.toFixed(0)} ms in the middle, ${delays.at(-1)?.toFixed(0)} ms at most\n`,
    )
    expect(delays.at(-1)).toBeLessThanOrEqual(1000)
  })

  test('a user who is locked on one is locked on both', async () => {
    await a.post('/usermgmt/pwdpolicies', {
      policy_name: 'strict',
      failed_logins_lockout_thresholds: [0, 10],
    })
    await a.post('/usermgmt/users', { username: 'locked', password, password_policy: 'strict' })
    for (const node of [a, b])
      await node.anonymous.post('/auth/tokens', { username: 'locked', password: 'wrong' }, 401)
    for (const node of [a, b])
      expect((await ask(node, { username: 'locked', password })).status).toBe(401)
    expect(await b.get('/usermgmt/users/local|locked')).toMatchObject({
      failed_logins_count: 2,
      account_lockout_at: expect.any(String),
    })
    await b.patch('/usermgmt/users/local|locked', { failed_logins_count: 0 })
    expect((await ask(a, { username: 'locked', password })).status).toBe(200)
  })

  test('five wrong passwords close an account to guessing on both, however they are spread', async () => {
    await newUser('guessed')
    const attempts = Array.from({ length: 12 }, (_, at) =>
      ask(at % 2 === 0 ? a : b, { username: 'guessed', password: 'wrong' }),
    )
    for (const { status } of await Promise.all(attempts)) expect(status).toBe(401)
    expect(await a.get('/usermgmt/users/local|guessed')).toMatchObject({ failed_logins_count: 5 })
    for (const node of [a, b])
      expect((await ask(node, { username: 'guessed', password })).status).toBe(401)
  })

  test('a signing key that is made on one is honoured by the other at once, and used by it soon', async () => {
    const user = await newUser('rotated')
    for (let round = 0; round < 5; round++) {
      // The other node has only just looked at the keys.
      await b.anonymous.get('/auth/jwks.json')
      const made = await a.post('/auth/rotate-auth-key', undefined, 200)
      const { jwt } = (await ask(a, user)).body
      expect((await b.with(jwt).send('GET', '/auth/self/user')).status).toBe(200)
      await pause(1500)
      const signed = (await ask(b, user)).body.jwt as string
      const head = Buffer.from(signed.split('.')[0] ?? '', 'base64url').toString()
      expect(JSON.parse(head)).toMatchObject({ kid: made.id })
    }
  })

  test('the root key and a domain’s key are replaced on one while the other works', async () => {
    let busy = true
    const work = (async () => {
      let done = 0
      while (busy) {
        await b.post('/usermgmt/users', { username: `busy-${done}`, password })
        expect((await ask(b, { username: `busy-${done}`, password })).status).toBe(200)
        done++
      }
      return done
    })()
    await a.post('/system/rotate-rot-keys', undefined, 200)
    const root = '00000000-0000-0000-0000-000000000000'
    await a.post(`/domains/${root}/rotate-kek`, undefined, 200)
    busy = false
    const done = await work
    expect(done).toBeGreaterThan(0)
    for (const node of [a, b])
      expect((await ask(node, { username: `busy-${done - 1}`, password })).status).toBe(200)
  }, 60_000)

  test('the root key is replaced by the offline command while both run, and who starts again finds it', async () => {
    const [{ id: before }] = (await a.get('/system/rot-keys')).resources
    await rotateRootKeyOffline(
      {
        dataDir: join(folder, 'offline'),
        listen: { host: '127.0.0.1', port: 0 },
        databaseUrl: database.url,
        rootKey: { scheme: 'file', path: rootKeyFile() },
        adminPassword: undefined,
        tlsNames: [],
        logLevel: 'silent',
        shutdownSeconds: 5,
      },
      { info() {}, warn() {}, error() {} },
    )
    const [{ id: after }] = (await b.get('/system/rot-keys')).resources
    expect(after).not.toBe(before)
    await newUser('after-offline')
    const third = await start('c')
    servers.push(third)
    const c = apiOf(() => third)
    expect((await ask(c, { username: 'after-offline', password })).status).toBe(200)
    const { resources } = await c.get('/audit/records?message=Rotate+root+key')
    expect(resources[0]).toMatchObject({
      username: '',
      success: true,
      details: { replaced_root_key_id: before },
    })
    c.close()
  }, 60_000)

  test('every node’s chain of records is as it was written', async () => {
    const log = await openAuditLog(
      { kind: 'postgres', url: database.url },
      { scheme: 'file', path: rootKeyFile() },
      'none',
    )
    const verdict = await log.verify()
    await log.close()
    expect(verdict).toMatchObject({ intact: true, nodes: 4 })
    const { total } = await a.get('/audit/records?limit=1')
    expect((verdict as { records: number }).records).toBeGreaterThan(50)
    expect(total).toBeGreaterThanOrEqual((verdict as { records: number }).records)
  })
})
