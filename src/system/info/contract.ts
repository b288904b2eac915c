import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Time, text } from '../../kit/wire.ts'

export const SystemInfo = z.object({
  name: z.string().max(128),
  version: z
    .string()
    .max(64)
    .meta({ description: 'The version of the API that is spoken, a plus sign, and our own.' }),
  version_suffix: z.string().max(64),
  model: z.string().max(64),
  vendor: z.string().max(64),
  crypto_version: z.string().max(64),
  uptime: z.string().max(64),
  system_time: Time,
})

export const info = {
  get: endpoint({
    method: 'GET',
    path: '/v1/system/info',
    summary: 'Name, version and uptime of this server',
    access: 'self',
    audit: false,
    status: 200,
    reply: SystemInfo,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/v1/system/info',
    summary: 'Name this server',
    access: { action: 'UpdateSystemInfo', resource: 'system:info' },
    audit: 'Name the server',
    body: z.object({ name: text(128).pipe(z.string().trim().min(1)) }),
    status: 200,
    reply: SystemInfo,
  }),
}
