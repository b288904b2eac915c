import { Fault } from '../../kit/fault.ts'
import { createTurns } from '../../kit/turns.ts'
import type { CertificateRow, RevocationRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import * as store from './store.ts'
import { recount, tallyOf } from './tally.ts'

/** What a CA says of a certificate from now on. */
export type Statement =
  | { readonly state: 'revoked'; readonly reason: string; readonly at: string }
  | { readonly state: 'resumed'; readonly at: string }

type Subject = Pick<CertificateRow, 'ca_id' | 'domain_id' | 'serial_number' | 'not_after'>

const inTurn = createTurns()
/** Another node was first to write a row that there was not; a second look finds it. */
const meanwhile = new Fault('conflict', 'this was changed by others at the same time, try again')

/**
 * Runs a unit that calls `recordStatement` or `recordDeletion`. The changes of a CA are numbered, so on one node they
 * wait for each other; what holds between nodes are the guards of the rows.
 */
export const statingOf = <T>(ca: Pick<store.Ca, 'id'>, unit: () => Promise<T>): Promise<T> =>
  inTurn(ca.id, async () => {
    try {
      return await unit()
    } catch (failure) {
      if (failure !== meanwhile) throw failure
      return unit()
    }
  })

/** Writes what the CA says of a certificate, in the unit that changes the certificate's own record. */
export async function recordStatement(
  tx: Writer,
  read: Reader,
  certificate: Subject,
  statement: Statement,
): Promise<void> {
  const ca = { id: certificate.ca_id }
  const tally = await tallyOf(read, ca)
  const known = await store.find(read, ca, certificate.serial_number)
  const changes = tally.changes + 1
  const isRevoked = statement.state === 'revoked'
  const said = {
    state: statement.state,
    reason: isRevoked ? statement.reason : null,
    revoked_at: isRevoked ? statement.at : null,
    change_number: changes,
    updated_at: statement.at,
  }
  const row = known
    ? tx.update('revocations', known, said)
    : tx.insert('revocations', { ...identityOf(certificate), ...said }, { duplicate: meanwhile })
  const counted = recount(tally, { more: [row], less: known ? [known] : [] })
  tx.update('revocation_changes', tally, { changes, ...counted })
}

/**
 * Before the record of a certificate is deleted: what was said of it stays, and of a good one that it was issued. OCSP
 * would else call it unknown, which verifiers take for a forgery.
 */
export async function recordDeletion(
  tx: Writer,
  read: Reader,
  certificate: Subject,
  at: string,
): Promise<void> {
  const ca = { id: certificate.ca_id }
  const { serial_number, not_after } = certificate
  const tally = await tallyOf(read, ca)
  // What has ended meanwhile goes along: a CA whose certificates live for days would else gather them for ever.
  const less = await store.endedAndGood(read, ca, at)
  for (const row of less) tx.remove('revocations', row)
  const more: RevocationRow[] = []
  if (not_after >= at && !(await store.find(read, ca, serial_number))) {
    const said = { state: 'issued', reason: null, revoked_at: null }
    const row = { ...identityOf(certificate), ...said, change_number: 0, updated_at: at }
    more.push(tx.insert('revocations', row, { duplicate: meanwhile }))
  }
  if (more.length + less.length > 0)
    tx.update('revocation_changes', tally, recount(tally, { more, less }))
}

const identityOf = ({ ca_id, serial_number, domain_id, not_after }: Subject) => ({
  ca_id,
  serial_number,
  domain_id,
  not_after,
})

/** With the CA goes all it said: its key is gone, and nobody could sign it. */
export function forgetCa(tx: Writer, { id }: Pick<store.Ca, 'id'>): void {
  for (const table of ['revocations', 'revocation_changes', 'crl_numbers', 'crls'] as const)
    tx.run(tx.deleteFrom(table).where('ca_id', '=', id))
  tx.run(tx.deleteFrom('ocsp_responders').where('id', '=', id))
}
