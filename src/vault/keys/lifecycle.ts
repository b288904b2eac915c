import { Fault, quote } from '../../kit/fault.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Changes } from './change.ts'
import { isDestroyed, type State, stateAt } from './states.ts'

/** The transitions that a caller asks for (reference 6), each as what it changes in the row. */

const REASONS = [
  'Unspecified',
  'KeyCompromise',
  'CACompromise',
  'AffiliationChanged',
  'Superseded',
  'CessationOfOperation',
  'PrivilegeWithdrawn',
] as const

const COMPROMISING: readonly string[] = ['KeyCompromise', 'CACompromise']

const named = <Reason extends string>(reasons: readonly Reason[], text: string): Reason => {
  const found = reasons.find((reason) => reason.toLowerCase() === text.toLowerCase())
  if (!found)
    throw new Fault(
      'invalid-parameter',
      `reason: ${quote(text)} is not one of ${reasons.join(', ')}`,
    )
  return found
}

const wrongState = (row: KeyRow, state: State, what: string): Fault =>
  new Fault('conflict', `key ${quote(row.name)} is ${state} and cannot be ${what}`)

export interface Revocation {
  readonly reason: string
  readonly message?: string | undefined
  /** Stored text. */
  readonly occurredAt?: string | undefined
}

export function revoked(
  row: KeyRow,
  now: string,
  { reason, message, occurredAt }: Revocation,
): Changes {
  const why = named(REASONS, reason)
  const state = stateAt(row, now)
  const said = { revocation_reason: why, revocation_message: message ?? null }
  if (COMPROMISING.includes(why)) {
    if (state === 'Compromised' || state === 'Destroyed Compromised')
      throw wrongState(row, state, 'revoked')
    return {
      ...said,
      // That it was compromised may come to light when it is no more.
      state: state === 'Destroyed' ? 'Destroyed Compromised' : 'Compromised',
      compromise_date: now,
      compromise_occurrence_date: occurredAt ?? null,
    }
  }
  if (state !== 'Active') throw wrongState(row, state, 'revoked')
  return { ...said, state: 'Deactivated', deactivation_date: now }
}

const BACK = [
  'DeactivatedToActive',
  'DeactivatedToActiveProtectStop',
  'ActiveProtectStopToActive',
] as const

export function reactivated(row: KeyRow, now: string, reason: string): Changes {
  const why = named(BACK, reason)
  const state = stateAt(row, now)
  if (why === 'ActiveProtectStopToActive') {
    if (state !== 'Active' || row.protect_stop_date === null || row.protect_stop_date > now)
      throw new Fault('conflict', `key ${quote(row.name)} is not past its protectStopDate`)
    return { protect_stop_date: null, state: 'Active' }
  }
  if (state !== 'Deactivated') throw wrongState(row, state, 'reactivated')
  const passed = row.protect_stop_date !== null && row.protect_stop_date <= now
  return {
    state: 'Active',
    activation_date: row.activation_date ?? now,
    deactivation_date: null,
    revocation_reason: null,
    revocation_message: null,
    protect_stop_date:
      why === 'DeactivatedToActiveProtectStop' ? now : passed ? null : row.protect_stop_date,
  }
}

/** The material is overwritten with nothing, and every cache learns of it with the unit (S5). */
export function destroyed(row: KeyRow, now: string): Changes {
  const state = stateAt(row, now)
  if (isDestroyed(row)) throw wrongState(row, state, 'destroyed')
  if (row.undeletable === 1) throw notDeletable(row)
  return {
    state: state === 'Compromised' ? 'Destroyed Compromised' : 'Destroyed',
    destroy_date: now,
    material: null,
    form: null,
    // They tell a right guess of the material from a wrong one; of a pair they are of the public key, which stays.
    ...(row.public_key === null && { sha1_fingerprint: null, sha256_fingerprint: null }),
    check_value: null,
    empty_material: 1,
    rotation_date: null,
    rotation_frequency_days: 0,
  }
}

/** Clients search answers for these words (reference 1.1). */
export const notDeletable = ({ name }: Pick<KeyRow, 'name'>): Fault =>
  new Fault('invalid', `key is not deletable: ${quote(name)} is undeletable until that is changed`)

export const archived = (row: KeyRow, now: string): Changes | undefined => {
  if (isDestroyed(row)) throw wrongState(row, stateAt(row, now), 'archived')
  return row.archive_date !== null && row.archive_date <= now ? undefined : { archive_date: now }
}

export const recovered = (row: KeyRow, now: string): Changes | undefined => {
  if (isDestroyed(row)) throw wrongState(row, stateAt(row, now), 'recovered')
  return row.archive_date === null ? undefined : { archive_date: null }
}

/** What dates that have come make of the row; undefined when it says so already. */
export function materialised(row: KeyRow, now: string): Changes | undefined {
  const state = stateAt(row, now)
  return state === row.state ? undefined : { state }
}
