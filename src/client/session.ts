import type { z } from 'zod'
import type { Token, TokenRequest } from '../identity/tokens/contract.ts'
import { ApiError } from './api-error.ts'

/**
 * Who the client is. A bearer token is used as it is, and can neither be refreshed nor replaced. A refresh token may
 * come with a bearer token that it gave before. `clientCertificate` signs in by the certificate of the connection.
 */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | {
      readonly refreshToken: string
      readonly current?: { readonly jwt: string; readonly secondsLeft: number } | undefined
    }
  | { readonly token: string }
  | { readonly clientCertificate: true }

export type TokenReply = z.output<typeof Token>

/** Signing in itself failed: the credentials are wrong, ended, or may not be used like this. */
export class SignInError extends ApiError {
  override readonly name = 'SignInError'
  override readonly kind = 'sign-in'

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
  readonly #renewed: (token: TokenReply) => void
  readonly #now: () => number
  #current: { readonly jwt: string; readonly goodUntil: number } | undefined
  #refreshToken: string | undefined
  #renewal: Promise<string> | undefined

  constructor(options: {
    credentials: Credentials | undefined
    domain: string | undefined
    request: (body: z.input<typeof TokenRequest>) => Promise<TokenReply>
    renewed: (token: TokenReply) => void
    /** Milliseconds on a clock that nobody sets back. */
    now: () => number
  }) {
    this.#credentials = options.credentials
    this.#domain = options.domain
    this.#request = options.request
    this.#renewed = options.renewed
    this.#now = options.now
    if (options.credentials && 'refreshToken' in options.credentials) {
      const { refreshToken, current } = options.credentials
      this.#refreshToken = refreshToken
      if (current !== undefined) this.#keep(current.jwt, current.secondsLeft, this.#now())
    }
  }

  /** Whether it signed in by itself: a session that came as a refresh token is somebody else's to end. */
  get isOwn(): boolean {
    return this.#opening !== undefined && this.#refreshToken !== undefined
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

  /** What opens a new session; undefined when one can only be kept up. */
  get #opening(): z.input<typeof TokenRequest> | undefined {
    const credentials = this.#credentials
    if (credentials === undefined) return undefined
    if ('clientCertificate' in credentials) return { grant_type: 'user_certificate' }
    if (!('password' in credentials)) return undefined
    const { username, password } = credentials
    return { grant_type: 'password', username, password }
  }

  async #renew(): Promise<string> {
    const opening = this.#opening
    if (this.#refreshToken !== undefined) {
      try {
        return await this.#obtain({
          grant_type: 'refresh_token',
          refresh_token: this.#refreshToken,
        })
      } catch (error) {
        // The refresh token has ended; a password or a certificate can still open a new session.
        const hasEnded = error instanceof SignInError && error.status === 401
        if (!hasEnded || opening === undefined) throw error
        this.#refreshToken = undefined
      }
    }
    if (opening === undefined) throw new TypeError('nothing to sign in with')
    return this.#obtain({ ...opening, refresh_token_revoke_unused_in: UNUSED_MINUTES })
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
    this.#keep(reply.jwt, reply.duration, asked)
    this.#refreshToken = reply.refresh_token ?? this.#refreshToken
    this.#renewed(reply)
    return reply.jwt
  }

  #keep(jwt: string, seconds: number, since: number): void {
    const margin = Math.min(MARGIN_SECONDS, seconds / 5)
    this.#current = { jwt, goodUntil: since + (seconds - margin) * 1000 }
  }
}
