import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Page, pageOf, TextFilter, Time, text } from '../../kit/wire.ts'

export const SEVERITIES = ['info', 'warning', 'error', 'critical', 'fatal'] as const

/** Something that somebody should look at (reference, identity 11). */
export const Alarm = z.object({
  id: z.uuid(),
  name: z.string().max(128),
  severity: z.enum(SEVERITIES),
  description: z.string().max(16_384),
  state: z.enum(['on', 'off']),
  acknowledgedAt: Time.meta({ description: '`0001-01-01T00:00:00Z` until somebody has seen it.' }),
  createdAt: Time,
  updatedAt: Time,
})
export type Alarm = z.output<typeof Alarm>

const params = z.object({ id: text(64).meta({ description: 'Id of the alarm.' }) })
const ref = { resource: 'system:alarms' }

export const alarms = {
  list: endpoint({
    method: 'GET',
    path: '/v1/system/alarms',
    summary: 'List alarms, newest first',
    access: { ...ref, action: 'ReadAlarm' },
    audit: false,
    query: Page.extend({
      state: TextFilter.optional().meta({ description: '`on` or `off`.' }),
      severity: TextFilter.optional(),
      name: TextFilter.optional(),
    }),
    status: 200,
    reply: pageOf(Alarm),
  }),
  acknowledge: endpoint({
    method: 'POST',
    path: '/v1/system/alarms/:id/acknowledge',
    summary: 'Say that an alarm was seen',
    description: 'It stays on.',
    access: { ...ref, action: 'AcknowledgeAlarm' },
    audit: 'Acknowledge alarm',
    params,
    status: 200,
    reply: Alarm,
  }),
  clear: endpoint({
    method: 'POST',
    path: '/v1/system/alarms/:id/clear',
    summary: 'Turn an alarm off',
    access: { ...ref, action: 'ClearAlarm' },
    audit: 'Clear alarm',
    params,
    status: 200,
    reply: Alarm,
  }),
}
