import { setTimeout as pause } from 'node:timers/promises'
import { Fault } from '../kit/fault.ts'
import { stamp } from '../kit/time.ts'
import { createTurns } from '../kit/turns.ts'
import { type ChainEnd, type ChainKeys, chainStart, headBytes, headMac } from './chain.ts'
import { Gathering, statementBuilder } from './gather.ts'
import { readerOn, type Source } from './reader.ts'
import { insertSql, updateSql } from './statements.ts'
import type { Store, StoreKeys, Writer } from './store.ts'
import type { Outcome, Topic, Unit } from './unit.ts'

/** Where the store says what an operator should know. */
export interface StoreLog {
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** One of the two databases: reads, and takes whole units to write. */
export interface Backend extends Source {
  /** Settles when the unit, and all that was committed with it, is on disk, or was not done. */
  submit(unit: Unit): Promise<Outcome>
  /** Opens the node's audit chain. Throws `Tampered` when its head does not fit its last record. */
  openChain(keys: ChainKeys): Promise<void>
  /** Where the chain ended with the last commit; undefined before it is open. */
  chainEnd(): ChainEnd | undefined
  generation(topic: Topic): number
  healthy(): Promise<boolean>
  close(): Promise<void>
}

/** Others changing the same rows all the while is no reason to hold a request for ever. */
const MOST_RUNS = 40
/** So often work is done again beside others who do the same. */
const FREE_RUNS = 3
const SIGN_AFTER_RECORDS = 1000
const SIGN_AFTER_MS = 10_000

const nothing = (): void => undefined
const quiet: StoreLog = { info: nothing, warn: nothing, error: nothing }

export function storeOn(backend: Backend, log: StoreLog = quiet): Store {
  const { dialect } = backend
  const builder = statementBuilder(dialect)
  const read = readerOn(backend, () => keys?.rowKey)
  let keys: StoreKeys | undefined
  let signedSeq = 0
  /** Where the chain stood when signing was last tried. */
  let triedSeq = 0
  let signing = false
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const inTurn = createTurns()

  /** Those who met others again and again go one after the other, so that each of them gets through. */
  async function transact<T>(work: (tx: Writer) => T | Promise<T>): Promise<T> {
    for (let run = 1; run <= FREE_RUNS; run++) {
      const done = await attempt(work)
      if (done) return done.result
      // At random, so that those who met once do not meet again.
      await pause(Math.random() * 2 ** run)
    }
    return inTurn('again', async () => {
      for (let run = FREE_RUNS + 1; run <= MOST_RUNS; run++) {
        const done = await attempt(work)
        if (done) return done.result
        // Only other nodes are in the way now, which may have a row of turns of their own, and those who came since.
        await pause(Math.random() * Math.min(50, 2 ** (run - FREE_RUNS)))
      }
      throw new Fault('conflict', 'this was changed by others at the same time, try again')
    })
  }

  /** Undefined when others were in the way. */
  async function attempt<T>(
    work: (tx: Writer) => T | Promise<T>,
  ): Promise<{ readonly result: T } | undefined> {
    if (closed) throw new Fault('unavailable', 'the store is closed')
    const gathering = new Gathering(builder, dialect, keys?.rowKey)
    const result = await work(gathering)
    const unit = gathering.finish()
    if (!unit) return { result }
    const outcome = await backend.submit(unit)
    if (outcome === 'done') {
      signIfDue()
      return { result }
    }
    throwUnlessAgain(outcome, gathering)
    return undefined
  }

  function throwUnlessAgain(failure: Exclude<Outcome, 'done'>, { guards }: Gathering): void {
    switch (failure.why) {
      case 'again':
        return
      case 'rows': {
        const otherwise = guards[failure.step]?.otherwise
        if (otherwise) throw otherwise
        return
      }
      case 'duplicate': {
        const duplicate = guards[failure.step]?.duplicate
        if (duplicate) throw duplicate
        throw new Error('a unique index refused a row, and the unit did not say what that means')
      }
      case 'no-space':
      case 'unavailable':
        throw new Fault(failure.why, failure.detail)
      case 'error':
        throw new Error(`the database refused a statement: ${failure.detail}`)
    }
  }

  function signIfDue(): void {
    const end = backend.chainEnd()
    if (end && end.seq - Math.max(signedSeq, triedSeq) >= SIGN_AFTER_RECORDS) void sign()
  }

  /** Signs the head as it stands. What cannot be signed now is signed next time. */
  async function sign(): Promise<void> {
    const end = backend.chainEnd()
    if (!keys || !end || end.seq === signedSeq || signing) return
    signing = true
    triedSeq = end.seq
    try {
      const { installation, nodeId } = keys
      const outcome = await backend.submit({
        steps: [
          {
            sql: updateSql(
              dialect,
              'audit_heads',
              ['signed_seq', 'signed_mac', 'signature', 'signed_at'],
              ['node_id'],
            ),
            params: [
              end.seq,
              end.mac,
              Uint8Array.from(keys.signHead(headBytes(installation, nodeId, end))),
              stamp(),
              nodeId,
            ],
            rows: 1,
          },
        ],
        audits: [],
        counts: [],
        topics: [],
        endsSecrets: false,
      })
      if (outcome === 'done') signedSeq = end.seq
      else log.warn(`the audit head was not signed: ${outcome.why}`)
    } catch (error) {
      log.error(`the audit head was not signed: ${String(error)}`)
    } finally {
      signing = false
    }
  }

  /** The head of a node that has recorded nothing yet, signed: an empty log can be told from one that was removed. */
  async function ensureHead(given: StoreKeys): Promise<void> {
    const { installation, nodeId } = given
    const known = await backend.db
      .selectFrom('audit_heads')
      .select('signed_seq')
      .where('node_id', '=', nodeId)
      .executeTakeFirst()
    signedSeq = known?.signed_seq ?? 0
    if (known) return
    const start = chainStart(given)
    const head = {
      node_id: nodeId,
      seq: 0,
      mac: headMac(given, start),
      signed_seq: 0,
      signed_mac: start.mac,
      signature: Uint8Array.from(given.signHead(headBytes(installation, nodeId, start))),
      signed_at: stamp(),
    }
    const outcome = await backend.submit({
      steps: [
        {
          sql: insertSql(dialect, 'audit_heads', Object.keys(head)),
          params: Object.values(head),
          rows: 1,
        },
      ],
      audits: [],
      counts: [],
      topics: [],
      endsSecrets: false,
    })
    if (outcome !== 'done' && outcome.why !== 'duplicate')
      throw new Fault('unavailable', 'the audit log could not be opened')
  }

  return {
    dialect,
    read,
    transact,
    authority: () => backend.generation('authority'),
    keysChanged: () => backend.generation('keys'),
    healthy: () => (closed ? Promise.resolve(false) : backend.healthy()),
    async unseal(given) {
      await ensureHead(given)
      await backend.openChain(given)
      keys = given
      timer = setInterval(() => void sign(), SIGN_AFTER_MS).unref()
    },
    async close() {
      if (closed) return
      clearInterval(timer)
      await sign()
      closed = true
      await backend.close()
    },
  }
}
