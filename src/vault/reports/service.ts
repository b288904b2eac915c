import type { Context } from '../../context.ts'
import { LOCAL } from '../../identity/index.ts'
import { accountUri } from '../../kit/domain.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { DEFAULT_LIMIT, MAX_LIMIT } from '../../kit/wire.ts'
import type { keyReports } from './contract.ts'

export const keyReportHandlers: Handlers<Context, typeof keyReports> = {
  async orphanedResources({ caller, read }, { query }) {
    const limit = Math.min(query.limit || DEFAULT_LIMIT, MAX_LIMIT)
    const owners = await read
      .selectFrom('keys')
      .select(({ fn }) => ['keys.owner_id', fn.countAll<number>().as('keys')])
      .where('keys.domain_id', '=', caller.domain)
      .where('keys.owner_id', 'is not', null)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(selectFrom('users').select('users.id').whereRef('users.id', '=', 'keys.owner_id')),
        ),
      )
      .groupBy('keys.owner_id')
      .orderBy('keys.owner_id')
      .execute()
    return {
      total_orphaned_keys_count: owners.reduce((sum, { keys }) => sum + Number(keys), 0),
      orphaned_keys_by_account: owners.slice(0, limit).map(({ owner_id, keys }) => ({
        account: accountUri(caller.domain),
        owner_id: `${LOCAL}${owner_id}`,
        orphaned_key_count: Number(keys),
      })),
      truncated: owners.length > limit,
    }
  },
}
