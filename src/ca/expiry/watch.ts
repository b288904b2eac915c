import type { Services } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp, timeText } from '../../kit/time.ts'
import { dropOldAlarms, raiseAlarm } from '../../system/index.ts'
import { alarmFor, DAY, type Ending, THRESHOLDS, type Threshold } from './ends.ts'
import { endingsBetween } from './store.ts'

/** Until when all ends were looked after: what has come near since then is left to look at. */
const LOOKED = 'ca.ends-looked-after'
const HOUR = 3_600_000
/** Not at once: a start has other things to do. */
const FIRST = 60_000

export interface ExpiryWatch {
  close(): Promise<void>
}

/** Says something to whoever reads the log. */
export type Warn = (message: string) => void

/**
 * Raises an alarm 30 days, 7 days and 1 day before the end of each certificate, local CA and external CA that is not
 * revoked. Every node looks; a unique row makes it one alarm.
 */
export function watchExpiry(
  services: Services,
  warn: Warn,
  everyMs: number | undefined,
): ExpiryWatch {
  let looking: Promise<void> | undefined
  const look = () => {
    looking ??= lookAfterEnds(services, warn)
      .catch((error: unknown) => warn(`expiring certificates were not looked for: ${error}`))
      .finally(() => {
        looking = undefined
      })
  }
  const first = setTimeout(look, everyMs ?? FIRST).unref()
  const regular = setInterval(look, everyMs ?? HOUR).unref()
  return {
    async close() {
      clearTimeout(first)
      clearInterval(regular)
      await looking
    },
  }
}

async function lookAfterEnds(services: Services, warn: Warn): Promise<void> {
  const at = services.now()
  const since = await lookedAfter(services, at)
  // One by one: two nodes that raise several at once, each in its own order, would wait for each other in a circle.
  for (const { days, from, to } of bands(at, since))
    for await (const page of endingsBetween(services.store.read, from, to))
      for (const ending of page) await raise(services, ending, days, warn)
  await dropOldAlarms(services)
  await noteLooked(services, at)
}

interface Band {
  readonly days: Threshold
  /** Stored text: ends after this, and up to that. */
  readonly from: string
  readonly to: string
}

/**
 * Which ends have come nearer than a threshold since the last look. What has passed several, in a long pause, is told
 * of once: by the nearest.
 */
function* bands(now: Date, since: Date | undefined): Generator<Band> {
  let nearer = now.getTime()
  for (const days of THRESHOLDS) {
    const from = Math.max(nearer, (since?.getTime() ?? Number.NEGATIVE_INFINITY) + days * DAY)
    const to = now.getTime() + days * DAY
    if (from < to) yield { days, from: timeText(new Date(from)), to: timeText(new Date(to)) }
    nearer = to
  }
}

async function raise(
  services: Services,
  ending: Ending,
  days: Threshold,
  warn: Warn,
): Promise<void> {
  // One that was made for less time than this never came nearer: whoever made it knows.
  if (Date.parse(ending.row.created_at) > Date.parse(ending.notAfter) - days * DAY) return
  const alarm = alarmFor(ending, days)
  if (await raiseAlarm(services, alarm)) warn(alarm.description)
}

async function lookedAfter({ store }: Services, now: Date): Promise<Date | undefined> {
  const row = await store.read.row('settings', { domain_id: ROOT_DOMAIN, key: LOOKED })
  if (!row) return undefined
  const at = new Date(row.value)
  // A clock that was wrong for a while must not keep anything from being told.
  return at.getTime() > now.getTime() + HOUR ? undefined : at
}

async function noteLooked({ store: { read, transact } }: Services, at: Date): Promise<void> {
  const taken = new Fault('conflict', 'another node has looked for the first time')
  const value = timeText(at)
  const updated_at = stamp(at)
  await transact(async (tx) => {
    const row = await read.row('settings', { domain_id: ROOT_DOMAIN, key: LOOKED })
    if (row) tx.update('settings', row, { value, updated_at })
    else {
      const first = { domain_id: ROOT_DOMAIN, key: LOOKED, value, updated_at }
      tx.insert('settings', first, { duplicate: taken })
    }
  }).catch((failure: unknown) => {
    if (failure !== taken) throw failure
  })
}
