import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addUser, endpoints, inParallel, type Lab, openLab, pick, quickPasswords } from './lab.ts'
import { random, report, scale, seed } from './promise.ts'

/** The rights that each kind of walker begins with, written down here and not read from the server. */
const startingRights: Readonly<Record<Kind, ReadonlySet<string>>> = {
  plain: new Set(['ReadGroup']),
  'user admin': new Set([
    'ReadGroup',
    ...['Create', 'Read', 'Update', 'Delete'].flatMap((verb) => [
      `${verb}User`,
      `${verb}PasswordPolicy`,
    ]),
    ...['Create', 'Update', 'Delete'].map((verb) => `${verb}Group`),
    'SetUserExpiry',
    'AddUserToGroup',
    'RemoveUserFromGroup',
  ]),
}
type Kind = 'plain' | 'user admin'

const actions: readonly string[] = [
  ...new Set([
    ...endpoints.flatMap(({ endpoint }) =>
      typeof endpoint.access === 'object' ? [endpoint.access.action] : [],
    ),
    ...['SetUserExpiry', 'ReadUser', 'ReadToken', 'CreateKey', 'ReadKey', 'UseKey', 'CreateBackup'],
    ...['CreateLocalCA', 'ReadAlarm', 'UpdateInterface', 'ReadCloudConnection', '*', 'Everything'],
  ]),
]

/** Groups whose members hold what a User Admin does not. */
const POWERFUL = [
  'admin',
  'Audit Admins',
  'CA Admins',
  'Key Admins',
  'System Admins',
  'Backup Admins',
]
const OTHERS = ['User Admins', 'Key Users', 'CTE Clients', 'All Clients']
/** Names that a careless comparison takes for another group. */
const LOOKALIKES = [
  'ADMIN',
  ' admin ',
  'ａdmin',
  'admin\u200b',
  'root',
  'constructor',
  '*',
  'Key Admins',
  'key admins',
]

interface Walker {
  readonly id: string
  readonly username: string
  password: string
  token: string
}

describe('A5: nobody makes himself an administrator', () => {
  const labs: Lab[] = []
  afterAll(async () => {
    for (const lab of labs) await lab.stop()
  })
  const prepared = async () => {
    const lab = await openLab({ passwords: quickPasswords() })
    labs.push(lab)
    for (const [at, group] of POWERFUL.entries())
      await addUser(lab, `chief-${at}`, 'Chief-Pass-1', [group])
    return lab
  }
  let lab: Lab
  beforeAll(async () => {
    lab = await prepared()
  })

  test('no walk through users, groups, policies and oneself ends with more rights than it began with', async () => {
    const walks = scale(10_000, 100_000)
    const { escapes, steps, changed } = await walkAll(lab, walks, {
      plain: [],
      'user admin': ['User Admins'],
    })
    report(
      'A5',
      `${walks} walks of ${steps} steps (${changed} changed something), ${escapes.length} escapes`,
    )
    expect(escapes, `seed ${seed}`).toEqual([])
    // A walk of refusals alone would prove nothing.
    expect(changed).toBeGreaterThan(steps / 10)
  }, 600_000)

  test('the harness notices a User Admin whom the server takes for an administrator', async () => {
    const { escapes } = await walkAll(await prepared(), 100, {
      plain: [],
      'user admin': ['User Admins', 'admin'],
    })
    expect(escapes).toContainEqual(expect.stringContaining('may now'))
    expect(escapes).toContainEqual(expect.stringContaining('was put into'))
  }, 120_000)

  test('the harness notices a plain user to whom the server gives a duty', async () => {
    const { escapes } = await walkAll(await prepared(), 100, {
      plain: ['Audit Admins'],
      'user admin': ['User Admins'],
    })
    expect(escapes).toContainEqual(expect.stringMatching(/plain.* may now ReadAuditRecord/))
  }, 120_000)
})

