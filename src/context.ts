import type { Envelope } from './crypto/envelope.ts'
import type { PasswordHasher } from './crypto/passwords.ts'
import type { Clock } from './kit/time.ts'
import type { Reader, Store } from './store/store.ts'

/** Whoever is behind a request, as the gate found him out. */
export interface Caller {
  /** The user's UUID, without `local|`; empty for an anonymous call. */
  readonly userId: string
  readonly username: string
  /** The domain that the token works in. */
  readonly domain: string
  /** Names of the groups of that domain that the caller is in. */
  readonly groups: readonly string[]
  readonly sessionId: string
  readonly clientId: string
}

/** Where a request came from, for the audit log and the signing-in rules. */
export interface Origin {
  readonly requestId: string
  readonly ip: string
  readonly userAgent: string
}

/** What the server is made of, the same for every request. */
export interface Services {
  readonly store: Store
  readonly envelope: Envelope
  readonly passwords: PasswordHasher
  readonly now: Clock
  readonly nodeId: string
  /** The server's own name and version, as clients may see it. */
  readonly version: string
}

/** What every handler is given. */
export interface Context {
  readonly services: Services
  readonly caller: Caller
  readonly origin: Origin
  readonly now: Clock
  readonly read: Reader
  /**
   * The certificates that the client showed in the TLS handshake, in DER, its own first; empty without one. TLS has
   * proven that the client holds the key of the first, and nothing else about them.
   */
  clientCertificates(): readonly Uint8Array[]
  /**
   * The store's transact. The unit also takes the audit record of this call, when its endpoint says `audit`, so that
   * no handler can forget it; a call that fails or writes nothing is recorded by the gate.
   */
  readonly transact: Store['transact']
  /** Throws 'forbidden' unless the caller may do this, here and now. The gate has already asked for the endpoint's own action. */
  authorize(action: string, resource: string): void
  /** Whether the caller may do this, for decisions that do not end the request. */
  may(action: string, resource: string): boolean
  /** Adds to the details of this call's audit record. Never a secret. */
  note(details: Readonly<Record<string, unknown>>): void
  /** Makes this call's audit record one of a refusal, for handlers that write before they refuse. */
  refuse(sentence: string): void
  /** Adds a line to `messages` of a list answer. */
  say(message: string): void
  /** Sets a header of the answer. */
  header(name: string, value: string): void
}
