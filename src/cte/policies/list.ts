import type { Context } from '../../context.ts'
import type { Page } from '../../kit/wire.ts'
import { type ListQuery, list, listing } from '../../store/list.ts'
import { lowerAscii } from '../../store/pattern.ts'
import type { CtePolicyRow, CteRuleRow } from '../../store/schema.ts'
import { namedFilters, namedSort, presentNamed } from '../records.ts'
import { kinds, presentRule, type RuleMember } from '../rules/kinds.ts'
import { rulesOf } from '../rules/rows.ts'
import type { Policy } from './contract.ts'
import { policies } from './find.ts'

const policyList = listing({
  table: 'cte_policies',
  sort: { ...namedSort, policy_type: { column: 'policy_type' } },
  filters: {
    ...namedFilters,
    policy_type: { column: 'policy_type', lower: true, fold: lowerAscii },
  },
  order: '-createdAt',
})

type Query = ListQuery<'cte_policies', keyof (typeof policyList)['filters']>

/** One page of policies with their rules, in as many queries whatever the page holds. */
export async function listPolicies(
  context: Context,
  page: Page,
  where?: Query['where'],
  filters: Query['filters'] = {},
) {
  const { caller, read } = context
  const { rows, total, messages } = await list(read, policyList, {
    domain: caller.domain,
    page,
    filters,
    where,
  })
  for (const message of messages) context.say(message)
  const rules = await rulesOf(
    read,
    caller.domain,
    rows.map(({ id }) => id),
  )
  return {
    skip: page.skip,
    limit: page.limit,
    total,
    resources: rows.map((row) => present(row, rules.get(row.id) ?? [])),
  }
}

export async function presentPolicy(
  { read }: Pick<Context, 'read'>,
  row: CtePolicyRow,
): Promise<Policy> {
  const rules = await rulesOf(read, row.domain_id, [row.id])
  return present(row, rules.get(row.id) ?? [])
}

/** The one place where a policy becomes JSON. */
export function present(row: CtePolicyRow, rules: readonly CteRuleRow[]): Policy {
  const of = <Member extends RuleMember>(member: Member) =>
    rules
      .filter(({ kind }) => kind === kinds[member].kind)
      .map((rule) => presentRule(kinds[member] as never, rule) as Policy[Member][number])
  return {
    ...presentNamed(policies, row),
    policy_type: row.policy_type,
    metadata: { restrict_update: row.restrict_update === 1 },
    never_deny: row.never_deny === 1,
    updated_by: row.updated_by,
    policy_version: row.policy_version,
    policy_key_version: row.policy_key_version,
    migrated_policy_id: '',
    security_rules: of('security_rules'),
    key_rules: of('key_rules'),
    data_transform_rules: of('data_transform_rules'),
    ldt_key_rules: of('ldt_key_rules'),
    idt_key_rules: of('idt_key_rules'),
    signature_rules: of('signature_rules'),
  }
}
