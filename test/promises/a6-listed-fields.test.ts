import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Endpoint } from '../../src/kit/endpoint.ts'
import { addUser, endpoints, type Answer, type Lab, openLab, type Row } from './lab.ts'
import { report } from './promise.ts'

const TABLES = [
  'users',
  'logins',
  'password_history',
  'groups',
  'memberships',
  'password_policies',
  'refresh_tokens',
  'settings',
  'domains',
  'data_keys',
] as const

interface Case {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

const USER_PASSWORD = 'Subject-Pass-1'

/** A call of every writable route that works, fresh each time. A new route with a body has no line here, and fails. */
const workingCalls = (lab: Lab): Readonly<Record<string, (number: number) => Promise<Case>>> => {
  const call = (path: string, body: Case['body']) => async () => ({ path, body })
  const fresh = (path: string, body: (number: number) => Case['body']) => async (number: number) => ({
    path,
    body: body(number),
  })
  return {
    'tokens.create': call('/v1/auth/tokens', { username: 'subject', password: USER_PASSWORD }),
    'tokens.revoke': async () => {
      const body = { username: 'admin', password: 'First-Pass-1234!' }
      const made = await lab.ask('POST', '/v1/auth/tokens', { body })
      return { path: '/v1/auth/revoke', body: { refresh_token: made.body.refresh_token } }
    },
    'self.updateUser': call('/v1/auth/self/user', { nickname: 'nick' }),
    'self.permissions': call('/v1/auth/self/permissions', { actions: ['CreateUser'] }),
    'self.changePassword': async (number) => {
      const username = `changing-${number}`
      await addUser(lab, username, USER_PASSWORD)
      const body = { username, password: USER_PASSWORD, new_password: 'Another-Pass-2' }
      return { path: '/v1/auth/changepw', body }
    },
    'users.create': fresh('/v1/usermgmt/users', (number) => ({
      username: `made-${number}`,
      password: USER_PASSWORD,
    })),
    'users.update': call('/v1/usermgmt/users/subject', { nickname: 'nick' }),
    'groups.create': fresh('/v1/usermgmt/groups', (number) => ({ name: `made-${number}` })),
    'groups.update': call('/v1/usermgmt/groups/subjects', { description: 'described' }),
    'groups.delete': async (number) => {
      const name = `going-${number}`
      await lab.ask('POST', '/v1/usermgmt/groups', { token: await lab.admin(), body: { name } })
      return { path: `/v1/usermgmt/groups/${name}`, body: { force: false } }
    },
    'passwordPolicies.create': fresh('/v1/usermgmt/pwdpolicies', (number) => ({
      policy_name: `made-${number}`,
    })),
    'passwordPolicies.update': call('/v1/usermgmt/pwdpolicies/subject', { inclusive_min_digits: 2 }),
    'banners.setPreAuth': call('/v1/auth/banners/pre-auth', { value: 'before' }),
    'banners.setPostAuth': call('/v1/auth/banners/post-auth', { value: 'after' }),
    'info.update': call('/v1/system/info', { name: 'subject' }),
  }
}

/** Other names for what is unknown, and for what reaches into prototypes. */
const STRANGE = ['isAdmin', 'role', 'roles', 'admin', '_id', '$set', 'nested.field', '']
const PROTOTYPES = ['__proto__', 'constructor', 'prototype']
const VALUES: readonly unknown[] = ['injected', 1, true]

describe('A6: only what a contract lists can be set', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await prepared()
  })
  afterAll(() => lab.stop())

  test('every writable route has a call here', () => {
    const writable = endpoints.filter(({ endpoint }) => endpoint.body !== undefined)
    expect(Object.keys(workingCalls(lab)).sort()).toEqual(writable.map(({ name }) => name).sort())
  })

  test('a field that is not listed changes nothing, whatever it is named', async () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort()
    const { calls, changes } = await sweep(lab, (method, path, ask) => lab.ask(method, path, ask))
    report('A6', `${calls} calls of ${Object.keys(workingCalls(lab)).length} routes, ${changes.length} changes`)
    expect(changes).toEqual([])
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before)
    expect(({} as Row)['injected']).toBeUndefined()
  }, 240_000)

  test('the harness notices a server that writes what it is sent', async () => {
    const careless = await prepared()
    const file = join(careless.dataDir, 'keystead.db')
    const { changes } = await sweep(
      careless,
      async (method, path, ask) => {
        const answer = await careless.ask(method, path, ask)
        if (path.includes('/groups/') && String(ask.body).includes('"system"')) {
          const database = new DatabaseSync(file, { timeout: 5000 })
          database.exec(`update "groups" set system = 1 where name = 'subjects'`)
          database.close()
        }
        return answer
      },
      ['groups.update'],
    )
    await careless.stop()
    expect(changes).toContainEqual(expect.stringContaining('groups.update with "system"'))
  }, 60_000)
})

async function prepared(): Promise<Lab> {
  const lab = await openLab()
  const token = await lab.admin()
  await addUser(lab, 'subject', USER_PASSWORD)
  await lab.ask('POST', '/v1/usermgmt/groups', { token, body: { name: 'subjects' } })
  await lab.ask('POST', '/v1/usermgmt/pwdpolicies', { token, body: { policy_name: 'subject' } })
  return lab
}

