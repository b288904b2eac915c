import Fastify, { type FastifyInstance, type InjectOptions, LogController } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Caller, Context, Services } from '../context.ts'
import { ROOT_DOMAIN } from '../kit/domain.ts'
import { type Endpoint, endpoint } from '../kit/endpoint.ts'
import { Fault, Tampered } from '../kit/fault.ts'
import type { AuditEntry, Writer } from '../store/store.ts'
import { fail, type MountOptions, mount, type Route } from './mount.ts'

/** The gate by itself: routes of the test's own, callers and records that are kept in memory. */

const NOW = new Date('2026-05-06T07:08:09.010Z')

const ANN: Caller = {
  userId: 'a-1',
  username: 'ann',
  domain: 'd-1',
  groups: ['readers'],
  sessionId: 's-1',
  clientId: 'c-1',
}

/** What the gate wrote, a unit each; a unit whose work failed is not there. */
interface Unit {
  readonly statements: readonly string[]
  readonly records: readonly AuditEntry[]
}

let server: FastifyInstance
let units: Unit[]
/** Thrown by the store instead of writing. */
let broken: Error | undefined
let handled: { context: Context; input: unknown }[]
let asked: string[]
let offered: string[]
let logged: { msg: string; requestID: string; err: { message: string } }[]

const records = () => units.flatMap((unit) => unit.records)
const only = (): AuditEntry => {
  expect(records()).toHaveLength(1)
  return records()[0] as AuditEntry
}
const detailsOf = (record: AuditEntry) => JSON.parse(record.details)

const services = {
  store: {
    read: {},
    async transact<T>(work: (tx: Writer) => T | Promise<T>): Promise<T> {
      const statements: string[] = []
      const gathered: AuditEntry[] = []
      const tx = {
        changesAuthority: () => statements.push('change'),
        audit: (entry: AuditEntry) => gathered.push(entry),
      } as unknown as Writer
      const done = await work(tx)
      if (broken) throw broken
      units.push({ statements, records: gathered })
      return done
    },
  },
  now: () => NOW,
  nodeId: 'node-1',
} as unknown as Services

const authority: MountOptions['authority'] = {
  async authenticate(token) {
    offered.push(token)
    if (token !== 'good') throw new Fault('unauthenticated', 'Invalid token')
    return ANN
  },
  grants(caller, action, resource) {
    asked.push(`${caller.username} ${action} ${resource}`)
    return action === 'Read'
  },
}

const plain = endpoint({
  method: 'POST',
  path: '/v1/things',
  summary: 'Make a thing',
  access: { action: 'Read', resource: 'things:all' },
  audit: 'Make thing',
  reply: z.object({ done: z.boolean() }),
  status: 201,
})

type Handler = (context: Context, input: never) => Promise<unknown>

const change: Handler = async (context) => {
  await context.transact((tx) => tx.changesAuthority())
  return { done: true }
}
const nothing: Handler = async () => ({ done: true })
const failWith =
  (error: unknown): Handler =>
  async () => {
    throw error
  }

function start(
  declared: Partial<Endpoint>,
  handler: Handler = nothing,
  more: { readonly checkReplies?: boolean; readonly name?: string } = {},
): void {
  const route: Route = {
    name: more.name ?? 'things.make',
    endpoint: { ...plain, ...declared },
    handler: async (context, input) => {
      handled.push({ context, input })
      return handler(context, input)
    },
  }
  mount(server, [route], { services, authority, checkReplies: more.checkReplies ?? false })
}

const call = (options: InjectOptions = {}) =>
  server.inject({
    method: 'POST',
    url: '/api/v1/things',
    ...options,
    headers: { authorization: 'Bearer good', 'user-agent': 'probe/1', ...options.headers },
  })
/** The same without credentials. */
const bare = (headers: Record<string, string>, method: 'GET' | 'POST' = 'POST') =>
  server.inject({ method, url: '/api/v1/things', headers })

/** How a failure is answered that comes before there is a passage. */
async function failedBare(error: unknown): Promise<{ status: number; body: string }> {
  const instance = Fastify()
  instance.get('/', (request, reply) => fail(request, reply, error))
  const answer = await instance.inject('/')
  await instance.close()
  return { status: answer.statusCode, body: answer.body }
}

