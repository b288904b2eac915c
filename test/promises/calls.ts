import { ROOT_DOMAIN } from '../../src/kit/domain.ts'
import { raiseAlarm } from '../../src/system/index.ts'
import { cteMachineCalls } from './cte-machine-calls.ts'
import { ctePolicyCalls } from './cte-policy-calls.ts'
import { ADMIN_PASSWORD, type Answer, addUser, type Lab } from './lab.ts'

/** A call that works: the promises' tests change one thing about it and look what becomes of it. */
export interface Call {
  readonly path: string
  /** A text is sent as it is. */
  readonly body?: Readonly<Record<string, unknown>> | string
  readonly headers?: Readonly<Record<string, string>>
  /** Of whom it is, where it is not the administrator's. */
  readonly token?: string
}

const LOCAL_CAS = '/v1/ca/local-cas'
const EXTERNAL_CAS = '/v1/ca/external-cas'
const WEB = '/v1/configs/interfaces/web'
const TRUSTED_CAS = '/v1/trusted-cas'
const REG_TOKENS = '/v1/client-management/regtokens'
const CLIENT_PROFILES = '/v1/client-management/profiles'
const CLIENTS = '/v1/client-management/clients'
const KEYS = '/v1/vault/keys2'
const LINKS = '/v1/vault/links'
const SECRETS = '/v1/vault/secrets'
const KEY_POLICIES = '/v1/vault/key-policies'
const KEY_TEMPLATES = '/v1/vault/templates'
const keyPolicy = (name: string) => ({
  name,
  labelSelector: 'app=x',
  permissions: { groups: { ReadKey: ['subjects'] } },
})
const keyTemplate = (name: string) => ({ name, keyAttributes: { algorithm: 'aes', size: 128 } })
/** The kind of key that is made fastest. */
const pendingCa = (name: string) => ({ cn: name, name, algorithm: 'ECDSA', size: 256 })

export const SUBJECT_PASSWORD = 'Subject-Pass-1'