type Send = (method: string, path: string, ask: { token: string; body: string }) => Promise<Answer>

/** Calls every route with one more field than it lists, and compares what it did with what the same call does without. */
async function sweep(lab: Lab, send: Send, only?: readonly string[]) {
  const changes: string[] = []
  let calls = 0
  let number = 0
  const fields = [...columns(lab), ...STRANGE]
  for (const [name, prepare] of Object.entries(workingCalls(lab))) {
    if (only && !only.includes(name)) continue
    const endpoint = endpoints.find((row) => row.name === name)?.endpoint as Endpoint
    const run = async (text: (body: string) => string) => {
      const { path, body } = await prepare(++number)
      const token = await lab.admin()
      const before = lab.rows(...TABLES)
      const answer = await send(endpoint.method, path, { token, body: text(JSON.stringify(body)) })
      calls++
      return { status: answer.status, did: difference(before, lab.rows(...TABLES), number) }
    }
    const usual = await run((body) => body)
    if (usual.status >= 300) throw new Error(`${name} does not work: ${usual.status}`)
    // Once more: an update that changes nothing the second time must compare as such.
    const again = await run((body) => body)
    const listed = new Set(Object.keys(shapeOf(endpoint.body)))
    const unlisted = [...new Set([...fields, ...Object.keys(shapeOf(endpoint.reply))])].filter(
      (field) => !listed.has(field),
    )
    const note = (field: string, value: unknown, got: Awaited<ReturnType<typeof run>>) => {
      const isRefused = got.status >= 400 && got.status < 500
      if (got.did !== (isRefused ? NOTHING : again.did) || got.status >= 500)
        changes.push(
          `${name} with "${field}": ${JSON.stringify(value)} answered ${got.status} and did ${got.did}, usually ${again.did}`,
        )
    }
    for (const [at, field] of unlisted.entries()) {
      const value = VALUES[at % VALUES.length]
      const extra = `,${JSON.stringify(field)}:${JSON.stringify(value)}}`
      note(field, value, await run((body) => body.replace(/\}$/, extra)))
    }
    for (const field of PROTOTYPES)
      for (const value of ['{"injected":1,"system":1,"groups":["admin"]}', 'null', '{"prototype":{"injected":1}}'])
        for (const spelled of [field, `\\u00${field.charCodeAt(0).toString(16)}${field.slice(1)}`])
          note(field, value, await run((body) => body.replace(/\}$/, `,"${spelled}":${value}}`)))
    // Inside objects that are kept as they come.
    for (const field of ['user_metadata', 'app_metadata', 'login_flags'])
      if (listed.has(field))
        for (const inner of PROTOTYPES) {
          const extra = `,"${field}":{"${inner}":{"injected":1}}}`
          const got = await run((body) => body.replace(/\}$/, extra))
          if (got.status < 400) note(`${field}.${inner}`, {}, got)
        }
  }
  return { calls, changes }
}

const shapeOf = (schema: z.ZodType | undefined): Readonly<Record<string, unknown>> =>
  schema instanceof z.ZodObject ? schema.shape : {}

/** Every column there is: what nobody may set is first of all what the server keeps. */
function columns(lab: Lab): string[] {
  const database = new DatabaseSync(join(lab.dataDir, 'keystead.db'), { readOnly: true })
  const names = TABLES.flatMap((table) =>
    database.prepare(`select name from pragma_table_info('${table}')`).all(),
  )
  database.close()
  return [...new Set(names.map(({ name }) => String(name)))]
}

const NOTHING = '[]'
/** Differ in every call: that they changed is compared, not to what. */
const VOLATILE =
  /^(id|user_id|version|seal|.*_at|last_login|logins_count|password|use_seal|token_hash|session_id|client_id|session_epoch|key|value)$/

/** The rows that came, went or changed, as text in which two runs of the same call are equal. */
function difference(before: Record<string, Row[]>, after: Record<string, Row[]>, number: number): string {
  const changes: unknown[] = []
  for (const table of TABLES) {
    const keyed = (rows: Row[] = []) => new Map(rows.map((row) => [keyOf(row), row]))
    const [old, now] = [keyed(before[table]), keyed(after[table])]
    for (const [key, row] of now) {
      const was = old.get(key)
      const changed = Object.entries(row).filter(([column, value]) => !same(value, was?.[column]))
      if (changed.length > 0) changes.push([table, was ? 'changed' : 'made', changed.map(settled(number))])
    }
    for (const key of old.keys()) if (!now.has(key)) changes.push([table, 'removed'])
  }
  return JSON.stringify(changes)
}

const keyOf = (row: Row): string =>
  JSON.stringify([row['id'], row['group_id'], row['user_id'], row['domain_id'], row['key']])

const same = (one: unknown, other: unknown): boolean =>
  one instanceof Uint8Array && other instanceof Uint8Array
    ? Buffer.compare(one, other) === 0
    : one === other

const settled =
  (number: number) =>
  ([column, value]: [string, unknown]): [string, unknown] => {
    if (VOLATILE.test(column)) return [column, value === null ? null : 'other']
    return [column, typeof value === 'string' ? value.replaceAll(`-${number}`, '-n') : value]
  }
