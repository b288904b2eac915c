import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { clientWith, type Identity } from '../../../test/support/client-certificate.ts'
import {
  name,
  pemOf,
  subordinate,
  userCertificate,
  type Wanted,
} from '../../../test/support/user-certificates.ts'
import { forgeRequest, subjectFields, type TestCa, testCa } from '../../../test/support/x509.ts'
import { forgeCertificate } from '../../../test/support/x509-forge.ts'
import { generateKey } from '../../ca/x509/index.ts'
import { oids } from '../../ca/x509/oids.ts'

const DAY = 86_400_000
const password = 'Certif-Pass-1234!'
const WRONG = 'Wrong username or password.'

describe.each(databases)('signing in by certificate on %s', (database) => {
  const api = startApi(database)
  /** An external CA whose certificates sign users in. */
  let ca: TestCa

  const upload = async (cert: string): Promise<string> =>
    (await api.post('/ca/external-cas', { name: `ca-${randomUUID()}`, cert })).id
  /** Gives back the entry among the trusted CAs. */
  const trustForWeb = async (ca_id: string): Promise<string> =>
    (await api.post('/trusted-cas', { ca_id, service: 'web' })).id
  const trust = async (cert: string): Promise<string> => {
    const id = await upload(cert)
    await trustForWeb(id)
    return id
  }
  const user = async (fields: object = {}) => {
    const username = `u-${randomUUID().slice(0, 8)}`
    const { user_id } = await api.post('/usermgmt/users', {
      username,
      password,
      certificate_subject_dn: `CN=${username}`,
      allowed_auth_methods: ['user_certificate'],
      ...fields,
    })
    return { username, user_id }
  }
  const cnOf = (username: string): Wanted => ({ subject: [[['CN', username]]] })
  const signIn = async (identity: Identity | undefined, body: object = {}) => {
    const client = clientWith(api.server, identity)
    try {
      return await client.post('/auth/tokens', { grant_type: 'user_certificate', ...body })
    } finally {
      client.close()
    }
  }
  /** The newest refusal's reason, which only the audit log has. */
  const reason = async (): Promise<string> => {
    const { resources } = await api.get('/audit/records?success=false&sort=-createdAt&limit=1')
    const { details } = resources[0]
    return (typeof details === 'string' ? JSON.parse(details) : details).certificate_refused
  }
  const refused = async (identity: Identity | undefined, why?: string | RegExp, body?: object) => {
    const answer = await signIn(identity, body)
    expect(answer.status, JSON.stringify(answer.body)).toBe(401)
    expect(answer.body.message).toBe(WRONG)
    if (why) expect(await reason()).toMatch(why)
  }

  beforeAll(async () => {
    ca = await testCa('ECDSA', undefined, subjectFields('Users CA'))
    await trust(ca.certificate)
  })

  test('works for the user whose distinguished name the certificate has', async () => {
    const { username, user_id } = await user()
    const answer = await signIn(await userCertificate(ca, cnOf(username)))
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    const me = await api.with(answer.body.jwt).get('/auth/self/user')
    expect(me).toMatchObject({ user_id, username, logins_count: 1 })
    const { resources } = await api.get(`/audit/records?username=${username}&limit=1`)
    expect(JSON.stringify(resources)).toContain(`CN=${username}`)
  })

  test('compares the name as a set of typed values, in any order and with commas in it', async () => {
    const cn = `u-${randomUUID().slice(0, 8)}`
    const dn = `CN=${cn},OU=b,OU=a,O=Foo\\, Inc,C=US`
    const { username } = await user({ certificate_subject_dn: dn })
    const subject: Wanted['subject'] = [
      [
        ['OU', 'a'],
        ['OU', 'b'],
      ],
      [['CN', cn]],
      [['C', 'US']],
      [['O', 'Foo, Inc']],
    ]
    const answer = await signIn(await userCertificate(ca, { subject }))
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    expect((await api.with(answer.body.jwt).get('/auth/self/user')).username).toBe(username)
    for (const other of [
      subject.slice(0, 3),
      [...subject, [['OU', 'c']] as const],
      [...subject.slice(0, 3), [['O', 'Foo']] as const],
      [
        [
          ['OU', 'a'],
          ['OU', 'b'],
        ],
        [['CN', cn.toUpperCase()]],
        ...subject.slice(2),
      ] as const,
    ])
      await refused(await userCertificate(ca, { subject: other }), /no user/)
    // Text that looks like more parts is one value.
    await refused(await userCertificate(ca, cnOf(`${cn},OU=b,OU=a,O=Foo\\, Inc,C=US`)), /no user/)
  })

  test('needs a CN in the certificate', async () => {
    await user({ certificate_subject_dn: 'O=No CN' })
    await refused(await userCertificate(ca, { subject: [[['O', 'No CN']]] }), /no CN/)
  })

  describe('is refused with one answer, the reason being on record alone,', () => {
    let username: string
    beforeAll(async () => {
      username = (await user()).username
      expect((await signIn(await userCertificate(ca, cnOf(username)))).status).toBe(200)
    })

    test('without a certificate', () => refused(undefined, /no client certificate was shown/))

    test('for a name that no user has', async () =>
      refused(await userCertificate(ca, cnOf('nobody')), /no user has this distinguished name/))

    test('for a certificate of another CA with the same name', async () => {
      const impostor = await testCa('ECDSA', undefined, subjectFields('Users CA'))
      await refused(await userCertificate(impostor, cnOf(username)), /no path leads/)
    })

    test('for a certificate that signed itself', async () => {
      const own = await testCa('ECDSA', undefined, subjectFields(username))
      const key = own.key.export({ type: 'pkcs8', format: 'pem' }).toString()
      await refused({ cert: own.certificate, key }, /no path leads/)
    })

    test('for one that has expired, and one that is not valid yet', async () => {
      const expired = { ...cnOf(username), notAfter: new Date(Date.now() - 60_000) }
      await refused(await userCertificate(ca, expired), /has expired/)
      const early = { ...cnOf(username), notBefore: new Date(Date.now() + DAY) }
      await refused(await userCertificate(ca, early), /not valid yet/)
    })

    test('for the certificate of a server', async () =>
      refused(
        await userCertificate(ca, { ...cnOf(username), purpose: 'server' }),
        /not for this use/,
      ))

    test('for one with an extension that must be understood and is not', async () => {
      const odd = { oid: '1.2.3.4', critical: true, value: Buffer.from([5, 0]) }
      const change: Wanted['change'] = (template) => ({
        ...template,
        extensions: [...template.extensions, odd],
      })
      await refused(
        await userCertificate(ca, { ...cnOf(username), change }),
        /critical extension 1\.2\.3\.4/,
      )
    })

    test('when the CA is not trusted by the web interface, or may not sign users in, until both hold again', async () => {
      const other = await testCa('ECDSA', undefined, subjectFields('Sometimes CA'))
      const id = await upload(other.certificate)
      const mine = await userCertificate(other, cnOf(username))
      await refused(mine, /no path leads/)
      const entry = await trustForWeb(id)
      expect((await signIn(mine)).status).toBe(200)
      await api.patch(`/ca/external-cas/${id}`, { allow_user_authentication: false })
      await refused(mine, /no path leads/)
      await api.patch(`/ca/external-cas/${id}`, { allow_user_authentication: true })
      expect((await signIn(mine)).status).toBe(200)
      await api.delete(`/trusted-cas/${entry}`)
      await refused(mine, /no path leads/)
    })

    test('for a user who is disabled, has expired, may not use this method or this kind of client', async () => {
      for (const fields of [
        { allowed_auth_methods: [] },
        { allowed_auth_methods: ['password'] },
        { allowed_auth_methods: ['password_with_user_certificate'] },
        { allowed_client_types: [] },
        { allowed_client_types: ['public'] },
        { expires_at: '2020-01-01T00:00:00Z' },
      ]) {
        const other = await user(fields)
        await refused(await userCertificate(ca, cnOf(other.username)))
      }
    })

    test('with the name of another user beside it, or of a domain that is not there', async () => {
      const mine = await userCertificate(ca, cnOf(username))
      await refused(mine, undefined, { username: 'admin' })
      await refused(mine, undefined, { domain: 'elsewhere' })
      await refused(mine, undefined, { auth_domain: 'elsewhere' })
      expect((await signIn(mine, { username: username.toUpperCase() })).status).toBe(200)
    })
  })

  test('lets members of admin in whatever their lists say', async () => {
    const { username, user_id } = await user({ allowed_auth_methods: [], allowed_client_types: [] })
    await api.post(`/usermgmt/groups/admin/users/${user_id}`, undefined, 200)
    expect((await signIn(await userCertificate(ca, cnOf(username)))).status).toBe(200)
  })

  test('keeps to `prevent_ui_login`', async () => {
    const { username } = await user({ login_flags: { prevent_ui_login: true } })
    const mine = await userCertificate(ca, cnOf(username))
    await refused(mine, undefined, { labels: ['web-ui'] })
    expect((await signIn(mine)).status).toBe(200)
  })

  describe('over a chain', () => {
    test('takes intermediate certificates that the client sends along, also when it would resume its TLS session', async () => {
      const { username } = await user()
      const middle = await subordinate(ca, 'Middle')
      const lower = await subordinate(middle, 'Lower')
      const own = await userCertificate(lower, cnOf(username))
      const whole = { ...own, cert: own.cert + lower.certificate + middle.certificate }
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        const client = clientWith(api.server, whole, { maxVersion, resume: true })
        const answers = []
        for (let at = 0; at < 3; at++)
          answers.push(await client.post('/auth/tokens', { grant_type: 'user_certificate' }))
        client.close()
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
        // A resumed session would bring back less than was shown at first.
        expect(answers.map(({ resumed }) => resumed)).toEqual([false, false, false])
      }
    })

    test('is refused where one is missing', async () => {
      const { username } = await user()
      const middle = await subordinate(ca, 'Other Middle')
      await refused(await userCertificate(middle, cnOf(username)), /no path leads/)
    })

    test('is refused where a certificate on the way is no CA', async () => {
      const { username } = await user()
      const middle = await subordinate(ca, 'No CA')
      const own = await userCertificate(middle, cnOf(username))
      const from = { certificate: middle.certificate, key: ca.key }
      const plain = await forgeCertificate(from, (template) => ({
        ...template,
        extensions: template.extensions.filter(({ oid }) => oid !== oids.basicConstraints),
      }))
      await refused({ ...own, cert: own.cert + plain }, /no CA/)
    })

    test('is refused where a CA on the way that is known here may not sign users in', async () => {
      const { username } = await user()
      const middle = await subordinate(ca, 'Barred Middle')
      const own = await userCertificate(middle, cnOf(username))
      const whole = { ...own, cert: own.cert + middle.certificate }
      expect((await signIn(whole)).status).toBe(200)
      const id = await upload(middle.certificate)
      await api.patch(`/ca/external-cas/${id}`, { allow_user_authentication: false })
      await refused(whole, /may not sign users in/)
      await api.delete(`/ca/external-cas/${id}`)
    })
  })

  describe('with a certificate of a local CA', () => {
    let localCa: string
    beforeAll(async () => {
      const { id } = await api.post('/ca/local-cas', { cn: 'Local Users', algorithm: 'ECDSA' })
      await api.post(`/ca/local-cas/${id}/self-sign`, { duration: 3650 }, 200)
      await trustForWeb(id)
      localCa = id
    })
    const issued = async (cn: string, names: object[] = []) => {
      const { csr, key } = await api.post('/ca/csr', { cn, names, algorithm: 'ECDSA' })
      const body = { csr, purpose: 'client', duration: 30 }
      const { id, cert } = await api.post(`/ca/local-cas/${localCa}/certs`, body)
      return { id, identity: { cert, key } as Identity }
    }

    test('ends when the certificate is revoked or on hold, and comes back when it is resumed', async () => {
      const { username } = await user()
      const { id, identity } = await issued(username)
      const { body } = await signIn(identity)
      const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
      await api.anonymous.post('/auth/tokens', refresh, 200)

      const path = `/ca/local-cas/${localCa}/certs/${id}`
      await api.post(`${path}/revoke`, { reason: 'certificateHold' }, 200)
      await refused(identity, /revoked or on hold/)
      const held = await api.anonymous.post('/auth/tokens', refresh, 401)
      expect(held.message).toBe('Token has been revoked')
      expect(await reason()).toMatch(/revoked or on hold/)

      await api.post(`${path}/resume`, undefined, 200)
      expect((await signIn(identity)).status).toBe(200)
      const renewed = await api.anonymous.post(
        '/auth/tokens',
        { ...refresh, renew_refresh_token: true },
        200,
      )

      await api.post(`${path}/revoke`, { reason: 'keyCompromise' }, 200)
      await refused(identity, /revoked or on hold/)
      await api.anonymous.post('/auth/tokens', { refresh_token: renewed.refresh_token }, 401)
      await api.delete(path)
      await refused(identity, /revoked or on hold/)
    })

    test('ends with the certificate that an intermediate CA had from a local CA', async () => {
      const { username } = await user()
      const { id } = await api.post('/ca/local-cas', { cn: 'Local Middle', algorithm: 'ECDSA' })
      const { csr } = await api.get(`/ca/local-cas/${id}`)
      const body = { csr, purpose: 'ca', duration: 300 }
      const made = await api.post(`/ca/local-cas/${localCa}/certs`, body)
      await api.post(`/ca/local-cas/${id}/install`, { cert: made.cert, parent_id: localCa }, 200)
      const request = await api.post('/ca/csr', { cn: username, algorithm: 'ECDSA' })
      const { cert } = await api.post(`/ca/local-cas/${id}/certs`, {
        csr: request.csr,
        purpose: 'client',
        duration: 30,
      })
      const identity = { cert: cert + made.cert, key: request.key }
      expect((await signIn(identity)).status).toBe(200)
      await api.post(
        `/ca/local-cas/${localCa}/certs/${made.id}/revoke`,
        { reason: 'superseded' },
        200,
      )
      await refused(identity, /revoked or on hold/)
    })

    test('stays when its record is deleted, and ends when the CA has no word of it left', async () => {
      const { username } = await user()
      const { id, identity } = await issued(username)
      const { identity: kept } = await issued(username)
      await api.delete(`/ca/local-cas/${localCa}/certs/${id}`)
      expect((await signIn(identity)).status).toBe(200)
      await api.server.tamper(`delete from certificates where ca_id = '${localCa}'`)
      await refused(kept, /"Local Users|has no record/)
      expect((await signIn(identity)).status).toBe(200)
    })

    test('signs nobody in once a revocation of the CA was taken out of the database', async () => {
      const { username } = await user()
      const { id: caId } = await api.post('/ca/local-cas', { cn: 'Robbed', algorithm: 'ECDSA' })
      await api.post(`/ca/local-cas/${caId}/self-sign`, { duration: 3650 }, 200)
      await trustForWeb(caId)
      const { csr, key } = await api.post('/ca/csr', { cn: username, algorithm: 'ECDSA' })
      const certs = `/ca/local-cas/${caId}/certs`
      const { id, cert } = await api.post(certs, { csr, purpose: 'client', duration: 30 })
      await api.post(`${certs}/${id}/revoke`, { reason: 'keyCompromise' }, 200)
      await refused({ cert, key }, /revoked or on hold/)
      await api.server.tamper(`delete from revocations where ca_id = '${caId}'`)
      expect((await signIn({ cert, key })).status).toBe(500)
    })

    test('is refused with DC or GN parts, which external CAs may give', async () => {
      const cn = `u-${randomUUID().slice(0, 8)}`
      const subject: Wanted['subject'] = [[['DC', 'example']], [['CN', cn]]]
      await user({ certificate_subject_dn: `DC=example,CN=${cn}` })
      expect((await signIn(await userCertificate(ca, { subject }))).status).toBe(200)
      const request = await foreignRequest(subject)
      const answer = await api.send('POST', `/ca/local-cas/${localCa}/certs`, {
        csr: request.csr,
        purpose: 'client',
        duration: 30,
      })
      expect(answer.status, JSON.stringify(answer.body)).toBe(201)
      await refused({ cert: answer.body.cert, key: request.key }, /DC or GN/)
    })
  })

  describe('and password together', () => {
    const both = (identity: Identity | undefined, body: object) =>
      signIn(identity, { grant_type: 'password', ...body })

    test('needs the two of the same user, by either grant', async () => {
      const methods = { allowed_auth_methods: ['password_with_user_certificate'] }
      const [jo, al] = [await user(methods), await user(methods)]
      const mine = await userCertificate(ca, cnOf(jo.username))
      const right = { username: jo.username, password }
      for (const grant_type of ['password', 'password_with_user_certificate']) {
        expect((await both(mine, { grant_type, ...right })).status, grant_type).toBe(200)
        for (const [identity, body] of [
          [undefined, right],
          [mine, { ...right, password: 'wrong' }],
          [mine, { ...right, username: al.username }],
          [await userCertificate(ca, cnOf(al.username)), right],
        ] as const) {
          const answer = await both(identity, { grant_type, ...body })
          expect([answer.status, answer.body.message]).toEqual([401, WRONG])
        }
      }
      await refused(mine)
    })

    test('counts wrong passwords, and is over after five of them', async () => {
      const { username, user_id } = await user({
        allowed_auth_methods: ['password_with_user_certificate'],
      })
      const mine = await userCertificate(ca, cnOf(username))
      for (let at = 0; at < 5; at++) await both(mine, { username, password: 'wrong' })
      expect((await both(mine, { username, password })).status).toBe(401)
      expect((await api.get(`/usermgmt/users/${user_id}`)).failed_logins_count).toBe(5)
    })

    test('ends its session with the certificate; a password alone is not bound to one', async () => {
      const other = await testCa('ECDSA', undefined, subjectFields('Leaving CA'))
      const id = await trust(other.certificate)
      const sessions = []
      for (const allowed_auth_methods of [['password_with_user_certificate'], ['password']]) {
        const { username } = await user({ allowed_auth_methods })
        const mine = await userCertificate(other, cnOf(username))
        sessions.push((await both(mine, { username, password })).body.refresh_token)
      }
      await api.patch(`/ca/external-cas/${id}`, { allow_user_authentication: false })
      const [bound, free] = sessions
      await api.anonymous.post('/auth/tokens', { refresh_token: bound }, 401)
      await api.anonymous.post('/auth/tokens', { refresh_token: free }, 200)
    })
  })

  test('a distinguished name belongs to one user', async () => {
    const { username } = await user()
    const other = await user()
    const certificate_subject_dn = `CN=${username}`
    const path = `/usermgmt/users/${other.user_id}`
    const taken = await api.patch(path, { certificate_subject_dn }, 409)
    expect(taken.codeDesc).toContain('belongs to another user')
    await api.post(
      '/usermgmt/users',
      { username: `x-${username}`, password, certificate_subject_dn },
      409,
    )
    await api.patch(path, { certificate_subject_dn: '' })
    await api.patch(`/usermgmt/users/local|${username}`, { certificate_subject_dn })
    // Two at once: the database lets one through.
    const spare = await user({ certificate_subject_dn: '', allowed_auth_methods: ['password'] })
    const fresh = { certificate_subject_dn: `CN=${randomUUID()}` }
    const answers = await Promise.all(
      [other, spare].map(({ user_id }) => api.send('PATCH', `/usermgmt/users/${user_id}`, fresh)),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  test('is not on offer while the web interface ignores certificates', async () => {
    const { username } = await user({
      allowed_auth_methods: ['password', 'user_certificate'],
    })
    const mine = await userCertificate(ca, cnOf(username))
    const mode = (mode: string) => api.patch('/configs/interfaces/web', { mode })
    await mode('unauth-tls-pw-req')
    await refused(mine)
    const byPassword = { grant_type: 'password', username, password }
    expect((await signIn(mine, byPassword)).status).toBe(200)
    await mode('tls-cert-opt-pw-opt')
    expect((await signIn(mine)).status).toBe(200)
  })

  test('an unknown client stays unknown, certificate or not', async () => {
    const { username } = await user()
    const answer = await signIn(await userCertificate(ca, cnOf(username)), {
      grant_type: 'client_credential',
      client_id: randomUUID(),
    })
    expect([answer.status, answer.body.message]).toEqual([401, 'Invalid Client'])
  })
})

async function foreignRequest(subject: NonNullable<Wanted['subject']>) {
  const key = await generateKey('ECDSA')
  return { csr: await forgeRequest(key, { subject: name(subject) }), key: pemOf(key) }
}
