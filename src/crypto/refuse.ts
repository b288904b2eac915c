import { Fault } from '../kit/fault.ts'
import { NotDer } from './der.ts'

/** A wrong value: the sentence says which and why. */
export const invalid = (sentence: string, options?: ErrorOptions): Fault =>
  new Fault('invalid-parameter', sentence, options)

/** Runs a reader; what is not DER becomes a sentence about `what`. */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof NotDer)
      throw invalid(`${what} cannot be read: ${error.message}`, { cause: error })
    throw error
  }
}

/** The same for a reader that waits in between. */
export async function readingAsync<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof NotDer)
      throw invalid(`${what} cannot be read: ${error.message}`, { cause: error })
    throw error
  }
}
