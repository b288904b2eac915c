import { createHash, randomUUID } from 'node:crypto'
import type { Services } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault, Tampered } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { PkiAddress } from '../addresses.ts'
import { x509 } from '../library.ts'
import { type CrlKind, createCrls } from './crls.ts'
import { createOcspResponder, type OcspAnswer } from './ocsp.ts'
import { publishedCa } from './published.ts'
import { createResponders } from './responders.ts'

/** Something that everyone may fetch. */
export interface PublishedDocument {
  readonly der: Uint8Array
  readonly etag: string
  readonly from: Date
  readonly to: Date
}

/** What the CAs of this installation publish. Undefined: there is no such CA, or it has no certificate yet. */
export interface Pki {
  crl(ca: string, kind: CrlKind): Promise<PublishedDocument | undefined>
  certificate(ca: string): Promise<PublishedDocument | undefined>
  /** Failures are answers here too. */
  ocsp(ca: string, request: Uint8Array): Promise<OcspAnswer | undefined>
}

/** Says what went wrong, for the log. */
export type Report = (error: unknown) => void

export function createPki(services: Services, address: PkiAddress, report: Report): Pki {
  const { read } = services.store
  const crls = createCrls(services, address)
  const responder = createOcspResponder(services, createResponders(services))
  const recordTampering = tamperingRecorder(services)

  /** A row that does not fit its seal is on record before anyone hears that something failed (T1). */
  async function watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof Tampered) await recordTampering(error)
      throw error
    }
  }

  return {
    crl: (id, kind) =>
      watched(async () => {
        const ca = await publishedCa(read, id)
        if (!ca) return undefined
        const { der, number, this_update, next_update } = await crls.current(ca, kind)
        return {
          der,
          etag: `"${kind}-${number}"`,
          from: new Date(this_update),
          to: new Date(next_update),
        }
      }),

    certificate: (id) =>
      watched(async () => {
        const ca = await publishedCa(read, id)
        if (!ca) return undefined
        const { certificateDer } = await x509()
        const der = certificateDer(ca.cert)
        const etag = `"${createHash('sha256').update(der).digest('base64url')}"`
        return { der, etag, from: new Date(ca.updated_at), to: new Date(ca.not_after) }
      }),

    async ocsp(id, request) {
      try {
        return await watched(async () => {
          const ca = await publishedCa(read, id)
          return ca && (await responder.answer(ca, request))
        })
      } catch (error) {
        const { writeOcspRefusal } = await x509()
        const later = error instanceof Fault && error.kind !== 'invalid'
        if (!later) report(error)
        return { der: writeOcspRefusal(later ? 'tryLater' : 'internalError') }
      }
    },
  }
}

const AGAIN_MS = 60_000

/** The record of an altered row. Anyone may ask here, as often as he likes: each row is recorded once a minute. */
function tamperingRecorder({ store, now, nodeId }: Services) {
  const recorded = new Map<string, number>()
  return async ({ table, row }: Tampered): Promise<void> => {
    const at = now()
    for (const [name, since] of recorded) if (at.getTime() - since > AGAIN_MS) recorded.delete(name)
    if (recorded.has(`${table}/${row}`)) return
    await store.transact((tx) =>
      tx.audit({
        id: randomUUID(),
        domain_id: ROOT_DOMAIN,
        created_at: stamp(at),
        severity: 'critical',
        message: 'Publish revocation status',
        username: '',
        service: 'pki',
        source: nodeId,
        success: false,
        client_ip: '',
        details: JSON.stringify({ reason: 'a stored record does not fit its seal', table, row }),
      }),
    )
    recorded.set(`${table}/${row}`, at.getTime())
  }
}
