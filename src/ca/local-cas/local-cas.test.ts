import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { foreignLeaf, foreignRoot } from '../../../test/support/certificates.ts'
import { orderable } from '../../../test/support/times.ts'

const CAS = '/ca/local-cas'
const NO_TIME = '0001-01-01T00:00:00Z'
const DAY = 86_400_000
const BAD_VALUE = { code: 9, codeDesc: expect.stringMatching(/^NCERRInvalidParamValue: ./) }
const BAD_STATE = { code: 15, codeDesc: expect.stringMatching(/^NCERRBadRequest/) }
const NOT_FOUND = { code: 16, codeDesc: 'NCERRResourceNotFound: Resource not found' }

const der = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')
const hex = (hash: string, pem: string): string =>
  createHash(hash).update(der(pem)).digest('hex').toUpperCase()

describe.each(databases)('local CAs on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`

  const pending = (fields: object = {}) => api.post(CAS, { cn: unique('ca'), ...fields })
  const active = async (fields: object = {}, days = 365) => {
    const { id } = await pending(fields)
    return api.post(`${CAS}/${id}/self-sign`, { duration: days }, 200)
  }
  const issued = async (ca: { id: string }, csr: string) =>
    (await api.post(`${CAS}/${ca.id}/certs`, { csr, purpose: 'ca', duration: 100 })).cert

  test('the default CA of a new installation is found as clients look for it', async () => {
    const found = await api.get(
      `${CAS}?subject=/C=US/ST=TX/L=Austin/O=Thales/CN=CipherTrust%20Root%20CA`,
    )
    expect(found.total).toBe(1)
    const [ca] = found.resources
    expect(ca).toMatchObject({
      name: `localca-${ca.id}`,
      state: 'active',
      issuer: ca.subject,
      purpose: { client_authentication: 'Enabled', user_authentication: 'Enabled' },
    })
    expect(Date.parse(ca.notAfter) - Date.now()).toBeGreaterThan(3640 * DAY)
  })

  test('a new CA is pending, with a request and nothing of a certificate', async () => {
    const ca = await api.post(CAS, {
      cn: 'test.com',
      algorithm: 'RSA',
      size: 2048,
      names: [{ O: 'Org', OU: 'RnD', C: 'US', ST: 'CA', L: 'City' }, { OU: 'Second Unit' }],
      dnsNames: ['*.example.com'],
      emailAddresses: ['a@example.com'],
      ipAddresses: ['10.10.10.10'],
    })
    expect(Object.keys(ca)).toEqual([
      'id',
      'uri',
      'account',
      'createdAt',
      'updatedAt',
      'name',
      'state',
      'csr',
      'subject',
      'notBefore',
      'notAfter',
      'sha1Fingerprint',
      'sha256Fingerprint',
      'sha512Fingerprint',
    ])
    expect(ca).toMatchObject({
      uri: `kylo:kylo:naboo:localca:${ca.id}`,
      account: 'kylo:kylo:admin:accounts:kylo',
      name: `localca-${ca.id}`,
      state: 'pending',
      subject: '/C=US/ST=CA/L=City/O=Org/OU=RnD/OU=Second Unit/CN=test.com',
      notBefore: NO_TIME,
      notAfter: NO_TIME,
      sha1Fingerprint: hex('sha1', ca.csr),
      sha256Fingerprint: hex('sha256', ca.csr),
      sha512Fingerprint: hex('sha512', ca.csr),
    })
    expect(ca.updatedAt).toBe(ca.createdAt)
    expect(await api.get(`${CAS}/${ca.id}`)).toEqual(ca)
  })

  test('a self-signed CA shows its certificate as it is', async () => {
    const made = await pending({ algorithm: 'ECDSA', size: 384 })
    const before = Date.now()
    const ca = await api.post(`${CAS}/${made.id}/self-sign`, { duration: 365 }, 200)
    const certificate = new X509Certificate(ca.cert)
    expect(ca).toMatchObject({
      id: made.id,
      name: made.name,
      createdAt: made.createdAt,
      state: 'active',
      csr: '',
      serialNumber: BigInt(`0x${certificate.serialNumber}`).toString(),
      subject: made.subject,
      issuer: made.subject,
      sha1Fingerprint: hex('sha1', ca.cert),
      sha256Fingerprint: hex('sha256', ca.cert),
      sha512Fingerprint: hex('sha512', ca.cert),
      purpose: { client_authentication: 'Enabled', user_authentication: 'Enabled' },
    })
    expect(ca).not.toHaveProperty('parent')
    expect(orderable(ca.updatedAt) > orderable(made.updatedAt)).toBe(true)
    expect(certificate.ca).toBe(true)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(Date.parse(ca.notAfter) - Date.parse(ca.notBefore)).toBe(366 * DAY)
    expect(Math.abs(Date.parse(ca.notBefore) - (before - DAY))).toBeLessThan(60_000)
    expect(ca.notAfter).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  test('a CA is found by id, URI and name, its name percent-encoded or not', async () => {
    const name = `${unique('what is')}? a/b=c`
    const ca = await pending({ name })
    for (const reference of [ca.id, ca.id.toUpperCase(), ca.uri, encodeURIComponent(ca.uri)])
      expect((await api.get(`${CAS}/${reference}`)).id).toBe(ca.id)
    expect((await api.get(`${CAS}/${encodeURIComponent(name)}/`)).id).toBe(ca.id)
    await api.post(`${CAS}/${ca.uri}/self-sign`, { duration: 10 }, 200)
    for (const unknown of [
      randomUUID(),
      `${ca.uri}0`,
      'no such CA',
      ca.uri.replace('localca', 'certs'),
    ])
      expect(await api.get(`${CAS}/${encodeURIComponent(unknown)}`, 404)).toMatchObject(NOT_FOUND)
  })

  test('a name is there once; subjects may repeat', async () => {
    const name = unique('ca')
    const { subject, cn } = { ...(await pending({ name, cn: 'same' })), cn: 'same' }
    const refused = await api.post(CAS, { cn, name }, 409)
    expect(refused.codeDesc).toMatch(/^NCERRConflict: /)
    expect(refused.codeDesc).toContain(name)
    expect((await pending({ cn })).subject).toBe(subject)
    for (const bad of [randomUUID(), 'kylo:kylo:naboo:localca:x', 'a\u202eb', ' a'])
      expect(await api.post(CAS, { cn, name: bad }, 400)).toMatchObject(BAD_VALUE)
  })

  test('another CA may be copied, and what is given goes first', async () => {
    const source = await pending({
      names: [{ C: 'US', O: 'Org', OU: 'One' }, { OU: 'Two' }],
      dnsNames: ['ca.example.com'],
    })
    const copy = await pending({ cn: 'copy', copy_from_ca: source.id })
    expect(copy.subject).toBe('/C=US/O=Org/OU=One/OU=Two/CN=copy')
    const other = await pending({ cn: 'other', copy_from_ca: source.uri, names: [{ C: 'DE' }] })
    expect(other.subject).toBe('/C=DE/CN=other')
    const signed = await api.post(`${CAS}/${copy.id}/self-sign`, { duration: 10 }, 200)
    expect(new X509Certificate(signed.cert).subjectAltName).toBe('DNS:ca.example.com')
    await api.post(CAS, { cn: 'x', copy_from_ca: randomUUID() }, 404)
  })

  test('zero values are what was not given', async () => {
    const empty = {
      name: '',
      algorithm: '',
      size: 0,
      copy_from_ca: '',
      names: [{ C: '', O: null }],
      dnsNames: [''],
      emailAddresses: null,
      ipAddresses: [],
      certificate: null,
    }
    const ca = await pending({ cn: 'zero', ...empty })
    expect(ca).toMatchObject({ name: `localca-${ca.id}`, subject: '/CN=zero' })
    await api.post(`${CAS}/${ca.id}/self-sign`, { duration: 1, notAfter: '', notBefore: '' }, 200)
  })

  test.each([
    ['no common name', {}],
    ['an empty one', { cn: '' }],
    ['an unknown algorithm', { cn: 'x', algorithm: 'DSA' }],
    ['an RSA key of an odd size', { cn: 'x', algorithm: 'RSA', size: 1000 }],
    ['a weak RSA key, unless the operator allows it', { cn: 'x', algorithm: 'RSA', size: 1024 }],
    ['a curve that is none', { cn: 'x', algorithm: 'ECDSA', size: 512 }],
    ['names that are no list', { cn: 'x', names: {} }],
    ['an address that is none', { cn: 'x', ipAddresses: ['10.0.0.256'] }],
    ['a size that is no number', { cn: 'x', size: '256' }],
  ])('refused: %s', async (_what, body) => {
    expect(await api.post(CAS, body, 400)).toMatchObject(BAD_VALUE)
  })

  test.each([['Ed25519'], ['ML-DSA-44'], ['ML-DSA-65'], ['ML-DSA-87']])(
    'beyond CM a CA may have a key of %s',
    async (algorithm) => {
      const ca = await active({ algorithm })
      const certificate = new X509Certificate(ca.cert)
      expect(certificate.publicKey.asymmetricKeyType).toBe(algorithm.toLowerCase())
      expect(certificate.verify(certificate.publicKey)).toBe(true)
    },
  )

  test('purposes change by query and by body, whose word goes first, in any case', async () => {
    const ca = await active()
    const path = `${CAS}/${ca.id}`
    const of = async (query: string, body?: object) => (await api.patch(path + query, body)).purpose
    expect(await of('?allow_client_authentication=False')).toEqual({
      client_authentication: 'Disabled',
      user_authentication: 'Enabled',
    })
    expect(
      await of('?allow_client_authentication=FALSE', { allow_client_authentication: true }),
    ).toEqual({
      client_authentication: 'Enabled',
      user_authentication: 'Enabled',
    })
    expect(await of('', { allow_user_authentication: false })).toEqual({
      client_authentication: 'Enabled',
      user_authentication: 'Disabled',
    })
    const { updatedAt } = await api.get(path)
    expect(orderable(updatedAt) > orderable(ca.updatedAt)).toBe(true)
    expect(await api.patch(path, { allow_user_authentication: 'no' }, 400)).toMatchObject(BAD_VALUE)
    await api.patch(`${path}?allow_user_authentication=maybe`, undefined, 400)
    await api.patch(`${CAS}/${randomUUID()}`, {}, 404)
  })

  test('what is chosen while a CA is pending holds once it is active', async () => {
    const ca = await pending()
    expect(ca).not.toHaveProperty('purpose')
    await api.patch(`${CAS}/${ca.id}?allow_user_authentication=False`)
    const signed = await api.post(`${CAS}/${ca.id}/self-sign`, { duration: 10 }, 200)
    expect(signed.purpose).toEqual({
      client_authentication: 'Enabled',
      user_authentication: 'Disabled',
    })
  })

  test('a CA is signed once', async () => {
    const ca = await active()
    expect(await api.post(`${CAS}/${ca.id}/self-sign`, { duration: 10 }, 400)).toMatchObject(
      BAD_STATE,
    )
    const body = { cert: ca.cert, parent_id: ca.id }
    expect(await api.post(`${CAS}/${ca.id}/install`, body, 400)).toMatchObject(BAD_STATE)
    expect((await api.get(`${CAS}/${ca.id}`)).cert).toBe(ca.cert)
  })

  test('of two who sign one CA at once, one does', async () => {
    const { id } = await pending()
    const path = `${CAS}/${id}/self-sign`
    const answers = await Promise.all(
      [10, 20, 30].map((duration) => api.send('POST', path, { duration })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400])
    const winner = answers.find(({ status }) => status === 200)
    expect((await api.get(`${CAS}/${id}`)).cert).toBe(winner?.body.cert)
  })

  test.each([
    ['neither duration nor notAfter', {}],
    ['a duration that is no number', { duration: 'long' }],
    ['a negative duration', { duration: -1 }],
    ['an end that is no time', { notAfter: 'tomorrow' }],
  ])('self-sign refuses %s', async (_what, body) => {
    const { id } = await pending()
    expect(await api.post(`${CAS}/${id}/self-sign`, body, 400)).toMatchObject(BAD_VALUE)
    expect((await api.get(`${CAS}/${id}`)).state).toBe('pending')
  })

  test('an installed CA names its parent, and its chain leads to the root', async () => {
    const root = await active()
    const middle = await pending()
    const middleCert = await issued(root, middle.csr)
    const spelled = middleCert.replaceAll('\n', '\\n')
    const installed = await api.post(
      `${CAS}/${middle.id}/install`,
      { cert: spelled, parent_id: root.uri },
      200,
    )
    expect(installed).toMatchObject({
      state: 'active',
      csr: '',
      parent: root.uri,
      cert: middleCert,
      issuer: root.subject,
    })
    const leaf = await pending()
    const leafCert = await issued(installed, leaf.csr)
    const name = installed.name
    await api.post(`${CAS}/${leaf.id}/install`, { cert: leafCert, parent_id: name }, 200)
    for (const yes of ['true', 'True', 'TRUE'])
      expect((await api.get(`${CAS}/${leaf.id}?chained=${yes}`)).cert).toBe(
        leafCert + middleCert + root.cert,
      )
    expect((await api.get(`${CAS}/${leaf.id}?chained=false`)).cert).toBe(leafCert)
    await api.delete(`${CAS}/${root.id}`)
    expect((await api.get(`${CAS}/${leaf.id}?chained=true`)).cert).toBe(leafCert + middleCert)
  })

  test('a certificate is installed only where it belongs', async () => {
    const [root, other] = [await active(), await active()]
    const [ca, stranger] = [await pending(), await pending()]
    const cert = await issued(root, ca.csr)
    const leaf = await api.post(`${CAS}/${root.id}/certs`, {
      csr: ca.csr,
      purpose: 'server',
      duration: 10,
    })
    const path = `${CAS}/${ca.id}/install`
    const refuse = async (body: object, status = 400) =>
      status === 400
        ? expect(await api.post(path, body, 400)).toMatchObject(BAD_VALUE)
        : api.post(path, body, status)
    await refuse({ cert: await issued(root, stranger.csr), parent_id: root.id })
    await refuse({ cert: leaf.cert, parent_id: root.id })
    await refuse({ cert, parent_id: other.id })
    await refuse({ cert: foreignLeaf, parent_id: root.id })
    await refuse({ cert: 'no certificate', parent_id: root.id })
    await refuse({ cert: '', parent_id: root.id })
    await refuse({ cert })
    await refuse({ parent_id: root.id })
    await refuse({ cert, parent_id: randomUUID() }, 404)
    expect(await api.post(path, { cert, parent_id: stranger.id }, 400)).toMatchObject(BAD_STATE)
    expect((await api.get(`${CAS}/${ca.id}`)).state).toBe('pending')
    await api.post(path, { cert, parent_id: root.id }, 200)
  })

  test('an external CA may be the parent', async () => {
    const elsewhere = await active()
    const ca = await pending()
    const cert = await issued(elsewhere, ca.csr)
    const parent = await api.post('/ca/external-cas', { cert: elsewhere.cert })
    await api.delete(`${CAS}/${elsewhere.id}`)
    const installed = await api.post(`${CAS}/${ca.id}/install`, { cert, parentId: parent.uri }, 200)
    expect(installed.parent).toBe(parent.uri)
    expect((await api.get(`${CAS}/${ca.id}?chained=true`)).cert).toBe(cert + parent.cert)
  })

  test('lists are filtered by whole values, and come newest change first', async () => {
    const cn = unique('listed *')
    const first = await active({ cn })
    const second = await pending({ cn })
    const third = await active({ cn: cn.replace('*', 'x') })
    const list = async (query: string) => {
      const { resources, total } = await api.get(`${CAS}/?${query}`)
      expect(total).toBe(resources.length)
      return resources.map(({ id }: { id: string }) => id)
    }
    const subject = `subject=/CN=${cn.replaceAll(' ', '%20')}`
    expect(await list(subject)).toEqual([second.id, first.id])
    expect(await list(subject.replace('%20', '+'))).toEqual([second.id, first.id])
    expect(await list(`${subject}&state=active`)).toEqual([first.id])
    expect(await list(`${subject}&state=pending`)).toEqual([second.id])
    expect(await list(`${subject}&state=expired`)).toEqual([])
    expect(await list(`${subject}&state=odd`)).toEqual([])
    expect(await list(`issuer=${encodeURIComponent(first.issuer)}`)).toEqual([first.id])
    expect(await list(`cert=${encodeURIComponent(third.cert)}`)).toEqual([third.id])
    expect(await list(`cert=${encodeURIComponent(third.cert.trimEnd())}`)).toEqual([third.id])
    expect(await list('cert=none')).toEqual([])
    expect(await list(`serialNumber=${third.serialNumber}`)).toEqual([third.id])
    expect(await list(`id=${third.id}`)).toEqual([third.id])
    expect(await list(`id=${third.uri}`)).toEqual([third.id])
    expect(await list(`name=${third.name}`)).toEqual([third.id])
    expect(await list(`${subject}&state=&issuer=&cert=`)).toEqual([second.id, first.id])
    await api.patch(`${CAS}/${first.id}`, { allow_user_authentication: false })
    expect(await list(subject)).toEqual([first.id, second.id])
    const unknown = await api.get(`${CAS}?cn=x&limit=2`)
    expect(unknown.resources).toHaveLength(2)
    expect(unknown.messages).toEqual([expect.stringContaining('"cn"')])
    const all = await api.get(`${CAS}?limit=2000`)
    expect(all.total).toBe(all.resources.length)
    const times = all.resources.map(({ updatedAt }: { updatedAt: string }) => orderable(updatedAt))
    expect(times).toEqual([...times].sort().reverse())
  })

  test('an active CA expires with its certificate, and then issues nothing', async () => {
    const ca = await active({}, 1)
    const { csr } = await pending()
    api.advance(2 * DAY)
    expect(await api.get(`${CAS}/${ca.id}`)).toMatchObject({ state: 'expired', cert: ca.cert })
    const ids = async (state: string) =>
      (await api.get(`${CAS}?limit=2000&state=${state}`)).resources.map(
        ({ id }: { id: string }) => id,
      )
    expect(await ids('expired')).toContain(ca.id)
    expect(await ids('active')).not.toContain(ca.id)
    const body = { csr, purpose: 'server', duration: 1 }
    const refused = await api.post(`${CAS}/${ca.id}/certs`, body, 400)
    expect(refused).toMatchObject(BAD_STATE)
    expect(refused.message).toContain('expired')
  })

  test('a CA goes with what it issued, whoever is below it', async () => {
    const root = await active()
    const ca = await pending()
    const cert = await issued(root, ca.csr)
    await api.post(`${CAS}/${ca.id}/install`, { cert, parent_id: root.id }, 200)
    const before = (await api.get(`${CAS}?limit=1`)).total
    const gone = await api.send('DELETE', `${CAS}/${root.name}`)
    expect([gone.status, gone.body]).toEqual([204, ''])
    await api.get(`${CAS}/${root.id}`, 404)
    await api.get(`${CAS}/${root.id}/certs`, 404)
    await api.delete(`${CAS}/${root.id}`, undefined, 404)
    expect((await api.get(`${CAS}?limit=1`)).total).toBe(before - 1)
    await api.delete(`${CAS}/${ca.id}`)
  })

  test('CA Admins manage CAs; nobody else even reads them', async () => {
    const ca = await active()
    const user = async (...groups: string[]) => {
      const credentials = { username: unique('user'), password: 'Right-Pass-1234!' }
      const { user_id } = await api.post('/usermgmt/users', credentials)
      for (const group of groups)
        await api.post(
          `/usermgmt/groups/${encodeURIComponent(group)}/users/${encodeURIComponent(user_id)}`,
          undefined,
          200,
        )
      return api.as(credentials)
    }
    const admin = await user('CA Admins')
    const made = await admin.post(CAS, { cn: 'theirs' })
    await admin.post(`${CAS}/${made.id}/self-sign`, { duration: 1 }, 200)
    await admin.get(CAS)
    await admin.delete(`${CAS}/${made.id}`)
    for (const other of [await user(), await user('Key Admins', 'User Admins')]) {
      for (const path of [CAS, `${CAS}/${ca.id}`, `${CAS}/${ca.id}/certs`, '/ca/external-cas'])
        expect(await other.get(path, 403)).toMatchObject({ code: 13 })
      await other.post(CAS, { cn: 'x' }, 403)
      await other.post('/ca/csr', { cn: 'x' }, 403)
      await other.post('/ca/external-cas', { cert: foreignRoot }, 403)
      await other.delete(`${CAS}/${ca.id}`, undefined, 403)
    }
    await api.anonymous.get(CAS, 401)
  })

  test('every change is on record, and no record holds a key', async () => {
    const name = unique('recorded')
    const ca = await active({ name })
    await api.patch(`${CAS}/${ca.id}`, { allow_user_authentication: false })
    await api.delete(`${CAS}/${ca.id}`)
    const { resources } = await api.get('/audit/records?limit=4')
    expect(resources.map(({ message }: { message: string }) => message)).toEqual([
      'Delete local CA',
      'Update local CA',
      'Self-sign local CA',
      'Create local CA',
    ])
    expect(resources[0].details).toMatchObject({ id: ca.id, name, certificates: 0 })
    expect(resources[2].details).toMatchObject({ id: ca.id, serial: ca.serialNumber })
    expect(JSON.stringify(resources)).not.toContain('PRIVATE')
  })
})
