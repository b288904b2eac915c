import { Fault, notFound, quote } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type { KeyRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { type KeyContext, vaultOf } from '../vault.ts'
import { findRow, type KeyReference } from './find.ts'
import { isCteKey, readMeta, storedMeta, withCteUse } from './meta.ts'
import { type Asking, hasPermission, isObject, mayKnow, type Policy } from './rights.ts'
import { stateAt } from './states.ts'
import { newestOf } from './versions.ts'

/** The agents of transparent encryption: they fetch keys as members of this group. */
const AGENTS = 'CTE Clients'

/** What a policy of transparent encryption asks of a key (its reference, section 2). */
export interface CteKey {
  /** Of the newest version. */
  readonly row: KeyRow
  readonly isSymmetricAes: boolean
  readonly isActive: boolean
  readonly isExportable: boolean
  /** Both halves are there, and the mode says so. */
  readonly isXts: boolean
  /** In upper case; undefined: the key says nothing of transparent encryption. */
  readonly mode: string | undefined
  readonly isVersioned: boolean
  /** Whether members of the group may read the key and take its material away. */
  fetchableBy(group: string): boolean
}

/**
 * The key that a reference means, for a policy of transparent encryption. Throws 'not-found' when the caller may not
 * know of it; those that agents may know of are no secret to whoever writes policies for them.
 */
export async function findCteKey(context: KeyContext, reference: KeyReference): Promise<CteKey> {
  const found = await findRow(context.read, context.caller.domain, reference)
  if (!found) throw notFound('key', reference.id)
  const row = await newestOf(context.read, found)
  const policies = await vaultOf(context.services).policies(row.domain_id)
  if (!mayKnow(context, row, policies) && !mayKnow(memberOf(AGENTS), row, policies))
    throw notFound('key', reference.id)
  return traits(row, policies, timeText(context.now()))
}

/** The same of a key that a policy names already. */
export async function cteKeyOf(context: KeyContext, row: KeyRow): Promise<CteKey> {
  const policies = await vaultOf(context.services).policies(row.domain_id)
  return traits(await newestOf(context.read, row), policies, timeText(context.now()))
}

function traits(row: KeyRow, policies: readonly Policy[], now: string): CteKey {
  const meta = readMeta(row.meta)
  const cte = isObject(meta?.['cte']) ? meta['cte'] : {}
  const given = cte['encryption_mode']
  const mode = typeof given === 'string' ? given.toUpperCase() : undefined
  return {
    row,
    isSymmetricAes: row.algorithm === 'AES' && row.object_type === 'Symmetric Key',
    isActive: stateAt(row, now) === 'Active',
    isExportable: row.unexportable === 0,
    isXts: mode === 'XTS' && row.xts === 1,
    mode,
    isVersioned: cte['cte_versioned'] === true,
    fetchableBy: (group) =>
      (['ReadKey', 'ExportKey'] as const).every((permission) =>
        hasPermission(memberOf(group), row, permission, policies),
      ),
  }
}

/** Somebody who is in this group and has no other rights. */
const memberOf = (group: string): Asking => ({
  caller: { userId: '', username: '', groups: [group], clientId: '' },
  may: () => false,
})

/**
 * Part of a unit: says in every version of the key whether some CTE policy uses it. The newest version's row changes in
 * any case, so that a deletion, a rotation or another use at the same moment is done again and sees this one.
 */
export async function markCteUse(
  tx: Writer,
  read: Reader,
  row: KeyRow,
  isUsed: () => Promise<boolean>,
  now: Date,
): Promise<void> {
  const versions = await read.rows('keys', { domain_id: row.domain_id, name: row.name })
  const newest = versions.reduce<KeyRow | undefined>(
    (last, one) => (last && last.key_version > one.key_version ? last : one),
    undefined,
  )
  if (!newest) throw new Fault('conflict', `key ${quote(row.name)} was deleted meanwhile`)
  tx.changesKeys()
  // Asked after the rows were read: a rule that goes meanwhile has changed them, and this is done again.
  const used = await isUsed()
  for (const version of versions) {
    const meta = readMeta(version.meta)
    const marked = meta && isCteKey(meta) ? withCteUse(meta, used) : undefined
    const text = marked ? storedMeta(marked) : version.meta
    if (text !== version.meta) tx.update('keys', version, { meta: text, updated_at: timeText(now) })
    else if (version === newest) tx.update('keys', version, {})
  }
}
