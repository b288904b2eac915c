import { type Endpoint, rawTypes } from '../kit/endpoint.ts'
import { ApiError, ForeignAnswer, failureOf, parsed } from './api-error.ts'
import { pauseAfter } from './retry.ts'
import { type Credentials, Session, type TokenReply } from './session.ts'
import {
  ConnectionError,
  type Transport,
  type WireRequest,
  type WireResponse,
} from './transport.ts'
import type { CallArguments, CallReply, ItemOf, Page } from './types.ts'

/** What has to be known of an endpoint to call it. */
export type Callable = Pick<Endpoint, 'method' | 'path' | 'access' | 'raw'>

/** Stands here and not only in the contract, so that a client loads no schema; a test holds one against the other. */
export const ownCalls = {
  signIn: { method: 'POST', path: '/v1/auth/tokens', access: 'public' },
  signOut: { method: 'POST', path: '/v1/auth/logout', access: 'self' },
} as const satisfies Record<string, Callable>

export interface ClientOptions {
  /** Without any, only what is public can be called. */
  readonly credentials?: Credentials | undefined
  /** The domain to work in, by name or id. */
  readonly domain?: string | undefined
  readonly userAgent?: string | undefined
  /** Hears of every token that the client is given, so that a session can be kept for later. */
  readonly renewed?: ((token: TokenReply) => void) | undefined
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
      request: async (body) => replyOf(await this.#exchange(ownCalls.signIn, { body }, undefined)),
      renewed: options.renewed ?? (() => {}),
      now: () => performance.now(),
    })
  }

  /** Calls an endpoint, signed in unless it is public. */
  async call<E extends Endpoint>(endpoint: E, ...[input]: CallArguments<E>): Promise<CallReply<E>> {
    return (await this.request(endpoint, input)) as CallReply<E>
  }

  /** The same for a call that is known only at run time; nothing is checked here but that path parameters are there. */
  async request(endpoint: Callable, given: CallParts = {}): Promise<unknown> {
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
    for await (const page of this.pages(endpoint, input))
      yield* page.resources as readonly ItemOf<E>[]
  }

  /** The pages themselves, with how many elements there are in all. */
  async *pages(
    endpoint: Callable,
    given: CallParts = {},
  ): AsyncGenerator<Page<unknown>, void, undefined> {
    const asked = given.query as { limit?: string; skip?: string } | undefined
    const limit = Number(asked?.limit ?? 200)
    let skip = Number(asked?.skip ?? 0)
    for (;;) {
      const query = { ...asked, skip: String(skip), limit: String(limit) }
      const page = (await this.request(endpoint, { ...given, query })) as Page<unknown>
      if (!Array.isArray(page.resources))
        throw new TypeError(`${endpoint.path} does not answer with a list`)
      yield page
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
      await this.request(ownCalls.signOut)
    } finally {
      this.#session.forget()
    }
  }

  /** Lets go of the connections. */
  close(): void {
    this.#transport.close()
  }

  async #exchange(
    endpoint: Callable,
    { params, query, body }: CallParts,
    token: string | undefined,
  ): Promise<WireResponse> {
    return this.#send({
      method: endpoint.method,
      path: `/api${filled(endpoint.path, params)}${queryText(query)}`,
      headers: {
        accept: 'application/json',
        'user-agent': this.#userAgent,
        ...(body === undefined ? {} : { 'content-type': typeOf(endpoint) }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: bytesOf(endpoint, body),
    })
  }

  /** Sends again what failed in passing, where that cannot do anything twice (retry.ts). */
  async #send(request: WireRequest): Promise<WireResponse> {
    let mayBeDone = false
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#transport.send(request).catch((error: unknown) => {
        if (error instanceof ConnectionError) return error
        throw error
      })
      // A further sign-in counts as a further guess.
      const isSignIn = request.path === `/api${ownCalls.signIn.path}`
      const isGuess = isSignIn && !(outcome instanceof ConnectionError)
      const pause = isGuess ? undefined : pauseAfter(request.method, outcome, attempt)
      if (outcome instanceof ConnectionError) {
        if (pause === undefined) throw outcome
        mayBeDone ||= !outcome.nothingSent
      } else if (pause === undefined) {
        // The first DELETE did its work before the connection broke: gone is what was asked for.
        return request.method === 'DELETE' && mayBeDone && outcome.status === 404
          ? { status: 204, contentType: '', body: '' }
          : outcome
      }
      await this.#pause(pause)
    }
  }
}

const typeOf = ({ raw }: Callable): string =>
  raw === undefined ? 'application/json' : rawTypes[raw]

/** A raw body goes as it is: bytes, or text in UTF-8. */
function bytesOf({ raw, path }: Callable, body: unknown): string | Uint8Array | undefined {
  if (body === undefined) return undefined
  if (raw === undefined) return JSON.stringify(body)
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  throw new TypeError(`${path} takes bytes or text`)
}

export interface CallParts {
  readonly params?: unknown
  readonly query?: unknown
  readonly body?: unknown
}

function replyOf<Reply>(response: WireResponse): Reply {
  if (response.status >= 400) throw failureOf(response)
  if (response.status === 204) return undefined as Reply
  if (response.status < 300 && /^text\/csv\b/i.test(response.contentType))
    return response.body as Reply
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
