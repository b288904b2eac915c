import { Fault, notFound, quote, Tampered } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { KeyLimitRow, KeyRow } from '../../store/schema.ts'
import type { Reader, Store, Writer } from '../../store/store.ts'
import { reservedLabel } from './labels.ts'
import { labelsOf } from './rights.ts'
import type { Labels } from './selector.ts'

/**
 * How often a key may protect something: the Usage Limits of KMIP (1.4, 3.21), counted in operations. The total stands in
 * the key's own sealed row, as a label of the server's, so that taking the count away takes no limit away. What is left
 * stands beside it, since every use writes it.
 */

const LABEL = reservedLabel('usage-limit')

type Limited = Pick<KeyRow, 'id' | 'domain_id' | 'labels'>

/** The total of uses; undefined: as many as anybody likes. */
export function totalUses(row: Pick<KeyRow, 'labels'>): number | undefined {
  // Asked with every use, and nearly every key has none.
  if (row.labels === null || !row.labels.includes(LABEL)) return undefined
  const text = labelsOf(row)[LABEL]
  return text === undefined ? undefined : Number(text)
}

/** Labels with this total; 0 takes the limit away. */
export function withTotal(labels: Labels, total: number): Labels {
  const { [LABEL]: _, ...others } = labels
  return total === 0 ? others : { ...others, [LABEL]: String(total) }
}

/** Part of a unit that adds a row of keys: its uses are counted from the total on, of a new version too (KMIP 1.4, 4.4). */
export function startCount(tx: Writer, row: Limited, at: string): void {
  const total = totalUses(row)
  if (total !== undefined)
    tx.insert('key_limits', {
      id: row.id,
      domain_id: row.domain_id,
      remaining: total,
      updated_at: at,
    })
}

/** Part of a unit that gives a key another total: the count begins anew. */
export async function restartCount(
  tx: Writer,
  read: Reader,
  row: Limited,
  at: string,
): Promise<void> {
  const total = totalUses(row)
  const known = await read.row('key_limits', { id: row.id, domain_id: row.domain_id })
  if (total === undefined) {
    if (known) tx.remove('key_limits', known)
  } else if (known) tx.update('key_limits', known, { remaining: total, updated_at: at })
  else startCount(tx, row, at)
}

/** What is left; undefined for a key whose limit was taken away meanwhile. Throws 'not-found' for one that is gone. */
async function countOf(
  read: Reader,
  { id, domain_id, name }: Limited & Pick<KeyRow, 'name'>,
): Promise<KeyLimitRow | undefined> {
  const count = () => read.row('key_limits', { id, domain_id })
  const known = await count()
  if (known) return known
  const row = await read.row('keys', { id, domain_id })
  if (!row) throw notFound('key', name)
  if (totalUses(row) === undefined) return undefined
  const since = await count()
  // The key says that it is limited: its count was taken away behind the server's back.
  if (!since) throw new Tampered('key_limits', id)
  return since
}

export interface UsageLimits {
  readonly total: number
  /** How many are left. */
  readonly count: number
  readonly unit: 'Object'
}

/** As answers show it; undefined for a key without a limit. */
export async function usageLimitsOf(read: Reader, row: KeyRow): Promise<UsageLimits | undefined> {
  const total = totalUses(row)
  const known = total === undefined ? undefined : await countOf(read, row)
  return total === undefined || known === undefined
    ? undefined
    : { total, count: known.remaining, unit: 'Object' }
}

interface Waiting {
  readonly row: KeyRow
  readonly granted: () => void
  readonly refused: (error: unknown) => void
}

/**
 * Counts uses down. Those that come while others of the same key are being written go together in the next unit, so
 * that a node is in nobody's way but the other nodes'.
 */
export class UseCounter {
  readonly #store: Store
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Takes one use off, durably. Throws 'conflict' when none is left: a use that fails afterwards has counted. */
  spend(row: KeyRow): Promise<void> {
    return new Promise((granted, refused) => {
      const one = { row, granted, refused }
      const waiting = this.#waiting.get(row.id)
      if (waiting) waiting.push(one)
      else {
        this.#waiting.set(row.id, [one])
        void this.#work(row)
      }
    })
  }

  async #work(row: KeyRow): Promise<void> {
    for (;;) {
      const batch = this.#waiting.get(row.id)?.splice(0) ?? []
      if (batch.length === 0) {
        this.#waiting.delete(row.id)
        return
      }
      try {
        const granted = await this.#take(row, batch.length)
        for (const [at, one] of batch.entries())
          if (at < granted) one.granted()
          else one.refused(usedUp(one.row))
      } catch (error) {
        for (const one of batch) one.refused(error)
      }
    }
  }

  /** As many of them as are left. */
  #take(row: KeyRow, wanted: number): Promise<number> {
    return this.#store.transact(async (tx) => {
      const known = await countOf(this.#store.read, row)
      if (!known) return wanted
      const granted = Math.min(wanted, known.remaining)
      if (granted > 0)
        tx.update('key_limits', known, {
          remaining: known.remaining - granted,
          updated_at: stamp(),
        })
      return granted
    })
  }
}

const usedUp = ({ name }: KeyRow): Fault =>
  new Fault('conflict', `key ${quote(name)} has been used as often as its usageLimits allow`)
