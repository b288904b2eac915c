import type { Context } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { stamp } from '../../kit/time.ts'
import type { banners } from './contract.ts'

const PRE_AUTH = 'banner.pre-auth'
const POST_AUTH = 'banner.post-auth'

export const bannerHandlers: Handlers<Context, typeof banners> = {
  getPreAuth: async (context) => ({ value: (await find(context, PRE_AUTH))?.value ?? '' }),
  setPreAuth: (context, { body }) => set(context, PRE_AUTH, body.value),
  getPostAuth: async (context) => ({ value: (await find(context, POST_AUTH))?.value ?? '' }),
  setPostAuth: (context, { body }) => set(context, POST_AUTH, body.value),
}

const find = ({ read }: Context, key: string) =>
  read
    .selectFrom('settings')
    .selectAll()
    .where('domain_id', '=', ROOT_DOMAIN)
    .where('key', '=', key)
    .executeTakeFirst()

async function set(context: Context, key: string, value: string): Promise<{ value: string }> {
  await context.transact(async (tx) => {
    const row = await find(context, key)
    const updated_at = stamp(context.now())
    if (row) tx.update('settings', row, { value, updated_at })
    else tx.insert('settings', { domain_id: ROOT_DOMAIN, key, value, updated_at })
  })
  return { value }
}
