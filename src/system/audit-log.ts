import { verify } from 'node:crypto'
import { z } from 'zod'
import type { RootKeySource } from '../crypto/root-key.ts'
import { Fault } from '../kit/fault.ts'
import { type Location, openReadOnly } from '../store/index.ts'
import type { Reader, Store } from '../store/store.ts'
import { type ExportedHead, exportHead, type Verdict, verifyChain } from '../store/verify.ts'
import { openSeal, type Seal } from './seal/seal.ts'

/** The heads of all nodes, as they were exported. */
export const exportedHead: z.ZodType<ExportedHead> = z.object({
  installation: z.string(),
  heads: z.array(
    z.object({
      node_id: z.string(),
      seq: z.number(),
      mac: z.string(),
      signature: z.string(),
      signed_at: z.string(),
    }),
  ),
})

/** Looking after the audit log from beside a running server: nothing is written. */
export interface AuditLog {
  /** Follows every node's chain to its signed head, and to `head` if one was kept elsewhere. */
  verify(head?: ExportedHead): Promise<Verdict>
  exportHead(): Promise<ExportedHead>
  close(): Promise<void>
}

export async function openAuditLog(
  location: Location,
  rootKey: RootKeySource,
  nodeId: string,
): Promise<AuditLog> {
  const { read, close } = await openReadOnly(location)
  try {
    const seal = await openSeal(readingStore(read, location), rootKey, {
      nodeId,
      allowInit: false,
      readOnly: true,
    })
    // Reading needs none of the seal's timers.
    seal.close()
    return auditLog(read, seal, close)
  } catch (error) {
    await close()
    throw error
  }
}

function auditLog(read: Reader, seal: Seal, close: () => Promise<void>): AuditLog {
  const { installation, auditKey } = seal.envelope
  return {
    verify: (exportedHead) =>
      verifyChain(
        read,
        {
          installation,
          auditKey,
          verifyHead: (bytes, signature) => verify(null, bytes, seal.auditPublicKey, signature),
        },
        exportedHead ? { exportedHead } : {},
      ),
    exportHead: () => exportHead(read, installation),
    close,
  }
}

function readingStore(read: Reader, { kind }: Location): Store {
  const refuse = async () => {
    throw new Fault('unavailable', 'this process only reads the database')
  }
  return {
    dialect: kind,
    read,
    transact: refuse,
    authority: () => 0,
    keysChanged: () => 0,
    unseal: refuse,
    healthy: async () => true,
    close: async () => undefined,
  }
}
