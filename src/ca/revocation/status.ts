import { Tampered } from '../../kit/fault.ts'
import type { Reader } from '../../store/store.ts'
import * as store from './store.ts'
import { demandAllThere } from './tally.ts'

export interface Revocation {
  /** As RFC 5280 section 5.3.1 names it. */
  readonly reason: string
  /** RFC 3339, as stored. */
  readonly at: string
}

/** What a CA says of a serial number. */
export type Status = { readonly is: 'good' | 'unknown' } | ({ readonly is: 'revoked' } & Revocation)

/**
 * The status of a serial number of this CA: of the certificates that it has on record, and of those deleted since. Two
 * rows may speak of one certificate, and it is good only if neither calls it revoked.
 */
export async function statusOf(read: Reader, ca: store.Ca, serialNumber: string): Promise<Status> {
  const [said, certificate] = await Promise.all([
    store.find(read, ca, serialNumber),
    read.row('certificates', { ca_id: ca.id, serial_number: serialNumber }),
  ])
  if (said?.state === 'revoked') {
    const { reason, revoked_at } = said
    if (reason === null || revoked_at === null)
      throw new Tampered('revocations', `${ca.id}/${serialNumber}`)
    return { is: 'revoked', reason, at: revoked_at }
  }
  if (certificate?.revoked_at && certificate.revoked_reason)
    return { is: 'revoked', reason: certificate.revoked_reason, at: certificate.revoked_at }
  return { is: said || certificate ? 'good' : 'unknown' }
}

/**
 * The same for whoever lets somebody in by the answer: a revocation that was taken out of the database is noticed first.
 * Throws `Tampered`.
 */
export async function surelyStatusOf(
  read: Reader,
  ca: store.Ca,
  serialNumber: string,
): Promise<Status> {
  await demandAllThere(read, ca)
  return statusOf(read, ca, serialNumber)
}
