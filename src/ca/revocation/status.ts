import { Tampered } from '../../kit/fault.ts'
import type { Reader } from '../../store/store.ts'
import * as store from './store.ts'

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

/** Whether a certificate that this CA issued is revoked or on hold now; certificates deleted since are not forgotten. */
export async function revocationOf(
  read: Reader,
  ca: store.Ca,
  serialDecimal: string,
): Promise<Revocation | undefined> {
  const status = await statusOf(read, ca, serialDecimal)
  return status.is === 'revoked' ? { reason: status.reason, at: status.at } : undefined
}
