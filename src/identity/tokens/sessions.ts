import type { Context } from '../../context.ts'
import { stamp } from '../../kit/time.ts'
import * as store from './store.ts'

/** Revokes the session's refresh tokens; its access tokens end with them. */
export async function endSession(context: Context, sessionId: string): Promise<void> {
  await context.transact(async (tx) => {
    const time = stamp(context.now())
    for (const row of await store.ofSession(context.read, sessionId))
      if (row.revoked_at === null)
        tx.update('refresh_tokens', row, { revoked_at: time, updated_at: time })
    tx.changesAuthority()
  })
}
