import { setImmediate as nextTurn } from 'node:timers/promises'
import { Fault } from '../../kit/fault.ts'
import { decode } from '../material/index.ts'

/** Below this, work on bytes takes less than a millisecond and is done in one go. */
export const PIECE = 256 * 1024

/** Hands over long bytes piece by piece, and lets others have their turn in between. */
export async function inPieces(bytes: Buffer, use: (piece: Buffer) => void): Promise<void> {
  for (let at = 0; at < bytes.length; at += PIECE) {
    if (at > 0) await nextTurn()
    use(bytes.subarray(at, at + PIECE))
  }
}

/** The octets of a field in base64, with or without its padding. */
export function base64(text: string, field: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  // What comes out as it went in needs no closer look.
  return bytes.toString('base64') === text ? bytes : decode(text, 'base64', field)
}

export const maybeBase64 = (text: string | undefined, field: string): Buffer | undefined =>
  text === undefined ? undefined : base64(text, field)

/**
 * Whatever was wrong with a ciphertext, its tag, its padding or the data beside it: one answer, so that nobody learns
 * from it which of them it was (reference 1.1).
 */
export const cryptoFailed = (cause?: unknown): Fault =>
  new Fault('crypto-failed', 'Cryptographic operation failed in cipher operation', { cause })
