import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { foreignRequest, weakRequest } from '../../../test/support/certificates.ts'
import { orderable } from '../../../test/support/times.ts'
import { REASONS } from './contract.ts'

const DAY = 86_400_000
const NO_TIME = '0001-01-01T00:00:00Z'
const BAD_VALUE = { code: 9, codeDesc: expect.stringMatching(/^NCERRInvalidParamValue: ./) }
const BAD_STATE = { code: 15, codeDesc: expect.stringMatching(/^NCERRBadRequest/) }

const hex = (hash: string, pem: string): string =>
  createHash(hash).update(new X509Certificate(pem).raw).digest('hex').toUpperCase()

describe.each(databases)('certificates of a local CA on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`

  const newCa = async (days = 1000) => {
    const { id } = await api.post('/ca/local-cas', { cn: unique('issuer') })
    return api.post(`/ca/local-cas/${id}/self-sign`, { duration: days }, 200)
  }
  const request = async (fields: object = {}): Promise<string> =>
    (await api.post('/ca/csr', { cn: unique('subject'), ...fields })).csr
  const certsOf = (ca: { id: string }) => `/ca/local-cas/${ca.id}/certs`
  const issue = async (ca: { id: string }, fields: object = {}) =>
    api.post(certsOf(ca), { csr: await request(), purpose: 'server', duration: 365, ...fields })

  test('an issued certificate shows itself as it is, under its CA', async () => {
    const ca = await newCa()
    const made = await issue(ca, { csr: foreignRequest })
    expect(Object.keys(made)).toEqual([
      'id',
      'uri',
      'account',
      'createdAt',
      'updatedAt',
      'name',
      'cert',
      'ca',
      'revoked_at',
      'state',
      'sha1Fingerprint',
      'sha256Fingerprint',
      'sha512Fingerprint',
      'serialNumber',
      'subject',
      'issuer',
      'notBefore',
      'notAfter',
    ])
    const certificate = new X509Certificate(made.cert)
    expect(made).toMatchObject({
      uri: `kylo:kylo:naboo:certs:${made.id}`,
      account: 'kylo:kylo:admin:accounts:kylo',
      name: `cert-${made.id}`,
      ca: ca.uri,
      revoked_at: NO_TIME,
      state: 'active',
      sha1Fingerprint: hex('sha1', made.cert),
      sha256Fingerprint: hex('sha256', made.cert),
      sha512Fingerprint: hex('sha512', made.cert),
      serialNumber: BigInt(`0x${certificate.serialNumber}`).toString(),
      subject: '/C=US/ST=CA/L=City/O=Org/OU=RnD/CN=strong.example.com',
      issuer: ca.subject,
    })
    expect(Date.parse(made.notAfter) - Date.parse(made.notBefore)).toBe(366 * DAY)
    expect(certificate.subjectAltName).toBe('DNS:strong.example.com, IP Address:10.1.2.3')
    expect(certificate.verify(new X509Certificate(ca.cert).publicKey)).toBe(true)
    expect(made.cert).toMatch(
      /^-----BEGIN CERTIFICATE-----\n([\w+/=]{1,64}\n)+-----END CERTIFICATE-----\n$/,
    )
    for (const reference of [made.id, made.uri])
      expect(await api.get(`${certsOf(ca)}/${reference}`)).toEqual(made)
  })

  test.each([
    ['server', false, ['1.3.6.1.5.5.7.3.1']],
    ['client', false, ['1.3.6.1.5.5.7.3.2']],
    ['ca', true, undefined],
  ])('a certificate for the purpose %s is good for that', async (purpose, isCa, usages) => {
    const { cert } = await issue(await newCa(), { purpose })
    const certificate = new X509Certificate(cert)
    expect(certificate.ca).toBe(isCa)
    expect(certificate.keyUsage).toEqual(usages)
  })

  test('no certificate outlives its CA', async () => {
    const ca = await newCa(30)
    expect((await issue(ca, { duration: 31 })).notAfter).toBe(ca.notAfter)
    expect((await issue(ca, { notAfter: '2099-01-01T00:00:00.500000Z' })).notAfter).toBe(
      ca.notAfter,
    )
    const shorter = await issue(ca, { duration: 10 })
    expect(Date.parse(shorter.notAfter)).toBeLessThan(Date.parse(ca.notAfter))
  })

  test('a certificate is called by its id and URI, and not by its name', async () => {
    const [ca, other] = [await newCa(), await newCa()]
    const name = unique('cert')
    const made = await issue(ca, { name })
    expect(made.name).toBe(name)
    expect((await api.get(`/ca/local-cas/${ca.name}/certs/${made.id}/`)).id).toBe(made.id)
    expect((await api.get(`/ca/local-cas/${ca.uri}/certs/${made.uri}`)).id).toBe(made.id)
    await api.get(`${certsOf(ca)}/${name}`, 404)
    await api.get(`${certsOf(other)}/${made.id}`, 404)
    await api.get(`${certsOf({ id: randomUUID() })}/${made.id}`, 404)
    const taken = await api.post(
      certsOf(other),
      { csr: await request(), purpose: 'client', duration: 1, name },
      409,
    )
    expect(taken.codeDesc).toContain(name)
  })

  test('a request whose line ends came as backslash and n is read', async () => {
    const csr = (await request()).replaceAll('\n', '\\n')
    await issue(await newCa(), { csr })
  })

  test('what cannot be issued says why, and leaves nothing behind', async () => {
    const ca = await newCa()
    const csr = await request()
    const good = { csr, purpose: 'server', duration: 1 }
    const tampered = csr.replace(
      /^(.{40})(.)/m,
      (_, head, last) => head + (last === 'A' ? 'B' : 'A'),
    )
    for (const bad of [
      { csr: undefined },
      { csr: '' },
      { csr: 'no request' },
      { csr: ca.cert },
      { csr: csr.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA') },
      { csr: tampered },
      { csr: weakRequest },
      { purpose: undefined },
      { purpose: 'signing' },
      { duration: undefined },
      { duration: 0 },
      { duration: 'long' },
      { notAfter: '2001-01-01T00:00:00Z' },
      { notBefore: '2999-01-01T00:00:00Z' },
      { name: randomUUID() },
    ])
      expect(
        await api.post(certsOf(ca), { ...good, ...bad }, 400),
        JSON.stringify(bad),
      ).toMatchObject(BAD_VALUE)
    expect((await api.get(certsOf(ca))).total).toBe(0)
    const pending = await api.post('/ca/local-cas', { cn: 'pending' })
    expect(await api.post(certsOf(pending), good, 400)).toMatchObject(BAD_STATE)
  })

  test('every reason of RFC 5280 revokes', async () => {
    const ca = await newCa()
    for (const reason of REASONS) {
      const made = await issue(ca)
      const revoked = await api.post(`${certsOf(ca)}/${made.id}/revoke`, { reason }, 200)
      expect(revoked).toMatchObject({ id: made.id, state: 'revoked', revoked_reason: reason })
      expect(Math.abs(Date.parse(revoked.revoked_at) - Date.now())).toBeLessThan(60_000)
      expect(orderable(revoked.updatedAt) > orderable(made.updatedAt)).toBe(true)
      expect(await api.get(`${certsOf(ca)}/${made.id}`)).toEqual(revoked)
    }
  })

  test('a reason that is none is refused', async () => {
    const ca = await newCa()
    const { id } = await issue(ca)
    for (const body of [{}, { reason: '' }, { reason: 'keycompromise' }, { reason: 1 }])
      expect(await api.post(`${certsOf(ca)}/${id}/revoke`, body, 400)).toMatchObject(BAD_VALUE)
    expect((await api.get(`${certsOf(ca)}/${id}`)).state).toBe('active')
  })

  test('a hold is lifted, or becomes a revocation for good', async () => {
    const ca = await newCa()
    const made = await issue(ca)
    const path = `${certsOf(ca)}/${made.id}`
    expect(await api.post(`${path}/resume`, undefined, 400)).toMatchObject(BAD_STATE)
    await api.post(`${path}/revoke`, { reason: 'certificateHold' }, 200)
    const resumed = await api.post(`${path}/resume`, undefined, 200)
    expect(resumed).toEqual({ ...made, updatedAt: resumed.updatedAt })
    await api.post(`${path}/revoke`, { reason: 'certificateHold' }, 200)
    const revoked = await api.post(`${path}/revoke`, { reason: 'keyCompromise' }, 200)
    expect(revoked.revoked_reason).toBe('keyCompromise')
    expect(await api.post(`${path}/resume`, undefined, 400)).toMatchObject(BAD_STATE)
    const again = await api.post(`${path}/revoke`, { reason: 'certificateHold' }, 400)
    expect(again).toMatchObject(BAD_STATE)
    expect(again.message).toContain('keyCompromise')
    expect(await api.get(path)).toEqual(revoked)
  })

  test('lists are of one CA, filtered by whole values, newest change first', async () => {
    const [ca, other] = [await newCa(), await newCa()]
    const cn = unique('same *')
    const csr = await request({ cn })
    const first = await issue(ca, { csr })
    const second = await issue(ca, { csr, duration: 2 })
    const third = await issue(ca, { csr: await request({ cn: cn.replace('*', 'x') }) })
    await issue(other, { csr })
    const list = async (query = '') => {
      const { resources, total } = await api.get(`${certsOf(ca)}?limit=50&${query}`)
      expect(total).toBe(resources.length)
      return resources.map(({ id }: { id: string }) => id)
    }
    expect(await list()).toEqual([third.id, second.id, first.id])
    expect(await list(`subject=${encodeURIComponent(`/CN=${cn}`)}`)).toEqual([second.id, first.id])
    expect(await list(`issuer=${encodeURIComponent(ca.subject)}`)).toHaveLength(3)
    expect(await list('issuer=/CN=nobody')).toEqual([])
    expect(await list(`cert=${encodeURIComponent(first.cert)}`)).toEqual([first.id])
    expect(await list(`id=${second.id}`)).toEqual([second.id])
    expect(await list(`id=${second.uri}`)).toEqual([second.id])
    expect(await list(`id=${randomUUID()}`)).toEqual([])
    expect(await list(`serialNumber=${third.serialNumber}`)).toEqual([third.id])
    await api.post(`${certsOf(ca)}/${first.id}/revoke`, { reason: 'superseded' }, 200)
    expect(await list()).toEqual([first.id, third.id, second.id])
    expect(await list('state=revoked')).toEqual([first.id])
    const page = await api.get(`${certsOf(ca)}?skip=1&limit=1`)
    expect(page).toMatchObject({ skip: 1, limit: 1, total: 3, resources: [{ id: third.id }] })
    api.advance(4 * DAY)
    expect(await list('state=expired')).toEqual([second.id])
    expect(await list('state=active')).toEqual([third.id])
    expect(await list('state=odd')).toEqual([])
    expect((await api.get(`${certsOf(ca)}/${second.id}`)).state).toBe('expired')
  })

  test('a deleted certificate is gone, also one that is revoked', async () => {
    const ca = await newCa()
    const made = await issue(ca)
    const path = `${certsOf(ca)}/${made.id}`
    await api.post(`${path}/revoke`, { reason: 'unspecified' }, 200)
    await api.delete(path)
    await api.get(path, 404)
    await api.delete(path, undefined, 404)
    expect((await api.get(certsOf(ca))).total).toBe(0)
  })

  test('certificates that are issued while their CA is deleted do not outlast it', async () => {
    const ca = await newCa()
    const csr = await request()
    const body = { csr, purpose: 'client', duration: 1 }
    const answers = await Promise.all([
      ...Array.from({ length: 6 }, () => api.send('POST', certsOf(ca), body)),
      api.send('DELETE', `/ca/local-cas/${ca.id}`),
      ...Array.from({ length: 6 }, () => api.send('POST', certsOf(ca), body)),
    ])
    const statuses = new Set(answers.map(({ status }) => status))
    expect([...statuses].filter((status) => ![201, 204, 404].includes(status))).toEqual([])
    await api.get(certsOf(ca), 404)
    const made = answers.filter(({ status }) => status === 201)
    // A name is free again once its certificate is gone.
    const again = await newCa()
    for (const { body: lost } of made) await issue(again, { name: lost.name })
  })

  test('what happens to a certificate is on record with its serial', async () => {
    const ca = await newCa()
    const made = await issue(ca)
    const path = `${certsOf(ca)}/${made.id}`
    await api.post(`${path}/revoke`, { reason: 'certificateHold' }, 200)
    await api.post(`${path}/resume`, undefined, 200)
    await api.delete(path)
    const { resources } = await api.get('/audit/records?limit=4')
    expect(resources.map(({ message }: { message: string }) => message)).toEqual([
      'Delete certificate',
      'Resume certificate',
      'Revoke certificate',
      'Issue certificate',
    ])
    for (const { details } of resources) expect(details.serial).toBe(made.serialNumber)
    expect(resources[2].details.revocation).toBe('certificateHold')
  })
})
