import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import type { Handlers, Input } from '../../kit/endpoint.ts'
import { Fault, notBuilt, notFound, quote } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import { createTurns } from '../../kit/turns.ts'
import type { GroupRow, Sealed, UserRow } from '../../store/schema.ts'
import { ADMIN_GROUP, mayManage } from '../duties.ts'
import { storedMetadata } from '../metadata.ts'
import { checkedGroupName, meansCaller, nameKey, normalName, userIdFromPath } from '../names.ts'
import * as users from '../users/store.ts'
import type { Group, groups } from './contract.ts'
import { keepOneMember } from './members.ts'
import * as store from './store.ts'

const NONE = 'nil'
const UNKNOWN = 'unknown'

export const groupHandlers: Handlers<Context, typeof groups> = {
  async list(context, { query }) {
    const { caller, read } = context
    demandBuilt(query)
    const { rows, total, messages } = await store.page(read, caller.domain, query, {
      name: query.name,
      users: query.users ? await usersFilter(context, query.users) : undefined,
    })
    for (const message of messages) context.say(message)
    const counts = await store.userCounts(
      read,
      rows.map((row) => row.id),
    )
    return {
      skip: query.skip,
      limit: query.limit,
      total,
      resources: rows.map((row) => present(row, counts.get(row.id) ?? 0)),
    }
  },

  async create(context, { body }) {
    const { caller, now, transact } = context
    const name = checkedGroupName(body.name)
    context.note({ group: name })
    const at = stamp(now())
    const fields = {
      description: null,
      user_metadata: null,
      app_metadata: null,
      client_metadata: null,
    }
    const row = await transact((tx) => {
      tx.count(caller.domain, 'groups', 1)
      return tx.insert(
        'groups',
        {
          ...fields,
          ...changedDetails(body),
          id: randomUUID(),
          domain_id: caller.domain,
          name,
          name_key: nameKey(name),
          system: 0,
          created_at: at,
          updated_at: at,
        },
        { duplicate: taken(name) },
      )
    })
    return present(row, 0)
  },

  async get(context, { params }) {
    const row = await existing(context, params.name)
    return present(row, await store.userCount(context.read, row))
  },

  async update(context, { params, body }) {
    const { now, read, transact } = context
    context.note({ group: params.name, changed: Object.keys(body) })
    const newName = body.name ? normalName(body.name) : undefined
    return transact(async (tx) => {
      const group = await existing(context, params.name)
      const changes: Changes = changedDetails(body)
      if (newName !== undefined && newName !== group.name) {
        if (group.system === 1)
          throw new Fault('forbidden', `the predefined group ${quote(group.name)} keeps its name`)
        changes.name = checkedGroupName(newName)
        changes.name_key = nameKey(newName)
        tx.changesAuthority()
      }
      const count = await store.userCount(read, group)
      if (Object.keys(changes).length === 0) return present(group, count)
      const changed = tx.update(
        'groups',
        group,
        { ...changes, updated_at: stamp(now()) },
        { duplicate: taken(newName ?? group.name) },
      )
      return present(changed, count)
    })
  },

  async delete(context, { params }) {
    const { transact } = context
    context.note({ group: params.name })
    await transact(async (tx) => {
      const group = await existing(context, params.name)
      if (group.system === 1)
        throw new Fault('forbidden', `the predefined group ${quote(group.name)} cannot be deleted`)
      // Whoever adds a member raises the group's version, so none can slip in between the two.
      tx.remove('groups', group)
      tx.run(tx.deleteFrom('memberships').where('group_id', '=', group.id))
      tx.count(group.domain_id, 'groups', -1)
      tx.changesAuthority()
    })
    return undefined
  },

  async addUser(context, { params }) {
    const { now, read, transact } = context
    context.note({ group: params.name, user_id: params.user_id })
    return memberships(turnOf(context, params.name), () =>
      transact(async (tx) => {
        const { group, user } = await manageable(context, params)
        const count = await store.userCount(read, group)
        if (await store.membership(read, group, user.id)) return present(group, count)
        const at = stamp(now())
        // Both are raised first: a group or user that goes meanwhile, or a second call for the same pair, is seen so.
        const changed = tx.update('groups', group, { updated_at: at })
        tx.update('users', user, {})
        tx.insert('memberships', {
          group_id: group.id,
          user_id: user.id,
          domain_id: group.domain_id,
          created_at: at,
        })
        tx.changesAuthority()
        return present(changed, count + 1)
      }),
    )
  },

  async removeUser(context, { params }) {
    const { now, read, transact } = context
    context.note({ group: params.name, user_id: params.user_id })
    await memberships(turnOf(context, params.name), () =>
      transact(async (tx) => {
        const { group, user } = await manageable(context, params)
        const membership = await store.membership(read, group, user.id)
        if (!membership) return
        if (group.system === 1 && group.name === ADMIN_GROUP)
          await keepOneMember(context, tx, group)
        else tx.update('groups', group, { updated_at: stamp(now()) })
        tx.remove('memberships', membership)
        tx.changesAuthority()
      }),
    )
    return undefined
  },
}