async function walkAll(lab: Lab, walks: number, groupsOf: Readonly<Record<Kind, string[]>>) {
  const next = random()
  const escapes: string[] = []
  let steps = 0
  let changed = 0
  let made = 0
  const powerBefore = power(lab)

  const newWalker = async (kind: Kind): Promise<Walker> => {
    const username = `${kind}-${++made}`
    const password = `Walker-Pass-${made}`
    const id = await addUser(lab, username, password, groupsOf[kind])
    return { id, username, password, token: await lab.signIn(username, password) }
  }
  const teams = await Promise.all(
    Array.from({ length: 48 }, async () => ({
      plain: await newWalker('plain'),
      'user admin': await newWalker('user admin'),
    })),
  )
  // Those who walk are no prey of each other's: a deleted walker would only waste his walk.
  const crowd: string[] = ['admin', 'self', ...POWERFUL.map((_, at) => `chief-${at}`)]

  const walk = async (team: (typeof teams)[number]) => {
    const kind: Kind = next() < 0.75 ? 'user admin' : 'plain'
    let walker = team[kind]
    const mine: { id: string; username: string; password: string }[] = []
    const length = 2 + Math.floor(next() * 3)
    for (let step = 0; step < length; step++) {
      const { name, method, path, body, makes } = randomStep(next, ++steps, walker, mine, crowd)
      const got = await lab.ask(method, path, { token: walker.token, body })
      if (got.status >= 500 && got.status !== 501)
        escapes.push(`${kind} ${method} ${path} failed with ${got.status}`)
      if (got.status >= 300) continue
      if (method !== 'GET') changed++
      const { access } = endpoints.find((row) => row.name === name)?.endpoint ?? {}
      if (typeof access === 'object' && !startingRights[kind].has(access.action))
        escapes.push(`${kind} did ${name} at ${path}`)
      const newFace = makes?.(got.body)
      // Whom he made, he can be: with what that user may do, the walk goes on.
      if (newFace) {
        mine.push(newFace)
        if (next() < 0.15)
          walker = {
            ...newFace,
            token: await lab.signIn(newFace.username, newFace.password).catch(() => walker.token),
          }
      }
    }
    const asked = { token: walker.token, body: { actions } }
    const now = await lab.ask('POST', '/v1/auth/self/permissions', asked)
    if (now.status === 401) {
      team[kind] = await newWalker(kind)
      return
    }
    for (const { action, allowed } of now.body.permissions)
      if (allowed && !startingRights[kind].has(action))
        escapes.push(`${kind} ${walker.username} may now ${action}`)
  }

  const perTeam = Math.ceil(walks / teams.length)
  const check = () => escapes.push(...gains(powerBefore, power(lab)))
  await inParallel(teams, teams.length, async (team) => {
    for (let at = 0; at < perTeam && escapes.length < 50; at++) {
      await walk(team).catch((error: unknown) => {
        // In a server that lets them, walkers take the administrator's own place away.
        check()
        if (escapes.length === 0) throw error
      })
      if (team === teams[0] && at % 50 === 49) check()
    }
  })
  check()
  return { escapes, steps, changed }
}

interface Step {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly body?: object
  readonly makes?: (answer: {
    user_id: string
  }) => { id: string; username: string; password: string } | undefined
}

