import type { ExpressionBuilder } from 'kysely'
import type { Context } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
import type { KeyRow, Schema } from '../../store/schema.ts'
import { type Changes, demandManaged } from './change.ts'
import type { PatchBody } from './contract-bodies.ts'
import { daysAfter, daysOf, timeOf } from './dates.ts'
import { isArchived, isDestroyed, stateAt } from './states.ts'
import { newestOf } from './versions.ts'

/** What the server makes new versions of by itself; a public key follows its private key. */
const ROTATED: readonly string[] = ['Symmetric Key', 'Private Key']

/** Throws 'invalid-parameter' for a schedule of what has none: nobody should wait for versions that never come. */
export function demandRotated(objectType: string, field = 'rotationFrequencyDays'): void {
  if (!ROTATED.includes(objectType))
    throw new Fault(
      'invalid-parameter',
      `${field}: the server makes no versions by itself of objects of type ${objectType}`,
    )
}

/** What a PATCH of any version makes of the schedule, which is the key's and stands in the row of its newest version. */
export async function rescheduled(
  context: Context,
  row: KeyRow,
  { rotationFrequencyDays, rotationDate }: PatchBody,
  now: string,
): Promise<{ readonly newest: KeyRow; readonly changes: Changes } | undefined> {
  const days = daysOf(rotationFrequencyDays)
  const due = timeOf('rotationDate', rotationDate)
  if (days === undefined && due === undefined) return undefined
  const found = await newestOf(context.read, row)
  const newest = found.id === row.id ? row : found
  const isOther = days !== undefined && days !== newest.rotation_frequency_days
  const isMoved = due !== undefined && due !== newest.rotation_date
  if (!isOther && !isMoved) return undefined
  if (isOther && days > 0) demandRotated(newest.object_type)
  if (isMoved) demandRotated(newest.object_type, 'rotationDate')
  if (newest !== row) {
    await demandManaged(context, newest, 'UpdateKey')
    context.note({ scheduleOf: newest.key_id, scheduleOfVersion: newest.key_version })
  }
  return {
    newest,
    changes: {
      ...(isOther && {
        rotation_frequency_days: days,
        rotation_date: days === 0 ? null : daysAfter(now, days),
      }),
      ...(isMoved && { rotation_date: due }),
    },
  }
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
    (row.state !== 'Deactivated' || isPast(row.deactivation_date, now)) &&
    !isArchived(row, now) &&
    lasts(row.deactivation_date) &&
    lasts(row.protect_stop_date)
  )
}

/** An imported key may be Deactivated before its date. */
const isPast = (date: string | null, now: string): boolean => date !== null && date <= now

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
    eb.or([eb('state', '<>', 'Pre-Active'), eb('activation_date', '<=', now)]),
    eb.or([eb('state', '<>', 'Deactivated'), eb('deactivation_date', '<=', now)]),
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
