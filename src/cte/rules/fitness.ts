import { Fault, quote } from '../../kit/fault.ts'
import type { CteKey } from '../../vault/index.ts'
import type { KeyDemand } from '../policies/types.ts'
import { AGENTS } from '../readers.ts'

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`

/** The first rule that a key breaks (reference 2), as a sentence; undefined: it can be put into the policy. */
export function unfit(key: CteKey, demand: KeyDemand): string | undefined {
  if (!key.isSymmetricAes) return 'must be a symmetric AES key'
  if (!key.isActive) return 'must be active'
  if (!key.isExportable) return 'must be exportable'
  if (!key.fetchableBy(AGENTS)) return `must grant ReadKey and ExportKey to the group ${AGENTS}`
  if (key.mode === undefined) return 'must have meta.cte with an encryption_mode'
  if (!(demand.modes as readonly string[]).includes(key.mode))
    return `must have the encryption_mode ${list(demand.modes)} and not ${quote(key.mode)}`
  if (key.mode === 'XTS' && !key.isXts) return 'must be made with xts true for the mode XTS'
  if (demand.versioned === true && !key.isVersioned)
    return 'must be versioned (meta.cte.cte_versioned true)'
  if (demand.versioned === false && key.isVersioned)
    return 'must not be versioned (meta.cte.cte_versioned false)'
  return undefined
}

/** Throws 'invalid-parameter' with the rule that the key breaks. */
export function demandFit(key: CteKey, demand: KeyDemand, field: string): void {
  const reason = unfit(key, demand)
  if (reason !== undefined)
    throw new Fault('invalid-parameter', `${field}: key ${quote(key.row.name)} ${reason}`)
}
