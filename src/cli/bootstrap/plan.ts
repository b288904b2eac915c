import { isDeepStrictEqual } from 'node:util'
import { catalogue } from '../../catalogue.ts'
import { ApiError } from '../../client/api-error.ts'
import type { Client } from '../../client/client.ts'
import type { CallReply } from '../../client/types.ts'
import { SettingsError } from '../settings/index.ts'
import type { GroupWish, PolicyWish, UserWish, Wishes } from './document.ts'
import type { PasswordRules } from './passwords.ts'

/** One thing that is to be done, in the order of the plan. */
export type Step =
  | { readonly do: 'create policy'; readonly wish: PolicyWish }
  | { readonly do: 'update policy'; readonly name: string; readonly changes: Partial<PolicyWish> }
  | { readonly do: 'create user'; readonly wish: UserWish; readonly rules: PasswordRules }
  | {
      readonly do: 'update user'
      readonly name: string
      readonly id: string
      readonly changes: UserChanges
    }
  | { readonly do: 'create group'; readonly wish: GroupWish }
  | {
      readonly do: 'update group'
      readonly name: string
      readonly changes: GroupChanges
    }
  | {
      readonly do: 'add member'
      readonly name: string
      readonly username: string
      /** Undefined for a user that an earlier step makes. */
      readonly id: string | undefined
    }

export interface Plan {
  readonly steps: readonly Step[]
  /** How many policies, users, groups and memberships are as the file wants them. */
  readonly unchanged: number
}

type User = CallReply<typeof catalogue.users.get>
type Policy = CallReply<typeof catalogue.passwordPolicies.get>
type UserChanges = Partial<ReturnType<typeof userBody>>
type GroupChanges = Partial<Omit<GroupWish, 'members' | 'name'>>

/** Compares the file with the server. SettingsError when it names users that neither of them knows. */
export async function planFor(client: Client, wishes: Wishes): Promise<Plan> {
  const steps: Step[] = []
  let unchanged = 0
  const settle = (step: Step | undefined) => {
    if (step === undefined) unchanged++
    else steps.push(step)
  }

  const policies = new Map<string, Policy | undefined>()
  const policyNamed = async (name: string) => {
    if (!policies.has(name)) policies.set(name, await findPolicy(client, name))
    return policies.get(name)
  }
  for (const wish of wishes.password_policies)
    settle(policyStep(wish, await policyNamed(wish.policy_name)))

  const users = new Map<string, User | undefined>()
  const userNamed = async (name: string) => {
    const key = name.toLowerCase()
    if (!users.has(key)) users.set(key, await findUser(client, name))
    return users.get(key)
  }
  for (const wish of wishes.users) {
    const user = await userNamed(wish.username)
    if (user !== undefined) {
      settle(userStep(wish, user))
      continue
    }
    const name = wish.password_policy || 'global'
    const planned = wishes.password_policies.find((policy) => policy.policy_name === name)
    const found = await policyNamed(name)
    settle({ do: 'create user', wish, rules: { ...DEFAULT_RULES, ...found, ...defined(planned) } })
  }

  const missing: string[] = []
  const madeHere = new Set(wishes.users.map(({ username }) => username.toLowerCase()))
  for (const wish of wishes.groups) {
    settle(await groupStep(client, wish))
    for (const username of new Set(wish.members)) {
      const user = await userNamed(username)
      if (user === undefined && !madeHere.has(username.toLowerCase()))
        missing.push(
          `Group ${JSON.stringify(wish.name)} names the member ${JSON.stringify(username)}, who is neither on the server nor in the file.`,
        )
      else if (user?.groups?.some((name) => sameName(name, wish.name))) unchanged++
      else steps.push({ do: 'add member', name: wish.name, username, id: user?.user_id })
    }
  }
  if (missing.length > 0) throw new SettingsError(missing)
  return { steps, unchanged }
}

/** A step as one line of the plan. Never a password. */
export function describe(step: Step): string {
  switch (step.do) {
    case 'create policy':
      return `create password policy ${JSON.stringify(step.wish.policy_name)}`
    case 'update policy':
      return `update password policy ${JSON.stringify(step.name)}: ${fields(step.changes)}`
    case 'create user':
      return `create user ${JSON.stringify(step.wish.username)}`
    case 'update user':
      return `update user ${JSON.stringify(step.name)}: ${fields(step.changes)}`
    case 'create group':
      return `create group ${JSON.stringify(step.wish.name)}`
    case 'update group':
      return `update group ${JSON.stringify(step.name)}: ${fields(step.changes)}`
    case 'add member':
      return `add ${JSON.stringify(step.username)} to group ${JSON.stringify(step.name)}`
  }
}

