import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { type Answer, type Api, databases, startApi } from '../../../test/support/api.ts'
import { foreignRoot } from '../../../test/support/certificates.ts'

const WEB = '/configs/interfaces/web'

/** A new connection, and what it was shown. */
async function meet(api: Api, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { hostname, port } = new URL(api.server.url)
  const socket = connect({ host: hostname, port: Number(port), ca: api.server.ca, ...options })
  await once(socket, 'secureConnect')
  return socket
}
async function shown(api: Api, options?: ConnectionOptions) {
  const socket = await meet(api, options)
  const seen = {
    certificate: new X509Certificate(socket.getPeerCertificate().raw),
    protocol: socket.getProtocol(),
    cipher: socket.getCipher().standardName,
  }
  socket.destroy()
  return seen
}
const put = (api: Api, path: string, body: unknown): Promise<Answer> => api.send('PUT', path, body)

describe.each(databases)('the web interface on %s', (database) => {
  const api = startApi(database)
  const reset = {
    mode: 'tls-cert-opt-pw-opt',
    minimum_tls_version: '',
    maximum_tls_version: '',
    tls_ciphers: [],
    tls_groups: [],
  }
  afterEach(async () => {
    await api.patch(WEB, reset)
  })

  test('is there from the first start, on the port that the server listens on', async () => {
    const { resources, total } = await api.get('/configs/interfaces/')
    expect(total).toBe(1)
    const [web] = resources
    const [ca] = (await api.get('/ca/local-cas')).resources
    expect(web).toMatchObject({
      name: 'web',
      interface_type: 'web',
      port: Number(new URL(api.server.url).port),
      network_interface: 'all',
      enabled: true,
      mode: 'tls-cert-opt-pw-opt',
      minimum_tls_version: 'tls_1_2',
      auto_gen_ca_id: ca.uri,
      trusted_cas: { local: [ca.uri] },
      local_auto_gen_attributes: {
        cn: 'web.keystead.local',
        names: [{ C: 'US', ST: 'TX', L: 'Austin', O: 'Keystead', OU: '' }],
        generated: true,
      },
    })
    expect(web.trusted_cas).not.toHaveProperty('external')
    expect(await api.get(WEB)).toEqual(web)
    await api.get(`/configs/interfaces/${web.id}`, 404)
    expect((await api.get('/configs/interfaces?interface_type=kmip')).resources).toEqual([])
    expect((await api.get('/configs/interfaces?name=web')).total).toBe(1)
  })

  test('a change leaves alone what it does not name, and always moves updatedAt', async () => {
    const before = await api.get(WEB)
    const same = await api.patch(WEB, {
      meta: null,
      local_auto_gen_attributes: null,
      certificate: null,
    })
    expect(same.updatedAt > before.updatedAt).toBe(true)
    expect({ ...same, updatedAt: '' }).toEqual({ ...before, updatedAt: '' })
    const zeroes = await api.patch(WEB, {
      port: 0,
      interface_type: 'web',
      network_interface: 'all',
      auto_registration: false,
      registration_token: '',
      allow_unregistered: false,
      kmip_enable_hard_delete: 0,
      auto_gen_days_before_expiry: 0,
      meta: { nae: { mask_system_groups: false } },
    })
    expect({ ...zeroes, updatedAt: '' }).toEqual({ ...before, updatedAt: '' })
  })

  test('TLS versions, suites and groups hold for new connections at once', async () => {
    const old = await meet(api)
    await api.patch(WEB, { minimum_tls_version: 'tls_1_3' })
    await expect(shown(api, { maxVersion: 'TLSv1.2' })).rejects.toThrow()
    expect((await shown(api)).protocol).toBe('TLSv1.3')
    const suite = 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'
    await api.patch(WEB, {
      minimum_tls_version: '',
      maximum_tls_version: 'tls_1_2',
      tls_ciphers: [{ cipher_suite: suite, enabled: true, hex_code: '0xC02C' }],
    })
    expect(await shown(api)).toMatchObject({ protocol: 'TLSv1.2', cipher: suite })
    const row = await api.get(WEB)
    const on = row.tls_ciphers.filter(({ enabled }: { enabled: boolean }) => enabled)
    expect(on).toEqual([{ cipher_suite: suite, enabled: true, hex_code: '0xC02C' }])
    await api.post(`${WEB}/restore-default-tls-ciphers`, undefined, 200)
    await api.patch(WEB, {
      maximum_tls_version: '',
      tls_groups: [{ group_name: 'secp384r1', enabled: true }],
    })
    await expect(shown(api, { ecdhCurve: 'X25519' })).rejects.toThrow()
    await shown(api, { ecdhCurve: 'secp384r1' })
    // A connection from before is still good.
    expect(old.destroyed).toBe(false)
    old.destroy()
  })

  test.each([
    ['TLS 1.0', { minimum_tls_version: 'tls_1_0' }, 400, 'TLS 1.0 and 1.1 are broken'],
    [
      'a minimum above the maximum',
      { minimum_tls_version: 'tls_1_3', maximum_tls_version: 'tls_1_2' },
      400,
      'above',
    ],
    [
      'a CBC suite',
      { tls_ciphers: [{ cipher_suite: 'TLS_RSA_WITH_AES_128_CBC_SHA', enabled: true }] },
      400,
      'AEAD',
    ],
    [
      'no suite at all',
      { tls_ciphers: [{ cipher_suite: 'TLS_AES_128_GCM_SHA256', enabled: false }] },
      400,
      'no cipher suite is left',
    ],
    [
      'suites that do not fit the certificate',
      {
        maximum_tls_version: 'tls_1_2',
        tls_ciphers: [{ cipher_suite: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', enabled: true }],
      },
      400,
      'no client could connect',
    ],
    [
      'an unknown group',
      { tls_groups: [{ group_name: 'secp112r1', enabled: true }] },
      400,
      'not known',
    ],
    ['plain HTTP', { mode: 'no-tls-pw-opt' }, 400, 'always speaks TLS'],
    ['a certificate of everyone', { mode: 'tls-cert-and-pw' }, 501, 'not part of this server'],
    ['another port', { port: 9443 }, 501, 'KEYSTEAD_LISTEN'],
    ['another type', { interface_type: 'kmip' }, 400, 'cannot be changed'],
    ['another name', { name: 'net' }, 400, 'cannot be changed'],
    ['what belongs to NAE', { allow_unregistered: true }, 400, 'NAE'],
    ['no trusted CA', { trusted_cas: { local: [], external: [] } }, 400, 'at least one'],
    ['a CA that is not there', { trusted_cas: { local: ['nobody'] } }, 400, 'nobody'],
    ['a maker that is not there', { auto_gen_ca_id: 'nobody' }, 400, 'nobody'],
  ])('refuses %s and changes nothing', async (_what, body, status, sentence) => {
    const before = await api.get(WEB)
    const refused = await api.patch(WEB, body, status)
    expect(`${refused.codeDesc} ${refused.message}`).toContain(sentence)
    expect(await api.get(WEB)).toEqual(before)
    expect((await shown(api)).protocol).toBe('TLSv1.3')
  })

  test('stays: it can neither be deleted nor disabled, and others are not built yet', async () => {
    await api.delete(WEB, undefined, 400)
    await api.post(`${WEB}/disable`, undefined, 400)
    expect(await api.post(`${WEB}/enable`, undefined, 200)).toMatchObject({ enabled: true })
    await api.delete('/configs/interfaces/nae', undefined, 404)
    const add = (body: object, status: number) => api.post('/configs/interfaces', body, status)
    await add({ port: 9006 }, 501)
    await add({ port: 5697, interface_type: 'kmip' }, 501)
    await add({ port: 5697, interface_type: 'kmip', name: 'mine' }, 400)
    await add({ port: 5697, interface_type: 'kmip', meta: { nae: {} } }, 400)
    await add({ interface_type: 'nae' }, 400)
    await add({ port: Number(new URL(api.server.url).port) }, 409)
  })

  test('trusts the CAs that it is told, given back as they were given, and holds them', async () => {
    const before = await api.get(WEB)
    const [local] = before.trusted_cas.local
    const external = await api.post('/ca/external-cas', { cert: foreignRoot })
    const changed = await api.patch(WEB, {
      trusted_cas: { local: [local], external: [external.id] },
    })
    expect(changed.trusted_cas).toEqual({ local: [local], external: [external.id] })
    const refused = await api.delete(`/ca/external-cas/${external.id}`, undefined, 409)
    expect(refused.codeDesc).toContain('the interface "web" trusts it')
    await api.delete(`/ca/local-cas/${local}`, undefined, 409)
    await api.patch(WEB, { trusted_cas: { local: [local], external: [] } })
    await api.delete(`/ca/external-cas/${external.id}`)
    expect((await api.get(WEB)).trusted_cas).toEqual({ local: [local] })
  })

  test('another CA or other names make a new certificate at once', async () => {
    const before = await api.get(WEB)
    const first = (await shown(api)).certificate
    const named = await api.patch(WEB, {
      local_auto_gen_attributes: {
        cn: 'keys.example.com',
        dns_names: ['keys.example.com'],
        uid: 'u-1',
        names: [{ O: 'Example' }],
      },
    })
    expect(named.local_auto_gen_attributes).toEqual({
      cn: 'keys.example.com',
      dns_names: ['keys.example.com'],
      names: [{ C: '', ST: '', L: '', O: 'Example', OU: '' }],
      generated: false,
    })
    const second = (await shown(api)).certificate
    expect(second.subject).toBe('O=Example\nCN=keys.example.com\nUID=u-1')
    expect(second.checkHost('keys.example.com')).toBe('keys.example.com')
    expect(second.checkHost('localhost')).toBe('localhost')
    expect(second.serialNumber).not.toBe(first.serialNumber)
    await api.patch(WEB, { local_auto_gen_attributes: {} })
    expect((await api.get(WEB)).local_auto_gen_attributes).toEqual(before.local_auto_gen_attributes)

    const ca = await api.post('/ca/local-cas', { cn: 'another' })
    await api.patch(WEB, { auto_gen_ca_id: ca.uri }, 400)
    const active = await api.post(`/ca/local-cas/${ca.id}/self-sign`, { duration: 900 }, 200)
    await api.patch(WEB, { auto_gen_ca_id: ca.uri })
    expect((await shown(api, { ca: active.cert })).certificate.issuer).toBe('CN=another')
    const issued = (await api.get(`/ca/local-cas/${ca.id}/certs`)).resources
    expect(issued).toHaveLength(1)
    expect(issued[0].name).toBe(`cert-${issued[0].id}`)
    await api.delete(`/ca/local-cas/${ca.id}`, undefined, 409)
    await api.patch(WEB, { auto_gen_ca_id: '' })
    expect((await api.get(WEB)).auto_gen_ca_id).toBe('')
    await api.patch(WEB, { auto_gen_ca_id: before.auto_gen_ca_id })
    await shown(api)
  })

  test('the upcoming certificate waits until it is applied', async () => {
    const upcoming = `${WEB}/renewal-certificate`
    await api.get(upcoming, 404)
    await api.post(`${upcoming}/apply`, undefined, 404)
    const now = (await shown(api)).certificate.serialNumber
    const made = await put(api, upcoming, { generate: true })
    expect(made.status).toBe(200)
    expect(await api.get(upcoming)).toEqual(made.body)
    const next = new X509Certificate(made.body.certificates).serialNumber
    expect(next).not.toBe(now)
    expect((await shown(api)).certificate.serialNumber).toBe(now)
    expect((await api.post(`${upcoming}/apply`, undefined, 200)).certificates).toBe(
      made.body.certificates,
    )
    expect((await shown(api)).certificate.serialNumber).toBe(next)
    await put(api, upcoming, { generate: true })
    await api.delete(upcoming)
    await api.get(upcoming, 404)
  })

  test('the fingerprint of its certificate can be read', async () => {
    const { fingerprint } = await api.get('/client-management/webcert-fingerprint/')
    const { certificate } = await shown(api)
    expect(fingerprint).toBe(certificate.fingerprint256.replaceAll(':', ''))
    await api.anonymous.get('/client-management/webcert-fingerprint', 401)
    await api.get('/client-management/tokens', 501)
  })
})
