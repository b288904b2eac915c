import type { KeyObject } from 'node:crypto'
import type { Envelope, Place, WrappedKey } from '../crypto/envelope.ts'
import type { LocalCaRow, OcspResponderRow } from '../store/schema.ts'
import { wrappedColumn } from '../system/index.ts'
import { interfaceKeyColumn } from './interfaces/keys.ts'
import { x509 } from './library.ts'

type Owner = Pick<LocalCaRow, 'id' | 'domain_id'>

const place = ({ id, domain_id }: Owner): Place => ({
  domain: domain_id,
  table: 'local_cas',
  row: id,
  column: 'private_key',
  version: 0,
})

const responderPlace = (ca: Owner): Place => ({ ...place(ca), table: 'ocsp_responders' })

/** Where the CA keeps bytes of the envelope, for the rotation of its keys. */
export const wrappedColumns = [
  wrappedColumn('local_cas', 'private_key', place),
  wrappedColumn('ocsp_responders', 'private_key', responderPlace),
  interfaceKeyColumn,
]

/** The key of a CA as its row keeps it. */
export const wrapKey = (envelope: Envelope, owner: Owner, key: KeyObject): Promise<WrappedKey> =>
  wrapAt(envelope, place(owner), key)

/** The key of a CA, for one signature. */
export const openKey = (
  envelope: Envelope,
  row: Owner & Pick<LocalCaRow, 'private_key'>,
): Promise<KeyObject> => openAt(envelope, place(row), row.private_key)

/** The key that answers OCSP requests for a CA. */
export const wrapResponderKey = (
  envelope: Envelope,
  ca: Owner,
  key: KeyObject,
): Promise<WrappedKey> => wrapAt(envelope, responderPlace(ca), key)

export const openResponderKey = (
  envelope: Envelope,
  row: Owner & Pick<OcspResponderRow, 'private_key'>,
): Promise<KeyObject> => openAt(envelope, responderPlace(row), row.private_key)

async function wrapAt(envelope: Envelope, where: Place, key: KeyObject): Promise<WrappedKey> {
  const { privateKeyToSecret } = await x509()
  const plain = privateKeyToSecret(key)
  try {
    return envelope.wrap(where, plain)
  } finally {
    plain.wipe()
  }
}

async function openAt(envelope: Envelope, where: Place, wrapped: Uint8Array): Promise<KeyObject> {
  const { privateKeyFromSecret } = await x509()
  const plain = envelope.unwrap(where, wrapped)
  try {
    return privateKeyFromSecret(plain)
  } finally {
    plain.wipe()
  }
}
