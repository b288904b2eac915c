import type { Context } from '../../context.ts'
import { wireTime } from '../../kit/time.ts'
import type { CteGuardPointRow, CtePolicyRow } from '../../store/schema.ts'
import { UNREGISTERED } from '../clients/present.ts'
import { stateOf } from '../guard-points/present.ts'
import type { ReportName, RowOf } from './contract.ts'
import { all, byId, type Guarding, guardings, keysOfPolicies } from './gather.ts'

type Reading = Pick<Context, 'read' | 'caller'>

type Makers = {
  readonly [Name in ReportName]: (reading: Reading) => Promise<RowOf<Name>[]>
}

const guardPointFields = (row: CteGuardPointRow, policy: CtePolicyRow | undefined) => ({
  guard_point_id: row.id,
  guard_path: row.guard_path,
  guard_point_type: row.guard_point_type,
  guard_point_state: stateOf(row),
  guard_enabled: row.guard_enabled === 1,
  policy_id: policy?.id ?? '',
  policy_name: policy?.name ?? '',
})

/** Each of these once, by what tells them apart. */
function once<Item>(items: readonly Item[], name: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [name(item), item])).values()]
}

const withPolicy = (guarded: readonly Guarding[]) =>
  once(
    guarded.flatMap(({ client, policy }) => (policy ? [{ client, policy }] : [])),
    ({ client, policy }) => `${client.id} ${policy.id}`,
  )

export const makers: Makers = {
  async clientsGuardStatus(reading) {
    return (await guardings(reading)).map(({ client, group, guardPoint, policy }) => ({
      client_id: client.id,
      client_name: client.name,
      client_health_status: UNREGISTERED.client_health_status,
      os_type: UNREGISTERED.os_type,
      ...guardPointFields(guardPoint, policy),
      client_group_name: group?.name ?? '',
    }))
  },

  async clientsKeys(reading) {
    const keys = await keysOfPolicies(reading)
    const named = withPolicy(await guardings(reading)).flatMap(({ client, policy }) =>
      (keys.get(policy.id) ?? []).map(({ key }) => ({
        client_id: client.id,
        client_name: client.name,
        key_id: key.key_id,
        key_name: key.name,
        policy_name: policy.name,
      })),
    )
    return once(named, (row) => `${row.client_id} ${row.key_name} ${row.policy_name}`)
  },

  async clientsPolicies(reading) {
    return withPolicy(await guardings(reading)).map(({ client, policy }) => ({
      client_id: client.id,
      client_name: client.name,
      policy_id: policy.id,
      policy_name: policy.name,
      policy_type: policy.policy_type,
    }))
  },

  async clientsProfiles(reading) {
    const profiles = byId(await all(reading, 'cte_profiles'))
    return (await all(reading, 'cte_clients')).map((client) => ({
      client_id: client.id,
      client_name: client.name,
      profile_id: client.profile_id,
      profile_name: profiles.get(client.profile_id)?.name ?? '',
    }))
  },

  async clients(reading) {
    const profiles = byId(await all(reading, 'cte_profiles'))
    const groups = byId(await all(reading, 'cte_client_groups'))
    const guarded = new Map<string, number>()
    for (const { client } of await guardings(reading))
      guarded.set(client.id, (guarded.get(client.id) ?? 0) + 1)
    const groupsOf = new Map<string, string[]>()
    for (const { owner_id, client_id } of await all(reading, 'cte_memberships')) {
      const group = groups.get(owner_id)
      if (group) groupsOf.set(client_id, [...(groupsOf.get(client_id) ?? []), group.name])
    }
    const { client_health_status, client_version, os_type } = UNREGISTERED
    return (await all(reading, 'cte_clients')).map((client) => ({
      client_id: client.id,
      client_name: client.name,
      client_type: client.client_type,
      client_health_status,
      client_version,
      os_type,
      profile_name: profiles.get(client.profile_id)?.name ?? '',
      enabled_capabilities: client.enabled_capabilities,
      protection_mode: client.protection_mode,
      guard_points: guarded.get(client.id) ?? 0,
      client_groups: (groupsOf.get(client.id) ?? []).sort().join(','),
      created_at: wireTime(client.created_at),
    }))
  },

  async guardPoints(reading) {
    const policies = byId(await all(reading, 'cte_policies'))
    const clients = byId(await all(reading, 'cte_clients'))
    const groups = byId(await all(reading, 'cte_client_groups'))
    const csiGroups = byId(await all(reading, 'cte_csi_groups'))
    return (await all(reading, 'cte_guard_points')).map((row) => ({
      ...guardPointFields(row, row.policy_id === null ? undefined : policies.get(row.policy_id)),
      client_name: clients.get(row.owner_id)?.name ?? '',
      client_group_name: groups.get(row.owner_id)?.name ?? '',
      csigroup_name: csiGroups.get(row.owner_id)?.name ?? '',
      created_at: wireTime(row.created_at),
    }))
  },

  async policiesKeys(reading) {
    const keys = await keysOfPolicies(reading)
    const named = (await all(reading, 'cte_policies')).flatMap((policy) =>
      (keys.get(policy.id) ?? []).map(({ rule, key }) => ({
        policy_id: policy.id,
        policy_name: policy.name,
        policy_type: policy.policy_type,
        key_id: key.key_id,
        key_name: key.name,
        rule: rule.kind,
      })),
    )
    return once(named, (row) => `${row.policy_id} ${row.key_name} ${row.rule}`)
  },
}
