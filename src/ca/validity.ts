import { Fault, quote } from '../kit/fault.ts'
import { storedTime, timeText } from '../kit/time.ts'
import type { Validity } from './x509/types.ts'

const SECOND = 1000
const DAY = 86_400 * SECOND
/** What GeneralizedTime can say (RFC 5280 section 4.1.2.5.2). */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59)

export interface AskedValidity {
  readonly duration?: number | undefined
  readonly notAfter?: string | undefined
  readonly notBefore?: string | undefined
}

/**
 * From when until when a certificate holds (reference 5.4): it begins a day back, for verifiers whose clocks are
 * behind, and its days are counted from now; from a given beginning they are counted from there.
 */
export function validityFor({ duration, notAfter, notBefore }: AskedValidity, now: Date): Validity {
  const at = wholeSeconds(now.getTime())
  const given = moment('notBefore', notBefore)
  const begins = given ?? at - DAY
  const ends = moment('notAfter', notAfter) ?? endAfter(duration, given ?? at)
  if (ends > LATEST)
    throw new Fault('invalid-parameter', 'a certificate cannot hold beyond the year 9999')
  if (ends <= begins) throw new Fault('invalid-parameter', 'notAfter must be later than notBefore')
  return { notBefore: new Date(begins), notAfter: new Date(ends) }
}

function endAfter(duration: number | undefined, from: number): number {
  // Go clients send 0 for what was not given.
  if (!duration) throw new Fault('invalid-parameter', 'either duration or notAfter is needed')
  return from + duration * DAY
}

/** Undefined also for the zero time, which Go writes where none was given (reference 1). */
function moment(field: string, text: string | undefined): number | undefined {
  if (text === undefined || text === NO_TIME) return undefined
  const stored = storedTime(text)
  if (stored === undefined)
    throw new Fault('invalid-parameter', `${field}: ${quote(text)} is not a time in RFC 3339`)
  return wholeSeconds(Date.parse(stored))
}

const wholeSeconds = (milliseconds: number): number => Math.floor(milliseconds / SECOND) * SECOND

/** "No time" on the wire. */
export const NO_TIME = '0001-01-01T00:00:00Z'

/** A time of a certificate as the store keeps it. */
export function storedFact(wire: string): string {
  const stored = storedTime(wire)
  if (stored === undefined) throw new Error(`a certificate has the time ${wire}`)
  return stored
}

export const hasEnded = (notAfter: string, now: Date): boolean => notAfter <= timeText(now)
