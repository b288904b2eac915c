import { setTimeout as pause } from 'node:timers/promises'
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely'
import { Fault } from '../../kit/fault.ts'
import { ChainMoved, runBatch } from '../batch.ts'
import { Chain, type ChainEnd, type ChainKeys } from '../chain.ts'
import type { Backend, StoreLog } from '../core.ts'
import { CLOSED, DAMAGED, DISK_FULL, NO_ANSWER, NOT_KNOWN, NOT_WRITTEN } from '../faults.ts'
import { migrate } from '../migrate.ts'
import { selectOver } from '../reader.ts'
import type { Schema } from '../schema.ts'
import { Batches, type Failure, type Outcome, TOPICS, type Topic, type Unit } from '../unit.ts'
import { classifyPostgres, sqlState } from './errors.ts'

/** Short batches: the rows they touch are held until the commit, and other nodes wait for them. */
const LARGEST_BATCH = 64
const POLL_MS = 250
/** Rights that changed on another node are heeded within a second; without news for that long nothing remembered counts. */
const NEWS_MS = 1000
const LONGEST_BACK_OFF_MS = 2000

export interface PostgresResult {
  readonly rows: Record<string, unknown>[]
  readonly rowCount: number | null
}

/** What the store needs of a connection; without values several statements may stand in one text. */
export interface PostgresClient {
  query(sql: string, values?: readonly unknown[]): Promise<PostgresResult>
  /** `destroy`: the connection is not to be used again. */
  release(destroy?: boolean): void
}

export interface PostgresConnections {
  connect(): Promise<PostgresClient>
  end(): Promise<void>
}

/** `readers` serve queries; `writer` gives out one connection at a time, for batches and migrations. */
export interface PostgresPools {
  readonly readers: PostgresConnections
  readonly writer: PostgresConnections
}

export async function openPostgres(pools: PostgresPools, log: StoreLog): Promise<Backend> {
  const migrating = kyselyOn(pools.writer)
  // Not destroyed: that would end the pool, which the batches use from here on.
  await migrate(migrating)
  return new PostgresBackend(pools, log)
}

export const kyselyOn = (connections: PostgresConnections): Kysely<Schema> =>
  new Kysely<Schema>({ dialect: new PostgresDialect({ pool: asKyselyPool(connections) }) })

/** Failures that are not the query's own become Fault 'unavailable', and take their connection with them. */
function asKyselyPool(connections: PostgresConnections): PostgresPool {
  return {
    options: {},
    end: () => connections.end(),
    async connect() {
      const client = await connections.connect().catch((cause: unknown) => {
        throw new Fault('unavailable', NO_ANSWER, { cause })
      })
      let lost = false
      return {
        query: (async (sql: string, values?: readonly unknown[]) => {
          try {
            const { rows, rowCount } = await client.query(sql, values ?? [])
            return { command: 'SELECT', rows, rowCount: rowCount ?? 0 }
          } catch (cause) {
            if (!isOutage(cause)) throw cause
            lost = true
            throw new Fault('unavailable', outage(cause), { cause })
          }
          // The form that serves cursors is left out: rows are paged by key instead.
        }) as PostgresPoolClient['query'],
        release: () => client.release(lost),
      }
    },
  }
}

/** Not what was asked but the server, the connection or its time is the reason. */
const isOutage = (error: unknown): boolean => {
  const state = sqlState(error)
  return state === undefined ? !(error instanceof TypeError) : /^(08|25006|53|57|58|XX)/.test(state)
}

const outage = (error: unknown): string =>
  sqlState(error)?.startsWith('XX00') && sqlState(error) !== 'XX000' ? DAMAGED : NO_ANSWER

class PostgresBackend implements Backend {
  readonly dialect = 'postgres'
  readonly db: Kysely<Schema>
  readonly select: Backend['select']
  readonly #pools: PostgresPools
  readonly #log: StoreLog
  readonly #batches = new Batches(LARGEST_BATCH, (units) => this.#commit(units))
  readonly #timer: NodeJS.Timeout
  #keys: ChainKeys | undefined
  #chain: Chain | undefined
  #closed = false
  #failures = 0
  #retryAt = 0
  /** What this node says; grows with its own changes and with those it hears of. */
  readonly #generations = { authority: 1, keys: 1 }
  /** What the database said last. */
  readonly #heard = { authority: 0, keys: 0 }
  #newsAt = 0
  #polling: Promise<void> | undefined

  constructor(pools: PostgresPools, log: StoreLog) {
    this.#pools = pools
    this.#log = log
    this.db = kyselyOn(pools.readers)
    this.select = selectOver(this.db)
    this.#timer = setInterval(() => this.#poll(), POLL_MS).unref()
    this.#poll()
  }

  submit(unit: Unit): Promise<Outcome> {
    return this.#batches.submit(unit)
  }

