import { auditColumns, type Chain, headMac } from './chain.ts'
import { countSql, type Dialect, generationSql, insertSql, updateSql } from './statements.ts'
import { type Failure, isAuditOnly, type Outcome, TOPICS, type Topic, type Unit } from './unit.ts'

export interface Statement {
  readonly sql: string
  readonly params: readonly unknown[]
}

const recordSql: Readonly<Record<Dialect, string>> = {
  sqlite: insertSql('sqlite', 'audit_records', auditColumns),
  postgres: insertSql('postgres', 'audit_records', auditColumns),
}

/** What an error of the database means. `fatal`: the transaction is lost, and perhaps more. */
export type ErrorClass = 'duplicate' | 'again' | 'refused' | 'fatal'

/** Another process wrote to this node's chain; what we know of its end is old. */
export class ChainMoved extends Error {
  override readonly name = 'ChainMoved'
}

/**
 * The units of a batch, one after the other, inside a transaction that the caller opens and commits. Each statement
 * is yielded, so that one text serves the thread that runs SQLite and the connection to PostgreSQL; its answer is
 * the number of rows it touched. A unit that fails is taken back alone. When no unit is done there is nothing to
 * commit, and the caller rolls back. What belongs to the batch as a whole (counts, head, generation) comes last,
 * so that rows all nodes share are held for one moment.
 */
export function* runBatch(
  dialect: Dialect,
  units: readonly Unit[],
  chain: Chain | undefined,
  classify: (error: unknown) => ErrorClass,
): Generator<Statement, Outcome[], number> {
  const outcomes: Outcome[] = []
  const counts = new Map<string, [domain: string, table: string, difference: number]>()
  const add = (domain: string, table: string, difference: number): void => {
    const known = counts.get(`${domain}/${table}`)
    if (known) known[2] += difference
    else counts.set(`${domain}/${table}`, [domain, table, difference])
  }
  const before = chain?.end
  const changed = new Set<Topic>()

  for (const unit of units) {
    const end = chain?.end
    // A record alone fails with the whole batch or not at all, so there is nothing to take back.
    const alone = units.length === 1 || isAuditOnly(unit)
    if (!alone) yield { sql: 'savepoint unit', params: [] }
    const failure = yield* runUnit(dialect, unit, chain, classify)
    if (failure) {
      if (chain && end) chain.end = end
      if (!alone) yield { sql: 'rollback to savepoint unit', params: [] }
    } else {
      for (const [domain, table, difference] of unit.counts) add(domain, table, difference)
      // Counted by node, so that nodes do not wait for each other at every record.
      for (const { domain_id } of unit.audits)
        add(domain_id, `audit_records/${chain?.keys.nodeId}`, 1)
      for (const topic of unit.topics) changed.add(topic)
    }
    if (!alone) yield { sql: 'release savepoint unit', params: [] }
    outcomes.push(failure ?? 'done')
  }

  if (dialect === 'postgres')
    for (const topic of TOPICS)
      if (changed.has(topic)) yield { sql: generationSql(dialect), params: [topic, 1] }
  // Always in the same order, so that two nodes never wait for each other in a circle.
  for (const key of [...counts.keys()].sort())
    yield { sql: countSql(dialect), params: counts.get(key) ?? [] }
  if (chain && before && chain.end.seq > before.seq) {
    const moved = yield {
      sql: updateSql(dialect, 'audit_heads', ['seq', 'mac'], ['node_id', 'seq']),
      params: [chain.end.seq, headMac(chain.keys, chain.end), chain.keys.nodeId, before.seq],
    }
    if (moved !== 1) throw new ChainMoved('the audit chain was continued elsewhere')
  }
  return outcomes
}

/** The database's own code for it: its message may quote a value. */
function codeOf(error: unknown): string {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  return String(errcode ?? code ?? 'no code')
}

function* runUnit(
  dialect: Dialect,
  unit: Unit,
  chain: Chain | undefined,
  classify: (error: unknown) => ErrorClass,
): Generator<Statement, Failure | undefined, number> {
  for (const [at, step] of unit.steps.entries()) {
    try {
      const touched = yield step
      if (step.rows >= 0 && touched !== step.rows) return { why: 'rows', step: at }
    } catch (error) {
      const meaning = classify(error)
      if (meaning === 'duplicate') return { why: 'duplicate', step: at }
      if (meaning === 'again') return { why: 'again' }
      if (meaning === 'refused') return { why: 'error', detail: `${codeOf(error)}: ${step.sql}` }
      throw error
    }
  }
  if (unit.audits.length === 0) return undefined
  if (!chain) return { why: 'unavailable', detail: 'the audit log is not open yet' }
  for (const entry of unit.audits) {
    const params = chain.append(entry)
    try {
      yield { sql: recordSql[dialect], params }
    } catch (error) {
      if (classify(error) === 'duplicate')
        throw new ChainMoved('the audit chain has this record already', { cause: error })
      throw error
    }
  }
  return undefined
}
