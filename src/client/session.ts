import type { z } from 'zod'
import type { Token, TokenRequest } from '../identity/tokens/contract.ts'
import { ApiError } from './api-error.ts'

/** Who the client is. A bearer token is used as it is, and can neither be refreshed nor replaced. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | { readonly refreshToken: string }
  | { readonly token: string }

export type TokenReply = z.output<typeof Token>

/** Signing in itself failed: the credentials are wrong, ended, or may not be used like this. */
export class SignInError extends ApiError {
  static from(error: ApiError): SignInError {
    return new SignInError(error.status, {
      ...(error.code === undefined ? {} : { code: error.code }),
      codeDesc: error.codeDesc,
      message: error.message,
      ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
    })
  }
}

/** Refresh tokens of this client end after this many minutes without use, so that none is left behind for good. */
const UNUSED_MINUTES = 30
/** A token this close to its end is replaced before it is used; short-lived ones after four fifths of their life. */
const MARGIN_SECONDS = 60

/** Keeps a good bearer token at hand: signs in when it has none, refreshes before it ends, once for all who wait. */
export class Session {
  readonly #credentials: Credentials | undefined
  readonly #domain: string | undefined
  readonly #request: (body: z.input<typeof TokenRequest>) => Promise<TokenReply>
  readonly #now: () => number
  #current: { readonly jwt: string; readonly goodUntil: number } | undefined
  #refreshToken: string | undefined
  #renewal: Promise<string> | undefined

  constructor(options: {
    credentials: Credentials | undefined
    domain: string | undefined
    request: (body: z.input<typeof TokenRequest>) => Promise<TokenReply>
    /** Milliseconds on a clock that nobody sets back. */
    now: () => number
  }) {
    this.#credentials = options.credentials
    this.#domain = options.domain
    this.#request = options.request
    this.#now = options.now
    if (options.credentials && 'refreshToken' in options.credentials)
      this.#refreshToken = options.credentials.refreshToken
  }

  /** Whether it signed in by itself: a session that came as a refresh token is somebody else's to end. */
  get isOwn(): boolean {
    const hasPassword = this.#credentials !== undefined && 'password' in this.#credentials
    return hasPassword && this.#refreshToken !== undefined
  }

  /** A bearer token to call with; undefined when there are no credentials. */
  async bearer(): Promise<string | undefined> {
    if (this.#credentials === undefined) return undefined
    if ('token' in this.#credentials) return this.#credentials.token
    if (this.#current !== undefined && this.#now() < this.#current.goodUntil)
      return this.#current.jwt
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  /** Drops a token that the server refused. Says whether another one can be had. */
  refused(token: string): boolean {
    if (this.#credentials === undefined || 'token' in this.#credentials) return false
    if (this.#current?.jwt === token) this.#current = undefined
    return true
  }

  forget(): void {
    this.#current = undefined
    this.#refreshToken = undefined
  }

  async #renew(): Promise<string> {
    const credentials = this.#credentials
    if (this.#refreshToken !== undefined) {
      try {
        return await this.#obtain({
          grant_type: 'refresh_token',
          refresh_token: this.#refreshToken,
        })
      } catch (error) {
        // The refresh token has ended; a password can still open a new session.
        const hasEnded = error instanceof SignInError && error.status === 401
        if (!hasEnded || !credentials || !('password' in credentials)) throw error
        this.#refreshToken = undefined
      }
    }
    if (!credentials || !('password' in credentials))
      throw new TypeError('no password to sign in with')
    return this.#obtain({
      grant_type: 'password',
      username: credentials.username,
      password: credentials.password,
      refresh_token_revoke_unused_in: UNUSED_MINUTES,
    })
  }

  async #obtain(body: z.input<typeof TokenRequest>): Promise<string> {
    const asked = this.#now()
    let reply: TokenReply
    try {
      reply = await this.#request(
        this.#domain === undefined ? body : { ...body, domain: this.#domain },
      )
    } catch (error) {
      throw error instanceof ApiError ? SignInError.from(error) : error
    }
    const margin = Math.min(MARGIN_SECONDS, reply.duration / 5)
    this.#current = { jwt: reply.jwt, goodUntil: asked + (reply.duration - margin) * 1000 }
    this.#refreshToken = reply.refresh_token ?? this.#refreshToken
    return reply.jwt
  }
}
