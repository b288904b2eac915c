import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import { createChildWork } from './child-work.ts'
import { COST, type Job, type Value } from './passwords-protocol.ts'

/**
 * Argon2id for user passwords (19 MiB, t=2, p=1), in a child process at low priority so that a storm of sign-ins
 * does not slow other calls. Work waits in a bounded queue; past the bound Fault 'too-many-requests'.
 */
export interface PasswordHasher {
  /** A PHC string. */
  hash(password: string): Promise<string>
  verify(phc: string, password: string): Promise<boolean>
  close(): Promise<void>
}

const MAX_WAITING = 256
const IDLE_SECONDS = 30
/** A process that holds one piece of work this long is taken for stuck. */
const STUCK_SECONDS = 60

/**
 * A well-formed hash of no password at all. Checking a password against it costs what a real check costs, so that a
 * missing user takes as long as a wrong password.
 */
export function dummyHash(): string {
  const part = (length: number) => randomBytes(length).toString('base64').replaceAll('=', '')
  const { memoryCost, timeCost, parallelism, outputLen } = COST
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${part(16)}$${part(outputLen)}`
}

/** One pair of hands for all passwords; it starts a child process when the first is to be hashed. */
export function createPasswordHasher({
  maxWaiting = MAX_WAITING,
  idleSeconds = IDLE_SECONDS,
  atOnce,
}: {
  readonly maxWaiting?: number
  readonly idleSeconds?: number
  readonly atOnce?: number
} = {}): PasswordHasher {
  const child = createChildWork<Job, Value>({
    file: new URL(`passwords-child${extname(import.meta.url)}`, import.meta.url),
    busy: 'too many passwords are being checked; try again shortly',
    unavailable: 'passwords cannot be checked at the moment',
    maxWaiting,
    idleSeconds,
    stuckSeconds: STUCK_SECONDS,
    atOnce,
    maxOldSpaceMiB: 64,
  })
  return {
    async hash(password) {
      const value = await child.submit({ password })
      if (typeof value !== 'string') throw new Error('a password could not be hashed')
      return value
    },
    async verify(phc, password) {
      const value = await child.submit({ phc, password })
      // A stored hash that cannot be read is our failure, not a wrong password.
      if (typeof value !== 'boolean') throw new Error('a stored password hash is malformed')
      return value
    },
    close: () => child.close(),
  }
}
