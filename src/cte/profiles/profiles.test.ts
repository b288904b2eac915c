import { describe, expect, test } from 'vitest'
import { selfSigned } from '../../../test/conformance/self-signed.ts'
import { databases, startApi } from '../../../test/support/api.ts'
import { cteOn, TE, unique } from '../../../test/support/cte.ts'

const PROFILES = `${TE}/profiles`

describe.each(databases)('client profiles on %s', (database) => {
  const api = startApi(database)
  const cte = cteOn(api)
  const create = (fields: object, status = 201) =>
    api.post(PROFILES, { name: unique('profile'), ...fields }, status)
  const withServers = (...servers: readonly object[]) => ({ syslog_settings: { servers } })

  test('the private key of a syslog server is kept for nobody to read', async () => {
    const { cert, key } = await selfSigned()
    const server = { name: 'log.example.com', port: 6514, protocol: 'tls', caCertificate: cert }
    const made = await create(withServers({ ...server, certificate: cert, privateKey: key }))
    const shown = [made, await api.get(`${PROFILES}/${made.id}`)]
    for (const { syslog_settings } of shown)
      expect(syslog_settings.servers).toEqual([
        { ...server, protocol: 'TLS', message_format: 'RFC5424', certificate: cert },
      ])
    const said = JSON.stringify([shown, await api.get('/audit/records?limit=50')])
    expect(said).not.toContain(key.split('\n')[1])
    const changed = await api.patch(
      `${PROFILES}/${made.id}`,
      withServers({ ...server, certificate: cert, port: 1514 }, { name: 'other.example.com' }),
    )
    expect(changed.syslog_settings.servers).toMatchObject([
      { name: server.name, port: 1514 },
      { name: 'other.example.com', port: 514, protocol: 'TCP' },
    ])
    await api.delete(`${PROFILES}/${made.id}`)
  })

  test('a private key comes with the certificate that it belongs to', async () => {
    const [one, other] = [await selfSigned(), await selfSigned()]
    const server = { name: 'log.example.com' }
    for (const [fields, why] of [
      [{ privateKey: one.key }, /with its certificate/],
      [{ certificate: one.cert, privateKey: other.key }, /not the certificate's/],
      [{ certificate: one.cert, privateKey: 'text' }, /no private key/],
      [{ caCertificate: 'text' }, /no certificate/],
    ] as const) {
      const refused = await create(withServers({ ...server, ...fields }), 400)
      expect(refused.codeDesc).toMatch(why)
      expect(JSON.stringify(refused)).not.toContain(other.key.split('\n')[1])
    }
    await create(withServers(server, server), 400)
  })

  test('sets that a profile names stay as long as it names them', async () => {
    const users = await cte.set('user')
    const processes = await cte.set('process')
    const made = await create({
      mfa_exempt_user_set_id: users.name,
      rwp_process_set: processes.name,
      rwp_operation: 'permit',
    })
    expect(made).toMatchObject({
      mfa_exempt_user_set_id: users.id,
      mfa_exempt_user_set_name: users.name,
      rwp_process_set: processes.name,
    })
    for (const path of [`usersets/${users.id}`, `processsets/${processes.id}`]) {
      const refused = await api.delete(`${TE}/${path}`, undefined, 409)
      expect(refused.codeDesc).toContain(`"${made.name}"`)
    }
    await api.delete(`${PROFILES}/${made.id}`)
    await api.delete(`${TE}/usersets/${users.id}`)
    await api.delete(`${TE}/processsets/${processes.id}`)
  })

  test('a profile lets go of its sets with an empty text, and keeps them when nothing is said', async () => {
    const users = await cte.set('user')
    const processes = await cte.set('process')
    const both = { mfa_exempt_user_set_id: users.name, rwp_process_set: processes.id }
    const empty = { mfa_exempt_user_set_id: '', rwp_process_set: '' }
    const shown = { mfa_exempt_user_set_id: users.id, rwp_process_set: processes.id }
    const { id } = await create(both)
    const change = (body: object) => api.patch(`${PROFILES}/${id}`, body)
    for (const sent of [{}, { mfa_exempt_user_set_id: null, rwp_process_set: null }])
      expect(await change({ ...sent, description: 'd' })).toMatchObject(shown)
    expect(await change(empty)).toMatchObject({ ...empty, mfa_exempt_user_set_name: '' })
    expect(await api.get(`${PROFILES}/${id}`)).toMatchObject(empty)
    await change(both)
    await api.delete(`${TE}/usersets/${users.id}`, undefined, 409)
    await change(empty)
    await api.delete(`${TE}/usersets/${users.id}`)
    await api.delete(`${TE}/processsets/${processes.id}`)
    expect(await create(empty)).toMatchObject(empty)
  })

  test('a set that is deleted while a profile takes it is there for the profile, or for nobody', async () => {
    for (const round of [1, 2, 3, 4, 5, 6]) {
      const users = await cte.set('user')
      const [deleted, made] = await Promise.all([
        api.send('DELETE', `${TE}/usersets/${users.id}`),
        api.send('POST', PROFILES, {
          name: unique(`profile-${round}`),
          mfa_exempt_user_set_id: users.id,
        }),
      ])
      expect([
        [204, 404],
        [409, 201],
      ]).toContainEqual([deleted.status, made.status])
    }
  })

  test('what no part of this server would use is refused and not kept', async () => {
    await create({ oidc_connection_id: 'login' }, 501)
  })
})
