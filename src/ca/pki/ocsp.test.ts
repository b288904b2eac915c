import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import {
  fetchPki,
  newAuthority,
  ocspRequest,
  ocspStatus,
  postOcsp,
  readOcsp,
  type TestAuthority,
} from '../../../test/support/revocation.ts'
import { extension } from '../../../test/support/x509.ts'
import { explicit, integer, octetString, sequence } from '../../crypto/der.ts'
import { oids } from '../x509/oids.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe.each(databases)('the OCSP responder on %s', (database) => {
  const api = startApi(database, { pki: true })
  const post = (ca: Pick<TestAuthority, 'id'>, request: Uint8Array) =>
    postOcsp(api.server.running.pki, ca.id, request)
  const statusCode = async (ca: Pick<TestAuthority, 'id'>, request: Uint8Array) => {
    const { status, body } = await post(ca, request)
    expect(status).toBe(200)
    return body.subarray(2, 5).equals(Buffer.from('0a0100', 'hex')) ? 0 : body[4]
  }

  test.each([
    { algorithm: 'RSA', size: 2048 },
    { algorithm: 'ECDSA', size: 256 },
    { algorithm: 'ECDSA', size: 521 },
    { algorithm: 'Ed25519' },
    { algorithm: 'ML-DSA-44' },
  ])('answers for CAs with every kind of key: $algorithm $size', async (key) => {
    const ca = await newAuthority(api, key)
    const [good, revoked] = [await ca.issue(), await ca.issue()]
    await ca.revoke(revoked, 'keyCompromise')
    const { body, headers } = await post(
      ca,
      ocspRequest(ca.cert, [good.serialNumber, revoked.serialNumber, 1n]),
    )
    expect(headers.get('content-type')).toBe('application/ocsp-response')
    const { answers, signer } = readOcsp(body, ca.cert)
    expect(answers).toMatchObject([
      { is: 'good', serial: good.serialNumber },
      { is: 'revoked', serial: revoked.serialNumber, reason: 1 },
      { is: 'unknown', serial: '1' },
    ])
    expect(signer?.ca).toBe(false)
    expect(signer?.keyUsage).toEqual(['1.3.6.1.5.5.7.3.9'])
  })

  test('a hold is a revocation with its reason, and ends with it', async () => {
    const ca = await newAuthority(api)
    const held = await ca.issue()
    expect(await ocspStatus(api, ca, held.serialNumber)).toMatchObject({ is: 'good' })
    await ca.revoke(held, 'certificateHold')
    expect(await ocspStatus(api, ca, held.serialNumber)).toMatchObject({ is: 'revoked', reason: 6 })
    await ca.resume(held)
    expect(await ocspStatus(api, ca, held.serialNumber)).toMatchObject({ is: 'good' })
    await ca.revoke(held, 'unspecified')
    const last = await ocspStatus(api, ca, held.serialNumber)
    expect(last).toMatchObject({ is: 'revoked', reason: undefined })
  })

  test('certificates may be named with SHA-1 and SHA-256', async () => {
    const ca = await newAuthority(api)
    const { serialNumber } = await ca.issue()
    for (const digest of ['sha1', 'sha256'] as const) {
      const { body } = await post(ca, ocspRequest(ca.cert, [serialNumber], { digest }))
      expect(readOcsp(body, ca.cert).answers).toMatchObject([{ is: 'good' }])
    }
  })

  test('a nonce comes back, and makes an answer of its own', async () => {
    const ca = await newAuthority(api)
    const { serialNumber } = await ca.issue()
    for (const length of [1, 16, 32, 128]) {
      const nonce = randomBytes(length)
      const { body } = await post(ca, ocspRequest(ca.cert, [serialNumber], { nonce }))
      expect(readOcsp(body, ca.cert).nonce).toEqual(octetString(nonce))
    }
    for (const length of [0, 129]) {
      const nonce = randomBytes(length)
      expect(await statusCode(ca, ocspRequest(ca.cert, [serialNumber], { nonce }))).toBe(1)
    }
  })

  test('what is no request is malformed', async () => {
    const ca = await newAuthority(api)
    const request = ocspRequest(ca.cert, [5n])
    const tbs = request.subarray(2)
    for (const wrong of [
      Buffer.alloc(0),
      Buffer.from('hello'),
      request.subarray(0, -1),
      Buffer.concat([request, Buffer.of(0)]),
      sequence(sequence(sequence())),
      sequence(tbs, tbs),
      // The version is not 1.
      sequence(sequence(explicit(0, integer(1n)), tbs.subarray(2))),
      // A critical extension that nobody knows.
      sequence(sequence(tbs.subarray(2), explicit(2, sequence(extension('1.2.3', tbs, true))))),
      ocspRequest(
        ca.cert,
        Array.from({ length: 65 }, (_, at) => BigInt(at)),
      ),
    ])
      expect(await statusCode(ca, wrong), wrong.toString('hex').slice(0, 80)).toBe(1)
    // A version that is the default is read all the same, and a nonce may be critical.
    const versioned = sequence(sequence(explicit(0, integer(0n)), tbs.subarray(2)))
    expect(readOcsp((await post(ca, versioned)).body, ca.cert).status).toBe(0)
    const nonce = extension(oids.ocspNonce, octetString(randomBytes(8)), true)
    const strict = sequence(sequence(tbs.subarray(2), explicit(2, sequence(nonce))))
    expect(readOcsp((await post(ca, strict)).body, ca.cert).status).toBe(0)
  })

  test('it answers for its own CA alone', async () => {
    const ca = await newAuthority(api, { cn: 'mine' })
    const other = await newAuthority(api, { cn: 'other' })
    const { serialNumber } = await other.issue()
    expect(await statusCode(ca, ocspRequest(other.cert, [serialNumber]))).toBe(6)
  })

  test('the responder’s certificate is renewed before it ends, and recorded', async () => {
    const ca = await newAuthority(api)
    const { serialNumber } = await ca.issue()
    const ask = async () => {
      const { body } = await post(ca, ocspRequest(ca.cert, [serialNumber]))
      return readOcsp(body, ca.cert).signer
    }
    const first = await ask()
    api.advance(4 * DAY)
    expect((await ask())?.fingerprint).toBe(first?.fingerprint)
    api.advance(1.5 * DAY)
    const next = await ask()
    expect(next?.fingerprint).not.toBe(first?.fingerprint)
    const records = await api.get('/audit/records?message=Issue+OCSP+responder+certificate')
    expect(records.resources[0].details).toMatchObject({
      local_ca: ca.id,
      serial: BigInt(`0x${next?.serialNumber}`).toString(),
    })
  })

  test('for a CA that has ended nobody can answer', async () => {
    const { id } = await api.post('/ca/local-cas', { cn: 'short' })
    const { cert } = await api.post(`/ca/local-cas/${id}/self-sign`, { duration: 1 }, 200)
    const { body } = await post({ id }, ocspRequest(cert, [1n]))
    const { nextUpdate, signer } = readOcsp(body, cert)
    // The responder ends with its CA.
    expect(new Date(signer?.validTo ?? 0).getTime()).toBeLessThanOrEqual(Date.now() + 20 * DAY)
    expect(nextUpdate).toBeDefined()
    api.advance(2 * DAY)
    expect(await statusCode({ id }, ocspRequest(cert, [1n]))).toBe(6)
  })
})