beforeEach(() => {
  units = []
  broken = undefined
  handled = []
  asked = []
  offered = []
  logged = []
  server = Fastify({
    genReqId: () => 'request-1',
    exposeHeadRoutes: false,
    logController: new LogController({ disableRequestLogging: true }),
    logger: {
      level: 'error',
      base: null,
      timestamp: false,
      stream: { write: (line) => void logged.push(JSON.parse(line)) },
    },
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    ['application/json', 'application/x-www-form-urlencoded'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  )
})
afterEach(() => server.close())

describe('a call that may be made', () => {
  test('is handled for its caller, and its record says all that is known of it', async () => {
    start({}, change)
    const answer = await call()
    expect(answer.statusCode).toBe(201)
    expect(answer.json()).toEqual({ done: true })
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(handled[0]?.context).toMatchObject({ caller: ANN, services })
    expect(handled[0]?.context.now()).toBe(NOW)
    expect(handled[0]?.context.read).toBe(services.store.read)
    expect(handled[0]?.context.origin).toEqual({
      requestId: 'request-1',
      ip: '127.0.0.1',
      userAgent: 'probe/1',
    })
    const record = only()
    expect(record).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      domain_id: 'd-1',
      created_at: '2026-05-06T07:08:09.010000Z',
      severity: 'info',
      message: 'Make thing',
      username: 'ann',
      service: 'things',
      source: 'node-1',
      success: true,
      client_ip: '127.0.0.1',
      details: expect.any(String),
    })
    expect(detailsOf(record)).toEqual({ request_id: 'request-1', user_agent: 'probe/1' })
  })

  test('takes its record into the unit that changes something', async () => {
    start({}, change)
    await call()
    expect(units).toEqual([{ statements: ['change'], records: [expect.anything()] }])
  })

  test('is recorded once, however many units it writes', async () => {
    start({}, async (context) => {
      await context.transact((tx) => tx.changesAuthority())
      return context.transact((tx) => {
        tx.changesAuthority()
        return { done: true }
      })
    })
    const answer = await call()
    expect(answer.json()).toEqual({ done: true })
    expect(units.map(({ statements }) => statements)).toEqual([['change'], ['change']])
    expect(records()).toHaveLength(1)
  })

  test('is recorded also when it changes nothing', async () => {
    start({})
    await call()
    expect(only()).toMatchObject({ success: true, message: 'Make thing', severity: 'info' })
  })

  test('leaves no record when its endpoint is a plain read', async () => {
    start({ audit: false }, change)
    expect((await call()).statusCode).toBe(201)
    expect(units).toEqual([{ statements: ['change'], records: [] }])
  })

  test('carries what its handler notes, one note on top of another', async () => {
    start({}, async (context) => {
      context.note({ thing: 1, kind: 'old' })
      context.note({ kind: 'new', username: 'somebody' })
      return { done: true }
    })
    await call()
    expect(only().username).toBe('somebody')
    expect(detailsOf(only())).toEqual({
      thing: 1,
      kind: 'new',
      request_id: 'request-1',
      user_agent: 'probe/1',
    })
  })

  test('a noted name that is no text gives way to the caller’s', async () => {
    start({}, async (context) => {
      context.note({ username: 7 })
      return { done: true }
    })
    await call()
    expect(only().username).toBe('ann')
  })

  test('a name that no database can keep is on record in a form that it can', async () => {
    start({}, async (context) => {
      context.note({ username: 'nul-\0-\0-half-\ud800' })
      return { done: true }
    })
    await call()
    expect(only().username).toBe('nul-\ufffd-\ufffd-half-\ufffd')
  })

  test('a handler that writes and then refuses is recorded as refused, once', async () => {
    start({}, async (context) => {
      context.refuse('you guessed wrong')
      await context.transact((tx) => tx.changesAuthority())
      throw new Fault('unauthenticated', 'Wrong username or password.')
    })
    const answer = await call()
    expect(answer.statusCode).toBe(401)
    expect(units).toHaveLength(1)
    expect(only()).toMatchObject({ success: false, severity: 'warning' })
    expect(detailsOf(only()).reason).toBe('you guessed wrong')
  })

  test('a refusal after a unit that was recorded as done is on record too', async () => {
    start({}, async (context) => {
      await context.transact((tx) => tx.changesAuthority())
      throw new Fault('forbidden', 'not this one')
    })
    expect((await call()).statusCode).toBe(403)
    expect(records().map(({ success }) => success)).toEqual([true, false])
  })

  test('a long user agent is cut, a missing one is empty', async () => {
    start({})
    await call({ headers: { 'user-agent': 'x'.repeat(300) } })
    expect(detailsOf(only()).user_agent).toBe('x'.repeat(256))
    units = []
    await server.inject({
      method: 'POST',
      url: '/api/v1/things',
      headers: { authorization: 'Bearer good', 'user-agent': '' },
    })
    expect(detailsOf(only()).user_agent).toBe('')
    expect(handled.at(-1)?.context.origin.userAgent).toBe('')
  })

  test('its headers and messages reach the answer; messages only where there is a list', async () => {
    start({ reply: z.any() }, async (context) => {
      context.header('x-thing', 'seven')
      context.say('one')
      context.say('two')
      return { resources: [1] }
    })
    const answer = await call()
    expect(answer.headers['x-thing']).toBe('seven')
    expect(answer.json()).toEqual({ resources: [1], messages: ['one', 'two'] })
  })

  test.each([{ done: true }, null, 'text', undefined])(
    'a message beside %j is dropped',
    async (output) => {
      start({ reply: z.any() }, async (context) => {
        context.say('one')
        return output
      })
      const answer = await call()
      expect(answer.body).toBe(output === undefined ? '' : JSON.stringify(output))
    },
  )

  test('a list without messages has none', async () => {
    start({ reply: z.any() }, async () => ({ resources: [] }))
    expect((await call()).json()).toEqual({ resources: [] })
  })

  test('without an answer there is no body and no type', async () => {
    start({ status: 204, reply: z.undefined() }, async () => undefined)
    const answer = await call()
    expect(answer.statusCode).toBe(204)
    expect(answer.body).toBe('')
    expect(answer.headers['content-type']).toBeUndefined()
  })

  test.each([2000, 2001, 2500, 3001])('a list of %d comes whole', async (length) => {
    const resources = Array.from({ length }, (_, at) => ({ at }))
    start({ reply: z.any() }, async () => ({ skip: 0, resources, total: length }))
    const answer = await call()
    expect(answer.json()).toEqual({ skip: 0, total: length, resources })
    // Only what is longer than any page is streamed, so of no length known before.
    expect(answer.headers['content-length'] === undefined).toBe(length > 2000)
  })
})

