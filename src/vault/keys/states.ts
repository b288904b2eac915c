import type { KeyRow } from '../../store/schema.ts'
import type { UseRule } from './uses.ts'

/** The states of the KMIP lifecycle, as the wire spells them (reference 6). */
export const STATES = [
  'Pre-Active',
  'Active',
  'Deactivated',
  'Compromised',
  'Destroyed',
  'Destroyed Compromised',
] as const
export type State = (typeof STATES)[number]

type Lifetime = Pick<KeyRow, 'state' | 'activation_date' | 'deactivation_date'>

/**
 * The state that a key is in at this moment (stored text). Dates take effect by themselves, on every node and to the
 * microsecond, since nobody asks the column `state` alone; a timer writes them down later.
 */
export function stateAt(
  { state, activation_date, deactivation_date }: Lifetime,
  now: string,
): State {
  let current = state as State
  if (current === 'Pre-Active' && activation_date !== null && activation_date <= now)
    current = 'Active'
  if (current === 'Active' && deactivation_date !== null && deactivation_date <= now)
    current = 'Deactivated'
  return current
}

export const isDestroyed = ({ state }: Pick<KeyRow, 'state'>): boolean =>
  state === 'Destroyed' || state === 'Destroyed Compromised'

/** Archived keys do nothing until they are recovered. */
export const isArchived = ({ archive_date }: Pick<KeyRow, 'archive_date'>, now: string): boolean =>
  archive_date !== null && archive_date <= now

/** How the state `Deactivated` is read: CM's own pages disagree with NIST SP 800-57 part 1, 7.3, and KMIP. */
export interface StateRules {
  /** Whether a deactivated key does not even process what it once protected. */
  readonly strictDeactivated?: boolean
}

type Dates = Lifetime & Pick<KeyRow, 'archive_date' | 'process_start_date' | 'protect_stop_date'>

/** Why the key cannot be used so at this moment; undefined when it can. */
export function stateRefusal(
  row: Dates,
  { protects }: Pick<UseRule, 'protects'>,
  now: string,
  { strictDeactivated = false }: StateRules = {},
): string | undefined {
  const state = stateAt(row, now)
  if (isArchived(row, now)) return 'is archived'
  switch (state) {
    case 'Pre-Active':
      return 'is Pre-Active'
    case 'Destroyed':
    case 'Destroyed Compromised':
      return `is ${state}`
    case 'Deactivated':
      return protects || strictDeactivated ? 'is Deactivated' : undefined
    case 'Compromised':
      return protects ? 'is Compromised' : undefined
    case 'Active':
      if (protects && row.protect_stop_date !== null && row.protect_stop_date <= now)
        return 'is past its protectStopDate'
      if (!protects && row.process_start_date !== null && row.process_start_date > now)
        return 'is before its processStartDate'
      return undefined
  }
}
