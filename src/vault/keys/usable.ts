import type { KeyObject } from 'node:crypto'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type { KeyRow } from '../../store/schema.ts'
import { can, type KeySpec, maskOf } from '../material/index.ts'
import { type Held, type KeyContext, vaultOf } from '../vault.ts'
import { findRow, type KeyReference } from './find.ts'
import { totalUses } from './limits.ts'
import { openKeys, specOfRow } from './opened.ts'
import { hasPermission, mayKnow, type Permission, type Policy } from './rights.ts'
import { stateRefusal } from './states.ts'
import { type KeyUse, useRules } from './uses.ts'

/** A key that its caller may use so, now. */
export interface UsableKey {
  readonly row: KeyRow
  readonly spec: KeySpec
  /** The secret or private key; of a public key or certificate the public one. */
  readonly key: KeyObject
  readonly publicKey?: KeyObject
}

/**
 * Finds a key and makes sure that this caller may use it so, now; no other path leads to a key in use. Throws
 * 'not-found' for keys that are not there and for keys of which the caller may know nothing, alike; 'forbidden' when he
 * may do other things with it; 'conflict' when its state forbids the use; 'invalid-parameter' when its kind or its
 * usage mask does.
 */
export async function usableKey(
  context: KeyContext,
  reference: KeyReference,
  use: KeyUse,
): Promise<UsableKey> {
  const { services, caller } = context
  const vault = vaultOf(services)
  const held = await vault.hold(caller.domain, reference, specOfRow)
  if (!held) throw notFound('key', reference.id)
  const { row, spec } = held
  demandGranted(context, held, use, reference.id)
  const now = timeText(context.now())
  const refusal = stateRefusal(row, useRules[use], now, vault.rules)
  if (refusal !== undefined) throw new Fault('conflict', `key ${quote(row.name)} ${refusal}`)
  demandUse(row, spec, use)
  const { key, publicKey } = openKeys(services.envelope, held)
  if (useRules[use].protects && totalUses(row) !== undefined) await vault.counter.spend(row)
  vault.used(row, now, use)
  return { row, spec, key, ...(publicKey && { publicKey }) }
}

function demandGranted(context: KeyContext, held: Held, use: KeyUse, text: string): void {
  const { caller } = context
  const granted = held.granted.get(caller)
  if (granted?.has(use)) return
  const { permission } = useRules[use]
  for (const wanted of permission === undefined ? USE_ONLY : [permission, 'UseKey' as const])
    demandPermission(context, held.row, wanted, held.policies, text)
  if (granted) granted.add(use)
  else held.granted.set(caller, new Set([use]))
}

const USE_ONLY: readonly Permission[] = ['UseKey']

function demandUse(row: KeyRow, spec: KeySpec, use: KeyUse): void {
  const isPublic = row.object_type === 'Public Key' || row.object_type === 'Certificate'
  if (!can(spec, use, isPublic))
    throw new Fault(
      'invalid-parameter',
      `${isPublic ? 'public ' : ''}keys of ${row.algorithm} cannot ${words(use)}`,
    )
  if ((row.usage_mask & maskOf(use)) === 0)
    throw new Fault(
      'invalid-parameter',
      `the usageMask of key ${quote(row.name)} does not allow it to ${words(use)}`,
    )
}

const words = (use: KeyUse): string => (use === 'macVerify' ? 'verify a MAC' : use)

/** The key that a reference means, for reading what is known about it or with another permission. Faults as above. */
export async function findKey(
  context: KeyContext,
  reference: KeyReference,
  permission: Permission = 'ReadKey',
): Promise<KeyRow> {
  const row = await findRow(context.read, context.caller.domain, reference)
  if (!row) throw notFound('key', reference.id)
  const policies = await vaultOf(context.services).policies(row.domain_id)
  demandPermission(context, row, permission, policies, reference.id)
  return row
}

function demandPermission(
  context: KeyContext,
  row: KeyRow,
  permission: Permission,
  policies: readonly Policy[],
  text: string,
): void {
  if (hasPermission(context, row, permission, policies)) return
  if (mayKnow(context, row, policies))
    throw new Fault('forbidden', `${permission} on key ${quote(row.name)} is not permitted`)
  throw notFound('key', text)
}
