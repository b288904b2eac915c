import { createCipheriv, createDecipheriv, createHmac, hkdfSync, type KeyObject } from 'node:crypto'
import { Tampered } from '../kit/fault.ts'
import { freshOctets } from './fresh-octets.ts'
import { Secret } from './secret.ts'

declare const wrappedMark: unique symbol
/** Bytes that only the envelope can open. Rows hold these and never plain bytes; the two types do not mix. */
export type WrappedKey = Uint8Array & { readonly [wrappedMark]: true }

/** Where wrapped bytes belong. It is authenticated, so they open nowhere else. */
export interface Place {
  readonly domain: string
  readonly table: string
  readonly row: string
  readonly column: string
  /** Of the row's content, where the content has versions; else 0. */
  readonly version: number
}

/** The opened key hierarchy of this installation: root key → root KEK → domain KEKs → data. */
export interface Envelope {
  readonly installation: string
  /** Wraps under the newest KEK of the domain. */
  wrap(place: Place, plain: Secret): WrappedKey
  /** Throws `Tampered` when the bytes were altered, moved, or made elsewhere, and says no more than that. */
  unwrap(place: Place, wrapped: Uint8Array): Secret
  /** HMAC-SHA256 under a key that only this installation has, for look-ups by hash. */
  fingerprint(purpose: string, text: string): string
  readonly rowKey: KeyObject
  readonly auditKey: KeyObject
}

/** A key-encryption key of 32 bytes and its UUID, which the bytes it wraps begin with. */
export interface Kek {
  readonly id: string
  readonly key: KeyObject
}

/** The KEKs of all domains; it may change while an envelope uses it. */
export interface KekRing {
  /** What new bytes are wrapped under. */
  newest(domain: string): Kek | undefined
  find(domain: string, id: string): Kek | undefined
}

/*
 * Format 1: format (1 byte), id of the wrapping key (16), salt (16), ciphertext, GCM tag (16).
 * HKDF-SHA256 (RFC 5869) makes key and nonce of each record from the KEK and the random salt. The bound of 2^32
 * records per AES-GCM key with random nonces (NIST SP 800-38D 8.3) so falls on no key: each key seals one record.
 */
const FORMAT = 1
const SALT_AT = 17
const BODY_AT = 33
const TAG_LENGTH = 16
const HKDF_INFO = 'keystead envelope 1'

/** Wraps under this very key. */
export function wrapUnder(kek: Kek, installation: string, place: Place, plain: Secret): WrappedKey {
  const wrapped = Buffer.from(new ArrayBuffer(BODY_AT + plain.length + TAG_LENGTH))
  wrapped[0] = FORMAT
  wrapped.set(idBytes(kek.id), 1)
  wrapped.set(freshOctets(BODY_AT - SALT_AT), SALT_AT)
  withRecordKey(kek, wrapped, (key, nonce) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH })
    cipher.setAAD(context(installation, place))
    wrapped.set(cipher.update(plain.reveal()), BODY_AT)
    cipher.final()
    wrapped.set(cipher.getAuthTag(), BODY_AT + plain.length)
  })
  return asWrapped(wrapped)
}

/** Opens with the key that `find` knows by the id in the bytes. Throws `Tampered` whatever is wrong. */
export function unwrapUnder(
  find: (id: string) => Kek | undefined,
  installation: string,
  place: Place,
  wrapped: Uint8Array,
): Secret {
  try {
    const kek = find(wrappingKeyId(wrapped))
    if (!kek) throw new Error('wrapped under a key that is not here')
    return withRecordKey(kek, wrapped, (key, nonce) => {
      // Without authTagLength Node accepts tags cut down to 4 bytes.
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_LENGTH })
      decipher.setAAD(context(installation, place))
      decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_LENGTH))
      const plain = decipher.update(wrapped.subarray(BODY_AT, wrapped.length - TAG_LENGTH))
      try {
        decipher.final()
        return new Secret(plain)
      } finally {
        plain.fill(0)
      }
    })
  } catch {
    // No cause: which check failed is nobody's business, and OpenSSL's words differ between them.
    throw new Tampered(place.table, place.row)
  }
}

/** The id of the key that these bytes say they are wrapped under. */
export function wrappingKeyId(wrapped: Uint8Array): string {
  if (wrapped.length < BODY_AT + TAG_LENGTH || wrapped[0] !== FORMAT) {
    throw new RangeError('not in the format of the envelope')
  }
  return uuidOf(wrapped.subarray(1, SALT_AT))
}

/** What all bytes wrapped under a key begin with, so that a query can find them. */
export const wrappedPrefix = (kekId: string): Buffer =>
  Buffer.concat([Buffer.of(FORMAT), idBytes(kekId)])

/** The part of the envelope that opens the keys which the rest of it needs. */
export function createWrapping(
  installation: string,
  keks: KekRing,
): Pick<Envelope, 'wrap' | 'unwrap'> {
  return {
    wrap(place, plain) {
      const kek = keks.newest(place.domain)
      if (!kek) throw new Error(`domain ${place.domain} has no key-encryption key`)
      return wrapUnder(kek, installation, place, plain)
    },
    unwrap: (place, wrapped) =>
      unwrapUnder((id) => keks.find(place.domain, id), installation, place, wrapped),
  }
}

export function createEnvelope(parts: {
  readonly installation: string
  readonly keks: KekRing
  readonly rowKey: KeyObject
  readonly auditKey: KeyObject
  readonly fingerprintKey: KeyObject
}): Envelope {
  const { installation, keks, rowKey, auditKey, fingerprintKey } = parts
  return {
    installation,
    rowKey,
    auditKey,
    ...createWrapping(installation, keks),
    fingerprint: (purpose, text) =>
      createHmac('sha256', fingerprintKey)
        .update(lengthPrefixed(purpose))
        .update(text)
        .digest('base64url'),
  }
}

/** Runs `use` with the key and nonce of one record, and wipes both afterwards. */
function withRecordKey<T>(
  kek: Kek,
  wrapped: Uint8Array,
  use: (key: Buffer, nonce: Buffer) => T,
): T {
  const salt = wrapped.subarray(SALT_AT, BODY_AT)
  const derived = Buffer.from(hkdfSync('sha256', kek.key, salt, HKDF_INFO, 44))
  try {
    return use(derived.subarray(0, 32), derived.subarray(32))
  } finally {
    derived.fill(0)
  }
}

/** The additional authenticated data: every part carries its length, so that no two places read the same. */
function context(installation: string, place: Place): Buffer {
  const version = Buffer.alloc(8)
  version.writeBigUInt64BE(BigInt(place.version))
  const names = [installation, place.domain, place.table, place.row, place.column]
  return Buffer.concat([Buffer.of(FORMAT), ...names.map(lengthPrefixed), version])
}

function lengthPrefixed(text: string): Buffer {
  // UTF-8 writes every lone surrogate as U+FFFD, so two different texts would become the same bytes.
  if (!text.isWellFormed()) throw new RangeError('a name must be well-formed Unicode')
  const bytes = Buffer.from(text, 'utf8')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

function idBytes(id: string): Buffer {
  const bytes = Buffer.from(id.replaceAll('-', ''), 'hex')
  if (bytes.length !== 16) throw new RangeError('the id of a key must be a UUID')
  return bytes
}

/** Sixteen bytes as the text of a UUID. */
export function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The one place where bytes become wrapped ones. */
function asWrapped(bytes: Uint8Array): WrappedKey {
  return bytes as WrappedKey
}
