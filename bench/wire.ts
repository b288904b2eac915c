import { createServer } from 'node:net'
import { Connection, encode } from './connection.ts'
import type { Request, Target } from './load-job.ts'

export interface Answer {
  readonly status: number
  readonly body: string
}

/** One request over a connection of its own, for everything that is set up rather than measured. */
export async function exchange(target: Target, request: Request): Promise<Answer> {
  const connection = new Connection(target, { wantBody: true })
  await connection.open()
  try {
    return await new Promise((resolve, reject) => {
      connection.send(encode(request, target), (status, body, error) =>
        error ? reject(error) : resolve({ status, body }),
      )
    })
  } finally {
    connection.close()
  }
}

/** The same, for an answer that must have this status and be JSON. */
export async function expectJson(
  target: Target,
  request: Request,
  status: number,
): Promise<Record<string, unknown>> {
  const answer = await exchange(target, request)
  if (answer.status !== status) {
    throw new Error(
      `${request.method} ${request.path} answered ${answer.status} instead of ${status}: ${answer.body.slice(0, 300)}`,
    )
  }
  return answer.body === '' ? {} : (JSON.parse(answer.body) as Record<string, unknown>)
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

/** Asks again and again until the answer has status 200; returns how long that took, in milliseconds. */
export async function firstAnswer(
  target: () => Target | undefined,
  path: string,
  options: { since: number; patienceMs: number; gaveUp: () => string | undefined },
): Promise<number> {
  const { since, patienceMs, gaveUp } = options
  while (performance.now() - since < patienceMs) {
    const reason = gaveUp()
    if (reason !== undefined) throw new Error(reason)
    const to = target()
    if (to) {
      const answer = await exchange(to, { method: 'GET', path }).catch(() => undefined)
      if (answer?.status === 200) return performance.now() - since
    }
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
  throw new Error(`no 200 from ${path} within ${patienceMs / 1000} s`)
}
