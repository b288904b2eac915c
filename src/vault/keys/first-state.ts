import { Fault, quote } from '../../kit/fault.ts'
import type { CreateBody } from './contract-bodies.ts'
import { daysAfter, daysOf, demandOrder, timeOf } from './dates.ts'
import { STATES, type State } from './states.ts'

const DEAD: readonly State[] = ['Deactivated', 'Compromised', 'Destroyed', 'Destroyed Compromised']

/** In these states a key that is not imported has no material. */
export const isDead = (state: State | undefined): boolean =>
  state !== undefined && DEAD.includes(state)

export function readState(text: string | undefined): State | undefined {
  if (text === undefined) return undefined
  const state = STATES.find((one) => one.toLowerCase() === text.toLowerCase())
  if (!state)
    throw new Fault('invalid-parameter', `state: ${quote(text)} is not one of ${STATES.join(', ')}`)
  return state
}

/** State and dates of a new key (reference 3): a new one is Active from now on when it says nothing else. */
export function lifetime(
  body: CreateBody,
  { state, at }: { readonly state: State | undefined; readonly at: string },
) {
  const dates = {
    activation_date: timeOf('activationDate', body.activationDate) ?? null,
    deactivation_date: timeOf('deactivationDate', body.deactivationDate) ?? null,
    process_start_date: timeOf('processStartDate', body.processStartDate) ?? null,
    protect_stop_date: timeOf('protectStopDate', body.protectStopDate) ?? null,
    archive_date: timeOf('archiveDate', body.archiveDate) ?? null,
  }
  demandOrder(
    ['activationDate', dates.activation_date],
    ['deactivationDate', dates.deactivation_date],
  )
  const dead = isDead(state)
  if (state === 'Pre-Active' && (dates.activation_date ?? dates.process_start_date) !== null)
    throw new Fault(
      'invalid-parameter',
      'state: Pre-Active goes with neither activationDate nor processStartDate',
    )
  const past = {
    ...(dead && {
      deactivation_date: dates.deactivation_date ?? (state === 'Deactivated' ? at : null),
    }),
    ...(state?.includes('Compromised') && {
      compromise_date: timeOf('compromiseDate', body.compromiseDate) ?? at,
      compromise_occurrence_date:
        timeOf('compromiseOccurrenceDate', body.compromiseOccurrenceDate) ?? null,
    }),
    ...(state?.startsWith('Destroyed') && {
      destroy_date: timeOf('destroyDate', body.destroyDate) ?? at,
    }),
    ...(dead && {
      revocation_reason: body.revocationReason ?? null,
      revocation_message: body.revocationMessage ?? null,
    }),
  }
  const days = daysOf(body.rotationFrequencyDays) ?? 0
  const due = timeOf('rotationDate', body.rotationDate)
  const activation = state === 'Pre-Active' ? null : (dates.activation_date ?? at)
  return {
    ...dates,
    activation_date: activation,
    ...past,
    state: state ?? (activation !== null && activation > at ? 'Pre-Active' : 'Active'),
    rotation_frequency_days: days,
    rotation_date: due ?? (days > 0 ? daysAfter(at, days) : null),
  }
}

/** The state of a key that becomes active then. */
export const futureOrActive = (activation: string, at: string): State =>
  activation > at ? 'Pre-Active' : 'Active'
