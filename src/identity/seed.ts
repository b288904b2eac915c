import { randomUUID } from 'node:crypto'
import { stamp } from '../kit/time.ts'
import type { GroupRow, PasswordPolicyRow, UserRow } from '../store/schema.ts'
import type { Writer } from '../store/store.ts'
import { ADMIN_GROUP, predefinedGroups } from './duties.ts'
import { checkedUsername, nameKey } from './names.ts'
import { defaultRules } from './password-policies/service.ts'
import { GLOBAL_POLICY } from './password-policies/store.ts'
import { defaultFields } from './users/fields.ts'
import { insertLogin } from './users/service.ts'

/** What a new installation begins with. */

/** The predefined groups, by name. */
export function seedGroups(tx: Writer, domain: string, now: Date): ReadonlyMap<string, GroupRow> {
  const names = Object.keys(predefinedGroups)
  const rows = names.map((name) => {
    const at = stamp(now)
    return tx.insert('groups', {
      id: randomUUID(),
      domain_id: domain,
      name,
      name_key: nameKey(name),
      description: null,
      user_metadata: null,
      app_metadata: null,
      client_metadata: null,
      system: 1,
      created_at: at,
      updated_at: at,
    })
  })
  tx.count(domain, 'groups', rows.length)
  return new Map(rows.map((row) => [row.name, row]))
}

/** The policy that binds every local user of every domain; it lives in the root domain. */
export function seedGlobalPolicy(tx: Writer, rootDomain: string, now: Date): PasswordPolicyRow {
  const at = stamp(now)
  tx.count(rootDomain, 'password_policies', 1)
  return tx.insert('password_policies', {
    id: randomUUID(),
    domain_id: rootDomain,
    policy_name: GLOBAL_POLICY,
    ...defaultRules,
    created_at: at,
    updated_at: at,
  })
}

export interface FirstAdministrator {
  /** The id that the wrapped password is bound to (`wrapPassword`). */
  readonly id: string
  readonly username: string
  readonly password: Uint8Array
  /** A generated password must be changed before anything else works (L7). */
  readonly passwordChangeRequired: boolean
}

/** The first user, a member of `admin`. `groups` are those of `seedGroups`, in the same unit. */
export function seedAdministrator(
  tx: Writer,
  domain: string,
  groups: ReadonlyMap<string, GroupRow>,
  first: FirstAdministrator,
  now: Date,
): UserRow {
  const group = groups.get(ADMIN_GROUP)
  if (!group) throw new Error('the group admin is made before its first member')
  const username = checkedUsername(first.username)
  const at = stamp(now)
  const user = tx.insert('users', {
    ...defaultFields(username),
    id: first.id,
    domain_id: domain,
    username,
    username_key: nameKey(username),
    password: first.password,
    password_changed_at: at,
    password_change_required: Number(first.passwordChangeRequired),
    password_policy: null,
    session_epoch: 0,
    created_at: at,
    updated_at: at,
  })
  insertLogin(tx, user)
  tx.count(domain, 'users', 1)
  tx.insert('memberships', {
    group_id: group.id,
    user_id: user.id,
    domain_id: domain,
    created_at: at,
  })
  tx.changesAuthority()
  return user
}
