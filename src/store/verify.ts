import type { KeyObject } from 'node:crypto'
import { type ChainEnd, chainStart, headBytes, headMac, recordMac, sameMac } from './chain.ts'
import type { AuditHeadRow, AuditRecordRow } from './schema.ts'
import type { Reader } from './store.ts'

export interface VerifyKeys {
  readonly installation: string
  readonly auditKey: KeyObject
  /** Whether a head's signature was made by this installation's audit key. */
  verifyHead(bytes: Uint8Array, signature: Uint8Array): boolean
}

/** Where each node's log had got to, to be kept on another machine: a log put back to an older state does not fit. */
export interface ExportedHead {
  readonly installation: string
  readonly heads: readonly {
    readonly node_id: string
    readonly seq: number
    /** Base64, as is the signature. */
    readonly mac: string
    readonly signature: string
    readonly signed_at: string
  }[]
}

export type Verdict =
  | { readonly intact: true; readonly nodes: number; readonly records: number }
  | {
      readonly intact: false
      readonly node_id: string
      /** Of the first record that is not as it was written; 0 for the head. */
      readonly seq: number
      /** Of that record, where there is one. */
      readonly id?: string
      readonly problem: string
    }

const PAGE = 1000

export async function exportHead(reader: Reader, installation: string): Promise<ExportedHead> {
  const rows = await reader
    .selectFrom('audit_heads')
    .select(['node_id', 'signed_seq', 'signed_mac', 'signature', 'signed_at'])
    .orderBy('node_id')
    .execute()
  return {
    installation,
    heads: rows.map((row) => ({
      node_id: row.node_id,
      seq: row.signed_seq,
      mac: Buffer.from(row.signed_mac).toString('base64'),
      signature: Buffer.from(row.signature).toString('base64'),
      signed_at: row.signed_at,
    })),
  }
}

/** What the log must contain at a number, and what is wrong when it does not. */
interface Milestone {
  readonly mac: Uint8Array
  readonly problem: string
}

class Broken extends Error {
  readonly seq: number
  readonly id: string | undefined

  constructor(seq: number, problem: string, id?: string) {
    super(problem)
    this.seq = seq
    this.id = id
  }
}

/**
 * Reads the whole audit log in order and says where it first differs from what was written. It may be read while
 * a server writes to it. With an exported head it also proves that nothing recorded before then is gone.
 */
export async function verifyChain(
  reader: Reader,
  keys: VerifyKeys,
  { exportedHead }: { readonly exportedHead?: ExportedHead } = {},
): Promise<Verdict> {
  if (exportedHead && exportedHead.installation !== keys.installation)
    return broken('', new Broken(0, 'the exported head is of another installation'))
  let records = 0
  const nodes = await nodesOf(reader, exportedHead)
  for (const node of nodes)
    try {
      records += await verifyNode(reader, keys, node, exportedHead)
    } catch (error) {
      if (error instanceof Broken) return broken(node, error)
      throw error
    }
  return { intact: true, nodes: nodes.length, records }
}

const broken = (node_id: string, { seq, id, message }: Broken): Verdict => ({
  intact: false,
  node_id,
  seq,
  ...(id === undefined ? {} : { id }),
  problem: message,
})

async function nodesOf(reader: Reader, exported: ExportedHead | undefined): Promise<string[]> {
  const names = new Set(exported?.heads.map(({ node_id }) => node_id))
  for (const { node_id } of await reader.selectFrom('audit_heads').select('node_id').execute())
    names.add(node_id)
  // From name to name, and not by reading the whole index.
  for (let last: string | undefined; ; ) {
    let query = reader.selectFrom('audit_records').select('node_id').orderBy('node_id').limit(1)
    if (last !== undefined) query = query.where('node_id', '>', last)
    last = (await query.executeTakeFirst())?.node_id
    if (last === undefined) return [...names].sort()
    names.add(last)
  }
}

