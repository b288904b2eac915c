import type { Question as Argon2Question } from '../floors/argon2.ts'
import type { Question as SigningQuestion } from '../floors/signing.ts'
import { Floor, startBare } from '../floors.ts'
import type { Lab } from '../lab.ts'

/** What the machine gives before any of our code runs. */
export async function floors(lab: Lab): Promise<void> {
  const user = JSON.stringify({ user_id: `local|${'0'.repeat(36)}`, name: 'x'.repeat(600) })
  const path = '/floor'
  const routes = [
    { method: 'GET', path, status: 200, body: user },
    { method: 'POST', path, status: 201, body: user },
  ] as const
  const bareFastify = await startBare('bare-fastify', routes)
  const bareNode = await startBare('bare-node', routes)
  const signing = new Floor<SigningQuestion>('signing.ts')
  const argon2 = new Floor<Argon2Question>('argon2.ts')
  const seconds = lab.seconds(1.5)
  const stream = (method: 'GET' | 'POST') => () => ({
    connections: lab.connections,
    requests: [{ method, path, ...(method === 'POST' && { body: '{"name":"bench-{n}"}' }) }],
    expect: [method === 'GET' ? 200 : 201],
  })
  try {
    await lab.interleave([
      lab.stream('floor: bare fastify, GET 0.7 KB', bareFastify, seconds, stream('GET')),
      lab.stream('floor: bare node:https, GET 0.7 KB', bareNode, seconds, stream('GET')),
      lab.stream('floor: bare fastify, POST', bareFastify, seconds, stream('POST')),
      lab.stream('floor: bare node:https, POST', bareNode, seconds, stream('POST')),
    ])
    await lab.interleave([
      signing.side('floor: ES256 sign', { seconds: lab.seconds(0.5), operation: 'sign' }),
      signing.side('floor: ES256 verify', { seconds: lab.seconds(0.5), operation: 'verify' }),
      argon2.side('floor: argon2id 19 MiB t=2 p=1, 32 at once', {
        seconds: lab.seconds(2),
        concurrency: lab.connections,
      }),
    ])
  } finally {
    await Promise.all([bareFastify.stop(), bareNode.stop(), signing.stop(), argon2.stop()])
  }
}
