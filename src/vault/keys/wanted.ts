import type { Context } from '../../context.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type { KeyRow } from '../../store/schema.ts'
import { vaultOf } from '../vault.ts'
import { demandExportable, demandThere } from './answer.ts'
import { findRow, type KeyReference } from './find.ts'
import { hasPermission, manages } from './rights.ts'
import { findKey } from './usable.ts'

/** The key of that name, for callers that want it whether it was there or not. */
export async function existing(
  context: Context,
  name: string | undefined,
): Promise<KeyRow | undefined> {
  if (name === undefined) return undefined
  const row = await findRow(context.read, context.caller.domain, { id: name, type: 'name' })
  if (!row) return undefined
  const policies = await vaultOf(context.services).policies(row.domain_id)
  if (hasPermission(context, row, 'ReadKey', policies)) return row
  throw new Fault('conflict', `the key ${quote(name)} already exists`)
}

/** The row that is made, or that of another call for the same name which was quicker. */
export async function orExisting(
  context: Context,
  name: string | undefined,
  making: Promise<KeyRow>,
): Promise<KeyRow> {
  try {
    return await making
  } catch (error) {
    const isTaken = error instanceof Fault && error.kind === 'conflict'
    const known = isTaken ? await existing(context, name) : undefined
    if (!known) throw error
    return known
  }
}

/**
 * A key that this caller may copy within the vault: one that he may take away, or that he manages, since that is no
 * more than he can do with it already. The copy may leave the vault as little as the key.
 */
export async function clonable(context: Context, reference: KeyReference): Promise<KeyRow> {
  const row = await findRow(context.read, context.caller.domain, reference)
  if (!row || !manages(context, row, 'UpdateKey')) return exportable(context, reference)
  demandThere(row, timeText(context.now()))
  return row
}

/** A key whose material this caller may take away, now. */
export async function exportable(context: Context, reference: KeyReference): Promise<KeyRow> {
  const row = await findKey(context, reference, 'ExportKey')
  demandExportable(row, timeText(context.now()))
  return row
}
