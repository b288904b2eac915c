import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { wireTime } from '../../kit/time.ts'
import { pageFrom } from '../../kit/wire.ts'
import type { rootOfTrust } from './contract.ts'

/** What is known of a root key without knowing the key. */
export interface RootKeyInfo {
  readonly id: string
  readonly createdAt: string
  readonly source: string
}

/** The part of the seal that these calls need. */
export interface RootOfTrust {
  current(): RootKeyInfo
  /** Puts a new key in place; the old one opens nothing afterwards. Throws 'conflict' where the source cannot hold a new one. */
  rotate(): Promise<RootKeyInfo>
}

export function rootOfTrustHandlers(seal: RootOfTrust): Handlers<Context, typeof rootOfTrust> {
  return {
    list: async (_context, { query }) => pageFrom([present(seal.current())], query),

    rotate: async (context) => {
      // On record before it is done: the new key is put in place in steps of its own, which a record cannot join (U1).
      const { id } = await seal.current()
      context.note({ replaced_root_key_id: id })
      await context.transact(() => undefined)
      const made = await seal.rotate()
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
