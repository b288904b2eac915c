import type { Context } from '../../context.ts'
import { Fault, quote } from '../../kit/fault.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { vaultOf } from '../vault.ts'
import { notDeletable } from './lifecycle.ts'
import { isCteKey, isUsedByCte, readMeta } from './meta.ts'

/**
 * Throws why a key must stay: first because it is undeletable, then because somebody uses it, then because a key of
 * transparent encryption is deleted only by those who are in both groups that care for it (`CTE Admins` and
 * `Key Admins`, as their duties say), whoever owns it. Who may delete keys at all was asked before.
 */
export async function demandDeletable(
  context: Pick<Context, 'services' | 'may'>,
  read: Reader,
  row: KeyRow,
): Promise<void> {
  if (row.undeletable === 1) throw notDeletable(row)
  const user = await vaultOf(context.services).usedBy(read, row)
  if (user !== undefined) throw new Fault('conflict', `key ${quote(row.name)} is in use: ${user}`)
  const meta = readMeta(row.meta)
  if (isUsedByCte(meta))
    throw new Fault('conflict', `key ${quote(row.name)} is in use: by a CTE policy`)
  if (!isCteKey(meta)) return
  if (!context.may('DeleteKey', row.uri) || !context.may('DeleteCTEKey', row.uri))
    throw new Fault(
      'forbidden',
      `key ${quote(row.name)} is deleted by members of both CTE Admins and Key Admins, or of admin`,
    )
}
