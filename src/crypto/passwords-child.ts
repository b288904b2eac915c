/*
 * The process that hashes passwords for passwords.ts. It ends when its parent does, since the channel then closes,
 * and it leaves the signals that stop a server to the parent, which may still need it for its last requests.
 */
import { hash, verify } from '@node-rs/argon2'
import { hardenProcess } from './harden.ts'
import { lowerPriority } from './low-priority.ts'
import { COST, type Job } from './passwords-protocol.ts'

hardenProcess()
lowerPriority(process.pid)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('disconnect', () => process.exit())

process.on('message', ({ id, job }: { id: number; job: Job }) => {
  const work = job.phc === undefined ? hash(job.password, COST) : verify(job.phc, job.password)
  work.then(
    (value) => process.send?.({ id, value }),
    () => process.send?.({ id }),
  )
})
