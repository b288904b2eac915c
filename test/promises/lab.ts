import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { catalogue } from '../../src/catalogue.ts'
import { startServer } from '../../src/compose.ts'
import type { PasswordHasher } from '../../src/crypto/passwords.ts'
import type { Endpoint, Endpoints } from '../../src/kit/endpoint.ts'
import { openStore } from '../../src/store/index.ts'
import type { Store } from '../../src/store/store.ts'

/** What the promises' tests attack: a whole server whose parts can be exchanged, reached in process or by TLS. */

export const ADMIN_PASSWORD = 'First-Pass-1234!'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test is about
  readonly body: any
}

export interface Ask {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Lab {
  readonly url: string
  /** PEM of what clients trust. */
  readonly ca: string
  readonly dataDir: string
  /** Of its PostgreSQL, where it works on one. */
  readonly databaseUrl: string | undefined
  /** The store that the server works on, before it was wrapped. */
  readonly store: Store
  readonly firstPassword: string | undefined
  /** Where revocation is published. */
  readonly pki: string | undefined
  /** A request that does not leave the process. Paths are below /api/v1. */
  ask(method: string, path: string, ask?: Ask): Promise<Answer>
  /** The same over TLS, with the path exactly as written. */
  send(method: string, path: string, ask?: Ask): Promise<Answer>
  signIn(username: string, password: string): Promise<string>
  /** A token of the administrator that has not ended. */
  admin(): Promise<string>
  now(): number
  advance(milliseconds: number): void
  /** All rows of these tables, read beside the server; on SQLite only. */
  rows(...tables: readonly string[]): Record<string, Row[]>
  /** Every table but those that count, and the audit log. */
  tables(): string[]
  stop(): Promise<void>
}

export type Row = Record<string, unknown>

export interface LabOptions {
  readonly passwords?: PasswordHasher
  /** Puts something between the server and its store. */
  readonly store?: (real: Store) => Store
  readonly adminPassword?: string | undefined
  /** A PostgreSQL URL of a database that several labs share. */
  readonly database?: string
  /** Where the root key lies, when several labs share a database. */
  readonly rootKey?: string
  /** A folder that was used before. */
  readonly dataDir?: string
  readonly keep?: boolean
  /** Publishes revocation on a port of its own. */
  readonly pki?: boolean
}

/** Passwords at next to no cost, for tests of everything but password hashing. */
export function quickPasswords(): PasswordHasher {
  const digest = (salt: string, password: string) =>
    createHash('sha256').update(salt).update(password).digest('hex')
  return {
    async hash(password) {
      const salt = randomBytes(8).toString('hex')
      return `$quick$${salt}$${digest(salt, password)}`
    },
    async verify(phc, password) {
      const [, kind, salt = '', hash] = phc.split('$')
      return kind === 'quick' && digest(salt, password) === hash
    },
    close: async () => undefined,
  }
}

export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'keystead-promise-'))
  const file = join(dataDir, 'keystead.db')
  const store = await openStore(
    options.database ? { kind: 'postgres', url: options.database } : { kind: 'sqlite', file },
  )
  const adminPassword = 'adminPassword' in options ? options.adminPassword : ADMIN_PASSWORD
  let ahead = 0
  const now = () => Date.now() + ahead
  const server = await startServer(
    {
      dataDir,
      listen: { host: '127.0.0.1', port: 0 },
      databaseUrl: undefined,
      rootKey: { scheme: 'file', path: options.rootKey ?? join(dataDir, 'root.key') },
      adminPassword,
      tlsNames: [],
      logLevel: 'silent',
      shutdownSeconds: 2,
      ...(options.pki && { pkiListen: { host: '127.0.0.1', port: 0 } }),
    },
    {
      checkReplies: true,
      now: () => new Date(now()),
      store: options.store?.(store) ?? store,
      passwords: options.passwords ?? quickPasswords(),
    },
  )
  const agent = new Agent({ ca: server.ca, keepAlive: true, maxSockets: 64 })
  const target = new URL(server.url)

  const shape = ({ token, body, headers }: Ask) => {
    const text =
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
        ? (body as string | Buffer | undefined)
        : JSON.stringify(body)
    return {
      text,
      headers: {
        accept: '*/*',
        ...(text === undefined
          ? {}
          : {
              'content-type': 'application/json',
              'content-length': String(Buffer.byteLength(text)),
            }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
    }
  }
  const answer = (status: number, headers: Answer['headers'], text: string): Answer => ({
    status,
    headers,
    text,
    body: text !== '' && String(headers['content-type']).includes('json') ? JSON.parse(text) : text,
  })
  const full = (path: string) => (path.startsWith('/v1') ? `/api${path}` : path)

  const ask: Lab['ask'] = async (method, path, wanted = {}) => {
    const { text, headers } = shape(wanted)
    const got = await server.server.inject({
      method: method as 'GET',
      url: full(path),
      headers,
      ...(text === undefined ? {} : { payload: text }),
    })
    return answer(got.statusCode, got.headers, got.payload)
  }
  const send: Lab['send'] = (method, path, wanted = {}) =>
    new Promise((resolve, reject) => {
      const { text, headers } = shape(wanted)
      const { hostname, port } = target
      const call = request({ agent, method, hostname, port, path: full(path), headers }, (got) => {
        const chunks: Buffer[] = []
        got.on('data', (chunk: Buffer) => chunks.push(chunk))
        got.on('end', () =>
          resolve(answer(got.statusCode ?? 0, got.headers, Buffer.concat(chunks).toString())),
        )
      })
      call.on('error', reject)
      call.end(text)
    })
  const signIn: Lab['signIn'] = async (username, password) => {
    const got = await ask('POST', '/v1/auth/tokens', { body: { username, password } })
    if (got.status !== 200) throw new Error(`${username} cannot sign in: ${got.text}`)
    return got.body.jwt
  }
  let held: { readonly token: string; readonly until: number } | undefined
  return {
    url: server.url,
    ca: server.ca,
    dataDir,
    databaseUrl: options.database,
    store,
    firstPassword: server.firstPassword,
    pki: server.pki,
    ask,
    send,
    signIn,
    async admin() {
      if (!held || held.until < now())
        held = { token: await signIn('admin', adminPassword ?? ''), until: now() + 200_000 }
      return held.token
    },
    now,
    advance(milliseconds) {
      ahead += milliseconds
    },
    rows(...tables) {
      const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
      try {
        return Object.fromEntries(
          tables.map((table) => [table, database.prepare(`select * from ${table}`).all() as Row[]]),
        )
      } finally {
        database.close()
      }
    },
    tables() {
      const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
      const found = database.prepare("select name from sqlite_master where type = 'table'").all()
      database.close()
      const besides = /^(sqlite_.*|kysely_.*|audit_.*|counts|guesses|generations)$/
      return found.map(({ name }) => String(name)).filter((name) => !besides.test(name))
    },
    async stop() {
      agent.destroy()
      await server.stop()
      await store.close()
      if (!options.keep) rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** A user with this password, in these groups. Returns his id as the wire has it. */
export async function addUser(
  lab: Lab,
  username: string,
  password: string,
  groups: readonly string[] = [],
  more: object = {},
): Promise<string> {
  const token = await lab.admin()
  const body = { username, password, ...more }
  const made = await lab.ask('POST', '/v1/usermgmt/users', { token, body })
  if (made.status !== 201) throw new Error(`${username} was not made: ${made.text}`)
  for (const group of groups) {
    const path = `/v1/usermgmt/groups/${encodeURIComponent(group)}/users/${encodeURIComponent(made.body.user_id)}`
    const added = await lab.ask('POST', path, { token })
    if (added.status !== 200) throw new Error(`${username} is not in ${group}: ${added.text}`)
  }
  return made.body.user_id
}

/** Every endpoint of the catalogue with its name, `groups.create`. */
export const endpoints: readonly { readonly name: string; readonly endpoint: Endpoint }[] =
  Object.entries(catalogue as Readonly<Record<string, Endpoints>>).flatMap(([area, all]) =>
    Object.entries(all).map(([name, endpoint]) => ({ name: `${area}.${name}`, endpoint })),
  )

/** Does these with at most `atOnce` under way. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]()
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

export const pick = <Item>(next: () => number, from: readonly Item[]): Item =>
  from[Math.floor(next() * from.length)] as Item

/** A new, empty database on the PostgreSQL server that KEYSTEAD_TEST_DATABASE_URL names; undefined without one. */
export async function freshDatabase(): Promise<
  { readonly url: string; remove(): Promise<void> } | undefined
> {
  const server = process.env['KEYSTEAD_TEST_DATABASE_URL']
  if (!server) return undefined
  const name = `keystead_promise_${process.pid}_${randomBytes(4).toString('hex')}`
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }
  await run(`create database ${name}`)
  const own = new URL(server)
  own.pathname = `/${name}`
  return { url: own.href, remove: () => run(`drop database ${name} with (force)`) }
}

/** Servers on one PostgreSQL where there is one, else a single server on SQLite. The first is the one to set up with. */
export async function openNodes(
  most: number,
  options: () => LabOptions = () => ({}),
): Promise<{ readonly nodes: readonly [Lab, ...Lab[]]; stop(): Promise<void> }> {
  const database = await freshDatabase()
  if (!database) {
    const lab = await openLab(options())
    return { nodes: [lab], stop: () => lab.stop() }
  }
  const first = await openLab({ ...options(), database: database.url })
  const others: Lab[] = []
  while (others.length < most - 1)
    others.push(
      await openLab({
        ...options(),
        database: database.url,
        rootKey: join(first.dataDir, 'root.key'),
      }),
    )
  return {
    nodes: [first, ...others],
    async stop() {
      for (const lab of [...others, first]) await lab.stop()
      await database.remove()
    },
  }
}
