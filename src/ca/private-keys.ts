import type { KeyObject } from 'node:crypto'
import type { Envelope, Place, WrappedKey } from '../crypto/envelope.ts'
import type { LocalCaRow, OcspResponderRow } from '../store/schema.ts'
import { wrappedColumn } from '../system/index.ts'
import { tokenColumn } from './client-management/registration-tokens/token.ts'
import { interfaceKeyColumn } from './interfaces/keys.ts'
import { Kept } from './kept.ts'
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
  tokenColumn,
]

/** The key of a CA as its row keeps it. */
export const wrapKey = (envelope: Envelope, owner: Owner, key: KeyObject): Promise<WrappedKey> =>
  wrapAt(envelope, place(owner), key)

interface OpenKey {
  readonly wrapped: Uint8Array
  readonly key: KeyObject
}
/** The keys that signed lately, by the envelope that opened them: opening one costs as much as several signatures. */
const openKeys = new WeakMap<Envelope, Kept<OpenKey>>()
const MOST_OPEN = 200

const openOf = (envelope: Envelope): Kept<OpenKey> => {
  const open = openKeys.get(envelope) ?? new Kept<OpenKey>(MOST_OPEN)
  openKeys.set(envelope, open)
  return open
}

/** The key of a CA. The caller has the CA's row as it is now: a key is given again for the bytes that it was opened from. */
export async function openKey(
  envelope: Envelope,
  row: Owner & Pick<LocalCaRow, 'private_key'>,
): Promise<KeyObject> {
  const open = openOf(envelope)
  const known = open.get(row.id)
  if (known && Buffer.compare(known.wrapped, row.private_key) === 0) return known.key
  const key = await openAt(envelope, place(row), row.private_key)
  open.set(row.id, { wrapped: row.private_key, key })
  return key
}

/** With a CA that is deleted its key leaves the memory of this node too. */
export const forgetKey = (envelope: Envelope, { id }: Pick<Owner, 'id'>): void =>
  openOf(envelope).delete(id)

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
