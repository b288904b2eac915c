import type { Context } from '../../context.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp, timeText } from '../../kit/time.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { vaultOf } from '../vault.ts'
import { findRow, type KeyReference } from './find.ts'
import { manages, mayKnow } from './rights.ts'
import { demandRotatable, newestOf } from './versions.ts'

export type Changes = Partial<Omit<KeyRow, 'id' | 'domain_id' | 'version' | 'seal'>>

/**
 * The key that a caller wants to change: its owner may, and those with the duty. Whoever may know of it is told that
 * he may not; for anybody else there is no such key.
 */
export async function manageable(
  context: Pick<Context, 'services' | 'caller' | 'may' | 'read'>,
  reference: KeyReference,
  action: string,
): Promise<KeyRow> {
  const row = await findRow(context.read, context.caller.domain, reference)
  if (!row) throw notFound('key', reference.id)
  await demandManaged(context, row, action, reference.id)
  return row
}

/** The same of a row that was found by another one: versions of a key may have owners of their own. */
export async function demandManaged(
  context: Pick<Context, 'services' | 'caller' | 'may'>,
  row: KeyRow,
  action: string,
  text = row.key_id,
): Promise<void> {
  if (manages(context, row, action)) return
  const policies = await vaultOf(context.services).policies(row.domain_id)
  if (!mayKnow(context, row, policies)) throw notFound('key', text)
  throw new Fault('forbidden', `${action} on key ${quote(row.name)} is not permitted`)
}

/** The newest version of a key that a caller rotates: both that and the one he names have to be his to change. */
export async function rotatable(
  context: Pick<Context, 'services' | 'caller' | 'may' | 'read' | 'now'>,
  reference: KeyReference,
): Promise<KeyRow> {
  const named = await manageable(context, reference, 'CreateKeyVersion')
  const newest = await newestOf(context.read, named)
  await demandManaged(context, newest, 'CreateKeyVersion')
  demandRotatable(newest, timeText(context.now()))
  return newest
}

/**
 * Changes a key in one unit with its record: `decide` sees the row as it is and the moment, and is asked again when
 * somebody else was first. No node uses from then on what it remembers of the key.
 */
export async function changeKey(
  context: Context,
  reference: KeyReference,
  action: string,
  decide: (
    row: KeyRow,
    now: string,
    tx: Writer,
  ) => Changes | undefined | Promise<Changes | undefined>,
): Promise<KeyRow> {
  const { now, transact } = context
  context.note({ key: reference.id })
  return transact(async (tx) => {
    const row = await manageable(context, reference, action)
    const at = stamp(now())
    noteKey(context, row)
    const changes = await decide(row, at, tx)
    if (changes === undefined) return row
    tx.changesKeys()
    return tx.update('keys', row, { ...changes, updated_at: at })
  })
}

/** Which key a call was about, for its record. */
export const noteKey = (
  context: Pick<Context, 'note'>,
  { key_id, name, key_version }: KeyRow,
): void => context.note({ id: key_id, key: name, version: key_version })
