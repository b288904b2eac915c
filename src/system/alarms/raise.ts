import { randomUUID } from 'node:crypto'
import { Fault } from '../../kit/fault.ts'
import { stamp, timeText } from '../../kit/time.ts'
import { serverEntry } from '../../store/server-entry.ts'
import type { Store } from '../../store/store.ts'
import type { Alarm } from './contract.ts'
import * as store from './store.ts'

/** What an alarm is raised for. */
export interface Alarming {
  readonly domain: string
  /** What it is about, so that it is raised once: by whichever node comes first. */
  readonly cause: string
  /** An earlier alarm of the same matter, which is turned off. */
  readonly replaces?: readonly string[]
  readonly name: string
  readonly severity: Alarm['severity']
  /** A sentence for whoever reads it at night. */
  readonly description: string
  readonly service: string
  /** For the audit record beside the sentence. Never a secret. */
  readonly details: Readonly<Record<string, unknown>>
  /** From when on nobody needs it any more. */
  readonly keptUntil: Date
}

interface Within {
  readonly store: Store
  readonly nodeId: string
  readonly now: () => Date
}

const raised = new Fault('conflict', 'another node has raised this alarm')

/** Raises an alarm with its audit record, in one unit. False when it was raised before. */
export async function raiseAlarm(
  { store: { read, transact }, nodeId, now }: Within,
  alarming: Alarming,
): Promise<boolean> {
  const { domain, cause, name, severity, description } = alarming
  if (await store.ofCause(read, domain, cause)) return false
  const at = stamp(now())
  try {
    await transact(async (tx) => {
      for (const other of alarming.replaces ?? []) {
        const earlier = await store.ofCause(read, domain, other)
        if (earlier?.state === 'on') tx.update('alarms', earlier, { state: 'off', updated_at: at })
      }
      tx.insert(
        'alarms',
        {
          id: randomUUID(),
          domain_id: domain,
          cause,
          name,
          severity,
          description,
          state: 'on',
          acknowledged_at: null,
          kept_until: timeText(alarming.keptUntil),
          created_at: at,
          updated_at: at,
        },
        { duplicate: raised },
      )
      tx.count(domain, 'alarms', 1)
      const entry = serverEntry({ nodeId, now: now() }, name, { description, ...alarming.details })
      tx.audit({ ...entry, domain_id: domain, severity, service: alarming.service })
    })
  } catch (failure) {
    if (failure === raised) return false
    throw failure
  }
  return true
}

/** Removes alarms that were kept long enough. */
export const dropOldAlarms = ({ store: { read, transact }, now }: Within): Promise<void> =>
  transact((tx) => store.dropOld(read, tx, timeText(now())))
