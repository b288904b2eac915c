import type { JobResult, StreamResult } from './load-job.ts'

/** What one side of one round came to. */
export interface Reading {
  readonly perSecond: number
  /** CPU time of an operation, all processes and threads of the side together. */
  readonly cpuMicros: number
  /** How much of the busier core others took, 0 to 1. */
  readonly foreignShare: number
  /** Latency in milliseconds, where requests were sent. */
  readonly p50?: number
  readonly p99?: number
  readonly max?: number
  readonly loadShare?: number
  /** Answers of another status than expected, with how often each came; absent when there were none. */
  readonly unexpected?: string
}

/** CPU time is that of the whole server, so it is per request only where one stream ran. */
export function readingOf(job: JobResult, stream: StreamResult): Reading {
  return {
    perSecond: stream.perSecond,
    cpuMicros: job.streams.length === 1 ? job.cpuMicros / stream.requests : Number.NaN,
    foreignShare: job.foreignShare,
    p50: stream.p50,
    p99: stream.p99,
    max: stream.max,
    loadShare: job.loadShare,
    ...((stream.unexpected > 0 || stream.errors > 0) && {
      unexpected: Object.entries(stream.statuses)
        .map(([status, times]) => `${times} × ${status === '0' ? 'no answer' : status}`)
        .join(', '),
    }),
  }
}