describe('authorization', () => {
  test('is asked for the endpoint’s own action and resource, before anything is read', async () => {
    start({
      access: { action: 'Write', resource: 'things:all' },
      body: z.object({ a: z.string() }),
    })
    const answer = await call({
      payload: 'no JSON',
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.statusCode).toBe(403)
    expect(answer.json()).toMatchObject({
      code: 13,
      codeDesc: 'NCERRForbidden: InsufficientPermissions: Write on things:all is not permitted',
    })
    expect(asked).toEqual(['ann Write things:all'])
    expect(handled).toEqual([])
    expect(only()).toMatchObject({ success: false, severity: 'warning', username: 'ann' })
    expect(detailsOf(only()).reason).toBe('Write on things:all is not permitted')
  })

  test('of a further action is the handler’s to ask', async () => {
    start({ access: 'self' }, async (context) => {
      const [read, write] = [context.may('Read', 'x'), context.may('Write', 'x')]
      context.authorize('Read', 'x')
      expect({ read, write }).toEqual({ read: true, write: false })
      context.authorize('Write', 'y')
      return { done: true }
    })
    const answer = await call()
    expect(answer.json().codeDesc).toContain('Write on y is not permitted')
    expect(asked).toEqual(['ann Read x', 'ann Write x', 'ann Read x', 'ann Write y'])
  })

  test('is not asked where an endpoint is about its caller, who must be known all the same', async () => {
    start({ access: 'self' })
    expect((await call()).statusCode).toBe(201)
    expect(asked).toEqual([])
    expect((await bare({})).statusCode).toBe(401)
    expect(handled).toHaveLength(1)
  })

  test('is not asked where anyone may call, and no token is looked at', async () => {
    start({ access: 'public' })
    expect((await call()).statusCode).toBe(201)
    expect(offered).toEqual([])
    expect(handled[0]?.context.caller).toEqual({
      userId: '',
      username: '',
      domain: ROOT_DOMAIN,
      groups: [],
      sessionId: '',
      clientId: '',
    })
    expect(only()).toMatchObject({ username: '', domain_id: ROOT_DOMAIN })
  })
})

describe('a credential', () => {
  test('that is missing is told, and leaves no record, since nobody tried anything', async () => {
    start({})
    const answer = await bare({})
    expect(answer.statusCode).toBe(401)
    expect(answer.json().message).toBe('Authorization header is missing')
    expect(records()).toEqual([])
    expect(handled).toEqual([])
  })

  test('that is refused is on record under no name, also of a plain read', async () => {
    start({ audit: false })
    const answer = await bare({ authorization: 'Bearer forged' })
    expect(answer.json()).toMatchObject({ code: 5, message: 'Invalid token' })
    expect(only()).toMatchObject({
      username: '',
      success: false,
      message: 'Make a thing',
      domain_id: ROOT_DOMAIN,
    })
    expect(handled).toEqual([])
  })

  test.each([
    ['Bearer good', 'good'],
    ['bearer good', 'good'],
    ['BEARER   good  ', 'good'],
    ['Bearer  two words ', 'two words'],
    ['Bearer ', ''],
    ['Bearer', ''],
    ['Bearergood', ''],
    ['x Bearer good', ''],
    ['Basic good', ''],
    ['good', ''],
    ['', ''],
  ])('%j in the header stands for the token %j', async (authorization, token) => {
    start({})
    const answer = await bare({ authorization })
    expect(offered).toEqual([token])
    expect(answer.statusCode).toBe(token === 'good' ? 201 : 401)
  })

  const session = 'keystead_session=good'
  test.each([
    ['alone', session, 'good'],
    ['before others', `${session}; theme=dark`, 'good'],
    ['behind others', `theme=dark;${session}`, 'good'],
    ['behind a blank', `theme=dark;  ${session}`, 'good'],
    ['with a blank behind it', `${session} ;x=y`, 'good'],
    ['the first of two', `${session}; keystead_session=other`, 'good'],
    ['as the end of another name', `x${session}`, undefined],
    ['in another’s value', `x="keystead_session=good"`, undefined],
    ['under no name', 'good', undefined],
  ])('in the session cookie counts: %s', async (_, cookie, token) => {
    start({})
    const answer = await bare({ cookie, 'sec-fetch-site': 'same-origin' })
    expect(offered).toEqual(token === undefined ? [] : [token])
    expect(answer.statusCode).toBe(token === undefined ? 401 : 201)
    if (token === undefined) expect(answer.json().message).toBe('Authorization header is missing')
  })

  test.each([
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }, true, true],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://here.example' }, false, false],
    [{ 'sec-fetch-site': 'none' }, false, false],
    [{ origin: 'https://here.example' }, true, true],
    [{ origin: 'http://here.example' }, false, false],
    [{ origin: 'https://here.example:444' }, false, false],
    [{}, true, false],
  ])('in a cookie with %j: reads %j, writes %j', async (headers, reads, writes) => {
    start({})
    mount(
      server,
      [
        {
          name: 'things.see',
          endpoint: { ...plain, path: '/v1/sight', method: 'GET' },
          handler: nothing,
        },
      ],
      { services, authority, checkReplies: false },
    )
    const sent = { ...headers, cookie: session, host: 'here.example' } as Record<string, string>
    const read = await server.inject({ method: 'GET', url: '/api/v1/sight', headers: sent })
    expect(read.statusCode).toBe(reads ? 201 : 401)
    expect((await bare(sent)).statusCode).toBe(writes ? 201 : 401)
  })
})

