import type { Lab } from '../lab.ts'
import type { Request } from '../load-job.ts'
import { type Keystead, type Session, selfRequest, USER_PASSWORD } from '../server.ts'
import { spread } from '../statistics.ts'

const requestsBefore = 2000
const requestsAfter = 10_000

interface Change {
  readonly what: string
  prepare?(server: Keystead, admin: Session, userId: string): Promise<void>
  used(session: Session): Request
  change(admin: Session, session: Session, userId: string): Request
}

const membership = (userId: string) =>
  `/api/v1/usermgmt/groups/User%20Admins/users/${encodeURIComponent(userId)}`

const changes: readonly Change[] = [
  {
    what: 'revoking the refresh token',
    used: selfRequest,
    change: (_admin, session) => ({
      method: 'POST',
      path: '/api/v1/auth/revoke',
      headers: session.bearer,
      body: JSON.stringify({ refresh_token: session.refreshToken, client_id: session.clientId }),
    }),
  },
  {
    what: 'expiring the user',
    used: selfRequest,
    change: (admin, _session, userId) => ({
      method: 'PATCH',
      path: `/api/v1/usermgmt/users/${encodeURIComponent(userId)}`,
      headers: admin.bearer,
      body: JSON.stringify({ expires_at: '2020-01-01T00:00:00Z' }),
    }),
  },
  {
    what: 'removing the user from the group that grants the action',
    prepare: async (server, admin, userId) => {
      await server.call({ method: 'POST', path: membership(userId), headers: admin.bearer }, 200)
    },
    used: (session) => ({
      method: 'GET',
      path: '/api/v1/usermgmt/pwdpolicies/global',
      headers: session.bearer,
    }),
    change: (admin, _session, userId) => ({
      method: 'DELETE',
      path: membership(userId),
      headers: admin.bearer,
    }),
  },
]

/** At full load on 32 connections, with a token already known to the server: nothing succeeds that is sent after the change was acknowledged. */
export async function revocation(lab: Lab): Promise<void> {
  const server = await lab.server(lab.few)
  const ids = await server.users(lab.connections + changes.length)
  for (const [index, { what, prepare, used, change }] of changes.entries()) {
    // Users of their own, since they cannot be used afterwards.
    const number = lab.connections + index
    const userId = ids[number]
    if (userId === undefined) throw new Error('no user to take rights from')
    const admin = await server.signIn()
    await prepare?.(server, admin, userId)
    const session = await server.signIn(`bench-${number}`, USER_PASSWORD)
    await staleSuccesses(lab, server, {
      what,
      used: used(session),
      change: change(admin, session, userId),
    })
  }
}

/** Makes a change in the middle of full load, and counts what still succeeds of what is sent after its acknowledgement. */
export async function staleSuccesses(
  lab: Lab,
  server: Keystead,
  {
    what,
    used,
    change,
  }: { readonly what: string; readonly used: Request; readonly change: Request },
): Promise<void> {
  const result = await lab.load(server, {
    seconds: 30,
    streams: [{ name: what, connections: lab.connections, requests: [used], expect: [200] }],
    interruption: {
      afterRequests: requestsBefore,
      request: change,
      requestsAfter,
    },
  })
  const after = Object.entries(result.after ?? {})
  const succeeded = (entries: [string, number][]) =>
    entries.filter(([status]) => status.startsWith('2')).reduce((sum, [, n]) => sum + n, 0)
  const answered = after.reduce((sum, [, times]) => sum + times, 0)
  const before = succeeded(Object.entries(result.streams[0]?.statuses ?? {})) - succeeded(after)
  const sound = answered >= requestsAfter && before >= requestsBefore
  lab.note(
    `${what}: ${before} successes before, then of ${answered} requests ${after.map(([status, times]) => `${times} × ${status}`).join(', ')}.`,
  )
  lab.find({
    promise: 'P11',
    metric: `successes among ${requestsAfter.toLocaleString('en')} requests sent after ${what}`,
    figure: sound ? spread([succeeded(after)]) : undefined,
    unit: '',
    target: { most: 0 },
    tolerance: false,
    ...(!sound && {
      missing: `the change answered ${result.interruptionStatus}; ${before} successes before, ${answered} answers after`,
    }),
  })
}
