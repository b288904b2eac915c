export type FaultKind =
  | 'invalid'
  | 'invalid-parameter'
  | 'crypto-failed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'conflict'
  | 'unprocessable'
  | 'too-large'
  | 'unsupported-media-type'
  | 'too-many-requests'
  | 'not-built'
  | 'unavailable'
  | 'no-space'

/** A failure the caller is entitled to read about. Anything else that is thrown is our bug. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly kind: FaultKind

  constructor(kind: FaultKind, detail: string, options?: ErrorOptions) {
    // Guards are made for every write and seldom thrown; what a Fault says is in its sentence, not in a stack.
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(detail, options)
    Error.stackTraceLimit = limit
    this.kind = kind
  }
}

/** Quotes what the caller sent, so that it reads as text and never as part of the sentence. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)

export const notFound = (what: string, id: string): Fault =>
  new Fault('not-found', `${what} ${quote(id)} was not found`)

/** For what the API has and this server does not have yet: 501 and a plain sentence. */
export const notBuilt = (what: string): Fault =>
  new Fault('not-built', `${what} is not part of this server yet`)

/** A stored row or key that does not fit its seal: never served, answered as an internal error, recorded as critical. */
export class Tampered extends Error {
  override readonly name = 'Tampered'
  readonly table: string
  readonly row: string

  constructor(table: string, row: string, options?: ErrorOptions) {
    super(`a stored record in ${table} does not fit its seal`, options)
    this.table = table
    this.row = row
  }
}
