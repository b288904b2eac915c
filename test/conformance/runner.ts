import { randomBytes } from 'node:crypto'
import { complaintsAboutAny } from './always.ts'
import type { Exchange, Scenario } from './exchange.ts'
import { decode, isObject, matcher } from './expect.ts'
import { AHEAD, fill, Missing, now, type Values } from './placeholders.ts'
import { type Answer, connect, type Sent, type Wire } from './wire.ts'

/** The server under test. Without `ca` the system's roots are trusted; `insecure` trusts anything. */
export interface Target {
  readonly url: string
  readonly username: string
  readonly password: string
  readonly ca?: string
  readonly insecure?: boolean
  /** Moves the server's clock forward; where it is missing, scenarios that need it are skipped. */
  readonly advance?: (milliseconds: number) => void
}

export interface Failure {
  readonly exchange: string
  /** Method and path as sent. */
  readonly request: string
  readonly complaints: readonly string[]
  /** Status and body, with tokens blanked. */
  readonly got: string
}

export interface Outcome {
  readonly scenario: string
  /** Why it does not apply to this server; nothing was tested then. */
  readonly skipped?: string
  readonly exchanges: number
  readonly failures: readonly Failure[]
}

/** The server is not there, is not trusted, or does not take the administrator's password. */
export class SignInFailed extends Error {
  override readonly name = 'SignInFailed'
}

export interface Runner {
  run(scenario: Scenario): Promise<Outcome>
  close(): void
}

/** What the scenarios of one run share. */
interface Shared {
  session?: Session
  /** How far the server's clock has been moved. */
  aheadMs: number
}

interface Session {
  token: string
  /** What was sent to get the token, to get the next one the same way. */
  readonly login: Sent
}

/** Runs scenarios against one server, one after another. The administrator's session is shared between them. */
export function runnerFor(target: Target): Runner {
  const wire = connect(target.url, target)
  const run = `${Date.now().toString(36)}${randomBytes(2).toString('hex')}`
  const shared: Shared = { aheadMs: 0 }
  let count = 0
  return {
    async run(scenario) {
      const stage = new Stage(wire, target, shared, `${run}${(count++).toString(36)}`)
      return stage.play(scenario)
    },
    close: () => wire.close(),
  }
}

/** One scenario on its way: the values it kept and the sessions it opened. */
class Stage {
  readonly #wire: Wire
  readonly #target: Target
  readonly #shared: Shared
  readonly #values: Values
  readonly #sessions = new Map<string, Session>()

