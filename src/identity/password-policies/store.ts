import { ROOT_DOMAIN } from '../../kit/domain.ts'
import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import type { PasswordPolicyRow, UserRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

export const GLOBAL_POLICY = 'global'

/** `global` is one for all domains; the others belong to the domain they were made in. */
export const find = (
  db: Reader,
  domain: string,
  name: string,
): Promise<PasswordPolicyRow | undefined> =>
  db
    .selectFrom('password_policies')
    .selectAll()
    .where('domain_id', '=', name === GLOBAL_POLICY ? ROOT_DOMAIN : domain)
    .where('policy_name', '=', name)
    .executeTakeFirst()

/** The policy that binds this user: the one that the user names, else `global`. */
export async function effectivePolicy(
  db: Reader,
  user: Pick<UserRow, 'domain_id' | 'password_policy'>,
): Promise<PasswordPolicyRow> {
  const named =
    user.password_policy === null ? undefined : await find(db, user.domain_id, user.password_policy)
  const policy = named ?? (await find(db, user.domain_id, GLOBAL_POLICY))
  // Without a policy nothing would be asked of a password, so a store that lost it serves nobody.
  if (!policy) throw new Error('the password policy "global" is missing from the store')
  return policy
}

export async function isInUse(db: Reader, policy: PasswordPolicyRow): Promise<boolean> {
  const user = await db
    .selectFrom('users')
    .select('id')
    .where('domain_id', '=', policy.domain_id)
    .where('password_policy', '=', policy.policy_name)
    .limit(1)
    .executeTakeFirst()
  return user !== undefined
}

const policyList = listing({
  table: 'password_policies',
  sort: {
    policy_name: { column: 'policy_name', unique: true },
    created_at: { column: 'created_at' },
    updated_at: { column: 'updated_at' },
  },
  filters: { policy_name: { column: 'policy_name', lower: true } },
  order: 'policy_name',
})

/** One page of a domain's policies, by name. */
export const page = (
  db: Reader,
  domain: string,
  page: Page,
  policy_name: string | undefined,
): Promise<Listed<PasswordPolicyRow>> =>
  list(db, policyList, { domain, page, filters: { policy_name } })
