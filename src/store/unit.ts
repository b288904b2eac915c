import type { AuditEntry } from './store.ts'

/** A statement as the database takes it. `rows`: how many it must touch, or -1 for any number. */
export interface Step {
  readonly sql: string
  readonly params: readonly unknown[]
  readonly rows: number
}

/** What nodes remember, and so have to be told of when it changes. */
export const TOPICS = ['authority', 'keys'] as const
export type Topic = (typeof TOPICS)[number]

/** What one call of transact gathered: plain data, so that it can travel to another thread. */
export interface Unit {
  readonly steps: readonly Step[]
  readonly audits: readonly AuditEntry[]
  readonly counts: readonly (readonly [domain: string, table: string, difference: number])[]
  readonly topics: readonly Topic[]
  /** Whether a secret ends with it, so that what the files still hold of it has to go (S5). */
  readonly endsSecrets: boolean
}

/**
 * Why nothing of a unit was done. `rows` and `duplicate` name the step whose guard failed; `again`: others were in the
 * way, and the same work may go through next time; `error`: the database refused the statement, so it is our bug.
 */
export type Failure =
  | { readonly why: 'rows' | 'duplicate'; readonly step: number }
  | { readonly why: 'again' }
  | { readonly why: 'no-space' | 'unavailable' | 'error'; readonly detail: string }

export type Outcome = 'done' | Failure

export const isAuditOnly = (unit: Unit): boolean =>
  unit.steps.length === 0 &&
  unit.audits.length > 0 &&
  unit.counts.length === 0 &&
  unit.topics.length === 0

interface Waiting {
  readonly unit: Unit
  readonly settle: (outcome: Outcome) => void
}

/**
 * Group commit by back-pressure: while one batch is on its way to the disk, the next gathers. Nobody waits for a
 * timer; under load the batches grow by themselves.
 */
export class Batches {
  readonly #largest: number
  readonly #run: (units: readonly Unit[]) => Promise<readonly Outcome[]>
  #waiting: Waiting[] = []
  #running = false
  #idle: (() => void)[] = []

  constructor(largest: number, run: (units: readonly Unit[]) => Promise<readonly Outcome[]>) {
    this.#largest = largest
    this.#run = run
  }

  submit(unit: Unit): Promise<Outcome> {
    return new Promise((settle) => {
      this.#waiting.push({ unit, settle })
      this.#schedule()
    })
  }

  /** Settles when nothing waits and nothing runs. */
  idle(): Promise<void> {
    if (!this.#running) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #schedule(): void {
    if (this.#running) return
    this.#running = true
    // After the sockets that are readable in this turn of the loop were served, so that their units go together.
    setImmediate(() => void this.#next())
  }

  async #next(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#largest)
    const outcomes = await this.#run(batch.map(({ unit }) => unit)).catch(
      (error: unknown): readonly Outcome[] =>
        batch.map(() => ({ why: 'error', detail: String(error) })),
    )
    batch.forEach(({ settle }, at) => {
      settle(outcomes[at] ?? { why: 'error', detail: 'the writer lost a unit' })
    })
    this.#running = false
    if (this.#waiting.length > 0) this.#schedule()
    else for (const resolve of this.#idle.splice(0)) resolve()
  }
}
