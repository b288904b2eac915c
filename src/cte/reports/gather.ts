import type { Context } from '../../context.ts'
import { ALL_ROWS } from '../../kit/wire.ts'
import { list, listing } from '../../store/list.ts'
import type {
  CteClientGroupRow,
  CteClientRow,
  CteGuardPointRow,
  CtePolicyRow,
  CteRuleRow,
  KeyRow,
} from '../../store/schema.ts'

type Reading = Pick<Context, 'read' | 'caller'>
type Table =
  | 'cte_clients'
  | 'cte_client_groups'
  | 'cte_csi_groups'
  | 'cte_guard_points'
  | 'cte_memberships'
  | 'cte_policies'
  | 'cte_profiles'
  | 'cte_rules'

/** All rows of the domain, a piece at a time, so that a long report holds nobody up. */
export const all = async <Name extends Table>({ read, caller }: Reading, table: Name) =>
  (
    await list(read, listing({ table, sort: {}, filters: {}, order: '' }), {
      domain: caller.domain,
      page: { skip: 0, limit: ALL_ROWS },
    })
  ).rows

export const byId = <Row extends { readonly id: string }>(
  rows: readonly Row[],
): ReadonlyMap<string, Row> => new Map(rows.map((row) => [row.id, row]))

/** Whose guard points are those of each member. */
const GUARDED_AS_ONE: ReadonlySet<string> = new Set(['client-group', 'csi-group'])

export interface Guarding {
  readonly client: CteClientRow
  /** The client group that the guard point was made on, if it was. */
  readonly group: CteClientGroupRow | undefined
  readonly guardPoint: CteGuardPointRow
  readonly policy: CtePolicyRow | undefined
}

/** What is guarded on each client: its own guard points, and those of its groups. */
export async function guardings(reading: Reading): Promise<Guarding[]> {
  const [clients, groups, memberships, guardPoints, policies] = [
    byId(await all(reading, 'cte_clients')),
    byId(await all(reading, 'cte_client_groups')),
    await all(reading, 'cte_memberships'),
    await all(reading, 'cte_guard_points'),
    byId(await all(reading, 'cte_policies')),
  ]
  const members = new Map<string, CteClientRow[]>()
  for (const { kind, owner_id, client_id } of memberships) {
    const client = clients.get(client_id)
    if (!GUARDED_AS_ONE.has(kind) || !client) continue
    const known = members.get(owner_id)
    if (known) known.push(client)
    else members.set(owner_id, [client])
  }
  return guardPoints.flatMap((guardPoint): Guarding[] => {
    const { owner_kind, owner_id, policy_id } = guardPoint
    const policy = policy_id === null ? undefined : policies.get(policy_id)
    const own = owner_kind === 'client' ? clients.get(owner_id) : undefined
    const group = owner_kind === 'client-group' ? groups.get(owner_id) : undefined
    const guarded = own ? [own] : (members.get(owner_id) ?? [])
    return guarded.map((client) => ({ client, group, guardPoint, policy }))
  })
}

export interface NamedKey {
  readonly rule: CteRuleRow
  readonly key: KeyRow
}

/** The keys that each policy names, by the policy's id. */
export async function keysOfPolicies(
  reading: Reading,
): Promise<ReadonlyMap<string, readonly NamedKey[]>> {
  const { read, caller } = reading
  const rules = await all(reading, 'cte_rules')
  const named = ({ key_row, new_key_row }: CteRuleRow) =>
    [key_row, new_key_row].filter((id) => id !== null)
  const keys = await read.byId('keys', caller.domain, rules.flatMap(named))
  const found = new Map<string, NamedKey[]>()
  for (const rule of rules)
    for (const id of named(rule)) {
      const key = keys.get(id)
      if (!key) continue
      const known = found.get(rule.policy_id)
      if (known) known.push({ rule, key })
      else found.set(rule.policy_id, [{ rule, key }])
    }
  return found
}