/** An alarm of the root domain; no call raises one. */
export async function raisedAlarm(lab: Lab, name: string): Promise<string> {
  const now = () => new Date(lab.now())
  const matter = { domain: ROOT_DOMAIN, cause: name, name, service: 'test', details: {} }
  await raiseAlarm(
    { store: lab.store, nodeId: 'test', now },
    { ...matter, severity: 'warning', description: `${name} is wrong.`, keptUntil: now() },
  )
  const token = await lab.admin()
  const { body } = await lab.ask('GET', `/v1/system/alarms?name=${name}`, { token })
  return body.resources[0].id
}

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
  const regToken = () => made(REG_TOKENS, {})
  const profile = async (name: string) =>
    `${CLIENT_PROFILES}/${(await made(CLIENT_PROFILES, { name })).id}`
  const client = async () =>
    `${CLIENTS}/${(await made(CLIENTS, { reg_token: (await regToken()).token })).id}`
  const key = async () => `${KEYS}/${(await made(KEYS, {})).id}`
  const twoKeys = async () => ({
    type: 'parent',
    source: (await made(KEYS, {})).id,
    target: (await made(KEYS, {})).id,
  })
  const secret = async () => `${SECRETS}/${(await made(SECRETS, { dataType: 'seed' })).id}`
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
    'services.restart': always('/v1/system/services/restart', { services: ['web'] }),
    'rootOfTrust.rotate': always('/v1/system/rotate-rot-keys'),
    'keks.rotate': always('/v1/domains/root/rotate-kek'),
    'cryptoSettings.update': always('/v1/domains/root/crypto-settings', { strictIv: false }),
    'keks.retryRotation': always('/v1/domains/root/retry-kek-rotation'),
    'alarms.acknowledge': async (number) => ({
      path: `/v1/system/alarms/${await raisedAlarm(lab, `seen-${number}`)}/acknowledge`,
    }),
    'alarms.clear': async (number) => ({
      path: `/v1/system/alarms/${await raisedAlarm(lab, `cleared-${number}`)}/clear`,
    }),
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
    'registrationTokens.create': async (number) => ({
      path: REG_TOKENS,
      body: { name_prefix: `made-${number}`, max_clients: 2, labels: { app: 'x' } },
    }),
    'registrationTokens.update': async () => ({
      path: `${REG_TOKENS}/${(await regToken()).id}`,
      body: { max_clients: 3 },
    }),
    'registrationTokens.delete': async () => ({ path: `${REG_TOKENS}/${(await regToken()).id}` }),
    'clientProfiles.create': async (number) => ({
      path: CLIENT_PROFILES,
      body: { name: `made-${number}`, csr_parameters: { csr_country: 'US' } },
    }),
    'clientProfiles.update': async (number) => ({
      path: await profile(`changed-${number}`),
      body: { cert_duration: 30 },
    }),
    'clientProfiles.delete': async (number) => ({ path: await profile(`going-${number}`) }),
    'registeredClients.register': async (number) => ({
      path: CLIENTS,
      body: { reg_token: (await regToken()).token, name: `registered-${number}` },
    }),
    'registeredClients.delete': async () => ({ path: await client() }),
    'registeredClients.revoke': async () => ({
      path: `${await client()}/revoke`,
      body: { reason: 'superseded' },
    }),
    'registeredClients.renew': async () => ({
      path: `${await client()}/renew`,
      body: { cert_duration: 30 },
    }),
    'trustedCas.delete': async () => {
      const { id } = await made(TRUSTED_CAS, await trusted())
      return { path: `${TRUSTED_CAS}/${id}` }
    },
    'keys.create': async (number) => ({
      path: KEYS,
      body: { name: `made-${number}`, labels: { app: 'x' }, meta: { note: 'x' } },
    }),
    'vaultRequests.create': async (number) => ({
      path: '/v1/vault/csr',
      body: {
        keyGenParams: { algorithm: 'EC', keyName: `certified-${number}` },
        csrParams: { cn: 'made' },
      },
    }),
    'keys.update': async () => ({ path: await key(), body: { description: 'described' } }),
    'keys.delete': async () => ({ path: await key() }),
    'keys.createVersion': async () => ({
      path: `${await key()}/versions`,
      body: { labels: { a: 'b' } },
    }),
    'keys.destroy': async () => ({ path: `${await key()}/destroy` }),
    'keys.archive': async () => ({ path: `${await key()}/archive` }),
    'keys.recover': async () => {
      const path = await key()
      await make(`${path}/archive`, {})
      return { path: `${path}/recover` }
    },
    'keys.revoke': async () => ({ path: `${await key()}/revoke`, body: { reason: 'Superseded' } }),
    'keys.reactivate': async () => {
      const path = await key()
      await make(`${path}/revoke`, { reason: 'Superseded' })
      return { path: `${path}/reactivate`, body: { reason: 'DeactivatedToActive' } }
    },
    'keys.export': async () => ({ path: `${await key()}/export`, body: { format: 'raw' } }),
    'keys.clone': async (number) => ({
      path: `${await key()}/clone`,
      body: { newKeyName: `cloned-${number}` },
    }),
    'keys.checkValue': async () => ({ path: `${await key()}/generate-kcv` }),
    'keys.query': always('/v1/vault/query-keys', { names: ['subject'] }),
    'keyLinks.create': async () => ({ path: LINKS, body: await twoKeys() }),
    'keyLinks.update': async () => {
      const { id } = await made(LINKS, await twoKeys())
      return { path: `${LINKS}/${id}`, body: { index: 3 } }
    },
    'keyLinks.delete': async () => ({
      path: `${LINKS}/${(await made(LINKS, await twoKeys())).id}`,
    }),
    'keyPolicies.create': async (number) => ({
      path: KEY_POLICIES,
      body: keyPolicy(`made-${number}`),
    }),
    'keyPolicies.update': async (number) => ({
      path: `${KEY_POLICIES}/${(await made(KEY_POLICIES, keyPolicy(`changed-${number}`))).id}`,
      body: { description: 'described' },
    }),
    'keyPolicies.delete': async (number) => ({
      path: `${KEY_POLICIES}/${(await made(KEY_POLICIES, keyPolicy(`going-${number}`))).id}`,
    }),
    'keyTemplates.create': async (number) => ({
      path: KEY_TEMPLATES,
      body: keyTemplate(`made-${number}`),
    }),
    'keyTemplates.update': async (number) => ({
      path: `${KEY_TEMPLATES}/${(await made(KEY_TEMPLATES, keyTemplate(`changed-${number}`))).id}`,
      body: { description: 'described' },
    }),
    'keyTemplates.delete': async (number) => ({
      path: `${KEY_TEMPLATES}/${(await made(KEY_TEMPLATES, keyTemplate(`going-${number}`))).id}`,
    }),
    'secrets.create': async (number) => ({
      path: SECRETS,
      body: { name: `secret-${number}`, dataType: 'password', material: 'a secret word' },
    }),
    'secrets.update': async () => ({ path: await secret(), body: { description: 'described' } }),
    'secrets.delete': async () => ({ path: await secret() }),
    'secrets.export': async () => ({ path: `${await secret()}/export` }),
    'secrets.destroy': async () => ({ path: `${await secret()}/destroy` }),
    'secrets.createVersion': async () => ({
      path: `${await secret()}/versions`,
      body: { labels: { a: 'b' } },
    }),
    ...cryptoCalls(async (fields) => (await made(KEYS, fields)).name, made),
    ...ctePolicyCalls(made, async (method, path, body) =>
      lab.ask(method, path, { token: await lab.admin(), ...(body && { body }) }),
    ),
    ...cteMachineCalls(made, async (method, path, body) =>
      lab.ask(method, path, { token: await lab.admin(), ...(body && { body }) }),
    ),
  }
}

