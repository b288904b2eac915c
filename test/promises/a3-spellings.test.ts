import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addUser, inParallel, type Lab, openLab, pick } from './lab.ts'
import { random, report, scale, seed } from './promise.ts'

/** A request of one caller; the attacks below only change how its path is spelled and what stands around it. */
interface Attack {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: object | undefined
}

interface Seen {
  readonly status: number
  /** What the answer shows: the id of a user, the name of a group or policy. */
  readonly shows: string | undefined
}

type AskAs = (who: 'plain' | 'user admin' | 'admin', attack: Attack) => Promise<Seen>

const ids = { plain: '', boss: '', victim: '', record: '', token: '' }

describe('A3: all spellings of a name meet one decision', () => {
  let lab: Lab
  const tokens: Record<string, string> = {}

  beforeAll(async () => {
    lab = await openLab()
    ids.plain = (await addUser(lab, 'plain', 'Plain-Pass-1')).slice(6)
    await addUser(lab, 'helper', 'Helper-Pass-1', ['User Admins'])
    ids.victim = (await addUser(lab, 'Victim', 'Victim-Pass-1')).slice(6)
    tokens['plain'] = await lab.signIn('plain', 'Plain-Pass-1')
    tokens['user admin'] = await lab.signIn('helper', 'Helper-Pass-1')
    const token = await lab.admin()
    tokens['admin'] = token
    const self = await lab.ask('GET', '/v1/auth/self/user', { token })
    ids.boss = self.body.user_id.slice(6)
    const records = await lab.ask('GET', '/v1/audit/records?limit=1', { token })
    ids.record = records.body.resources[0].id
    const held = await lab.ask('GET', '/v1/auth/tokens?limit=1', { token })
    ids.token = held.body.resources[0].id
    await lab.ask('POST', '/v1/usermgmt/groups', { token, body: { name: 'ops' } })
    await lab.ask('POST', '/v1/usermgmt/pwdpolicies', { token, body: { policy_name: 'strict' } })
  })
  afterAll(() => lab.stop())

  const ask: AskAs = async (who, { method, path, headers, body }) => {
    const got = await lab.send(method, path, { token: tokens[who], headers, body })
    return { status: got.status, shows: shown(got.body) }
  }

  test('no alias of a forbidden object opens it, and all that resolve agree', async () => {
    const before = guarded(lab)
    const runs = scale(10_000, 50_000)
    const { differences, resolved } = await differing(ask, runs)
    report('A3', `${runs} spellings (${resolved} resolved), ${differences.length} differences`)
    expect(differences, `seed ${seed}`).toEqual([])
    // Otherwise nothing but nonsense was tried.
    expect(resolved).toBeGreaterThan(runs / 50)
    expect(guarded(lab)).toEqual(before)
  }, 180_000)

  test('the harness notices a gate that knows a forbidden object by one spelling only', async () => {
    const naive: AskAs = async (who, attack) => {
      const forbidden = [ids.boss, ids.victim, '/admin', '/groups/admin/', ids.record, ids.token]
      if (who !== 'admin' && forbidden.some((text) => attack.path.includes(text)))
        return { status: 403, shows: undefined }
      return ask('admin', { ...attack, method: 'GET', body: undefined })
    }
    const { differences } = await differing(naive, 300)
    expect(differences.length).toBeGreaterThan(3)
  })
})

const shown = (body: Record<string, unknown> | string): string | undefined => {
  if (typeof body !== 'object' || body === null) return undefined
  const { user_id, name, policy_name, id, resources } = body
  if (Array.isArray(resources)) return undefined
  const text = user_id ?? policy_name ?? id ?? name
  return typeof text === 'string' ? text.replace(/^local\|/, '') : undefined
}

/** What no attack may have changed: every row that the callers were kept from. */
function guarded(lab: Lab) {
  const {
    users = [],
    groups = [],
    memberships = [],
    password_policies = [],
  } = lab.rows('users', 'groups', 'memberships', 'password_policies')
  const kept = users.filter(({ id }) => id === ids.boss || id === ids.victim)
  return { kept, groups, memberships, password_policies }
}

interface Target {
  readonly under: string
  /** Ways that name the same object, each plain text before it is spelled. */
  readonly names: () => readonly string[]
  readonly tail?: string
  readonly attacks: readonly {
    readonly who: 'plain' | 'user admin'
    readonly method: string
    readonly body?: object
  }[]
}

