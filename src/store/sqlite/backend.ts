import { chmodSync, closeSync, fsyncSync, openSync, statSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { Kysely, SqliteAdapter, type SqliteDatabase, SqliteDialect } from 'kysely'
import { compileCacheOnly } from '../../kit/compile-cache.ts'
import { Fault, Tampered } from '../../kit/fault.ts'
import type { ChainEnd, ChainKeys } from '../chain.ts'
import type { Backend, StoreLog } from '../core.ts'
import { CLOSED, DAMAGED, NOT_WRITTEN } from '../faults.ts'
import { migrate } from '../migrate.ts'
import type { Schema } from '../schema.ts'
import { Batches, type Outcome, type Topic, type Unit } from '../unit.ts'
import { asKyselyDatabase, type Condition, conditionOf, kyselyOn, openReading } from './driver.ts'
import { isDamage, isDiskFull } from './errors.ts'
import { integrityProblem } from './integrity.ts'
import { holdLock } from './lock.ts'
import type { FromWriter, ToWriter, WireUnit } from './messages.ts'
import { walProblem } from './wal.ts'

const LARGEST_BATCH = 256
const MOST_STATEMENTS = 500
/** Up to this size a database is checked before the first answer, a larger one while the server works. */
const CHECK_FIRST_BYTES = 16 * 1024 * 1024

function startThread(name: string, file: string): Worker {
  return new Worker(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url), {
    name,
    workerData: { file },
    env: compileCacheOnly(),
    // Little of it is young for long: with more room the collector only comes later.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
  })
}

/** Opens the database in `file`, makes it when there is none, and keeps other processes away from it. */
export async function openSqlite(file: string, log: StoreLog): Promise<Backend> {
  const unlock = holdLock(file)
  try {
    createPrivately(file)
    const problem = walProblem(file)
    if (problem !== undefined) throw new Fault('unavailable', `${DAMAGED}: ${problem}`)
    await migrateFile(file)
    const backend = new SqliteBackend(file, log, unlock)
    backend.checkIntegrity(statSync(file).size < CHECK_FIRST_BYTES)
    return backend
  } catch (error) {
    unlock()
    throw isDamage(error) ? new Fault('unavailable', DAMAGED, { cause: error }) : error
  }
}

/** Reads alone, also beside a running server. */
export function openSqliteReader(file: string): Kysely<Schema> {
  return kyselyOn(openReading(file, conditionOf(file)))
}

/** SQLite gives its log and its index the permissions of the database. */
function createPrivately(file: string): void {
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
  const folder = openSync(dirname(file), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** SQLite takes back DDL like any other statement, so a migration that is cut short leaves nothing behind. */
class TransactionalDdl extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new (class extends SqliteAdapter {
      override get supportsTransactionalDdl(): boolean {
        return true
      }
    })()
  }
}

async function migrateFile(file: string): Promise<void> {
  const database = new DatabaseSync(file, { timeout: 5000 })
  // A migration may drop a table that held secrets.
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on')
  try {
    // What a crash left in the log goes into the database now: remains of a torn commit must not stay behind new frames.
    database.exec('pragma wal_checkpoint(truncate)')
  } catch (error) {
    // A full disk is no reason not to serve what there is.
    if (!isDiskFull(error)) throw error
  }
  const db = new Kysely<Schema>({
    dialect: new TransactionalDdl({ database: asKyselyDatabase(database, conditionOf(file)) }),
  })
  try {
    await migrate(db)
  } finally {
    await db.destroy()
    if (database.isOpen) database.close()
  }
}

class SqliteBackend implements Backend {
  readonly dialect = 'sqlite'
  readonly db: Kysely<Schema>
  readonly #file: string
  readonly #log: StoreLog
  readonly #unlock: () => void
  readonly #condition: Condition
  readonly #reading: SqliteDatabase
  readonly #writer: Worker
  readonly #batches = new Batches(LARGEST_BATCH, (units) => this.#commit(units))
  readonly #numbers = new Map<string, number>()
  #gone = false
  #end: ChainEnd | undefined
  readonly #generations = { authority: 1, keys: 1 }
  #answered: ((message: FromWriter) => void) | undefined
  #check: Promise<void> | undefined

  constructor(file: string, log: StoreLog, unlock: () => void) {
    this.#file = file
    this.#condition = conditionOf(file)
    this.#log = log
    this.#unlock = unlock
    this.#reading = openReading(file, this.#condition)
    this.db = kyselyOn(this.#reading)
    this.#writer = startThread('writer', file)
    this.#writer.on('message', (message: FromWriter) => this.#hear(message))
    this.#writer.on('error', (error: Error) =>
      log.error(`the store's writer failed: ${error.message}`),
    )
    this.#writer.on('exit', () => this.#lost())
    this.#writer.unref()
  }