describe('a failure', () => {
  test.each([
    ['conflict', 409, 1],
    ['not-found', 404, 1],
    ['invalid-parameter', 400, 1],
    ['forbidden', 403, 1],
    ['unauthenticated', 401, 1],
    ['not-built', 501, 1],
    ['invalid', 400, 0],
    ['unavailable', 503, 0],
    ['no-space', 507, 0],
  ] as const)('of kind %s answers %d and leaves %d records', async (kind, status, count) => {
    start({}, failWith(new Fault(kind, 'because')))
    const answer = await call()
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.body).toContain('because')
    expect(answer.json().requestID).toBe('request-1')
    expect(records()).toHaveLength(count)
    for (const record of records()) {
      expect(record).toMatchObject({ success: false, severity: 'warning', message: 'Make thing' })
      expect(detailsOf(record).reason).toBe('because')
    }
  })

  test.each([
    ['forbidden', 1],
    ['unauthenticated', 1],
    ['conflict', 0],
    ['not-found', 0],
    ['unavailable', 0],
  ] as const)('of kind %s in a plain read leaves %d records', async (kind, count) => {
    start({ audit: false }, failWith(new Fault(kind, 'because')))
    await call()
    expect(records()).toHaveLength(count)
    for (const record of records()) expect(record.message).toBe('Make a thing')
  })

  test('of ours tells nothing, and is on record as an error', async () => {
    start({}, failWith(new Error('the secret is 42')))
    const answer = await call()
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain('42')
    expect(answer.json()).toMatchObject({ code: 1, requestID: 'request-1' })
    expect(only()).toMatchObject({ severity: 'error', success: false })
    expect(detailsOf(only()).reason).toBe('internal error')
  })

  test('of ours in a plain read leaves no record', async () => {
    start({ audit: false }, failWith(new Error('oh')))
    expect((await call()).statusCode).toBe(500)
    expect(records()).toEqual([])
  })

  test('of a stored row to fit its seal is critical, and names the row on record only', async () => {
    start({ audit: false }, failWith(new Tampered('users', 'u-7')))
    const answer = await call()
    expect(answer.statusCode).toBe(500)
    expect(answer.body).not.toContain('u-7')
    expect(only()).toMatchObject({ severity: 'critical', success: false })
    expect(detailsOf(only())).toMatchObject({
      table: 'users',
      row: 'u-7',
      reason: 'a stored record does not fit its seal',
    })
  })

  test('that cannot be recorded is not answered either', async () => {
    start({}, failWith(new Fault('conflict', 'taken')))
    broken = new Fault('unavailable', 'the database does not answer')
    const answer = await call()
    expect(answer.statusCode).toBe(503)
    expect(answer.body).not.toContain('taken')
  })

  test.each([
    ['unavailable', true],
    ['no-space', true],
    ['not-built', false],
    ['conflict', false],
  ] as const)('of kind %s stands in the log: %j', async (kind, stands) => {
    start({}, failWith(new Fault(kind, 'because')))
    await call()
    expect(logged).toEqual(
      stands
        ? [
            expect.objectContaining({
              msg: 'request failed',
              requestID: 'request-1',
              err: expect.objectContaining({ message: 'because' }),
            }),
          ]
        : [],
    )
  })

  test('of ours stands in the log with its cause', async () => {
    start({}, failWith(new Error('the secret cause')))
    await call()
    expect(logged).toMatchObject([{ err: { message: 'the secret cause' } }])
  })

  test('before the caller is known is answered like any other', async () => {
    for (const error of [new Fault('conflict', 'c'), new Tampered('t', 'r'), new Error('e')]) {
      const { status, body } = await failedBare(error)
      expect(status).toBe(error instanceof Fault ? 409 : 500)
      expect(body).toContain('requestID')
    }
    expect(records()).toEqual([])
  })

  test('to record what was done becomes the answer', async () => {
    start({})
    broken = new Error('the disk is gone')
    expect((await call()).statusCode).toBe(500)
    expect(records()).toEqual([])
  })
})

