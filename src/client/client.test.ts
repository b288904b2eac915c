import { afterEach, describe, expect, test, vi } from 'vitest'
import { type FakeHttps, json, startFakeHttps } from '../../test/fakes/https.ts'
import { catalogue } from '../catalogue.ts'
import {
  ApiError,
  Client,
  ConnectionError,
  createClient,
  ForeignAnswer,
  nodeTransport,
  SignInError,
} from './index.ts'

let fake: FakeHttps | undefined
let client: Client | undefined
afterEach(async () => {
  client?.close()
  await fake?.stop()
  vi.unstubAllEnvs()
})

type Answer = Parameters<typeof startFakeHttps>[0]

/** A server that signs everybody in and otherwise answers as told. */
async function start(
  answer: Answer,
  token: (count: number) => object = () => ({}),
): Promise<FakeHttps> {
  let signIns = 0
  fake = await startFakeHttps((request, response) => {
    if (request.url !== '/api/v1/auth/tokens') return answer(request, response)
    signIns++
    json(response, 200, {
      jwt: `jwt-${signIns}`,
      duration: 300,
      token_type: 'Bearer',
      refresh_token: 'refresh-1',
      ...token(signIns),
    })
  })
  client = createClient({
    url: fake.url,
    ca: fake.ca,
    credentials: { username: 'jo', password: 'secret' },
    pause: async () => {},
  })
  return fake
}

const ok: Answer = (_request, response) => json(response, 200, { name: 'x' })
const signInsOf = (server: FakeHttps) =>
  server.requests.filter(({ url }) => url === '/api/v1/auth/tokens')
const callsOf = (server: FakeHttps) =>
  server.requests.filter(({ url }) => url !== '/api/v1/auth/tokens')

describe('signing in', () => {
  test('happens once for calls made at the same time', async () => {
    const server = await start(ok)
    await Promise.all(Array.from({ length: 10 }, () => client?.call(catalogue.self.getUser)))
    expect(signInsOf(server)).toHaveLength(1)
    expect(callsOf(server).every(({ headers }) => headers.authorization === 'Bearer jwt-1')).toBe(
      true,
    )
  })

  test('is left out for what anybody may call', async () => {
    const server = await start(ok)
    await client?.call(catalogue.tokens.jwks)
    expect(signInsOf(server)).toHaveLength(0)
    expect(server.requests[0]?.headers.authorization).toBeUndefined()
  })

  test('is done again with the refresh token shortly before the token ends', async () => {
    const server = await start(ok, () => ({ duration: 0 }))
    await client?.call(catalogue.self.getUser)
    await client?.call(catalogue.self.getUser)
    const bodies = signInsOf(server).map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    expect(bodies[0]).toMatchObject({ grant_type: 'password', username: 'jo', password: 'secret' })
    expect(bodies[1]).toEqual({ grant_type: 'refresh_token', refresh_token: 'refresh-1' })
  })

  test('asks for a refresh token that ends when it is not used', async () => {
    const server = await start(ok)
    await client?.call(catalogue.self.getUser)
    expect(JSON.parse(signInsOf(server)[0]?.body ?? '')).toMatchObject({
      refresh_token_revoke_unused_in: 30,
    })
  })

  test('is done again when the server has revoked the token, and the call is repeated', async () => {
    const server = await start(({ headers }, response) =>
      headers.authorization === 'Bearer jwt-1'
        ? json(response, 401, {
            code: 5,
            codeDesc: 'NCERRUnauthorizedAccess',
            message: 'Token has been revoked',
          })
        : json(response, 201, { name: 'ops' }),
    )
    const group = await client?.call(catalogue.groups.create, { body: { name: 'ops' } })
    expect(group?.name).toBe('ops')
    expect(callsOf(server)).toHaveLength(2)
  })

  test('with a wrong password is told apart from a refused call', async () => {
    fake = await startFakeHttps((_request, response) =>
      json(response, 401, {
        code: 5,
        codeDesc: 'NCERRUnauthorizedAccess',
        message: 'Wrong username or password.',
      }),
    )
    client = createClient({
      url: fake.url,
      ca: fake.ca,
      credentials: { username: 'jo', password: 'no' },
    })
    const refused = await client.call(catalogue.self.getUser).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(SignInError)
    expect(refused).toMatchObject({ status: 401, message: 'Wrong username or password.' })
  })

  test('ends with the session being closed on the server', async () => {
    const server = await start((_request, response) => json(response, 204))
    await client?.call(catalogue.tokens.logout)
    await client?.signOut()
    expect(callsOf(server).map(({ url }) => url)).toEqual([
      '/api/v1/auth/logout',
      '/api/v1/auth/logout',
    ])
  })
})

