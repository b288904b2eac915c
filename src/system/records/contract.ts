import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Page, pageOf, QueryBoolean, TextFilter, Time, text } from '../../kit/wire.ts'

export const AuditRecord = z.object({
  id: z.string().max(64),
  createdAt: Time,
  severity: z.enum(['info', 'warning', 'error', 'critical', 'fatal']),
  message: z.string().max(1024),
  username: z.string().max(256),
  service: z.string().max(128),
  source: z.string().max(128),
  success: z.boolean(),
  client_ip: z.string().max(64),
  details: z
    .record(z.string().max(128), z.unknown())
    .meta({ description: 'What the call was about; never a secret.' }),
})

const TimeFilter = z.string().max(64).optional()

export const records = {
  list: endpoint({
    method: 'GET',
    path: '/v1/audit/records',
    summary: 'List audit records, newest first',
    access: { action: 'ReadAuditRecord', resource: 'audit:records' },
    audit: false,
    query: Page.extend({
      createdAfter: TimeFilter.meta({ description: 'RFC 3339; records made after this time.' }),
      createdBefore: TimeFilter.meta({ description: 'RFC 3339; records made before this time.' }),
      severity: TextFilter.optional(),
      client_ip: TextFilter.optional(),
      message: TextFilter.optional(),
      service: TextFilter.optional(),
      source: TextFilter.optional(),
      success: QueryBoolean.optional(),
      username: TextFilter.optional(),
    }),
    status: 200,
    reply: pageOf(AuditRecord),
  }),
  get: endpoint({
    method: 'GET',
    path: '/v1/audit/records/:id',
    summary: 'Read one audit record',
    access: { action: 'ReadAuditRecord', resource: 'audit:records' },
    audit: false,
    params: z.object({ id: text(64) }),
    status: 200,
    reply: AuditRecord,
  }),
}
