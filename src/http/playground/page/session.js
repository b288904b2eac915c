/**
 * Who is signed in. The tokens live in private fields of one object and nowhere else: not in storage, not in a
 * cookie, not in the page. Leaving or reloading the page therefore signs out, and the refresh token is revoked.
 *
 * @typedef {{ jwt: string, username: string, domain: string, endsAt: number, refreshToken: string, clientId: string }} Tokens
 */

const RENEW_BEFORE_MS = 60_000
const RETRY_MS = 10_000
/** An unattended page stops renewing, as a refresh token that nobody uses is revoked after an hour. */
const IDLE_LIMIT_MS = 30 * 60_000

/** What the server answered instead of a token; `mustChange` when only a new password helps. */
export class Refused extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message)
    this.status = status
    this.mustChange =
      status === 401 && /password\b.*\bchange|change\w*\b.*\bpassword/is.test(message)
  }
}

/** @param {string} method @param {string} path @param {unknown} body @param {RequestInit} [more] */
async function ask(method, path, body, more = {}) {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...more.headers },
    body: JSON.stringify(body),
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
    ...(more.keepalive ? { keepalive: true } : { signal: AbortSignal.timeout(30_000) }),
  })
  const text = await response.text()
  if (!response.ok)
    throw new Refused(response.status, reason(text) || `The server answered ${response.status}`)
  return text === '' ? {} : JSON.parse(text)
}

/** The sentence of an error body, which may also be plain text. @param {string} text */
function reason(text) {
  try {
    const { message, codeDesc } = JSON.parse(text)
    return String(message || codeDesc || '')
  } catch {
    return text.slice(0, 300)
  }
}

export class Session extends EventTarget {
  /** @type {Tokens | undefined} */ #tokens
  /** @type {Promise<void> | undefined} */ #renewing
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer
  #touchedAt = Date.now()

  /** Who is signed in and until when, without the token. */
  get who() {
    if (!this.#tokens) return undefined
    const { username, domain, endsAt } = this.#tokens
    return { username, domain, endsAt }
  }

  /** Someone is here: the page may go on renewing. */
  touch() {
    this.#touchedAt = Date.now()
  }

  /** @param {{ username: string, password: string, domain: string }} credentials */
  async signIn({ username, password, domain }) {
    const answer = await ask('POST', '/auth/tokens', {
      grant_type: 'password',
      username,
      password,
      ...(domain && { domain }),
      labels: ['playground'],
      refresh_token_revoke_unused_in: 60,
    })
    this.touch()
    this.#keep(answer, { username, domain, refreshToken: '', clientId: '' })
  }

  /** @param {{ username: string, password: string, newPassword: string }} change */
  async changePassword({ username, password, newPassword }) {
    await ask('PATCH', '/auth/changepw', { username, password, new_password: newPassword })
  }

  /** A token good for a call that starts now; undefined when nobody is signed in. */
  async bearer() {
    if (this.#tokens && this.#tokens.endsAt - Date.now() < RENEW_BEFORE_MS / 4) await this.#renew()
    return this.#tokens?.jwt
  }

  /** Forgets the tokens at once, then has the server revoke them. Resolves to false when the server could not be told. */
  async signOut({ leaving = false, why = '' } = {}) {
    const tokens = this.#tokens
    this.#forget(why)
    if (!tokens?.refreshToken) return true
    try {
      await ask(
        'POST',
        '/auth/revoke',
        { client_id: tokens.clientId, refresh_token: tokens.refreshToken },
        { keepalive: leaving, headers: { Authorization: `Bearer ${tokens.jwt}` } },
      )
      return true
    } catch {
      return false
    }
  }

  /** @param {any} answer @param {{ username: string, domain: string, refreshToken: string, clientId: string }} known */
  #keep(answer, known) {
    if (typeof answer.jwt !== 'string') throw new Error('The server answered without a token')
    this.#tokens = {
      jwt: answer.jwt,
      username: known.username,
      domain: known.domain,
      endsAt: Date.now() + Number(answer.duration || 300) * 1000,
      refreshToken: answer.refresh_token || known.refreshToken,
      clientId: answer.client_id || known.clientId,
    }
    this.#schedule(this.#tokens.endsAt - Date.now() - RENEW_BEFORE_MS)
    this.dispatchEvent(new CustomEvent('change', { detail: '' }))
  }

  /** @param {string} why */
  #forget(why) {
    clearTimeout(this.#timer)
    if (!this.#tokens) return
    this.#tokens = undefined
    this.dispatchEvent(new CustomEvent('change', { detail: why }))
  }

  /** @param {number} ms */
  #schedule(ms) {
    clearTimeout(this.#timer)
    // A token shorter than the margin is renewed when a second of it is over, not in a loop.
    this.#timer = setTimeout(() => this.#renew(), Math.max(ms, 1000))
  }

  #renew() {
    this.#renewing ??= this.#renewNow().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async #renewNow() {
    const tokens = this.#tokens
    if (!tokens) return
    if (Date.now() - this.#touchedAt > IDLE_LIMIT_MS) {
      await this.signOut({ why: 'Signed out: nobody used this page for half an hour.' })
      return
    }
    if (!tokens.refreshToken) {
      if (Date.now() >= tokens.endsAt) this.#forget('The session has ended. Sign in again.')
      else this.#schedule(tokens.endsAt - Date.now())
      return
    }
    try {
      const answer = await ask('POST', '/auth/tokens', {
        grant_type: 'refresh_token',
        refresh_token: tokens.refreshToken,
        ...(tokens.domain && { domain: tokens.domain }),
      })
      // Signed out, or in as someone else, while the server was answering: the new token is nobody's.
      if (this.#tokens === tokens) this.#keep(answer, tokens)
    } catch (error) {
      if (this.#tokens !== tokens) return
      const refused = error instanceof Refused && error.status < 500 && error.status !== 429
      if (refused || Date.now() >= tokens.endsAt)
        this.#forget('The session has ended. Sign in again.')
      else this.#schedule(RETRY_MS)
    }
  }
}
