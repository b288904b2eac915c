import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { type Envelope, wrappingKeyId } from '../../crypto/envelope.ts'
import { Secret } from '../../crypto/secret.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { stamp } from '../../kit/time.ts'
import type { DataKeyRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { keyId, newKey, places, secretOf } from './hierarchy.ts'

/** What each of the server's own keys is. */
const purposes = {
  'row-seal': 'secret',
  'audit-chain': 'secret',
  fingerprint: 'secret',
  'audit-sign': 'ed25519',
  'token-sign': 'p-256',
} as const satisfies Record<string, 'secret' | 'ed25519' | 'p-256'>

export type Purpose = keyof typeof purposes

export interface DataKey {
  readonly row: DataKeyRow
  /** The secret, or the private half. */
  readonly key: KeyObject
  /** Made from the private half, never from the row: `public_jwk` stands there for people to read. */
  readonly publicKey: KeyObject | undefined
}

/** The server's own keys. The rows are plain statements to the caller: he inserts and updates them in his unit of work. */
export interface DataKeys {
  /** All versions, retired ones included, newest first. A row that was altered is `Tampered`. */
  all(purpose: Purpose, domain?: string): Promise<DataKey[]>
  /** A new key, to be inserted into data_keys; a second row of the same version is refused by the primary key. */
  make(purpose: Purpose, version: number, domain?: string): DataKey
  /** What to set in the key's row to retire it (or, with null, to bring it back). */
  retire(
    key: DataKey,
    at: string | null,
  ): Pick<DataKeyRow, 'retired_at' | 'wrapped' | 'domain_kek_id'>
}

type Wrapping = Pick<Envelope, 'wrap' | 'unwrap'>

export function createDataKeys(read: Reader, envelope: Wrapping): DataKeys {
  return {
    async all(purpose, domain = ROOT_DOMAIN) {
      const rows = await read
        .selectFrom('data_keys')
        .selectAll()
        .where('domain_id', '=', domain)
        .where('purpose', '=', purpose)
        .orderBy('version', 'desc')
        .execute()
      return rows.map((row) => openDataKey(envelope, row))
    },
    make: (purpose, version, domain = ROOT_DOMAIN) =>
      makeDataKey(envelope, purpose, version, domain),
    retire({ row, key }, at) {
      const plain = bytesOf(key)
      try {
        const wrapped = envelope.wrap(places.dataKey({ ...row, retired_at: at }), plain)
        return { retired_at: at, wrapped, domain_kek_id: wrappingKeyId(wrapped) }
      } finally {
        plain.wipe()
      }
    },
  }
}

export function makeDataKey(
  envelope: Pick<Envelope, 'wrap'>,
  purpose: Purpose,
  version: number,
  domain: string,
): DataKey {
  const key = generate(purpose)
  const publicKey = key.type === 'private' ? createPublicKey(key) : undefined
  const identity = {
    id: keyId('data_keys', domain, purpose, String(version)),
    domain_id: domain,
    purpose,
    version,
    retired_at: null,
  }
  const plain = bytesOf(key)
  const wrapped = envelope.wrap(places.dataKey(identity), plain)
  plain.wipe()
  const row = {
    ...identity,
    wrapped,
    domain_kek_id: wrappingKeyId(wrapped),
    public_jwk: publicKey ? JSON.stringify(publicKey.export({ format: 'jwk' })) : null,
    created_at: stamp(),
  }
  return { row, key, publicKey }
}

function openDataKey(envelope: Pick<Envelope, 'unwrap'>, row: DataKeyRow): DataKey {
  const plain = envelope.unwrap(places.dataKey(row), row.wrapped)
  try {
    if (purposes[row.purpose as Purpose] === 'secret') {
      return { row, key: createSecretKey(plain.reveal()), publicKey: undefined }
    }
    const key = createPrivateKey({ key: plain.reveal(), format: 'der', type: 'pkcs8' })
    return { row, key, publicKey: createPublicKey(key) }
  } finally {
    plain.wipe()
  }
}

function generate(purpose: Purpose): KeyObject {
  switch (purposes[purpose]) {
    case 'secret':
      return newKey()
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey
    case 'p-256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  }
}

function bytesOf(key: KeyObject): Secret {
  if (key.type === 'secret') return secretOf(key)
  const der = key.export({ format: 'der', type: 'pkcs8' })
  try {
    return new Secret(der)
  } finally {
    der.fill(0)
  }
}
