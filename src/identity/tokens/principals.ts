import type { Services } from '../../context.ts'
import type { UserRow } from '../../store/schema.ts'

/** A user as the gate needs him: who, in which groups, until when. */
export interface Principal {
  readonly user: UserRow
  readonly groups: readonly string[]
}

const MAX_REMEMBERED = 10_000

/**
 * Users with their groups, remembered until anybody's rights change. The number of the last change is taken before
 * the rows are read, so a change during the reading is never missed.
 */
export function rememberPrincipals(services: Services) {
  const remembered = new Map<string, Principal & { readonly authority: number }>()

  return async (userId: string): Promise<Principal | undefined> => {
    const authority = services.store.authority()
    const known = remembered.get(userId)
    if (known && known.authority === authority) return known
    const principal = await load(services, userId)
    remembered.delete(userId)
    if (!principal) return undefined
    if (remembered.size >= MAX_REMEMBERED) {
      const oldest = remembered.keys().next()
      if (!oldest.done) remembered.delete(oldest.value)
    }
    remembered.set(userId, { ...principal, authority })
    return principal
  }
}

async function load({ store }: Services, userId: string): Promise<Principal | undefined> {
  const user = await store.read
    .selectFrom('users')
    .selectAll()
    .where('id', '=', userId)
    .executeTakeFirst()
  if (!user) return undefined
  const memberships = await store.read
    .selectFrom('memberships')
    .selectAll()
    .where('user_id', '=', userId)
    .execute()
  if (memberships.length === 0) return { user, groups: [] }
  const rows = await store.read
    .selectFrom('groups')
    .selectAll()
    .where(
      'id',
      'in',
      memberships.map((row) => row.group_id),
    )
    .execute()
  return { user, groups: rows.map((row) => row.name).sort() }
}
