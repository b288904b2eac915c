import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import { list, listing } from '../../store/list.ts'
import type { CteLdtGroupRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { listClients } from '../clients/list.ts'
import { presentAll as presentClients, UNREGISTERED } from '../clients/present.ts'
import { hold } from '../hold.ts'
import { joinAll, leaveAll } from '../members/change.ts'
import { clientsNamed, leave, membersOf } from '../members/members.ts'
import { changedIn } from '../noted.ts'
import {
  changedColumns,
  existing,
  namedFilters,
  namedSort,
  nameTaken,
  newColumns,
  presentNamed,
} from '../records.ts'
import type { cteLdtGroups, LdtGroup } from './contract.ts'
import { ldtGroups } from './find.ts'

const groupList = listing({
  table: 'cte_ldt_groups',
  sort: namedSort,
  filters: namedFilters,
  order: '-updatedAt',
})

export const ldtGroupHandlers: Handlers<Context, typeof cteLdtGroups> = {
  async list(context, { query }) {
    const { rows, total, messages } = await list(context.read, groupList, {
      domain: context.caller.domain,
      page: query,
      filters: { id: query.id, name: query.name, description: query.description },
    })
    for (const message of messages) context.say(message)
    return { skip: query.skip, limit: query.limit, total, resources: rows.map(present) }
  },

  async create(context, { body }) {
    const { caller, now, transact } = context
    const columns = newColumns(caller.domain, ldtGroups, body, stamp(now()))
    context.note({ name: columns.name, clients: body.client_list })
    const row = await transact(async (tx) => {
      const clients = await clientsNamed(context, body.client_list ?? [])
      const made = tx.insert('cte_ldt_groups', columns, {
        duplicate: nameTaken(ldtGroups, columns.name),
      })
      tx.count(caller.domain, 'cte_ldt_groups', 1)
      await joinAll(context, tx, 'ldt-group', made, clients)
      return made
    })
    return present(row)
  },

  async get(context, { params }) {
    return present(await existing(context, ldtGroups, params.id))
  },

  async update(context, { params, body }) {
    context.note({ changed: changedIn(body) })
    return present(await change(context, params.id, async () => changedColumns(body)))
  },

  async delete(context, { params }) {
    const { read, transact } = context
    context.note({ group: params.id })
    await transact(async (tx) => {
      const group = await existing(context, ldtGroups, params.id)
      context.note({ id: group.id, name: group.name })
      const set = await read.row('cte_primary_sets', {
        domain_id: group.domain_id,
        ldt_group_id: group.id,
      })
      if (set)
        throw new Fault(
          'conflict',
          `the LDT communication group ${quote(group.name)} cannot be deleted: the primary set ${quote(set.name)} uses it`,
        )
      for (const row of await membersOf(read, group)) leave(tx, row)
      tx.remove('cte_ldt_groups', group)
      tx.count(group.domain_id, 'cte_ldt_groups', -1)
    })
    return undefined
  },

  async listClients(context, { params, query }) {
    const group = await existing(context, ldtGroups, params.id)
    const { rows, total, messages } = await listClients(context, query, query, group)
    for (const message of messages) context.say(message)
    const { skip, limit } = query
    return { skip, limit, total, resources: await presentClients(context, rows) }
  },

  async addClients(context, { params, body }) {
    context.note({ group: params.id, clients: body.client_list })
    return context.transact(async (tx) => {
      const group = await existing(context, ldtGroups, params.id)
      const clients = await clientsNamed(context, body.client_list ?? [])
      hold(tx, 'cte_ldt_groups', group)
      return { association_response: await joinAll(context, tx, 'ldt-group', group, clients) }
    })
  },

  async removeClients(context, { params, body }) {
    context.note({ clients: body.client_list })
    const row = await change(context, params.id, async (tx, group) => {
      await leaveAll(context, tx, group, body.client_list ?? [])
      return {}
    })
    return present(row)
  },

  async removeClient(context, { params }) {
    context.note({ client: params.client_id })
    await change(context, params.id, async (tx, group) => {
      await leaveAll(context, tx, group, [params.client_id])
      return {}
    })
    return undefined
  },

  async statusDetails(context, { params, query }) {
    const group = await existing(context, ldtGroups, params.id)
    const { rows, total } = await listClients(context, query, query, group)
    const { client_health_status, errors, warnings } = UNREGISTERED
    return {
      skip: query.skip,
      limit: query.limit,
      total,
      resources: rows.map(({ id, name }) => ({ id, name, client_health_status, errors, warnings })),
    }
  },
}

type Changes = Partial<Omit<CteLdtGroupRow, 'id' | 'domain_id' | 'version' | 'seal'>>

const change = (
  context: Context,
  reference: string,
  changes: (tx: Writer, group: CteLdtGroupRow) => Promise<Changes>,
): Promise<CteLdtGroupRow> => {
  context.note({ group: reference })
  return context.transact(async (tx) => {
    const group = await existing(context, ldtGroups, reference)
    context.note({ id: group.id, name: group.name })
    return tx.update('cte_ldt_groups', group, {
      ...(await changes(tx, group)),
      updated_at: stamp(context.now()),
    })
  })
}

/** The one place where an LDT communication group becomes JSON. */
const present = (row: CteLdtGroupRow): LdtGroup => ({
  ...presentNamed(ldtGroups, row),
  // As healthy as its members, none of which has registered.
  health_status: UNREGISTERED.client_health_status,
})
