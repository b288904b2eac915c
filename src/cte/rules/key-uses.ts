import type { Context } from '../../context.ts'
import { quote } from '../../kit/fault.ts'
import type { CteRuleRow, KeyRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { type KeyFollower, type KeyUser, markCteUse } from '../../vault/index.ts'

type Column = 'key_row' | 'new_key_row'
const COLUMNS: readonly Column[] = ['key_row', 'new_key_row']

/** Rules that name some version of a key in this column. All versions share the key's name, which never changes. */
const rulesNaming = (
  read: Reader,
  column: Column,
  { domain_id, name }: Pick<KeyRow, 'domain_id' | 'name'>,
) =>
  read
    .selectFrom('cte_rules')
    .where('domain_id', '=', domain_id)
    .where(column, 'in', (eb) =>
      eb
        .selectFrom('keys')
        .select('keys.id')
        .where('keys.domain_id', '=', domain_id)
        .where('keys.name', '=', name),
    )

interface Without {
  readonly policy?: string
  readonly rule?: string
}

async function someRule(
  read: Reader,
  key: Pick<KeyRow, 'domain_id' | 'name'>,
  { policy, rule }: Without = {},
): Promise<CteRuleRow | undefined> {
  for (const column of COLUMNS) {
    let naming = rulesNaming(read, column, key)
    if (policy !== undefined) naming = naming.where('policy_id', '!=', policy)
    if (rule !== undefined) naming = naming.where('id', '!=', rule)
    const found = await naming.selectAll().limit(1).executeTakeFirst()
    if (found) return found
  }
  return undefined
}

export const keysIn = (rule: Pick<CteRuleRow, Column> | undefined): readonly string[] =>
  COLUMNS.map((column) => rule?.[column] ?? null).filter((id) => id !== null)

/**
 * Part of a unit that changes what rules name: `used` are the keys they name from now on, `gone` the rows of keys that
 * rules named before, which `without` leaves out. A key is in use as long as any rule names it.
 */
export async function settleKeys(
  tx: Writer,
  { read, now, caller }: Pick<Context, 'read' | 'now' | 'caller'>,
  used: readonly KeyRow[],
  gone: readonly string[] = [],
  without: Without = {},
): Promise<void> {
  const settled = new Set<string>()
  for (const row of used) {
    if (settled.has(row.name)) continue
    settled.add(row.name)
    await markCteUse(tx, read, row, async () => true, now())
  }
  for (const row of (await read.byId('keys', caller.domain, gone)).values()) {
    if (settled.has(row.name)) continue
    settled.add(row.name)
    const isNamed = async () => (await someRule(read, row, without)) !== undefined
    await markCteUse(tx, read, row, isNamed, now())
  }
}

/** For the vault: why a key must stay, by the name of the policy. */
export const policyUsingKey: KeyUser = async (read, row) => {
  const rule = await someRule(read, row)
  if (!rule) return undefined
  const policy = await read.row('cte_policies', { domain_id: row.domain_id, id: rule.policy_id })
  return `the CTE policy ${quote(policy?.name ?? rule.policy_id)} names it`
}

/** For the vault: a rotated key is a change of the LDT policies that transform data to it. */
export const ldtPoliciesFollow: KeyFollower = async (tx, read, newest, at) => {
  const ids = await rulesNaming(read, 'new_key_row', newest)
    .select('policy_id')
    .distinct()
    .where('kind', '=', 'ldt')
    .execute()
  const policies = await read.byId(
    'cte_policies',
    newest.domain_id,
    ids.map(({ policy_id }) => policy_id),
  )
  for (const policy of policies.values())
    tx.update('cte_policies', policy, {
      policy_key_version: policy.policy_key_version + 1,
      updated_at: at,
    })
}
