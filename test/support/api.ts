import { Agent, request } from 'node:https'
import { afterAll, beforeAll, expect } from 'vitest'
import {
  ADMIN_PASSWORD,
  type DatabaseName,
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from './server.ts'

/** Mutants of what stands above the store are held against one database. */
export const databases: readonly [DatabaseName][] = process.env['KEYSTEAD_TEST_ONE_DATABASE']
  ? [['sqlite']]
  : [['sqlite'], ['postgres']]

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // Tests look into answers freely; the contracts are checked by the server itself.
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test is about
  readonly body: any
}

export interface Sender {
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
  get(path: string, status?: number): Promise<Answer['body']>
  post(path: string, body?: unknown, status?: number): Promise<Answer['body']>
  patch(path: string, body?: unknown, status?: number): Promise<Answer['body']>
  delete(path: string, body?: unknown, status?: number): Promise<Answer['body']>
}

export interface Api extends Sender {
  readonly server: TestServer
  /** Without any credential. */
  readonly anonymous: Sender
  /** Signed in as another user. */
  as(user: { readonly username: string; readonly password: string }): Promise<Sender>
  /** With this bearer token. */
  with(token: string): Sender
  /** Moves the server's clock forward. */
  advance(milliseconds: number): void
  /** Lets go of the connections. */
  close(): void
}

/** A server for the tests of the file (or describe block) it is called in, spoken to as its administrator. */
export function startApi(database: DatabaseName, options?: TestServerOptions): Api {
  let server: TestServer
  const api = apiOf(() => server)
  beforeAll(async () => {
    server = await startTestServer(database, options)
  })
  afterAll(async () => {
    api.close()
    await server.stop()
  })
  return api
}

/** Speaks to a server that runs, as its administrator. */
export function apiOf(running: () => TestServer): Api {
  let agent: Agent | undefined
  let token: { jwt: string; until: number } | undefined
  let ahead = 0

  const newAgent = () => {
    agent = new Agent({ ca: running().ca, keepAlive: true })
    return agent
  }
  const sender = (authorization: () => Promise<string | undefined>): Sender => {
    const send: Sender['send'] = async (method, path, body, headers = {}) => {
      const bearer = headers['authorization'] === undefined ? await authorization() : undefined
      const asIs = body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
      const text = asIs ? body : JSON.stringify(body)
      return new Promise((resolve, reject) => {
        const full =
          path.startsWith('/api') || path.startsWith('/healthz') ? path : `/api/v1${path}`
        const call = request(
          new URL(running().url),
          {
            agent: agent ?? newAgent(),
            method,
            path: full,
            headers: {
              accept: '*/*',
              ...(text === undefined
                ? {}
                : {
                    'content-type': 'application/json',
                    'content-length': Buffer.byteLength(text),
                  }),
              ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
              ...headers,
            },
          },
          (response) => {
            const chunks: Buffer[] = []
            response.on('data', (chunk: Buffer) => chunks.push(chunk))
            response.on('end', () => {
              const answer = Buffer.concat(chunks).toString()
              const isJson = response.headers['content-type']?.includes('json') && answer !== ''
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                body: isJson ? JSON.parse(answer) : answer,
              })
            })
          },
        )
        call.on('error', reject)
        call.end(text)
      })
    }
    const expecting =
      (method: string, usual: number) =>
      async (path: string, bodyOrStatus?: unknown, status?: number): Promise<Answer['body']> => {
        const isGet = method === 'GET'
        const answer = await send(method, path, isGet ? undefined : bodyOrStatus)
        const wanted = (isGet ? (bodyOrStatus as number | undefined) : status) ?? usual
        expect(
          answer.status,
          `${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`,
        ).toBe(wanted)
        return answer.body
      }
    return {
      send,
      get: expecting('GET', 200) as Sender['get'],
      post: expecting('POST', 201),
      patch: expecting('PATCH', 200),
      delete: expecting('DELETE', 204),
    }
  }

  const anonymous = sender(async () => undefined)
  const signIn = async (username: string, password: string): Promise<string> => {
    const answer = await anonymous.post('/auth/tokens', { username, password }, 200)
    return answer.jwt
  }
  const admin = async () => {
    const now = Date.now() + ahead
    if (!token || token.until < now)
      token = { jwt: await signIn('admin', ADMIN_PASSWORD), until: now + 200_000 }
    return token.jwt
  }
  return {
    ...sender(admin),
    get server() {
      return running()
    },
    anonymous,
    async as({ username, password }) {
      const jwt = await signIn(username, password)
      return sender(async () => jwt)
    },
    with: (jwt) => sender(async () => jwt),
    advance(milliseconds) {
      ahead += milliseconds
      running().advance(milliseconds)
    },
    close: () => agent?.destroy(),
  }
}
