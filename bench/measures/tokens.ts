import type { Question as Argon2Question } from '../floors/argon2.ts'
import type { Question as SigningQuestion } from '../floors/signing.ts'
import { Floor, startBare } from '../floors.ts'
import { type Lab, rateRatio } from '../lab.ts'
import { signInRequest, USER_PASSWORD } from '../server.ts'

/** Tokens from passwords and from refresh tokens. Each connection is a user of its own. */
export async function tokens(lab: Lab): Promise<void> {
  const server = await lab.server(lab.few)
  const { connections } = lab
  await server.users(connections)
  const signIns = Array.from({ length: connections }, (_, index) =>
    signInRequest(`bench-${index}`, USER_PASSWORD),
  )
  const refreshes = await lab.refreshRequests(server)
  const [first] = refreshes
  if (!first) throw new Error('no refresh tokens')
  const token = await server.answer(first)
  const bareFastify = await startBare('bare-fastify', [
    { method: 'POST', path: first.path, status: token.status, body: token.body },
  ])
  const argon2 = new Floor<Argon2Question>('argon2.ts')
  const signing = new Floor<SigningQuestion>('signing.ts')
  try {
    const [signedIn = [], raw = []] = await lab.interleave([
      lab.stream('token from password, 32 connections', server, lab.seconds(3), () => ({
        connections,
        requests: signIns,
        expect: [200],
      })),
      argon2.side('raw argon2id 19 MiB t=2 p=1, 32 at once', {
        seconds: lab.seconds(2.5),
        concurrency: connections,
      }),
    ])
    lab.find({
      promise: 'P7',
      metric: 'password sign-ins against raw argon2id, 32 at once',
      figure: rateRatio(signedIn, raw),
      unit: '',
      target: { least: 0.95 },
      tolerance: true,
    })
    const refresh = () => ({ connections, requests: refreshes, expect: [200] })
    const [refreshed = [], bare = [], signed = []] = await lab.interleave([
      lab.stream('token from refresh token', server, lab.seconds(2), refresh),
      lab.stream('token: bare fastify, same bytes', bareFastify, lab.seconds(1.5), refresh),
      signing.side('raw ES256 sign', { seconds: lab.seconds(0.5), operation: 'sign' }),
      signing.side('raw ES256 verify', { seconds: lab.seconds(0.5), operation: 'verify' }),
    ])
    lab.compare('token from refresh token against bare fastify', rateRatio(refreshed, bare))
    lab.compare('token from refresh token against raw ES256 signing', rateRatio(refreshed, signed))
  } finally {
    await Promise.all([bareFastify.stop(), argon2.stop(), signing.stop()])
  }
}
