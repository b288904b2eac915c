import type { Context } from '../../context.ts'
import { Fault, quote } from '../../kit/fault.ts'
import type { CteGuardPointRow, CtePolicyRow, CteRuleRow, KeyRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { cteKeyOf } from '../../vault/index.ts'
import { guardPointNamed, guardPointsWith, isDevice } from '../guard-points/uses.ts'
import { keysIn } from '../rules/key-uses.ts'
import { rulesOf } from '../rules/rows.ts'
import { isOfType } from './types.ts'

const HOSTS = 'Key Users'

/**
 * Whether a guard point with this policy is an ESG guard point (efficient storage): a Standard policy with an XTS key is
 * for nothing else. Throws 'invalid-parameter' when a key does not grant what such a guard point needs beside what every
 * policy asks of its keys (reference 2).
 */
export async function demandEsgKeys(
  context: Pick<Context, 'read' | 'services' | 'caller' | 'may' | 'now'>,
  policy: CtePolicyRow,
): Promise<boolean> {
  if (!isOfType(policy, 'standard')) return false
  const { domain_id, id: policyId } = policy
  const rules = (await rulesOf(context.read, domain_id, [policyId])).get(policyId) ?? []
  let isEsg = false
  for (const id of new Set(rules.flatMap(keysIn))) {
    const row = await context.read.row('keys', { domain_id, id })
    const key = row && (await cteKeyOf(context, row))
    if (!key?.isXts) continue
    isEsg = true
    if (!key.fetchableBy(HOSTS))
      throw new Fault(
        'invalid-parameter',
        `key ${quote(key.row.name)} of policy ${quote(policy.name)} must grant ReadKey and ExportKey to the group ${HOSTS}, as an ESG guard point needs`,
      )
  }
  return isEsg
}

/** A rule that changes or goes, and the keys that it has from then on. */
interface Changed {
  readonly rule: CteRuleRow
  readonly stay: readonly string[]
}

/**
 * Part of a unit that brings keys into a policy, or takes a rule with its keys out of it: with an XTS key, what a
 * Standard policy guards already are ESG guard points from now on, and without any they are none. Throws 'conflict'
 * with the first one that is on no device, or that the key does not serve.
 */
export async function demandEsgPlaces(
  tx: Writer,
  context: Pick<Context, 'read' | 'services' | 'caller' | 'may' | 'now'>,
  policy: CtePolicyRow,
  keys: readonly KeyRow[],
  changed?: Changed,
): Promise<void> {
  if (!isOfType(policy, 'standard')) return
  const brought = await Promise.all(keys.map((row) => cteKeyOf(context, row)))
  const xts = brought.filter(({ isXts }) => isXts)
  const [first] = xts
  if (!first && !changed) return
  const guarding = await guardPointsWith(context.read, policy)
  if (!first) {
    const flagged = guarding.filter((row) => row.is_esg_capable_device === 1)
    if (flagged.length === 0 || (await hasXts(context.read, policy, changed))) return
    for (const row of flagged) tx.update('cte_guard_points', row, { is_esg_capable_device: 0 })
    return
  }
  const uses = async (row: CteGuardPointRow) =>
    `${await guardPointNamed(context.read, row)} uses policy ${quote(policy.name)}`
  const place = guarding.find(({ guard_point_type }) => !isDevice(guard_point_type))
  if (place)
    throw new Fault(
      'conflict',
      `key ${quote(first.row.name)} is an XTS key, which is for devices only, and ${await uses(place)}`,
    )
  const [device] = guarding
  const withheld = xts.find((key) => !key.fetchableBy(HOSTS))
  if (device && withheld)
    throw new Fault(
      'conflict',
      `key ${quote(withheld.row.name)} must grant ReadKey and ExportKey to the group ${HOSTS}, since ${await uses(device)}`,
    )
  for (const row of guarding)
    if (row.is_esg_capable_device === 0)
      tx.update('cte_guard_points', row, { is_esg_capable_device: 1 })
}

/** Whether a rule of the policy will have an XTS key. */
async function hasXts(
  read: Reader,
  { domain_id, id }: CtePolicyRow,
  changed: Changed | undefined,
): Promise<boolean> {
  const rules = (await rulesOf(read, domain_id, [id])).get(id) ?? []
  const others = rules.filter((rule) => rule.id !== changed?.rule.id).flatMap(keysIn)
  const ids = [...new Set([...others, ...(changed?.stay ?? [])])]
  const keys = await read.byId('keys', domain_id, ids)
  return [...keys.values()].some(({ xts }) => xts === 1)
}
