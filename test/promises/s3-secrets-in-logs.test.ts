import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type RunningServer, startServer } from '../../src/compose.ts'
import type { Context, Services } from '../../src/context.ts'
import { loggerOptions } from '../../src/http/log.ts'
import { mount, type Route } from '../../src/http/mount.ts'
import type { Endpoint } from '../../src/kit/endpoint.ts'
import { openStore } from '../../src/store/index.ts'
import type { Reader, Store } from '../../src/store/store.ts'
import { found, needlesOf } from './haystack.ts'
import { ADMIN_PASSWORD, endpoints, quickPasswords } from './lab.ts'
import { report } from './promise.ts'

/** Stands in every secret, at its start, so that one that is cut is found too. */
const TAINT = 'QzTaintedSecret'
const needles = needlesOf(new Map([['the taint', Buffer.from(TAINT)]]))
let made = 0
const tainted = () => `${TAINT}-Aa1!-${++made}`

type Json = { readonly [key: string]: unknown }

/** The names of the fields of a body that are marked as secrets. */
function secretFields({ body }: Endpoint): string[] {
  if (body === undefined) return []
  const { properties = {} } = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Json>
  }
  return Object.keys(properties).filter((name) => isSecret(properties[name]))
}

const isSecret = (schema: unknown): boolean =>
  typeof schema === 'object' &&
  schema !== null &&
  ('secret' in schema || Object.values(schema).some(isSecret))

/** Everything written to standard error while this runs: the server's log. */
async function logOf(work: () => Promise<void>): Promise<string> {
  const written: string[] = []
  const { write } = process.stderr
  process.stderr.write = ((chunk: string | Uint8Array) => {
    written.push(String(chunk))
    return true
  }) as typeof write
  try {
    await work()
    await new Promise((resolve) => setTimeout(resolve, 50))
  } finally {
    process.stderr.write = write
  }
  return written.join('')
}

interface Attempt {
  readonly outcome: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly suffix?: string
  body(endpoint: Endpoint): string
  /** The store fails while this is asked. */
  readonly broken?: boolean
}

const secretsOf = (endpoint: Endpoint): Record<string, string> => {
  const fields = secretFields(endpoint)
  return Object.fromEntries(
    (fields.length > 0 ? fields : ['password']).map((name) => [name, tainted()]),
  )
}
const plain = {
  username: 'ada',
  name: 'ada',
  policy_name: 'p',
  value: 'v',
  actions: ['CreateUser'],
}
const whole = (endpoint: Endpoint) => JSON.stringify({ ...plain, ...secretsOf(endpoint) })

const attemptsWith = (admin: string, nobody: string): readonly Attempt[] => [
  { outcome: 'done', token: admin, body: whole },
  {
    outcome: 'refused by the schema',
    token: admin,
    body: (endpoint) =>
      JSON.stringify(
        Object.fromEntries(
          Object.entries(secretsOf(endpoint)).map(([name, secret]) => [name, [secret, { secret }]]),
        ),
      ),
  },
  {
    outcome: 'too long for the schema',
    token: admin,
    body: (endpoint) =>
      JSON.stringify(
        Object.fromEntries(
          Object.entries(secretsOf(endpoint)).map(([name, secret]) => [name, secret.repeat(200)]),
        ),
      ),
  },
  {
    outcome: 'cut inside a secret',
    token: admin,
    body: (endpoint) => whole(endpoint).slice(0, -6),
  },
  {
    outcome: 'not JSON from the secret on',
    token: admin,
    body: () => `{"password": ${tainted()}`,
  },
  { outcome: 'with a token that is none', token: TAINT, body: whole },
  { outcome: 'without permission', token: nobody, body: whole },
  { outcome: 'of another path', token: admin, suffix: '/nothing', body: whole },
  {
    outcome: 'of another type',
    token: admin,
    headers: { 'content-type': 'text/plain' },
    body: whole,
  },
  {
    outcome: 'as a form',
    token: admin,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: (endpoint) =>
      new URLSearchParams({ ...plain, actions: '', ...secretsOf(endpoint) }).toString(),
  },
  { outcome: 'in the query', token: admin, suffix: `?password=${TAINT}`, body: () => '' },
  { outcome: 'while the store fails', token: admin, broken: true, body: whole },
]

