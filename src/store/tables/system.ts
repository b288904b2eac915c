import type { Sealed, SealsOf } from './sealed.ts'

/** Alarms, audit, and what the store keeps count of. */
export interface SystemTables {
  alarms: AlarmRow
  counts: CountRow
  generations: GenerationRow
  audit_records: AuditRecordRow
  audit_heads: AuditHeadRow
}

/** Something that somebody should look at. */
export interface AlarmRow extends Sealed {
  id: string
  domain_id: string
  /** What it is about, unique in the domain: that there is only one row for it is what raises it once. */
  cause: string
  name: string
  severity: string
  description: string
  /** `on` or `off`. */
  state: string
  acknowledged_at: string | null
  /** From when on nobody needs it any more. */
  kept_until: string
  created_at: string
  updated_at: string
}

/** How many rows a domain has in a table, kept by the statements that add and remove them. */
export interface CountRow {
  domain_id: string
  table_name: string
  rows: number
}

/** Raised in the transaction of every change to what callers may do; nodes compare it to trust their caches. */
export interface GenerationRow {
  topic: string
  value: number
}

/** Written only by the store's writer, which continues the node's chain (store/chain.ts). */
export interface AuditRecordRow {
  node_id: string
  seq: number
  id: string
  domain_id: string
  created_at: string
  severity: string
  message: string
  username: string
  service: string
  source: string
  success: number
  client_ip: string
  details: string
  mac: Uint8Array
}

/** Where a node's chain ends, raised in every commit that records, signed from time to time. */
export interface AuditHeadRow {
  node_id: string
  seq: number
  mac: Uint8Array
  /** Ed25519 by the audit key over installation, node, signed_seq and signed_mac. */
  signed_seq: number
  signed_mac: Uint8Array
  signature: Uint8Array
  signed_at: string
}

/** The columns under the seal of each row, in the order in which they are encoded. */
export const systemSeals = {
  alarms: {
    key: ['id'],
    columns: {
      id: 'text',
      domain_id: 'text',
      cause: 'text',
      name: 'text',
      severity: 'text',
      description: 'text',
      state: 'text',
      acknowledged_at: 'text?',
      kept_until: 'text',
      created_at: 'text',
      updated_at: 'text',
      version: 'integer',
    },
  },
} satisfies SealsOf<SystemTables>
