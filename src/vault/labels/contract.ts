import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Page, pageOf, TextFilter } from '../../kit/wire.ts'

export const keyLabels = {
  list: endpoint({
    method: 'GET',
    path: '/v1/vault/key-labels',
    summary: 'List the labels of keys',
    description: 'Of keys that the caller may read.',
    access: 'self',
    audit: false,
    query: Page.extend({ label: TextFilter.optional() }),
    status: 200,
    reply: pageOf(
      z.object({
        label: z.string().max(256),
        values: z.array(z.string().max(256)).max(1000),
      }),
    ),
  }),
}
