import type { Services } from '../../context.ts'
import type { UserRow } from '../../store/schema.ts'
import { ADMIN_GROUP } from '../duties.ts'

/** A user as the gate needs him: who, in which groups, until when. */
export interface Principal {
  readonly user: UserRow
  readonly groups: readonly string[]
}

/**
 * Whether every way in is closed: no method or no client type is allowed. Running sessions end with it. The lists do
 * not bind administrators (reference 3.2).
 */
export const isDisabled = ({ user, groups }: Principal): boolean =>
  (user.allowed_auth_methods === '' || user.allowed_client_types === '') &&
  !groups.includes(ADMIN_GROUP)

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
  const user = await store.read.row('users', { id: userId })
  if (!user) return undefined
  const memberships = await store.read.rows('memberships', { user_id: userId })
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
