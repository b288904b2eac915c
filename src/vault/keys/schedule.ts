import type { ExpressionBuilder } from 'kysely'
import type { Context } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
import type { KeyRow, Schema } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { type Changes, manageable } from './change.ts'
import type { PatchBody } from './contract-bodies.ts'
import { daysAfter, daysOf, timeOf } from './dates.ts'
import { isArchived, isDestroyed, stateAt } from './states.ts'
import { newestOf } from './versions.ts'

/** What the server makes new versions of by itself; a public key follows its private key. */
const ROTATED: readonly string[] = ['Symmetric Key', 'Private Key']

/** Throws 'invalid-parameter' for a schedule of what has none: nobody should wait for versions that never come. */
export function demandRotated(objectType: string, days: number): void {
  if (days > 0 && !ROTATED.includes(objectType))
    throw new Fault(
      'invalid-parameter',
      `rotationFrequencyDays: the server makes no versions of a ${objectType} by itself`,
    )
}

const isAboutSchedule = (body: PatchBody): boolean =>
  body.rotationFrequencyDays !== undefined || body.rotationDate !== undefined

/** What a PATCH of any version makes of the schedule, which is the key's and stands in the row of its newest version. */
function scheduleChange(newest: KeyRow, body: PatchBody, now: string): Changes {
  const days = daysOf(body.rotationFrequencyDays)
  const due = timeOf('rotationDate', body.rotationDate)
  const isNew = days !== undefined && days !== newest.rotation_frequency_days
  if (isNew) demandRotated(newest.object_type, days)
  return {
    ...(isNew && {
      rotation_frequency_days: days,
      rotation_date: days === 0 ? null : daysAfter(now, days),
    }),
    ...(due !== undefined && due !== newest.rotation_date && { rotation_date: due }),
  }
}

/**
 * What a PATCH of this version changes in its own row of the key's schedule. When there is a newer version the schedule
 * stands in that one's row, and is changed there.
 */
export async function rescheduled(
  context: Context,
  tx: Writer,
  row: KeyRow,
  body: PatchBody,
  at: string,
): Promise<Changes> {
  if (!isAboutSchedule(body)) return {}
  const newest = await newestOf(context.read, row)
  const changes = scheduleChange(newest, body, at)
  if (newest.id === row.id) return changes
  if (Object.keys(changes).length > 0) {
    await manageable(context, { id: newest.key_id, type: 'id' }, 'UpdateKey')
    tx.update('keys', newest, { ...changes, updated_at: at })
  }
  return {}
}

/**
 * Whether the next version is due. A key that was revoked or archived, or whose dates had ended its use before, gets
 * none: it would be used again under its name. One that ends with the very moment of its rotation is rotated.
 */
export function isDue(row: KeyRow, now: string): boolean {
  const slot = row.rotation_date
  const lasts = (end: string | null) => end === null || slot === null || end >= slot
  return (
    slot !== null &&
    slot <= now &&
    row.rotation_frequency_days > 0 &&
    ROTATED.includes(row.object_type) &&
    row.material !== null &&
    !isDestroyed(row) &&
    row.revocation_reason === null &&
    row.compromise_date === null &&
    stateAt(row, now) !== 'Pre-Active' &&
    !isArchived(row, now) &&
    lasts(row.deactivation_date) &&
    lasts(row.protect_stop_date)
  )
}

/** The same as the database sees it, so that rows which are never rotated are not read again and again. */
export const dueCondition = (eb: ExpressionBuilder<Schema, 'keys'>, now: string) =>
  eb.and([
    eb('rotation_date', 'is not', null),
    eb('rotation_date', '<=', now),
    eb('rotation_frequency_days', '>', 0),
    eb('object_type', 'in', [...ROTATED]),
    eb('material', 'is not', null),
    eb('revocation_reason', 'is', null),
    eb('compromise_date', 'is', null),
    eb.or([eb('archive_date', 'is', null), eb('archive_date', '>', now)]),
    eb.or([
      eb('deactivation_date', 'is', null),
      eb('deactivation_date', '>=', eb.ref('rotation_date')),
    ]),
    eb.or([
      eb('protect_stop_date', 'is', null),
      eb('protect_stop_date', '>=', eb.ref('rotation_date')),
    ]),
  ])
