import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { foreignLeaf, foreignRoot } from '../../../test/support/certificates.ts'

const CAS = '/ca/external-cas'
const BAD_VALUE = { code: 9, codeDesc: expect.stringMatching(/^NCERRInvalidParamValue: ./) }

describe.each(databases)('external CAs on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`

  test('an uploaded CA shows its certificate as it is, trusted for both', async () => {
    const ca = await api.post(CAS, { cert: foreignRoot })
    expect(Object.keys(ca)).toEqual([
      'id',
      'uri',
      'account',
      'createdAt',
      'updatedAt',
      'name',
      'cert',
      'purpose',
      'serialNumber',
      'subject',
      'issuer',
      'notBefore',
      'notAfter',
      'sha1Fingerprint',
      'sha256Fingerprint',
      'sha512Fingerprint',
    ])
    const subject = '/C=US/ST=TX/L=Austin/O=Example Corp/CN=playbook external root'
    const fingerprint = createHash('sha256').update(new X509Certificate(foreignRoot).raw)
    expect(ca).toMatchObject({
      uri: `kylo:kylo:naboo:external_ca:${ca.id}`,
      account: 'kylo:kylo:admin:accounts:kylo',
      name: `externalca-${ca.id}`,
      updatedAt: ca.createdAt,
      cert: foreignRoot,
      purpose: { client_authentication: 'Enabled', user_authentication: 'Enabled' },
      serialNumber: '0',
      subject,
      issuer: subject,
      notAfter: '2047-06-05T02:35:16Z',
      sha256Fingerprint: fingerprint.digest('hex').toUpperCase(),
    })
    for (const reference of [ca.id, ca.uri, ca.name])
      expect(await api.get(`${CAS}/${reference}/`)).toEqual(ca)
  })

  test('one certificate may be there many times, and a name once', async () => {
    const name = unique('root')
    const first = await api.post(CAS, { cert: foreignRoot, name })
    const second = await api.post(CAS, { cert: foreignRoot, name: unique('root') })
    expect(second.sha256Fingerprint).toBe(first.sha256Fingerprint)
    const refused = await api.post(CAS, { cert: foreignRoot, name }, 409)
    expect(refused.codeDesc).toMatch(/^NCERRConflict: /)
  })

  test('the text may end anywhere behind the certificate, with any line ends', async () => {
    const spellings = [
      foreignRoot.trimEnd(),
      foreignRoot.replaceAll('\n', '\r\n'),
      foreignRoot.replaceAll('\n', '\\n'),
    ]
    for (const cert of spellings) expect((await api.post(CAS, { cert })).cert).toBe(foreignRoot)
  })

  test('what is no CA certificate is refused', async () => {
    const broken = foreignRoot.replace(/\n.{30}/, '\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    for (const cert of [undefined, '', 'text', foreignLeaf, broken, 7])
      expect(await api.post(CAS, { cert }, 400)).toMatchObject(BAD_VALUE)
  })

  test('a parent is recorded by its URI', async () => {
    const parent = await api.post(CAS, { cert: foreignRoot, name: unique('parent') })
    for (const reference of [parent.uri, parent.id, parent.name])
      expect((await api.post(CAS, { cert: foreignRoot, parent: reference })).parent).toBe(
        parent.uri,
      )
    await api.post(CAS, { cert: foreignRoot, parent: randomUUID() }, 404)
    expect(await api.post(CAS, { cert: foreignRoot, parent: '' })).not.toHaveProperty('parent')
  })

  test('purposes change, each alone', async () => {
    const ca = await api.post(CAS, { cert: foreignRoot })
    const path = `${CAS}/${ca.uri}`
    const of = async (body?: object, query = '') => (await api.patch(path + query, body)).purpose
    expect(await of({ allow_client_authentication: false })).toEqual({
      client_authentication: 'Disabled',
      user_authentication: 'Enabled',
    })
    expect(
      await of({ allow_client_authentication: true, allow_user_authentication: false }),
    ).toEqual({
      client_authentication: 'Enabled',
      user_authentication: 'Disabled',
    })
    expect(await of(undefined, '?allow_user_authentication=True')).toEqual({
      client_authentication: 'Enabled',
      user_authentication: 'Enabled',
    })
    expect(await api.patch(path, { allow_user_authentication: 1 }, 400)).toMatchObject(BAD_VALUE)
    await api.patch(`${CAS}/${randomUUID()}`, {}, 404)
  })

  test('lists are filtered by whole values, and come newest change first', async () => {
    const cn = unique('root')
    const { id } = await api.post('/ca/local-cas', { cn })
    const { cert, serialNumber } = await api.post(
      `/ca/local-cas/${id}/self-sign`,
      { duration: 9 },
      200,
    )
    const first = await api.post(CAS, { cert, name: unique('a') })
    const second = await api.post(CAS, { cert, name: unique('b') })
    const list = async (query: string) => {
      const { resources, total } = await api.get(`${CAS}/?skip=0&limit=50&${query}`)
      expect(total).toBe(resources.length)
      return resources.map(({ id }: { id: string }) => id)
    }
    const both = [second.id, first.id]
    expect(await list(`subject=/CN=${cn}`)).toEqual(both)
    expect(await list(`issuer=/CN=${cn}`)).toEqual(both)
    expect(await list(`serialNumber=${serialNumber}`)).toEqual(both)
    expect(await list(`cert=${encodeURIComponent(cert)}`)).toEqual(both)
    expect(await list(`subject=/CN=${cn}&name=${first.name}`)).toEqual([first.id])
    expect(await list('subject=/CN=*')).toEqual([])
    await api.patch(`${CAS}/${first.id}`, { allow_user_authentication: false })
    expect(await list(`subject=/CN=${cn}`)).toEqual([first.id, second.id])
  })

  test('a deleted CA is gone', async () => {
    const { id } = await api.post(CAS, { cert: foreignRoot })
    const { total } = await api.get(`${CAS}?limit=1`)
    await api.delete(`${CAS}/${id}`)
    await api.get(`${CAS}/${id}`, 404)
    await api.delete(`${CAS}/${id}`, undefined, 404)
    expect((await api.get(`${CAS}?limit=1`)).total).toBe(total - 1)
  })

  test('uploads, changes and deletions are on record', async () => {
    const name = unique('recorded')
    const { id } = await api.post(CAS, { cert: foreignRoot, name })
    await api.patch(`${CAS}/${id}`, { allow_user_authentication: false })
    await api.delete(`${CAS}/${id}`)
    const { resources } = await api.get('/audit/records?limit=3')
    expect(resources.map(({ message }: { message: string }) => message)).toEqual([
      'Delete external CA',
      'Update external CA',
      'Upload external CA',
    ])
    expect(resources[0].details).toMatchObject({ id, name })
  })
})
