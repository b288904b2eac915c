import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { ADMIN_PASSWORD, type Answer, type Ask } from './lab.ts'

/** The server as its users run it, a process of its own, for the tests that break the world around it. */

const root = new URL('../../', import.meta.url)
const MAIN = new URL('src/main.ts', root).pathname

export interface Launch {
  readonly dataDir: string
  /** A PostgreSQL URL; without it SQLite in the data folder. */
  readonly database?: string | undefined
  readonly env?: Readonly<Record<string, string>>
  /** What stands before the command: strace and its arguments. */
  readonly under?: readonly string[]
  /** Another program than the server, which says its URL in the same words. */
  readonly script?: string
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ServerProcess {
  readonly url: string
  readonly pid: number
  readonly exited: Promise<Exit>
  /** From the start of the process until /readyz answered 200. */
  readonly readyMs: number
  /** All that it wrote to its two outputs. */
  output(): string
  kill(signal: NodeJS.Signals): void
  /** Rejects when the connection fails. */
  ask(method: string, path: string, ask?: Ask): Promise<Answer>
  /** A bearer token of the administrator. */
  signIn(): Promise<string>
}

/** The environment of a process that must not see this run's own settings. */
export function cleanEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(KEYSTEAD_|VITEST|NODE_OPTIONS$|NODE_V8_COVERAGE$)/.test(name),
  )
  return { ...Object.fromEntries(kept), ...more }
}

export interface Launched {
  readonly child: ChildProcess
  readonly exited: Promise<Exit>
  output(): string
}

/** Starts it, and waits for nothing. */
export function launch({ dataDir, database, env, under = [], script = MAIN }: Launch): Launched {
  const [command = '', ...args] = [
    ...under,
    process.execPath,
    script,
    ...(script === MAIN ? ['serve'] : []),
  ]
  const child = spawn(command, args, {
    env: cleanEnvironment({
      KEYSTEAD_DATA_DIR: dataDir,
      KEYSTEAD_LISTEN: '127.0.0.1:0',
      KEYSTEAD_ADMIN_PASSWORD: ADMIN_PASSWORD,
      KEYSTEAD_LOG_LEVEL: 'warn',
      ...(database === undefined ? {} : { KEYSTEAD_DATABASE_URL: database }),
      ...env,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
    child.once('error', (error) => {
      said += String(error)
      resolve({ code: -1, signal: null })
    })
  })
  return { child, exited, output: () => said }
}

/** Starts it and waits until it is ready. Rejects with what it said when it ends first. */
export async function startProcess(options: Launch): Promise<ServerProcess> {
  const started = performance.now()
  const { child, exited, output } = launch(options)
  let over = false
  void exited.then(() => {
    over = true
  })
  const url = await until(() => {
    const found = /Keystead runs at (https:\S+)/.exec(output())?.[1]
    if (found === undefined && over) throw new Error(`the server did not start: ${output()}`)
    return found
  }, 30_000)
  const agent = new Agent({
    ca: readFileSync(join(options.dataDir, 'ca.pem')),
    keepAlive: true,
    maxSockets: 32,
  })
  void exited.then(() => agent.destroy())
  const ask = asking(agent, url)
  await until(async () => (await ask('GET', '/readyz')).status === 200 || undefined, 30_000)
  return {
    url,
    pid: child.pid ?? 0,
    exited,
    readyMs: performance.now() - started,
    output,
    kill: (signal) => void child.kill(signal),
    ask,
    async signIn() {
      const body = { username: 'admin', password: ADMIN_PASSWORD }
      const got = await ask('POST', '/v1/auth/tokens', { body })
      if (got.status !== 200) throw new Error(`admin cannot sign in: ${got.text}`)
      return got.body.jwt
    },
  }
}

function asking(agent: Agent, url: string): ServerProcess['ask'] {
  const { hostname, port } = new URL(url)
  return (method, path, { token, body, headers } = {}) =>
    new Promise((resolve, reject) => {
      const text =
        body === undefined || typeof body === 'string'
          ? (body as string | undefined)
          : JSON.stringify(body)
      const call = request(
        {
          agent,
          method,
          hostname,
          port,
          path: path.startsWith('/v1') ? `/api${path}` : path,
          timeout: 30_000,
          headers: {
            ...(text === undefined
              ? {}
              : {
                  'content-type': 'application/json',
                  'content-length': String(Buffer.byteLength(text)),
                }),
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...headers,
          },
        },
        (got) => {
          const chunks: Buffer[] = []
          got.on('data', (chunk: Buffer) => chunks.push(chunk))
          got.on('error', reject)
          got.on('end', () => {
            const answered = Buffer.concat(chunks).toString()
            const isJson = String(got.headers['content-type']).includes('json') && answered !== ''
            resolve({
              status: got.statusCode ?? 0,
              headers: got.headers,
              text: answered,
              body: isJson ? JSON.parse(answered) : answered,
            })
          })
        },
      )
      call.on('timeout', () => call.destroy(new Error('no answer within 30 s')))
      call.on('error', reject)
      call.end(text)
    })
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Asks again and again until there is an answer. */
export async function until<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  milliseconds: number,
): Promise<T> {
  const end = Date.now() + milliseconds
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    if (Date.now() > end) throw new Error(`nothing came within ${milliseconds} ms`)
    await sleep(10)
  }
}

export type Row = Readonly<Record<string, unknown>>

/** The database of a server, looked at from beside it. */
export interface Beside {
  /** For `Launch.database`. */
  readonly url: string | undefined
  query(sql: string): Promise<Row[]>
  close(): Promise<void>
}

export const besideSqlite = (dataDir: string): Beside => ({
  url: undefined,
  async query(sql) {
    const database = new DatabaseSync(join(dataDir, 'keystead.db'), {
      readOnly: true,
      timeout: 5000,
    })
    try {
      return database.prepare(sql).all() as Row[]
    } finally {
      database.close()
    }
  },
  close: async () => undefined,
})

/** A new database on the PostgreSQL server that the tests were given, dropped on close. */
export async function besidePostgres(server: string): Promise<Beside> {
  const name = `keystead_promise_${randomUUID().replaceAll('-', '')}`
  const url = new URL(server)
  url.pathname = `/${name}`
  const run = async (connectionString: string, sql: string): Promise<Row[]> => {
    const client = new pg.Client({ connectionString })
    await client.connect()
    try {
      return (await client.query<Row>(sql)).rows
    } finally {
      await client.end()
    }
  }
  await run(server, `create database ${name}`)
  return {
    url: url.href,
    query: (sql) => run(url.href, sql),
    close: async () => void (await run(server, `drop database ${name} with (force)`)),
  }
}

/** The databases that a server process can be tried on: PGlite lives inside one process only. */
export const processDatabases: readonly [
  name: string,
  open: (dataDir: string) => Promise<Beside>,
][] = [
  ['SQLite', async (dataDir) => besideSqlite(dataDir)],
  ...(process.env['KEYSTEAD_TEST_DATABASE_URL']
    ? [
        [
          'PostgreSQL',
          () => besidePostgres(process.env['KEYSTEAD_TEST_DATABASE_URL'] as string),
        ] as [string, (dataDir: string) => Promise<Beside>],
      ]
    : []),
]
