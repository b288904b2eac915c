import { Fault, quote } from '../../kit/fault.ts'
import type { CteSetRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { profileUsing } from '../profiles/uses.ts'

const columns = {
  resource: 'resource_set_id',
  user: 'user_set_id',
  process: 'process_set_id',
  signature: 'signature_set_id',
} as const

const columnOf = ({ kind }: CteSetRow) => columns[kind as keyof typeof columns]

/** Ids of the policies in which some rule names the set. */
export const policiesNaming = (read: Reader, set: CteSetRow) =>
  read
    .selectFrom('cte_rules')
    .select('policy_id')
    .distinct()
    .where('domain_id', '=', set.domain_id)
    .where(columnOf(set), '=', set.id)

/** Throws 'conflict' with the name of whoever uses the set. */
export async function demandUnused(read: Reader, set: CteSetRow): Promise<void> {
  const user = await userOf(read, set)
  if (user !== undefined)
    throw new Fault('conflict', `${set.kind} set ${quote(set.name)} is in use: ${user}`)
}

async function userOf(read: Reader, set: CteSetRow): Promise<string | undefined> {
  const { domain_id } = set
  const rule = await read
    .selectFrom('cte_rules')
    .selectAll()
    .where('domain_id', '=', domain_id)
    .where(columnOf(set), '=', set.id)
    .limit(1)
    .executeTakeFirst()
  if (rule) {
    const policy = await read.row('cte_policies', { domain_id, id: rule.policy_id })
    return `a rule of policy ${quote(policy?.name ?? rule.policy_id)} names it`
  }
  const use = await read
    .selectFrom('cte_set_uses')
    .selectAll()
    .where('domain_id', '=', domain_id)
    .where('used_set', '=', set.id)
    .limit(1)
    .executeTakeFirst()
  if (use) {
    const other = await read.row('cte_sets', { domain_id, id: use.process_set })
    return `process set ${quote(other?.name ?? use.process_set)} names it`
  }
  return profileUsing(read, set)
}
