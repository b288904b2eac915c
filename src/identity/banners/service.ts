import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { stamp } from '../../kit/time.ts'
import { findSetting, putSetting } from '../../store/settings.ts'
import type { banners } from './contract.ts'

const PRE_AUTH = 'banner.pre-auth'
const POST_AUTH = 'banner.post-auth'

export const bannerHandlers: Handlers<Context, typeof banners> = {
  getPreAuth: (context) => get(context, PRE_AUTH),
  setPreAuth: (context, { body }) => set(context, PRE_AUTH, body.value),
  getPostAuth: (context) => get(context, POST_AUTH),
  setPostAuth: (context, { body }) => set(context, POST_AUTH, body.value),
}

async function get({ read }: Context, key: string): Promise<{ value: string }> {
  return { value: (await findSetting(read, key))?.value ?? '' }
}

async function set(context: Context, key: string, value: string): Promise<{ value: string }> {
  await context.transact(async (tx) => {
    const row = await findSetting(context.read, key)
    putSetting(tx, row, { key, value, updated_at: stamp(context.now()) })
  })
  return { value }
}
