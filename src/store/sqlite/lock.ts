import { DatabaseSync } from 'node:sqlite'
import { Fault } from '../../kit/fault.ts'

/**
 * Keeps every other process away from a data folder for as long as this one lives. The lock is an open transaction
 * on a small database beside the real one, so the operating system lets go of it however the process ends.
 */
export function holdLock(file: string): () => void {
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 })
  try {
    lock.exec('pragma journal_mode = off; begin exclusive')
  } catch (cause) {
    lock.close()
    throw new Fault(
      'unavailable',
      `another Keystead process is using ${file}; stop it first, or choose another data folder`,
      { cause },
    )
  }
  return () => lock.close()
}
