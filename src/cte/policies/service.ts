import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { CteRuleRow } from '../../store/schema.ts'
import { guardPointUsing } from '../guard-points/uses.ts'
import { demandReader } from '../readers.ts'
import { changedColumns, nameTaken, newColumns } from '../records.ts'
import { type Draft, demandAllowed, type Place } from '../rules/draft.ts'
import { keysIn, settleKeys } from '../rules/key-uses.ts'
import { kinds, type RuleMember, ruleMembers } from '../rules/kinds.ts'
import { Names } from '../rules/names.ts'
import { insertRule, rulesOf } from '../rules/rows.ts'
import { ldtDefault } from '../rules/security.ts'
import { holdNamed } from '../rules/service.ts'
import { demandChangeable, touched } from './change.ts'
import type { ctePolicies } from './contract.ts'
import { existingPolicy, policies } from './find.ts'
import { listPolicies, present, presentPolicy } from './list.ts'
import { isOfType, policyType } from './types.ts'

export const policyHandlers: Handlers<Context, typeof ctePolicies> = {
  async list(context, { query }) {
    demandReader(context, 'ReadPolicyCTE')
    const { id, name, description, policy_type, never_deny } = query
    return listPolicies(
      context,
      query,
      never_deny === undefined
        ? undefined
        : (eb) => eb('cte_policies.never_deny', '=', never_deny ? 1 : 0),
      { id, name, description, policy_type },
    )
  },

  async create(context, { body }) {
    const { caller, now, transact } = context
    context.note({ name: body.name, policy_type: body.policy_type })
    const type = policyType(body.policy_type)
    const neverDeny = body.never_deny ?? false
    demandNeverDeny(type, neverDeny)
    const given = (member: RuleMember): readonly object[] => body[member] ?? []
    for (const member of ruleMembers)
      if (given(member).length > 0) demandAllowed(type, kinds[member].kind, kinds[member].what)
    demandRules(type.name, given)
    const made = await transact(async (tx) => {
      const at = stamp(now())
      const columns = newColumns(caller.domain, policies, body, at)
      const policy = tx.insert(
        'cte_policies',
        {
          ...columns,
          policy_type: body.policy_type,
          never_deny: neverDeny ? 1 : 0,
          restrict_update: body.metadata?.restrict_update ? 1 : 0,
          policy_version: 0,
          policy_key_version: 0,
          updated_by: caller.username,
        },
        { duplicate: nameTaken(policies, columns.name) },
      )
      tx.count(caller.domain, 'cte_policies', 1)
      const place: Place = { names: new Names(context), type, neverDeny }
      const all: Draft[] = []
      const rows: CteRuleRow[] = []
      for (const member of ruleMembers) {
        const { kind } = kinds[member]
        const drafts = await draftsOf(place, member, given(member))
        if (kind === 'security' && isOfType(policy, 'ldt')) drafts.unshift(ldtDefault)
        for (const [index, draft] of drafts.entries())
          rows.push(insertRule(tx, policy, kind, draft, index + 1, at))
        all.push(...drafts)
      }
      await holdNamed(tx, context, all)
      context.note({ id: policy.id })
      return { policy, rows }
    })
    return present(made.policy, made.rows)
  },

  async get(context, { params }) {
    demandReader(context, 'ReadPolicyCTE')
    return presentPolicy(context, await existingPolicy(context, params.id))
  },

  async update(context, { params, body }) {
    context.note({ policy: params.id, changed: Object.keys(body) })
    const { never_deny, metadata, force_restrict_update } = body
    const row = await context.transact(async (tx) => {
      const policy = await existingPolicy(context, params.id)
      context.note({ id: policy.id, name: policy.name })
      await demandChangeable(context.read, policy, force_restrict_update)
      if (never_deny !== undefined) demandNeverDeny(policyType(policy.policy_type), never_deny)
      const restricts = metadata?.restrict_update
      return touched(tx, context, policy, {
        ...changedColumns(body),
        ...(never_deny !== undefined && { never_deny: never_deny ? 1 : 0 }),
        ...(restricts !== undefined && { restrict_update: restricts ? 1 : 0 }),
      })
    })
    return presentPolicy(context, row)
  },

  async delete(context, { params }) {
    const { read, transact } = context
    context.note({ policy: params.id })
    await transact(async (tx) => {
      const policy = await existingPolicy(context, params.id)
      context.note({ id: policy.id, name: policy.name })
      const user = await guardPointUsing(read, policy)
      if (user !== undefined)
        throw new Fault('conflict', `policy ${quote(policy.name)} is in use: ${user}`)
      const rules = (await rulesOf(read, policy.domain_id, [policy.id])).get(policy.id) ?? []
      tx.remove('cte_policies', policy)
      tx.count(policy.domain_id, 'cte_policies', -1)
      for (const rule of rules) tx.remove('cte_rules', rule)
      tx.count(policy.domain_id, 'cte_rules', -rules.length)
      await settleKeys(tx, context, [], rules.flatMap(keysIn), { policy: policy.id })
    })
    return undefined
  },
}

async function draftsOf(
  place: Place,
  member: RuleMember,
  bodies: readonly object[],
): Promise<Draft[]> {
  const drafts: Draft[] = []
  for (const body of bodies) drafts.push(await kinds[member].draft(place, body as never))
  return drafts
}

function demandNeverDeny(type: ReturnType<typeof policyType>, neverDeny: boolean): void {
  if (neverDeny && !type.neverDeny)
    throw new Fault(
      'invalid-parameter',
      `never_deny: a policy of the type ${quote(type.name)} has no learn mode`,
    )
}

/** What a policy cannot do without (reference 3.2). */
function demandRules(type: string, given: (member: RuleMember) => readonly object[]): void {
  const { length } = given('idt_key_rules')
  if (length > 1) throw new Fault('unprocessable', 'idt_key_rules: a policy has one IDT key rule')
  if (type === 'IDT' && length === 0)
    throw new Fault('invalid-parameter', 'idt_key_rules: an IDT policy needs its one IDT key rule')
  if (type === 'Standard' && given('security_rules').length + given('key_rules').length === 0)
    throw new Fault(
      'invalid-parameter',
      'a Standard policy needs security_rules or key_rules, or both',
    )
}