  async openChain({ installation, nodeId, auditKey }: ChainKeys): Promise<void> {
    const keys = { installation, nodeId, auditKey }
    const client = await this.#pools.writer.connect().catch((cause: unknown) => {
      throw new Fault('unavailable', NO_ANSWER, { cause })
    })
    try {
      this.#chain = await loadChain(client, keys)
      this.#keys = keys
    } finally {
      client.release()
    }
  }

  chainEnd(): ChainEnd | undefined {
    return this.#chain?.end
  }

  generation(topic: Topic): number {
    if (performance.now() - this.#newsAt > NEWS_MS) this.#generations[topic]++
    return this.#generations[topic]
  }

  async healthy(): Promise<boolean> {
    const asked = this.db.selectFrom('generations').select('value').limit(1).execute()
    return Promise.race([
      asked.then(
        () => !this.#closed,
        () => false,
      ),
      pause(2000, false, { ref: false }),
    ])
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#batches.idle()
    this.#closed = true
    await this.#polling
    await this.#pools.readers.end()
    await this.#pools.writer.end()
  }

  /** Looks whether rights or keys changed on another node. One look at a time; an answer counts from when it was asked for. */
  #poll(): void {
    if (this.#polling || this.#closed) return
    const askedAt = performance.now()
    this.#polling = this.db
      .selectFrom('generations')
      .select(['topic', 'value'])
      .where('topic', 'in', TOPICS)
      .execute()
      .then(
        (rows) => {
          for (const topic of TOPICS) {
            const value = rows.find((row) => row.topic === topic)?.value ?? 0
            if (value !== this.#heard[topic]) this.#generations[topic]++
            this.#heard[topic] = value
          }
          this.#newsAt = askedAt
        },
        () => undefined,
      )
      .finally(() => {
        this.#polling = undefined
      })
  }

  async #commit(units: readonly Unit[]): Promise<readonly Outcome[]> {
    const outcomes = await this.#tryCommit(units)
    // Before anyone is told that it is done, or that nobody knows.
    for (const { topics } of units) for (const topic of topics) this.#generations[topic]++
    return outcomes
  }

  async #tryCommit(units: readonly Unit[]): Promise<readonly Outcome[]> {
    if (this.#closed) return units.map(() => ({ why: 'unavailable', detail: CLOSED }))
    if (performance.now() < this.#retryAt)
      return units.map(() => ({ why: 'unavailable', detail: NO_ANSWER }))
    let client: PostgresClient
    try {
      client = await this.#pools.writer.connect()
    } catch (error) {
      this.#backOff(error)
      return units.map(() => ({ why: 'unavailable', detail: NO_ANSWER }))
    }
    let committing = false
    try {
      if (this.#keys && !this.#chain) this.#chain = await loadChain(client, this.#keys)
      await client.query('begin; set local synchronous_commit = on')
      const outcomes = await this.#runOn(client, units)
      committing = outcomes.includes('done')
      await client.query(committing ? 'commit' : 'rollback')
      this.#failures = 0
      client.release()
      return outcomes
    } catch (error) {
      return this.#failed(client, units, error, committing)
    }
  }

  async #runOn(client: PostgresClient, units: readonly Unit[]): Promise<Outcome[]> {
    const batch = runBatch('postgres', units, this.#chain, classifyPostgres)
    let step = batch.next()
    while (!step.done) {
      const { sql, params } = step.value
      let touched: number
      try {
        const result = await client.query(sql, params.length > 0 ? params : undefined)
        touched = result.rowCount ?? 0
      } catch (error) {
        step = batch.throw(error)
        continue
      }
      step = batch.next(touched)
    }
    return step.value
  }

  /** Nothing of the batch is acknowledged. What the database holds of the chain is read again before the next one. */
  async #failed(
    client: PostgresClient,
    units: readonly Unit[],
    error: unknown,
    committing: boolean,
  ): Promise<Outcome[]> {
    this.#chain = undefined
    const again = error instanceof ChainMoved || classifyPostgres(error) === 'again'
    try {
      if (committing) throw error
      await client.query('rollback')
      client.release(!again)
    } catch {
      client.release(true)
    }
    if (again) return units.map(() => ({ why: 'again' }))
    if (isOutage(error)) this.#backOff(error)
    else this.#log.error(`the database could not write: ${String(error)}`)
    const failure = failureOf(error, committing)
    return units.map(() => failure)
  }

  /** A database that is away is not asked at every call. */
  #backOff(error: unknown): void {
    if (this.#failures === 0) this.#log.error(`the database does not answer: ${String(error)}`)
    this.#failures++
    const wait = Math.min(LONGEST_BACK_OFF_MS, 50 * 2 ** Math.min(this.#failures, 10))
    this.#retryAt = performance.now() + wait * (0.5 + Math.random() / 2)
  }
}

const failureOf = (error: unknown, committing: boolean): Failure => {
  const state = sqlState(error)
  // A server that answers with an error has taken the transaction back; silence leaves it open.
  if (committing && (state === undefined || state.startsWith('57')))
    return { why: 'unavailable', detail: NOT_KNOWN }
  if (state === '53100') return { why: 'no-space', detail: DISK_FULL }
  if (state === 'XX001' || state === 'XX002') return { why: 'unavailable', detail: DAMAGED }
  return { why: 'unavailable', detail: NOT_WRITTEN }
}

async function loadChain(client: PostgresClient, keys: ChainKeys): Promise<Chain> {
  const heads = await client.query('select seq, mac from audit_heads where node_id = $1', [
    keys.nodeId,
  ])
  const head = heads.rows[0] as unknown as ChainEnd | undefined
  if (!head) throw new Error('the audit log has no head')
  const records = await client.query(
    'select seq, mac from audit_records where node_id = $1 and seq = $2',
    [keys.nodeId, head.seq],
  )
  return new Chain(keys, head, records.rows[0] as unknown as ChainEnd | undefined)
}
