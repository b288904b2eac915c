import type { ExpressionBuilder } from 'kysely'
import type { Services } from '../../context.ts'
import { Fault, type FaultKind } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type { KeyRow, Schema } from '../../store/schema.ts'
import { serverEntry } from '../../store/server-entry.ts'
import type { AuditEntry, Writer } from '../../store/store.ts'
import { nextRotation } from '../keys/dates.ts'
import { materialised } from '../keys/lifecycle.ts'
import { dueCondition, isDue } from '../keys/schedule.ts'
import { freshMaterial, insertVersion } from '../keys/versions.ts'
import { vaultOf } from '../vault.ts'

type TimedServices = Pick<Services, 'store' | 'envelope' | 'now' | 'nodeId'>

/** What the clock brings about, on every node alike; the database decides who did it. */
export interface Timed {
  /** Does now what is due. */
  run(): Promise<void>
  /** Ends the timer, waits for what runs, and writes the uses that are remembered. */
  close(): Promise<void>
}

const EVERY_MS = 10_000
const PIECE = 200

/** How rows that are due are gone through. */
interface Round {
  readonly report: (error: unknown) => void
  /** The server stops. */
  readonly isOver: () => boolean
  /** Up to which row the round before came, when it did not come to the end. */
  readonly behind: { rotation: Place }
}

interface Place {
  /** Stored text. */
  readonly at: string
  readonly id: string
}
const START: Place = { at: '', id: '' }

export function startTimed(
  services: TimedServices,
  {
    everyMs = EVERY_MS,
    report,
  }: { readonly everyMs?: number; readonly report: (error: unknown) => void },
): Timed {
  let running: Promise<void> = Promise.resolve()
  let closed = false
  const round: Round = { report, isOver: () => closed, behind: { rotation: START } }
  const run = () => {
    running = running.then(() => (closed ? undefined : all(services, round)))
    return running
  }
  const timer = setInterval(() => void run(), everyMs).unref()
  return {
    run,
    async close() {
      clearInterval(timer)
      closed = true
      await running
      await writeUses(services).catch(report)
      await vaultOf(services).generator.close()
    },
  }
}

/** One after the other, and the next whether or not the one before could; so with the keys of each. */
async function all(services: TimedServices, round: Round): Promise<void> {
  for (const work of [writeStates, rotateDue, writeUses])
    await work(services, round).catch(round.report)
}

/**
 * Does the work of each of these rows, whether or not that of the ones before could be done. Returns the place of the
 * last one that was looked at. Throws what would happen to all others, too.
 */
async function each(
  due: readonly { readonly id: string; readonly at: string | null }[],
  work: (id: string) => Promise<void>,
  { report }: Pick<Round, 'report'>,
  isOver: () => boolean,
): Promise<Place> {
  let last = START
  for (const { id, at } of due) {
    if (isOver()) break
    try {
      await work(id)
    } catch (error) {
      if (error instanceof Fault && STORE_FAULTS.includes(error.kind)) throw error
      report(error)
    }
    last = { at: at ?? '', id }
  }
  return last
}

const STORE_FAULTS: readonly FaultKind[] = ['unavailable', 'no-space']

/** Says in the rows, and in the audit log, what dates have made of keys. They count from their moment on regardless. */
async function writeStates(
  { store, now, nodeId }: TimedServices,
  round: Pick<Round, 'report' | 'isOver'>,
): Promise<void> {
  const due = async (state: string, column: 'activation_date' | 'deactivation_date', last: Place) =>
    store.read
      .selectFrom('keys')
      .select(['id', `${column} as at`])
      .where('state', '=', state)
      .where(column, 'is not', null)
      .where(column, '<=', timeText(now()))
      .where(behind(column, last))
      .orderBy(column)
      .orderBy('id')
      .limit(PIECE)
      .execute()
  const write = (id: string) =>
    store.transact(async (tx) => {
      const row = await store.read.row('keys', { id })
      const changes = row && materialised(row, timeText(now()))
      if (!row || !changes) return
      tx.changesKeys()
      tx.update('keys', row, changes)
      tx.audit(
        entry({ nodeId, now: now() }, row, 'Key changed its state by date', {
          from: row.state,
          to: changes.state,
        }),
      )
    })
  for (const [state, column] of [
    ['Pre-Active', 'activation_date'],
    ['Active', 'deactivation_date'],
  ] as const) {
    let last = START
    for (;;) {
      const rows = await due(state, column, last)
      last = await each(rows, write, round, round.isOver)
      if (rows.length < PIECE || round.isOver()) break
    }
  }
}

