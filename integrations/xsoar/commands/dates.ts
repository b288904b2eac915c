import { hasOwn } from './characters.ts'

/**
 * Dates as people write them. Everything is UTC; what could mean two things (01/02/2027, "30 days") is not guessed at.
 * The patterns keep to what Go's regular expressions know too, since the engine may use those.
 */
const UNITS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}

const MONTHS =
  'january february march april may june july august september october november december'.split(' ')

/** Milliseconds since 1970; undefined when it is no date. Throws nothing. */
export function dateOf(text: string, now: number): number | undefined {
  const given = text.trim().toLowerCase().replace(/\s+/g, ' ')
  if (given.length === 0 || given.length > 64) return undefined
  return (
    named(given, now) ?? relative(given, now) ?? epoch(given) ?? iso(given) ?? withMonthName(given)
  )
}

/** As the API takes it: with microseconds, as the published client writes them. */
export const wireDate = (time: number): string =>
  new Date(time).toISOString().replace(/\.(\d{3})Z$/, '.$1000Z')

const midnight = (time: number): number => Math.floor(time / 86_400_000) * 86_400_000

function named(given: string, now: number): number | undefined {
  if (given === 'now') return now
  if (given === 'today') return midnight(now)
  if (given === 'tomorrow') return midnight(now) + 86_400_000
  if (given === 'yesterday') return midnight(now) - 86_400_000
  return undefined
}

function relative(given: string, now: number): number | undefined {
  const parts =
    /^in (an?|\d{1,9}) ([a-z]+)$/.exec(given) ??
    /^(an?|\d{1,9}) ([a-z]+) (from now|ago)$/.exec(given) ??
    /^(next|last) ([a-z]+)$/.exec(given)
  if (parts === null) return undefined
  const [, amount = '', word = '', direction = ''] = parts
  const unit = word.replace(/s$/, '')
  const back = direction === 'ago' || amount === 'last'
  const count = (/^\d/.test(amount) ? Number(amount) : 1) * (back ? -1 : 1)
  const length = hasOwn(UNITS, unit) ? UNITS[unit] : undefined
  if (length !== undefined) return within(now + count * length)
  if (unit === 'month') return within(monthsLater(now, count))
  if (unit === 'year') return within(monthsLater(now, count * 12))
  return undefined
}

/** The same day of another month, or that month's last. */
function monthsLater(time: number, months: number): number {
  const date = new Date(time)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, last))
  return date.getTime()
}

/** Ten digits are seconds, thirteen milliseconds. */
function epoch(given: string): number | undefined {
  if (/^\d{9,10}$/.test(given)) return Number(given) * 1000
  if (/^\d{12,13}$/.test(given)) return Number(given)
  return undefined
}

function iso(given: string): number | undefined {
  const parts =
    /^(\d{4})-(\d\d)-(\d\d)(?:[t ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)? ?(z|utc|[+-]\d\d:?\d\d)?$/.exec(
      given,
    )
  if (parts === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'z'] =
    parts
  const time = clock(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  if (time === undefined) return undefined
  const milliseconds =
    fraction === '' || fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000)
  return within(time + milliseconds - offsetOf(zone))
}

function offsetOf(zone: string): number {
  if (zone === 'z' || zone === 'utc' || zone === '') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 23 || minutes > 59) return Number.NaN
  return (zone.charAt(0) === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** "2 January 2027", "Jan 2, 2027", with a time behind it if need be. */
function withMonthName(given: string): number | undefined {
  const dayFirst = /^(\d{1,2})\.? ([a-z]+),? (\d{4})(?: (\d\d):(\d\d))?$/.exec(given)
  const monthFirst = /^([a-z]+) (\d{1,2}),? (\d{4})(?: (\d\d):(\d\d))?$/.exec(given)
  const parts = dayFirst ?? monthFirst
  if (parts === null) return undefined
  const [, first = '', second = '', year, hour = '0', minute = '0'] = parts
  const name = dayFirst === null ? first : second
  const day = dayFirst === null ? second : first
  const month = MONTHS.map((known) => known.slice(0, Math.max(3, name.length))).indexOf(name) + 1
  return month === 0
    ? undefined
    : clock(Number(year), month, Number(day), Number(hour), Number(minute), 0)
}

/** A date that exists: there is no 30 February. */
function clock(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // Date.UTC takes the years 0 to 99 for 1900 and later.
  if (year < 100) date.setUTCFullYear(year)
  const isThatDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return isThatDay ? within(date.getTime()) : undefined
}

/** RFC 3339 has four digits for a year. */
const within = (time: number): number | undefined =>
  time >= -62_135_596_800_000 && time <= 253_402_300_799_999 ? time : undefined
