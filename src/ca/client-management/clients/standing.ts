import { timeText } from '../../../kit/time.ts'
import type { RegisteredClientRow } from '../../../store/schema.ts'
import type { Reader, Writer } from '../../../store/store.ts'
import { recordStatement } from '../../revocation/record.ts'
import type { RegisteredClient } from './contract.ts'

export const HOLD = 'certificateHold'

/** What a client is today, and since when it is no longer trusted. */
export interface Standing {
  readonly state: RegisteredClient['state']
  readonly revoked?: { readonly at: string; readonly reason: string }
}

/** As many as one statement asks about. */
const PIECE = 250

/**
 * How these clients stand, in their order. Of what a local CA issued its own word counts: it may have been revoked there,
 * or a hold lifted; two rows may speak of one certificate, and it is good only if neither calls it revoked.
 */
export async function standingsOf(
  read: Reader,
  clients: readonly RegisteredClientRow[],
  now: Date,
): Promise<{ readonly client: RegisteredClientRow; readonly standing: Standing }[]> {
  const revoked = new Map<string, { at: string; reason: string }>()
  const local = clients.filter(({ ca_type }) => ca_type === 'local')
  for (let at = 0; at < local.length; at += PIECE) {
    const piece = local.slice(at, at + PIECE)
    const cas = [...new Set(piece.map(({ ca_id }) => ca_id))]
    const serials = piece.map(({ serial_number }) => serial_number)
    const [certificates, said] = await Promise.all([
      read
        .selectFrom('certificates')
        .selectAll()
        .where('ca_id', 'in', cas)
        .where('serial_number', 'in', serials)
        .execute(),
      read
        .selectFrom('revocations')
        .selectAll()
        .where('ca_id', 'in', cas)
        .where('serial_number', 'in', serials)
        .where('state', '=', 'revoked')
        .execute(),
    ])
    for (const { ca_id, serial_number, revoked_at, revoked_reason } of certificates)
      if (revoked_at !== null && revoked_reason !== null)
        revoked.set(`${ca_id}/${serial_number}`, { at: revoked_at, reason: revoked_reason })
    for (const { ca_id, serial_number, revoked_at, reason } of said)
      if (revoked_at !== null && reason !== null)
        revoked.set(`${ca_id}/${serial_number}`, { at: revoked_at, reason })
  }
  return clients.map((client) => {
    const { ca_id, serial_number, not_after, revoked_at, revoked_reason } = client
    const own =
      revoked_at === null ? undefined : { at: revoked_at, reason: revoked_reason ?? 'unspecified' }
    const taken = own ?? revoked.get(`${ca_id}/${serial_number}`)
    const state = not_after <= timeText(now) ? 'expired' : 'registered'
    return { client, standing: taken ? { state: 'revoked', revoked: taken } : { state } }
  })
}

export async function standingOf(
  read: Reader,
  client: RegisteredClientRow,
  now: Date,
): Promise<Standing> {
  const [found] = await standingsOf(read, [client], now)
  if (!found) throw new Error('a client has no standing')
  return found.standing
}

type OwnWord = Pick<RegisteredClientRow, 'revoked_at' | 'revoked_reason'>

/**
 * Part of a unit, run by `statingOf` of the CA: ends the certificate that a client has. What a local CA issued ends in its
 * records, so on its list and in OCSP; what has to be said here of another one is returned for the client's row.
 */
export async function endCertificate(
  tx: Writer,
  read: Reader,
  client: RegisteredClientRow,
  { reason, at }: { readonly reason: string; readonly at: string },
): Promise<OwnWord> {
  if (client.ca_type !== 'local') return { revoked_at: at, revoked_reason: reason }
  await recordStatement(tx, read, client, { state: 'revoked', reason, at })
  const { ca_id, serial_number } = client
  const certificate = await read.row('certificates', { ca_id, serial_number })
  if (certificate)
    tx.update('certificates', certificate, {
      revoked_reason: reason,
      revoked_at: at,
      updated_at: at,
    })
  return { revoked_at: null, revoked_reason: null }
}
