import { ADMIN_PASSWORD, type Answer, addUser, type Lab } from './lab.ts'

/** A call that works: the promises' tests change one thing about it and look what becomes of it. */
export interface Call {
  readonly path: string
  readonly body?: Readonly<Record<string, unknown>>
  /** Of whom it is, where it is not the administrator's. */
  readonly token?: string
}

const LOCAL_CAS = '/v1/ca/local-cas'
const EXTERNAL_CAS = '/v1/ca/external-cas'
const WEB = '/v1/configs/interfaces/web'
const TRUSTED_CAS = '/v1/trusted-cas'
/** The kind of key that is made fastest. */
const pendingCa = (name: string) => ({ cn: name, name, algorithm: 'ECDSA', size: 256 })

export const SUBJECT_PASSWORD = 'Subject-Pass-1'

/** What the calls are about: a user, a group and a policy named for it. */
export async function addSubjects(lab: Lab): Promise<void> {
  const token = await lab.admin()
  await addUser(lab, 'subject', SUBJECT_PASSWORD)
  await lab.ask('POST', '/v1/usermgmt/groups', { token, body: { name: 'subjects' } })
  await lab.ask('POST', '/v1/usermgmt/pwdpolicies', { token, body: { policy_name: 'subject' } })
  const ca = await lab.ask('POST', LOCAL_CAS, { token, body: pendingCa('subject') })
  await lab.ask('POST', `${LOCAL_CAS}/${ca.body.id}/self-sign`, { token, body: { duration: 3650 } })
}

/** Calls whose answer is always a refusal as long as `web` is the only interface. */
export const alwaysRefused: readonly string[] = [
  'interfaces.create',
  'interfaces.delete',
  'interfaces.disable',
]

type Prepare = (number: number) => Promise<Call>

