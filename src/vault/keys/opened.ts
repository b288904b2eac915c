import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Envelope, Place, WrappedKey } from '../../crypto/envelope.ts'
import { Fault, quote } from '../../kit/fault.ts'
import type { KeyRow, Sealed } from '../../store/schema.ts'
import { wrappedColumn } from '../../system/index.ts'
import {
  type AlgorithmName,
  type KeySpec,
  keyObject,
  type Material,
  type MaterialForm,
} from '../material/index.ts'
import type { Held } from '../vault.ts'

/** Where the material of a key version belongs; it opens nowhere else. */
const place = ({
  id,
  domain_id,
  key_version,
}: Pick<KeyRow, 'id' | 'domain_id' | 'key_version'>): Place => ({
  domain: domain_id,
  table: 'keys',
  row: id,
  column: 'material',
  version: key_version,
})

/** Where the vault keeps bytes of the envelope, for the rotation of its keys. */
export const wrappedColumns = [wrappedColumn('keys', 'material', place)]

export const specOfRow = ({
  algorithm,
  size,
  curve,
  xts,
}: Pick<KeyRow, 'algorithm' | 'size' | 'curve' | 'xts'>): KeySpec => ({
  algorithm: algorithm as AlgorithmName,
  size,
  ...(curve !== null && { curve }),
  ...(xts === 1 && { xts: true }),
})

/** The material as its row keeps it. */
export const wrapMaterial = (
  envelope: Pick<Envelope, 'wrap'>,
  owner: Pick<KeyRow, 'id' | 'domain_id' | 'key_version'>,
  material: Material,
): WrappedKey => envelope.wrap(place(owner), material.secret)

/** The opened material of a row; whoever asks wipes its secret. Throws 'conflict' where there is none. */
export function openMaterial(
  envelope: Pick<Envelope, 'unwrap'>,
  row: Omit<KeyRow, keyof Sealed>,
): Material {
  if (row.material === null || row.form === null)
    throw new Fault('conflict', `key ${quote(row.name)} has no material`)
  const secret = envelope.unwrap(place(row), row.material)
  const publicSpki = publicSpkiOf(row)
  return { form: row.form as MaterialForm, secret, ...(publicSpki && { publicSpki }) }
}

const publicSpkiOf = ({ public_key }: Pick<KeyRow, 'public_key'>): Uint8Array | undefined =>
  public_key === null
    ? undefined
    : createPublicKey(public_key).export({ type: 'spki', format: 'der' })

/** The key objects of a held key, made at the first use and kept with it. */
export function openKeys(
  envelope: Pick<Envelope, 'unwrap'>,
  held: Held,
): { readonly key: KeyObject; readonly publicKey?: KeyObject } {
  if (held.key === undefined) {
    const material = openMaterial(envelope, held.row)
    try {
      held.key = keyObject(material)
    } finally {
      material.secret.wipe()
    }
    if (held.row.public_key !== null) held.publicKey = createPublicKey(held.row.public_key)
  }
  return { key: held.key, ...(held.publicKey && { publicKey: held.publicKey }) }
}