describe('the input', () => {
  const json = (value: unknown): InjectOptions => ({
    payload: JSON.stringify(value),
    headers: { 'content-type': 'application/json' },
  })
  const body = z.object({ a: z.string().optional(), meta: z.any().optional() })

  test('is read from path, query and body', async () => {
    start({
      path: '/v1/things/:id',
      params: z.object({ id: z.string() }),
      query: z.object({ q: z.string().optional() }),
      body,
    })
    await call({ url: '/api/v1/things/7?q=x', ...json({ a: 'b', meta: { n: null } }) })
    expect(handled[0]?.input).toEqual({
      params: { id: '7' },
      query: { q: 'x' },
      body: { a: 'b', meta: { n: null } },
    })
  })

  test('without a query is an empty one', async () => {
    start({ query: z.object({ q: z.string().default('none') }) })
    await call()
    expect(handled[0]?.input).toMatchObject({ query: { q: 'none' } })
  })

  test('that the endpoint does not take is not looked at', async () => {
    start({})
    expect((await call({ url: '/api/v1/things?q=%', payload: 'no' })).statusCode).toBe(415)
    expect(
      (await call({ payload: '{', headers: { 'content-type': 'application/json' } })).statusCode,
    ).toBe(201)
    expect(handled[0]?.input).toEqual({ params: undefined, query: undefined, body: undefined })
  })

  test('an absent body is an empty object, and null fields are left out', async () => {
    start({ body })
    await call()
    await call(json({ a: null }))
    await call({ payload: '', headers: { 'content-type': 'application/json' } })
    expect(handled.map(({ input }) => (input as { body: unknown }).body)).toEqual([{}, {}, {}])
  })

  test('as a form is taken only where the endpoint says so', async () => {
    start({ body: z.object({ a: z.string() }) })
    start({ path: '/v1/forms', body: z.object({ a: z.string() }), accepts: ['form'] })
    for (const type of [
      'application/x-www-form-urlencoded',
      'APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8',
    ]) {
      const form: InjectOptions = { payload: 'a=b+c', headers: { 'content-type': type } }
      const refused = await call(form)
      expect(refused.statusCode).toBe(415)
      expect(refused.json().message).toBe('this call takes JSON')
      expect((await call({ ...form, url: '/api/v1/forms' })).statusCode).toBe(201)
      expect(handled.at(-1)?.input).toMatchObject({ body: { a: 'b c' } })
    }
    expect((await call({ ...json({ a: 'json' }), url: '/api/v1/forms' })).statusCode).toBe(201)
    expect(handled.at(-1)?.input).toMatchObject({ body: { a: 'json' } })
  })

  test.each([
    ['invalid', undefined, { code: 15, message: expect.stringContaining('a: ') }],
    [
      'invalid-parameter',
      'invalid-parameter',
      { code: 9, codeDesc: expect.stringContaining('a: ') },
    ],
  ] as const)('that does not fit is refused as %s', async (_, wrongBody, told) => {
    start({ body, ...(wrongBody && { wrongBody }) })
    const answer = await call(json({ a: 7 }))
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject(told)
    expect(handled).toEqual([])
  })

  test('a query parameter that is not known is told, cut short, and ignored', async () => {
    const long = 'y'.repeat(100)
    start({ query: z.object({ q: z.string().optional() }), reply: z.any() }, async () => ({
      resources: [],
    }))
    const answer = await call({ url: `/api/v1/things?q=1&x=2&${long}=3` })
    expect(answer.json().messages).toEqual([
      'the query parameter "x" is not known and was ignored',
      `the query parameter "${'y'.repeat(64)}" is not known and was ignored`,
    ])
  })

  test('a query whose schema names no fields takes any', async () => {
    start({ query: z.record(z.string(), z.any()), reply: z.any() }, async () => ({ resources: [] }))
    expect((await call({ url: '/api/v1/things?x=2' })).json()).toEqual({ resources: [] })
  })
})