async function verifyNode(
  reader: Reader,
  keys: VerifyKeys,
  nodeId: string,
  exported: ExportedHead | undefined,
): Promise<number> {
  const chain = { installation: keys.installation, nodeId, auditKey: keys.auditKey }
  const start = chainStart(chain)
  let end = start
  const milestones = exportedMilestones(keys, nodeId, exported)
  const pass = (): void => {
    const milestone = milestones.get(end.seq)
    if (milestone && !sameMac(milestone.mac, end.mac)) throw new Broken(end.seq, milestone.problem)
    milestones.delete(end.seq)
  }
  pass()
  const first = await headOf(reader, nodeId)
  if (!first) throw new Broken(0, 'the head of this log is gone')
  addSigned(milestones, first)
  pass()

  for (;;) {
    const rows = await page(reader, nodeId, end.seq)
    for (const row of rows) {
      end = next(keys.auditKey, end, row)
      pass()
    }
    if (rows.length === PAGE) continue
    // Read after the records, and raised with them: it may be ahead of what was read, and never behind.
    const head = await headOf(reader, nodeId)
    if (!head) throw new Broken(0, 'the head of this log is gone')
    if (head.seq > end.seq) {
      const more = await page(reader, nodeId, end.seq)
      if (more.length > 0) continue
      throw new Broken(end.seq + 1, 'this record and all after it are gone')
    }
    if (head.seq < end.seq) throw new Broken(head.seq + 1, 'this record was put behind the end')
    if (head.seq !== end.seq) throw new Broken(0, 'the head was altered')
    if (!sameMac(head.mac, headMac(chain, end)))
      throw new Broken(
        end.seq,
        'the log was cut or its head altered: the head does not fit the last record',
      )
    break
  }
  for (const [seq, { problem }] of milestones) throw new Broken(seq, problem)
  const signed = headBytes(keys.installation, nodeId, {
    seq: first.signed_seq,
    mac: first.signed_mac,
  })
  if (!keys.verifyHead(signed, first.signature))
    throw new Broken(first.signed_seq, 'the signature of the head was altered')
  return end.seq
}

function next(auditKey: KeyObject, before: ChainEnd, row: AuditRecordRow): ChainEnd {
  const due = before.seq + 1
  if (row.seq !== due) throw new Broken(due, 'this record is gone')
  let mac: Uint8Array | undefined
  try {
    mac = recordMac(auditKey, before.mac, row)
  } catch {
    // A value that no record holds, such as a number with a fraction.
  }
  if (!mac || !(row.mac instanceof Uint8Array) || !sameMac(mac, row.mac))
    throw new Broken(due, 'this record was altered, moved or put in', row.id)
  return { seq: due, mac }
}

const page = (reader: Reader, nodeId: string, after: number): Promise<AuditRecordRow[]> =>
  reader
    .selectFrom('audit_records')
    .selectAll()
    .where('node_id', '=', nodeId)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(PAGE)
    .execute()

const headOf = (reader: Reader, nodeId: string): Promise<AuditHeadRow | undefined> =>
  reader.selectFrom('audit_heads').selectAll().where('node_id', '=', nodeId).executeTakeFirst()

function exportedMilestones(
  keys: VerifyKeys,
  nodeId: string,
  exported: ExportedHead | undefined,
): Map<number, Milestone> {
  const milestones = new Map<number, Milestone>()
  for (const head of exported?.heads ?? []) {
    if (head.node_id !== nodeId) continue
    const mac = Buffer.from(head.mac, 'base64')
    const signature = Buffer.from(head.signature, 'base64')
    if (!keys.verifyHead(headBytes(keys.installation, nodeId, { seq: head.seq, mac }), signature))
      throw new Broken(head.seq, 'the exported head is not signed by this installation')
    const problem = `the log does not contain what the head exported at ${head.signed_at} says`
    milestones.set(head.seq, { mac, problem })
  }
  return milestones
}

function addSigned(milestones: Map<number, Milestone>, head: AuditHeadRow): void {
  const end = { seq: head.signed_seq, mac: head.signed_mac }
  // SQLite keeps any type in any column.
  if (!Number.isSafeInteger(end.seq) || !(end.mac instanceof Uint8Array))
    throw new Broken(0, 'the head was altered')
  const problem = `the log does not contain what its head signed at ${head.signed_at} says`
  if (!milestones.has(end.seq)) milestones.set(end.seq, { mac: end.mac, problem })
}
