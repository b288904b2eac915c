/** One exchange with a server. The client stands on this alone, so that a browser can bring its own. */
export interface Transport {
  /** Rejects with ConnectionError when no whole answer came. Redirects are answers, never followed. */
  send(request: WireRequest): Promise<WireResponse>
  close(): void
}

export interface WireRequest {
  readonly method: string
  /** Path and query, below the server's URL: `/api/v1/usermgmt/users?limit=10`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

export interface WireResponse {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/**
 * Why there was no answer. `unreachable`: nothing listens there, or the name is not known; `lost`: the connection
 * broke; `timeout`; `certificate`: the server's certificate is not trusted or not for this name; `tls`: the other side
 * does not speak TLS as we do; `too-large`: the answer exceeds what the client takes.
 */
export type ConnectionProblem =
  | 'unreachable'
  | 'lost'
  | 'timeout'
  | 'certificate'
  | 'tls'
  | 'too-large'

export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly problem: ConnectionProblem

  constructor(problem: ConnectionProblem, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.problem = problem
  }
}
