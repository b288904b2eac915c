import type { Caller } from '../../context.ts'
import { LOCAL, nameKey } from '../../identity/index.ts'
import type { KeyPolicyRow, KeyRow } from '../../store/schema.ts'
import { type Labels, matches, parseSelector, type Selector } from './selector.ts'

/** What may be done with a key (reference 4). Each is asked for by its own name (A4). */
export const PERMISSIONS = [
  'ReadKey',
  'UseKey',
  'ExportKey',
  'EncryptWithKey',
  'DecryptWithKey',
  'SignWithKey',
  'SignVerifyWithKey',
  'MACWithKey',
  'MACVerifyWithKey',
  'UploadKey',
] as const
export type Permission = (typeof PERMISSIONS)[number]

/** `ReadKey`, `read_key` and `readkey` are one permission; CM keeps the spelling that was sent. */
const spelled = new Map<string, Permission>(
  PERMISSIONS.map((permission) => [permission.toLowerCase(), permission]),
)
export const permissionNamed = (text: string): Permission | undefined =>
  spelled.get(text.replaceAll('_', '').toLowerCase())

type Grants = ReadonlyMap<Permission, ReadonlySet<string>>

/**
 * Whom a map from permissions to names grants what. Whatever is no list of names grants nothing. Names of users and
 * groups stand here as they are compared, since case makes no other user of them.
 */
function grantsIn(map: unknown, fold: (name: string) => string = nameKey): Grants {
  const grants = new Map<Permission, Set<string>>()
  if (!isObject(map)) return grants
  for (const [name, holders] of Object.entries(map)) {
    const permission = permissionNamed(name)
    if (permission === undefined || !Array.isArray(holders)) continue
    const known = grants.get(permission) ?? new Set()
    for (const holder of holders) if (typeof holder === 'string') known.add(fold(holder))
    grants.set(permission, known)
  }
  return grants
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What the row of a key says of its rights, read once for as long as the row is in memory. */
interface Compiled {
  readonly groups: Grants
  readonly labels: Labels
}
const compiled = new WeakMap<KeyRow, Compiled>()

function compile(row: KeyRow): Compiled {
  const known = compiled.get(row)
  if (known) return known
  const meta: unknown = row.meta === null ? undefined : JSON.parse(row.meta)
  const made = {
    groups: grantsIn(isObject(meta) ? meta['permissions'] : undefined),
    labels: labelsOf(row),
  }
  compiled.set(row, made)
  return made
}

export const labelsOf = ({ labels }: Pick<KeyRow, 'labels'>): Labels =>
  labels === null ? {} : (JSON.parse(labels) as Labels)

/** Groups that may read the key by its own permissions, for the table that lists look into. */
export const readersIn = (meta: Readonly<Record<string, unknown>> | undefined): string[] => [
  ...(grantsIn(meta?.['permissions']).get('ReadKey') ?? []),
]

/** A key policy, ready to be asked. */
export interface Policy {
  readonly selector: Selector
  readonly groups: Grants
  readonly users: Grants
  readonly clients: Grants
}

export function compilePolicy(row: Pick<KeyPolicyRow, 'label_selector' | 'permissions'>): Policy {
  const permissions: unknown = JSON.parse(row.permissions)
  const sent = isObject(permissions) ? permissions : {}
  return {
    selector: parseSelector('labelSelector', row.label_selector),
    groups: grantsIn(sent['groups']),
    users: grantsIn(sent['users']),
    clients: grantsIn(sent['clients'], (id) => id),
  }
}

export type Holder = Pick<Caller, 'userId' | 'username' | 'groups' | 'clientId'>

interface Names {
  readonly groups: readonly string[]
  readonly user: readonly string[]
}
const named = new WeakMap<Holder, Names>()

/** What grants call this caller, as they are compared; read once, since lists ask it of every key. */
export function namesOf(caller: Holder): Names {
  const known = named.get(caller)
  if (known) return known
  const { userId, username, groups } = caller
  const made = {
    groups: groups.map(nameKey),
    user: userId === '' ? [] : [nameKey(username), userId, `${LOCAL}${userId}`],
  }
  named.set(caller, made)
  return made
}

/** Whether a policy grants this caller the permission, on keys that its selector matches. */
export const policyGrants = (policy: Policy, caller: Holder, permission: Permission): boolean =>
  holds(policy.groups, permission, namesOf(caller).groups) ||
  holds(policy.users, permission, namesOf(caller).user) ||
  (caller.clientId !== '' && holds(policy.clients, permission, [caller.clientId]))

const holds = (grants: Grants, permission: Permission, names: readonly string[]): boolean => {
  const holders = grants.get(permission)
  return holders !== undefined && names.some((name) => holders.has(name))
}

/** Who asks, and what the duties of his groups allow him on all keys. */
export interface Asking {
  readonly caller: Holder
  may(action: string, resource: string): boolean
}

export const isOwner = ({ caller }: Asking, row: Pick<KeyRow, 'owner_id'>): boolean =>
  caller.userId !== '' && row.owner_id === caller.userId

/**
 * Whether the caller has this permission on the key: by a duty of his groups (`admin` and `Key Admins` have them all),
 * as its owner, by a group that the key names, or by a key policy.
 */
export function hasPermission(
  asking: Asking,
  row: KeyRow,
  permission: Permission,
  policies: readonly Policy[],
): boolean {
  if (isOwner(asking, row) || asking.may(permission, row.uri)) return true
  const { groups, labels } = compile(row)
  if (holds(groups, permission, namesOf(asking.caller).groups)) return true
  return policies.some(
    (policy) => policyGrants(policy, asking.caller, permission) && matches(policy.selector, labels),
  )
}

/** Whether the caller has any permission on the key, and so may know that it is there. */
export const mayKnow = (asking: Asking, row: KeyRow, policies: readonly Policy[]): boolean =>
  PERMISSIONS.some((permission) => hasPermission(asking, row, permission, policies))

/** Whether the caller manages the key: its owner, and those whose duty is to change keys. */
export const manages = (asking: Asking, row: KeyRow, action: string): boolean =>
  isOwner(asking, row) || asking.may(action, row.uri)
