import { Fault, quote } from '../../kit/fault.ts'
import type { ExternalCaRow, LocalCaRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'

/** Part of the unit that deletes a CA: fails it while the registration of clients stands on the CA. */
export function demandNotRegistering(
  tx: Writer,
  ca: Pick<LocalCaRow | ExternalCaRow, 'id' | 'name'>,
): void {
  const inUse = (what: string) =>
    new Fault('conflict', `the CA ${quote(ca.name)} is in use: ${what}`)
  const none = (what: string) => ({ rows: 0, otherwise: inUse(what) })
  // Whoever names it at the same moment touches its row, which is gone by now.
  tx.run(
    tx.deleteFrom('client_profiles').where('ca_id', '=', ca.id),
    none('a client profile names it'),
  )
  tx.run(
    tx.deleteFrom('registration_tokens').where('ca_id', '=', ca.id),
    none('a registration token names it'),
  )
  tx.run(
    tx.deleteFrom('registered_clients').where('ca_id', '=', ca.id),
    none('registered clients have certificates of it'),
  )
}

/** Whether a serial number of a local CA is that of a registered client. */
export const isOfClient = async (
  read: Reader,
  ca: Pick<LocalCaRow, 'id'>,
  serialNumber: string,
): Promise<boolean> =>
  (await read.row('registered_clients', { ca_id: ca.id, serial_number: serialNumber })) !==
  undefined
