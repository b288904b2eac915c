import { ApiError, ForeignAnswer } from '../client/api-error.ts'
import { SignInError } from '../client/session.ts'
import { ConnectionError } from '../client/transport.ts'
import { ProfilesError } from './profiles.ts'
import { SettingsError } from './settings/index.ts'

export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, refused: 4 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command did its work and the answer is no, or it cannot go on; the message says why. */
export class Failed extends Error {
  override readonly name = 'Failed'
}

/** A failure as sentences for the operator and the exit code of its kind. `target` is the server spoken to. */
export function explain(
  error: unknown,
  target?: { url: string; username: string; caOfProfile?: boolean },
): { code: ExitCode; lines: readonly string[] } {
  if (error instanceof SettingsError) return { code: EXIT.usage, lines: error.problems }
  if (error instanceof ProfilesError) return { code: EXIT.usage, lines: [error.message] }
  if (error instanceof UsageError) return { code: EXIT.usage, lines: [error.message] }
  if (error instanceof ConnectionError)
    return { code: EXIT.unreachable, lines: [connectionSentence(error, target?.caOfProfile)] }
  if (error instanceof ForeignAnswer)
    return {
      code: EXIT.unreachable,
      lines: [
        `${target?.url ?? 'The URL'} answers, but not as a key manager does (${error.message}). Is the URL right?`,
      ],
    }
  if (error instanceof ApiError) return apiFailure(error, target?.username ?? 'the caller')
  if (error instanceof Failed) return { code: EXIT.failed, lines: [error.message] }
  return { code: EXIT.failed, lines: [unexpected(error)] }
}

function connectionSentence({ problem, message }: ConnectionError, caOfProfile = false): string {
  switch (problem) {
    case 'unreachable':
      return `Cannot reach ${message}. Start a server here with "keystead serve", or name another with --url.`
    case 'certificate':
      return caOfProfile
        ? `Will not speak to ${message}: not from the one that your profile keeps. If the server was set up anew, sign in anew: keystead login --ca-file FILE`
        : `Will not speak to ${message}. Name the file with its CA certificate with --ca-file.`
    case 'tls':
    case 'lost':
    case 'timeout':
    case 'too-large':
      return `Got no answer from ${message}.`
  }
}

function apiFailure(error: ApiError, username: string): { code: ExitCode; lines: string[] } {
  const reference = error.requestId === undefined ? '' : ` (request ${error.requestId})`
  if (error.status === 401) {
    const what = error instanceof SignInError ? `Cannot sign in as ${username}` : 'Not signed in'
    const change = /must be changed|has ended|expired/i.test(error.message)
    const hint = change && /password/i.test(error.message) ? ' Run: keystead passwd' : ''
    return { code: EXIT.refused, lines: [`${what}: ${ended(oneLine(error.message))}${hint}`] }
  }
  if (error.status === 403)
    return {
      code: EXIT.refused,
      lines: [`${username} may not do this: ${oneLine(error.message)}${reference}`],
    }
  return {
    code: EXIT.failed,
    lines: [`The server refused (HTTP ${error.status}): ${oneLine(error.message)}${reference}`],
  }
}

/** The API tells broken rules on lines of their own, under a heading (reference 1.3). */
export const oneLine = (message: string): string =>
  message
    .replace(/^Validation errors:\s*/, '')
    .trim()
    .split(/\s*\n\s*/)
    .join('; ')

const ended = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`)

/** The server's own code fails with sentences; a mistake of ours keeps its stack, so that it can be reported. */
function unexpected(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE' && 'address' in error && 'port' in error)
    return `Something else listens on ${error.address}:${error.port} already.`
  const isBug =
    error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
  return isBug ? (error.stack ?? error.message) : error.message
}