describe('S3: nothing secret in logs, errors and audit', () => {
  let dataDir: string
  let store: Store
  let server: RunningServer
  let broken = false
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'keystead-s3-'))
    store = await openStore({ kind: 'sqlite', file: join(dataDir, 'keystead.db') })
  })
  afterAll(async () => {
    await server.stop()
    await store.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  /** As drivers fail: with a code, and with the statement's values in words. */
  const failure = () =>
    Object.assign(new Error(`UNIQUE constraint failed: ${TAINT} is there`, { cause: TAINT }), {
      code: 'ERR_SQLITE_ERROR',
      detail: `Key (name)=(${TAINT}) already exists.`,
    })
  const failing = (real: Store): Store => ({
    ...real,
    read: {
      ...real.read,
      selectFrom: ((...of: Parameters<Reader['selectFrom']>) => {
        if (broken) throw failure()
        return real.read.selectFrom(...of)
      }) as Reader['selectFrom'],
    },
    transact: (work) => (broken ? Promise.reject(failure()) : real.transact(work)),
  })

  test('whatever becomes of a request, its secrets are neither logged, nor answered, nor recorded', async () => {
    const hits: string[] = []
    let asked = 0
    const seen = new Map<string, Set<number>>()
    const returned = new Map<string, Buffer>()
    const look = (what: string, text: string) => {
      if (found(Buffer.from(text), needles).size > 0) hits.push(`${what}: ${text.slice(0, 300)}`)
    }
    const log = await logOf(async () => {
      server = await startServer(
        {
          dataDir,
          listen: { host: '127.0.0.1', port: 0 },
          databaseUrl: undefined,
          rootKey: { scheme: 'file', path: join(dataDir, 'root.key') },
          adminPassword: ADMIN_PASSWORD,
          tlsNames: [],
          logLevel: 'trace',
          shutdownSeconds: 2,
        },
        { store: failing(store), passwords: quickPasswords() },
      )
      const inject = async (method: string, url: string, headers: object, payload: string) => {
        const got = await server.server.inject({
          method: method as 'GET',
          url,
          headers: { ...headers },
          ...(payload === '' ? {} : { payload }),
        })
        if (url.startsWith('/api/v1/auth/tokens') && got.statusCode === 200 && method === 'POST')
          for (const field of ['jwt', 'refresh_token'])
            returned.set(`${field} ${returned.size}`, Buffer.from(got.json()[field]))
        return got
      }
      const json = { 'content-type': 'application/json' }
      const signIn = async (username: string, password: string): Promise<string> => {
        const body = JSON.stringify({ username, password })
        return (await inject('POST', '/api/v1/auth/tokens', json, body)).json().jwt
      }
      const admin = await signIn('admin', ADMIN_PASSWORD)
      for (const username of ['ada', 'nobody'])
        await inject(
          'POST',
          '/api/v1/usermgmt/users',
          { ...json, authorization: `Bearer ${admin}` },
          JSON.stringify({ username, password: `${TAINT}-Aa1!` }),
        )
      const nobody = await signIn('nobody', `${TAINT}-Aa1!`)
      expect(nobody).toBeTypeOf('string')
      for (const { name, endpoint } of endpoints) {
        // It ends the session that asks, and the rest of the sweep needs both.
        const own = name === 'tokens.logout'
        const attempts = attemptsWith(
          own ? await signIn('admin', ADMIN_PASSWORD) : admin,
          own ? await signIn('nobody', `${TAINT}-Aa1!`) : nobody,
        )
        for (const attempt of attempts) {
          const payload = endpoint.method === 'GET' ? '' : attempt.body(endpoint)
          const path = `/api${endpoint.path.replace(/:\w+/g, 'ada')}${attempt.suffix ?? ''}`
          broken = attempt.broken ?? false
          const got = await inject(
            endpoint.method,
            path,
            {
              ...(payload === '' ? {} : json),
              authorization: `Bearer ${attempt.token}`,
              ...attempt.headers,
            },
            payload,
          )
          broken = false
          asked++
          seen.set(attempt.outcome, (seen.get(attempt.outcome) ?? new Set()).add(got.statusCode))
          look(
            `the answer of ${name}, ${attempt.outcome}`,
            `${JSON.stringify(got.headers)} ${got.payload}`,
          )
        }
      }
      // An ordinary sign-in and a change of password with secrets that fit.
      await signIn('ada', `${TAINT}-Aa1!`)
      await inject(
        'PATCH',
        '/api/v1/auth/changepw',
        json,
        JSON.stringify({ username: 'nobody', password: `${TAINT}-Aa1!`, new_password: tainted() }),
      )
    })
    look('the log', log)
    const database = new DatabaseSync(join(dataDir, 'keystead.db'), {
      readOnly: true,
      timeout: 5000,
    })
    const records = JSON.stringify(database.prepare('select * from audit_records').all())
    database.close()
    look('the audit log', records)
    for (const hit of found(Buffer.from(log + records), needlesOf(returned)))
      hits.push(`${hit}, a token that was handed out`)

    report(
      'S3',
      `${asked} requests (${endpoints.length} routes, ${seen.size} outcomes), ${log.split('\n').length} log lines, ${hits.length} hits`,
    )
    expect(hits).toEqual([])
    const statuses = new Set([...seen.values()].flatMap((all) => [...all]))
    for (const status of [200, 400, 401, 403, 404, 415, 500])
      expect([...statuses], 'the attempts must meet every outcome').toContain(status)
    expect(log).toContain('request failed')
    expect(records).toContain('Change password')
    expect(returned.size).toBeGreaterThan(2)
  })

  test('every secret of the contracts is known to the sweep', () => {
    const fields = new Set(endpoints.flatMap(({ endpoint }) => secretFields(endpoint)))
    expect([...fields]).toEqual(
      expect.arrayContaining(['new_password', 'password', 'refresh_token']),
    )
  })

  test('the harness notices a handler that tells a secret to the log and to the caller', async () => {
    const endpoint: Endpoint = {
      method: 'POST',
      path: '/v1/leak',
      summary: 'Leak',
      access: 'public',
      audit: false,
      body: z.object({ password: z.string().meta({ secret: true }) }),
      status: 200,
      reply: z.object({ said: z.string() }),
    }
    const leaky: Route = {
      name: 'leaks.create',
      endpoint,
      handler: async (_context: Context, { body }: { body: { password: string } }) => {
        if (body.password.endsWith('throw')) throw new Error(`bad password ${body.password}`)
        return { said: body.password }
      },
    }
    expect(secretFields(endpoint)).toEqual(['password'])
    let answer = ''
    const log = await logOf(async () => {
      const leaking = Fastify({ logger: loggerOptions('trace') as object })
      leaking.removeAllContentTypeParsers()
      leaking.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) =>
        done(null, body),
      )
      const services = { store: {}, now: () => new Date(), nodeId: '' } as unknown as Services
      mount(leaking as never, [leaky], {
        services,
        authority: { authenticate: () => Promise.reject(new Error()), grants: () => false },
        checkReplies: false,
      })
      for (const password of [tainted(), `${tainted()} throw`]) {
        const got = await leaking.inject({
          method: 'POST',
          url: '/api/v1/leak',
          payload: { password },
        })
        answer += got.payload
      }
      await leaking.close()
    })
    expect(found(Buffer.from(answer), needles).size).toBeGreaterThan(0)
    expect(found(Buffer.from(log), needles).size).toBeGreaterThan(0)
  })
})