  async select(sql: string, params: readonly unknown[]): Promise<readonly object[]> {
    return this.#reading.prepare(sql).all(params) as object[]
  }

  submit(unit: Unit): Promise<Outcome> {
    return this.#batches.submit(unit)
  }

  async openChain({ installation, nodeId, auditKey }: ChainKeys): Promise<void> {
    const opened = await this.#ask({ kind: 'chain', keys: { installation, nodeId, auditKey } })
    if (opened?.kind !== 'chain') throw new Fault('unavailable', NOT_WRITTEN)
    if (opened.tampered) throw new Tampered('audit_heads', nodeId)
    if (!opened.end) throw new Fault('unavailable', NOT_WRITTEN, { cause: opened.detail })
    this.#end = opened.end
  }

  chainEnd(): ChainEnd | undefined {
    return this.#end
  }

  generation(topic: Topic): number {
    return this.#generations[topic]
  }

  async healthy(): Promise<boolean> {
    if (this.#gone || this.#condition.damaged) return false
    try {
      await this.db.selectFrom('generations').select('value').limit(1).execute()
      return true
    } catch {
      return false
    }
  }

  /** Damage found here shows in `healthy`, and in every answer from then on. */
  checkIntegrity(before: boolean): void {
    const heed = (problem: string | undefined): void => {
      if (problem === undefined || this.#gone) return
      this.#condition.damaged = true
      this.#log.error(`${DAMAGED}: ${problem}`)
    }
    // A thread takes longer to start than a small file to be read.
    if (before) heed(integrityProblem(this.#file))
    else
      this.#check = new Promise((resolve) => {
        const worker = startThread('integrity-thread', this.#file)
        worker.on('message', heed)
        worker.on('error', (error: Error) =>
          this.#log.error(`the database was not checked: ${error.message}`),
        )
        worker.on('exit', () => resolve())
      })
  }

  async close(): Promise<void> {
    await this.#check
    await this.#batches.idle()
    await this.db.destroy()
    await this.#ask({ kind: 'close' })
    this.#gone = true
    await this.#writer.terminate()
    this.#unlock()
  }

  async #commit(units: readonly Unit[]): Promise<readonly Outcome[]> {
    const refused = this.#refusal()
    if (refused) return units.map(() => refused)
    const answer = await this.#ask(this.#wire(units))
    if (answer?.kind !== 'batch')
      return units.map(() => ({ why: 'unavailable', detail: NOT_WRITTEN }))
    if (answer.end) this.#end = answer.end
    // Before anyone is told that it is done: what is remembered from before no longer counts.
    for (const { topics } of units) for (const topic of topics) this.#generations[topic]++
    return answer.outcomes
  }

  #refusal(): Outcome | undefined {
    if (this.#condition.damaged) return { why: 'unavailable', detail: DAMAGED }
    return this.#gone ? { why: 'unavailable', detail: CLOSED } : undefined
  }

  #wire(units: readonly Unit[]): ToWriter {
    const forget = this.#numbers.size > MOST_STATEMENTS
    if (forget) this.#numbers.clear()
    const texts: string[] = []
    const numberOf = (sql: string): number => {
      const known = this.#numbers.get(sql)
      if (known !== undefined) return known
      texts.push(sql)
      this.#numbers.set(sql, this.#numbers.size)
      return this.#numbers.size - 1
    }
    const wired = units.map(
      ({ steps, audits, counts, topics, endsSecrets }): WireUnit => [
        steps.map(({ sql, params, rows }) => [numberOf(sql), params, rows]),
        audits,
        counts,
        topics,
        endsSecrets,
      ],
    )
    return { kind: 'batch', forget, texts, units: wired }
  }

  /** One question at a time: batches follow each other, and the others come before the first or after the last. */
  #ask(message: ToWriter): Promise<FromWriter | undefined> {
    if (this.#gone) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      // The process lives as long as something is being written, and need not live for the thread alone.
      this.#writer.ref()
      this.#answered = (answer) => {
        this.#answered = undefined
        this.#writer.unref()
        resolve(answer)
      }
      this.#writer.postMessage(message)
    })
  }

  #hear(message: FromWriter): void {
    if (message.kind === 'trouble') {
      this.#condition.damaged ||= message.damaged
      this.#log.error(`the database could not write: ${message.detail}`)
    } else if (message.kind === 'remains')
      this.#log.warn(
        `what is left of deleted secrets was not overwritten, and will be tried again: ${message.detail}`,
      )
    else if (message.kind === 'space') {
      if (message.full) this.#log.error('the disk is full: only audit records are written')
      else this.#log.info('there is space on the disk again')
    } else this.#answered?.(message)
  }

  #lost(): void {
    this.#gone = true
    this.#answered?.({ kind: 'closed' })
  }
}
