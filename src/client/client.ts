import { tokens } from '../identity/tokens/contract.ts'
import type { Endpoint } from '../kit/endpoint.ts'
import { ApiError, ForeignAnswer, failureOf, parsed } from './api-error.ts'
import { type Credentials, Session } from './session.ts'
import {
  ConnectionError,
  type Transport,
  type WireRequest,
  type WireResponse,
} from './transport.ts'
import type { CallArguments, CallReply, ItemOf, Page } from './types.ts'

export interface ClientOptions {
  /** Without any, only what is public can be called. */
  readonly credentials?: Credentials | undefined
  /** The domain to work in, by name or id. */
  readonly domain?: string | undefined
  readonly userAgent?: string | undefined
  /** Waits this many milliseconds; for tests. */
  readonly pause?: (milliseconds: number) => Promise<void>
}

/**
 * Calls a server by its contracts. A failure is an ApiError when the server refused, a SignInError when it refused the
 * credentials, a ConnectionError when no answer came, a ForeignAnswer when something else answered.
 */
export class Client {
  readonly #transport: Transport
  readonly #session: Session
  readonly #userAgent: string
  readonly #pause: (milliseconds: number) => Promise<void>

  constructor(transport: Transport, options: ClientOptions = {}) {
    this.#transport = transport
    this.#userAgent = options.userAgent ?? 'keystead-client'
    this.#pause = options.pause ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)))
    this.#session = new Session({
      credentials: options.credentials,
      domain: options.domain,
      request: async (body) => replyOf(await this.#exchange(tokens.create, { body }, undefined)),
      now: () => performance.now(),
    })
  }

  /** Calls an endpoint, signed in unless it is public. */
  async call<E extends Endpoint>(endpoint: E, ...[input]: CallArguments<E>): Promise<CallReply<E>> {
    const given: Untyped = input ?? {}
    if (endpoint.access === 'public')
      return replyOf(await this.#exchange(endpoint, given, undefined))
    const token = await this.#session.bearer()
    try {
      return replyOf(await this.#exchange(endpoint, given, token))
    } catch (error) {
      // A 401 means that nothing was done, so even a POST may be sent again with another token.
      const isRefused = error instanceof ApiError && error.status === 401
      if (!isRefused || token === undefined || !this.#session.refused(token)) throw error
      return replyOf(await this.#exchange(endpoint, given, await this.#session.bearer()))
    }
  }

  /** Every element of a list, page by page. A list that changes meanwhile may repeat or miss an element. */
  async *each<E extends Endpoint>(
    endpoint: E,
    ...[input]: CallArguments<E>
  ): AsyncGenerator<ItemOf<E>, void, undefined> {
    const given: Untyped = input ?? {}
    const asked = given.query as { limit?: string; skip?: string } | undefined
    const limit = Number(asked?.limit ?? 200)
    let skip = Number(asked?.skip ?? 0)
    for (;;) {
      const query = { ...asked, skip: String(skip), limit: String(limit) }
      const args = [{ ...given, query }] as unknown as CallArguments<E>
      const page = (await this.call(endpoint, ...args)) as Page<ItemOf<E>>
      yield* page.resources
      skip += page.resources.length
      if (page.resources.length === 0 || skip >= page.total) return
    }
  }

  /** Whether the server is up, and whether it can do its work. */
  async health(): Promise<{ alive: boolean; ready: boolean }> {
    const ask = async (path: string) => {
      const response = await this.#send({ method: 'GET', path, headers: {}, body: undefined })
      const body = parsed(response.body)
      if (typeof body !== 'object' || body === null || !('status' in body))
        throw new ForeignAnswer(response, `HTTP ${response.status} in another form`)
      return response.status === 200
    }
    return { alive: await ask('/healthz'), ready: await ask('/readyz') }
  }

  /** Ends the session that this client opened, if it did. */
  async signOut(): Promise<void> {
    if (!this.#session.isOwn) return
    try {
      await this.call(tokens.logout)
    } finally {
      this.#session.forget()
    }
  }

  /** Lets go of the connections. */
  close(): void {
    this.#transport.close()
  }

  async #exchange(
    endpoint: Endpoint,
    { params, query, body }: Untyped,
    token: string | undefined,
  ): Promise<WireResponse> {
    return this.#send({
      method: endpoint.method,
      path: `/api${filled(endpoint.path, params)}${queryText(query)}`,
      headers: {
        accept: 'application/json',
        'user-agent': this.#userAgent,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  }

  /** Only a GET is sent again: of anything else the server may have done its part before the connection broke. */
  async #send(request: WireRequest): Promise<WireResponse> {
    const pauses = request.method === 'GET' ? [100, 400] : []
    for (;;) {
      try {
        return await this.#transport.send(request)
      } catch (error) {
        const pause = isWorthAnother(error) ? pauses.shift() : undefined
        if (pause === undefined) throw error
        await this.#pause(pause)
      }
    }
  }
}

interface Untyped {
  readonly params?: unknown
  readonly query?: unknown
  readonly body?: unknown
}

const isWorthAnother = (error: unknown): boolean =>
  error instanceof ConnectionError && (error.problem === 'lost' || error.problem === 'unreachable')

function replyOf<Reply>(response: WireResponse): Reply {
  if (response.status >= 400) throw failureOf(response)
  if (response.status === 204) return undefined as Reply
  const body = response.status < 300 ? parsed(response.body) : undefined
  if (typeof body !== 'object' || body === null)
    throw new ForeignAnswer(response, `HTTP ${response.status} without JSON`)
  return body as Reply
}

/** A path with its parameters. An empty one is refused: it would turn one resource's path into that of them all. */
function filled(path: string, params: unknown): string {
  const values = (params ?? {}) as Record<string, unknown>
  return path.replace(/:(\w+)/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined || value === null || value === '')
      throw new TypeError(`${path} needs a value for ${name}`)
    // RFC 3986 section 5.2.4 removes dot segments on the way; only their percent-encoded form has a chance to arrive.
    return encodeURIComponent(String(value)).replace(/^\.{1,2}$/, (dots) =>
      '%2E'.repeat(dots.length),
    )
  })
}

function queryText(query: unknown): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>))
    if (value !== undefined && value !== null)
      search.append(name, Array.isArray(value) ? value.join(',') : String(value))
  return search.size === 0 ? '' : `?${search}`
}