function randomStep(
  next: () => number,
  number: number,
  walker: Walker,
  mine: readonly { readonly id: string; readonly username: string }[],
  crowd: readonly string[],
): Step {
  const enc = encodeURIComponent
  const someone = () =>
    next() < 0.5
      ? myOwn()
      : enc(
          pick(next, [
            ...crowd,
            walker.id,
            walker.username,
            ...mine.map(({ id }) => id),
            'chief-0',
            `local|${pick(next, crowd)}`,
          ]),
        )
  const myOwn = () => enc(pick(next, mine.length > 0 ? mine.map(({ id }) => id) : [walker.id]))
  const group = () => pick(next, [...POWERFUL, ...OTHERS, ...LOOKALIKES, ...teams])
  const teams = Array.from({ length: 12 }, (_, at) => `team-${at}`)
  const password = `Chosen-Pass-${number}`
  const fields = () => ({
    ...(next() < 0.3 && { groups: [group()] }),
    ...(next() < 0.3 && { app_metadata: { system: true, groups: ['admin'] } }),
    ...(next() < 0.2 && { user_metadata: { role: 'admin' } }),
    ...(next() < 0.1 && { allowed_client_types: ['public', 'unregistered'] }),
    ...(next() < 0.1 && { password_policy: pick(next, ['global', 'soft', '']) }),
    ...(next() < 0.1 && { login_flags: { prevent_ui_login: next() < 0.5 } }),
    ...(next() < 0.1 && { auth_domain: 'root', domain_id: 'x', session_epoch: 0, system: 1 }),
  })
  const steps: readonly (() => Step)[] = [
    () => {
      const username = pick(next, [
        `made-${number}`,
        `made-${number}`,
        `made-${number}`,
        `made-${number}`,
        'ADMIN',
        'ａdmin',
        'self',
      ])
      return {
        name: 'users.create',
        method: 'POST',
        path: '/v1/usermgmt/users',
        body: { username, password, ...fields() },
        makes: ({ user_id }) => ({ id: user_id, username, password }),
      }
    },
    () => ({
      name: 'users.update',
      method: 'PATCH',
      path: `/v1/usermgmt/users/${someone()}`,
      body: {
        ...fields(),
        ...(next() < 0.3 && { password }),
        ...(next() < 0.2 && { password_change_required: next() < 0.5 }),
        ...(next() < 0.2 && { failed_logins_count: 0 }),
        ...(next() < 0.1 && { username: 'admin' }),
      },
    }),
    () => ({ name: 'users.delete', method: 'DELETE', path: `/v1/usermgmt/users/${someone()}` }),
    () => ({
      name: 'groups.addUser',
      method: 'POST',
      path: `/v1/usermgmt/groups/${enc(group())}/users/${someone()}`,
    }),
    () => ({
      name: 'groups.addUser',
      method: 'POST',
      path: `/v1/usermgmt/groups/${enc(pick(next, POWERFUL))}/users/self`,
    }),
    () => ({
      name: 'groups.removeUser',
      method: 'DELETE',
      path: `/v1/usermgmt/groups/${enc(group())}/users/${someone()}`,
    }),
    () => ({
      name: 'groups.create',
      method: 'POST',
      path: '/v1/usermgmt/groups',
      body: { name: group(), ...fields() },
    }),
    () => ({
      name: 'groups.update',
      method: 'PATCH',
      path: `/v1/usermgmt/groups/${enc(group())}`,
      body: { name: group(), ...fields() },
    }),
    () => ({
      name: 'groups.delete',
      method: 'DELETE',
      path: `/v1/usermgmt/groups/${enc(group())}`,
    }),
    () => ({
      name: pick(next, ['passwordPolicies.create']),
      method: 'POST',
      path: '/v1/usermgmt/pwdpolicies',
      body: { policy_name: 'soft', inclusive_min_total_length: 8 },
    }),
    () => ({
      name: 'passwordPolicies.delete',
      method: 'DELETE',
      path: '/v1/usermgmt/pwdpolicies/soft',
    }),
    () => ({
      name: 'self.updateUser',
      method: 'PATCH',
      path: '/v1/auth/self/user',
      body: { nickname: 'admin', ...fields() },
    }),
    () => ({ name: 'records.list', method: 'GET', path: '/v1/audit/records' }),
    () => ({
      name: 'banners.setPreAuth',
      method: 'PATCH',
      path: '/v1/auth/banners/pre-auth',
      body: { value: 'owned' },
    }),
    () => ({
      name: 'tokens.rotateAuthKey',
      method: 'POST',
      path: '/v1/auth/rotate-auth-key',
      body: {},
    }),
    () => ({ name: 'users.list', method: 'GET', path: '/v1/usermgmt/users?limit=3' }),
  ]
  // Users and their groups most of the time: that is where rights come from.
  if (mine.length === 0 && next() < 0.5) return (steps[0] as () => Step)()
  return pick(next, next() < 0.6 ? steps.slice(0, 9) : steps)()
}

/** Who holds the powers that are not the walkers' own, and by which password: the truth, beside the server. */
function power(lab: Lab) {
  const { users = [], groups = [], memberships = [] } = lab.rows('users', 'groups', 'memberships')
  const powerful = groups.filter(
    ({ system, name }) => system === 1 && POWERFUL.includes(String(name)),
  )
  const members = powerful.flatMap(({ id, name }) =>
    memberships
      .filter(({ group_id }) => group_id === id)
      .map(({ user_id }) => ({ user: String(user_id), group: String(name) })),
  )
  const passwords = new Map(
    users
      .filter(({ id }) => members.some(({ user }) => user === id))
      .map(({ id, password }) => [String(id), Buffer.from(password as Uint8Array).toString('hex')]),
  )
  return {
    names: groups.filter(({ system }) => system === 1).map(({ name }) => String(name)),
    members,
    passwords,
  }
}

function gains(before: ReturnType<typeof power>, now: ReturnType<typeof power>): string[] {
  const found: string[] = []
  const had = new Set(before.members.map(({ user, group }) => `${user} ${group}`))
  for (const { user, group } of now.members)
    if (!had.has(`${user} ${group}`)) found.push(`${user} was put into ${group}`)
  for (const [id, password] of before.passwords) {
    if (!now.passwords.has(id)) found.push(`${id} lost his powers`)
    else if (now.passwords.get(id) !== password) found.push(`${id} has another password`)
  }
  if (before.names.sort().join() !== now.names.sort().join())
    found.push(`predefined groups are now ${now.names.join()}`)
  return found
}
