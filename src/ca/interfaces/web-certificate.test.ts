import { spawn, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { apiOf } from '../../../test/support/api.ts'
import { startTestServer, type TestServer } from '../../../test/support/server.ts'

const DAY = 86_400_000
const WEB = '/configs/interfaces/web'
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keystead-web-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function meet(server: TestServer, options: ConnectionOptions = {}) {
  const { hostname, port } = new URL(server.url)
  const socket = connect({ host: hostname, port: Number(port), ca: server.ca, ...options })
  await once(socket, 'secureConnect')
  return socket
}
/** One request and its answer, to the end of the connection. */
async function talk(socket: TLSSocket): Promise<void> {
  socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  socket.resume()
  await once(socket, 'close')
}
/** What a client is shown, or the error that it meets. */
async function shown(server: TestServer, options: ConnectionOptions = {}) {
  const socket = await meet(server, options)
  const certificate = new X509Certificate(socket.getPeerCertificate().raw)
  const cipher = socket.getCipher().standardName
  socket.destroy()
  return { certificate, cipher }
}

const cbc = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' } as const
const oldTls = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
/** The server's clock is ahead of the client's. */
const later = { rejectUnauthorized: false }

describe('the web certificate', () => {
  test('is of the default CA, for the names that clients use, strictly right, and short enough for all browsers', async () => {
    const server = await startTestServer('sqlite', {
      tlsNames: ['keys.example.com', '192.0.2.7', 'not_a_name'],
    })
    const api = apiOf(() => server)
    try {
      const { certificate } = await shown(server)
      for (const name of ['localhost', 'keys.example.com'])
        expect(certificate.checkHost(name)).toBe(name)
      for (const address of ['127.0.0.1', '::1', '192.0.2.7'])
        expect(certificate.checkIP(address)).toBeDefined()
      expect(certificate.checkHost('other.example.com')).toBeUndefined()
      expect(certificate.ca).toBe(false)
      const days = (certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / DAY
      expect(days).toBe(824)
      const [ca] = (await api.get('/ca/local-cas')).resources
      expect(ca.subject).toBe('/C=US/ST=TX/L=Austin/O=Thales/CN=CipherTrust Root CA')
      expect(server.ca).toBe(ca.cert)
      expect(readFileSync(server.caFile, 'utf8')).toBe(ca.cert)
      const [issued] = (await api.get(`/ca/local-cas/${ca.id}/certs`)).resources
      expect(new X509Certificate(issued.cert).serialNumber).toBe(certificate.serialNumber)

      writeFileSync(join(folder, 'ca.pem'), server.ca)
      writeFileSync(join(folder, 'server.pem'), certificate.toString())
      const checked = spawnSync(
        'openssl',
        ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'ca.pem', 'server.pem'],
        { cwd: folder, encoding: 'utf8' },
      )
      if (checked.error) process.stdout.write('openssl is not here: the chain is not verified\n')
      else expect(checked).toMatchObject({ status: 0, stdout: 'server.pem: OK\n' })
    } finally {
      api.close()
      await server.stop()
    }
  })

  test('is the same when the server starts again, and is made anew for another name under the same CA', async () => {
    const start = (...tlsNames: string[]) =>
      startTestServer('sqlite', { dataDir: folder, tlsNames })
    const seen: { ca: string; serial: string; names: string }[] = []
    for (const names of [[], [], ['keys.example.com'], []]) {
      const server = await start(...names)
      const { certificate } = await shown(server)
      seen.push({
        ca: server.ca,
        serial: certificate.serialNumber,
        names: certificate.subjectAltName ?? '',
      })
      await server.stop()
    }
    const [first, again, renamed, after] = seen
    expect(again).toEqual(first)
    expect(renamed?.ca).toBe(first?.ca)
    expect(renamed?.serial).not.toBe(first?.serial)
    expect(renamed?.names).toContain('keys.example.com')
    // It still names all that is needed.
    expect(after).toEqual(renamed)
  })

  test('is prepared a month before its end and put in place a week before, while the server runs', async () => {
    const server = await startTestServer('sqlite', { checkCertificateMs: 20 })
    const api = apiOf(() => server)
    const upcoming = () => api.send('GET', `${WEB}/renewal-certificate`)
    try {
      const before = (await shown(server)).certificate
      await expect(shown(server, cbc)).rejects.toThrow()
      await expect(shown(server, oldTls)).rejects.toThrow()
      api.advance(790 * DAY)
      await pause(200)
      expect((await upcoming()).status).toBe(404)
      api.advance(5 * DAY)
      await expect.poll(async () => (await upcoming()).status, { timeout: 5000 }).toBe(200)
      expect((await shown(server)).certificate.serialNumber).toBe(before.serialNumber)
      const next = new X509Certificate((await upcoming()).body.certificates)
      api.advance(22 * DAY)
      await expect
        .poll(async () => (await shown(server, later)).certificate.serialNumber, { timeout: 5000 })
        .toBe(next.serialNumber)
      expect((await upcoming()).status).toBe(404)
      expect(next.verify(new X509Certificate(server.ca).publicKey)).toBe(true)
      expect((await shown(server, later)).cipher).toMatch(/GCM|POLY1305/)
      await expect(shown(server, { ...later, ...cbc })).rejects.toThrow()
      await expect(shown(server, { ...later, ...oldTls })).rejects.toThrow()
    } finally {
      api.close()
      await server.stop()
    }
  })

  test('that has run out while the server was off is replaced at its start', async () => {
    const first = await startTestServer('sqlite', { dataDir: folder })
    const before = (await shown(first)).certificate
    await first.stop()
    const second = await startTestServer('sqlite', { dataDir: folder, aheadMs: 900 * DAY })
    const after = (await shown(second, later)).certificate
    expect(after.serialNumber).not.toBe(before.serialNumber)
    expect(after.validToDate.getTime()).toBeGreaterThan(Date.now() + 1000 * DAY)
    await second.stop()
  })
})

describe('a client certificate on the web interface', () => {
  /** A certificate below an intermediate CA that the web interface does not name itself. */
  async function clientOf(server: TestServer) {
    const api = apiOf(() => server)
    const [root] = (await api.get('/ca/local-cas')).resources
    const below = await api.post('/ca/local-cas', { cn: 'below' })
    const signed = await api.post(`/ca/local-cas/${root.id}/certs`, {
      csr: below.csr,
      purpose: 'ca',
      duration: 90,
    })
    await api.post(
      `/ca/local-cas/${below.id}/install`,
      { cert: signed.cert, parent_id: root.id },
      200,
    )
    const { csr, key } = await api.post('/ca/csr', { cn: 'somebody' })
    const { cert } = await api.post(`/ca/local-cas/${below.id}/certs`, {
      csr,
      purpose: 'client',
      duration: 30,
    })
    return { api, client: { key, cert: cert + signed.cert } }
  }

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'is asked for with the names of the trusted CAs, never demanded, and comes whole on every connection of %s',
    async (maxVersion) => {
      const server = await startTestServer('sqlite')
      const { api, client } = await clientOf(server)
      const chains: string[][] = []
      server.running.server.server.on('secureConnection', (socket) => {
        const chain: string[] = []
        let next = socket.getPeerCertificate(true)
        while (next?.subject && !chain.includes(String(next.subject.CN))) {
          chain.push(String(next.subject.CN))
          next = next.issuerCertificate
        }
        chains.push(chain)
      })
      try {
        let session: Buffer | undefined
        for (let round = 0; round < 3; round++) {
          const socket = await meet(server, {
            ...client,
            maxVersion,
            ...(session && { session }),
          })
          socket.on('session', (given) => {
            session = given
          })
          expect(socket.isSessionReused()).toBe(false)
          await talk(socket)
        }
        expect(chains).toEqual(
          Array.from({ length: 3 }, () => ['somebody', 'below', 'CipherTrust Root CA']),
        )
        chains.length = 0
        await talk(await meet(server, { maxVersion }))
        expect(chains).toEqual([[]])
      } finally {
        api.close()
        await server.stop()
      }
    },
  )

  test('is no longer asked for once the mode ignores it, and the CAs that are offered follow the trust', async () => {
    const server = await startTestServer('sqlite')
    const api = apiOf(() => server)
    /** What OpenSSL's client prints about the request. */
    const asked = async () => {
      const { host } = new URL(server.url)
      const child = spawn('openssl', ['s_client', '-connect', host])
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk
      })
      child.stdin.end()
      await once(child, 'close')
      const names = /Acceptable client certificate CA names\n((?:.*=.*\n)*)/.exec(said)
      return names?.[1]?.split('\n').filter((line) => line.includes('CN'))
    }
    try {
      const offered = await asked()
      expect(offered).toHaveLength(1)
      expect(offered?.[0]).toContain('CipherTrust Root CA')
      const { id } = await api.post('/ca/local-cas', { cn: 'second root' })
      await api.post(`/ca/local-cas/${id}/self-sign`, { duration: 30 }, 200)
      const { id: entry } = await api.post('/trusted-cas', { ca_id: id, service: 'web' })
      expect(await asked()).toHaveLength(2)
      await api.delete(`/trusted-cas/${entry}`)
      expect(await asked()).toHaveLength(1)
      await api.patch(WEB, { mode: 'unauth-tls-pw-opt' })
      expect(await asked()).toBeUndefined()
    } finally {
      api.close()
      await server.stop()
    }
  })
})
