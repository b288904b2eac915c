import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Envelope, Place, WrappedKey } from '../../crypto/envelope.ts'
import { Secret } from '../../crypto/secret.ts'
import type { InterfaceCertificateRow } from '../../store/schema.ts'
import { wrappedColumn } from '../../system/index.ts'

type Owner = Pick<InterfaceCertificateRow, 'id' | 'domain_id'>

const place = ({ id, domain_id }: Owner): Place => ({
  domain: domain_id,
  table: 'interface_certificates',
  row: id,
  column: 'private_key',
  version: 0,
})

export const interfaceKeyColumn = wrappedColumn('interface_certificates', 'private_key', place)

export function wrapKey(envelope: Envelope, owner: Owner, key: KeyObject): WrappedKey {
  const der = key.export({ type: 'pkcs8', format: 'der' })
  const plain = new Secret(der)
  der.fill(0)
  try {
    return envelope.wrap(place(owner), plain)
  } finally {
    plain.wipe()
  }
}

/** Every start needs this one, so it stands here and not behind the X.509 code, which most starts do without. */
export function openKey(
  envelope: Envelope,
  row: Owner & Pick<InterfaceCertificateRow, 'private_key'>,
): KeyObject {
  const plain = envelope.unwrap(place(row), row.private_key)
  try {
    return createPrivateKey({ key: plain.reveal(), format: 'der', type: 'pkcs8' })
  } finally {
    plain.wipe()
  }
}

/** As TLS takes it. */
export const keyForTls = (key: KeyObject): string | Buffer =>
  key.export({ format: 'pem', type: 'pkcs8' })
