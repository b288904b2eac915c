import { createPrivateKey, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../test/support/api.ts'
import { foreignRoot } from '../../test/support/certificates.ts'

const ROOT = 'test_playbook_local_ca_to_self_sign'
const INTERMEDIATE = 'test_playbook_local_ca_to_install'
const LOCAL_CAS = '/ca/local-cas'
const JSON_ONLY = { accept: 'application/json' }

/** The CA playbook of the Cortex XSOAR integration, request by request as its client sends them. */
describe.each(databases)('the CA playbook of XSOAR on %s', (database) => {
  const api = startApi(database)

  test('all of its steps succeed, in this order', async () => {
    // 1. local-ca-create
    const root = await api.post(`${LOCAL_CAS}/`, { cn: 'test_playbook_local_ca', name: ROOT })
    expect(root).toMatchObject({
      name: ROOT,
      state: 'pending',
      subject: '/CN=test_playbook_local_ca',
    })
    expect(root.csr).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----\n/)

    // 2. local-ca-update, by id, in the query, with no body, while it is pending
    const patched = await api.send(
      'PATCH',
      `${LOCAL_CAS}/${root.id}?allow_client_authentication=True&allow_user_authentication=True`,
      undefined,
      { ...JSON_ONLY, 'content-length': '0' },
    )
    expect(patched.status).toBe(200)
    expect(patched.body.purpose).toEqual({
      client_authentication: 'Enabled',
      user_authentication: 'Enabled',
    })

    // 3. local-ca-self-sign, by name
    const signed = await api.post(`${LOCAL_CAS}/${ROOT}/self-sign`, { duration: 365 }, 200)
    expect(signed).toMatchObject({
      id: root.id,
      state: 'active',
      csr: '',
      purpose: patched.body.purpose,
    })
    expect(signed.issuer).toBe(signed.subject)

    // 4. local-ca-create, of the same common name
    const intermediate = await api.post(`${LOCAL_CAS}/`, {
      cn: 'test_playbook_local_ca',
      name: INTERMEDIATE,
    })

    // 5. certificate-issue, by the name of the CA
    const issued = await api.post(`${LOCAL_CAS}/${ROOT}/certs`, {
      csr: intermediate.csr,
      purpose: 'ca',
      duration: 365,
    })
    expect(issued).toMatchObject({
      state: 'active',
      ca: root.uri,
      revoked_at: '0001-01-01T00:00:00Z',
    })

    // 6. local-ca-install, by name, its parent by id
    const installed = await api.post(
      `${LOCAL_CAS}/${INTERMEDIATE}/install`,
      { cert: issued.cert, parentId: root.id },
      200,
    )
    expect(installed).toMatchObject({ state: 'active', parent: root.uri, cert: issued.cert })
    expect(
      new X509Certificate(installed.cert).verify(new X509Certificate(signed.cert).publicKey),
    ).toBe(true)

    // 7. csr-generate
    const made = await api.post('/ca/csr', {
      cn: 'test_playbook_generic_csr',
      password: 'a password for the key',
    })
    expect(Object.keys(made).sort()).toEqual(['csr', 'key'])
    expect(made.key).toContain('Proc-Type: 4,ENCRYPTED')
    const key = createPrivateKey({ key: made.key, passphrase: 'a password for the key' })

    // 8. certificate-issue, certificate-list
    const server = await api.post(`${LOCAL_CAS}/${ROOT}/certs`, {
      csr: made.csr,
      purpose: 'server',
      duration: 365,
    })
    expect(new X509Certificate(server.cert).checkPrivateKey(key)).toBe(true)
    const listed = await api.get(`${LOCAL_CAS}/${root.id}/certs?skip=0&limit=50`)
    expect(listed).toMatchObject({ skip: 0, limit: 50, total: 2 })
    expect(listed.resources.map(({ id }: { id: string }) => id)).toEqual([server.id, issued.id])

    // 9. certificate-revoke, certificate-resume, local-certificate-delete, of what the installed CA uses
    const first = `${LOCAL_CAS}/${ROOT}/certs/${issued.id}`
    const held = await api.post(`${first}/revoke`, { reason: 'certificateHold' }, 200)
    expect(held).toMatchObject({ state: 'revoked', revoked_reason: 'certificateHold' })
    const resumed = await api.send('POST', `${first}/resume`, undefined, { 'content-length': '0' })
    expect(resumed.status).toBe(200)
    expect(resumed.body).toMatchObject({ state: 'active', revoked_at: '0001-01-01T00:00:00Z' })
    expect(resumed.body).not.toHaveProperty('revoked_reason')
    await api.delete(first)
    expect(await api.get(`${LOCAL_CAS}/${INTERMEDIATE}`)).toEqual(installed)

    // 10. local-ca-list; the root goes first
    const cas = await api.get(`${LOCAL_CAS}/?skip=0&limit=50`)
    expect(cas.resources.slice(0, 2).map(({ name }: { name: string }) => name)).toEqual([
      INTERMEDIATE,
      ROOT,
    ])
    await api.delete(`${LOCAL_CAS}/${root.id}`)
    await api.delete(`${LOCAL_CAS}/${intermediate.id}`)
    await api.get(`${LOCAL_CAS}/${ROOT}`, 404)

    // 11. external-ca-upload, -update, -delete, -list
    const uploaded = await api.post('/ca/external-cas/', {
      cert: foreignRoot.trimEnd(),
      name: 'test_playbook_external_ca',
    })
    expect(uploaded).toMatchObject({
      name: 'test_playbook_external_ca',
      serialNumber: '0',
      purpose: { client_authentication: 'Enabled', user_authentication: 'Enabled' },
    })
    const distrusted = await api.patch(`/ca/external-cas/${uploaded.id}`, {
      allow_client_authentication: false,
      allow_user_authentication: false,
    })
    expect(distrusted.purpose).toEqual({
      client_authentication: 'Disabled',
      user_authentication: 'Disabled',
    })
    await api.delete(`/ca/external-cas/${uploaded.id}`)
    const external = await api.get('/ca/external-cas/?skip=0&limit=50')
    expect(external).toMatchObject({ total: 0, resources: [] })
  })
})
