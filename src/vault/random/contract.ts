import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { text } from '../../kit/wire.ts'

export const MAX_RANDOM = 131_072

export const random = {
  get: endpoint({
    method: 'GET',
    path: '/v1/vault/random',
    summary: 'Get random bytes',
    access: 'self',
    audit: false,
    query: z.object({
      bytes: text(20)
        .regex(/^\d+$/, 'must be a whole number')
        .transform(Number)
        .pipe(z.number().int().min(1).max(MAX_RANDOM))
        .optional()
        .meta({ description: `How many, 1 to ${MAX_RANDOM}; 32 when not given.` }),
    }),
    status: 200,
    reply: z.object({
      bytes: z
        .string()
        .max(2 * MAX_RANDOM)
        .meta({ description: 'Base64.' }),
    }),
  }),
}
