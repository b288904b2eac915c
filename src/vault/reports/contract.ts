import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { text } from '../../kit/wire.ts'

export const keyReports = {
  orphanedResources: endpoint({
    method: 'GET',
    path: '/v1/reports/orphaned-resources',
    summary: 'Count the keys whose owner is gone',
    access: { action: 'ReadOrphanedKey', resource: 'vault:keys' },
    audit: false,
    query: z.object({
      limit: text(20)
        .regex(/^\d+$/, 'must be a whole number')
        .transform(Number)
        .optional()
        .meta({ description: 'How many owners to tell of at most; 10 when not given.' }),
    }),
    status: 200,
    reply: z.object({
      total_orphaned_keys_count: z.number().int(),
      orphaned_keys_by_account: z
        .array(
          z.object({
            account: z.string().max(256),
            owner_id: z.string().max(64),
            orphaned_key_count: z.number().int(),
          }),
        )
        .max(2000),
      truncated: z.boolean(),
    }),
  }),
}
