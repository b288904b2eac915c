import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { foreignRoot } from '../../../test/support/certificates.ts'

const PATH = '/trusted-cas'

describe.each(databases)('the CAs that services trust on %s', (database) => {
  const api = startApi(database)

  test('are added, listed with what their certificate says, and taken away', async () => {
    const ca = await api.post('/ca/external-cas', { cert: foreignRoot, name: 'partner' })
    const made = await api.post(`${PATH}/`, { ca_id: ca.uri, service: 'web' })
    expect(made).toMatchObject({ service: 'web', ca_type: 'external' })
    expect(made).not.toHaveProperty('ca_details')
    const again = await api.post(PATH, { ca_id: ca.id, service: 'web', ca_type: 'external' })
    expect(again.id).not.toBe(made.id)
    const { resources, total } = await api.get(`${PATH}?service=web`)
    expect(total).toBe(2)
    expect(resources.map(({ id }: { id: string }) => id)).toEqual([again.id, made.id])
    const details = {
      name: 'partner',
      subject: ca.subject,
      issuer: ca.issuer,
      serial_number: ca.serialNumber,
      notAfter: ca.notAfter,
      notBefore: ca.notBefore,
      sha1Fingerprint: ca.sha1Fingerprint,
      sha256Fingerprint: ca.sha256Fingerprint,
      sha512Fingerprint: ca.sha512Fingerprint,
    }
    expect(resources[0]).toEqual({ ...again, ...details, ca_details: details })

    const held = await api.delete(`/ca/external-cas/${ca.id}`, undefined, 409)
    expect(held.codeDesc).toContain('a service trusts it')
    await api.delete(`${PATH}/${again.id}`)
    await api.delete(`${PATH}/${made.uri}`)
    await api.delete(`${PATH}/${made.id}`, undefined, 404)
    expect((await api.get(PATH)).total).toBe(0)
    await api.delete(`/ca/external-cas/${ca.id}`)
  })

  test('several are added at once, all or none', async () => {
    const [ca] = (await api.get('/ca/local-cas')).resources
    const entry = { ca_id: ca.id, ca_type: 'local', service: 'web' }
    const many = (body: unknown, status?: number) =>
      api.post('/trusted-cas-create-many/', body, status)
    const wrapped = await many({ trusted_cas: [entry, entry], auto_restart: true })
    expect(wrapped.success).toHaveLength(2)
    const bare = await many([entry])
    await many({ trusted_cas: [entry, { ...entry, ca_id: 'nobody' }] }, 400)
    const { resources } = await api.get(PATH)
    expect(resources).toHaveLength(3)
    for (const { id } of [...wrapped.success, ...bare.success]) await api.delete(`${PATH}/${id}`)
  })

  test('are refused for what is not there', async () => {
    const [ca] = (await api.get('/ca/local-cas')).resources
    await api.post(PATH, { ca_id: ca.id, service: 'kmip' }, 501)
    await api.post(PATH, { ca_id: ca.id, service: 'gopher' }, 400)
    await api.post(PATH, { ca_id: ca.id, service: 'web', ca_type: 'external' }, 400)
    await api.post(PATH, { service: 'web' }, 400)
    const pending = await api.post('/ca/local-cas', { cn: 'pending' })
    await api.post(PATH, { ca_id: pending.id, service: 'web' }, 400)
    expect((await api.get(PATH)).total).toBe(0)
  })

  test('are for members of admin to choose: who may sign in follows from it', async () => {
    const user = { username: 'operator', password: 'Operator-Pass-1' }
    await api.post('/usermgmt/users', user)
    await api.post('/usermgmt/groups/System%20Admins/users/operator', undefined, 200)
    const operator = await api.as(user)
    const [ca] = (await api.get('/ca/local-cas')).resources
    await operator.get(PATH)
    await operator.get('/configs/interfaces/web')
    await operator.post(PATH, { ca_id: ca.id, service: 'web' }, 403)
    const trusted_cas = { local: [ca.id] }
    await operator.patch('/configs/interfaces/web', { trusted_cas }, 403)
    await operator.patch('/configs/interfaces/web', { minimum_tls_version: 'tls_1_2' })
  })
})
