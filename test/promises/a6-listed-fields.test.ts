import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Endpoint } from '../../src/kit/endpoint.ts'
import { addSubjects, alwaysRefused, workingCalls } from './calls.ts'
import { type Answer, endpoints, type Lab, openLab, type Row } from './lab.ts'
import { report } from './promise.ts'
import { isBytes, type Touched, watch } from './watched.ts'

/** Those of the working calls that have a body with fields. */
const written = endpoints
  .filter(({ endpoint: { body, raw } }) => body !== undefined && raw === undefined)
  .filter(({ name }) => !alwaysRefused.includes(name))
  .map(({ name }) => name)

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
    expect(written.filter((name) => workingCalls(lab)[name] === undefined)).toEqual([])
  })

  test('a field that is not listed changes nothing, whatever it is named', async () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort()
    const { calls, fields, changes } = await sweep(lab, (method, path, ask) =>
      lab.ask(method, path, ask),
    )
    report(
      'A6',
      `${fields} unlisted fields in ${calls} calls of ${written.length} routes, ${changes.length} changes`,
    )
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
  await addSubjects(lab)
  return lab
}

const TOGETHER = 15

type Send = (method: string, path: string, ask: { token: string; body: string }) => Promise<Answer>

/** Calls every route with one more field than it lists, and compares what it did with what the same call does without. */
async function sweep(lab: Lab, send: Send, only?: readonly string[]) {
  const changes: string[] = []
  let calls = 0
  let fields = 0
  let number = 0
  const names = [...columns(lab), ...STRANGE]
  const watched = watch(lab)
  for (const name of only ?? written) {
    const prepare = workingCalls(lab)[name]
    if (!prepare) throw new Error(`there is no working call of ${name}`)
    const endpoint = endpoints.find((row) => row.name === name)?.endpoint as Endpoint
    const run = async (text: (body: string) => string) => {
      const { path, body } = await prepare(++number)
      const token = await lab.admin()
      watched.look()
      const answer = await send(endpoint.method, path, { token, body: text(JSON.stringify(body)) })
      calls++
      return { status: answer.status, did: difference(watched.look(), number) }
    }
    const usual = await run((body) => body)
    if (usual.status >= 300) throw new Error(`${name} does not work: ${usual.status}`)
    // Once more: an update that changes nothing the second time must compare as such.
    const again = await run((body) => body)
    const listed = new Set(Object.keys(shapeOf(endpoint.body)))
    const unlisted = [...new Set([...names, ...Object.keys(shapeOf(endpoint.reply))])].filter(
      (field) => !listed.has(field),
    )
    const note = (field: string, value: unknown, got: Awaited<ReturnType<typeof run>>) => {
      const isRefused = got.status >= 400 && got.status < 500
      if (got.did !== (isRefused ? NOTHING : again.did) || got.status >= 500)
        changes.push(
          `${name} with "${field}": ${JSON.stringify(value)} answered ${got.status} and did ${got.did}, usually ${again.did}`,
        )
    }
    // Many fields in one call; where that is refused or does something, each in one of its own.
    const tried = unlisted.map((field, at) => ({ field, value: VALUES[at % VALUES.length] }))
    for (let from = 0; from < tried.length; from += TOGETHER) {
      const some = tried.slice(from, from + TOGETHER)
      const withAll = (fields: typeof tried) => (body: string) =>
        body.replace(
          /\}$/,
          `${fields.map(({ field, value }) => `,${JSON.stringify(field)}:${JSON.stringify(value)}`).join('')}}`,
        )
      const together = await run(withAll(some))
      fields += some.length
      if (together.status < 300 && together.did === again.did) continue
      for (const one of some) note(one.field, one.value, await run(withAll([one])))
    }
    for (const field of PROTOTYPES)
      for (const value of [
        '{"injected":1,"system":1,"groups":["admin"]}',
        'null',
        '{"prototype":{"injected":1}}',
      ])
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
  watched.close()
  return { calls, fields, changes }
}

const shapeOf = (schema: unknown): Readonly<Record<string, unknown>> => {
  if (schema instanceof z.ZodUnion) return Object.assign({}, ...schema.options.map(shapeOf))
  return schema instanceof z.ZodObject ? schema.shape : {}
}

/** Every column there is: what nobody may set is first of all what the server keeps. */
function columns(lab: Lab): string[] {
  const database = new DatabaseSync(join(lab.dataDir, 'keystead.db'), {
    readOnly: true,
    timeout: 5000,
  })
  const names = lab
    .tables()
    .flatMap((table) => database.prepare(`select name from pragma_table_info('${table}')`).all())
  database.close()
  return [...new Set(names.map(({ name }) => String(name)))]
}

const NOTHING = '[]'
/** Differ in every call, also because the server counts in them: that they changed is compared, not to what. */
const VOLATILE =
  /^(id|user_id|version|seal|check_value|.*_at|last_login|logins_count|password|use_seal|token_hash|session_id|client_id|session_epoch|key|value|change_number|changes|records|digest)$/

/** Made anew in every call: times, PEM, serial numbers and fingerprints. */
const MADE = /-----BEGIN|^\d{4}-\d\d-\d\dT|^[0-9a-f:]{16,}$|^\d{20,}$|[0-9a-f]{8}-[0-9a-f]{4}-/i

/** Written some seconds after a use, by the timer: in whatever call happens to be watched then. */
const LATER = 'key_uses'

/** The rows that came, went or changed, as text in which two runs of the same call are equal. */
function difference(touched: readonly Touched[], number: number): string {
  const rows = new Map<string, { readonly table: string; readonly was?: Row; readonly now?: Row }>()
  for (const { table, was, now } of touched) {
    if (table === LATER) continue
    const key = `${table} ${keyOf(now ?? was ?? {})}`
    const first = rows.get(key)
    const before = first ? first.was : was
    rows.set(key, { table, ...(before && { was: before }), ...(now && { now }) })
  }
  const changes: unknown[] = []
  for (const { table, was, now } of rows.values()) {
    if (!now) {
      if (was) changes.push([table, 'removed'])
      continue
    }
    const changed = Object.entries(now).filter(
      ([column, value]) => value !== was?.[column] && !(was && isWholeSecond(column, value)),
    )
    if (changed.length > 0)
      changes.push([table, was ? 'changed' : 'made', changed.map(settled(number))])
  }
  return JSON.stringify(changes.sort())
}

/** Times of certificates change only from one second to the next. What a call puts there is no time. */
const isWholeSecond = (column: string, value: unknown): boolean =>
  /^not_(before|after)$/.test(column) && MADE.test(String(value))

const keyOf = (row: Row): string =>
  JSON.stringify(
    ['id', 'group_id', 'user_id', 'domain_id', 'key', 'ca_id', 'serial_number', 'kind'].map(
      (column) => row[column],
    ),
  )

const settled =
  (number: number) =>
  ([column, value]: [string, unknown]): [string, unknown] => {
    const isMade = isBytes(value) || MADE.test(String(value))
    if (isMade || VOLATILE.test(column)) return [column, value === null ? null : 'other']
    return [column, typeof value === 'string' ? value.replaceAll(`-${number}`, '-n') : value]
  }
