import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { Caller } from '../../context.ts'
import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import { matchOf } from '../../store/pattern.ts'
import type { GroupRow, LoginRow, MembershipRow, Schema, UserRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { foldName, type UserReference } from '../names.ts'
import { GLOBAL_POLICY } from '../password-policies/store.ts'
import { domainName } from './present.ts'

/** Databases bound the number of parameters in one statement. */
const CHUNK = 500

/** The user that a reference means, in the caller's domain. */
export function find(
  db: Reader,
  caller: Pick<Caller, 'domain' | 'userId'>,
  reference: UserReference,
): Promise<UserRow | undefined> {
  const domain_id = caller.domain
  if (reference.kind === 'username')
    return db.row('users', { domain_id, username_key: reference.key })
  return db.row('users', {
    id: reference.kind === 'self' ? caller.userId : reference.id,
    domain_id,
  })
}

export const loginOf = (db: Reader, userId: string): Promise<LoginRow | undefined> =>
  db.row('logins', { user_id: userId })

export const loginsOf = (db: Reader, userIds: readonly string[]): Promise<LoginRow[]> =>
  inChunks(userIds, (ids) =>
    db.selectFrom('logins').selectAll().where('user_id', 'in', ids).execute(),
  )

export const membershipsOf = (db: Reader, userIds: readonly string[]): Promise<MembershipRow[]> =>
  inChunks(userIds, (ids) =>
    db.selectFrom('memberships').selectAll().where('user_id', 'in', ids).execute(),
  )

export const groupsById = (db: Reader, ids: readonly string[]): Promise<GroupRow[]> =>
  inChunks([...new Set(ids)], (some) =>
    db.selectFrom('groups').selectAll().where('id', 'in', some).execute(),
  )

/** The groups that one user is in. */
export async function groupsOf(db: Reader, userId: string): Promise<GroupRow[]> {
  const memberships = await membershipsOf(db, [userId])
  return groupsById(
    db,
    memberships.map((row) => row.group_id),
  )
}

async function inChunks<Row>(
  ids: readonly string[],
  read: (ids: readonly string[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  for (let at = 0; at < ids.length; at += CHUNK)
    rows.push(...(await read(ids.slice(at, at + CHUNK))))
  return rows
}

export const groupsByKey = (
  db: Reader,
  domain: string,
  keys: readonly string[],
): Promise<GroupRow[]> =>
  inChunks(keys, (some) =>
    db
      .selectFrom('groups')
      .selectAll()
      .where('domain_id', '=', domain)
      .where('name_key', 'in', some)
      .execute(),
  )

/** How many sessions a user has in each domain. */
export const sessionCounts = (db: Reader, userId: string) =>
  db
    .selectFrom('refresh_tokens')
    .select((eb) => ['domain_id', eb.fn.countAll<number | string>().as('sessions')])
    .where('user_id', '=', userId)
    .groupBy('domain_id')
    .execute()

export interface Filters {
  readonly id: string | undefined
  readonly username: string | undefined
  readonly name: string | undefined
  readonly email: string | undefined
  readonly domainName: string | undefined
  readonly inNoGroup: boolean
  readonly inGroups: readonly string[]
  readonly outsideGroups: readonly string[]
  readonly expired: boolean | undefined
  readonly now: string
  readonly authMethods: readonly string[] | undefined
  readonly clientTypes: readonly string[] | undefined
  readonly policy: string | undefined
}

const userList = listing({
  table: 'users',
  sort: {
    username: { column: 'username_key', unique: true },
    name: { column: 'name', lower: true },
    nickname: { column: 'nickname', lower: true },
    email: { column: 'email', lower: true },
    password_changed_at: { column: 'password_changed_at' },
    password_policy: { column: 'password_policy', nullable: true },
    expires_at: { column: 'expires_at', nullable: true },
    created_at: { column: 'created_at' },
    updated_at: { column: 'updated_at' },
  },
  filters: {
    username: { column: 'username_key', fold: foldName },
    name: { column: 'name', lower: true },
    email: { column: 'email', lower: true },
  },
  order: 'created_at',
})

/** One page of a domain's users, by `created_at` unless the query sorts otherwise. */
export function page(
  db: Reader,
  domain: string,
  page: Page,
  filters: Filters,
): Promise<Listed<UserRow>> {
  const { username, name, email } = filters
  const conditions = conditionsOf(domain, filters)
  return list(db, userList, {
    domain,
    page,
    filters: { username, name, email },
    where:
      conditions.length === 0
        ? undefined
        : (eb) => eb.and(conditions.map((condition) => condition(eb))),
  })
}

type Users = ExpressionBuilder<Schema, 'users'>
type Condition = (eb: Users) => Expression<SqlBool>

function conditionsOf(domain: string, filters: Filters): readonly Condition[] {
  const { id, expired, authMethods, clientTypes, policy } = filters
  const found: Condition[] = []
  const add = (condition: Condition) => found.push(condition)
  if (id !== undefined) add((eb) => eb('id', '=', id))
  if (filters.domainName !== undefined) {
    const wanted = matchOf(filters.domainName, foldName)
    const name = domainName(domain)
    add((eb) =>
      'equals' in wanted
        ? eb(eb.val(name), '=', wanted.equals)
        : sql<SqlBool>`${name} like ${wanted.like} escape '\\'`,
    )
  }
  if (filters.inNoGroup) add((eb) => eb.not(eb.exists(memberships(eb))))
  for (const group of filters.inGroups)
    add((eb) => eb.exists(memberships(eb).where('group_id', '=', group)))
  if (filters.outsideGroups.length > 0)
    add((eb) => eb.not(eb.exists(memberships(eb).where('group_id', 'in', filters.outsideGroups))))
  if (expired === true) add((eb) => eb('expires_at', '<=', filters.now))
  if (expired === false)
    add((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', filters.now)]))
  if (authMethods) add((eb) => oneOf(eb, 'allowed_auth_methods', authMethods))
  if (clientTypes) add((eb) => oneOf(eb, 'allowed_client_types', clientTypes))
  if (policy === GLOBAL_POLICY)
    add((eb) => eb.or([eb('password_policy', 'is', null), eb('password_policy', '=', policy)]))
  else if (policy !== undefined) add((eb) => eb('password_policy', '=', policy))
  return found
}

const memberships = (eb: Users) =>
  eb.selectFrom('memberships').select('group_id').whereRef('memberships.user_id', '=', 'users.id')

const oneOf = (
  eb: Users,
  column: 'allowed_auth_methods' | 'allowed_client_types',
  values: readonly string[],
): Expression<SqlBool> => (values.length === 0 ? eb('id', '=', '') : eb(column, 'in', values))