const uuidOf = (id: () => string) => () => [id(), `local|${id()}`]

/** Objects that the callers below are kept from, and calls that would reach them. */
const targets: readonly Target[] = [
  {
    under: '/v1/usermgmt/users/',
    names: () => [...uuidOf(() => ids.boss)(), 'admin', 'local|admin'],
    attacks: [
      { who: 'plain', method: 'GET' },
      { who: 'plain', method: 'PATCH', body: { nickname: 'attacked' } },
      { who: 'plain', method: 'DELETE' },
      { who: 'user admin', method: 'PATCH', body: { password: 'Taken-Over-1' } },
      { who: 'user admin', method: 'DELETE' },
    ],
  },
  {
    under: '/v1/usermgmt/users/',
    names: () => [...uuidOf(() => ids.victim)(), 'victim', 'local|victim'],
    attacks: [
      { who: 'plain', method: 'GET' },
      { who: 'plain', method: 'PATCH', body: { password: 'Taken-Over-1' } },
      { who: 'plain', method: 'DELETE' },
    ],
  },
  {
    under: '/v1/usermgmt/groups/',
    names: () => ['admin'],
    tail: '/users/self',
    attacks: [
      { who: 'plain', method: 'POST', body: {} },
      { who: 'user admin', method: 'POST', body: {} },
    ],
  },
  {
    under: '/v1/usermgmt/groups/',
    names: () => ['Audit Admins', 'ops'],
    attacks: [
      { who: 'plain', method: 'PATCH', body: { description: 'attacked' } },
      { who: 'plain', method: 'DELETE' },
    ],
  },
  {
    under: '/v1/usermgmt/pwdpolicies/',
    names: () => ['global', 'strict'],
    attacks: [
      { who: 'plain', method: 'GET' },
      { who: 'plain', method: 'DELETE' },
    ],
  },
  {
    under: '/v1/audit/records/',
    names: () => [ids.record],
    attacks: [
      { who: 'plain', method: 'GET' },
      { who: 'user admin', method: 'GET' },
    ],
  },
  {
    under: '/v1/auth/tokens/',
    names: () => [ids.token],
    attacks: [
      { who: 'plain', method: 'GET' },
      { who: 'plain', method: 'DELETE' },
      { who: 'user admin', method: 'DELETE' },
    ],
  },
]

const hex = (byte: number, upper: boolean) =>
  `%${upper ? byte.toString(16).padStart(2, '0').toUpperCase() : byte.toString(16).padStart(2, '0')}`

const wide = (char: string) =>
  /[!-~]/.test(char) ? String.fromCodePoint(char.charCodeAt(0) + 0xfee0) : char

/** Changes of a name that some layer or other may undo. */
const spell: readonly ((name: string, next: () => number) => string)[] = [
  (name) => name,
  (name) => name.toUpperCase(),
  (name, next) =>
    [...name].map((char) => (next() < 0.5 ? char.toUpperCase() : char.toLowerCase())).join(''),
  (name, next) => [...name].map((char) => (next() < 0.5 ? wide(char) : char)).join(''),
  (name) => name.replace('s', 'ſ').replace('K', '\u212a').replace('fi', 'ﬁ'),
  (name, next) => pick(next, [' ', '\t', '\u3000', '\u00a0', '\ufeff', '\u200b', '\0']) + name,
  (name, next) => name + pick(next, [' ', '\n', '.', '\u2003', '\u00ad', '\0', ';a=b', '%00']),
  (name) => name.normalize('NFD'),
  (name) => `local|${name}`,
  (name) => `local|local|${name}`,
  (name) => `LOCAL|${name}`,
  (name) => `./${name}`,
  (name) => `../users/${name}`,
  (name) => `self/../${name}`,
  (name) => name.replaceAll('-', ''),
  (name) => `{${name}}`,
  (name) => `urn:uuid:${name}`,
  (name) => `root/${name}`,
  (name) => `${name}/`,
  (name) => `${name}//`,
]

