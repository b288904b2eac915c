import type { ExpressionBuilder } from 'kysely'
import type { Services } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
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

export function startTimed(
  services: TimedServices,
  {
    everyMs = EVERY_MS,
    report,
  }: { readonly everyMs?: number; readonly report: (error: unknown) => void },
): Timed {
  let running: Promise<void> = Promise.resolve()
  let closed = false
  const run = () => {
    running = running.then(() => (closed ? undefined : all(services, report)))
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
async function all(services: TimedServices, report: (error: unknown) => void): Promise<void> {
  for (const work of [writeStates, rotateDue, writeUses]) await work(services, report).catch(report)
}

interface Due {
  readonly id: string
  /** Stored text. */
  readonly at: string | null
}

/** Every row that is due, earliest first, whether or not the work with the ones before could be done. */
async function eachDue(
  pieceAfter: (last: { readonly at: string; readonly id: string }) => Promise<readonly Due[]>,
  work: (id: string) => Promise<void>,
  report: (error: unknown) => void,
): Promise<void> {
  let last = { at: '', id: '' }
  for (;;) {
    const due = await pieceAfter(last)
    for (const { id } of due) await work(id).catch(report)
    const end = due.at(-1)
    if (due.length < PIECE || end?.at == null) return
    last = { at: end.at, id: end.id }
  }
}

/** Says in the rows, and in the audit log, what dates have made of keys. They count from their moment on regardless. */
async function writeStates(
  { store, now, nodeId }: TimedServices,
  report: (error: unknown) => void,
): Promise<void> {
  for (const [state, column] of [
    ['Pre-Active', 'activation_date'],
    ['Active', 'deactivation_date'],
  ] as const)
    await eachDue(
      (last) =>
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
          .execute(),
      (id) =>
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
        }),
      report,
    )
}

const behind =
  (
    column: 'activation_date' | 'deactivation_date' | 'rotation_date',
    { at, id }: { readonly at: string; readonly id: string },
  ) =>
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

/**
 * Makes the next version of keys that are due. The row for this slot of this key can be written once, so of several
 * nodes one rotates, however long another was frozen between looking and writing (W7).
 */
async function rotateDue(given: TimedServices, report: (error: unknown) => void): Promise<void> {
  const { store, now } = given
  await eachDue(
    (last) =>
      store.read
        .selectFrom('keys')
        .select(['id', 'rotation_date as at'])
        .where((eb) => dueCondition(eb, timeText(now())))
        .where(behind('rotation_date', last))
        .orderBy('rotation_date')
        .orderBy('id')
        .limit(PIECE)
        .execute(),
    (id) => rotateOne(given, id),
    report,
  )
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
      const made = await insertVersion(
        tx,
        { envelope, now, store },
        store.read,
        row,
        next,
        {},
        nextRotation(slot, row.rotation_frequency_days, at),
      )
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
