import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { text } from '../../kit/wire.ts'

const Status = z.object({
  status: z.enum(['started']).meta({ description: 'Of the server as a whole.' }),
  services: z
    .array(
      z.object({
        name: z.string().max(32),
        status: z
          .enum(['started', 'disabled'])
          .meta({ description: '`disabled`: this server does not offer it.' }),
      }),
    )
    .max(16),
})

export const services = {
  status: endpoint({
    method: 'GET',
    path: '/v1/system/services/status',
    summary: 'Which services run',
    access: 'self',
    audit: false,
    status: 200,
    reply: Status,
  }),
  restart: endpoint({
    method: 'POST',
    path: '/v1/system/services/restart',
    summary: 'Restart services',
    description:
      'The web interface takes up its stored settings for the connections to come; those that are open stay.',
    access: { action: 'RestartService', resource: 'system:services' },
    audit: 'Restart services',
    body: z.object({
      delay: z.number().int().min(0).max(3600).optional().meta({
        description: 'Accepted; nothing is interrupted that would have to be waited for.',
      }),
      services: z
        .array(text(64))
        .max(20)
        .optional()
        .meta({ description: '`web`; all of them when left out.' }),
    }),
    status: 200,
    reply: Status,
  }),
}
