import type { Job, JobResult, Request, Stream, Target } from './load-job.ts'
import { LOAD_CORE, SERVER_CORE, Worker } from './processes.ts'
import { type Reading, readingOf } from './readings.ts'
import { createGroupRequest, Keystead, refreshRequest, USER_PASSWORD } from './server.ts'
import { ratios, type Spread } from './statistics.ts'

export interface Options {
  readonly quick: boolean
  readonly peers: boolean
  readonly write: boolean
  readonly rounds: number
  readonly only: readonly string[]
}

/** A line of the table of targets. */
export interface Finding {
  readonly promise: string
  readonly metric: string
  readonly figure: Spread | undefined
  readonly unit: string
  readonly target: { readonly least: number } | { readonly most: number }
  /** Targets over noisy ratios are held within 15%; counts are not. */
  readonly tolerance: boolean
  /** Why there is no figure. */
  readonly missing?: string
}

export interface Side {
  readonly name: string
  run(): Promise<Reading>
}

/** What the server's core may lose to other processes before a round is taken again. */
const FOREIGN_LIMIT = 0.15

/** Everything a measure works with: the load, the servers, and where findings go. */
export class Lab {
  readonly options: Options
  readonly findings: Finding[] = []
  readonly readings = new Map<string, Reading[]>()
  readonly figures: { name: string; figure: Spread; unit: string }[] = []
  readonly notes: string[] = []
  /** Milliseconds from the start of a process on an empty folder to its first answer. */
  readonly firstStarts: number[] = []
  readonly connections = 32
  /** How many groups the small and the large server hold; the large one of keys has as many. */
  readonly few = 1000
  readonly many: number
  readonly settleSeconds: number
  readonly #servers = new Map<string, Promise<Keystead>>()
  #load: Worker<Job, JobResult> | undefined
  #refreshes: Promise<Request[]> | undefined

  constructor(options: Options) {
    this.options = options
    this.many = options.quick ? 20_000 : 100_000
    this.settleSeconds = options.quick ? 0.2 : 0.3
  }

  /** Full-run seconds; a quick run takes less than half. */
  seconds(full: number): number {
    return this.options.quick ? Math.max(0.5, full * 0.4) : full
  }

