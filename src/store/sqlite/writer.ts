/**
 * The thread that owns SQLite's writing connection. Commits, and the checkpoints they bring about, wait for the
 * disk here and never on the main thread.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { ChainMoved, runBatch, type Statement } from '../batch.ts'
import { Chain, type ChainEnd, type ChainKeys } from '../chain.ts'
import { DAMAGED, DISK_FULL, NOT_WRITTEN, RESERVE_USED } from '../faults.ts'
import { type Failure, isAuditOnly, type Outcome, type Unit } from '../unit.ts'
import { classifySqlite, isDamage, isDiskFull } from './errors.ts'
import { integrityProblem } from './integrity.ts'
import type { FromWriter, ToWriter, WireUnit } from './messages.ts'
import { AuditReserve } from './reserve.ts'
import { BUSY_MS, Scrub } from './scrub.ts'

const MOST_STATEMENTS = 500

const { file } = workerData as { file: string }
const reserve = new AuditReserve(file)
const texts: string[] = []
let statements = new Map<string, StatementSync>()
let database: DatabaseSync | undefined
let keys: ChainKeys | undefined
let chain: Chain | undefined
/** A commit failed: what the log holds beyond the last good one must go before anything is written again. */
let unsure = false
let full = false
let damaged = false
const scrub = new Scrub({
  file,
  connection: () => (damaged || full ? undefined : open()),
  failed: (error) => answer({ kind: 'remains', detail: (error as Error).message }),
})

function open(): DatabaseSync {
  if (database) return database
  const opened = new DatabaseSync(file, { timeout: BUSY_MS })
  try {
    opened.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma secure_delete = on',
    )
    if (unsure) {
      // Frames of a commit that failed may still stand in the log, and would come back to life after a crash.
      const { busy } = opened.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number }
      if (busy !== 0) throw new Error('the log could not be emptied')
    }
  } catch (error) {
    opened.close()
    throw error
  }
  unsure = false
  database = opened
  scrub.opened(opened)
  return opened
}

/** After trouble of which SQLite cannot say what it left behind: a new connection reads its state from the disk. */
function reopenLater(): void {
  statements = new Map()
  chain = undefined
  try {
    database?.close()
  } catch {
    // It was lost already.
  }
  database = undefined
}

function prepared(sql: string): StatementSync {
  const known = statements.get(sql)
  if (known) return known
  if (statements.size >= MOST_STATEMENTS) statements.clear()
  const statement = open().prepare(sql)
  statements.set(sql, statement)
  return statement
}

const execute = ({ sql, params }: Statement): number =>
  Number(prepared(sql).run(...(params as SQLInputValue[])).changes)

/** The chain as the disk has it: loaded at unseal, and again after any trouble. */
function openedChain(): Chain | undefined {
  if (chain || !keys) return chain
  const head = prepared('select seq, mac from audit_heads where node_id = ?').get(keys.nodeId)
  const last = prepared(
    'select seq, mac from audit_records where node_id = ? and seq = (select seq from audit_heads where node_id = ?)',
  ).get(keys.nodeId, keys.nodeId)
  if (!head) throw new Error('the audit log has no head')
  chain = new Chain(keys, head as unknown as ChainEnd, last as unknown as ChainEnd | undefined)
  return chain
}

function rollback(): void {
  if (database?.isTransaction) database.exec('rollback')
}

function runUnits(units: readonly Unit[]): Outcome[] {
  if (damaged) return units.map(() => ({ why: 'unavailable', detail: DAMAGED }))
  let committing = false
  let end: ChainEnd | undefined
  try {
    open()
    const opened = openedChain()
    end = opened?.end
    execute({ sql: 'begin immediate', params: [] })
    const batch = runBatch('sqlite', units, opened, classifySqlite)
    let step = batch.next()
    while (!step.done) {
      let touched: number
      try {
        touched = execute(step.value)
      } catch (error) {
        step = batch.throw(error)
        continue
      }
      step = batch.next(touched)
    }
    if (!step.value.includes('done')) {
      rollback()
      return step.value
    }
    const outcomes = step.value
    const endsSecrets = units.some((unit, at) => unit.endsSecrets && outcomes[at] === 'done')
    if (endsSecrets) scrub.mark(open())
    committing = true
    execute({ sql: 'commit', params: [] })
    if (endsSecrets) scrub.marked()
    return outcomes
  } catch (error) {
    return failedBatch(units, error, committing, end)
  }
}

