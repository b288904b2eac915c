import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import { list, listing } from '../../store/list.ts'
import type { CteClientGroupRow, CteClientRow, CtePrimarySetRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { clientGroups } from '../client-groups/find.ts'
import { hold } from '../hold.ts'
import { ldtGroups } from '../ldt-groups/find.ts'
import { clientsIn, clientsNamed, join, leave, membership, membersOf } from '../members/members.ts'
import { existing, nameFor, presentIdentity, sameLetters } from '../records.ts'
import type { ctePrimarySets, PrimarySet } from './contract.ts'
import { primarySetNamed } from './find.ts'

const setList = listing({
  table: 'cte_primary_sets',
  sort: {
    name: { column: 'name' },
    createdAt: { column: 'created_at' },
    updatedAt: { column: 'updated_at' },
  },
  filters: { name: { column: 'name', fold: sameLetters } },
  order: '-updatedAt',
})

/** Names are told apart among the sets of their group. */
const named = { ...clientGroups, what: 'primary set' } as typeof clientGroups

export const primarySetHandlers: Handlers<Context, typeof ctePrimarySets> = {
  async list(context, { params, query }) {
    const { caller, read } = context
    const group = await existing(context, clientGroups, params.id)
    const { rows, total, messages } = await list(read, setList, {
      domain: caller.domain,
      page: query,
      filters: { name: query.name },
      where: (eb) => eb('cte_primary_sets.group_id', '=', group.id),
    })
    for (const message of messages) context.say(message)
    const resources: PrimarySet[] = []
    for (const row of rows) resources.push(await presentRead(read, row))
    return { skip: query.skip, limit: query.limit, total, resources }
  },

  async create(context, { params, body }) {
    const { caller, now, transact } = context
    const name = nameFor(named as never, body.name)
    context.note({ group: params.id, name })
    return transact(async (tx) => {
      const group = await existing(context, clientGroups, params.id)
      const clients = await membersNamed(context, group, body.client_list)
      const ldt =
        body.ldt_comm_group_service_id === undefined
          ? undefined
          : await existing(context, ldtGroups, body.ldt_comm_group_service_id)
      const at = stamp(now())
      const row = tx.insert(
        'cte_primary_sets',
        {
          id: randomUUID(),
          domain_id: caller.domain,
          group_id: group.id,
          name,
          ldt_group_id: ldt?.id ?? null,
          created_at: at,
          updated_at: at,
        },
        { duplicate: new Fault('conflict', `the primary set ${quote(name)} already exists`) },
      )
      tx.count(caller.domain, 'cte_primary_sets', 1)
      for (const client of clients) {
        join(tx, 'primary-set', row, client, { now: now() })
        hold(tx, 'cte_clients', client)
      }
      hold(tx, 'cte_client_groups', group)
      if (ldt) hold(tx, 'cte_ldt_groups', ldt)
      return present(row, clients)
    })
  },

  async get(context, { params }) {
    const group = await existing(context, clientGroups, params.id)
    const row = await primarySetNamed(context.read, group, params.dps_id)
    return presentRead(context.read, row)
  },

  async update(context, { params, body }) {
    const { now, read, transact } = context
    context.note({ group: params.id, set: params.dps_id })
    return transact(async (tx) => {
      const group = await existing(context, clientGroups, params.id)
      const set = await primarySetNamed(read, group, params.dps_id)
      if (body.client_list === undefined) return presentRead(read, set)
      const clients = await membersNamed(context, group, body.client_list)
      const before = await membersOf(read, set)
      const stay = new Set(clients.map(({ id }) => id))
      for (const row of before) if (!stay.has(row.client_id)) leave(tx, row)
      for (const client of clients) {
        if (before.some(({ client_id }) => client_id === client.id)) continue
        join(tx, 'primary-set', set, client, { now: now() })
        hold(tx, 'cte_clients', client)
      }
      hold(tx, 'cte_client_groups', group)
      return present(tx.update('cte_primary_sets', set, { updated_at: stamp(now()) }), clients)
    })
  },

  async delete(context, { params }) {
    const { read, transact } = context
    context.note({ group: params.id, set: params.dps_id })
    await transact(async (tx) => {
      const group = await existing(context, clientGroups, params.id)
      const set = await primarySetNamed(read, group, params.dps_id)
      const user = await read.row('cte_guard_points', {
        domain_id: set.domain_id,
        primary_set_id: set.id,
      })
      if (user)
        throw new Fault(
          'conflict',
          `the primary set ${quote(set.name)} cannot be deleted: guard point ${quote(user.guard_path)} of the group uses it`,
        )
      for (const row of await membersOf(read, set)) leave(tx, row)
      tx.remove('cte_primary_sets', set)
      tx.count(set.domain_id, 'cte_primary_sets', -1)
    })
    return undefined
  },
}

/** Clients that the list names, each of which is in the group. */
async function membersNamed(
  context: Context,
  group: CteClientGroupRow,
  given: string | readonly string[] | undefined,
): Promise<CteClientRow[]> {
  const references = typeof given === 'string' ? given.split(',') : (given ?? [])
  const found = await clientsNamed(
    context,
    references.map((reference) => reference.trim()).filter((reference) => reference !== ''),
  )
  for (const client of found)
    if (!(await membership(context.read, group, client)))
      throw new Fault(
        'invalid-parameter',
        `client_list: ${quote(client.name)} is not in the client group ${quote(group.name)}`,
      )
  return found
}

const clientsOf = async (read: Reader, row: CtePrimarySetRow): Promise<CteClientRow[]> =>
  clientsIn(read, await membersOf(read, row))

const presentRead = async (read: Reader, row: CtePrimarySetRow): Promise<PrimarySet> =>
  present(row, await clientsOf(read, row))

/** The one place where a primary set becomes JSON. */
const present = (row: CtePrimarySetRow, clients: readonly CteClientRow[]): PrimarySet => ({
  ...presentIdentity({ segment: 'dps' }, row),
  dps_id: row.id,
  name: row.name,
  client_group_id: row.group_id,
  ldt_comm_group_service_id: row.ldt_group_id ?? '',
  primary_client_id_list: clients.map(({ id }) => id).join(','),
  primary_client_name_list: clients.map(({ name }) => name).join(','),
})