describe('OCSP over GET', () => {
  const api = startApi('sqlite', { pki: true })
  const get = (ca: Pick<TestAuthority, 'id'>, encoded: string) =>
    fetchPki(api.server.running.pki, `/pki/${ca.id}/ocsp/${encoded}`)

  test('the request stands in the path, escaped or not', async () => {
    const ca = await newAuthority(api)
    const { serialNumber } = await ca.issue()
    // Some base64 has a slash or a plus in it; some serial number gives one.
    const base64 = ocspRequest(ca.cert, [serialNumber, 255n, 4294967295n]).toString('base64')
    for (const encoded of [base64, encodeURIComponent(base64), base64.replaceAll('=', '')]) {
      const { body, status } = await get(ca, encoded)
      expect(status).toBe(200)
      expect(readOcsp(body, ca.cert).answers[0]).toMatchObject({ is: 'good' })
    }
    expect((await get(ca, 'a%zz')).body.toString('hex')).toBe('30030a0101')
    expect((await get(ca, '!!!')).body.toString('hex')).toBe('30030a0101')
  })

  test('may be kept by caches for a minute, and an answer with a nonce by none', async () => {
    const ca = await newAuthority(api)
    const { serialNumber } = await ca.issue()
    const path = encodeURIComponent(ocspRequest(ca.cert, [serialNumber]).toString('base64'))
    const { headers, body } = await get(ca, path)
    expect(headers.get('cache-control')).toBe('public, max-age=60, no-transform, must-revalidate')
    const { thisUpdate, nextUpdate } = readOcsp(body, ca.cert)
    expect(headers.get('last-modified')).toBe(thisUpdate?.toUTCString())
    expect(headers.get('expires')).toBe(nextUpdate?.toUTCString())
    expect(headers.get('etag')).toMatch(/^".+"$/)
    expect((await get(ca, path)).body.equals(body)).toBe(true)
    const nonced = ocspRequest(ca.cert, [serialNumber], { nonce: randomBytes(16) })
    const once = await get(ca, encodeURIComponent(nonced.toString('base64')))
    expect(once.headers.get('cache-control')).toBe('no-store')
    await ca.revoke({ id: (await api.get(`/ca/local-cas/${ca.id}/certs`)).resources[0].id })
    const changed = await get(ca, path)
    expect(readOcsp(changed.body, ca.cert).answers[0]).toMatchObject({ is: 'revoked' })
  })
})