const behind =
  (column: 'activation_date' | 'deactivation_date' | 'rotation_date', { at, id }: Place) =>
  (eb: ExpressionBuilder<Schema, 'keys'>) =>
    eb.or([eb(column, '>', at), eb.and([eb(column, '=', at), eb('id', '>', id)])])

const entry = (
  node: Parameters<typeof serverEntry>[0],
  { domain_id, key_id, name, key_version }: KeyRow,
  message: string,
  details: Readonly<Record<string, unknown>>,
): AuditEntry => ({
  ...serverEntry(node, message, { id: key_id, key: name, version: key_version, ...details }),
  domain_id,
  service: 'keys',
})

/** So long a round makes versions; states and uses wait meanwhile, and RSA keys take their time. */
const ROTATING_MS = 5000

/**
 * Makes the next version of keys that are due. The row for this slot of this key can be written once, so of several
 * nodes one rotates, however long another was frozen between looking and writing (W7).
 */
async function rotateDue(given: TimedServices, round: Round): Promise<void> {
  const { store, now } = given
  const until = performance.now() + ROTATING_MS
  const isEnough = () => round.isOver() || performance.now() > until
  let last = round.behind.rotation
  // Should the store fail, the next round begins anew.
  round.behind.rotation = START
  for (;;) {
    const due = await store.read
      .selectFrom('keys')
      .select(['id', 'rotation_date as at'])
      .where((eb) => dueCondition(eb, timeText(now())))
      .where(behind('rotation_date', last))
      .orderBy('rotation_date')
      .orderBy('id')
      .limit(PIECE)
      .execute()
    const done = await each(due, (id) => rotateOne(given, id), round, isEnough)
    if (done.id !== '') last = done
    if (isEnough()) round.behind.rotation = last
    if (due.length < PIECE || isEnough()) return
  }
}

const DONE = new Fault('conflict', 'this rotation was done by another node')

async function rotateOne(given: TimedServices, id: string): Promise<void> {
  const { store, envelope, now, nodeId } = given
  const vault = vaultOf(given)
  const found = await store.read.row('keys', { id })
  if (!found || !isDue(found, timeText(now()))) return
  const next = await freshMaterial(vault, found)
  try {
    await store.transact(async (tx) => {
      const row = await store.read.row('keys', { id })
      const at = timeText(now())
      if (!row || !isDue(row, at)) return
      const slot = row.rotation_date as string
      tx.run(
        tx.insertInto('key_rotations').values({
          domain_id: row.domain_id,
          name: row.name,
          slot,
          node_id: nodeId,
        }),
        { duplicate: DONE },
      )
      tx.run(
        tx
          .deleteFrom('key_rotations')
          .where('domain_id', '=', row.domain_id)
          .where('name', '=', row.name)
          .where('slot', '<', slot),
      )
      const made = await insertVersion(tx, { envelope, now, store }, store.read, row, next, {
        rotationDate: nextRotation(slot, row.rotation_frequency_days, at),
      })
      tx.audit(entry({ nodeId, now: now() }, made, 'Key rotated by schedule', { slot }))
    })
  } catch (error) {
    if (error !== DONE) throw error
  } finally {
    next.material.secret.wipe()
  }
}

/** Writes when keys were last used. Of two nodes the later use stays. */
async function writeUses(given: TimedServices): Promise<void> {
  await vaultOf(given).writeUses(async (waiting) => {
    const uses = [...waiting]
    for (let at = 0; at < uses.length; at += PIECE) {
      const some = uses.slice(at, at + PIECE)
      await given.store.transact(async (tx) => {
        for (const [id, use] of some) await writeUse(given, tx, id, use)
      })
    }
  })
}

async function writeUse(
  { store }: TimedServices,
  tx: Writer,
  id: string,
  { domain, at, operation }: { domain: string; at: string; operation: string },
): Promise<void> {
  const known = await store.read.row('key_uses', { id })
  if (known && known.last_used_at >= at) return
  if (known) {
    tx.update('key_uses', known, { last_used_at: at, operation })
    return
  }
  if (!(await store.read.row('keys', { id }))) return
  tx.insert('key_uses', { id, domain_id: domain, last_used_at: at, operation })
}
