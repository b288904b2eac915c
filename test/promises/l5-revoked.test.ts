import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { addUser, inParallel, type Lab, openLab, openNodes } from './lab.ts'
import { report, scale } from './promise.ts'

const PASSWORD = 'Victim-Pass-1'
const SELF = '/v1/auth/self/user'

interface Victim {
  readonly name: string
  readonly token: string
  readonly refreshToken: string
  readonly refreshId: string
}

/** All that takes a session or a right away, and the call that it must stop. */
const endings: Readonly<
  Record<
    string,
    {
      readonly end: (lab: Lab, victim: Victim) => Promise<{ readonly status: number }>
      /** What is asked before and after: as a rule oneself, refused with 401. */
      readonly probe?: readonly [path: string, refused: number]
    }
  >
> = {
  'the refresh token is deleted': {
    end: (lab, { token, refreshId }) =>
      lab.ask('DELETE', `/v1/auth/tokens/${refreshId}`, { token }),
  },
  'an administrator deletes the refresh token': {
    end: async (lab, { refreshId }) =>
      lab.ask('DELETE', `/v1/auth/tokens/${refreshId}`, { token: await lab.admin() }),
  },
  'the refresh token is revoked by its text': {
    end: (lab, { token, refreshToken }) =>
      lab.ask('POST', '/v1/auth/revoke', { token, body: { refresh_token: refreshToken } }),
  },
  'the user signs out': { end: (lab, { token }) => lab.ask('POST', '/v1/auth/logout', { token }) },
  'the account expires': { end: change({ expires_at: '2001-01-01T00:00:00Z' }) },
  'no method of signing in is left': { end: change({ allowed_auth_methods: [] }) },
  'no type of client is left': { end: change({ allowed_client_types: [] }) },
  'an administrator sets the password': { end: change({ password: 'Other-Pass-2' }) },
  'the user changes the password': {
    end: (lab, { name }) =>
      lab.ask('PATCH', '/v1/auth/changepw', {
        body: { username: name, password: PASSWORD, new_password: 'Other-Pass-2' },
      }),
  },
  'the user is deleted': {
    end: async (lab, { name }) =>
      lab.ask('DELETE', `/v1/usermgmt/users/${name}`, { token: await lab.admin() }),
  },
  'the user leaves the group': {
    end: async (lab, { name }) =>
      lab.ask('DELETE', `/v1/usermgmt/groups/Audit%20Admins/users/${name}`, {
        token: await lab.admin(),
      }),
    probe: ['/v1/audit/records?limit=1', 403],
  },
}

function change(body: object) {
  return async (lab: Lab, { name }: Victim) =>
    lab.ask('PATCH', `/v1/usermgmt/users/${name}`, { token: await lab.admin(), body })
}

interface Outcome {
  readonly ending: string
  /** On the node where it happened by the very next request, and later on all of them. */
  readonly here: boolean
  /** How long after it each other node still accepted a new request, in milliseconds; Infinity where it never stopped. */
  readonly elsewhere: readonly number[]
}

async function trial(
  nodes: readonly [Lab, ...Lab[]],
  number: number,
  prefix: string,
): Promise<Outcome> {
  const names = Object.keys(endings)
  const ending = names[number % names.length] as string
  const { end, probe: [path, refused] = [SELF, 401] } = endings[ending] as (typeof endings)[string]
  const here = nodes[number % nodes.length] as Lab
  const others = nodes.filter((lab) => lab !== here)
  const name = `${prefix}-${number}`
  await addUser(here, name, PASSWORD, ['Audit Admins'])
  const made = await here.ask('POST', '/v1/auth/tokens', {
    body: { username: name, password: PASSWORD },
  })
  const { jwt: token, refresh_token: refreshToken, refresh_token_id: refreshId } = made.body
  const victim = { name, token, refreshToken, refreshId }
  // Remembered everywhere, so that there is something to forget.
  for (const lab of nodes) {
    const before = await lab.ask('GET', path, { token })
    if (before.status !== 200) throw new Error(`${name} cannot begin: ${before.text}`)
  }
  const ended = await end(here, victim)
  if (ended.status >= 300) throw new Error(`${ending} failed: ${ended.status}`)
  const done = performance.now()
  const isRefused = async (lab: Lab) => (await lab.ask('GET', path, { token })).status === refused
  const [next, ...elsewhere] = await Promise.all([
    isRefused(here),
    ...others.map(async (lab) => {
      for (;;) {
        // What counts is when a request was sent: its answer may wait for other things.
        const sent = performance.now() - done
        if (await isRefused(lab)) return sent
        if (sent > 10_000) return Infinity
        await pauseFor(10)
      }
    }),
  ])
  let stays = true
  for (const lab of nodes) {
    if (!(await isRefused(lab))) stays = false
    if (refused === 401 && (await refreshes(lab, refreshToken))) stays = false
  }
  return { ending, here: next && stays, elsewhere }
}

