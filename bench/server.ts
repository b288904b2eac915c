import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Request, Target } from './load-job.ts'
import { lastLines, launch, pidOf, SERVER_CORE, scratch, stop } from './processes.ts'
import { treeTicks } from './procfs.ts'
import { exchange, expectJson, firstAnswer, freePort } from './wire.ts'

export const ADMIN_PASSWORD = 'Bench-Admin-Passw0rd'
export const USER_PASSWORD = 'Bench-User-Passw0rd'

export interface Session {
  readonly bearer: Readonly<Record<string, string>>
  readonly refreshToken: string
  readonly clientId: string
}

const RESTING_TICKS = 2
const REST_MS = 300
const PATIENCE_MS = 60_000

/** A server of this checkout on a data folder of its own, pinned to its core. */
export class Keystead {
  readonly folder: string
  readonly #name: string
  #child: ChildProcess | undefined
  #target: Target | undefined
  #publishing: Target | undefined

  constructor(name: string) {
    this.#name = name
    this.folder = scratch(`data-${name}`)
  }

  get #log(): string {
    return join(scratch('logs'), `${this.#name}.log`)
  }

  get running(): boolean {
    return this.#child !== undefined
  }

  get target(): Target {
    if (!this.#target) throw new Error(`server ${this.#name} does not run`)
    return this.#target
  }

  /** Where it publishes revocation, over plain HTTP. */
  get publishing(): Target {
    if (!this.#publishing) throw new Error(`server ${this.#name} does not run`)
    return this.#publishing
  }

  get pid(): number {
    if (!this.#child) throw new Error(`server ${this.#name} does not run`)
    return pidOf(this.#child)
  }

  /**
   * Waits until it has nothing to do: after a start it looks its database through, after a load it makes pairs to their
   * end. Its low priority counts among its own threads alone where the kernel groups processes by session.
   */
  async rest(): Promise<void> {
    const until = performance.now() + PATIENCE_MS
    for (;;) {
      const before = treeTicks(this.pid)
      await new Promise((resolve) => setTimeout(resolve, REST_MS))
      if (treeTicks(this.pid) - before <= RESTING_TICKS) return
      if (performance.now() > until) throw new Error('the server does not come to rest')
    }
  }

  /** Returns the milliseconds from the start of the process to the first 200 of GET /healthz. */
  async start(how: 'process' | 'npm start' = 'process'): Promise<number> {
    const port = await freePort()
    const publishing = { host: '127.0.0.1', port: await freePort() }
    const log = this.#log
    const caFile = join(this.folder, 'ca.pem')
    const since = performance.now()
    const child = launch({
      core: SERVER_CORE,
      ...(how === 'process'
        ? { command: process.execPath, args: ['bin/keystead.js', 'serve'] }
        : { command: 'npm', args: ['start'] }),
      env: {
        KEYSTEAD_DATA_DIR: this.folder,
        KEYSTEAD_LISTEN: `127.0.0.1:${port}`,
        KEYSTEAD_PKI_LISTEN: `127.0.0.1:${publishing.port}`,
        KEYSTEAD_ADMIN_PASSWORD: ADMIN_PASSWORD,
      },
      log,
    })
    this.#child = child
    // Read anew for each attempt: the file may be there before all of it is written.
    let target: Target | undefined
    const current = () => {
      if (existsSync(caFile)) target = { host: '127.0.0.1', port, ca: readFileSync(caFile, 'utf8') }
      return target
    }
    const took = await firstAnswer(current, '/healthz', {
      since,
      patienceMs: 60_000,
      gaveUp: () =>
        child.exitCode === null
          ? undefined
          : `the server ended with ${child.exitCode}:\n${lastLines(log)}`,
    })
    this.#target = target
    this.#publishing = publishing
    return took
  }

  async stop(): Promise<void> {
    if (this.#child) await stop(this.#child)
    this.#child = undefined
    this.#target = undefined
  }

  call(request: Request, status: number): Promise<Record<string, unknown>> {
    return expectJson(this.target, request, status)
  }

  /** Access tokens live 300 s, so each measurement signs in anew. */
  async signIn(username = 'admin', password = ADMIN_PASSWORD): Promise<Session> {
    const reply = await this.call(signInRequest(username, password), 200)
    return {
      bearer: { authorization: `Bearer ${String(reply['jwt'])}` },
      refreshToken: String(reply['refresh_token']),
      clientId: String(reply['client_id']),
    }
  }

  /** Users `bench-0`, `bench-1` … that exist already are left as they are. Returns their ids. */
  async users(count: number): Promise<string[]> {
    const { bearer } = await this.signIn()
    const ids: string[] = []
    for (let index = 0; index < count; index++) {
      const username = `bench-${index}`
      const path = '/api/v1/usermgmt/users/'
      const found = await this.call(
        { method: 'GET', path: `${path}?username=${username}`, headers: bearer },
        200,
      )
      const [existing] = found['resources'] as { user_id: string }[]
      const user =
        existing ??
        (await this.call(
          {
            method: 'POST',
            path,
            headers: bearer,
            body: JSON.stringify({ username, password: USER_PASSWORD }),
          },
          201,
        ))
      ids.push(String(user['user_id' as keyof typeof user]))
    }
    return ids
  }

  /** The whole answer as it came, for floors that answer the same bytes. */
  answer(request: Request) {
    return exchange(this.target, request)
  }
}

export const signInRequest = (username: string, password: string): Request => ({
  method: 'POST',
  path: '/api/v1/auth/tokens',
  body: JSON.stringify({ grant_type: 'password', username, password }),
})

export const refreshRequest = (refreshToken: string): Request => ({
  method: 'POST',
  path: '/api/v1/auth/tokens',
  body: JSON.stringify({ grant_type: 'refresh_token', refresh_token: refreshToken }),
})

export const selfRequest = (session: Session): Request => ({
  method: 'GET',
  path: '/api/v1/auth/self/user',
  headers: session.bearer,
})

export const createGroupRequest = (session: Session): Request => ({
  method: 'POST',
  path: '/api/v1/usermgmt/groups/',
  headers: session.bearer,
  body: JSON.stringify({ name: 'bench-{n}' }),
})
