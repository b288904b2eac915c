import type { KeyObject } from 'node:crypto'
import type { Envelope, Place, WrappedKey } from '../crypto/envelope.ts'
import type { LocalCaRow } from '../store/schema.ts'
import { wrappedColumn } from '../system/index.ts'
import { x509 } from './library.ts'

type Owner = Pick<LocalCaRow, 'id' | 'domain_id'>

const place = ({ id, domain_id }: Owner): Place => ({
  domain: domain_id,
  table: 'local_cas',
  row: id,
  column: 'private_key',
  version: 0,
})

/** Where the CA keeps bytes of the envelope, for the rotation of its keys. */
export const wrappedColumns = [wrappedColumn('local_cas', 'private_key', place)]

/** The key of a CA as its row keeps it. */
export async function wrapKey(
  envelope: Envelope,
  owner: Owner,
  key: KeyObject,
): Promise<WrappedKey> {
  const { privateKeyToSecret } = await x509()
  const plain = privateKeyToSecret(key)
  try {
    return envelope.wrap(place(owner), plain)
  } finally {
    plain.wipe()
  }
}

/** The key of a CA, for one signature. */
export async function openKey(
  envelope: Envelope,
  row: Owner & Pick<LocalCaRow, 'private_key'>,
): Promise<KeyObject> {
  const { privateKeyFromSecret } = await x509()
  const plain = envelope.unwrap(place(row), row.private_key)
  try {
    return privateKeyFromSecret(plain)
  } finally {
    plain.wipe()
  }
}
