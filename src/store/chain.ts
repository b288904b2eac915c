import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { Tampered } from '../kit/fault.ts'
import { canonical, columnsOf } from './canonical.ts'
import type { AuditRecordRow } from './schema.ts'
import type { AuditEntry } from './store.ts'

/**
 * The audit log as a chain, one for each node: a record's MAC covers the MAC before it, so that no record can be
 * changed, left out, put in or moved without the audit key. Loaded in the writer thread: keep it light.
 */
export interface ChainKeys {
  readonly installation: string
  readonly nodeId: string
  readonly auditKey: KeyObject
}

/** The last record: its number, and its MAC. */
export interface ChainEnd {
  readonly seq: number
  readonly mac: Uint8Array
}

type RecordColumn = Exclude<keyof AuditRecordRow, 'mac'>

/** All of a record but its MAC, in the order it is encoded; a column that is missing here does not compile. */
const recordColumns = Object.keys({
  node_id: 0,
  seq: 0,
  id: 0,
  domain_id: 0,
  created_at: 0,
  severity: 0,
  message: 0,
  username: 0,
  service: 0,
  source: 0,
  success: 0,
  client_ip: 0,
  details: 0,
} satisfies Record<RecordColumn, 0>) as RecordColumn[]

const recordEncoding = columnsOf('audit_records', recordColumns)
const endEncoding = columnsOf('audit_end', ['installation', 'node_id', 'seq', 'mac'])
const startEncoding = columnsOf('audit_start', ['installation', 'node_id'])

export const auditColumns: readonly string[] = [...recordColumns, 'mac']

/** What stands before the first record of a node, so that one node's log cannot pass for another's. */
export const chainStart = ({ installation, nodeId, auditKey }: ChainKeys): ChainEnd => ({
  seq: 0,
  mac: createHmac('sha256', auditKey)
    .update(canonical(startEncoding, { installation, node_id: nodeId }), 'utf8')
    .digest(),
})

export const recordMac = (auditKey: KeyObject, before: Uint8Array, record: object): Uint8Array =>
  createHmac('sha256', auditKey)
    .update(before)
    .update(canonical(recordEncoding, record as Record<string, unknown>), 'utf8')
    .digest()

/** What a head's signature is made over. */
export const headBytes = (installation: string, nodeId: string, end: ChainEnd): Uint8Array =>
  Buffer.from(canonical(endEncoding, { installation, node_id: nodeId, seq: end.seq, mac: end.mac }))

/**
 * The MAC kept in the head. It is another one than the last record's: whoever cuts records off the end finds no
 * head in the log that would fit what is left.
 */
export const headMac = (keys: ChainKeys, end: ChainEnd): Uint8Array =>
  createHmac('sha256', keys.auditKey)
    .update(headBytes(keys.installation, keys.nodeId, end))
    .digest()

export const sameMac = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && timingSafeEqual(one, other)

/** A node's chain while it is being written. */
export class Chain {
  readonly keys: ChainKeys
  end: ChainEnd

  /** `last` is the record that the head names, absent when the log is empty. Throws `Tampered` when they disagree. */
  constructor(keys: ChainKeys, head: ChainEnd, last: ChainEnd | undefined) {
    const end = head.seq === 0 ? chainStart(keys) : last
    if (!end || end.seq !== head.seq || !sameMac(headMac(keys, end), head.mac))
      throw new Tampered('audit_heads', keys.nodeId)
    this.keys = keys
    this.end = end
  }

  /** The values of the next record, in the order of `auditColumns`. The chain ends with it from now on. */
  append(entry: AuditEntry): unknown[] {
    const record = {
      ...entry,
      node_id: this.keys.nodeId,
      seq: this.end.seq + 1,
      success: entry.success ? 1 : 0,
    }
    const mac = recordMac(this.keys.auditKey, this.end.mac, record)
    this.end = { seq: record.seq, mac }
    return [...recordColumns.map((column) => record[column]), mac]
  }
}
