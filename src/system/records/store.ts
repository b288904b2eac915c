import type { KeyObject } from 'node:crypto'
import { Tampered } from '../../kit/fault.ts'
import type { Page } from '../../kit/wire.ts'
import { chainStart, recordMac, sameMac } from '../../store/chain.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import type { AuditRecordRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

const recordList = listing({
  table: 'audit_records',
  sort: {
    createdAt: { column: 'created_at' },
    severity: { column: 'severity' },
    username: { column: 'username' },
    service: { column: 'service' },
    message: { column: 'message' },
  },
  filters: {
    severity: { column: 'severity' },
    client_ip: { column: 'client_ip' },
    message: { column: 'message', lower: true },
    service: { column: 'service' },
    source: { column: 'source' },
    username: { column: 'username', lower: true },
  },
  order: '-createdAt',
})

export interface RecordFilter extends Page {
  readonly createdAfter: string | undefined
  readonly createdBefore: string | undefined
  readonly severity?: string | undefined
  readonly client_ip?: string | undefined
  readonly message?: string | undefined
  readonly service?: string | undefined
  readonly source?: string | undefined
  readonly success?: boolean | undefined
  readonly username?: string | undefined
}

export const page = (
  db: Reader,
  domain: string,
  { skip, limit, sort, createdAfter, createdBefore, success, ...filters }: RecordFilter,
): Promise<Listed<AuditRecordRow>> =>
  list(db, recordList, {
    domain,
    page: { skip, limit, sort },
    filters,
    where:
      createdAfter === undefined && createdBefore === undefined && success === undefined
        ? undefined
        : (eb) =>
            eb.and([
              ...(createdAfter === undefined ? [] : [eb('created_at', '>', createdAfter)]),
              ...(createdBefore === undefined ? [] : [eb('created_at', '<', createdBefore)]),
              ...(success === undefined ? [] : [eb('success', '=', success ? 1 : 0)]),
            ]),
  })

export const find = (db: Reader, domain: string, id: string): Promise<AuditRecordRow | undefined> =>
  db
    .selectFrom('audit_records')
    .selectAll()
    .where('domain_id', '=', domain)
    .where('id', '=', id)
    .executeTakeFirst()

/**
 * Throws `Tampered` unless each record fits its chain: its MAC is made over the one before it, so that an edited row
 * is never shown.
 */
export async function checkRecords(
  db: Reader,
  keys: { readonly installation: string; readonly auditKey: KeyObject },
  rows: readonly AuditRecordRow[],
): Promise<void> {
  const macs = new Map<string, Uint8Array>()
  const wanted = new Map<string, number[]>()
  for (const row of rows) macs.set(`${row.node_id}/${row.seq}`, row.mac)
  for (const { node_id, seq } of rows)
    if (seq > 1 && !macs.has(`${node_id}/${seq - 1}`))
      wanted.set(node_id, [...(wanted.get(node_id) ?? []), seq - 1])
  for (const [node, numbers] of wanted)
    for (let at = 0; at < numbers.length; at += CHUNK) {
      const before = await db
        .selectFrom('audit_records')
        .select(['seq', 'mac'])
        .where('node_id', '=', node)
        .where('seq', 'in', numbers.slice(at, at + CHUNK))
        .execute()
      for (const { seq, mac } of before) macs.set(`${node}/${seq}`, mac)
    }
  for (const row of rows) {
    const start = row.seq === 1 ? chainStart({ ...keys, nodeId: row.node_id }).mac : undefined
    const before = start ?? macs.get(`${row.node_id}/${row.seq - 1}`)
    if (!before || !sameMac(recordMac(keys.auditKey, before, row), row.mac))
      throw new Tampered('audit_records', row.id)
  }
}

/** Databases bound the number of parameters in one statement. */
const CHUNK = 500
