import { randomFillSync } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

const RESERVE_BYTES = 8 * 1024 * 1024
/** Ordinary writes go on again only when more is free than the reserve takes. */
const MARGIN_BYTES = 2 * 1024 * 1024

/**
 * Space kept for audit records on a full disk (W4): a file beside the database, removed when the disk is full so
 * that what is decided then can still be recorded.
 */
export class AuditReserve {
  readonly #file: string
  readonly #folder: string

  constructor(database: string) {
    this.#folder = dirname(database)
    this.#file = join(this.#folder, 'audit-reserve')
  }

  /** Makes sure that the space is set aside; false when the disk has not got it. */
  keep(): boolean {
    if (existsSync(this.#file) && statSync(this.#file).size === RESERVE_BYTES) return true
    try {
      const { bavail, bsize } = statfsSync(this.#folder)
      if (bavail * bsize < RESERVE_BYTES + MARGIN_BYTES) return false
      this.#allocate()
      return true
    } catch {
      rmSync(`${this.#file}.new`, { force: true })
      return false
    }
  }

  release(): void {
    rmSync(this.#file, { force: true })
  }

  /** With random bytes: a file system that compresses would keep no space for zeros. */
  #allocate(): void {
    const block = Buffer.alloc(1024 * 1024)
    const descriptor = openSync(`${this.#file}.new`, 'w', 0o600)
    try {
      for (let written = 0; written < RESERVE_BYTES; ) {
        randomFillSync(block)
        written += writeSync(descriptor, block)
      }
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(`${this.#file}.new`, this.#file)
  }
}