const pauseFor = (ms: number) => new Promise((resume) => setTimeout(resume, ms))

const refreshes = async (lab: Lab, refreshToken: string) =>
  (await lab.ask('POST', '/v1/auth/tokens', { body: { refresh_token: refreshToken } })).status ===
  200

async function trials(nodes: readonly [Lab, ...Lab[]], count: number, prefix = 'victim') {
  const outcomes: Outcome[] = []
  await inParallel(Array(count).keys(), 12, async (number) => {
    outcomes.push(await trial(nodes, number, prefix))
  })
  return outcomes
}

describe('L5: what is revoked is revoked', () => {
  let nodes: readonly [Lab, ...Lab[]]
  let stop: () => Promise<void>
  beforeAll(async () => {
    const opened = await openNodes(3)
    nodes = opened.nodes
    stop = opened.stop
  }, 120_000)
  afterAll(() => stop())

  test('by the next request on this node, and within a second on the others', async () => {
    const outcomes = await trials(nodes, scale(nodes.length > 1 ? 500 : 1000, 10_000))
    const late = outcomes.flatMap(({ elsewhere }) => elsewhere).sort((one, other) => one - other)
    const p99 = late[Math.floor(late.length * 0.99)] ?? 0
    report(
      'L5',
      `${outcomes.length} endings on ${nodes.length} node(s), p99 on another node ${nodes.length > 1 ? `${Math.round(p99)} ms` : 'not measured: SQLite'}`,
    )
    expect(outcomes.filter(({ here }) => !here)).toEqual([])
    expect(p99).toBeLessThanOrEqual(1000)
    expect(late.at(-1) ?? 0).toBeLessThanOrEqual(5000)
  }, 300_000)

  test('also after a restart', async () => {
    const first = await openLab({ keep: true })
    await addUser(first, 'leaver', PASSWORD)
    const made = await first.ask('POST', '/v1/auth/tokens', {
      body: { username: 'leaver', password: PASSWORD },
    })
    const { jwt: token, refresh_token } = made.body
    const kept = await first.signIn('leaver', PASSWORD)
    await first.ask('POST', '/v1/auth/logout', { token })
    await first.stop()
    const again = await openLab({ dataDir: first.dataDir })
    expect((await again.ask('GET', SELF, { token })).status).toBe(401)
    expect(await refreshes(again, refresh_token)).toBe(false)
    expect((await again.ask('GET', SELF, { token: kept })).status).toBe(200)
    await again.stop()
  })

  test('the harness notices a server that does not look again', async () => {
    const forgetful = await openLab({
      store: (real): Store => ({ ...real, authority: () => 1 }),
    })
    const outcomes = await trials([forgetful], Object.keys(endings).length)
    await forgetful.stop()
    expect(outcomes.filter(({ here }) => !here).length).toBeGreaterThan(5)
  })
})

describe.skipIf(!process.env['KEYSTEAD_TEST_DATABASE_URL'])(
  'L5 on a node that is cut off from its database',
  () => {
    test('a token revoked elsewhere is accepted for no more than five seconds', async () => {
      const opened = await openNodes(1)
      const [near] = opened.nodes
      const wire = await cuttable(String(near.databaseUrl))
      const far = await openLab({ database: wire.url, rootKey: `${near.dataDir}/root.key` })
      await addUser(near, 'leaver', PASSWORD)
      const token = await near.signIn('leaver', PASSWORD)
      expect((await far.ask('GET', SELF, { token })).status).toBe(200)
      wire.cut()
      expect((await near.ask('POST', '/v1/auth/logout', { token })).status).toBe(204)
      const done = performance.now()
      let last = 0
      while (performance.now() - done < 7000) {
        const got = await Promise.race([
          far.ask('GET', SELF, { token }),
          pauseFor(500).then(() => undefined),
        ])
        if (got?.status === 200) last = performance.now() - done
        await pauseFor(50)
      }
      expect(last).toBeLessThanOrEqual(5000)
      wire.mend()
      await expect
        .poll(async () => (await far.ask('GET', SELF, { token })).status, { timeout: 30_000 })
        .toBe(401)
      await far.stop()
      await wire.close()
      await opened.stop()
    }, 120_000)
  },
)

/** The way to a database through this process, which can hold back all that passes. */
async function cuttable(url: string) {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    const far = connect(Number(target.port || 5432), target.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes: Buffer) => to.write(bytes))
      from.on('close', () => to.destroy())
      from.on('error', () => to.destroy())
      if (isCut) from.pause()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const own = new URL(url)
  own.hostname = '127.0.0.1'
  own.port = String((server.address() as { port: number }).port)
  return {
    url: own.href,
    cut() {
      isCut = true
      for (const socket of sockets) socket.pause()
    },
    mend() {
      isCut = false
      for (const socket of sockets) socket.resume()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
