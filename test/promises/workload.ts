import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import { nodeIdOf } from '../../src/data-folder.ts'
import { openAuditLog } from '../../src/system/index.ts'
import { ADMIN_PASSWORD, type Answer, type Ask, pick } from './lab.ts'
import type { Beside, ServerProcess } from './process.ts'

/**
 * Mixed work on a server that may go at any instant, and the model it is held against afterwards: what was
 * acknowledged must be there, what was not may be there whole or not at all, and each change has its audit record.
 *
 * Everything observable is a fact, a name with a value. An operation edits facts; it also leaves one audit record.
 */
type Facts = Map<string, string>
type Edits = readonly (readonly [fact: string, value: string | undefined])[]

interface Operation {
  readonly kind: Kind
  readonly method: string
  readonly path: string
  readonly body?: object
  readonly status: number
  readonly edits: Edits
  /** Message and subject of the audit record. */
  readonly record: string
  /** Of a sign-in or renewal: the answer carries the facts. */
  readonly session?: { readonly old?: string }
}

const weights = {
  'create group': 34,
  'rename group': 16,
  'delete group': 10,
  'create user': 6,
  'create user with password': 1,
  'change user': 5,
  'delete user': 3,
  'add member': 10,
  'remove member': 5,
  'sign in': 1,
  'renew token': 9,
} as const
export type Kind = keyof typeof weights

export type Send = (method: string, path: string, ask: Ask) => Promise<Answer>

interface Session {
  readonly id: string
  readonly text: string
}

export const PASSWORD = 'Worker-Pass-1234!'

/** One client, whose operations follow each other. What it works on is its own. */
export class Worker {
  readonly facts: Facts = new Map()
  /** Audit records due, by message and subject. */
  readonly records = new Map<string, number>()
  /** Operations of which nobody knows whether they were done. */
  unsure: Operation[] = []
  acknowledged = 0
  /** Answers that no acknowledged history explains. */
  readonly surprises: string[] = []
  /** Refused because the server cannot write now: not done, and said so. */
  readonly refused = new Map<number, number>()
  readonly #name: string
  readonly #next: () => number
  readonly #kinds: readonly Kind[]
  #sessions: Session[] = []
  #made = 0

  constructor(
    name: string,
    next: () => number,
    kinds: readonly Kind[] = Object.keys(weights) as Kind[],
  ) {
    this.#name = name
    this.#next = next
    this.#kinds = kinds.flatMap((kind) => Array.from({ length: weights[kind] }, () => kind))
  }

  /** Until the connection fails or the server is over; then at most one operation is in doubt. */
  async work(send: Send, token: string, goesOn: () => boolean): Promise<void> {
    while (goesOn() && this.unsure.length === 0) await this.step(send, token)
  }

  async step(send: Send, token: string, kind?: Kind): Promise<Answer | undefined> {
    const operation = this.#operation(kind ?? pick(this.#next, this.#kinds))
    if (!operation) return undefined
    const { method, path, body, status } = operation
    let got: Answer
    try {
      got = await send(method, path, { token, ...(body === undefined ? {} : { body }) })
    } catch {
      this.unsure.push(operation)
      return undefined
    }
    if (got.status === status) this.#acknowledge(operation, got)
    else if (got.status === 503 && String(got.text).includes('not known'))
      this.unsure.push(operation)
    else if (got.status === 503 || got.status === 507)
      this.refused.set(got.status, (this.refused.get(got.status) ?? 0) + 1)
    else this.surprises.push(`${method} ${path} answered ${got.status}: ${got.text.slice(0, 200)}`)
    return got
  }

