import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { type FakeHttps, json, startFakeHttps } from '../../test/fakes/https.ts'
import { type FakeProxy, startFakeProxy } from '../../test/fakes/proxy.ts'
import { catalogue } from '../catalogue.ts'
import { ownCalls } from './client.ts'
import { Client, ClientError, ConnectionError, createClient, nodeTransport } from './index.ts'
import type { WireRequest } from './transport.ts'

type Answer = Parameters<typeof startFakeHttps>[0]
type Options = Partial<Parameters<typeof createClient>[0]>

const stops: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
  vi.unstubAllEnvs()
})

async function fakeServer(answer: Answer, names?: string[]): Promise<FakeHttps> {
  const fake = await startFakeHttps(answer, names)
  stops.push(() => fake.stop())
  return fake
}

async function fakeProxy(to: FakeHttps, credentials?: `${string}:${string}`): Promise<FakeProxy> {
  const proxy = await startFakeProxy(Number(new URL(to.url).port), credentials)
  stops.push(() => proxy.stop())
  return proxy
}

function clientOf(fake: FakeHttps, options: Options = {}) {
  const pauses: number[] = []
  const client = createClient({
    url: fake.url,
    ca: fake.ca,
    credentials: { token: 'given' },
    pause: async (ms) => void pauses.push(ms),
    ...options,
  })
  stops.push(() => client.close())
  return { client, pauses }
}

const failureOf = (promise: Promise<unknown>): Promise<ClientError> =>
  promise.then(
    () => {
      throw new Error('it did not fail')
    },
    (error) => {
      expect(error).toBeInstanceOf(ClientError)
      return error
    },
  )

const busy = (times: number, status: number, headers: Record<string, string> = {}): Answer =>
  (() => {
    let count = 0
    return (_request, response) =>
      count++ < times
        ? response.writeHead(status, headers).end('{}')
        : json(response, 200, { name: 'ops' })
  })()

test('the calls that the client makes by itself are those of the contract', () => {
  const { create, logout } = catalogue.tokens
  const facts = ({ method, path, access }: typeof create | typeof logout) => ({
    method,
    path,
    access,
  })
  expect(ownCalls).toEqual({ signIn: facts(create), signOut: facts(logout) })
})

describe('a server that is busy', () => {
  test('is asked again after the time it names, even for a POST, since a 429 did nothing', async () => {
    const fake = await fakeServer(busy(1, 429, { 'retry-after': '7' }))
    const { client, pauses } = clientOf(fake)
    const made = await client.call(catalogue.groups.create, { body: { name: 'ops' } })
    expect(made.name).toBe('ops')
    expect(pauses).toEqual([7000])
  })

  test('may name its time as a date', async () => {
    const fake = await fakeServer(
      busy(1, 429, { 'retry-after': new Date(Date.now() + 9000).toUTCString() }),
    )
    const { client, pauses } = clientOf(fake)
    await client.call(catalogue.groups.list)
    expect(pauses[0]).toBeGreaterThan(6000)
    expect(pauses[0]).toBeLessThanOrEqual(9000)
  })

  test('is not waited for when it names no time or too long a one', async () => {
    for (const headers of [{}, { 'retry-after': '3600' }] as Record<string, string>[]) {
      const fake = await fakeServer(busy(1, 429, headers))
      const { client, pauses } = clientOf(fake)
      expect(await failureOf(client.call(catalogue.groups.list))).toMatchObject({ status: 429 })
      expect(pauses).toEqual([])
    }
  })

  test('is asked again with growing pauses when it is out of service, if that is safe', async () => {
    const reading = await fakeServer(busy(2, 503))
    const { client, pauses } = clientOf(reading)
    await client.call(catalogue.groups.list)
    expect(pauses).toHaveLength(2)
    expect(pauses[0]).toBeGreaterThanOrEqual(100)
    expect(pauses[1]).toBeGreaterThanOrEqual(400)

    const writing = await fakeServer(busy(1, 503))
    const other = clientOf(writing)
    const failure = await failureOf(
      other.client.call(catalogue.groups.create, { body: { name: 'ops' } }),
    )
    expect(failure).toMatchObject({ kind: 'refused', status: 503 })
    expect(writing.requests).toHaveLength(1)
  })

  test('never has a password tried on it a second time', async () => {
    const fake = await fakeServer(busy(1, 429, { 'retry-after': '1' }))
    const { client } = clientOf(fake, { credentials: { username: 'jo', password: 'secret' } })
    expect(await failureOf(client.call(catalogue.groups.list))).toMatchObject({
      kind: 'sign-in',
      status: 429,
    })
    expect(fake.requests).toHaveLength(1)
  })
})

