import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { wireTime } from '../../kit/time.ts'
import type { rootOfTrust } from './contract.ts'

/** What is known of a root key without knowing the key. */
export interface RootKeyInfo {
  readonly id: string
  readonly createdAt: string
  readonly source: string
}

/** The part of the seal that these calls need. */
export interface RootOfTrust {
  current(): Promise<RootKeyInfo>
  /** Puts a new key in place; the old one opens nothing afterwards. Throws 'conflict' where the source cannot hold a new one. */
  rotate(): Promise<RootKeyInfo>
}

export function rootOfTrustHandlers(seal: RootOfTrust): Handlers<Context, typeof rootOfTrust> {
  return {
    async list(_context, { query }) {
      const all = [present(await seal.current())]
      const end = query.limit < 0 ? undefined : query.skip + query.limit
      return {
        skip: query.skip,
        limit: query.limit,
        total: all.length,
        resources: all.slice(query.skip, end),
      }
    },
    rotate: async (context) => {
      const made = await seal.rotate()
      context.note({ root_key_id: made.id })
      return present(made)
    },
  }
}

const present = ({ id, createdAt, source }: RootKeyInfo) => ({
  id,
  createdAt: wireTime(createdAt),
  source,
  active: true,
})
