import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../../test/support/api.ts'
import { clientWith } from '../../../../test/support/client-certificate.ts'
import { newAuthority, ocspStatus, publishedCrl } from '../../../../test/support/revocation.ts'
import { userCertificate } from '../../../../test/support/user-certificates.ts'
import { subjectFields, testCa } from '../../../../test/support/x509.ts'

const CLIENTS = '/client-management/clients'
const TOKENS = '/client-management/regtokens'
const PROFILES = '/client-management/profiles'
const DAY = 86_400_000
const PASSWORD = 'a password for the key'

describe.each(databases)('registered clients on %s', (database) => {
  const api = startApi(database, { pki: true })

  const newName = (stem = 'c') => `${stem}-${randomUUID().slice(0, 8)}`
  const tokenFor = async (fields: object = {}) => api.post(TOKENS, fields)
  const register = async (fields: object = {}, token: object = {}) =>
    api.anonymous.post(`${CLIENTS}/`, { reg_token: (await tokenFor(token)).token, ...fields })
  const refusedToken = async (reg_token: string) => {
    const answer = await api.anonymous.post(CLIENTS, { reg_token }, 401)
    expect(answer).toMatchObject({ code: 5, message: 'Invalid registration token' })
  }
  const requestFor = async (fields: object = {}): Promise<{ csr: string; key: string }> =>
    api.post('/ca/csr', { cn: newName('host'), ...fields })
  const partsOf = (pem: string) => new X509Certificate(pem).subject.split('\n').sort()

  test('a client with a request gets a certificate of the CA, whose key it alone has', async () => {
    const ca = await newAuthority(api)
    const { csr, key } = await requestFor({ cn: 'host one', dnsNames: ['one.example.com'] })
    const name = newName()
    const made = await register({ csr, name, client_metadata: { place: 'x' } }, { ca_id: ca.id })
    expect(made).not.toHaveProperty('key')
    expect(made).toMatchObject({
      name,
      client_id: made.id,
      client_type: 'confidential',
      state: 'registered',
      ca_id: ca.id,
      client_ca: ca.cert,
      client_metadata: { place: 'x' },
      groups: [],
    })
    const certificate = new X509Certificate(made.cert)
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true)
    expect(certificate.verify(new X509Certificate(ca.cert).publicKey)).toBe(true)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(certificate.ca).toBe(false)
    expect(certificate.subjectAltName).toBe('DNS:one.example.com')
    expect(partsOf(made.cert)).toEqual(['CN=host one', `OU=${made.id}`])
    const { client_ca: _, ...shown } = made
    for (const reference of [made.id, name, made.uri])
      expect(await api.get(`${CLIENTS}/${encodeURIComponent(reference)}`)).toEqual(shown)
    const { resources } = await api.get(
      `/ca/local-cas/${ca.id}/certs?serialNumber=${made.serialNumber}`,
    )
    expect(resources).toMatchObject([{ cert: made.cert, state: 'active' }])
  })

  test('a key is made here for a client that brings none, and answered once', async () => {
    const made = await register({
      cn: 'host two',
      dns: 'two.example.com, three.example.com',
      email: ['ops@example.com'],
      ips: ['10.0.0.1'],
      names: [{ C: 'US', O: 'Org' }],
      alg: 'RSA',
      size: 2048,
      subject_dn_field_to_modify: 'UID',
    })
    const certificate = new X509Certificate(made.cert)
    expect(certificate.checkPrivateKey(createPrivateKey(made.key))).toBe(true)
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
    expect(partsOf(made.cert)).toEqual(['C=US', 'CN=host two', 'O=Org', `UID=${made.id}`])
    expect(certificate.subjectAltName).toBe(
      'DNS:two.example.com, DNS:three.example.com, email:ops@example.com, IP Address:10.0.0.1',
    )
    expect(await api.get(`${CLIENTS}/${made.id}`)).not.toHaveProperty('key')
  })

  test('the key is encrypted with the password that comes with the request', async () => {
    const made = await register({ password: PASSWORD, enc_alg: 'AES128' })
    expect(made.key).toContain('DEK-Info: AES-128-CBC,')
    const key = createPrivateKey({ key: made.key, passphrase: PASSWORD })
    expect(new X509Certificate(made.cert).checkPrivateKey(key)).toBe(true)
  })

  test('a profile says what certificates hold, and the token how long', async () => {
    const ca = await newAuthority(api)
    const profile = await api.post(PROFILES, {
      name: newName('profile'),
      ca_id: ca.id,
      cert_duration: 20,
      csr_parameters: { csr_cn: 'given', csr_country: 'US', csr_org_unit: 'unit' },
      groups: ['Key Users'],
    })
    const token = await tokenFor({ client_management_profile_id: profile.id })
    const made = await api.anonymous.post(CLIENTS, {
      reg_token: token.token,
      do_not_modify_subject_dn: true,
    })
    expect(partsOf(made.cert)).toEqual(['C=US', 'CN=given', 'OU=unit'])
    expect(made).toMatchObject({ ca_id: ca.id, groups: ['Key Users'] })
    expect(made.client_management_profile_id).toBe(profile.id)
    const days = () => (Date.parse(made.notAfter) - Date.parse(made.createdAt)) / DAY
    expect(Math.round(days())).toBe(20)
    await api.patch(`${TOKENS}/${token.id}`, { cert_duration: 5 })
    const next = await api.anonymous.post(CLIENTS, { reg_token: token.token })
    expect(Math.round((Date.parse(next.notAfter) - Date.parse(next.createdAt)) / DAY)).toBe(5)
    const busy = await api.delete(`${PROFILES}/${profile.id}`, undefined, 409)
    expect(busy.codeDesc).toContain('is in use')
    await api.delete(`${TOKENS}/${token.id}`)
    const still = await api.delete(`${PROFILES}/${profile.id}`, undefined, 409)
    expect(still.codeDesc).toContain('clients were registered by it')
    const held = await api.delete(`/ca/local-cas/${ca.id}`, undefined, 409)
    expect(held.codeDesc).toContain('a client profile names it')
  })

  test('the default profile is there once somebody needed it', async () => {
    const { client_management_profile_id: id } = await register()
    const profile = await api.get(`${PROFILES}/${id}`)
    expect(profile).toMatchObject({ name: 'default', cert_duration: 730 })
    expect((await register()).client_management_profile_id).toBe(id)
  })

  test('names come from the client, from the prefix of the token with a number, or from nowhere', async () => {
    const name_prefix = newName('web')
    const token = await tokenFor({ name_prefix })
    const next = async (fields: object = {}, status = 201) =>
      api.anonymous.post(CLIENTS, { reg_token: token.token, ...fields }, status)
    expect((await next()).name).toBe(`${name_prefix}1`)
    expect((await next()).name).toBe(`${name_prefix}2`)
    expect((await next({ name: 'db' })).name).toBe(`${name_prefix}db`)
    expect((await next({ name: `${name_prefix}-own` })).name).toBe(`${name_prefix}-own`)
    const taken = await next({ name: 'db' }, 409)
    expect(taken.codeDesc).toContain(`${name_prefix}db`)
    // What failed took no place, and a number that is taken is passed over.
    expect((await api.get(`${TOKENS}/${token.id}`)).clients_registered).toBe(4)
    await next({ name: '6' })
    expect((await next()).name).toBe(`${name_prefix}7`)
    expect((await register()).name).toMatch(/^client-[0-9a-f-]{36}$/)
  })

  test('a token for so many clients is for exactly so many, however many come at once', async () => {
    const token = await tokenFor({ max_clients: 7 })
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        api.anonymous.send('POST', `${CLIENTS}/`, { reg_token: token.token }),
      ),
    )
    const made = answers.filter(({ status }) => status === 201)
    expect(made).toHaveLength(7)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(93)
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(7)
    expect((await api.get(`${TOKENS}/${token.id}`)).clients_registered).toBe(7)
    api.advance(301_000)
    await refusedToken(token.token)
    await api.patch(`${TOKENS}/${token.id}`, { max_clients: 8 })
    await api.anonymous.post(CLIENTS, { reg_token: token.token })
    api.advance(301_000)
  }, 60_000)

  test('unknown, expired, used up and deleted tokens are refused alike', async () => {
    await refusedToken('nothing')
    await refusedToken('A'.repeat(64))
    const { token: used } = await tokenFor({ max_clients: 1 })
    await api.anonymous.post(CLIENTS, { reg_token: used })
    await refusedToken(used)
    const gone = await tokenFor()
    await api.delete(`${TOKENS}/${gone.id}`)
    await refusedToken(gone.token)
    const { token: short } = await tokenFor({ lifetime: '10m' })
    api.advance(601_000)
    await refusedToken(short)
    await api.anonymous.post(CLIENTS, {}, 400)
    api.advance(301_000)
  })

  test('who tries five wrong tokens is not listened to until five minutes are over', async () => {
    const { token } = await tokenFor()
    for (let tries = 0; tries < 5; tries++) await refusedToken(`wrong ${tries}`)
    await refusedToken(token)
    api.advance(301_000)
    await api.anonymous.post(CLIENTS, { reg_token: token })
  })

  test('what is wrong with a registration is said, and takes no place', async () => {
    const token = await tokenFor({ max_clients: 1 })
    const { csr } = await requestFor()
    const { id, cert } = await newAuthority(api)
    for (const body of [
      { csr: 'none' },
      { csr, cert },
      { cert },
      { cert: 'none' },
      { alg: 'RSA', size: 7 },
      { client_type: 'odd' },
      { ips: 'not an address' },
      { names: [{ C: 'USA' }] },
      { name: 'kylo:x' },
      { subject_dn_field_to_modify: 'O' },
      { csr: (await api.get(`/ca/local-cas/${id}`)).cert },
    ])
      await api.anonymous.post(CLIENTS, { reg_token: token.token, ...body }, 400)
    expect((await api.get(`${TOKENS}/${token.id}`)).clients_registered).toBe(0)
    await api.anonymous.post(CLIENTS, { reg_token: token.token, csr })
  })

  test('a certificate of an external CA that is known here registers, once', async () => {
    const outside = await testCa('ECDSA', undefined, subjectFields(newName('Outside')))
    const { cert } = await userCertificate(outside)
    const { token } = await tokenFor()
    const register = (status: number) =>
      api.anonymous.post(CLIENTS, { reg_token: token, cert, client_type: 'public' }, status)
    await register(400)
    const ca = await api.post('/ca/external-cas', { cert: outside.certificate, name: newName() })
    const made = await register(201)
    expect(made).toMatchObject({
      cert,
      ca_id: ca.id,
      client_ca: ca.cert,
      client_type: 'public',
      state: 'registered',
    })
    expect((await register(409)).codeDesc).toContain('already')
    await api.delete(`/ca/external-cas/${ca.id}`, undefined, 409)
    const revoked = await api.patch(`${CLIENTS}/${made.id}/revoke`, { reason: 'keyCompromise' })
    expect(revoked).toMatchObject({ state: 'revoked', revoked_reason: 'keyCompromise' })
    const { resources } = await api.get(`${CLIENTS}?state=revoked&client_id=${made.id}`)
    expect(resources).toEqual([revoked])
    await api.delete(`${CLIENTS}/${made.id}`)
    await api.delete(`/ca/external-cas/${ca.id}`)
  })

  test('a revoked client is on the list of the CA and in its OCSP answers at once', async () => {
    const ca = await newAuthority(api)
    const made = await register({}, { ca_id: ca.id })
    const status = () => ocspStatus(api, ca, made.serialNumber)
    expect(await status()).toMatchObject({ is: 'good' })
    const held = await api.patch(`${CLIENTS}/${made.id}/revoke/`, { reason: 'certificateHold' })
    expect(held).toMatchObject({ state: 'revoked', revoked_reason: 'certificateHold' })
    const revoked = await api.patch(`${CLIENTS}/${made.id}/revoke`, { reason: 'keyCompromise' })
    expect(revoked).toMatchObject({ state: 'revoked', revoked_reason: 'keyCompromise' })
    expect((await publishedCrl(api, ca)).entries).toEqual(new Map([[made.serialNumber, 1]]))
    expect(await status()).toMatchObject({ is: 'revoked', reason: 1 })
    await api.patch(`${CLIENTS}/${made.id}/revoke`, { reason: 'superseded' }, 400)
    await api.patch(`${CLIENTS}/${made.id}/revoke`, { reason: 'odd' }, 400)
    await api.post(`${CLIENTS}/${made.id}/renew`, {}, 400)
  })

  test('a client whose certificate its CA revokes, or brings back, is revoked, or is back', async () => {
    const ca = await newAuthority(api)
    const made = await register({}, { ca_id: ca.id })
    const [certificate] = (
      await api.get(`/ca/local-cas/${ca.id}/certs?serialNumber=${made.serialNumber}`)
    ).resources
    const path = `/ca/local-cas/${ca.id}/certs/${certificate.id}`
    const state = async () => (await api.get(`${CLIENTS}/${made.id}`)).state
    await api.post(`${path}/revoke`, { reason: 'certificateHold' }, 200)
    expect(await state()).toBe('revoked')
    await api.post(`${path}/resume`, undefined, 200)
    expect(await state()).toBe('registered')
    await api.delete(path)
    expect(await state()).toBe('registered')
    const revoked = await api.patch(`${CLIENTS}/${made.id}/revoke`, {})
    expect(revoked).toMatchObject({ state: 'revoked', revoked_reason: 'unspecified' })
    expect((await publishedCrl(api, ca)).entries.has(made.serialNumber)).toBe(true)
  })

  test('a deleted client leaves a revoked certificate, and its name to others', async () => {
    const ca = await newAuthority(api)
    const name = newName()
    const one = await register({ name }, { ca_id: ca.id })
    const held = await register({}, { ca_id: ca.id })
    await api.patch(`${CLIENTS}/${held.id}/revoke`, { reason: 'certificateHold' })
    await api.delete(`${CLIENTS}/${one.id}/`)
    await api.delete(`${CLIENTS}/${held.id}`)
    expect((await publishedCrl(api, ca)).entries).toEqual(
      new Map([
        [one.serialNumber, 5],
        [held.serialNumber, 5],
      ]),
    )
    const { resources } = await api.get(`/ca/local-cas/${ca.id}/certs?state=revoked`)
    await api.post(`/ca/local-cas/${ca.id}/certs/${resources[0].id}/resume`, undefined, 400)
    await api.get(`${CLIENTS}/${one.id}`, 404)
    await api.delete(`${CLIENTS}/${one.id}`, undefined, 404)
    await register({ name })
  })

  test('a renewed client has a new certificate, and the one before is over', async () => {
    const ca = await newAuthority(api)
    const { csr, key } = await requestFor()
    const made = await register({ csr }, { ca_id: ca.id })
    const same = await api.post(`${CLIENTS}/${made.id}/renew`, { cert_duration: 9 }, 200)
    expect(same).not.toHaveProperty('key')
    expect(same).toMatchObject({ id: made.id, name: made.name, subject: made.subject })
    expect(same.serialNumber).not.toBe(made.serialNumber)
    expect(same.client_ca).toBe(ca.cert)
    expect(new X509Certificate(same.cert).checkPrivateKey(createPrivateKey(key))).toBe(true)
    expect((await publishedCrl(api, ca)).entries).toEqual(new Map([[made.serialNumber, 4]]))
    expect(await api.get(`${CLIENTS}/${made.id}`)).toMatchObject({ state: 'registered' })

    const other = await requestFor({ cn: 'renewed' })
    const next = await api.post(`${CLIENTS}/${made.id}/renew/`, { csr: other.csr }, 200)
    expect(partsOf(next.cert)).toEqual(['CN=renewed', `OU=${made.id}`])
    const fresh = await api.post(`${CLIENTS}/${made.id}/renew`, { alg: 'ECDSA' }, 200)
    expect(new X509Certificate(fresh.cert).checkPrivateKey(createPrivateKey(fresh.key))).toBe(true)
    expect((await publishedCrl(api, ca)).entries.size).toBe(3)

    api.advance(731 * DAY)
    expect((await api.get(`${CLIENTS}/${made.id}`)).state).toBe('expired')
    const { resources } = await api.get(`${CLIENTS}?state=expired&name=${made.name}`)
    expect(resources).toHaveLength(1)
  })

  test('a list is narrowed by what a client asks for', async () => {
    const ca = await newAuthority(api)
    const name = newName('list')
    const metadata = { client_metadata: { os: 'linux', at: { rack: 1 } } }
    const one = await register({ name: `${name}-1`, ...metadata }, { ca_id: ca.id })
    const two = await register({ name: `${name}-2` }, { ca_id: ca.id })
    const ids = async (query: string) =>
      (await api.get(`${CLIENTS}/?limit=100&ca_id=${ca.id}&${query}`)).resources.map(
        ({ id }: { id: string }) => id,
      )
    expect(await ids('')).toEqual([two.id, one.id])
    expect(await ids(`name=${name}-*&sort=name`)).toEqual([one.id, two.id])
    expect(await ids(`client_id=${two.client_id}`)).toEqual([two.id])
    expect(await ids(`sha256_fingerprint=${one.sha256_fingerprint.toLowerCase()}`)).toEqual([
      one.id,
    ])
    expect(await ids('client_metadata=os%3Dlinux')).toEqual([one.id])
    expect(await ids(`client_metadata=${encodeURIComponent('{"at":{"rack":1}}')}`)).toEqual([
      one.id,
    ])
    expect(await ids(`client_mgmt_profile_id=${one.client_management_profile_id}`)).toHaveLength(2)
    await api.patch(`${CLIENTS}/${two.id}/revoke`)
    expect(await ids('state=registered')).toEqual([one.id])
    expect(await ids('state=revoked')).toEqual([two.id])
    for (const none of ['state=odd', 'state=expired', 'client_metadata=os', 'client_id=x'])
      expect(await ids(none)).toEqual([])
  })

  test('the certificate of a client signs no user in, whatever names it has', async () => {
    const username = newName('u')
    await api.post('/usermgmt/users', {
      username,
      password: 'Certif-Pass-1234!',
      certificate_subject_dn: `CN=${username}`,
      allowed_auth_methods: ['user_certificate'],
    })
    const ca = await newAuthority(api)
    await api.post('/trusted-cas', { ca_id: ca.id, service: 'web' })
    const { csr, key } = await requestFor({ cn: username })
    const signIn = async (cert: string) => {
      const client = clientWith(api.server, { cert, key })
      try {
        return (await client.post('/auth/tokens', { grant_type: 'user_certificate' })).status
      } finally {
        client.close()
      }
    }
    const body = { csr, purpose: 'client', duration: 9 }
    const issued = await api.post(`/ca/local-cas/${ca.id}/certs`, body)
    expect(await signIn(issued.cert)).toBe(200)
    const made = await register({ csr, do_not_modify_subject_dn: true }, { ca_id: ca.id })
    expect(made.subject).toBe(`/CN=${username}`)
    expect(await signIn(made.cert)).toBe(401)
    const { resources } = await api.get('/audit/records?success=false&sort=-createdAt&limit=1')
    expect(JSON.stringify(resources)).toContain('registered client')
  })

  test('the record of a registration names client and token, and holds neither secret', async () => {
    const token = await tokenFor()
    const made = await api.anonymous.post(CLIENTS, { reg_token: token.token, password: PASSWORD })
    const { resources } = await api.get('/audit/records?message=Register%20client&limit=1')
    const text = JSON.stringify(resources)
    for (const part of [made.id, made.name, made.serialNumber, token.id])
      expect(text).toContain(part)
    for (const secret of [token.token, PASSWORD, 'PRIVATE KEY']) expect(text).not.toContain(secret)
  })
})
