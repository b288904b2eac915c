import { ADMIN_PASSWORD, addUser, type Lab } from './lab.ts'

/** A call that works: the promises' tests change one thing about it and look what becomes of it. */
export interface Call {
  readonly path: string
  readonly body?: Readonly<Record<string, unknown>>
  /** Of whom it is, where it is not the administrator's. */
  readonly token?: string
}

export const SUBJECT_PASSWORD = 'Subject-Pass-1'

/** What the calls are about: a user, a group and a policy named for it. */
export async function addSubjects(lab: Lab): Promise<void> {
  const token = await lab.admin()
  await addUser(lab, 'subject', SUBJECT_PASSWORD)
  await lab.ask('POST', '/v1/usermgmt/groups', { token, body: { name: 'subjects' } })
  await lab.ask('POST', '/v1/usermgmt/pwdpolicies', { token, body: { policy_name: 'subject' } })
}

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
  }
}