type Made = (path: string, body: object) => Promise<Answer['body']>

/** Working calls of everything that is done with keys. */
function cryptoCalls(
  keyOf: (fields: object) => Promise<string>,
  made: Made,
): Readonly<Record<string, Prepare>> {
  const ALL_USES = 4194303
  const any = (fields: object = {}) => keyOf({ usageMask: ALL_USES, ...fields })
  const pair = (fields: object) => any({ ...fields, publicKeyParameters: { usageMask: ALL_USES } })
  const json = (operation: string, body: object) => ({
    path: `/v1/crypto/${operation}`,
    body: { ...body },
  })
  const raw = (operation: string, query: object, body: string, type: string): Call => ({
    path: `/v1/crypto/${operation}?${new URLSearchParams({ ...query })}`,
    body,
    headers: { 'content-type': type },
  })
  const octets = (operation: string, query: object) =>
    raw(operation, query, 'to be signed', 'application/octet-stream')
  const text = (operation: string) => async () =>
    raw(operation, { keyName: await any(), hint: 'digit' }, '1234567', 'text/plain')
  const sealed = async () => made('/v1/crypto/encrypt', { id: await any(), plaintext: 'aGVsbG8=' })
  const ec = () => pair({ algorithm: 'ec', curveid: 'prime256v1' })
  const hmac = () => any({ algorithm: 'hmac-sha256' })
  const kem = () => pair({ algorithm: 'ml-kem' })
  return {
    'crypto.encrypt': async () => json('encrypt', { id: await any(), plaintext: 'aGVsbG8=' }),
    'crypto.decrypt': async () => json('decrypt', await sealed()),
    'crypto.reencrypt': async () => json('reencrypt', await sealed()),
    'crypto.sign': async () => octets('sign', { keyName: await ec() }),
    'crypto.signv': async () => octets('signv', { keyName: await ec(), signature: '3000' }),
    'crypto.mac': async () => octets('mac', { keyName: await hmac() }),
    'crypto.macv': async () => octets('macv', { keyName: await hmac(), hash: '00' }),
    'crypto.hash': async () => json('hash', { data: 'aGVsbG8=' }),
    'crypto.hide': text('hide'),
    'crypto.hide2': text('hide2'),
    'crypto.unhide': text('unhide'),
    'crypto.unhide2': text('unhide2'),
    'crypto.wrap': async () =>
      json('wrap', { id: await any(), plaintext: 'AAAAAAAAAAAAAAAAAAAAAA==' }),
    'crypto.unwrap': async () => {
      const id = await any()
      const { ciphertext } = await made('/v1/crypto/wrap', {
        id,
        plaintext: 'AAAAAAAAAAAAAAAAAAAAAA==',
      })
      return json('unwrap', { id, ciphertext })
    },
    'crypto.derive': async () => json('derive', { id: await any() }),
    'crypto.encapsulate': async () => json('encapsulate', { id: `${await kem()}-pub` }),
    'crypto.decapsulate': async () => {
      const id = await kem()
      const { ciphertext } = await made('/v1/crypto/encapsulate', { id: `${id}-pub` })
      return json('decapsulate', { id, ciphertext })
    },
  }
}