const fields = (changes: object): string => Object.keys(changes).join(', ')

/** What the server uses where a policy says nothing (reference 4). */
const DEFAULT_RULES: PasswordRules = {
  inclusive_min_total_length: 8,
  inclusive_max_total_length: 30,
  inclusive_min_upper_case: 1,
  inclusive_min_lower_case: 1,
  inclusive_min_digits: 1,
  inclusive_min_other: 1,
}

function policyStep(wish: PolicyWish, found: Policy | undefined): Step | undefined {
  if (found === undefined) return { do: 'create policy', wish }
  const { policy_name: name, ...wanted } = wish
  const changes = differences(wanted, found)
  return isEmpty(changes) ? undefined : { do: 'update policy', name, changes }
}

/** A password and the order to change it are for users that are made: afterwards they are the user's own. */
function userStep(wish: UserWish, found: User): Step | undefined {
  const { password_change_required: _, ...wanted } = userBody(wish)
  // No policy of one's own is the global one, under its name or under none.
  const ownPolicy = found.password_policy ?? (wish.password_policy === 'global' ? 'global' : '')
  const changes = differences(wanted, { ...found, password_policy: ownPolicy })
  return isEmpty(changes)
    ? undefined
    : { do: 'update user', name: wish.username, id: found.user_id, changes }
}

async function groupStep(client: Client, wish: GroupWish): Promise<Step | undefined> {
  const found = await unlessAbsent(
    client.call(catalogue.groups.get, { params: { name: wish.name } }),
  )
  if (found === undefined) return { do: 'create group', wish }
  const { members: _, name, ...wanted } = wish
  const shown = {
    description: '',
    user_metadata: {},
    app_metadata: {},
    client_metadata: {},
    ...found,
  }
  const changes = differences(wanted, shown)
  return isEmpty(changes) ? undefined : { do: 'update group', name, changes }
}

/** The wish as the API takes it. */
export function userBody(wish: UserWish) {
  const { username: _, password_file: _file, password_env: _env, prevent_ui_login, ...rest } = wish
  return {
    ...rest,
    ...(prevent_ui_login === undefined ? {} : { login_flags: { prevent_ui_login } }),
  }
}

/** Those of the wanted fields that are not there as wanted. Lists are sets here, except for the lockout's steps. */
function differences<T extends object>(wanted: T, found: object): Partial<T> {
  const there = found as Readonly<Record<string, unknown>>
  const same = (name: string, value: unknown): boolean => {
    const other = there[name] ?? (name.endsWith('_metadata') ? {} : undefined)
    if (name.startsWith('allowed_') && Array.isArray(value) && Array.isArray(other))
      return isDeepStrictEqual(value.toSorted(), other.toSorted())
    if (name === 'certificate_subject_dn')
      return isDeepStrictEqual(partsOf(String(value)), partsOf(String(other)))
    return isDeepStrictEqual(value, other)
  }
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => value !== undefined && !same(name, value)),
  ) as Partial<T>
}

/** The server keeps a subject in an order of its own (reference 3.4). */
const partsOf = (subject: string): string[] =>
  subject
    .split(/(?<!\\),/)
    .map((part) =>
      part.trim().replace(/^[A-Za-z]+\s*=\s*/, (type) => type.replace(/\s/g, '').toUpperCase()),
    )
    .toSorted()

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const isEmpty = (changes: object): boolean => Object.keys(changes).length === 0

const defined = (policy: PolicyWish | undefined): Partial<PasswordRules> =>
  Object.fromEntries(Object.entries(policy ?? {}).filter(([, value]) => value !== undefined))

const findPolicy = (client: Client, name: string): Promise<Policy | undefined> =>
  unlessAbsent(client.call(catalogue.passwordPolicies.get, { params: { policy_name: name } }))

/** By the filter of the list, since that is what tells the groups as well; its wildcards are taken literally. */
async function findUser(client: Client, username: string): Promise<User | undefined> {
  const page = await client.call(catalogue.users.list, {
    query: { username: username.replace(/[\\*?]/g, '\\$&'), return_groups: 'true', limit: '2' },
  })
  return page.resources[0]
}

async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}
