import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, apiOf } from '../support/api.ts'
import { openTestPostgres, type TestDatabase } from '../support/databases.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const WEB = '/configs/interfaces/web'

/** What a new connection to this server is shown. */
async function shown({ url, ca }: TestServer): Promise<X509Certificate> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), ca })
  await once(socket, 'secureConnect')
  const certificate = new X509Certificate(socket.getPeerCertificate().raw)
  socket.destroy()
  return certificate
}

/** Asks all the while, on connections that stay and on new ones; tells how often, and what went wrong. */
function load({ url, ca }: TestServer) {
  const agents = [
    ...Array.from({ length: 4 }, () => new Agent({ ca, keepAlive: true, maxSockets: 1 })),
    ...Array.from({ length: 2 }, () => new Agent({ ca, keepAlive: false })),
  ]
  let running = true
  let done = 0
  const failures: string[] = []
  const ask = (agent: Agent) =>
    new Promise<void>((resolve) => {
      const call = request(new URL('/readyz', url), { agent }, (response) => {
        response.resume()
        response.on('end', () => {
          if (response.statusCode === 200) done++
          else failures.push(`status ${response.statusCode}`)
          resolve()
        })
      })
      call.on('error', (error) => {
        failures.push(String(error))
        resolve()
      })
      call.end()
    })
  const workers = agents.map(async (agent) => {
    while (running) await ask(agent)
    agent.destroy()
  })
  return {
    async stop() {
      running = false
      await Promise.all(workers)
      return { done, failures }
    },
  }
}

test('the web certificate is renewed under load: no request fails, and new connections see each new one', async () => {
  const server = await startTestServer('sqlite')
  const api = apiOf(() => server)
  try {
    const busy = load(server)
    const serials = new Set<string>()
    for (let round = 0; round < 8; round++) {
      const { certificates } = await api.post(`${WEB}/auto-gen-server-cert`, undefined, 200)
      const made = new X509Certificate(certificates).serialNumber
      expect((await shown(server)).serialNumber).toBe(made)
      serials.add(made)
      await api.patch(WEB, { minimum_tls_version: round % 2 === 0 ? 'tls_1_3' : '' })
      await pause(150)
    }
    const { done, failures } = await busy.stop()
    process.stdout.write(`${done} requests during 8 renewals, ${failures.length} failed\n`)
    expect(failures).toEqual([])
    expect(done).toBeGreaterThan(200)
    expect(serials.size).toBe(8)
  } finally {
    api.close()
    await server.stop()
  }
}, 60_000)

const url = process.env['KEYSTEAD_TEST_DATABASE_URL']

describe.skipIf(!url)('on two nodes of one PostgreSQL', () => {
  let folder: string
  let database: TestDatabase
  let servers: TestServer[] = []
  let api: Api
  const start = (name: string, tlsNames: readonly string[]) =>
    startTestServer('postgres', {
      dataDir: join(folder, name),
      databaseUrl: database.url,
      rootKeyFile: join(folder, 'root.key'),
      tlsNames,
    })

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keystead-web-'))
    database = await openTestPostgres(url ?? '', { unsealed: false })
    servers = [await start('a', ['a.example.com'])]
    servers.push(await start('b', ['b.example.com']))
    api = apiOf(() => servers[0] as TestServer)
  }, 60_000)
  afterAll(async () => {
    api?.close()
    for (const server of servers) await server.stop()
    await database?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a certificate that one node makes is shown by the other within two seconds, for the names of both', async () => {
    const [a, b] = servers as [TestServer, TestServer]
    await expect
      .poll(async () => (await shown(a)).checkHost('b.example.com'), { timeout: 2000 })
      .toBe('b.example.com')
    for (let round = 0; round < 3; round++) {
      const busy = load(b)
      const { certificates } = await api.post(`${WEB}/auto-gen-server-cert`, undefined, 200)
      const made = new X509Certificate(certificates)
      await expect
        .poll(async () => (await shown(b)).serialNumber, { timeout: 2000, interval: 20 })
        .toBe(made.serialNumber)
      const { done, failures } = await busy.stop()
      expect(failures).toEqual([])
      expect(done).toBeGreaterThan(0)
    }
    for (const server of servers)
      for (const name of ['a.example.com', 'b.example.com', 'localhost'])
        expect((await shown(server)).checkHost(name), name).toBe(name)
  }, 30_000)

  test('trust and TLS settings that one node changes hold on the other within two seconds', async () => {
    await api.patch(WEB, { minimum_tls_version: 'tls_1_3' })
    const { hostname, port } = new URL(servers[1]?.url ?? '')
    const tries = async () => {
      const socket = connect({
        host: hostname,
        port: Number(port),
        ca: servers[1]?.ca,
        maxVersion: 'TLSv1.2',
      })
      const outcome = await Promise.race([
        once(socket, 'secureConnect').then(() => 'connected'),
        once(socket, 'error').then(() => 'refused'),
      ]).catch(() => 'refused')
      socket.destroy()
      return outcome
    }
    await expect.poll(tries, { timeout: 2000 }).toBe('refused')
  }, 30_000)
})