describe('a call that takes bytes', () => {
  const octets = { 'content-type': 'application/octet-stream' }
  const sent = () => (handled.at(-1)?.input as { body: unknown } | undefined)?.body
  const startRaw = () =>
    start({ path: '/v1/bytes', raw: 'octet-stream', body: z.instanceof(Uint8Array) as never })
  const send = (payload: Buffer | string, headers: Record<string, string> = octets) =>
    call({ url: '/api/v1/bytes', payload, headers })

  test('hands them over as they came, more of them than JSON may have', async () => {
    startRaw()
    const bytes = Buffer.alloc(3 * 1024 * 1024, 0xa5)
    expect((await send(bytes)).statusCode).toBe(201)
    expect(bytes.equals(sent() as Uint8Array)).toBe(true)
    expect((await send('{"a":null}')).statusCode).toBe(201)
    expect(sent()).toEqual(Buffer.from('{"a":null}'))
  })

  test('looks at the type alone, in any case and whatever stands behind it', async () => {
    startRaw()
    for (const type of ['Application/Octet-Stream', 'application/octet-stream ; charset=utf-8'])
      expect((await send('x', { 'content-type': type })).statusCode, type).toBe(201)
  })

  test('refuses another type, and does not mind it where nothing was sent', async () => {
    startRaw()
    const refused = await send('{}', { 'content-type': 'application/json' })
    expect(refused.statusCode).toBe(415)
    expect(refused.body).toContain('this call takes application/octet-stream')
    expect(handled).toEqual([])
    for (const headers of [octets, { 'content-type': 'application/json' }, {}])
      expect((await send('', headers as Record<string, string>)).statusCode).toBe(201)
    expect(handled.map(({ input }) => (input as { body: Buffer }).body.length)).toEqual([0, 0, 0])
  })

  test('leaves other calls without a reader of bytes', async () => {
    start({ body: z.object({}) })
    startRaw()
    expect((await call({ payload: 'x', headers: octets })).statusCode).toBe(415)
    expect(handled).toEqual([])
  })
})

