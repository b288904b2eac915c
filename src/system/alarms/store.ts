import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import type { AlarmRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'

export const find = (read: Reader, domain: string, id: string): Promise<AlarmRow | undefined> =>
  read.row('alarms', { domain_id: domain, id })

export const ofCause = (
  read: Reader,
  domain: string,
  cause: string,
): Promise<AlarmRow | undefined> => read.row('alarms', { domain_id: domain, cause })

const alarmList = listing({
  table: 'alarms',
  sort: {
    createdAt: { column: 'created_at' },
    severity: { column: 'severity' },
    state: { column: 'state' },
  },
  filters: {
    state: { column: 'state' },
    severity: { column: 'severity' },
    name: { column: 'name' },
  },
  order: '-createdAt',
})

export interface Filters {
  readonly state?: string | undefined
  readonly severity?: string | undefined
  readonly name?: string | undefined
}

/** One page of a domain's alarms, the newest first. */
export const page = (
  read: Reader,
  domain: string,
  page: Page,
  filters: Filters,
): Promise<Listed<AlarmRow>> => list(read, alarmList, { domain, page, filters })

const MOST = 500

/** Takes away what was kept long enough, as much as one unit of work may hold. */
export async function dropOld(read: Reader, tx: Writer, at: string): Promise<void> {
  const rows = await read
    .selectFrom('alarms')
    .selectAll()
    .where('kept_until', '<', at)
    .orderBy('kept_until')
    .limit(MOST)
    .execute()
  for (const row of rows) {
    tx.remove('alarms', row)
    tx.count(row.domain_id, 'alarms', -1)
  }
}
