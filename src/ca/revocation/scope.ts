import type { Reader, Writer } from '../../store/store.ts'
import type { PkiAddress } from '../addresses.ts'
import type { Ca } from './store.ts'

/*
 * A list may say for which distribution point it is made (RFC 5280 §5.2.5), and verifiers then take it for certificates
 * alone that name this point. One issued before the server had an address, or under another, names none or another: so
 * the extension stands on the lists of a CA only as long as every certificate of it names the same address.
 */

/** When a CA becomes active, its own certificate is the first that names the address, or not. */
export function openScope(
  tx: Writer,
  { id, domain_id }: Ca,
  address: PkiAddress,
  at: string,
): void {
  if (address === undefined) return
  const none = { number: 0, base_number: 0, base_changes: 0, base_at: at }
  tx.insert('crl_numbers', { ca_id: id, domain_id, ...none, address })
}

/** In the unit that issues a certificate which names this address. */
export async function keepScope(
  tx: Writer,
  read: Reader,
  { id }: Pick<Ca, 'id'>,
  address: PkiAddress,
): Promise<void> {
  const known = await read.row('crl_numbers', { ca_id: id })
  if (!known || known.address === '' || known.address === address) return
  tx.update('crl_numbers', known, { address: '' })
}
