import type { DatabaseSync } from 'node:sqlite'
import { Gaps } from './gaps.ts'

/** `user_version` of a database in which nothing is left of what was deleted. Any other says that something may be. */
const CLEAN = 1
const SOON_MS = 1000
/** What a look at the database takes at most of the writer's time: one part in so many. */
const SPACING = 100
/** So long others wait for one piece of it, or for its largest table or index. */
const PIECE_MS = 5
const READERS_MS = 20
/** So long the writing connection waits for others at any other time. */
export const BUSY_MS = 5000
const AFTER_TROUBLE_MS = 60_000

export interface ScrubSurroundings {
  readonly file: string
  /** The writing connection, between transactions; undefined while nothing may be written. */
  connection(): DatabaseSync | undefined
  failed(error: unknown): void
}

/**
 * Overwrites what SQLite leaves of deleted secrets in the gaps of its pages (S5), soon after they were deleted and
 * between batches. That there is something to overwrite stands in the database, so that a crash does not forget it.
 */
export class Scrub {
  readonly #surroundings: ScrubSurroundings
  #gaps: Gaps | undefined
  #timer: NodeJS.Timeout | undefined
  /** What the database says. */
  #isClean = false
  /** Trees that this pass has still to look at; undefined between passes. */
  #left: number[] | undefined
  #spentMs = 0
  /** Something was deleted since this pass began. */
  #again = false
  #notBefore = 0
  #isOver = false

  constructor(surroundings: ScrubSurroundings) {
    this.#surroundings = surroundings
  }

  /** A connection was opened: what the database says counts. */
  opened(database: DatabaseSync): void {
    this.#isClean = database.prepare('pragma user_version').get()?.['user_version'] === CLEAN
    if (!this.#isClean) this.#soon()
  }

  /** To be called inside the transaction with which a secret ends. */
  mark(database: DatabaseSync): void {
    if (this.#isClean) database.exec(`pragma user_version = ${CLEAN + 1}`)
  }

  /** That transaction is on the disk. */
  marked(): void {
    this.#isClean = false
    this.#again = true
    this.#soon()
  }

  /** All that is left to do, at once, before the database is closed. */
  finish(): void {
    clearTimeout(this.#timer)
    this.#isOver = true
    this.#left = undefined
    try {
      const database = this.#surroundings.connection()
      if (!database || this.#isClean || !this.#begin(database)) return
      this.#clear(() => false)
      this.#gaps?.sync()
      this.#end(database)
    } catch (error) {
      this.#surroundings.failed(error)
    }
  }

  /** After the last connection of the process. */
  close(): void {
    this.#gaps?.close()
  }

  #soon(): void {
    if (this.#timer || this.#left || this.#isOver) return
    this.#wait(Math.max(SOON_MS, this.#notBefore - performance.now()))
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#next().catch((error: unknown) => {
        if (this.#isOver) return
        this.#left = undefined
        this.#wait(AFTER_TROUBLE_MS)
        this.#surroundings.failed(error)
      })
    }, ms)
  }

  async #next(): Promise<void> {
    const database = this.#surroundings.connection()
    if (!database || !this.#begin(database)) {
      this.#wait(SOON_MS)
      return
    }
    const started = performance.now()
    const isOver = this.#clear(() => performance.now() - started > PIECE_MS)
    const ms = performance.now() - started
    this.#spentMs += ms
    // Others get most of the time while it lasts, too.
    if (!isOver) {
      this.#wait(10 * ms)
      return
    }
    await this.#gaps?.syncLater()
    if (this.#isOver) return
    this.#notBefore = performance.now() + SPACING * this.#spentMs
    this.#left = undefined
    if (this.#again) this.#soon()
    else this.#end(this.#surroundings.connection())
  }

  /** The file is what readers and the writer have before them; false when somebody still reads an older state. */
  #begin(database: DatabaseSync): boolean {
    database.exec(`pragma busy_timeout = ${READERS_MS}`)
    const emptied = database.prepare('pragma wal_checkpoint(truncate)').get()
    database.exec(`pragma busy_timeout = ${BUSY_MS}`)
    if (emptied?.['busy'] !== 0) return false
    this.#gaps ??= new Gaps(this.#surroundings.file)
    if (!this.#left) {
      this.#left = rootsIn(database)
      this.#spentMs = 0
      this.#again = false
    }
    // Pages that the writer remembers have their gaps as they were, and would come back with the next change.
    database.exec('pragma shrink_memory')
    return true
  }

  /** Whole trees, since SQLite moves pages within a tree. True when the pass is over. */
  #clear(isEnough: () => boolean): boolean {
    const left = this.#left ?? []
    while (left.length > 0 && !isEnough()) this.#gaps?.clear(left.pop() as number)
    return left.length === 0
  }

  #end(database: DatabaseSync | undefined): void {
    this.#left = undefined
    if (!database) {
      this.#soon()
      return
    }
    database.exec(`pragma user_version = ${CLEAN}`)
    this.#isClean = true
  }
}

/** All but the audit log, the largest of all, which never holds a secret. */
const rootsIn = (database: DatabaseSync): number[] => [
  1,
  ...database
    .prepare(
      "select rootpage from sqlite_schema where rootpage > 1 and tbl_name not in ('audit_records', 'audit_heads')",
    )
    .all()
    .map(({ rootpage }) => Number(rootpage)),
]
