import type { KeyObject } from 'node:crypto'
import type { Secret } from './secret.ts'

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
