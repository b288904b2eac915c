/*
 * The process that makes key pairs for generate.ts. It ends when its parent does, since the channel then closes, and it
 * leaves the signals that stop a server to the parent, which may still need it for its last requests.
 */
import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { hardenProcess } from '../../crypto/harden.ts'
import { lowerPriority } from '../../crypto/low-priority.ts'
import type { PairJob } from './generate.ts'

hardenProcess()
lowerPriority(process.pid)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('disconnect', () => process.exit())

const generate = promisify(generateKeyPair)

process.on('message', ({ id, job }: { id: number; job: PairJob }) => {
  const work =
    job.type === 'rsa'
      ? generate('rsa', { modulusLength: job.size, publicExponent: 65537 })
      : generate(job.type as 'slh-dsa-sha2-128s')
  work.then(
    ({ privateKey }) => {
      const value = privateKey.export({ type: 'pkcs8', format: 'der' })
      process.send?.({ id, value }, () => value.fill(0))
    },
    () => process.send?.({ id }),
  )
})
