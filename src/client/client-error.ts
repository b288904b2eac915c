/**
 * What went wrong, in one word. `refused`: the server says no; `sign-in`: it refuses the credentials; `foreign`:
 * something else answers there; the others: no answer came (ConnectionProblem says which is which).
 */
export type FailureKind = 'refused' | 'sign-in' | 'foreign' | ConnectionProblem

/**
 * Why there was no answer. `unreachable`: nothing listens there, the name is not known, or the proxy does not let us
 * through; `lost`: the connection broke; `timeout`; `certificate`: the server's certificate is not trusted or not for
 * this name; `tls`: the other side does not speak TLS as we do; `too-large`: the answer exceeds what the client takes.
 */
export type ConnectionProblem =
  | 'unreachable'
  | 'lost'
  | 'timeout'
  | 'certificate'
  | 'tls'
  | 'too-large'

/** Every failure of a call. Its message is a sentence to show; `kind` and `code` are for programs. */
export abstract class ClientError extends Error {
  abstract readonly kind: FailureKind
  /** The HTTP status; undefined when no answer came. */
  readonly status: number | undefined
  /** The API's number for the failure (reference 1.3); undefined when the answer was not in the API's form. */
  readonly code: number | undefined

  constructor(
    message: string,
    fields: { status?: number | undefined; code?: number | undefined } = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.status = fields.status
    this.code = fields.code
  }
}
