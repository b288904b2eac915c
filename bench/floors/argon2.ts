import { type Algorithm, hash, verify } from '@node-rs/argon2'
import { SERVER_CORE } from '../processes.ts'
import { answerRounds } from './rounds.ts'

/** Password checks with nothing around them, with the parameters of user passwords: 19 MiB, t=2, p=1. */
export interface Question {
  readonly seconds: number
  readonly concurrency: number
}

const password = 'Bench-User-Passw0rd'
const phc = await hash(password, {
  // The package declares its enum as const and ambient, which a file compiled on its own cannot read.
  algorithm: 2 satisfies Algorithm.Argon2id,
  memoryCost: 19 * 1024,
  timeCost: 2,
  parallelism: 1,
})

answerRounds<Question>(SERVER_CORE, async ({ seconds, concurrency }) => {
  const deadline = performance.now() + seconds * 1000
  let checks = 0
  const client = async () => {
    while (performance.now() < deadline) {
      if (!(await verify(phc, password))) throw new Error('the password was refused')
      checks++
    }
  }
  await Promise.all(Array.from({ length: concurrency }, client))
  return checks
})
