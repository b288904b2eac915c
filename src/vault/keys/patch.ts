import type { Context } from '../../context.ts'
import { Fault } from '../../kit/fault.ts'
import type { KeyRow } from '../../store/schema.ts'
import { type Alias, mergeAliases, readAliases } from './aliases.ts'
import { type Changes, demandManaged } from './change.ts'
import { numberFor } from './columns.ts'
import type { PatchBody } from './contract-bodies.ts'
import { demandOrder, timeOf } from './dates.ts'
import { mergeLabels, storedLabels } from './labels.ts'
import { withTotal } from './limits.ts'
import {
  checkMeta,
  isUsedByCte,
  type Meta,
  mergeMeta,
  ownerIn,
  readMeta,
  sameJson,
  storedMeta,
  withCteUse,
} from './meta.ts'
import { labelsOf } from './rights.ts'
import { rescheduled } from './schedule.ts'
import { type State, stateAt } from './states.ts'

interface Patched {
  readonly changes: Changes
  readonly aliases: readonly Alias[] | undefined
}

/** What a PATCH changes: in the version it names, and in others of the key. Each row is there once. */
interface PatchedRows {
  readonly rows: readonly { readonly row: KeyRow; readonly changes: Changes }[]
  readonly aliases: readonly Alias[] | undefined
}

export async function patchedRows(
  context: Context,
  row: KeyRow,
  body: PatchBody,
  now: string,
): Promise<PatchedRows> {
  const { changes, aliases } = patched(row, body, now)
  const rows = new Map([[row.id, { row, changes }]])
  const { domain_id, name } = row
  if (body.allVersions && body.meta)
    for (const other of await context.read.rows('keys', { domain_id, name }))
      if (other.id !== row.id) {
        await demandManaged(context, other, 'UpdateKey')
        rows.set(other.id, { row: other, changes: metaChange(other, body.meta) })
      }
  const schedule = await rescheduled(context, row, body, now)
  if (schedule) {
    const { newest } = schedule
    const known = rows.get(newest.id) ?? { row: newest, changes: {} }
    rows.set(newest.id, { ...known, changes: { ...known.changes, ...schedule.changes } })
  }
  return {
    rows: [...rows.values()].filter((one) => Object.keys(one.changes).length > 0),
    aliases,
  }
}

/** What it makes of a version (reference 7.2), and of its aliases, which other keys may not share. */
function patched(row: KeyRow, body: PatchBody, now: string): Patched {
  if (body.revocationReason !== undefined || body.revocationMessage !== undefined)
    throw new Fault(
      'invalid-parameter',
      'revocationReason and revocationMessage are set by revoke alone',
    )
  const aliases =
    body.aliases === undefined ? undefined : mergeAliases(readAliases(row.aliases), body.aliases)
  const changes: Changes = {
    ...(body.meta && metaChange(row, body.meta)),
    ...((body.labels || body.usageLimits) && { labels: labelChange(row, body) }),
    ...(aliases && { aliases: JSON.stringify(aliases) }),
    ...(body.description !== undefined && { description: body.description }),
    ...(body.undeletable !== undefined && { undeletable: body.undeletable ? 1 : 0 }),
    ...(body.unexportable !== undefined && exportable(row, body.unexportable)),
    ...(body.usageMask !== undefined && { usage_mask: body.usageMask }),
    ...(body.muid !== undefined && { muid: body.muid }),
    ...(body.keyId !== undefined && { number_id: numberFor(body.keyId) }),
    ...dateChanges(row, body, now),
  }
  return { changes, aliases }
}

function labelChange(row: KeyRow, { labels = {}, usageLimits }: PatchBody): string | null {
  const merged = mergeLabels(labelsOf(row), labels)
  return storedLabels(usageLimits ? withTotal(merged, usageLimits.total) : merged)
}

/** Metadata is merged. What CTE counts on stays as it is while a policy uses the key, or nothing is changed at all. */
function metaChange(row: Pick<KeyRow, 'meta'>, sent: Meta): Changes {
  checkMeta(sent)
  const stored = readMeta(row.meta)
  const merged = mergeMeta(stored, sent)
  if (isUsedByCte(stored)) {
    if (!sameJson(stored?.['cte'], merged['cte']))
      throw new Fault('invalid', 'meta.cte cannot be changed while a CTE policy uses the key')
    return { meta: storedMeta(merged), owner_id: ownerIn(merged) }
  }
  const meta = withCteUse(merged, false)
  return { meta: storedMeta(meta), owner_id: ownerIn(meta) }
}

/** Once exportable, never again "never exportable". */
const exportable = (row: KeyRow, unexportable: boolean): Changes => ({
  unexportable: unexportable ? 1 : 0,
  never_exportable: unexportable ? row.never_exportable : 0,
})

const LIVING: readonly State[] = ['Pre-Active', 'Active']

function dateChanges(row: KeyRow, body: PatchBody, now: string): Changes {
  const state = stateAt(row, now)
  const changes: Changes = {}
  const set = (
    field: 'activationDate' | 'deactivationDate' | 'processStartDate' | 'protectStopDate',
    column: 'activation_date' | 'deactivation_date' | 'process_start_date' | 'protect_stop_date',
  ) => {
    const date = timeOf(field, body[field])
    // Clients send back what they have read.
    if (date === undefined || date === row[column]) return
    if (!LIVING.includes(state))
      throw new Fault('invalid-parameter', `${field}: the key is ${state}`)
    changes[column] = date
  }
  set('activationDate', 'activation_date')
  set('deactivationDate', 'deactivation_date')
  set('processStartDate', 'process_start_date')
  set('protectStopDate', 'protect_stop_date')
  const { activation_date } = changes
  if (state === 'Active' && activation_date && activation_date > now)
    throw new Fault('invalid-parameter', 'activationDate: the key is Active already')
  const after = { ...row, ...changes }
  demandOrder(
    ['activationDate', after.activation_date],
    ['deactivationDate', after.deactivation_date],
  )
  const next = stateAt(after, now)
  if (next !== row.state) changes.state = next
  const archive = timeOf('archiveDate', body.archiveDate)
  if (archive !== undefined) changes.archive_date = archive
  const occurred = timeOf('compromiseOccurrenceDate', body.compromiseOccurrenceDate)
  if (occurred !== undefined && occurred !== row.compromise_occurrence_date) {
    if (row.compromise_date === null)
      throw new Fault('invalid-parameter', `compromiseOccurrenceDate: the key is ${state}`)
    changes.compromise_occurrence_date = occurred
  }
  return changes
}
