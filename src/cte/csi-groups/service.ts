import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import { list, listing } from '../../store/list.ts'
import type { CteCsiGroupRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { clients } from '../clients/find.ts'
import { listClients } from '../clients/list.ts'
import { presentAll as presentClients } from '../clients/present.ts'
import { fits } from '../glob.ts'
import { guardPointsOf, removeGuardPoint } from '../guard-points/store.ts'
import { hold } from '../hold.ts'
import { joinAll, leaveAll } from '../members/change.ts'
import { clientsNamed, leave, membership, membersOf } from '../members/members.ts'
import { changedIn } from '../noted.ts'
import { profileFor, profileNames } from '../profiles/find.ts'
import {
  changedColumns,
  existing,
  namedFilters,
  namedSort,
  nameTaken,
  newColumns,
  presentNamed,
} from '../records.ts'
import type { CsiGroup, cteCsiGroups } from './contract.ts'
import { csiGroups } from './find.ts'
import {
  csiGuardPoint,
  guardByPolicies,
  policiesFitting,
  present as presentGp,
} from './guard-points.ts'

const groupList = listing({
  table: 'cte_csi_groups',
  sort: {
    ...namedSort,
    k8s_namespace: { column: 'k8s_namespace' },
    k8s_storage_class: { column: 'k8s_storage_class' },
  },
  filters: {
    ...namedFilters,
    k8s_namespace: { column: 'k8s_namespace' },
    k8s_storage_class: { column: 'k8s_storage_class' },
  },
  order: '-updatedAt',
})

const guardPointList = listing({
  table: 'cte_guard_points',
  sort: {
    policy_name: { column: 'policy_ref' },
    guard_enabled: { column: 'guard_enabled' },
    createdAt: { column: 'created_at' },
    updatedAt: { column: 'updated_at' },
  },
  filters: {},
  order: '-updatedAt',
})

type Add = Handlers<Context, typeof cteCsiGroups>['addClients']
/** The product lets agents join by themselves alone; what its clients send is taken for clients of that type. */
const add: Add = (context, { params, body }) => {
  context.note({ group: params.id, clients: body.client_list })
  return context.transact(async (tx) => {
    const group = await existing(context, csiGroups, params.id)
    const found = await clientsNamed(context, body.client_list ?? [])
    for (const { name, client_type } of found)
      if (client_type !== 'CSI')
        throw new Fault(
          'invalid-parameter',
          `client_list: ${quote(name)} is of type ${client_type}, and storage groups take CSI`,
        )
    hold(tx, 'cte_csi_groups', group)
    return { association_response: await joinAll(context, tx, 'csi-group', group, found) }
  })
}

export const csiGroupHandlers: Handlers<Context, typeof cteCsiGroups> = {
  async list(context, { query }) {
    const { rows, total, messages } = await list(context.read, groupList, {
      domain: context.caller.domain,
      page: query,
      filters: {
        id: query.id,
        name: query.name,
        description: query.description,
        k8s_namespace: query.k8s_namespace,
        k8s_storage_class: query.k8s_storage_class,
      },
    })
    for (const message of messages) context.say(message)
    const { skip, limit } = query
    return { skip, limit, total, resources: await presentAll(context, rows) }
  },

  async create(context, { body }) {
    const { caller, now, transact } = context
    const columns = newColumns(caller.domain, csiGroups, body, stamp(now()))
    context.note({ name: columns.name })
    await profileFor(context, body.client_profile)
    const row = await transact(async (tx) => {
      const profile = await profileFor(context, body.client_profile)
      hold(tx, 'cte_profiles', profile)
      tx.count(caller.domain, 'cte_csi_groups', 1)
      return tx.insert(
        'cte_csi_groups',
        {
          ...columns,
          k8s_namespace: body.k8s_namespace,
          k8s_storage_class: body.k8s_storage_class,
          profile_id: profile.id,
        },
        { duplicate: nameTaken(csiGroups, columns.name) },
      )
    })
    return presentOne(context, row)
  },

  async get(context, { params }) {
    return presentOne(context, await existing(context, csiGroups, params.id))
  },

  async update(context, { params, body }) {
    context.note({ changed: changedIn(body) })
    const row = await change(context, params.id, async (tx, group) => {
      const profile =
        body.client_profile === undefined
          ? undefined
          : await profileFor(context, body.client_profile)
      if (profile && profile.id !== group.profile_id) hold(tx, 'cte_profiles', profile)
      return { ...changedColumns(body), ...(profile && { profile_id: profile.id }) }
    })
    return presentOne(context, row)
  },

  async delete(context, { params }) {
    const { read, transact } = context
    context.note({ group: params.id })
    await transact(async (tx) => {
      const group = await existing(context, csiGroups, params.id)
      context.note({ id: group.id, name: group.name })
      for (const row of await membersOf(read, group)) leave(tx, row)
      for (const row of await guardPointsOf(read, group)) removeGuardPoint(tx, row)
      tx.remove('cte_csi_groups', group)
      tx.count(group.domain_id, 'cte_csi_groups', -1)
    })
    return undefined
  },

  async listClients(context, { params, query }) {
    const group = await existing(context, csiGroups, params.id)
    const { rows, total, messages } = await listClients(context, query, query, group)
    for (const message of messages) context.say(message)
    const { skip, limit } = query
    return { skip, limit, total, resources: await presentClients(context, rows) }
  },

  addClients: add,
  patchClients: add,

  async getClient(context, { params }) {
    const group = await existing(context, csiGroups, params.id)
    const client = await existing(context, clients, params.client_id)
    const row = await membership(context.read, group, client)
    if (!row) throw notFound('client of the group', params.client_id)
    return {
      id: row.id,
      client_id: client.id,
      client_name: client.name,
      csigroup_id: group.id,
      csigroup_name: group.name,
      createdAt: wireTime(row.created_at),
    }
  },

  async removeClient(context, { params }) {
    context.note({ client: params.client_id })
    await change(context, params.id, async (tx, group) => {
      await leaveAll(context, tx, group, [params.client_id])
      return {}
    })
    return undefined
  },

  async listGuardPoints(context, { params, query }) {
    const { caller, read } = context
    const { skip, limit, guard_enabled, policy_id, policy_name } = query
    const group = await existing(context, csiGroups, params.id)
    const ids =
      policy_id === undefined && policy_name === undefined
        ? undefined
        : await policiesFitting(
            read,
            caller.domain,
            ({ id, name }) =>
              (policy_id === undefined || id === policy_id || name === policy_id) &&
              fits(policy_name ?? '*', name),
          )
    const { rows, total, messages } = await list(read, guardPointList, {
      domain: caller.domain,
      page: query,
      where: (eb) =>
        eb.and([
          eb('cte_guard_points.owner_id', '=', group.id),
          ...(guard_enabled === undefined
            ? []
            : [eb('cte_guard_points.guard_enabled', '=', guard_enabled ? 1 : 0)]),
          ...(ids === undefined ? [] : [eb('cte_guard_points.policy_id', 'in', ids)]),
        ]),
    })
    for (const message of messages) context.say(message)
    return { skip, limit, total, resources: rows.map((row) => presentGp(row, group)) }
  },

  async createGuardPoints(context, { params, body }) {
    context.note({ group: params.id, policies: body.policy_list })
    return context.transact(async (tx) => {
      const made = await guardByPolicies(context, tx, params.id, body.policy_list)
      return { guardpoints: made.map((guardpoint) => ({ guardpoint })) }
    })
  },

  async getGuardPoint(context, { params }) {
    return presentGp(...(await csiGuardPoint(context, params.gp_id)))
  },

  async updateGuardPoint(context, { params, body: { guard_enabled } }) {
    context.note({ guard_point: params.gp_id, guard_enabled })
    return context.transact(async (tx) => {
      const [row, group] = await csiGuardPoint(context, params.gp_id)
      const after = tx.update('cte_guard_points', row, {
        guard_enabled: guard_enabled ? 1 : 0,
        updated_at: stamp(context.now()),
      })
      return presentGp(after, group)
    })
  },

  async deleteGuardPoint(context, { params }) {
    context.note({ guard_point: params.gp_id })
    await context.transact(async (tx) => {
      const [row] = await csiGuardPoint(context, params.gp_id)
      removeGuardPoint(tx, row)
    })
    return undefined
  },
}

type Changes = Partial<Omit<CteCsiGroupRow, 'id' | 'domain_id' | 'version' | 'seal'>>

const change = (
  context: Context,
  reference: string,
  changes: (tx: Writer, group: CteCsiGroupRow) => Promise<Changes>,
): Promise<CteCsiGroupRow> => {
  context.note({ group: reference })
  return context.transact(async (tx) => {
    const group = await existing(context, csiGroups, reference)
    context.note({ id: group.id, name: group.name })
    return tx.update('cte_csi_groups', group, {
      ...(await changes(tx, group)),
      updated_at: stamp(context.now()),
    })
  })
}

async function presentAll(context: Context, rows: readonly CteCsiGroupRow[]): Promise<CsiGroup[]> {
  const names = await profileNames(context, rows)
  return rows.map((row) => present(row, names.get(row.profile_id) ?? ''))
}

async function presentOne(context: Context, row: CteCsiGroupRow): Promise<CsiGroup> {
  const [group] = await presentAll(context, [row])
  return group as CsiGroup
}

/** The one place where a storage group becomes JSON. */
const present = (row: CteCsiGroupRow, profileName: string): CsiGroup => ({
  ...presentNamed(csiGroups, row),
  k8s_namespace: row.k8s_namespace,
  k8s_storage_class: row.k8s_storage_class,
  client_profile: profileName,
  client_profile_id: row.profile_id,
  client_profile_name: profileName,
})
