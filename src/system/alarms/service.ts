import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { notFound } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import type { AlarmRow } from '../../store/schema.ts'
import type { Alarm, alarms } from './contract.ts'
import * as store from './store.ts'

export const alarmHandlers: Handlers<Context, typeof alarms> = {
  async list(context, { query }) {
    const { state, severity, name } = query
    const { rows, total, messages } = await store.page(context.read, context.caller.domain, query, {
      state: state || undefined,
      severity: severity || undefined,
      name: name || undefined,
    })
    for (const message of messages) context.say(message)
    return { skip: query.skip, limit: query.limit, total, resources: rows.map(present) }
  },

  acknowledge: (context, { params }) =>
    change(context, params.id, ({ acknowledged_at }, at) => ({
      acknowledged_at: acknowledged_at ?? at,
    })),

  clear: (context, { params }) => change(context, params.id, () => ({ state: 'off' })),
}

async function change(
  context: Context,
  id: string,
  changes: (row: AlarmRow, at: string) => Partial<AlarmRow>,
): Promise<Alarm> {
  context.note({ alarm: id })
  const row = await context.transact(async (tx) => {
    const found = await store.find(context.read, context.caller.domain, id)
    if (!found) throw notFound('alarm', id)
    context.note({ name: found.name, description: found.description })
    const at = stamp(context.now())
    return tx.update('alarms', found, { ...changes(found, at), updated_at: at })
  })
  return present(row)
}

const NO_TIME = '0001-01-01T00:00:00Z'

/** The one place where an alarm becomes JSON. */
const present = (row: AlarmRow): Alarm => ({
  id: row.id,
  name: row.name,
  severity: row.severity as Alarm['severity'],
  description: row.description,
  state: row.state === 'on' ? 'on' : 'off',
  acknowledgedAt: row.acknowledged_at === null ? NO_TIME : wireTime(row.acknowledged_at),
  createdAt: wireTime(row.created_at),
  updatedAt: wireTime(row.updated_at),
})