  say(line: string): void {
    process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`)
  }

  note(line: string): void {
    this.say(line)
    this.notes.push(line)
  }

  /** A running server with at least so many groups beside the predefined ones; the same one each time. */
  server(groups: number): Promise<Keystead> {
    return this.prepared(`${groups}-groups`, async (server) => {
      if (groups > 0) await this.#fill(server, groups)
    })
  }

  /** A running server of this name, filled when it is asked for the first time. */
  prepared(name: string, fill: (server: Keystead) => Promise<void>): Promise<Keystead> {
    const prepare = async () => {
      const server = new Keystead(name)
      this.firstStarts.push(await server.start())
      await fill(server)
      return server
    }
    const known = this.#servers.get(name)
    if (known) return known
    const server = prepare()
    this.#servers.set(name, server)
    return server
  }

  async #fill(server: Keystead, groups: number): Promise<void> {
    const began = performance.now()
    const patienceMs = 240_000
    let made = 0
    while (made < groups) {
      if (performance.now() - began > patienceMs) {
        throw new Error(`only ${made} of ${groups} groups were made in ${patienceMs / 1000} s`)
      }
      // In portions, since an access token does not outlive a slow filling.
      const count = Math.min(10_000, groups - made)
      const session = await server.signIn()
      const result = await this.load(server, {
        seconds: 120,
        settleSeconds: 0,
        streams: [
          {
            name: 'fill',
            connections: 64,
            requests: [createGroupRequest(session)],
            expect: [201],
            count,
          },
        ],
      })
      const created = result.streams[0]?.statuses['201'] ?? 0
      if (created < count) {
        throw new Error(
          `of ${count} groups ${created} were made: ${JSON.stringify(result.streams[0]?.statuses)}`,
        )
      }
      made += created
    }
    const took = (performance.now() - began) / 1000
    this.say(`made ${groups} groups over HTTPS in ${took.toFixed(1)} s`)
  }

  /** One burst against a server; what it measures is up to the caller. */
  load(
    server: { target: Target; pid: number },
    job: Pick<Job, 'streams' | 'seconds'> & Partial<Pick<Job, 'settleSeconds' | 'interruption'>>,
  ): Promise<JobResult> {
    this.#load ??= new Worker<Job, JobResult>('load.ts', LOAD_CORE)
    return this.#load.ask({
      target: server.target,
      watch: server.pid,
      serverCore: SERVER_CORE,
      loadCore: LOAD_CORE,
      settleSeconds: this.settleSeconds,
      ...job,
    })
  }

  /** A side that sends one stream; the requests are made anew in each round, with a token that is still good. */
  stream(
    name: string,
    server: { target: Target; pid: number },
    seconds: number,
    stream: () => Promise<Omit<Stream, 'name'>> | Omit<Stream, 'name'>,
  ): Side {
    return {
      name,
      run: async () => {
        const result = await this.load(server, {
          seconds,
          streams: [{ name, ...(await stream()) }],
        })
        const [only] = result.streams
        if (!only) throw new Error('no stream ran')
        return readingOf(result, only)
      },
    }
  }

  /**
   * Runs the sides in turn, round by round, every second round backwards. The first round is run and not counted: in it
   * V8 compiles what is hot, of the server as of its floor. A round in which others took much of a core is taken again;
   * the calmest rounds count. Readings come back in the order of the sides.
   */
  async interleave(sides: readonly Side[], rounds = this.options.rounds): Promise<Reading[][]> {
    const taken: { disturbed: number; readings: Reading[] }[] = []
    const calm = () => taken.filter(({ disturbed }) => disturbed <= FOREIGN_LIMIT).length
    const most = rounds + (this.options.quick ? 0 : 2)
    for (const side of sides) await side.run()
    while (calm() < rounds && taken.length < most) {
      const order = taken.length % 2 === 0 ? [...sides.keys()] : [...sides.keys()].reverse()
      const readings: Reading[] = []
      for (const index of order) {
        const side = sides[index]
        if (side) readings[index] = await side.run()
      }
      const disturbed = Math.max(...readings.map(({ foreignShare }) => foreignShare))
      taken.push({ disturbed, readings })
    }
    taken.sort((a, b) => a.disturbed - b.disturbed)
    const kept = taken.slice(0, rounds)
    return sides.map(({ name }, index) => {
      const readings = kept.map((round) => round.readings[index]).filter((r) => r !== undefined)
      this.readings.set(name, readings)
      return readings
    })
  }

  find(finding: Finding): void {
    this.findings.push(finding)
  }

  /** A ratio that has no target, a time in milliseconds, a size in megabytes: for the table of all figures. */
  compare(name: string, figure: Spread): void {
    this.figures.push({ name, figure, unit: '×' })
  }

  time(name: string, figure: Spread): void {
    this.figures.push({ name, figure, unit: ' ms' })
  }

  size(name: string, figure: Spread): void {
    this.figures.push({ name, figure, unit: ' MB' })
  }

  /** One for each connection, each of a user of its own. */
  refreshRequests(server: Keystead): Promise<Request[]> {
    this.#refreshes ??= this.#signInAll(server)
    return this.#refreshes
  }

  async #signInAll(server: Keystead): Promise<Request[]> {
    await server.users(this.connections)
    const requests: Request[] = []
    for (let index = 0; index < this.connections; index++) {
      const session = await server.signIn(`bench-${index}`, USER_PASSWORD)
      requests.push(refreshRequest(session.refreshToken))
    }
    return requests
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.values()) {
      await server.then(
        (running) => running.stop(),
        () => {}, // one that did not start was reported by the measure that asked for it
      )
    }
    await this.#load?.stop()
  }
}

export const rates = (readings: readonly Reading[]): number[] =>
  readings.map(({ perSecond }) => perSecond)

export const p99s = (readings: readonly Reading[]): number[] =>
  readings.map(({ p99 }) => p99 ?? Number.NaN)

export const rateRatio = (of: readonly Reading[], to: readonly Reading[]): Spread =>
  ratios(rates(of), rates(to))
