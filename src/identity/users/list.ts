import type { Context } from '../../context.ts'
import type { Input, Output } from '../../kit/endpoint.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type { UserRow } from '../../store/schema.ts'
import { nameKey } from '../names.ts'
import { AUTH_METHODS, CLIENT_TYPES, type users } from './contract.ts'
import { present } from './present.ts'
import * as store from './store.ts'

type Query = Input<typeof users.list>['query']

/** `groups=nil`: users in no group; `allowed_…=empty`: users allowed nothing. */
const NO_GROUPS = 'nil'
const NOTHING = 'empty'

/** Callers without permission to read users see a list of themselves (reference 3.1, A8). */
export async function listUsers(
  context: Context,
  { query }: Input<typeof users.list>,
): Promise<Output<typeof users.list>> {
  const { caller, read } = context
  const filters = await filtersOf(context, query)
  const { rows, total, messages } = await store.page(read, caller.domain, query, filters)
  for (const message of messages) context.say(message)
  const ids = rows.map((row) => row.id)
  const logins = new Map((await store.loginsOf(read, ids)).map((login) => [login.user_id, login]))
  const groups = query.return_groups ? await groupNames(context, rows) : undefined
  return {
    skip: query.skip,
    limit: query.limit,
    total,
    resources: rows.map((row) =>
      present(row, logins.get(row.id), {
        domainName: true,
        groups: groups && (groups.get(row.id) ?? []),
      }),
    ),
  }
}

async function filtersOf(context: Context, query: Query): Promise<store.Filters> {
  const names = [...(query.group ? [query.group] : []), ...(query.groups ?? [])]
  const inGroups = names.filter((name) => name !== NO_GROUPS)
  return {
    id: context.may('ReadUser', 'usermgmt:users') ? undefined : context.caller.userId,
    username: query.username,
    name: query.name,
    email: query.email,
    domainName: query.auth_domain_name,
    inNoGroup: names.includes(NO_GROUPS),
    inGroups: await groupIds(context, inGroups),
    outsideGroups: await groupIds(context, query.exclude_groups ?? []),
    expired: query.account_expired,
    now: timeText(context.now()),
    authMethods: allowing('allowed_auth_methods', AUTH_METHODS, query.allowed_auth_methods),
    clientTypes: allowing('allowed_client_types', CLIENT_TYPES, query.allowed_client_types),
    policy: query.password_policy,
  }
}

/** The ids of groups by name; `unknown` where there is no such group. */
async function groupIds({ caller, read }: Context, names: readonly string[]) {
  if (names.length === 0) return []
  const keys = [...new Set(names.map(nameKey))]
  const rows = await store.groupsByKey(read, caller.domain, keys)
  const ids = new Map(rows.map((row) => [row.name_key, row.id]))
  return keys.map((key) => ids.get(key) ?? 'unknown')
}

/** Every stored list that allows all that is asked for; the columns hold one of a few fixed texts. */
function allowing(
  field: string,
  all: readonly string[],
  asked: readonly string[] | undefined,
): readonly string[] | undefined {
  if (asked === undefined || asked.length === 0) return undefined
  if (asked.includes(NOTHING)) return asked.every((item) => item === NOTHING) ? [''] : []
  for (const item of asked)
    if (!all.includes(item))
      throw new Fault('invalid', `Validation errors:\n ${field}: ${quote(item)} is not known`)
  return subsets(all)
    .filter((set) => asked.every((item) => set.includes(item)))
    .map((set) => set.join(','))
}

function subsets([first, ...rest]: readonly string[]): readonly (readonly string[])[] {
  if (first === undefined) return [[]]
  const without = subsets(rest)
  return [...without, ...without.map((set) => [first, ...set])]
}

async function groupNames({ read }: Context, rows: readonly UserRow[]) {
  const memberships = await store.membershipsOf(
    read,
    rows.map((row) => row.id),
  )
  const groups = await store.groupsById(
    read,
    memberships.map((row) => row.group_id),
  )
  const nameOf = new Map(groups.map((group) => [group.id, group.name]))
  const names = new Map<string, string[]>()
  for (const { user_id, group_id } of memberships) {
    const name = nameOf.get(group_id)
    if (name !== undefined) names.set(user_id, [...(names.get(user_id) ?? []), name].sort())
  }
  return names
}
