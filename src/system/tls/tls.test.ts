import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type ConnectionOptions, connect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../../test/support/server.ts'

const DAY = 86_400_000
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keystead-tls-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What a client is shown, or the error that it meets. */
async function shown(server: TestServer, options: ConnectionOptions = {}) {
  const { hostname, port } = new URL(server.url)
  const socket = connect({ host: hostname, port: Number(port), ca: server.ca, ...options })
  await once(socket, 'secureConnect')
  const certificate = new X509Certificate(socket.getPeerCertificate().raw)
  const cipher = socket.getCipher().standardName
  socket.destroy()
  return { certificate, cipher }
}

const cbc = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' } as const
/** The server's clock is a year ahead of the client's. */
const later = { rejectUnauthorized: false }
const oldTls = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const

describe('the server’s own certificate', () => {
  test('is of its own CA, for the names that clients use, and strictly right', async () => {
    const server = await startTestServer('sqlite', { tlsNames: ['keys.example.com', '192.0.2.7'] })
    try {
      const { certificate } = await shown(server)
      for (const name of ['localhost', 'keys.example.com'])
        expect(certificate.checkHost(name)).toBe(name)
      for (const address of ['127.0.0.1', '::1', '192.0.2.7'])
        expect(certificate.checkIP(address)).toBeDefined()
      expect(certificate.checkHost('other.example.com')).toBeUndefined()
      expect(certificate.ca).toBe(false)
      expect(certificate.verify(new X509Certificate(server.ca).publicKey)).toBe(true)
      expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{39}$/)

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
      await server.stop()
    }
  })

  test('stays when the server starts again, and is made anew for another name under the same CA', async () => {
    const start = (...tlsNames: string[]) =>
      startTestServer('sqlite', { dataDir: folder, tlsNames })
    const seen: { ca: string; serial: string; names: string }[] = []
    for (const names of [[], [], ['keys.example.com']]) {
      const server = await start(...names)
      const { certificate } = await shown(server)
      seen.push({
        ca: server.ca,
        serial: certificate.serialNumber,
        names: certificate.subjectAltName ?? '',
      })
      await server.stop()
    }
    const [first, again, renamed] = seen
    expect(again).toEqual(first)
    expect(renamed?.ca).toBe(first?.ca)
    expect(renamed?.serial).not.toBe(first?.serial)
    expect(renamed?.names).toContain('keys.example.com')
  })

  test('is renewed while the server runs, a month before its end, and TLS stays as strict as before', async () => {
    const server = await startTestServer('sqlite', { checkCertificateMs: 20 })
    try {
      const before = (await shown(server)).certificate
      await expect(shown(server, cbc)).rejects.toThrow()
      await expect(shown(server, oldTls)).rejects.toThrow()
      server.advance(360 * DAY)
      await pause(200)
      expect((await shown(server)).certificate.serialNumber).toBe(before.serialNumber)
      server.advance(10 * DAY)
      let after = before
      for (let look = 0; look < 100 && after.serialNumber === before.serialNumber; look++) {
        await pause(50)
        after = (await shown(server, later)).certificate
      }
      expect(after.serialNumber).not.toBe(before.serialNumber)
      expect(Date.parse(after.validTo)).toBeGreaterThan(Date.parse(before.validTo) + 300 * DAY)
      expect(after.verify(new X509Certificate(server.ca).publicKey)).toBe(true)
      expect((await shown(server, later)).cipher).toMatch(/GCM|POLY1305/)
      await expect(shown(server, { ...later, ...cbc })).rejects.toThrow()
      await expect(shown(server, { ...later, ...oldTls })).rejects.toThrow()
    } finally {
      await server.stop()
    }
  })
})
