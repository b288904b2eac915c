import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { storedTime, wireTime } from '../../kit/time.ts'
import type { AuditRecordRow } from '../../store/schema.ts'
import type { records } from './contract.ts'
import * as store from './store.ts'

export const recordHandlers: Handlers<Context, typeof records> = {
  async list(context, { query }) {
    const { rows, total, messages } = await store.page(context.read, context.caller.domain, {
      ...query,
      createdAfter: time('createdAfter', query.createdAfter),
      createdBefore: time('createdBefore', query.createdBefore),
    })
    for (const message of messages) context.say(message)
    await store.checkRecords(context.read, context.services.envelope, rows)
    return { skip: query.skip, limit: query.limit, total, resources: rows.map(present) }
  },

  async get(context, { params }) {
    const row = await store.find(context.read, context.caller.domain, params.id)
    if (!row) throw notFound('audit record', params.id)
    await store.checkRecords(context.read, context.services.envelope, [row])
    return present(row)
  },
}

function time(name: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  const stored = storedTime(text)
  if (stored === undefined)
    throw new Fault(
      'invalid',
      `Validation errors:\n ${name}: ${quote(text)} is not an RFC 3339 time`,
    )
  return stored
}

const present = (row: AuditRecordRow) => ({
  id: row.id,
  createdAt: wireTime(row.created_at),
  severity: row.severity as 'info' | 'warning' | 'error' | 'critical' | 'fatal',
  message: row.message,
  username: row.username,
  service: row.service,
  source: row.source,
  success: row.success === 1,
  client_ip: row.client_ip,
  details: JSON.parse(row.details) as Record<string, unknown>,
})
