import { Fault, quote } from '../../kit/fault.ts'
import { storedTime, timeText } from '../../kit/time.ts'

/** What Go clients send for a time that was not set. */
export const ZERO_TIME = /^0001-01-01T00:00:00(\.0+)?Z$/i

/** A time as clients write it, for the store; undefined when it was not given. */
export function timeOf(field: string, text: string | undefined): string | undefined {
  if (text === undefined || ZERO_TIME.test(text)) return undefined
  const stored = storedTime(text)
  if (stored === undefined)
    throw new Fault('invalid-parameter', `${field}: ${quote(text)} is not an RFC 3339 time`)
  return stored
}

const DAY = 86_400_000
const MAX_DAYS = 36_500

/** `rotationFrequencyDays`, which is text on the wire: 0 and "" turn it off. */
export function daysOf(given: string | number | null | undefined): number | undefined {
  if (given === undefined || given === null) return undefined
  const days = given === '' ? 0 : Number(given)
  if (!Number.isInteger(days) || days < 0 || days > MAX_DAYS)
    throw new Fault(
      'invalid-parameter',
      `rotationFrequencyDays: must be a number of days from 0 to ${MAX_DAYS}`,
    )
  return days
}

/** So many days after this moment (stored text). */
export const daysAfter = (stored: string, days: number): string =>
  timeText(new Date(Date.parse(stored) + days * DAY))

/** The next date of a rotation that was due: the first after now in step with it, however many were missed. */
export function nextRotation(due: string, days: number, now: string): string {
  const missed = Math.max(0, Math.floor((Date.parse(now) - Date.parse(due)) / (days * DAY)))
  return daysAfter(due, days * (missed + 1))
}

/** Moved by some seconds. */
export const moved = (stored: string, seconds: number): string => {
  const moment = Date.parse(stored) + seconds * 1000
  const at = new Date(moment)
  if (Number.isNaN(at.getTime()) || at.getUTCFullYear() < 1 || at.getUTCFullYear() > 9999)
    throw new Fault('invalid-parameter', 'offset: moves a date out of the calendar')
  return timeText(at)
}

/** Throws 'invalid-parameter' when one of two dates lies before the other. */
export function demandOrder(
  [earlier, first]: readonly [name: string, date: string | null | undefined],
  [later, second]: readonly [name: string, date: string | null | undefined],
): void {
  if (first && second && first > second)
    throw new Fault('invalid-parameter', `${later}: lies before ${earlier}`)
}
