import type { Context } from '../../context.ts'
import { Fault, quote } from '../../kit/fault.ts'
import type { CtePolicyRow } from '../../store/schema.ts'
import { cteKeyOf } from '../../vault/index.ts'
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
