import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { del, type Exchange, get, post, type Scenario } from './exchange.ts'
import { absent, each, exactly, inAnyOrder, ordered, time, uuid } from './expect.ts'
import { identityScenarios } from './identity/index.ts'
import { tally } from './report.ts'
import { type Outcome, type Runner, runnerFor, SignInFailed } from './runner.ts'
import { selfSigned } from './self-signed.ts'

interface Reply {
  status: number
  body?: unknown
  raw?: string
  headers?: Record<string, string>
}

interface Received {
  method: string
  path: string
  rawHeaders: string[]
  body: string
}

const ID = '5b2f7f0e-6d1b-4c57-9a39-6f0f3a2f7a11'
const CREATED = '2024-05-28T08:35:22.51795Z'
const group = { name: 'crew', created_at: CREATED, updated_at: CREATED }
const notFound = { code: 16, codeDesc: 'NCERRResourceNotFound: Resource not found', requestID: ID }

/** A server that answers what a test tells it to, and remembers what it was sent. */
let server: Server
let runner: Runner
let runnerUrl: string
let answer: (received: Received) => Reply
const received: Received[] = []

/** A token that lives so long; nobody checks its signature here. */
const token = (seconds: number): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'ES256' })}.${part({ exp: Math.floor(Date.now() / 1000) + seconds })}.c2ln`
}

beforeAll(async () => {
  server = createServer(await selfSigned(), (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const seen = {
        method: request.method ?? '',
        path: request.url ?? '',
        rawHeaders: request.rawHeaders,
        body: Buffer.concat(parts).toString('utf8'),
      }
      received.push(seen)
      const reply = answer(seen)
      response.writeHead(reply.status, { 'Content-Type': 'application/json', ...reply.headers })
      response.end(reply.raw ?? (reply.body === undefined ? undefined : JSON.stringify(reply.body)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  runnerUrl = `https://127.0.0.1:${port}`
  runner = runnerFor({
    url: runnerUrl,
    username: 'admin',
    password: 'x',
    insecure: true,
  })
})