describe('a broken connection', () => {
  test('to a port where nobody listens yet is tried again for a POST too', async () => {
    const fake = await fakeServer((_request, response) => json(response, 201, { name: 'ops' }))
    const working = nodeTransport({ url: fake.url, ca: fake.ca })
    const refusing = nodeTransport({ url: await nobody() })
    let attempts = 0
    const client = new Client(
      {
        send: (request: WireRequest) => (attempts++ < 2 ? refusing : working).send(request),
        close: () => working.close(),
      },
      { credentials: { token: 'given' }, pause: async () => {} },
    )
    stops.push(() => client.close())
    await client.call(catalogue.groups.create, { body: { name: 'ops' } })
    expect(attempts).toBe(3)
    expect(fake.requests).toHaveLength(1)
  })

  test('before TLS stood cannot have carried a request, and afterwards it can', async () => {
    const server = createTcpServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stops.push(() => server.close())
    const early = nodeTransport({
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    })
    const post = { method: 'POST', path: '/api/v1/x', headers: {}, body: '{}' }
    expect(await failureOf(early.send(post))).toMatchObject({ problem: 'lost', nothingSent: true })

    const fake = await fakeServer((_request, response) => response.destroy())
    const late = nodeTransport({ url: fake.url, ca: fake.ca })
    stops.push(() => late.close())
    expect(await failureOf(late.send(post))).toMatchObject({ problem: 'lost', nothingSent: false })
    expect(await failureOf(late.send(post))).toMatchObject({ nothingSent: false })
  })

  test('on a kept connection counts as one that may have carried the request', async () => {
    let count = 0
    const fake = await fakeServer((_request, response) =>
      count++ === 0 ? json(response, 200, {}) : response.destroy(),
    )
    const transport = nodeTransport({ url: fake.url, ca: fake.ca })
    stops.push(() => transport.close())
    const post = { method: 'POST', path: '/api/v1/x', headers: {}, body: '{}' }
    await transport.send(post)
    expect(await failureOf(transport.send(post))).toMatchObject({ nothingSent: false })
  })

  test('does not make a deletion that was done look like one of nothing', async () => {
    let count = 0
    const fake = await fakeServer((_request, response) =>
      count++ === 0
        ? response.destroy()
        : json(response, 404, { code: 1, codeDesc: 'NCERRNotFound' }),
    )
    const { client } = clientOf(fake)
    await expect(
      client.call(catalogue.groups.delete, { params: { name: 'ops' } }),
    ).resolves.toBeUndefined()
    const failure = await failureOf(
      client.call(catalogue.groups.delete, { params: { name: 'ops' } }),
    )
    expect(failure).toMatchObject({ kind: 'refused', status: 404, code: 1 })
  })
})

describe('a token', () => {
  test('that has expired is replaced once, and the call is sent again', async () => {
    let signIns = 0
    const fake = await fakeServer(({ url, headers }, response) => {
      if (url === '/api/v1/auth/tokens') {
        signIns++
        return json(response, 200, { jwt: `jwt-${signIns}`, duration: 300, refresh_token: 'r' })
      }
      return headers.authorization === 'Bearer jwt-1'
        ? json(response, 401, {
            code: 5,
            codeDesc: 'NCERRUnauthorizedAccess',
            message: 'Token is expired',
          })
        : json(response, 200, { name: 'x' })
    })
    const { client } = clientOf(fake, { credentials: { username: 'jo', password: 'secret' } })
    await client.call(catalogue.self.getUser)
    expect(signIns).toBe(2)
    expect(JSON.parse(fake.requests[2]?.body ?? '')).toMatchObject({ grant_type: 'refresh_token' })
  })

  test('kept from an earlier session is used while it lasts, and its successor is told of', async () => {
    const fake = await fakeServer(({ url }, response) =>
      url === '/api/v1/auth/tokens'
        ? json(response, 200, { jwt: 'new', duration: 300, refresh_token: 'r2' })
        : json(response, 200, { name: 'x' }),
    )
    const told: unknown[] = []
    const kept = (secondsLeft: number) =>
      clientOf(fake, {
        credentials: { refreshToken: 'r1', current: { jwt: 'old', secondsLeft } },
        renewed: (token) => told.push(token.jwt),
      }).client
    await kept(200).call(catalogue.self.getUser)
    await kept(0).call(catalogue.self.getUser)
    expect(fake.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      undefined,
      'Bearer new',
    ])
    expect(told).toEqual(['new'])
  })
})