/** Ways to write a name into a path. */
const encode: readonly ((text: string, next: () => number) => string)[] = [
  (text) => encodeURIComponent(text),
  (text) => encodeURIComponent(text).replaceAll('%2F', '/'),
  (text, next) =>
    [...Buffer.from(text)]
      .map((byte) =>
        next() < 0.4 || byte > 0x7e || !/[\w.-]/.test(String.fromCharCode(byte))
          ? hex(byte, next() < 0.5)
          : String.fromCharCode(byte),
      )
      .join(''),
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => encodeURIComponent(text).replaceAll('%7C', '|').replaceAll('%20', '+'),
  // An overlong form of a slash or dot, which is no UTF-8 (RFC 3629 §3).
  (text) => encodeURIComponent(text).replace('-', '%c0%ad').replace('%2F', '%c0%af'),
  (text) =>
    encodeURIComponent(text).replace(/[a-z]/, (char) => `%u00${char.charCodeAt(0).toString(16)}`),
]

const overrides: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  { 'x-http-method-override': 'GET' },
  { 'x-http-method-override': 'DELETE' },
  { 'x-method-override': 'PATCH' },
  { 'x-original-url': '/api/v1/auth/self/user' },
  { 'x-rewrite-url': '/api/v1/usermgmt/users/self' },
  { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-user': 'admin', 'x-remote-user': 'admin' },
  { 'x-forwarded-prefix': '/api/v1/auth/banners' },
]

const tails: readonly (() => string)[] = [
  () => '',
  () => '',
  () => '/',
  () => '//',
  () => '?id=self',
  () => `?id=${ids.plain}`,
  () => `?user_id=self&user_id=${ids.boss}`,
  () => `?user_id=${ids.plain}&name=plain`,
  () => '?_method=DELETE',
  () => '#self',
  () => ';id=self',
  () => '/.',
  () => '/..;/self',
]

const mangle: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => path,
  (path) => path,
  (path) => path.replace('/v1/', '//v1///'),
  (path) => path.replace('/usermgmt/', '/./usermgmt/'),
  (path) => path.replace('/usermgmt/', '/auth/../usermgmt/'),
  (path) => path.replace('/usermgmt/', '/%75sermgmt/'),
  (path) => path.replace('/usermgmt/', '/USERMGMT/'),
  (path) => path.replace('/usermgmt/', '%2fusermgmt%2f'),
  (path) => path.replace('/v1/', '/v1;x=y/'),
]

/**
 * Spells forbidden objects in many ways. Whatever an alias resolves to for the administrator, who may read all, decides
 * what the others may get: refused, not found, not understood, or, where it resolves to himself, himself.
 */
async function differing(ask: AskAs, runs: number) {
  const next = random()
  const differences: string[] = []
  let resolved = 0
  const attacks = Array.from({ length: runs }, () => {
    const target = pick(next, targets)
    const { who, method, body } = pick(next, target.attacks)
    const name = pick(next, encode)(pick(next, spell)(pick(next, target.names()), next), next)
    const path = pick(
      next,
      mangle,
    )(`/api${target.under}${name}${target.tail ?? ''}${pick(next, tails)()}`).replace(
      /[^\x21-\x7e]/g,
      encodeURIComponent,
    )
    return { who, attack: { method, path, headers: pick(next, overrides), body } }
  })
  await inParallel(attacks, 16, async ({ who, attack }) => {
    const note = (what: string) =>
      differences.push(
        `${who} ${attack.method} ${attack.path} ${JSON.stringify(attack.headers)}: ${what}`,
      )
    const seen = await ask(who, attack)
    if (seen.status >= 500 && seen.status !== 501) note(`failed with ${seen.status}`)
    const isOpen = seen.status < 300
    const reading: Attack = { ...attack, method: 'GET', headers: {}, body: undefined }
    const truth = await ask('admin', reading)
    if (truth.status === 200 && truth.shows !== undefined) resolved++
    const isOwn = seen.shows === ids.plain || seen.shows === undefined
    // Reading a list shows nothing here; a single object that is not the caller's own does.
    if (isOpen && (attack.method !== 'GET' || !isOwn) && !isHarmless(attack))
      note(
        `${seen.status}, showing ${seen.shows}; for the administrator ${truth.status} ${truth.shows}`,
      )
  })
  return { differences, resolved }
}

/** Everyone may read groups; no other call on a list of targets is one that the callers hold. */
const isHarmless = ({ method, path }: Attack): boolean =>
  method === 'GET' && /groups/i.test(decodeURIComponentSafely(path))

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
