import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import type { GroupRow, MembershipRow, Schema } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { foldName, nameKey } from '../names.ts'

/** Databases bound the number of parameters in one statement. */
const CHUNK = 500

export const find = (db: Reader, domain: string, name: string): Promise<GroupRow | undefined> =>
  db.row('groups', { domain_id: domain, name_key: nameKey(name) })

export const membership = (
  db: Reader,
  group: Pick<GroupRow, 'id'>,
  userId: string,
): Promise<MembershipRow | undefined> =>
  db.row('memberships', { group_id: group.id, user_id: userId })

/** How many users each of these groups has; groups without any are left out. */
export async function userCounts(
  db: Reader,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (let at = 0; at < ids.length; at += CHUNK) {
    const rows = await db
      .selectFrom('memberships')
      .select((eb) => ['group_id', eb.fn.countAll<number | string>().as('users')])
      .where('group_id', 'in', ids.slice(at, at + CHUNK))
      .groupBy('group_id')
      .execute()
    for (const { group_id, users } of rows) counts.set(group_id, Number(users))
  }
  return counts
}

export const userCount = async (db: Reader, group: Pick<GroupRow, 'id'>): Promise<number> =>
  (await userCounts(db, [group.id])).get(group.id) ?? 0

export interface Filters {
  readonly name?: string | undefined
  /** Groups with this user in them, groups without, or groups without any. */
  readonly users?: { readonly with: string } | { readonly without: string } | 'none' | undefined
}

const groupList = listing({
  table: 'groups',
  sort: {
    name: { column: 'name_key', unique: true },
    created_at: { column: 'created_at' },
    updated_at: { column: 'updated_at' },
  },
  filters: { name: { column: 'name_key', fold: foldName } },
  order: 'name',
})

/** One page of a domain's groups, by name without case. */
export const page = (
  db: Reader,
  domain: string,
  page: Page,
  { name, users }: Filters,
): Promise<Listed<GroupRow>> =>
  list(db, groupList, {
    domain,
    page,
    filters: { name },
    where: users && ((eb) => byUsers(eb, users)),
  })

type Groups = ExpressionBuilder<Schema, 'groups'>

function byUsers(eb: Groups, users: NonNullable<Filters['users']>): Expression<SqlBool> {
  if (users === 'none') return eb.not(eb.exists(members(eb)))
  return 'with' in users
    ? eb.exists(members(eb).where('user_id', '=', users.with))
    : eb.not(eb.exists(members(eb).where('user_id', '=', users.without)))
}

const members = (eb: Groups) =>
  eb.selectFrom('memberships').select('user_id').whereRef('memberships.group_id', '=', 'groups.id')