afterAll(async () => {
  runner.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function play(
  reply: Reply | ((received: Received) => Reply),
  ...exchanges: Exchange[]
): Promise<Outcome> {
  received.length = 0
  answer = typeof reply === 'function' ? reply : () => reply
  return runner.run({ name: 'a scenario', exchanges })
}

const anonymous = { as: 'none' } as const

/** What is wrong with this answer to an exchange that expects a group. */
async function complaintsAbout(reply: Reply): Promise<string> {
  const outcome = await play(
    reply,
    get('a group', '/usermgmt/groups/crew', 200, { name: 'crew', created_at: time }, anonymous),
  )
  return outcome.failures.flatMap((failure) => failure.complaints).join('\n')
}

describe('the suite reports an answer that is wrong', () => {
  test('and none that is right', async () => {
    expect(
      await complaintsAbout({ status: 200, body: { ...group, app_metadata: { system: true } } }),
    ).toBe('')
  })

  test.each<[string, Reply, RegExp]>([
    ['a wrong status', { status: 201, body: group }, /expected status 200, got 201/],
    ['a missing field', { status: 200, body: { name: 'crew' } }, /created_at: expected a time/],
    [
      'another value',
      { status: 200, body: { ...group, name: 'other' } },
      /name: expected "crew", got "other"/,
    ],
    [
      'null metadata',
      { status: 200, body: { ...group, app_metadata: null } },
      /app_metadata: metadata must not be null/,
    ],
    [
      'a fraction of seven digits',
      { status: 200, body: { ...group, created_at: '2024-05-28T08:35:22.1234567Z' } },
      /created_at: .*six fraction digits/,
    ],
    [
      'a trailing zero in a fraction',
      { status: 200, body: { ...group, updated_at: '2024-05-28T08:35:22.10Z' } },
      /updated_at: .*trailing zero/,
    ],
    [
      'an offset in place of Z',
      { status: 200, body: { ...group, updated_at: '2024-05-28T08:35:22+00:00' } },
      /updated_at: .*UTC with Z/,
    ],
    ['a redirect', { status: 301, headers: { Location: '/elsewhere' } }, /redirect/],
    [
      'the text codeDesc in a success',
      { status: 200, body: { ...group, description: 'codeDesc' } },
      /holds the text codeDesc/,
    ],
    [
      'another content type',
      { status: 200, body: group, headers: { 'Content-Type': 'text/html' } },
      /instead of JSON/,
    ],
    ['an empty 200', { status: 200, raw: '' }, /not a JSON object/],
    ['an error that is plain text', { status: 500, raw: 'oops' }, /not a JSON object/],
    [
      'an error without its fields',
      { status: 404, body: { error: 'no' } },
      /code: expected an integer[\s\S]*codeDesc[\s\S]*requestID/,
    ],
  ])('%s', async (_what, reply, complaint) => {
    expect(await complaintsAbout(reply)).toMatch(complaint)
  })

  test.each<[string, string, Record<string, unknown>, RegExp]>([
    ['resources null', '', { resources: null }, /resources: expected an array/],
    ['a limit not echoed', '?limit=5', {}, /limit: expected 5 echoed, got 10/],
    ['a limit not clamped', '?limit=5000', { limit: 5000 }, /limit: expected 2000 echoed/],
    ['a skip not echoed', '?skip=3', {}, /skip: expected 3 echoed/],
    [
      'more rows than asked for',
      '?limit=1',
      { limit: 1, resources: [group, group], total: 2 },
      /2 elements where 1/,
    ],
    ['empty messages', '', { messages: [] }, /messages: expected absent/],
    [
      'null metadata of a row',
      '',
      { resources: [{ ...group, user_metadata: null }], total: 1 },
      /resources\.0\.user_metadata/,
    ],
    ['no total', '', { total: null }, /total: expected an integer/],
  ])('a list with %s', async (_what, query, wrong, complaint) => {
    const body = { skip: 0, limit: 10, total: 0, resources: [], ...wrong }
    const { failures } = await play(
      { status: 200, body },
      get('groups', `/usermgmt/groups/${query}`, 200, undefined, anonymous),
    )
    expect(failures.flatMap((failure) => failure.complaints).join('\n')).toMatch(complaint)
  })

  test('a 204 is not an empty 200', async () => {
    const { failures } = await play(
      { status: 200, raw: '' },
      del('a deletion', '/usermgmt/groups/crew', 204, undefined, anonymous),
    )
    expect(failures[0]?.complaints.join()).toContain('expected status 204')
  })

  test('an empty object answering a POST', async () => {
    const { failures } = await play(
      { status: 200, body: {} },
      post('a POST', '/x', {}, 200, undefined, anonymous),
    )
    expect(failures[0]?.complaints.join()).toContain('an empty object')
  })

  test('a text that must not be told', async () => {
    const { failures } = await play(
      { status: 200, body: { ...group, password: 'hunter2' } },
      get('a group', '/x', 200, undefined, { ...anonymous, silentAbout: ['hunter2'] }),
    )
    expect(failures[0]?.complaints.join()).toContain('which it must not')
  })

  test('a missing or wrong header', async () => {
    const { failures } = await play(
      { status: 200, body: group, headers: { 'Set-Cookie': 'a=b' } },
      get('a group', '/x', 200, undefined, {
        ...anonymous,
        answerHeaders: { 'Set-Cookie': absent, 'X-Other': /./ },
      }),
    )
    expect(failures[0]?.complaints).toHaveLength(2)
  })

  test('an exchange that needs what an earlier one did not give', async () => {
    const { failures } = await play(
      { status: 404, body: notFound },
      get('the first', '/x', 200, undefined, { ...anonymous, keep: { id: 'name' } }),
      get('the second', '/x/{{id}}', 200, undefined, anonymous),
    )
    expect(failures.map((failure) => failure.complaints.join())).toEqual([
      expect.stringContaining('expected status 200, got 404'),
      expect.stringContaining('not sent: no earlier exchange kept {{id}}'),
    ])
    expect(received).toHaveLength(1)
  })

  test('a server that is not there', async () => {
    const nowhere = runnerFor({
      url: 'https://127.0.0.1:1',
      username: 'a',
      password: 'b',
      insecure: true,
    })
    const { failures } = await nowhere.run({
      name: 'x',
      exchanges: [get('x', '/x', 200, undefined, anonymous)],
    })
    nowhere.close()
    expect(failures[0]?.complaints.join()).toContain('no answer')
  })
})

describe('the matchers tell apart', () => {
  test.each<[string, Exchange['body'], unknown, boolean]>([
    ['an order kept', ordered('n', 'up'), [{ n: 'a' }, { n: 'b' }], true],
    ['an order broken', ordered('n', 'up'), [{ n: 'b' }, { n: 'a' }], false],
    [
      'times whose text order differs from their own',
      ordered('t', 'up'),
      [{ t: '2024-01-01T00:00:00.5Z' }, { t: '2024-01-01T00:00:00.51Z' }],
      true,
    ],
    ['every element', each({ id: uuid }), [{ id: ID }], true],
    ['an element that is another', each({ id: uuid }), [{ id: ID }, { id: 'x' }], false],
    ['the same in another order', inAnyOrder('a', 'b'), ['b', 'a'], true],
    ['one too many', inAnyOrder('a', 'b'), ['b', 'a', 'c'], false],
    ['exactly', exactly({ a: { b: 1 } }), { a: { b: 1 } }, true],
    ['more than exactly', exactly({ a: {} }), { a: { b: 1 } }, false],
    ['nothing where null is', absent, null, false],
  ])('%s', async (_what, expected, value, fits) => {
    const { failures } = await play(
      { status: 200, body: { value } },
      get('x', '/x', 200, { value: expected ?? null }, anonymous),
    )
    expect(failures.length === 0, JSON.stringify(failures)).toBe(fits)
  })
})

describe('the suite sends what it is told, byte for byte', () => {
  const sent = async (exchange: Exchange): Promise<Received> => {
    await play({ status: 200, body: group }, exchange)
    const last = received.at(-1)
    if (!last) throw new Error('nothing was sent')
    return last
  }
  const header = ({ rawHeaders }: Received, name: string): string | undefined => {
    const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name)
    return at === -1 ? undefined : rawHeaders[at + 1]
  }

  test('repeated slashes and bare bars', async () => {
    expect((await sent(get('x', '//api//v1/a|b?x=|', 200, undefined, anonymous))).path).toBe(
      '//api//v1/a|b?x=|',
    )
  })

  test('a path below the API', async () => {
    expect((await sent(get('x', '/usermgmt/groups/', 200, undefined, anonymous))).path).toBe(
      '/api/v1/usermgmt/groups/',
    )
  })

  test('a body on DELETE', async () => {
    const last = await sent(del('x', '/x', 200, undefined, { ...anonymous, json: { force: true } }))
    expect([last.body, header(last, 'content-length')]).toEqual(['{"force":true}', '14'])
  })

  test('a POST without a body says Content-Length: 0', async () => {
    expect(
      header(await sent(post('x', '/x', undefined, 200, undefined, anonymous)), 'content-length'),
    ).toBe('0')
  })

  test('or nothing of its length', async () => {
    const last = await sent(
      post('x', '/x', undefined, 200, undefined, { ...anonymous, framing: 'none' }),
    )
    expect([header(last, 'content-length'), header(last, 'transfer-encoding')]).toEqual([
      undefined,
      undefined,
    ])
  })

  test('a body in chunks', async () => {
    const last = await sent(
      post('x', '/x', { a: 1 }, 200, undefined, { ...anonymous, framing: 'chunked' }),
    )
    expect([last.body, header(last, 'transfer-encoding')]).toEqual(['{"a":1}', 'chunked'])
  })

  test('a form', async () => {
    const last = await sent(
      post('x', '/x', undefined, 200, undefined, { ...anonymous, form: { a: 'b c&d' } }),
    )
    expect([last.body, header(last, 'content-type')]).toEqual([
      'a=b+c%26d',
      'application/x-www-form-urlencoded',
    ])
  })

  test('Bearer without a token', async () => {
    const last = await sent(
      get('x', '/x', 200, undefined, { ...anonymous, headers: { Authorization: 'Bearer ' } }),
    )
    expect(header(last, 'authorization')).toMatch(/^Bearer ?$/)
  })

  test('placeholders in every form', async () => {
    await play(
      ({ path }) => ({
        status: 200,
        body: path.endsWith('/first') ? { id: `local|${ID}`, n: 7 } : group,
      }),
      get('keeps', '/first', 200, undefined, { ...anonymous, keep: { id: 'id', n: 'n' } }),
      post(
        'uses',
        '/{{enc:id}}/{{uuid:id}}',
        { n: '{{n}}', text: 'n is {{n}}' },
        200,
        undefined,
        anonymous,
      ),
    )
    expect(received[1]?.path).toBe(`/api/v1/local%7C${ID}/${ID}`)
    expect(received[1]?.body).toBe('{"n":7,"text":"n is 7"}')
  })
})

describe('sessions and scenarios', () => {
  test('a session is renewed shortly before its token ends', async () => {
    let given = 0
    const outcome = await play(
      ({ path }) =>
        path.endsWith('/auth/tokens')
          ? { status: 200, body: { jwt: token(given++ === 0 ? 10 : 300) } }
          : { status: 200, body: group },
      post('signs in', '/auth/tokens', { username: 'jo', password: 'p' }, 200, undefined, {
        ...anonymous,
        opens: 'jo',
      }),
      get('works', '/x', 200, { name: 'crew' }, { as: 'jo' }),
      get('works on', '/x', 200, { name: 'crew' }, { as: 'jo' }),
    )
    expect(outcome.failures).toEqual([])
    expect(received.map(({ path }) => path)).toEqual([
      '/api/v1/auth/tokens',
      '/api/v1/auth/tokens',
      '/api/v1/x',
      '/api/v1/x',
    ])
  })

  test('an exchange is repeated until it fits, for as long as it may take', async () => {
    let asked = 0
    const outcome = await play(
      () => (++asked < 3 ? { status: 200, body: group } : { status: 404, body: notFound }),
      get('is gone soon', '/x', 404, undefined, { ...anonymous, withinMs: 5000 }),
    )
    expect([outcome.failures, asked]).toEqual([[], 3])
  })

  test('what was made is tidied away although an exchange failed, and what was not made is not', async () => {
    received.length = 0
    answer = ({ method }) =>
      method === 'DELETE' ? { status: 204 } : { status: 404, body: notFound }
    const scenario: Scenario = {
      name: 'x',
      exchanges: [get('fails', '/x', 200, undefined, { ...anonymous, keep: { id: 'id' } })],
      tidy: [
        del('tidy', '/known', 204, undefined, anonymous),
        del('tidy', '/{{id}}', 204, undefined, anonymous),
      ],
    }
    const outcome = await runner.run(scenario)
    expect(outcome.failures).toHaveLength(1)
    expect(received.map(({ path }) => path)).toEqual(['/api/v1/x', '/api/v1/known'])
  })

  test('a scenario that moves the clock is skipped where there is none to move', async () => {
    const outcome = await runner.run({
      name: 'x',
      exchanges: [get('never sent', '/y', 200, undefined, { ...anonymous, laterBySeconds: 60 })],
    })
    expect([outcome.skipped, outcome.exchanges]).toEqual(['it needs a clock that can be moved', 0])
  })

  test('an administrator who cannot sign in ends the run', async () => {
    answer = () => ({ status: 401, body: { ...notFound, code: 5 } })
    const other = runnerFor({ url: runnerUrl, username: 'admin', password: 'x', insecure: true })
    await expect(other.run({ name: 'x', exchanges: [get('x', '/x', 200)] })).rejects.toThrow(
      SignInFailed,
    )
    other.close()
  })

  test('a scenario that does not apply is skipped, and says why', async () => {
    answer = () => ({ status: 200, body: { users_count: 2 } })
    const outcome = await runner.run({
      name: 'x',
      provided: [get('one administrator', '/x', 200, { users_count: 1 }, anonymous)],
      exchanges: [get('never sent', '/y', 200, undefined, anonymous)],
    })
    expect(outcome).toEqual({
      scenario: 'x',
      skipped: 'it needs: one administrator',
      exchanges: 0,
      failures: [],
    })
  })
})

describe('the identity scenarios', () => {
  test('are many, and each has a name of its own', () => {
    const names = identityScenarios.map((scenario) => scenario.name)
    expect(new Set(names).size).toBe(names.length)
    expect(tally(identityScenarios).exchanges).toBeGreaterThan(250)
  })

  test('say of each exchange what it is about, and send one body at most', () => {
    for (const { exchanges } of identityScenarios)
      for (const { name, json, form, text } of exchanges) {
        expect(name).not.toBe('')
        expect([json, form, text].filter((body) => body !== undefined).length, name).toBeLessThan(2)
      }
  })
})