describe('a call that needs to know what is accepted', () => {
  test.each([
    ['', 400],
    ['  ', 400],
    ['*/*', 201],
    ['text/plain', 201],
  ])('with Accept %j answers %i', async (accept, status) => {
    start({ needsAccept: true })
    const answer = await call({ headers: { accept } })
    expect(answer.statusCode).toBe(status)
    if (status === 400) expect(answer.body).toContain('Accept header is invalid.')
    expect(handled).toHaveLength(status === 400 ? 0 : 1)
  })

  test('is refused without the header, and no other call is', async () => {
    start({ needsAccept: true })
    start({ path: '/v1/others' })
    const headers = { authorization: 'Bearer good' }
    const status = async (path: string) =>
      (await server.inject({ method: 'POST', url: `/api${path}`, headers })).statusCode
    expect(await status('/v1/things')).toBe(400)
    expect(await status('/v1/others')).toBe(201)
  })
})

test('field names are read in any case only where the endpoint says so', async () => {
  const body = z.object({ keyName: z.string().optional() })
  start({ body })
  start({ path: '/v1/any', body, anyCase: true })
  start({ path: '/v1/nobody', anyCase: true })
  const payload = { KEYNAME: 'k' }
  await call({ payload })
  await call({ url: '/api/v1/any', payload })
  expect((await call({ url: '/api/v1/nobody', payload })).statusCode).toBe(201)
  expect(handled.map(({ input }) => (input as { body: unknown }).body)).toEqual([
    {},
    { keyName: 'k' },
    undefined,
  ])
})

describe('mounting', () => {
  test.each([
    ['who may call it', { access: undefined }],
    ['who may call it', { access: { action: '', resource: 'x' } }],
    ['who may call it', { access: { action: 'x', resource: '' } }],
    ['whether it is recorded', { audit: undefined }],
    ['what it answers', { reply: undefined }],
  ])('an endpoint that does not say %s stops the start', (what, missing) => {
    expect(() => start(missing as never)).toThrow(`the endpoint things.make does not say ${what}`)
  })

  test('an answer that breaks its contract is our bug, where answers are checked', async () => {
    const wrong: Handler = async () => ({ done: 'yes' })
    start({}, wrong, { checkReplies: true })
    start({ path: '/v1/unchecked' }, wrong)
    start({ path: '/v1/right' }, async () => ({ done: true }), { checkReplies: true })
    expect((await call()).statusCode).toBe(500)
    expect(logged[0]?.err.message).toContain('an answer breaks its contract: Validation errors:')
    expect((await call({ url: '/api/v1/unchecked' })).statusCode).toBe(201)
    expect((await call({ url: '/api/v1/right' })).statusCode).toBe(201)
  })

  test('methods that a path does not offer are refused, and what it offers is named', async () => {
    const routes = (['GET', 'POST'] as const).map((method) => ({
      name: `things.${method}`,
      endpoint: { ...plain, method },
      handler: nothing,
    }))
    server.setErrorHandler((error, _request, reply) => {
      const { kind, message } = error as Fault
      return reply.code(405).send({ kind, message })
    })
    mount(server, routes, { services, authority, checkReplies: false })
    for (const method of ['PATCH', 'PUT', 'DELETE', 'OPTIONS'] as const) {
      const answer = await call({ method })
      expect(answer.headers['allow']).toBe('GET, POST')
      expect(answer.json()).toEqual({
        kind: 'method-not-allowed',
        message: `${method} is not offered here; there is GET, POST`,
      })
    }
    expect((await call({ method: 'HEAD' })).headers['allow']).toBe('GET, POST')
    for (const method of ['GET', 'POST'] as const)
      expect((await call({ method })).statusCode).toBe(201)
  })
})
