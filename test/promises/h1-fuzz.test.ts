import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Endpoint } from '../../src/kit/endpoint.ts'
import { ADMIN_PASSWORD, endpoints, type Lab, openLab } from './lab.ts'
import { populate } from './populated.ts'
import { report, scale, seed } from './promise.ts'
import { type Request, requestsFor } from './requests.ts'

type Answered = { readonly status: number; readonly body: unknown; readonly text: string }
type Send = (endpoint: Endpoint, request: Request) => Promise<Answered>

const ErrorBody = z.strictObject({
  code: z.number().int(),
  codeDesc: z.string().min(1),
  message: z.string().optional(),
  requestID: z.string().min(1),
})

/** What must not come of any request. 501 is an answer: it says what is not built yet. */
function broken({ status, body, text }: Answered): string | undefined {
  if (status >= 500 && status !== 501) return `${status} ${text.slice(0, 300)}`
  if (status < 200 || (status >= 300 && status < 400)) return `an unexpected ${status}`
  if (status >= 400 && !ErrorBody.safeParse(body).success)
    return `${status} without the API's error body: ${text.slice(0, 300)}`
  return undefined
}

/** Sends that many requests of an endpoint; the smallest that breaks something is told. */
async function fuzz(
  endpoint: Endpoint,
  runs: number,
  send: Send,
): Promise<{ sent: number; problem: string | undefined }> {
  let sent = 0
  let told: string | undefined
  const property = fc.asyncProperty(requestsFor(endpoint), async (request) => {
    sent++
    const problem = broken(await send(endpoint, request))
    if (problem === undefined) return true
    told = `${endpoint.method} ${JSON.stringify(request)}: ${problem}`
    return false
  })
  const { failed } = await fc.check(property, { numRuns: runs, seed })
  return { sent, problem: failed ? told : undefined }
}

interface Use {
  readonly lab: Lab
  token: string
  underWay: number
  retired: boolean
}

/** A populated server, put anew now and then, since the requests that fit change it. */
class Target {
  #current: Promise<Use> | undefined
  #asked = 0
  readonly statuses = new Map<number, number>()

  async send({ method }: Endpoint, { path, headers, body }: Request): Promise<Answered> {
    if (++this.#asked % 2000 === 0) await this.retire()
    const use = await this.#join()
    try {
      const { lab, token } = use
      const got = await lab.ask(method, path, {
        token,
        headers,
        ...(body === undefined ? {} : { body }),
      })
      this.statuses.set(got.status, (this.statuses.get(got.status) ?? 0) + 1)
      if (got.status === 401 && token === use.token) await this.#signInAgain(use)
      return got
    } finally {
      use.underWay--
      await stopWhenDone(use)
    }
  }

  /** One that was retired while it was waited for may be stopped already. */
  async #join(): Promise<Use> {
    for (;;) {
      this.#current ??= this.#fresh()
      const use = await this.#current
      if (use.retired) continue
      use.underWay++
      return use
    }
  }

  /** A request may have ended its own session, or changed the administrator. */
  async #signInAgain(use: Use): Promise<void> {
    const self = await use.lab.ask('GET', '/v1/auth/self/user', { token: use.token })
    if (self.status === 200) return
    await use.lab.signIn('admin', ADMIN_PASSWORD).then(
      (fresh) => {
        use.token = fresh
      },
      () => this.retire(),
    )
  }

  async #fresh(): Promise<Use> {
    const lab = await openLab()
    await populate(lab)
    const token = await lab.signIn('admin', ADMIN_PASSWORD)
    return { lab, token, underWay: 0, retired: false }
  }

  async retire(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    const use = await current
    if (!use || use.retired) return
    use.retired = true
    await stopWhenDone(use)
  }
}

async function stopWhenDone(use: Use): Promise<void> {
  if (use.retired && use.underWay === 0) await use.lab.stop()
}

const TOTAL = scale(105_000, 1_000_000)
/** Routes tried at once: most of a request's time is waiting for its record to be on disk. */
const AT_ONCE = 6
/** They make keys and wrap every row anew, which tells little about input. */
const slow = (path: string) => /\/rotate-|\/rotate$/.test(path)

test('no input breaks a route: no 5xx, no crash, and every answer fits its contract', {
  timeout: scale(900_000, 7_200_000),
}, async () => {
  const target = new Target()
  const problems: string[] = []
  let sent = 0
  try {
    const left = [...endpoints]
    const tryNext = async (): Promise<void> => {
      for (let next = left.pop(); next; next = left.pop()) {
        const { endpoint } = next
        const runs = Math.ceil(TOTAL / endpoints.length / (slow(endpoint.path) ? 50 : 1))
        const done = await fuzz(endpoint, runs, (...request) => target.send(...request))
        sent += done.sent
        if (done.problem !== undefined) problems.push(done.problem)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, tryNext))
  } finally {
    await target.retire()
  }
  const statuses = [...target.statuses].sort(([one], [other]) => one - other)
  report(
    'H1',
    `${sent} requests to ${endpoints.length} routes, ${problems.length} routes broken; answers: ${statuses.map(([status, count]) => `${status}×${count}`).join(' ')}`,
  )
  expect(problems, `seed ${seed}`).toEqual([])
  // Requests must get past the schemas, or nothing behind them was tried.
  expect((target.statuses.get(200) ?? 0) / sent).toBeGreaterThan(0.05)
})

test('the harness notices a route that throws on one field, and an error of another form', async () => {
  const { endpoint } = endpoints.find(({ name }) => name === 'groups.create') ?? {}
  if (!endpoint) throw new Error('there is no groups.create')
  const throwing = await fuzz(endpoint, 1000, async (_, { body }) =>
    body?.includes('"user_metadata":[')
      ? { status: 500, body: {}, text: 'TypeError' }
      : { status: 200, body: {}, text: '' },
  )
  expect(throwing.problem).toContain('500 TypeError')
  const formless = await fuzz(endpoint, 100, async () => ({
    status: 400,
    body: { error: 'bad' },
    text: 'bad',
  }))
  expect(formless.problem).toContain('without the API')
})
