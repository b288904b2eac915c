import { randomUUID } from 'node:crypto'
import type { CtePolicyRow, CteRuleRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import type { RuleKindName } from '../policies/types.ts'
import type { Draft } from './draft.ts'

const PIECE = 500

/** The rules of these policies, each in its order: one query for as many policies as a page has. */
export async function rulesOf(
  read: Reader,
  domain: string,
  policies: readonly string[],
): Promise<ReadonlyMap<string, readonly CteRuleRow[]>> {
  const found = new Map<string, CteRuleRow[]>()
  for (let at = 0; at < policies.length; at += PIECE) {
    const rows = await read
      .selectFrom('cte_rules')
      .selectAll()
      .where('domain_id', '=', domain)
      .where('policy_id', 'in', policies.slice(at, at + PIECE))
      .orderBy('policy_id')
      .orderBy('kind')
      .orderBy('order_number')
      .orderBy('id')
      .execute()
    for (const row of rows) {
      const known = found.get(row.policy_id)
      if (known) known.push(row)
      else found.set(row.policy_id, [row])
    }
  }
  return found
}

/** The rules of one kind in a policy, in their order. */
export const rulesOfKind = (
  read: Reader,
  { id, domain_id }: Pick<CtePolicyRow, 'id' | 'domain_id'>,
  kind: RuleKindName,
): Promise<CteRuleRow[]> =>
  read
    .selectFrom('cte_rules')
    .selectAll()
    .where('domain_id', '=', domain_id)
    .where('policy_id', '=', id)
    .where('kind', '=', kind)
    .orderBy('order_number')
    .orderBy('id')
    .execute()

/** Part of a unit that makes a rule. */
export const insertRule = (
  tx: Writer,
  { id, domain_id }: Pick<CtePolicyRow, 'id' | 'domain_id'>,
  kind: RuleKindName,
  { columns }: Draft,
  order: number,
  at: string,
): CteRuleRow => {
  tx.count(domain_id, 'cte_rules', 1)
  return tx.insert('cte_rules', {
    id: randomUUID(),
    domain_id,
    policy_id: id,
    kind,
    order_number: order,
    ...columns,
    created_at: at,
    updated_at: at,
  })
}

/** Part of a unit: the other rules get the numbers of the places they now have. */
export function renumber(tx: Writer, rules: readonly (CteRuleRow | undefined)[]): void {
  for (const [place, rule] of rules.entries())
    if (rule && rule.order_number !== place + 1)
      tx.update('cte_rules', rule, { order_number: place + 1 })
}