describe('a proxy', () => {
  const hello: Answer = (_request, response) => json(response, 200, { name: 'through' })

  test('is tunnelled through, and resolves the name itself', async () => {
    const fake = await fakeServer(hello, ['keys.example.test'])
    const proxy = await fakeProxy(fake)
    const { client } = clientOf(fake, { url: 'https://keys.example.test:8443', proxy: proxy.url })
    expect(await client.call(catalogue.self.getUser)).toMatchObject({ name: 'through' })
    expect(proxy.asked).toEqual(['keys.example.test:8443'])
  })

  test('may want credentials, which the server never sees', async () => {
    const fake = await fakeServer(hello)
    const proxy = await fakeProxy(fake, 'jo:pro xy')
    const url = proxy.url.replace('://', '://jo:pro%20xy@')
    const { client } = clientOf(fake, { proxy: url })
    expect(await client.call(catalogue.self.getUser)).toMatchObject({ name: 'through' })
    expect(fake.requests[0]?.headers['proxy-authorization']).toBeUndefined()
  })

  test('that refuses is named as the reason, without its credentials', async () => {
    const fake = await fakeServer(hello)
    const proxy = await fakeProxy(fake, 'jo:right')
    const { client } = clientOf(fake, { proxy: proxy.url.replace('://', '://jo:wrong@') })
    const failure = await failureOf(client.call(catalogue.self.getUser))
    expect(failure).toMatchObject({ kind: 'unreachable' })
    expect(failure.message).toContain('proxy')
    expect(failure.message).not.toContain('wrong')
    expect(fake.requests).toHaveLength(0)
  })

  test('that is not there means that nothing is sent past it', async () => {
    const fake = await fakeServer(hello)
    const { client } = clientOf(fake, { proxy: (await nobody()).replace('https', 'http') })
    expect(await failureOf(client.call(catalogue.self.getUser))).toMatchObject({
      kind: 'unreachable',
    })
    expect(fake.requests).toHaveLength(0)
  })

  test('comes from HTTPS_PROXY, except for what NO_PROXY names and for this machine', async () => {
    const fake = await fakeServer(hello, ['keys.example.test', '127.0.0.1'])
    const proxy = await fakeProxy(fake)
    vi.stubEnv('HTTPS_PROXY', proxy.url)
    const url = 'https://keys.example.test:8443'
    await clientOf(fake, { url }).client.call(catalogue.self.getUser)
    expect(proxy.asked).toHaveLength(1)
    await clientOf(fake).client.call(catalogue.self.getUser)
    expect(proxy.asked).toHaveLength(1)
    vi.stubEnv('NO_PROXY', 'other.test,.example.test')
    const past = clientOf(fake, { url }).client.call(catalogue.self.getUser)
    expect(await failureOf(past)).toMatchObject({ kind: 'unreachable' })
    expect(proxy.asked).toHaveLength(1)
    await clientOf(fake, { url, proxy: proxy.url }).client.call(catalogue.self.getUser)
    expect(proxy.asked).toHaveLength(2)
  })

  test('must be a URL that can be one', () => {
    expect(() => nodeTransport({ url: 'https://h', proxy: 'proxy:3128' })).toThrow('http://proxy')
  })
})

describe('a client certificate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keystead-mtls-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = (name: string) => join(folder, name)
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { stdio: 'pipe', cwd: folder })

  test('is shown to a server that asks for it, with its key encrypted or not', async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      'jo.key',
      '-out',
      'jo.pem',
      '-subj',
      '/CN=jo',
    )
    openssl('pkcs8', '-topk8', '-in', 'jo.key', '-out', 'jo.enc', '-passout', 'pass:open')
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      'server.key',
      '-out',
      'server.pem',
      '-subj',
      '/CN=server',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    )
    const server = createServer(
      {
        key: readFileSync(file('server.key')),
        cert: readFileSync(file('server.pem')),
        ca: readFileSync(file('jo.pem')),
        requestCert: true,
        rejectUnauthorized: true,
      },
      (request, response) => {
        const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject
        if (request.url === '/api/v1/auth/tokens') {
          request.setEncoding('utf8').on('data', (body: string) => {
            expect(JSON.parse(body)).toMatchObject({ grant_type: 'user_certificate' })
          })
          json(response, 200, { jwt: 'by-certificate', duration: 300, refresh_token: 'r' })
        } else json(response, 200, { name: CN, nickname: request.headers.authorization })
      },
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stops.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const with_ = (own: Options) => {
      const client = createClient({
        url,
        caFile: file('server.pem'),
        credentials: { clientCertificate: true },
        pause: async () => {},
        ...own,
      })
      stops.push(() => client.close())
      return client.call(catalogue.self.getUser)
    }
    const cert = readFileSync(file('jo.pem'))
    const expected = { name: 'jo', nickname: 'Bearer by-certificate' }
    expect(await with_({ cert, key: readFileSync(file('jo.key'), 'utf8') })).toEqual(expected)
    const key = readFileSync(file('jo.enc'))
    expect(await with_({ cert, key, passphrase: 'open' })).toEqual(expected)
    expect(await failureOf(with_({}))).toBeInstanceOf(ConnectionError)
  })
})

/** A URL of this machine where nobody listens. */
async function nobody(): Promise<string> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `https://127.0.0.1:${port}`
}