/** A working call of every endpoint that changes something, prepared afresh each time; `number` is never used twice. */
export function workingCalls(lab: Lab): Readonly<Record<string, Prepare>> {
  const always = (path: string, body?: Call['body']) => async () => ({
    path,
    ...(body && { body }),
  })
  const session = async () => {
    const body = { username: 'admin', password: ADMIN_PASSWORD }
    return (await lab.ask('POST', '/v1/auth/tokens', { body })).body
  }
  const make = async (path: string, body: object) =>
    lab.ask('POST', path, { token: await lab.admin(), body })
  const made = async (path: string, body: object): Promise<Answer['body']> => {
    const answer = await make(path, body)
    if (answer.status >= 300) throw new Error(`${path} was not made: ${answer.text}`)
    return answer.body
  }
  const pending = (name: string) => made(LOCAL_CAS, pendingCa(name))
  const request = (name: string) => made('/v1/ca/csr', pendingCa(name))
  const authority = async (name: string): Promise<Answer['body']> => {
    const found = await lab.ask('GET', `${LOCAL_CAS}/${name}`, { token: await lab.admin() })
    if (found.status === 200 && found.body.state === 'active') return found.body
    const { id } = await pending(name)
    return made(`${LOCAL_CAS}/${id}/self-sign`, { duration: 365 })
  }
  const issued = async (csr: string, purpose: string) => {
    const { id: parent } = await authority('subject')
    const { id, cert } = await made(`${LOCAL_CAS}/${parent}/certs`, { csr, purpose, duration: 30 })
    return { parent, cert, path: `${LOCAL_CAS}/${parent}/certs/${id}` }
  }
  const external = async (name: string): Promise<string> => {
    const { cert } = await authority(name)
    return (await made(EXTERNAL_CAS, { cert, name })).id
  }
  const upcoming = async () =>
    lab.ask('PUT', `${WEB}/renewal-certificate`, {
      token: await lab.admin(),
      body: { generate: true },
    })
  const trusted = async () => ({ ca_id: (await authority('subject')).id, service: 'web' })
  return {
    'tokens.create': always('/v1/auth/tokens', { username: 'subject', password: SUBJECT_PASSWORD }),
    'tokens.delete': async () => ({
      path: `/v1/auth/tokens/${(await session()).refresh_token_id}`,
    }),
    'tokens.revoke': async () => ({
      path: '/v1/auth/revoke',
      body: { refresh_token: (await session()).refresh_token },
    }),
    'tokens.logout': async () => ({ path: '/v1/auth/logout', token: (await session()).jwt }),
    'tokens.rotateAuthKey': always('/v1/auth/rotate-auth-key'),
    'self.updateUser': always('/v1/auth/self/user', { nickname: 'nick' }),
    'self.permissions': always('/v1/auth/self/permissions', { actions: ['CreateUser'] }),
    'self.changePassword': async (number) => {
      const username = `changing-${number}`
      await addUser(lab, username, SUBJECT_PASSWORD)
      const body = { username, password: SUBJECT_PASSWORD, new_password: 'Another-Pass-2' }
      return { path: '/v1/auth/changepw', body }
    },
    'users.create': async (number) => ({
      path: '/v1/usermgmt/users',
      body: { username: `made-${number}`, password: SUBJECT_PASSWORD },
    }),
    'users.update': always('/v1/usermgmt/users/subject', { nickname: 'nick' }),
    'users.delete': async (number) => {
      await addUser(lab, `going-${number}`, SUBJECT_PASSWORD)
      return { path: `/v1/usermgmt/users/going-${number}` }
    },
    'groups.create': async (number) => ({
      path: '/v1/usermgmt/groups',
      body: { name: `made-${number}` },
    }),
    'groups.update': always('/v1/usermgmt/groups/subjects', { description: 'described' }),
    'groups.delete': async (number) => {
      await make('/v1/usermgmt/groups', { name: `going-${number}` })
      return { path: `/v1/usermgmt/groups/going-${number}`, body: { force: false } }
    },
    'groups.addUser': async (number) => {
      await make('/v1/usermgmt/groups', { name: `filled-${number}` })
      return { path: `/v1/usermgmt/groups/filled-${number}/users/subject` }
    },
    'groups.removeUser': async (number) => {
      await make('/v1/usermgmt/groups', { name: `emptied-${number}` })
      await make(`/v1/usermgmt/groups/emptied-${number}/users/subject`, {})
      return { path: `/v1/usermgmt/groups/emptied-${number}/users/subject` }
    },
    'passwordPolicies.create': async (number) => ({
      path: '/v1/usermgmt/pwdpolicies',
      body: { policy_name: `made-${number}` },
    }),
    'passwordPolicies.update': always('/v1/usermgmt/pwdpolicies/subject', {
      inclusive_min_digits: 2,
    }),
    'passwordPolicies.delete': async (number) => {
      await make('/v1/usermgmt/pwdpolicies', { policy_name: `going-${number}` })
      return { path: `/v1/usermgmt/pwdpolicies/going-${number}` }
    },
    'banners.setPreAuth': always('/v1/auth/banners/pre-auth', { value: 'before' }),
    'banners.setPostAuth': always('/v1/auth/banners/post-auth', { value: 'after' }),
    'info.update': always('/v1/system/info', { name: 'subject' }),
    'rootOfTrust.rotate': always('/v1/system/rotate-rot-keys'),
    'keks.rotate': always('/v1/domains/root/rotate-kek'),
    'keks.retryRotation': always('/v1/domains/root/retry-kek-rotation'),
    'localCas.create': async (number) => ({ path: LOCAL_CAS, body: pendingCa(`made-${number}`) }),
    'localCas.update': async () => {
      const { id } = await authority('subject')
      return { path: `${LOCAL_CAS}/${id}`, body: { allow_user_authentication: true } }
    },
    'localCas.delete': async (number) => {
      const { id } = await pending(`going-${number}`)
      return { path: `${LOCAL_CAS}/${id}` }
    },
    'localCas.selfSign': async (number) => {
      const { id } = await pending(`rooted-${number}`)
      return { path: `${LOCAL_CAS}/${id}/self-sign`, body: { duration: 365 } }
    },
    'localCas.install': async (number) => {
      const { id, csr } = await pending(`below-${number}`)
      const { cert, parent } = await issued(csr, 'ca')
      return { path: `${LOCAL_CAS}/${id}/install`, body: { cert, parentId: parent } }
    },
    'certificates.issue': async (number) => {
      const { csr } = await request(`issued-${number}`)
      const { id } = await authority('subject')
      return { path: `${LOCAL_CAS}/${id}/certs`, body: { csr, purpose: 'server', duration: 30 } }
    },
    'certificates.delete': async (number) => ({
      path: (await issued((await request(`deleted-${number}`)).csr, 'server')).path,
    }),
    'certificates.revoke': async (number) => {
      const { path } = await issued((await request(`revoked-${number}`)).csr, 'server')
      return { path: `${path}/revoke`, body: { reason: 'superseded' } }
    },
    'certificates.resume': async (number) => {
      const { path } = await issued((await request(`held-${number}`)).csr, 'server')
      await make(`${path}/revoke`, { reason: 'certificateHold' })
      return { path: `${path}/resume` }
    },
    'externalCas.create': async (number) => {
      const { cert } = await authority(`uploaded-${number}`)
      return { path: EXTERNAL_CAS, body: { cert, name: `uploaded-${number}` } }
    },
    'externalCas.update': async (number) => {
      const id = await external(`changed-${number}`)
      return { path: `${EXTERNAL_CAS}/${id}`, body: { allow_user_authentication: false } }
    },
    'externalCas.delete': async (number) => ({
      path: `${EXTERNAL_CAS}/${await external(`distrusted-${number}`)}`,
    }),
    'certificateRequests.create': async (number) => ({
      path: '/v1/ca/csr',
      body: pendingCa(`asked-${number}`),
    }),
    'interfaces.create': always('/v1/configs/interfaces', { port: 9006 }),
    'interfaces.update': always(WEB, { minimum_tls_version: 'tls_1_2' }),
    'interfaces.delete': always(WEB),
    'interfaces.enable': always(`${WEB}/enable`),
    'interfaces.disable': always(`${WEB}/disable`),
    'interfaces.putCertificate': always(`${WEB}/certificate`, { generate: true }),
    'interfaces.generateCertificate': always(`${WEB}/auto-gen-server-cert`),
    'interfaces.createRequest': always(`${WEB}/csr`, { cn: 'subject' }),
    'interfaces.useCertificate': always(`${WEB}/use-certificate`, { copy_from: 'web' }),
    'interfaces.putUpcoming': always(`${WEB}/renewal-certificate`, { generate: true }),
    'interfaces.deleteUpcoming': async () => {
      await upcoming()
      return { path: `${WEB}/renewal-certificate` }
    },
    'interfaces.applyUpcoming': async () => {
      await upcoming()
      return { path: `${WEB}/renewal-certificate/apply` }
    },
    'interfaces.restoreTls': always(`${WEB}/restore-default-tls-ciphers`),
    'trustedCas.create': async () => ({ path: TRUSTED_CAS, body: await trusted() }),
    'trustedCas.createMany': async () => ({
      path: '/v1/trusted-cas-create-many',
      body: { trusted_cas: [await trusted()] },
    }),
    'trustedCas.delete': async () => {
      const { id } = await made(TRUSTED_CAS, await trusted())
      return { path: `${TRUSTED_CAS}/${id}` }
    },
  }
}