  constructor(wire: Wire, target: Target, shared: Shared, run: string) {
    this.#wire = wire
    this.#target = target
    this.#shared = shared
    this.#values = new Map<string, unknown>([
      ['run', run],
      ['adminName', target.username],
      ['adminPassword', target.password],
      [AHEAD, shared.aheadMs],
    ])
  }

  async play(scenario: Scenario): Promise<Outcome> {
    const failures: Failure[] = []
    const needsClock = scenario.exchanges.some((exchange) => exchange.laterBySeconds !== undefined)
    if (needsClock && this.#target.advance === undefined)
      return {
        scenario: scenario.name,
        skipped: 'it needs a clock that can be moved',
        exchanges: 0,
        failures,
      }
    for (const condition of scenario.provided ?? []) {
      const failure = await this.#attempt(condition)
      if (failure)
        return {
          scenario: scenario.name,
          skipped: `it needs: ${condition.name}`,
          exchanges: 0,
          failures,
        }
    }
    let exchanges = 0
    for (const exchange of scenario.exchanges) {
      exchanges++
      const failure = await this.#attempt(exchange)
      if (failure) failures.push(failure)
    }
    for (const exchange of scenario.tidy ?? []) {
      const failure = await this.#attempt(exchange, 'tidy')
      if (failure) failures.push(failure)
    }
    return { scenario: scenario.name, exchanges, failures }
  }

  async #attempt(
    exchange: Exchange,
    phase: 'test' | 'tidy' = 'test',
  ): Promise<Failure | undefined> {
    try {
      return await this.#exchange(exchange)
    } catch (error) {
      if (!(error instanceof Missing)) throw error
      // What was never made needs no tidying.
      if (phase === 'tidy') return undefined
      return {
        exchange: exchange.name,
        request: `${exchange.method} ${exchange.path}`,
        complaints: [`not sent: ${error.message}`],
        got: 'nothing',
      }
    }
  }

  async #exchange(exchange: Exchange): Promise<Failure | undefined> {
    if (exchange.laterBySeconds !== undefined) this.#advance(exchange.laterBySeconds * 1000)
    const deadline = Date.now() + (exchange.withinMs ?? 0)
    for (;;) {
      const sent = await this.#sentFor(exchange)
      const answer = await this.#wire.send(sent)
      const complaints = this.#complaints(exchange, sent, answer)
      if (complaints.length === 0) {
        this.#keep(exchange, sent, answer)
        return undefined
      }
      if (Date.now() >= deadline)
        return {
          exchange: exchange.name,
          request: `${sent.method} ${sent.path}`,
          complaints,
          got: `${answer.status} ${blanked(answer.text)}`,
        }
      await rest(50)
    }
  }

  #advance(milliseconds: number): void {
    this.#target.advance?.(milliseconds)
    this.#shared.aheadMs += milliseconds
    this.#values.set(AHEAD, this.#shared.aheadMs)
  }

  #complaints(exchange: Exchange, sent: Sent, answer: Answer): string[] {
    const wanted = typeof exchange.status === 'number' ? [exchange.status] : exchange.status
    if (answer.status === 0 && wanted.includes(0)) return []
    const complaints: string[] = []
    if (!wanted.includes(answer.status))
      complaints.push(`expected status ${wanted.join(' or ')}, got ${answer.status}`)
    const body = parsed(answer.text)
    complaints.push(...complaintsAboutAny(sent, answer, body))
    const match = matcher((value) => fill(value, this.#values))
    // Against a wrong status the expected body would only add noise.
    if (exchange.body !== undefined && complaints.length === 0)
      complaints.push(...match(exchange.body, body, ''))
    for (const [name, expected] of Object.entries(exchange.answerHeaders ?? {})) {
      const value = answer.headers[name.toLowerCase()]
      complaints.push(
        ...match(expected, Array.isArray(value) ? value.join('\n') : value, `header ${name}`),
      )
    }
    for (const text of exchange.silentAbout ?? [])
      if (answer.text.includes(String(fill(text, this.#values))))
        complaints.push(`the answer holds ${text}, which it must not`)
    for (const [name, path] of Object.entries(exchange.keep ?? {}))
      if (complaints.length === 0 && found(path, body, answer) === undefined)
        complaints.push(`${path}: nothing there to keep as ${name}`)
    return complaints
  }

  #keep(exchange: Exchange, sent: Sent, answer: Answer): void {
    const body = parsed(answer.text)
    for (const [name, path] of Object.entries(exchange.keep ?? {}))
      this.#values.set(name, found(path, body, answer))
    if (exchange.opens === undefined || !isObject(body)) return
    this.#sessions.set(exchange.opens, { token: String(body['jwt']), login: sent })
  }

  async #sentFor(exchange: Exchange): Promise<Sent> {
    const path = String(fill(exchange.path, this.#values))
    const payload = this.#payload(exchange)
    const headers: Record<string, string> = { Accept: 'application/json' }
    const token = await this.#token(exchange.as ?? 'admin')
    if (token !== undefined) headers['Authorization'] = `Bearer ${token}`
    if (payload !== undefined) headers['Content-Type'] = payload.type
    for (const [name, value] of Object.entries(exchange.headers ?? {})) {
      if (value === null) delete headers[name]
      else headers[name] = String(fill(value, this.#values))
    }
    return {
      method: exchange.method,
      path: path.startsWith('/api') || path.startsWith('//') ? path : `/api/v1${path}`,
      headers,
      body: payload?.bytes,
      framing: exchange.framing ?? 'length',
      tls: exchange.tls,
      certificate: exchange.certificate && fill(exchange.certificate, this.#values),
    }
  }

  #payload(exchange: Exchange): { type: string; bytes: Buffer } | undefined {
    if (exchange.form !== undefined) {
      const form = new URLSearchParams(fill(exchange.form, this.#values))
      return { type: 'application/x-www-form-urlencoded', bytes: Buffer.from(form.toString()) }
    }
    if (exchange.text !== undefined)
      return {
        type: 'application/json',
        bytes: Buffer.from(String(fill(exchange.text, this.#values))),
      }
    if (exchange.json === undefined) return undefined
    return {
      type: 'application/json',
      bytes: Buffer.from(JSON.stringify(fill(exchange.json, this.#values))),
    }
  }

  async #token(name: string): Promise<string | undefined> {
    if (name === 'none') return undefined
    if (name === 'admin') {
      this.#shared.session ??= await this.#adminSession()
      return this.#fresh(this.#shared.session)
    }
    const session = this.#sessions.get(name)
    if (!session) throw new Missing(`no earlier exchange opened the session ${name}`)
    return this.#fresh(session)
  }

  async #adminSession(): Promise<Session> {
    const { username, password } = this.#target
    const session: Session = {
      token: '',
      login: {
        method: 'POST',
        path: '/api/v1/auth/tokens',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: Buffer.from(JSON.stringify({ grant_type: 'password', username, password })),
        framing: 'length',
        tls: undefined,
      },
    }
    const problem = await this.#renew(session)
    if (problem !== undefined) throw new SignInFailed(`${username} cannot sign in: ${problem}`)
    return session
  }

  /** The session's token, renewed when less than 30 s are left. A session that cannot be renewed keeps its old token. */
  async #fresh(session: Session): Promise<string> {
    const exp = decode(session.token)?.claims['exp']
    if (typeof exp === 'number' && exp - now(this.#values) / 1000 < 30) await this.#renew(session)
    return session.token
  }

  async #renew(session: Session): Promise<string | undefined> {
    const answer = await this.#wire.send(session.login)
    const body = parsed(answer.text)
    if (answer.status !== 200 || !isObject(body) || typeof body['jwt'] !== 'string')
      return `${answer.status} ${blanked(answer.text)}`
    session.token = body['jwt']
    return undefined
  }
}

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function parsed(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function found(path: string, body: unknown, answer: Answer): unknown {
  if (path === 'cookies') {
    const set = answer.headers['set-cookie']
    return set?.map((cookie) => cookie.split(';')[0]).join('; ')
  }
  let value = body
  for (const part of path.split('.')) {
    if (Array.isArray(value)) value = value[Number(part)]
    else value = isObject(value) ? value[part] : undefined
  }
  return value
}

const blanked = (text: string): string =>
  text.replaceAll(/"(jwt|refresh_token|password)":\s*"[^"]*"/g, '"$1":"…"').slice(0, 800)
