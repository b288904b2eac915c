import type { SecureVersion } from 'node:tls'
import type { Expected } from './expect.ts'

/**
 * One request and what must come back. Texts may hold placeholders:
 * `{{name}}` what an earlier exchange kept, `{{run}}` a text of this run alone, `{{enc:name}}` percent-encoded,
 * `{{uuid:name}}` the part of a user id behind the bar, `{{upper:name}}` in capitals, `{{in:90}}` the time 90 seconds
 * from now. A text that is one placeholder keeps the type of the value.
 */
export interface Exchange {
  /** A sentence about the product: what must be true. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE' | 'HEAD'
  /** Below `/api/v1`, unless it starts with `/api` or two slashes. Sent as it stands, nothing is encoded or collapsed. */
  readonly path: string
  /** Whose token the request carries: `admin` when absent, `none` for no Authorization header, or a session opened earlier. */
  readonly as?: string
  /** Added to the request, after Authorization and Content-Type; null takes a header out. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** At most one of the three. */
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly text?: string
  /**
   * How the length is told: `length` (Content-Length, also 0 for a POST or PATCH without a body), `chunked`, or
   * `none`: neither header, which HTTP reads as no body.
   */
  readonly framing?: 'length' | 'chunked' | 'none'
  /** The one TLS version that the client offers. */
  readonly tls?: SecureVersion
  /** What the client shows in the TLS handshake, in PEM; on a connection of its own. */
  readonly certificate?: { readonly cert: string; readonly key: string }
  /** One status or any of several; 0: the connection must not come about. */
  readonly status: number | readonly number[]
  readonly body?: Expected
  readonly answerHeaders?: Readonly<Record<string, Expected>>
  /** Texts that the answer must not hold anywhere. */
  readonly silentAbout?: readonly string[]
  /** Values for later exchanges: a path into the body (`resources.0.id`), or `cookies` for the cookies that were set. */
  readonly keep?: Readonly<Record<string, string>>
  /** The answer is a token answer that opens the session of this name; it is renewed by sending the same again. */
  readonly opens?: string
  /** Sent again until it answers as expected, for at most so long. */
  readonly withinMs?: number
  /** Moves the server's clock forward before sending; the scenario is skipped where that cannot be done. */
  readonly laterBySeconds?: number
  /** No source was seen for what is expected here; the reference says "(assumed)". */
  readonly assumed?: true
  /** A decision or promise of this project that the reference API does not make. */
  readonly ours?: true
}

export interface Scenario {
  readonly name: string
  /** When one of these does not come out as told, the scenario does not apply to this server and is skipped. */
  readonly provided?: readonly Exchange[]
  /** Only for a server that nobody else uses and whose settings are still the first ones. */
  readonly fresh?: true
  readonly exchanges: readonly Exchange[]
  /** Always sent at the end, whatever came before, unless a value that they need was never kept. */
  readonly tidy?: readonly Exchange[]
}

type Rest = Partial<Omit<Exchange, 'name' | 'method' | 'path' | 'status' | 'body'>>
type Status = Exchange['status']

const shaped =
  (method: Exchange['method']) =>
  (name: string, path: string, status: Status, body?: Expected, rest: Rest = {}): Exchange => ({
    name,
    method,
    path,
    status,
    ...(body === undefined ? undefined : { body }),
    ...rest,
  })

const shapedWithJson =
  (method: Exchange['method']) =>
  (
    name: string,
    path: string,
    json: unknown,
    status: Status,
    body?: Expected,
    rest: Rest = {},
  ): Exchange => ({
    name,
    method,
    path,
    ...(json === undefined ? undefined : { json }),
    status,
    ...(body === undefined ? undefined : { body }),
    ...rest,
  })

export const get = shaped('GET')
export const del = shaped('DELETE')
export const post = shapedWithJson('POST')
export const patch = shapedWithJson('PATCH')
export const put = shapedWithJson('PUT')
