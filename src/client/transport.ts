import { ClientError, type ConnectionProblem } from './client-error.ts'

export type { ConnectionProblem } from './client-error.ts'

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
  readonly body: string | Uint8Array | undefined
}

export interface WireResponse {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** The header of this name, as it came. */
  readonly retryAfter?: string | undefined
}

/** No whole answer came. */
export class ConnectionError extends ClientError {
  override readonly name = 'ConnectionError'
  readonly kind: ConnectionProblem
  readonly problem: ConnectionProblem
  /** True when no byte of the request can have arrived, so that sending it again does nothing twice. */
  readonly nothingSent: boolean

  constructor(
    problem: ConnectionProblem,
    detail: string,
    { nothingSent = false, ...options }: ErrorOptions & { nothingSent?: boolean } = {},
  ) {
    super(detail, {}, options)
    this.kind = problem
    this.problem = problem
    this.nothingSent = nothingSent
  }
}