/** Nothing of the batch counts as done. Each unit is told why. */
function failedBatch(
  units: readonly Unit[],
  error: unknown,
  committing: boolean,
  end: ChainEnd | undefined,
): Outcome[] {
  let failure: Failure
  if (isDamage(error)) {
    // SQLite says the same of a page that could not be read this once: only a second look condemns the file.
    damaged = integrityProblem(file) !== undefined
    failure = { why: 'unavailable', detail: damaged ? DAMAGED : NOT_WRITTEN }
  } else if (isDiskFull(error)) failure = { why: 'no-space', detail: DISK_FULL }
  else if (error instanceof ChainMoved) failure = { why: 'again' }
  else failure = { why: 'unavailable', detail: NOT_WRITTEN }
  try {
    rollback()
    if (chain && end) chain.end = end
  } catch {
    committing = true
  }
  if (committing || failure.why !== 'no-space') {
    unsure ||= committing
    reopenLater()
  }
  report(error, failure)
  return units.map(() => failure)
}

function report(error: unknown, failure: Failure): void {
  if (failure.why === 'again' || full) return
  const { message, errcode } = error as { message?: unknown; errcode?: unknown }
  answer({
    kind: 'trouble',
    detail: `${String(message)} (${String(errcode ?? 'no code')})`,
    damaged,
  })
}

/** On a full disk, what only records goes on while the reserve lasts; the rest is refused until there is space. */
function runBatchOfUnits(units: readonly Unit[]): Outcome[] {
  if (full && reserve.keep()) {
    full = false
    answer({ kind: 'space', full })
  }
  const outcomes = full
    ? units.map((): Outcome => ({ why: 'no-space', detail: DISK_FULL }))
    : runUnits(units)
  if (!outcomes.some((outcome) => outcome !== 'done' && outcome.why === 'no-space')) return outcomes
  if (!full) {
    full = true
    reserve.release()
    answer({ kind: 'space', full })
  }
  const records = units.filter(isAuditOnly)
  if (records.length === 0) return outcomes
  const recorded = runUnits(records).map(
    (outcome): Outcome =>
      outcome !== 'done' && outcome.why === 'no-space'
        ? { why: 'unavailable', detail: RESERVE_USED }
        : outcome,
  )
  return units.map((unit, at) =>
    isAuditOnly(unit) ? (recorded.shift() as Outcome) : (outcomes[at] as Outcome),
  )
}

const unwired = ([steps, audits, counts, topics, endsSecrets]: WireUnit): Unit => ({
  steps: steps.map(([text, params, rows]) => ({ sql: texts[text] as string, params, rows })),
  audits,
  counts,
  topics,
  endsSecrets,
})

const answer = (message: FromWriter): void => parentPort?.postMessage(message)

parentPort?.on('message', (message: ToWriter) => {
  switch (message.kind) {
    case 'batch': {
      if (message.forget) texts.length = 0
      texts.push(...message.texts)
      const outcomes = runBatchOfUnits(message.units.map(unwired))
      answer({ kind: 'batch', outcomes, end: chain?.end })
      return
    }
    case 'chain':
      keys = message.keys
      chain = undefined
      try {
        open()
        answer({ kind: 'chain', end: openedChain()?.end, tampered: false, detail: '' })
      } catch (error) {
        const { name, message: detail } = error as Error
        keys = undefined
        answer({ kind: 'chain', end: undefined, tampered: name === 'Tampered', detail })
      }
      return
    case 'close':
      scrub.finish()
      reopenLater()
      scrub.close()
      answer({ kind: 'closed' })
      parentPort?.close()
  }
})

try {
  open()
  reserve.keep()
} catch (error) {
  report(error, { why: 'unavailable', detail: NOT_WRITTEN })
}
