import { isObject, outcomeOf } from './answer.ts'
import { failure } from './failure.ts'
import { valuesOf } from './reading.ts'
import { refusalOf, unreadable } from './refusals.ts'
import { type Credentials, plainGet, requestOf, tokenRequest } from './request.ts'
import { commandNamed, TEST_MODULE } from './table.ts'
import type { Command, Host, Outcome, Reply, Request } from './types.ts'
import { parsed } from './values.ts'

/**
 * A command under way. Whoever drives it sends each request and hands over the reply, at once or later; the same steps
 * serve the engine inside XSOAR, which waits, and Node, which does not.
 */
export interface Exchange {
  /** What to send next; undefined: all is done. */
  next(): Request | undefined
  /** Throws a CommandFailure when the server refuses, or is none. */
  take(reply: Reply): void
  outcome(): Outcome
}

/** Begins a command. Throws a CommandFailure of kind `input` when anything given is wrong: then nothing was sent. */
export function begin(
  name: string,
  given: Readonly<Record<string, unknown>>,
  credentials: Credentials,
  host: Host,
): Exchange {
  const command = commandNamed(name)
  if (command === undefined)
    throw failure('input', [`There is no command ${JSON.stringify(name)}.`])
  const missing = [
    ...(credentials.username === '' ? ['Username is missing: who signs in.'] : []),
    ...(credentials.password === '' ? ['Password is missing: that of who signs in.'] : []),
  ]
  if (missing.length > 0) throw failure('input', missing)
  return name === TEST_MODULE
    ? testing(command, credentials)
    : running(command, given, credentials, host)
}

function running(
  command: Command,
  given: Readonly<Record<string, unknown>>,
  credentials: Credentials,
  host: Host,
): Exchange {
  const values = valuesOf(command, given, host)
  let token: string | undefined
  let outcome: Outcome | undefined
  return {
    next() {
      if (token === undefined) return tokenRequest(credentials)
      return outcome === undefined ? requestOf(command, values, token) : undefined
    },
    take(reply) {
      if (token === undefined) {
        token = tokenIn(reply, credentials, command)
        return
      }
      const refusal = refusalOf(reply, 'call', credentials.username, command.name)
      if (refusal !== undefined) throw refusal
      outcome = outcomeOf(command, values, reply)
      if (outcome === undefined) throw unreadable(reply, command.call.method !== 'GET')
    },
    outcome: () => done(outcome),
  }
}

function tokenIn(reply: Reply, { username }: Credentials, command: Command): string {
  const refusal = refusalOf(reply, 'sign-in', username, command.name)
  if (refusal !== undefined) throw refusal
  const answer = parsed(reply.body)
  if (isObject(answer) && typeof answer['jwt'] === 'string' && answer['jwt'] !== '')
    return answer['jwt']
  if (answer !== undefined)
    throw failure(
      'unreachable',
      ['Something answers, though not as a key manager. Check the server URL.'],
      reply.status,
    )
  throw unreadable(reply, false)
}

/**
 * Groups may be listed by everyone on some servers, and users see at least themselves: who gets no further than that
 * has no rights there, and would only learn so from the first command that fails.
 */
const PROBES: readonly string[] = [
  '/usermgmt/groups/',
  '/ca/local-cas/?skip=0&limit=1',
  '/usermgmt/users/?skip=0&limit=2',
]

function testing(command: Command, credentials: Credentials): Exchange {
  let token: string | undefined
  let asked = 0
  let isDone = false
  return {
    next() {
      if (token === undefined) return tokenRequest(credentials)
      return isDone ? undefined : plainGet(PROBES[asked] ?? '', token)
    },
    take(reply) {
      if (token === undefined) {
        token = tokenIn(reply, credentials, command)
        return
      }
      const isLast = asked === PROBES.length - 1
      const refusal = refusalOf(reply, 'call', credentials.username, command.name)
      if (refusal !== undefined && reply.status !== 403) throw refusal
      if (refusal === undefined && !isObject(parsed(reply.body))) throw unreadable(reply, false)
      const isRefused = refusal !== undefined || (isLast && isAlone(reply))
      if (isRefused && (asked === 0 || isLast)) throw forbidden(credentials)
      isDone = asked > 0 && !isRefused
      asked++
    },
    outcome: () =>
      done({
        prefix: undefined,
        context: undefined,
        key: undefined,
        markdown: 'ok',
        table: { title: 'ok', columns: [], rows: [], notes: [] },
        files: [],
        raw: 'ok',
      }),
  }
}

const isAlone = (reply: Reply): boolean => {
  const page = parsed(reply.body)
  return isObject(page) && page['total'] === 1
}

const forbidden = ({ username }: Credentials): Error =>
  failure(
    'refused',
    [
      `URL, certificate and password are right, but ${username} has no rights there. Put the user into a group such as User Admins or CA Admins, or use another one.`,
    ],
    403,
  )

function done(outcome: Outcome | undefined): Outcome {
  if (outcome === undefined) throw new Error('the command is still under way')
  return outcome
}