describe('an answer that is a file', () => {
  test('is the text of the file', async () => {
    await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' })
      response.end('name,on\r\nx,true\r\n')
    })
    expect(await client?.call(catalogue.cteReports.clientsDownload)).toBe('name,on\r\nx,true\r\n')
  })
})

describe('without a password', () => {
  test('a bearer token is used as it is, and its end is the end', async () => {
    const server = await start((_request, response) =>
      json(response, 401, {
        code: 5,
        codeDesc: 'NCERRUnauthorizedAccess',
        message: 'Token is expired',
      }),
    )
    const own = createClient({ url: server.url, ca: server.ca, credentials: { token: 'given' } })
    await expect(own.call(catalogue.self.getUser)).rejects.toThrow('Token is expired')
    await own.signOut()
    own.close()
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer given'])
  })

  test('a refresh token opens a session in the domain asked for, which is left open', async () => {
    const server = await start(ok)
    const credentials = { refreshToken: 'mine' }
    const own = createClient({ url: server.url, ca: server.ca, credentials, domain: 'tenant' })
    await own.call(catalogue.self.getUser)
    await own.signOut()
    own.close()
    expect(signInsOf(server).map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { grant_type: 'refresh_token', refresh_token: 'mine', domain: 'tenant' },
    ])
    expect(callsOf(server).map(({ url }) => url)).toEqual(['/api/v1/auth/self/user'])
  })

  test('nothing is sent but what is public, and a refusal says so', async () => {
    const server = await start((_request, response) => response.writeHead(401).end('Unauthorized'))
    const anonymous = createClient({ url: server.url, ca: server.ca })
    await expect(anonymous.call(catalogue.self.getUser)).rejects.toMatchObject({ status: 401 })
    anonymous.close()
    expect(server.requests[0]?.headers.authorization).toBeUndefined()
  })
})

describe('a call', () => {
  test('sends path, query and body as the contract says', async () => {
    const server = await start(ok)
    await client?.call(catalogue.users.get, { params: { user_id: 'local|1/2' } })
    await client?.call(catalogue.groups.list, { query: { limit: '5', name: 'a b*' } })
    await client?.call(catalogue.groups.update, {
      params: { name: '..' },
      body: { description: 'é' },
    })
    expect(callsOf(server).map(({ method, url, body }) => [method, url, body])).toEqual([
      ['GET', '/api/v1/usermgmt/users/local%7C1%2F2', ''],
      ['GET', '/api/v1/usermgmt/groups?limit=5&name=a+b*', ''],
      ['PATCH', '/api/v1/usermgmt/groups/%2E%2E', '{"description":"é"}'],
    ])
  })

  test('without a name never becomes a call on the whole collection', async () => {
    const server = await start(ok)
    await expect(client?.call(catalogue.groups.delete, { params: { name: '' } })).rejects.toThrow(
      'name',
    )
    expect(callsOf(server)).toHaveLength(0)
  })

  test('that is refused says status, code, name, sentence and request', async () => {
    await start((_request, response) =>
      json(response, 409, {
        code: 8,
        codeDesc: 'NCERRConflict: group "ops" exists',
        requestID: 'r-1',
      }),
    )
    const refused = await client
      ?.call(catalogue.groups.create, { body: { name: 'ops' } })
      .catch((e: unknown) => e)
    expect(refused).toBeInstanceOf(ApiError)
    expect(refused).toMatchObject({
      status: 409,
      code: 8,
      codeDesc: 'NCERRConflict: group "ops" exists',
      message: 'group "ops" exists',
      requestId: 'r-1',
    })
  })

  test('takes only what its contract declares', () => {
    const check = (c: Client) => [
      // @ts-expect-error a user's id is required
      () => c.call(catalogue.users.get),
      // @ts-expect-error there is no such filter
      () => c.call(catalogue.groups.list, { query: { nam: 'x' } }),
      // @ts-expect-error the call takes no body
      () => c.call(catalogue.self.getUser, { body: {} }),
      async () => (await c.call(catalogue.groups.list)).resources[0]?.users_count?.toFixed(),
    ]
    expect(check).toBeTypeOf('function')
  })
})

