import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startApi } from '../../test/support/api.ts'
import { fetchPki, newAuthority, ocspRequest, postOcsp } from '../../test/support/revocation.ts'
import { startTestServer } from '../../test/support/server.ts'

describe('the listener that publishes revocation', () => {
  const api = startApi('sqlite', { pki: true })
  const ask = (path: string, init?: RequestInit) => fetchPki(api.server.running.pki, path, init)

  test('has the five paths of a CA and nothing else', async () => {
    const ca = await newAuthority(api)
    for (const path of [
      '/',
      '/healthz',
      '/openapi.json',
      '/api/v1/ca/local-cas',
      '/pki',
      `/pki/${ca.id}`,
      `/pki/${ca.id}/key`,
      `/pki/${ca.id}/crl/more`,
      `/pki/${ca.id.toUpperCase()}/crl`,
      `/pki/${ca.id}/ocsp`,
      '/pki/00000000-0000-4000-8000-000000000000/crl',
      `/pki/../pki/${ca.id}/crl%00`,
    ])
      expect(await ask(path), path).toMatchObject({ status: 404 })
    for (const path of ['crl', 'delta-crl', 'cert'])
      for (const method of ['POST', 'PUT', 'DELETE'])
        expect(await ask(`/pki/${ca.id}/${path}`, { method })).toMatchObject({ status: 405 })
    const head = await ask(`/pki/${ca.id}/crl`, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.body.length).toBe(0)
  })

  test('and none of them is served beside the API', async () => {
    const ca = await newAuthority(api)
    expect(await api.send('GET', `/api/../pki/${ca.id}/crl`)).toMatchObject({ status: 404 })
  })

  test('says of each document what it is and how long it may be kept', async () => {
    const ca = await newAuthority(api)
    for (const [what, type] of [
      ['crl', 'application/pkix-crl'],
      ['delta-crl', 'application/pkix-crl'],
      ['cert', 'application/pkix-cert'],
    ] as const) {
      const { body, headers, status } = await ask(`/pki/${ca.id}/${what}?any=query`)
      expect(status, what).toBe(200)
      expect(Object.fromEntries(headers), what).toMatchObject({
        'content-type': type,
        'content-length': String(body.length),
        'cache-control': 'public, max-age=60, must-revalidate',
        'x-content-type-options': 'nosniff',
        etag: expect.stringMatching(/^".+"$/),
      })
      const [from, to] = ['last-modified', 'expires'].map((name) =>
        Date.parse(headers.get(name) ?? ''),
      )
      expect(from, what).toBeLessThanOrEqual(Date.now())
      expect(to, what).toBeGreaterThan(Date.now())
      const etag = headers.get('etag')
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const kept = await ask(`/pki/${ca.id}/${what}`, {
          headers: { 'if-none-match': String(known) },
        })
        expect([kept.status, kept.body.length, kept.headers.get('etag')]).toEqual([304, 0, etag])
      }
      const head = await ask(`/pki/${ca.id}/${what}`, { method: 'HEAD' })
      expect(head.headers.get('content-type')).toBe(type)
      expect(head.headers.get('content-length')).toBe(String(body.length))
    }
  })

  test('a refusal is a sentence that no cache keeps, and names the methods there are', async () => {
    const ca = await newAuthority(api)
    const request = encodeURIComponent(ocspRequest(ca.cert, [1n]).toString('base64'))
    for (const [method, path, status, allow] of [
      ['GET', '/pki', 404, null],
      ['POST', `/pki/${ca.id}/crl`, 405, 'GET, HEAD'],
      ['DELETE', `/pki/${ca.id}/cert`, 405, 'GET, HEAD'],
      ['PUT', `/pki/${ca.id}/ocsp`, 405, 'GET, POST'],
      ['DELETE', `/pki/${ca.id}/ocsp/${request}`, 405, 'GET, POST'],
      ['POST', `/pki/${ca.id}/ocsp/${request}`, 405, 'GET'],
    ] as const) {
      const { body, headers, ...answer } = await ask(path, { method })
      expect(answer.status, `${method} ${path}`).toBe(status)
      expect(headers.get('allow'), `${method} ${path}`).toBe(allow)
      expect(headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(body.toString()).toMatch(/^[A-Z].+\.\n$/)
    }
    // A pending CA has nothing to publish.
    const { id } = await api.post('/ca/local-cas', { cn: 'pending' }, 201)
    for (const what of ['crl', 'delta-crl', 'cert', `ocsp/${request}`])
      expect(await ask(`/pki/${id}/${what}`), what).toMatchObject({ status: 404 })
  })

  test('an OCSP answer that was posted for is for one caller alone', async () => {
    const ca = await newAuthority(api)
    const { headers, status } = await postOcsp(
      api.server.running.pki,
      ca.id,
      ocspRequest(ca.cert, [1n]),
    )
    expect(status).toBe(200)
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/ocsp-response',
      'cache-control': 'no-store',
    })
    expect(headers.get('etag')).toBeNull()
  })

  test('takes an OCSP request with its content type and of a size that one has', async () => {
    const ca = await newAuthority(api)
    const body = Buffer.from(ocspRequest(ca.cert, [1n]))
    const post = (type: string, bytes: Buffer) =>
      ask(`/pki/${ca.id}/ocsp`, { method: 'POST', headers: { 'content-type': type }, body: bytes })
    const right = 'application/ocsp-request'
    expect(await post(right, body)).toMatchObject({ status: 200 })
    expect(await post(`${right}; charset=x`, body)).toMatchObject({ status: 200 })
    expect(await post('application/json', body)).toMatchObject({ status: 415 })
    expect(await post(right, Buffer.alloc(16 * 1024 + 1))).toMatchObject({ status: 413 })
    const elsewhere = '/pki/00000000-0000-4000-8000-000000000000/ocsp'
    const headers = { 'content-type': right }
    expect(await ask(elsewhere, { method: 'POST', headers, body })).toMatchObject({ status: 404 })
  })

  test('ends a connection whose headers are too many, and one that is no HTTP', async () => {
    const { hostname, port } = new URL(api.server.running.pki ?? '')
    const said = (bytes: string) =>
      new Promise<string>((resolve, reject) => {
        let text = ''
        const socket = connect(Number(port), hostname, () => socket.write(bytes))
        socket.on('data', (chunk) => {
          text += chunk
        })
        socket.on('close', () => resolve(text))
        socket.on('error', reject)
      })
    expect(await said(`GET / HTTP/1.1\r\nx: ${'y'.repeat(9000)}\r\n\r\n`)).toContain(' 431 ')
    expect(await said('hello\r\n\r\n')).toContain(' 400 ')
  })

  test('a list whose records were altered is not made, and it is on record', async () => {
    const ca = await newAuthority(api)
    const [one, two] = [await ca.issue(), await ca.issue()]
    await ca.revoke(one)
    await ca.revoke(two)
    await api.server.tamper(
      `update revocations set state = 'resumed' where serial_number = '${one.serialNumber}'`,
    )
    expect(await ask(`/pki/${ca.id}/crl`)).toMatchObject({ status: 500 })
    expect(await ask(`/pki/${ca.id}/delta-crl`)).toMatchObject({ status: 500 })
    const request = ocspRequest(ca.cert, [one.serialNumber]).toString('base64')
    const answer = await ask(`/pki/${ca.id}/ocsp/${encodeURIComponent(request)}`)
    expect(answer.body.toString('hex')).toBe('30030a0102')
    const { resources } = await api.get('/audit/records?message=Publish+revocation+status')
    expect(resources).toMatchObject([
      { severity: 'critical', success: false, details: { table: 'revocations' } },
    ])
  })
})

describe('where the listener’s port is taken', () => {
  test('a server that was told to use it does not start, and another does without', async () => {
    const first = await startTestServer('sqlite', { pki: true })
    const dataDir = mkdtempSync(join(tmpdir(), 'keystead-pki-'))
    try {
      const pkiPort = Number(new URL(first.running.pki ?? '').port)
      const refused = startTestServer('sqlite', { dataDir, pkiPort, pkiListenGiven: true })
      await expect(refused).rejects.toThrow('EADDRINUSE')
      const other = await startTestServer('sqlite', { pkiPort })
      expect(other.running.pki).toBeUndefined()
      await other.stop()
    } finally {
      await first.stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})
