import type { Context } from '../../context.ts'
import { Fault, notFound } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { Page } from '../../kit/wire.ts'
import { list, listing } from '../../store/list.ts'
import type { CtePolicyRow, CteRuleRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { demandChangeable, touched } from '../policies/change.ts'
import { demandEsgPlaces } from '../policies/esg.ts'
import { existingPolicy } from '../policies/find.ts'
import { isOfType, policyType } from '../policies/types.ts'
import { demandReader } from '../readers.ts'
import { idIn } from '../records.ts'
import { holdSets } from '../sets/write.ts'
import { type Draft, demandAllowed, type Place } from './draft.ts'
import { keysIn, settleKeys } from './key-uses.ts'
import type { RuleKind } from './kind.ts'
import { presentRule } from './kinds.ts'
import { Names } from './names.ts'
import { insertRule, renumber, rulesOfKind } from './rows.ts'

const rules = listing({
  table: 'cte_rules',
  sort: {
    order_number: { column: 'order_number' },
    createdAt: { column: 'created_at' },
    updatedAt: { column: 'updated_at' },
  },
  filters: {},
  order: 'order_number',
})

const MOST_RULES = 1000

interface OfPolicy {
  readonly params: { readonly id: string }
}
interface OfRule {
  readonly params: { readonly id: string; readonly rule_id: string }
}
type Ordered = { readonly order_number?: number | undefined }

/** What every kind of rule does in the same way. */
export function ruleHandlers<Body extends object, Answer>(kind: RuleKind<Body, Answer>) {
  const shown = (row: CteRuleRow) => presentRule(kind, row)
  return {
    async list(context: Context, { params, query }: OfPolicy & { query: Page }) {
      demandReader(context, 'ReadPolicyCTE')
      const policy = await existingPolicy(context, params.id)
      const { rows, total, messages } = await list(context.read, rules, {
        domain: policy.domain_id,
        page: query,
        where: (eb) =>
          eb.and([eb('cte_rules.policy_id', '=', policy.id), eb('cte_rules.kind', '=', kind.kind)]),
      })
      for (const message of messages) context.say(message)
      return { skip: query.skip, limit: query.limit, total, resources: rows.map(shown) }
    },

    async get(context: Context, { params }: OfRule) {
      demandReader(context, 'ReadPolicyCTE')
      const policy = await existingPolicy(context, params.id)
      return shown(await existingRule(context, policy, kind, params.rule_id))
    },

    async create(context: Context, { params, body }: OfPolicy & { body: Body }) {
      const [row] = await addRules(context, kind, params.id, [body])
      if (!row) throw new TypeError('a rule was asked for and none was made')
      return shown(row)
    },

    async update(context: Context, { params, body }: OfRule & { body: Body }) {
      context.note({ changed: Object.keys(body) })
      return shown(await changeRule(context, kind, params, body))
    },

    async delete(context: Context, { params }: OfRule) {
      await context.transact(async (tx) => {
        const policy = await changeable(context, params.id)
        const all = await rulesOfKind(context.read, policy, kind.kind)
        const rule = ruleAmong(all, kind, params.rule_id)
        demandOwn(policy, rule)
        context.note({ rule: rule.id })
        tx.remove('cte_rules', rule)
        tx.count(policy.domain_id, 'cte_rules', -1)
        renumber(
          tx,
          all.filter((one) => one !== rule),
        )
        await settleKeys(tx, context, [], keysIn(rule), { rule: rule.id })
        await demandEsgPlaces(tx, context, policy, [], { rule, stay: [] })
        touched(tx, context, policy)
      })
      return undefined
    },
  }
}

async function changeable(context: Context, reference: string): Promise<CtePolicyRow> {
  const policy = await existingPolicy(context, reference)
  context.note({ id: policy.id, policy: policy.name })
  await demandChangeable(context.read, policy)
  return policy
}

async function existingRule(
  { read }: Pick<Context, 'read'>,
  policy: CtePolicyRow,
  { kind, what }: Pick<RuleKind<never, never>, 'kind' | 'what'>,
  reference: string,
): Promise<CteRuleRow> {
  const { domain_id, id: policy_id } = policy
  const id = idIn(reference)
  const row =
    id === undefined ? undefined : await read.row('cte_rules', { domain_id, policy_id, kind, id })
  if (!row) throw notFound(what, reference)
  return row
}

/** The same among all rules of its kind in the policy. Throws 'not-found'. */
function ruleAmong(
  all: readonly CteRuleRow[],
  { what }: Pick<RuleKind<never, never>, 'what'>,
  reference: string,
): CteRuleRow {
  const wanted = idIn(reference)
  const rule = all.find(({ id }) => id === wanted)
  if (!rule) throw notFound(what, reference)
  return rule
}

const placeIn = (context: Context, policy: CtePolicyRow): Place => ({
  names: new Names(context),
  type: policyType(policy.policy_type),
  neverDeny: policy.never_deny === 1,
})

/** The rule that the server itself puts in front of an LDT policy: clients count on it without looking. */
const isDefault = (policy: CtePolicyRow, { kind, order_number }: CteRuleRow): boolean =>
  kind === 'security' && order_number === 1 && isOfType(policy, 'ldt')

function demandOwn(policy: CtePolicyRow, rule: CteRuleRow): void {
  if (isDefault(policy, rule))
    throw new Fault(
      'conflict',
      'the first security rule of an LDT policy is the server’s and stays',
    )
}

/** Adds rules to a policy, all or none; the first at the place that it asks for, if any, and the others behind. */
export async function addRules<Body extends object>(
  context: Context,
  kind: RuleKind<Body, unknown>,
  reference: string,
  bodies: readonly Body[],
): Promise<CteRuleRow[]> {
  return context.transact(async (tx) => {
    const policy = await changeable(context, reference)
    demandAllowed(policyType(policy.policy_type), kind.kind, kind.what)
    const place = placeIn(context, policy)
    const drafts: Draft[] = []
    for (const body of bodies) drafts.push(await kind.draft(place, body))
    await demandEsgPlaces(
      tx,
      context,
      policy,
      drafts.flatMap(({ keys }) => keys),
    )
    const all = await rulesOfKind(context.read, policy, kind.kind)
    if (all.length + drafts.length > MOST_RULES)
      throw new Fault('conflict', `a policy has at most ${MOST_RULES} ${kind.what}s`)
    const at = stamp(context.now())
    const from = placeAmong(policy, all, (bodies[0] as Ordered).order_number) ?? all.length
    const made = drafts.map((draft, index) =>
      insertRule(tx, policy, kind.kind, draft, from + index + 1, at),
    )
    renumber(tx, [...all.slice(0, from), ...made.map(() => undefined), ...all.slice(from)])
    await holdNamed(tx, context, drafts)
    touched(tx, context, policy)
    context.note({ rules: made.map(({ id }) => id) })
    return made
  })
}

/** Part of a unit: what drafts name cannot be deleted at the same moment. */
export async function holdNamed(
  tx: Writer,
  context: Context,
  drafts: readonly Draft[],
): Promise<void> {
  holdSets(
    tx,
    drafts.flatMap(({ sets }) => sets),
  )
  await settleKeys(
    tx,
    context,
    drafts.flatMap(({ keys }) => keys),
  )
}

/** From 0, and never before the server's own rule; undefined when no place was asked for. */
function placeAmong(
  policy: CtePolicyRow,
  all: readonly CteRuleRow[],
  order: number | undefined,
): number | undefined {
  if (!order) return undefined
  const [first] = all
  const least = first && isDefault(policy, first) ? 1 : 0
  return Math.max(least, Math.min(order - 1, all.length))
}

async function changeRule<Body extends object>(
  context: Context,
  kind: RuleKind<Body, unknown>,
  params: { readonly id: string; readonly rule_id: string },
  body: Body,
): Promise<CteRuleRow> {
  return context.transact(async (tx) => {
    const policy = await changeable(context, params.id)
    const all = await rulesOfKind(context.read, policy, kind.kind)
    const before = ruleAmong(all, kind, params.rule_id)
    demandOwn(policy, before)
    context.note({ rule: before.id })
    const draft = await kind.draft(placeIn(context, policy), body, before)
    const others = all.filter((one) => one !== before)
    const to = placeAmong(policy, others, (body as Ordered).order_number) ?? all.indexOf(before)
    renumber(tx, [...others.slice(0, to), undefined, ...others.slice(to)])
    const after = tx.update('cte_rules', before, {
      ...draft.columns,
      order_number: to + 1,
      updated_at: stamp(context.now()),
    })
    holdSets(tx, draft.sets)
    const stay = keysIn(after)
    const gone = keysIn(before).filter((id) => !stay.includes(id))
    await demandEsgPlaces(tx, context, policy, draft.keys, { rule: before, stay })
    await settleKeys(tx, context, draft.keys, gone, { rule: before.id })
    touched(tx, context, policy)
    return after
  })
}
