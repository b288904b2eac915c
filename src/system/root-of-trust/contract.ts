import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Page, pageOf, Time } from '../../kit/wire.ts'

const RootKey = z.object({
  id: z.string().max(64).meta({ description: 'Tells root keys apart; says nothing of the key.' }),
  createdAt: Time,
  source: z
    .string()
    .max(64)
    .meta({ description: 'Where the root key comes from: file, env or passphrase-file.' }),
  active: z.boolean(),
})

export const rootOfTrust = {
  list: endpoint({
    method: 'GET',
    path: '/v1/system/rot-keys',
    summary: 'List the root-of-trust keys',
    access: { action: 'ReadRootOfTrust', resource: 'system:root-of-trust' },
    audit: false,
    query: Page,
    status: 200,
    reply: pageOf(RootKey),
  }),
  rotate: endpoint({
    method: 'POST',
    path: '/v1/system/rotate-rot-keys',
    summary: 'Put a new root key in the place of the one in use, while running',
    access: { action: 'RotateRootOfTrust', resource: 'system:root-of-trust' },
    audit: 'Rotate root key',
    status: 200,
    reply: RootKey,
  }),
}
