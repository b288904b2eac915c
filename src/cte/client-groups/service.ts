import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import { pageFrom } from '../../kit/wire.ts'
import { list, listing } from '../../store/list.ts'
import type { CteClientGroupRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { demandJson } from '../clients/capabilities.ts'
import { clients } from '../clients/find.ts'
import { listClients } from '../clients/list.ts'
import { passwordFrom, passwordOf } from '../clients/passwords.ts'
import { presentAll as presentClients } from '../clients/present.ts'
import { WAITS } from '../clients/service.ts'
import { fits } from '../glob.ts'
import { guardPointsOf } from '../guard-points/store.ts'
import { hold } from '../hold.ts'
import { clientsIn, leave, membership, membersOf } from '../members/members.ts'
import { changedIn } from '../noted.ts'
import { profileFor } from '../profiles/find.ts'
import {
  changedColumns,
  existing,
  namedFilters,
  namedSort,
  nameTaken,
  newColumns,
} from '../records.ts'
import { changedGroup, UNSAID } from './change.ts'
import type { cteClientGroups } from './contract.ts'
import { clientGroups, groupsOf } from './find.ts'
import { inherited } from './inherit.ts'
import { addClients, removeClient } from './members.ts'
import { presentAll, presentOne } from './present.ts'

const groupList = listing({
  table: 'cte_client_groups',
  sort: { ...namedSort, cluster_type: { column: 'cluster_type' } },
  filters: { ...namedFilters, cluster_type: { column: 'cluster_type', lower: true } },
  order: '-updatedAt',
})

type Add = Handlers<Context, typeof cteClientGroups>['addClients']
const add: Add = (context, { params, body }) => {
  context.note({ group: params.id, clients: body.client_list })
  return context.transact(async (tx) => ({
    association_response: await addClients(
      context,
      tx,
      params.id,
      body.client_list ?? [],
      body.inherit_attributes ?? false,
    ),
  }))
}

type Pause = Handlers<Context, typeof cteClientGroups>['ldtPause']
const pause: Pause = async (context, { params, body: { paused } }) => {
  const { now, read } = context
  const { id, name } = await change(context, params.id, async (tx, group) => {
    for (const client of await clientsIn(read, await membersOf(read, group)))
      tx.update('cte_clients', client, { ldt_paused: paused ? 1 : 0, updated_at: stamp(now()) })
    return { ldt_paused: paused ? 1 : 0 }
  })
  return { id, name, paused, status: WAITS }
}

export const clientGroupHandlers: Handlers<Context, typeof cteClientGroups> = {
  async list(context, { query }) {
    const { rows, total, messages } = await list(context.read, groupList, {
      domain: context.caller.domain,
      page: query,
      filters: {
        id: query.id,
        name: query.name,
        description: query.description,
        cluster_type: query.cluster_type,
      },
    })
    for (const message of messages) context.say(message)
    const { skip, limit } = query
    return { skip, limit, total, resources: await presentAll(context, rows) }
  },

  async create(context, { body }) {
    const { caller, now, services, transact } = context
    const columns = newColumns(caller.domain, clientGroups, body, stamp(now()))
    context.note({ name: columns.name })
    const password = (await passwordFrom(services, body)) ?? { method: 'GENERATE', phc: null }
    const settings = changedGroup(UNSAID, body)
    await profileFor(context, body.profile_id)
    const row = await transact(async (tx) => {
      const profile = await profileFor(context, body.profile_id)
      hold(tx, 'cte_profiles', profile)
      tx.count(caller.domain, 'cte_client_groups', 1)
      return tx.insert(
        'cte_client_groups',
        {
          ...columns,
          ...settings,
          cluster_type: body.cluster_type ?? 'NON-CLUSTER',
          profile_id: profile.id,
          ldt_paused: 0,
          ...passwordOf(services, 'cte_client_groups', columns, password),
        },
        { duplicate: nameTaken(clientGroups, columns.name) },
      )
    })
    return presentOne(context, row)
  },

  async get(context, { params }) {
    return presentOne(context, await existing(context, clientGroups, params.id))
  },

  async update(context, { params, body }) {
    context.note({ changed: changedIn(body) })
    const { services } = context
    const password = await passwordFrom(services, body)
    const row = await change(context, params.id, async (tx, group) => {
      const profile =
        body.profile_id === undefined ? undefined : await profileFor(context, body.profile_id)
      if (profile && profile.id !== group.profile_id) hold(tx, 'cte_profiles', profile)
      const changes = {
        ...changedColumns(body),
        ...changedGroup(group, body),
        ...(profile && { profile_id: profile.id }),
        ...(password && passwordOf(services, 'cte_client_groups', group, password)),
      }
      await passOn(context, tx, { ...group, ...changes })
      return changes
    })
    return presentOne(context, row)
  },

  async delete(context, { params }) {
    const { read, transact } = context
    context.note({ group: params.id })
    await transact(async (tx) => {
      const group = await existing(context, clientGroups, params.id)
      context.note({ id: group.id, name: group.name })
      const [guardPoint] = await guardPointsOf(read, group)
      if (guardPoint)
        throw new Fault(
          'conflict',
          `the client group ${quote(group.name)} cannot be deleted: it guards ${quote(guardPoint.guard_path)}`,
        )
      for (const row of await membersOf(read, group)) leave(tx, row)
      const { id, domain_id } = group
      for (const set of await read.rows('cte_primary_sets', { domain_id, group_id: id })) {
        for (const row of await membersOf(read, set)) leave(tx, row)
        tx.remove('cte_primary_sets', set)
        tx.count(domain_id, 'cte_primary_sets', -1)
      }
      tx.remove('cte_client_groups', group)
      tx.count(domain_id, 'cte_client_groups', -1)
    })
    return undefined
  },

  async listClients(context, { params, query }) {
    const group = await existing(context, clientGroups, params.id)
    const { rows, total, messages } = await listClients(context, query, query, group)
    for (const message of messages) context.say(message)
    const { skip, limit } = query
    return { skip, limit, total, resources: await presentClients(context, rows) }
  },

  addClients: add,
  patchClients: add,

  async getClient(context, { params }) {
    const group = await existing(context, clientGroups, params.id)
    const client = await existing(context, clients, params.client_id)
    const row = await membership(context.read, group, client)
    if (!row) throw notFound('client of the group', params.client_id)
    return {
      id: row.id,
      client_id: client.id,
      client_name: client.name,
      client_group_id: group.id,
      client_group_name: group.name,
      inherit_attributes: row.inherits === 1,
      createdAt: wireTime(row.created_at),
    }
  },

  async removeClient(context, { params }) {
    context.note({ group: params.id, client: params.client_id })
    await context.transact((tx) => removeClient(context, tx, params.id, params.client_id))
    return undefined
  },

  async groupsOfClient(context, { params, query }) {
    const client = await existing(context, clients, params.id)
    const groups = (await groupsOf(context.read, client))
      .filter(
        ({ id, name, description }) =>
          fits(query.id ?? '*', id) &&
          fits(query.name ?? '*', name) &&
          fits(query.description ?? '*', description),
      )
      .sort((one, other) => (one.name < other.name ? -1 : 1))
    const { skip, limit, total, resources } = pageFrom(groups, query)
    return { skip, limit, total, resources: await presentAll(context, resources) }
  },

  async authBinaries(context, { params, body: { auth_binaries, re_sign } }) {
    demandJson('auth_binaries', auth_binaries)
    const row = await change(context, params.id, async (tx, group) => {
      const changes = auth_binaries === undefined ? {} : { auth_binaries }
      await passOn(context, tx, { ...group, ...changes })
      return changes
    })
    return { ...(await presentOne(context, row)), status: re_sign ? WAITS : '' }
  },

  async password(context, { params, body }) {
    const { services } = context
    const password = await passwordFrom(services, body)
    if (!password) throw new Fault('invalid-parameter', 'password: is required')
    const row = await change(context, params.id, async (_tx, group) =>
      passwordOf(services, 'cte_client_groups', group, password),
    )
    return presentOne(context, row)
  },

  async resetPassword(context, { params, body }) {
    const { services } = context
    const password = (await passwordFrom(services, body)) ?? { method: 'GENERATE', phc: null }
    const row = await change(context, params.id, async (_tx, group) =>
      passwordOf(services, 'cte_client_groups', group, password),
    )
    return { ...(await presentOne(context, row)), status: password.phc === null ? WAITS : '' }
  },

  ldtPause: pause,
  patchLdtPause: pause,
}

type Changes = Partial<Omit<CteClientGroupRow, 'id' | 'domain_id' | 'version' | 'seal'>>

const change = (
  context: Context,
  reference: string,
  changes: (tx: Writer, group: CteClientGroupRow) => Promise<Changes>,
): Promise<CteClientGroupRow> => {
  context.note({ group: reference })
  return context.transact(async (tx) => {
    const group = await existing(context, clientGroups, reference)
    context.note({ id: group.id, name: group.name })
    return tx.update('cte_client_groups', group, {
      ...(await changes(tx, group)),
      updated_at: stamp(context.now()),
    })
  })
}

/** Part of a unit: members that inherit from the group change with it. */
async function passOn({ now, read }: Context, tx: Writer, group: CteClientGroupRow): Promise<void> {
  const inheriting = (await membersOf(read, group)).filter(({ inherits }) => inherits === 1)
  for (const client of await clientsIn(read, inheriting))
    tx.update('cte_clients', client, { ...inherited(group, client), updated_at: stamp(now()) })
}