/** Changes of one group's members all raise the group's row. */
const memberships = createTurns()
const turnOf = ({ caller }: Context, name: string): string => `${caller.domain}/${nameKey(name)}`

type Changes = Partial<Omit<GroupRow, keyof Sealed>>

/** What the API has and needs clients or identity connections. */
function demandBuilt({ clients, connection }: Input<typeof groups.list>['query']): void {
  if (clients && clients !== NONE) throw notBuilt('listing groups by client')
  if (connection && connection !== 'local_account')
    throw notBuilt(`the connection ${quote(connection)}`)
}

/** Who is in which group is told to those who may read users; everyone may ask about himself (A8). */
async function usersFilter(context: Context, text: string): Promise<store.Filters['users']> {
  if (text === NONE) return 'none'
  const { caller, read } = context
  const isWithout = text.startsWith('-')
  const reference = userIdFromPath(isWithout ? text.slice(1) : text)
  const isSelf = meansCaller(reference, caller)
  if (!isSelf) context.authorize('ReadUser', 'usermgmt:users')
  const id = isSelf ? caller.userId : ((await users.find(read, caller, reference))?.id ?? UNKNOWN)
  return isWithout ? { without: id } : { with: id }
}

async function existing({ caller, read }: Context, name: string): Promise<GroupRow> {
  const row = await store.find(read, caller.domain, name)
  if (!row) throw notFound('group', name)
  return row
}

/** A group whose members this caller may choose, and the user it is about. Throws 'forbidden' before it looks for the user (A5). */
async function manageable(
  context: Context,
  { name, user_id }: { readonly name: string; readonly user_id: string },
): Promise<{ readonly group: GroupRow; readonly user: UserRow }> {
  const { caller, read } = context
  const group = await existing(context, name)
  if (group.system === 1 && !mayManage(caller.groups, [group.name]))
    throw new Fault(
      'forbidden',
      `the members of ${quote(group.name)} are chosen by those who hold its powers`,
    )
  const user = await users.find(read, caller, userIdFromPath(user_id))
  if (!user) throw notFound('user', user_id)
  return { group, user }
}

type Details = Omit<Input<typeof groups.update>['body'], 'name'>

/** An empty description is none. `system` is said by the row, never by metadata. */
function changedDetails(body: Details): Changes {
  const { system: _, ...app } = body.app_metadata ?? {}
  return {
    ...(body.description !== undefined && { description: body.description || null }),
    ...(body.user_metadata && {
      user_metadata: storedMetadata('user_metadata', body.user_metadata),
    }),
    ...(body.app_metadata && { app_metadata: storedMetadata('app_metadata', app) }),
    ...(body.client_metadata && {
      client_metadata: storedMetadata('client_metadata', body.client_metadata),
    }),
  }
}

const taken = (name: string): Fault =>
  new Fault('conflict', `the group ${quote(name)} already exists`)

/** The one place where a group becomes JSON. */
export function present(row: GroupRow, usersCount: number): Group {
  const app = {
    ...(row.system === 1 && { system: true }),
    ...(row.app_metadata !== null && JSON.parse(row.app_metadata)),
  }
  return {
    name: row.name,
    ...(row.description !== null && { description: row.description }),
    ...(usersCount > 0 && { users_count: usersCount }),
    ...(row.user_metadata !== null && { user_metadata: JSON.parse(row.user_metadata) }),
    ...(Object.keys(app).length > 0 && { app_metadata: app }),
    ...(row.client_metadata !== null && { client_metadata: JSON.parse(row.client_metadata) }),
    created_at: wireTime(row.created_at),
    updated_at: wireTime(row.updated_at),
  }
}
