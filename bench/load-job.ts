/** What the load process is asked to do and what it answers; both travel as messages between processes. */

export interface Target {
  readonly host: string
  readonly port: number
  /** The CA to trust, in PEM. Without it the connection is plain HTTP. */
  readonly ca?: string
}

/** `{n}` in path and body becomes a running number of eight digits, never used twice in one run. */
export interface Request {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Stream {
  readonly name: string
  readonly connections: number
  /** The first connection sends the first of these, the second the second, and so on in turn. */
  readonly requests: readonly Request[]
  readonly expect: readonly number[]
  /**
   * Requests a second over all connections. Latency then counts from the moment a request was due, so that a stall
   * is seen by every request it delays. Without it each connection sends as soon as it has its answer.
   */
  readonly perSecond?: number
  /** Ends the job once this many were answered. */
  readonly count?: number
}

/** A change made in the middle of the first stream, to see from when on it shows there. */
export interface Interruption {
  readonly afterRequests: number
  readonly request: Request
  /** The job ends when so many requests, sent after the change was acknowledged, have been answered. */
  readonly requestsAfter: number
}

export interface Job {
  readonly target: Target
  readonly streams: readonly Stream[]
  readonly seconds: number
  /** Runs unmeasured before, so that connections, compiled code and caches are warm. */
  readonly settleSeconds: number
  /** The process whose CPU time is counted, with its descendants. */
  readonly watch: number
  readonly serverCore: number
  readonly loadCore: number
  readonly interruption?: Interruption
}

export interface StreamResult {
  readonly name: string
  readonly requests: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** How often each status came, in the whole job. */
  readonly statuses: Readonly<Record<string, number>>
  readonly unexpected: number
  /** Connections that broke while an answer was due. */
  readonly errors: number
}

export interface JobResult {
  readonly seconds: number
  readonly streams: readonly StreamResult[]
  /** CPU time of the watched processes in the measured time. */
  readonly cpuMicros: number
  /** How much of its core the load process used, 0 to 1; near 1 the load is the limit, not the server. */
  readonly loadShare: number
  /** How much of the busier of both cores others took, 0 to 1. */
  readonly foreignShare: number
  /** Of requests sent after the interruption was acknowledged: how often each status came. */
  readonly after?: Readonly<Record<string, number>>
  readonly interruptionStatus?: number
}
