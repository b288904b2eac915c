import { Fault, quote } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Key } from '../contract.ts'
import { linksFrom } from '../links/links.ts'
import { exportMaterial } from '../material/index.ts'
import { type KeyContext, vaultOf } from '../vault.ts'
import { passwordOf } from './given-fields.ts'
import { openMaterial, specOfRow } from './opened.ts'
import { present, type Shown } from './present.ts'
import { hasPermission } from './rights.ts'
import type { NewKey } from './rows.ts'
import { isArchived, isDestroyed, stateAt } from './states.ts'
import { isWrapped, type OutFields, type Outgoing, wrapForAnswer } from './wrapping.ts'

/** A key as an answer shows it, its metadata included. */
export const answer = (context: Pick<KeyContext, 'now'>, row: KeyRow, shown?: Shown): Key =>
  present(row, timeText(context.now()), shown)

/** What of a key goes out with its material: plain or wrapped, as the request says. */
export async function materialOf(
  context: KeyContext,
  row: NewKey,
  fields: OutFields,
): Promise<Partial<Key>> {
  const material = openMaterial(context.services.envelope, row)
  try {
    return await shownMaterial(context, { ...row, spec: specOfRow(row), material }, fields)
  } finally {
    material.secret.wipe()
  }
}

/** The same of a key that is only to be: a request that cannot be answered makes none. */
export async function shownMaterial(
  context: KeyContext,
  going: Outgoing,
  fields: OutFields,
): Promise<Partial<Key>> {
  if (isWrapped(fields)) return wrapForAnswer(context, going, fields)
  const { format, encoding, combineXts } = fields
  return exportMaterial(going.spec, going.material, {
    format,
    encoding,
    combineXts,
    certType: going.cert_type,
    password: await passwordOf(context, fields),
    friendlyName: going.name,
  })
}

/** Throws 'forbidden' for keys whose material stays here, and 'conflict' where there is none or its state forbids it. */
export function demandExportable(row: KeyRow, now?: string): void {
  if (row.unexportable === 1)
    throw new Fault('forbidden', `key ${quote(row.name)} is not exportable`)
  if (now !== undefined) demandThere(row, now)
}

/** Throws 'conflict' where there is no material, or its state keeps it from everybody. */
export function demandThere(row: KeyRow, now: string): void {
  const state = stateAt(row, now)
  if (isArchived(row, now)) throw new Fault('conflict', `key ${quote(row.name)} is archived`)
  if (state === 'Pre-Active' || isDestroyed(row))
    throw new Fault('conflict', `key ${quote(row.name)} is ${state}`)
  if (row.material === null) throw new Fault('conflict', `key ${quote(row.name)} has no material`)
}

/** The links of these keys, when a request asks for them. */
export async function linksIfAsked(
  context: KeyContext,
  rows: readonly KeyRow[],
  fields: readonly string[] | undefined,
) {
  if (!fields?.includes('links')) return undefined
  const policies = await vaultOf(context.services).policies(context.caller.domain)
  return linksFrom(context.read, rows, (row) => hasPermission(context, row, 'ReadKey', policies))
}
