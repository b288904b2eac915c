import type { FastifyInstance } from 'fastify'
import type { StoreLog } from './store/index.ts'

/** What is said before there is a logger, to be handed over to it. */
export function collectLog(): StoreLog & {
  said: ['info' | 'warn' | 'error', string][]
  to?: FastifyInstance['log']
} {
  const log = {
    said: [] as ['info' | 'warn' | 'error', string][],
    to: undefined as FastifyInstance['log'] | undefined,
    info: (message: string) => say('info', message),
    warn: (message: string) => say('warn', message),
    error: (message: string) => say('error', message),
  }
  const say = (level: 'info' | 'warn' | 'error', message: string) => {
    if (log.to) log.to[level](message)
    else log.said.push([level, message])
  }
  return log as never
}

export function handOver(early: StoreLog, server: FastifyInstance): void {
  const log = early as ReturnType<typeof collectLog>
  log.to = server.log
  for (const [level, message] of log.said.splice(0)) server.log[level](message)
}
