import { ConnectionError, type WireResponse } from './transport.ts'

/** Attempts after the first; the pause before each is four times the last one. */
const MOST_AGAIN = 2
const FIRST_PAUSE_MS = 100
/** A server that asks for more patience than this is not waited for; the caller is told. */
const MOST_PATIENCE_MS = 30_000

/** RFC 9110 section 9.2.2: doing these twice comes to the same as doing them once. */
const isIdempotent = (method: string): boolean => /^(GET|PUT|DELETE)$/.test(method)

/** Milliseconds to wait before the request is sent again; undefined: its failure stands. */
export function pauseAfter(
  method: string,
  outcome: WireResponse | ConnectionError,
  attempt: number,
): number | undefined {
  if (attempt >= MOST_AGAIN) return undefined
  // Up to half as much again, so that clients that failed together do not come back together.
  const pause = FIRST_PAUSE_MS * 4 ** attempt * (1 + Math.random() / 2)
  if (outcome instanceof ConnectionError) {
    const isPassing = outcome.problem === 'lost' || outcome.problem === 'unreachable'
    return isPassing && (outcome.nothingSent || isIdempotent(method)) ? pause : undefined
  }
  const asked = patience(outcome.retryAfter)
  // RFC 6585 section 4: a 429 means that nothing was done, whatever the method.
  const isWelcome =
    outcome.status === 429
      ? asked !== undefined
      : outcome.status === 503 && (asked !== undefined || isIdempotent(method))
  if (!isWelcome || (asked !== undefined && asked > MOST_PATIENCE_MS)) return undefined
  return Math.max(pause, asked ?? 0)
}

/** Retry-After in milliseconds: seconds or a date (RFC 9110 section 10.2.3). */
function patience(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const until = Date.parse(header)
  return Number.isNaN(until) ? undefined : Math.max(0, until - Date.now())
}