  #acknowledge({ edits, record, session }: Operation, got: Answer): void {
    this.acknowledged++
    if (session) {
      const { refresh_token_id: id, refresh_token: text, jwt } = got.body
      this.facts.set(`token:${id}`, 'alive')
      if (session.old !== undefined) this.facts.set(`token:${session.old}`, 'revoked')
      this.#sessions = [...this.#sessions.filter((known) => known.id !== session.old), { id, text }]
      this.#due(`Sign in|${sessionOf(jwt)}`)
    } else {
      this.apply(edits)
      this.#due(record)
    }
  }

  apply(edits: Edits): void {
    for (const [fact, value] of edits)
      if (value === undefined) this.facts.delete(fact)
      else this.facts.set(fact, value)
  }

  #due(record: string): void {
    this.records.set(record, (this.records.get(record) ?? 0) + 1)
  }

  /** The operations in doubt, decided by what is there. Says what was done by half. */
  settle(observed: Facts, recorded: ReadonlyMap<string, number>): string[] {
    const half: string[] = []
    for (const operation of this.unsure) {
      const { kind, edits, record, session } = operation
      if (session) {
        // Its new token has an id that nobody was told; rows and records are counted as a whole.
        if (session.old === undefined) continue
        const old = `token:${session.old}`
        if (observed.get(old) !== 'revoked') continue
        this.facts.set(old, 'revoked')
        this.#sessions = this.#sessions.filter(({ id }) => id !== session.old)
        continue
      }
      const done = edits.every(([fact, value]) => observed.get(fact) === value)
      const undone = edits.every(([fact]) => observed.get(fact) === this.facts.get(fact))
      const isRecorded = (recorded.get(record) ?? 0) > (this.records.get(record) ?? 0)
      if (!done && !undone) half.push(`half-applied: ${kind} ${record}`)
      else if (done !== isRecorded && done !== undone)
        half.push(
          `half-applied: ${kind} ${record} is ${done ? '' : 'not '}there, its record is ${isRecorded ? '' : 'not '}there`,
        )
      if (done) this.apply(edits)
      if (isRecorded) this.#due(record)
    }
    this.unsure = []
    return half
  }

  #operation(kind: Kind): Operation | undefined {
    const groups = this.#having('group:')
    const users = this.#having('user:')
    const members = this.#having('member:')
    const fresh = () => `${this.#name}-${++this.#made}`
    switch (kind) {
      case 'create group': {
        const name = fresh()
        return {
          kind,
          method: 'POST',
          path: '/v1/usermgmt/groups',
          body: { name, description: `of ${name}` },
          status: 201,
          edits: [[`group:${name}`, `of ${name}`]],
          record: `Create group|${name}`,
        }
      }
      case 'rename group': {
        const old = pick(this.#next, groups)
        if (old === undefined) return undefined
        const name = fresh()
        const moved = members.filter((member) => member.startsWith(`${old}/`))
        return {
          kind,
          method: 'PATCH',
          path: `/v1/usermgmt/groups/${old}`,
          body: { name, description: `was ${old}` },
          status: 200,
          edits: [
            [`group:${old}`, undefined],
            [`group:${name}`, `was ${old}`],
            ...moved.flatMap(
              (member): Edits => [
                [`member:${member}`, undefined],
                [`member:${name}/${member.slice(old.length + 1)}`, ''],
              ],
            ),
          ],
          record: `Update group|${old}`,
        }
      }
      case 'delete group': {
        const name = pick(this.#next, groups)
        if (name === undefined) return undefined
        return {
          kind,
          method: 'DELETE',
          path: `/v1/usermgmt/groups/${name}`,
          status: 204,
          edits: [
            [`group:${name}`, undefined],
            ...this.#gone(members.filter((member) => member.startsWith(`${name}/`))),
          ],
          record: `Delete group|${name}`,
        }
      }
      case 'create user':
      case 'create user with password': {
        const username = fresh()
        return {
          kind,
          method: 'POST',
          path: '/v1/usermgmt/users',
          body: {
            username,
            nickname: `of ${username}`,
            ...(kind === 'create user'
              ? {
                  certificate_subject_dn: `CN=${username}`,
                  allowed_auth_methods: ['user_certificate'],
                }
              : { password: PASSWORD }),
          },
          status: 201,
          edits: [[`user:${username}`, `of ${username}`]],
          record: `Create user|${username}`,
        }
      }
      case 'change user': {
        const username = pick(this.#next, users)
        if (username === undefined) return undefined
        const nickname = `changed ${fresh()}`
        return {
          kind,
          method: 'PATCH',
          path: `/v1/usermgmt/users/${username}`,
          body: { nickname },
          status: 200,
          edits: [[`user:${username}`, nickname]],
          record: `Update user|${username}`,
        }
      }
      case 'delete user': {
        const username = pick(this.#next, users)
        if (username === undefined) return undefined
        return {
          kind,
          method: 'DELETE',
          path: `/v1/usermgmt/users/${username}`,
          status: 204,
          edits: [
            [`user:${username}`, undefined],
            ...this.#gone(members.filter((member) => member.endsWith(`/${username}`))),
          ],
          record: `Delete user|${username}`,
        }
      }
      case 'add member': {
        const group = pick(this.#next, groups)
        const user = pick(this.#next, users)
        if (group === undefined || user === undefined || members.includes(`${group}/${user}`))
          return undefined
        return {
          kind,
          method: 'POST',
          path: `/v1/usermgmt/groups/${group}/users/${user}`,
          status: 200,
          edits: [[`member:${group}/${user}`, '']],
          record: `Add user to group|${group}`,
        }
      }
      case 'remove member': {
        const member = pick(this.#next, members)
        if (member === undefined) return undefined
        const [group, user] = member.split('/')
        return {
          kind,
          method: 'DELETE',
          path: `/v1/usermgmt/groups/${group}/users/${user}`,
          status: 204,
          edits: this.#gone([member]),
          record: `Remove user from group|${group}`,
        }
      }
      case 'sign in':
        return {
          ...signIn,
          kind,
          body: { username: 'admin', password: ADMIN_PASSWORD },
          session: {},
        }
      case 'renew token': {
        const old = pick(this.#next, this.#sessions)
        if (old === undefined) return undefined
        return {
          ...signIn,
          kind,
          body: { refresh_token: old.text, renew_refresh_token: true },
          session: { old: old.id },
        }
      }
    }
  }

  #having(prefix: string): string[] {
    return [...this.facts.keys()]
      .filter((fact) => fact.startsWith(prefix))
      .map((fact) => fact.slice(prefix.length))
  }

  #gone = (members: readonly string[]): Edits =>
    members.map((member) => [`member:${member}`, undefined] as const)
}

const signIn = {
  method: 'POST',
  path: '/v1/auth/tokens',
  status: 200,
  edits: [],
  record: '',
} as const

const sessionOf = (jwt: string): string =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).cust.sid

/** All facts that the server shows to an administrator; its reading checks every row's seal. */
export async function observe(server: Pick<ServerProcess, 'ask'>, token: string): Promise<Facts> {
  const list = async (path: string, patience = 5): Promise<Answer['body'][]> => {
    const got = await server.ask('GET', `${path}limit=-1`, { token })
    if (got.status !== 200) throw new Error(`${path} answered ${got.status}: ${got.text}`)
    if (got.body.total !== got.body.resources.length) {
      // A write whose answer was lost may still come between the count and the rows.
      if (patience === 0)
        throw new Error(`${path} says ${got.body.total} and shows ${got.body.resources.length}`)
      await new Promise((resolve) => setTimeout(resolve, 200))
      return list(path, patience - 1)
    }
    return got.body.resources
  }
  const facts: Facts = new Map()
  for (const { name, description, app_metadata } of await list('/v1/usermgmt/groups?'))
    if (!app_metadata?.system) facts.set(`group:${name}`, description)
  for (const { username, nickname, groups } of await list('/v1/usermgmt/users?return_groups=true&'))
    if (username !== 'admin') {
      facts.set(`user:${username}`, nickname)
      for (const group of groups ?? []) facts.set(`member:${group}/${username}`, '')
    }
  for (const { id, revoked_at } of await list('/v1/auth/tokens?'))
    facts.set(`token:${id}`, revoked_at === null ? 'alive' : 'revoked')
  return facts
}

/** How many audit records of a success there are, by message and subject. */
export async function recordsOf(database: Beside): Promise<Map<string, number>> {
  const recorded = new Map<string, number>()
  const rows = await database.query('select message, details from audit_records where success = 1')
  for (const { message, details } of rows) {
    const { group, user, session_id } = JSON.parse(String(details))
    const key = `${message}|${group ?? user ?? session_id ?? ''}`
    recorded.set(key, (recorded.get(key) ?? 0) + 1)
  }
  return recorded
}

/** What no row may ever be without, in SQL that finds those that are. */
const orphans: Readonly<Record<string, string>> = {
  'a membership without its group':
    'select count(*) as n from memberships where group_id not in (select id from groups)',
  'a membership without its user':
    'select count(*) as n from memberships where user_id not in (select id from users)',
  'sign-in counters without their user':
    'select count(*) as n from logins where user_id not in (select id from users)',
  'a user without sign-in counters':
    'select count(*) as n from users where id not in (select user_id from logins)',
  'a former password without its user':
    'select count(*) as n from password_history where user_id not in (select id from users)',
  'a replaced token without the one that replaced it':
    'select count(*) as n from refresh_tokens r where r.replaced = 1 and not exists (select 1 from refresh_tokens s where s.session_id = r.session_id and s.id <> r.id and s.created_at >= r.created_at)',
  'a session without its audit record, or the other way round':
    "select abs((select count(*) from refresh_tokens) - (select count(*) from audit_records where success = 1 and message = 'Sign in')) as n",
  ...Object.fromEntries(
    ['users', 'groups', 'refresh_tokens'].map((table) => [
      `a wrong count of ${table}`,
      `select abs((select count(*) from ${table}) - (select coalesce(sum(rows), 0) from counts where table_name = '${table}')) as n`,
    ]),
  ),
}

/** Everything that is not as the acknowledged operations left it. Workers in doubt learn what became of it. */
export async function judge(
  workers: readonly Worker[],
  server: Pick<ServerProcess, 'ask'>,
  token: string,
  database: Beside,
  dataDir: string,
): Promise<string[]> {
  const found = workers.flatMap(({ surprises }) => surprises.splice(0))
  const observed = await observe(server, token)
  const recorded = await recordsOf(database)
  for (const worker of workers) found.push(...worker.settle(observed, recorded))
  const expected = new Set<string>()
  for (const worker of workers) {
    for (const [fact, value] of worker.facts) {
      expected.add(fact)
      if (observed.get(fact) !== value)
        found.push(`lost: ${fact} was acknowledged as ${value}, and is ${observed.get(fact)}`)
    }
    for (const [record, count] of worker.records) {
      const there = recorded.get(record) ?? 0
      // A renewal in doubt may have added one to its session; these are counted against the rows below.
      if (there < count || (there > count && !record.startsWith('Sign in|')))
        found.push(`unrecorded: ${record}: ${there} records of ${count}`)
    }
  }
  for (const fact of observed.keys())
    if (!expected.has(fact) && !fact.startsWith('token:'))
      found.push(`came back: ${fact} is there and should not be`)
  for (const [what, sql] of Object.entries(orphans)) {
    const [row] = await database.query(sql)
    if (Number(row?.['n']) !== 0) found.push(`half-applied: ${what} (${row?.['n']})`)
  }
  const verdict = await verifyAudit(dataDir, database)
  if (verdict !== undefined) found.push(`audit: ${verdict}`)
  return found
}

/** What is wrong with the audit chain, read beside the server. */
export async function verifyAudit(dataDir: string, { url }: Beside): Promise<string | undefined> {
  const log = await openAuditLog(
    url === undefined
      ? { kind: 'sqlite', file: join(dataDir, 'keystead.db') }
      : { kind: 'postgres', url },
    { scheme: 'file', path: join(dataDir, 'root.key') },
    await nodeIdOf(dataDir),
  )
  try {
    const verdict = await log.verify()
    return verdict.intact ? undefined : `${verdict.problem} (${verdict.seq})`
  } finally {
    await log.close()
  }
}