describe('a list', () => {
  const groups = Array.from({ length: 450 }, (_, i) => ({ name: `g${i}` }))
  const paged: Answer = ({ url }, response) => {
    const query = new URL(url, 'https://x').searchParams
    const skip = Number(query.get('skip'))
    // The server may hand out fewer than it is asked for.
    const limit = Math.min(Number(query.get('limit')), 100)
    json(response, 200, {
      skip,
      limit,
      total: groups.length,
      resources: groups.slice(skip, skip + limit),
    })
  }

  test('is read page by page to its end', async () => {
    const server = await start(paged)
    const names: string[] = []
    for await (const { name } of (client as Client).each(catalogue.groups.list, {
      query: { name: 'g*' },
    }))
      names.push(name)
    expect(names).toEqual(groups.map(({ name }) => name))
    expect(callsOf(server)).toHaveLength(5)
    expect(callsOf(server)[1]?.url).toBe('/api/v1/usermgmt/groups?name=g*&skip=100&limit=200')
  })

  test('is not read further than its reader goes', async () => {
    const server = await start(paged)
    for await (const { name } of (client as Client).each(catalogue.groups.list))
      if (name === 'g5') break
    expect(callsOf(server)).toHaveLength(1)
  })
})

describe('a broken connection', () => {
  const cutFirst = (times: number): Answer => {
    let count = 0
    return (_request, response) => {
      if (++count > times) json(response, 200, { resources: [], name: 'x' })
      else response.destroy()
    }
  }

  test('is tried again for a GET, twice at most', async () => {
    const server = await start(cutFirst(2))
    await expect(client?.call(catalogue.groups.list)).resolves.toMatchObject({ resources: [] })
    expect(callsOf(server)).toHaveLength(3)
    await start(cutFirst(3))
    await expect(client?.call(catalogue.groups.list)).rejects.toMatchObject({ problem: 'lost' })
  })

  test('is never tried again for a POST, which may have been carried out', async () => {
    const server = await start(cutFirst(1))
    await expect(
      client?.call(catalogue.groups.create, { body: { name: 'a' } }),
    ).rejects.toMatchObject({
      problem: 'lost',
    })
    expect(callsOf(server)).toHaveLength(1)
  })
})

describe('who is at the other end', () => {
  const problemWith = (options: {
    url: string
    ca?: string
    insecure?: boolean
    timeout?: number
    maxReply?: number
  }) => {
    client = new Client(nodeTransport(options), { pause: async () => {} })
    return client.call(catalogue.tokens.jwks).catch((error: unknown) => error)
  }

  test('must show a certificate of the authority named, whatever the environment says', async () => {
    fake = await startFakeHttps(ok)
    const other = await startFakeHttps(ok)
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    expect(await problemWith({ url: fake.url, ca: other.ca })).toMatchObject({
      problem: 'certificate',
    })
    expect(await problemWith({ url: fake.url })).toMatchObject({ problem: 'certificate' })
    expect(await problemWith({ url: fake.url, ca: fake.ca })).toEqual({ name: 'x' })
    expect(await problemWith({ url: fake.url, insecure: true })).toEqual({ name: 'x' })
    await other.stop()
  })

  test('must show a certificate for the name that was called', async () => {
    fake = await startFakeHttps(ok, ['keys.example.com'])
    const refused = await problemWith({ url: fake.url, ca: fake.ca })
    expect(refused).toBeInstanceOf(ConnectionError)
    expect(refused).toMatchObject({
      problem: 'certificate',
      message: expect.stringContaining('another name'),
    })
  })

  test('may be nobody', async () => {
    fake = await startFakeHttps(ok)
    const { url } = fake
    await fake.stop()
    expect(await problemWith({ url })).toMatchObject({ problem: 'unreachable' })
  })

  test('may be something that is no key manager', async () => {
    fake = await startFakeHttps((_request, response) => response.writeHead(200).end('<html>'))
    expect(await problemWith({ url: fake.url, ca: fake.ca })).toBeInstanceOf(ForeignAnswer)
  })

  test('does not send us elsewhere', async () => {
    fake = await startFakeHttps((_request, response) =>
      response.writeHead(307, { location: '/elsewhere' }).end(),
    )
    expect(await problemWith({ url: fake.url, ca: fake.ca })).toBeInstanceOf(ForeignAnswer)
    expect(fake.requests).toHaveLength(1)
  })

  test('has a bounded time and a bounded size for its answer', async () => {
    fake = await startFakeHttps(({ headers }, response) => {
      if (headers['user-agent']) response.writeHead(200).write('x'.repeat(2000))
    })
    expect(await problemWith({ url: fake.url, ca: fake.ca, maxReply: 1000 })).toMatchObject({
      problem: 'too-large',
    })
    expect(await problemWith({ url: fake.url, ca: fake.ca, timeout: 200 })).toMatchObject({
      problem: 'timeout',
    })
  })

  test('is never spoken to in the clear', () => {
    expect(() => nodeTransport({ url: 'http://127.0.0.1:8443' })).toThrow('https://')
  })
})
