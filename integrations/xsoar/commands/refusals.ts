import { isObject } from './answer.ts'
import { onOneLine } from './characters.ts'
import { type CommandFailure, failure } from './failure.ts'
import type { Reply } from './types.ts'
import { parsed } from './values.ts'

/** What went wrong on the way, as sentences that say what to do. */

export type Stage = 'sign-in' | 'call'

/** Undefined: the server did what it was asked. */
export function refusalOf(
  reply: Reply,
  stage: Stage,
  username: string,
  command: string,
): CommandFailure | undefined {
  const { status } = reply
  if (status >= 200 && status < 300) return undefined
  if (status >= 300 && status < 400)
    return failure(
      'unreachable',
      [
        `The server sends the call elsewhere (HTTP ${status}). Check the server URL: it must be the address of the key manager itself.`,
      ],
      status,
    )
  const { words, request } = saidBy(reply)
  const said = words === '' ? '.' : `: ${words}`
  const asked = request === '' ? '' : ` Request ${request}.`
  const tell = (kind: 'refused' | 'failed' | 'unreachable', sentence: string) =>
    failure(kind, [`${sentence}${asked}`], status)
  if (status === 401)
    return stage === 'sign-in'
      ? tell('refused', `Cannot sign in as ${username}${said} Check username and password.`)
      : tell(
          'refused',
          `The server does not take the session of ${username}${said} Run the command again.`,
        )
  if (status === 403)
    return tell(
      'refused',
      `${username} may not do this${said} Ask an administrator for a group that may, or use another user.`,
    )
  if (status === 404)
    return isOfTheApi(reply)
      ? tell(
          'failed',
          `There is no such thing${said} Check the id or name; ${listFor(command)} shows what there is.`,
        )
      : tell(
          'unreachable',
          'Nothing like a key manager answers there (HTTP 404). Check the server URL.',
        )
  if (status === 409)
    return tell(
      'failed',
      `It clashes with what is there${said} Choose another name, or change what has this one.`,
    )
  if (status === 429)
    return tell(
      'failed',
      `The server has too much to do, or had too many tries${said} Wait a minute and run the command again.`,
    )
  if (status >= 500)
    return tell(
      'failed',
      `The server failed (HTTP ${status})${said} Try again later; if it stays like this, ask whoever runs the server to look into its log.`,
    )
  return isOfTheApi(reply)
    ? tell(
        'failed',
        `The server refuses it (HTTP ${status})${said} Change what it names and run the command again.`,
      )
    : tell(
        'unreachable',
        `Something answers with HTTP ${status}, though not as a key manager. Check the server URL.`,
      )
}

/** An answer that should have been JSON and is not: cut short, or from something else. */
export function unreadable(reply: Reply, isChange: boolean): CommandFailure {
  const isPage = /^\s*</.test(reply.body)
  if (isPage)
    return failure(
      'unreachable',
      ['Something answers with a web page, not as a key manager. Check the server URL.'],
      reply.status,
    )
  return failure(
    'unreachable',
    [
      isChange
        ? 'The answer is cut short, so it is not known what came of it. Look with a list command before you run this again.'
        : 'The answer is cut short. Run the command again; if it stays like this, look at what stands between here and the server.',
    ],
    reply.status,
  )
}

export type ConnectionProblem =
  | 'refused'
  | 'unknown-host'
  | 'timeout'
  | 'lost'
  | 'certificate'
  | 'tls'
  | 'unreachable'

const connectionSentences: Readonly<Record<ConnectionProblem, string>> = {
  refused: 'Nothing listens there. Check the server URL and its port, and that the server runs.',
  'unknown-host': 'The host name is not known. Check the server URL.',
  timeout: 'No answer came in time. Check the server URL and the firewall, or try again.',
  lost: 'The connection was cut. Try again; if it was a change, look first what came of it.',
  certificate:
    'Its certificate is not trusted. Give the CA certificate of the server, or fix the name or the dates of its certificate; trusting any certificate lets whoever stands in between read the password.',
  tls: 'TLS could not be agreed on. Check that the server URL has the HTTPS port.',
  unreachable: 'It cannot be reached. Check the server URL and the network.',
}

/** `detail`: what the system said, such as the host and its reason. */
export function connectionFailure(problem: ConnectionProblem, detail: string): CommandFailure {
  const said = detail === '' ? '' : ` (${detail})`
  return failure('unreachable', [
    `Cannot speak to the server${said}. ${connectionSentences[problem]}`,
  ])
}

/** The words of Go's standard library, in which the engine inside XSOAR tells what went wrong. First match wins. */
const goWords: readonly (readonly [words: RegExp, problem: ConnectionProblem])[] = [
  [/x509|certificate/i, 'certificate'],
  [/connection refused/i, 'refused'],
  [/no such host|server misbehaving/i, 'unknown-host'],
  [/timeout|timed out|deadline exceeded/i, 'timeout'],
  [/reset by peer|broken pipe|\bEOF\b/i, 'lost'],
  [/\btls\b|HTTP response to HTTPS|malformed HTTP/i, 'tls'],
]

export function connectionProblemIn(words: string): ConnectionProblem {
  for (const [pattern, problem] of goWords) if (pattern.test(words)) return problem
  return 'unreachable'
}

/** The failure in the API's own words: behind the name in `codeDesc`, else in `message` (reference 1.3). */
function saidBy({ body }: Reply): { words: string; request: string } {
  const answer = parsed(body)
  if (!isObject(answer)) return { words: '', request: '' }
  const text = (name: string): string =>
    typeof answer[name] === 'string' ? String(answer[name]) : ''
  const behind = text('codeDesc').replace(/^NCERR\w+:? */, '')
  const words = onOneLine(
    (text('message') !== '' ? text('message') : behind).replace(/^Validation errors:\s*/, ''),
  ).trim()
  const short = words.length > 500 ? `${words.slice(0, 497)}...` : words
  return {
    words: short === '' || /[.!?]$/.test(short) ? short : `${short}.`,
    request: text('requestID')
      .replace(/[^\w-]/g, '')
      .slice(0, 64),
  }
}

const isOfTheApi = ({ body }: Reply): boolean => {
  const answer = parsed(body)
  return isObject(answer) && answer['codeDesc'] !== undefined
}

function listFor(command: string): string {
  if (/group/.test(command)) return 'ciphertrust-group-list'
  if (/user/.test(command)) return 'ciphertrust-users-list'
  if (/external-certificate/.test(command)) return 'ciphertrust-external-certificate-list'
  if (/external-ca/.test(command)) return 'ciphertrust-external-ca-list'
  if (/local-ca-/.test(command)) return 'ciphertrust-local-ca-list'
  return 'ciphertrust-certificate-list'
}
