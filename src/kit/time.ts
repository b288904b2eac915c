/**
 * Times are text: RFC 3339, UTC. In the store they always carry six fraction digits, so that text order is time
 * order; on the wire trailing zeros are cut (`2024-05-28T08:35:22.51795Z`), and whole seconds have no fraction.
 */
export type Clock = () => Date

let lastMicros = 0

/** The time now as the store keeps it. Two calls in one process never return the same, so it also orders rows. */
export function stamp(now: Date = new Date()): string {
  const micros = now.getTime() * 1000
  // A clock that was set back more than a second is followed; smaller steps keep the order.
  lastMicros = micros > lastMicros || micros < lastMicros - 1_000_000 ? micros : lastMicros + 1
  const millis = Math.floor(lastMicros / 1000)
  return `${beforeZone(millis)}${String(lastMicros % 1000).padStart(3, '0')}Z`
}

let writtenMillis = Number.NaN
let written = ''

/** A moment without its `Z`. The last one is kept: under load dozens of requests meet in a millisecond. */
function beforeZone(millis: number): string {
  if (millis !== writtenMillis) {
    written = new Date(millis).toISOString().slice(0, -1)
    writtenMillis = millis
  }
  return written
}

/** A stored time as clients read it. */
export function wireTime(stored: string): string {
  // Lists show two or more a row; this is ten times as fast as an expression that says the same.
  let end = stored.length - 1
  if (stored[end] !== 'Z' || stored[end - 7] !== '.') return stored
  while (stored[end - 1] === '0') end--
  if (stored[end - 1] === '.') end--
  return `${stored.slice(0, end)}Z`
}

/** RFC 3339 with any offset and any fraction as stored text; undefined when it is no such time. */
export function storedTime(text: string): string | undefined {
  const parts =
    /^(\d{4}-\d{2}-\d{2})[Tt ]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/.exec(
      text,
    )
  if (!parts) return undefined
  const [, date, time, fraction = '', zone = 'Z'] = parts
  const whole = new Date(`${date}T${time}${zone.toUpperCase()}`)
  if (Number.isNaN(whole.getTime()) || !isDay(date)) return undefined
  if (whole.getUTCFullYear() < 0 || whole.getUTCFullYear() > 9999) return undefined
  return whole.toISOString().replace(/\.\d+Z$/, `.${fraction.padEnd(6, '0').slice(0, 6)}Z`)
}

/** Date rolls 30 February over into March instead of refusing it. */
const isDay = (date = ''): boolean => {
  const day = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date)
}

/** A moment as stored text, for comparing with stored times; unlike `stamp` it claims no order. */
export const timeText = (moment: Date): string => `${beforeZone(moment.getTime())}000Z`
