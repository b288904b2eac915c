import type { Context } from '../../context.ts'
import { ROOT_DOMAIN, ROOT_DOMAIN_NAME } from '../../kit/domain.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { notFound } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import type { SettingRow } from '../../store/schema.ts'
import type { cryptoSettings } from './contract.ts'
import { findSettings, putSettings, settingsIn } from './settings.ts'

export const cryptoSettingsHandlers: Handlers<Context, typeof cryptoSettings> = {
  async get(context, { params }) {
    return present(await findSettings(context.read, domainOf(context, params.id)))
  },

  async update(context, { params, body }) {
    const { now, read, transact } = context
    const domain = domainOf(context, params.id)
    context.note({ domain, ...body })
    const row = await transact(async (tx) => {
      const before = await findSettings(read, domain)
      const known = settingsIn(before)
      const settings = {
        strictIv: body.strictIv ?? known.strictIv,
        allowRsaPkcs1: body.allowRsaPkcs1 ?? known.allowRsaPkcs1,
        allowFf31: body.allowFf31 ?? known.allowFf31,
      }
      return putSettings(tx, domain, before, settings, stamp(now()))
    })
    return present(row)
  },
}

/** Only the caller's own domain is there for him; another one is not found. */
function domainOf({ caller }: Context, text: string): string {
  const id = text === ROOT_DOMAIN_NAME ? ROOT_DOMAIN : text
  if (id !== caller.domain) throw notFound('domain', text)
  return id
}

const present = (row: SettingRow | undefined) => {
  const { strictIv, allowRsaPkcs1, allowFf31 } = settingsIn(row)
  return {
    strictIv,
    allowRsaPkcs1,
    allowFf31,
    ...(row && { updatedAt: wireTime(row.updated_at) }),
  }
}
