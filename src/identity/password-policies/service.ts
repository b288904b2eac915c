import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import type { Handlers, Input } from '../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import type { PasswordPolicyRow, Sealed } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { checkedPolicyName, normalName } from '../names.ts'
import { lockoutThresholds } from '../password-rules.ts'
import { MAX_PASSWORD_LENGTH, type PasswordPolicy, type passwordPolicies } from './contract.ts'
import * as store from './store.ts'

type Rules = Omit<
  PasswordPolicyRow,
  keyof Sealed | 'id' | 'domain_id' | 'policy_name' | 'created_at' | 'updated_at'
>

export const defaultRules: Rules = {
  inclusive_min_total_length: 8,
  inclusive_max_total_length: 30,
  inclusive_min_upper_case: 1,
  inclusive_min_lower_case: 1,
  inclusive_min_digits: 1,
  inclusive_min_other: 1,
  password_history_threshold: 5,
  password_lifetime: 0,
  password_change_min_days: 0,
  password_expiry_notification_days: 14,
  failed_logins_lockout_thresholds: '',
}

export const passwordPolicyHandlers: Handlers<Context, typeof passwordPolicies> = {
  async list(context, { query }) {
    const { rows, total, messages } = await store.page(
      context.read,
      context.caller.domain,
      query,
      query.policy_name,
    )
    for (const message of messages) context.say(message)
    return { skip: query.skip, limit: query.limit, total, resources: rows.map(present) }
  },

  async create(context, { body }) {
    const { caller, now, transact } = context
    const name = checkedPolicyName(body.policy_name)
    context.note({ policy_name: name })
    const rules = { ...defaultRules, ...changedRules(body) }
    demandConsistent(rules)
    const taken = new Fault('conflict', `the password policy ${quote(name)} already exists`)
    if (name === store.GLOBAL_POLICY) throw taken
    const at = stamp(now())
    const row = await transact((tx) => {
      tx.count(caller.domain, 'password_policies', 1)
      return tx.insert(
        'password_policies',
        {
          id: randomUUID(),
          domain_id: caller.domain,
          policy_name: name,
          ...rules,
          created_at: at,
          updated_at: at,
        },
        { duplicate: taken },
      )
    })
    return present(row)
  },

  async get({ caller, read }, { params }) {
    return present(await existing(read, caller.domain, params.policy_name))
  },

  async update(context, { params, body }) {
    const { caller, now, read, transact } = context
    context.note({ policy_name: params.policy_name, changed: Object.keys(body) })
    const changes = changedRules(body)
    const row = await transact(async (tx) => {
      const policy = await existing(read, caller.domain, params.policy_name)
      if (policy.policy_name === store.GLOBAL_POLICY && caller.domain !== ROOT_DOMAIN)
        throw new Fault('forbidden', 'the global password policy is changed in the root domain')
      if (body.policy_name && normalName(body.policy_name) !== policy.policy_name)
        throw new Fault('invalid', 'a password policy keeps its name')
      if (Object.keys(changes).length === 0) return policy
      demandConsistent({ ...policy, ...changes })
      return tx.update('password_policies', policy, { ...changes, updated_at: stamp(now()) })
    })
    return present(row)
  },

  async delete(context, { params }) {
    const { caller, read, transact } = context
    context.note({ policy_name: params.policy_name })
    await transact(async (tx) => {
      const policy = await existing(read, caller.domain, params.policy_name)
      if (policy.policy_name === store.GLOBAL_POLICY)
        throw new Fault('forbidden', 'the global password policy cannot be deleted')
      // Whoever gives it to a user raises its version, so this looking and the deletion cannot be parted.
      if (await store.isInUse(read, policy))
        throw new Fault('conflict', `the password policy ${quote(policy.policy_name)} is in use`)
      tx.remove('password_policies', policy)
      tx.count(caller.domain, 'password_policies', -1)
    })
    return undefined
  },
}

async function existing(read: Reader, domain: string, name: string): Promise<PasswordPolicyRow> {
  const row = await store.find(read, domain, normalName(name))
  if (!row) throw notFound('password policy', name)
  return row
}

type Body = Input<typeof passwordPolicies.update>['body']

function changedRules({
  failed_logins_lockout_thresholds,
  policy_name: _,
  ...numbers
}: Body): Partial<Rules> {
  const given = Object.entries(numbers).filter(([, value]) => value !== undefined)
  return {
    ...(Object.fromEntries(given) as Partial<Rules>),
    ...(failed_logins_lockout_thresholds && {
      failed_logins_lockout_thresholds: failed_logins_lockout_thresholds.join(','),
    }),
  }
}

/** A policy that no password can meet would lock everyone out at the next change. */
function demandConsistent(rules: Rules): void {
  const longest = rules.inclusive_max_total_length || MAX_PASSWORD_LENGTH
  if (rules.inclusive_min_total_length > longest)
    throw new Fault(
      'invalid',
      'inclusive_min_total_length may not be above inclusive_max_total_length',
    )
  const demanded =
    rules.inclusive_min_upper_case +
    rules.inclusive_min_lower_case +
    rules.inclusive_min_digits +
    rules.inclusive_min_other
  if (demanded > longest)
    throw new Fault(
      'invalid',
      'the characters demanded of each kind do not fit into inclusive_max_total_length',
    )
}

export const present = (row: PasswordPolicyRow): PasswordPolicy => ({
  policy_name: row.policy_name,
  inclusive_min_total_length: row.inclusive_min_total_length,
  inclusive_max_total_length: row.inclusive_max_total_length,
  inclusive_min_upper_case: row.inclusive_min_upper_case,
  inclusive_min_lower_case: row.inclusive_min_lower_case,
  inclusive_min_digits: row.inclusive_min_digits,
  inclusive_min_other: row.inclusive_min_other,
  password_history_threshold: row.password_history_threshold,
  password_lifetime: row.password_lifetime,
  password_change_min_days: row.password_change_min_days,
  failed_logins_lockout_thresholds: [...lockoutThresholds(row)],
  password_expiry_notification_days: row.password_expiry_notification_days,
  created_at: wireTime(row.created_at),
  updated_at: wireTime(row.updated_at),
})
