import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { stamp, timeText, wireTime } from '../../kit/time.ts'
import { findSetting, putSetting } from '../../store/settings.ts'
import type { info } from './contract.ts'

const NAME = 'system.name'
/** The release whose API this server follows. Clients compare its first two numbers. */
const API_VERSION = '2.19.0'

export const infoHandlers: Handlers<Context, typeof info> = {
  get: async (context) => present(context, (await findSetting(context.read, NAME))?.value),
  async update(context, { body }) {
    await context.transact(async (tx) => {
      const row = await findSetting(context.read, NAME)
      putSetting(tx, row, { key: NAME, value: body.name, updated_at: stamp(context.now()) })
    })
    return present(context, body.name)
  },
}

const present = ({ services, now }: Context, name: string | undefined) => ({
  name: name ?? 'keystead',
  version: `${API_VERSION}+${services.version}`,
  version_suffix: 'null',
  model: 'Keystead',
  vendor: 'Keystead',
  crypto_version: process.versions.openssl,
  uptime: uptime(process.uptime()),
  system_time: wireTime(timeText(now())),
})

/** As clients split it: `0 days, 3 hours, 22 minutes`. */
function uptime(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  return `${Math.floor(minutes / 1440)} days, ${Math.floor(minutes / 60) % 24} hours, ${minutes % 60} minutes`
}
