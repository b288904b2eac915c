import { type Connection, encode, Connection as HttpConnection, numbered } from './connection.ts'
import type { Job, JobResult, Stream, StreamResult } from './load-job.ts'
import { ForeignTime, MICROS_PER_TICK, treeTicks } from './procfs.ts'
import { percentile } from './statistics.ts'

/**
 * The load generator: a process of its own on a core of its own, so that what it costs does not count as the
 * server's. It takes jobs as messages and answers each with its result.
 */

/** Grows over all jobs, so that names made from it are unique in a run. */
let nextNumber = 1

class RunningStream {
  readonly stream: Stream
  readonly #connections: Connection[]
  readonly #requests: { text: string; numbered: boolean }[]
  readonly #idle: number[] = []
  #nextDue: number
  readonly #interval: number
  readonly #due: number[] = []

  measuring = false
  sending = true
  sent = 0
  answered = 0
  latencies: number[] = []
  statuses: Record<string, number> = {}
  errors = 0
  /** Called with each answer: its status, and the moment its request was sent. */
  onAnswer: (status: number, sentAt: number) => void = () => {}

  constructor(job: Job, stream: Stream) {
    this.stream = stream
    this.#connections = Array.from(
      { length: stream.connections },
      () => new HttpConnection(job.target),
    )
    this.#requests = stream.requests.map((request) => {
      const text = encode(request, job.target)
      return { text, numbered: text.includes('{n}') }
    })
    this.#interval = stream.perSecond === undefined ? 0 : 1000 / stream.perSecond
    this.#nextDue = 0
  }

  async open(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.open()))
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  start(): void {
    this.#nextDue = performance.now()
    for (const index of this.#connections.keys()) {
      if (this.#interval === 0) this.#send(index, performance.now())
      else this.#idle.push(index)
    }
    if (this.#interval > 0) this.#pace()
  }

  get outstanding(): boolean {
    return this.#connections.some((connection) => connection.busy)
  }

  /** Looks at the clock in every turn of the event loop: a timer's whole milliseconds are coarser than an answer. */
  #pace(): void {
    if (!this.sending) return
    const now = performance.now()
    while (this.#nextDue <= now) {
      this.#due.push(this.#nextDue)
      this.#nextDue += this.#interval
    }
    while (this.#due.length > 0 && this.#idle.length > 0) {
      this.#send(this.#idle.shift() ?? 0, this.#due.shift() ?? now)
    }
    setImmediate(() => this.#pace())
  }

  #send(index: number, dueAt: number): void {
    const connection = this.#connections[index]
    const request = this.#requests[index % this.#requests.length]
    if (!connection || !request) throw new Error('a stream needs connections and requests')
    if (this.stream.count !== undefined && this.sent >= this.stream.count) return
    this.sent++
    const bytes = request.numbered ? numbered(request.text, nextNumber++) : request.text
    const sentAt = performance.now()
    connection.send(bytes, (status, _body, error) => {
      const latency = performance.now() - dueAt
      this.answered++
      this.statuses[status] = (this.statuses[status] ?? 0) + 1
      if (error) this.errors++
      if (this.measuring) this.latencies.push(latency)
      this.onAnswer(status, sentAt)
      if (!this.sending) return
      if (this.#interval > 0) this.#idle.push(index)
      // After an error a pause, or a server that is gone would be asked a million times a second.
      else if (error) setTimeout(() => this.sending && this.#send(index, performance.now()), 20)
      else this.#send(index, performance.now())
    })
  }

  result(seconds: number): StreamResult {
    const { name, expect } = this.stream
    const sorted = Float64Array.from(this.latencies).sort()
    const wanted = new Set(expect.map(String))
    return {
      name,
      requests: sorted.length,
      perSecond: sorted.length / seconds,
      p50: percentile(sorted, 50),
      p99: percentile(sorted, 99),
      max: sorted.at(-1) ?? Number.NaN,
      statuses: this.statuses,
      unexpected: Object.entries(this.statuses)
        .filter(([status]) => !wanted.has(status))
        .reduce((sum, [, times]) => sum + times, 0),
      errors: this.errors,
    }
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function run(job: Job): Promise<JobResult> {
  const streams = job.streams.map((stream) => new RunningStream(job, stream))
  await Promise.all(streams.map((stream) => stream.open()))
  const interruption = job.interruption && interrupt(job, streams)
  for (const stream of streams) stream.start()
  await pause(job.settleSeconds * 1000)

  const began = performance.now()
  const cpuBefore = treeTicks(job.watch)
  const foreign = [
    new ForeignTime(job.serverCore, job.watch),
    new ForeignTime(job.loadCore, process.pid),
  ]
  const ownBefore = process.cpuUsage()
  for (const stream of streams) stream.measuring = true

  const counted = streams.filter(({ stream }) => stream.count !== undefined)
  const done = () =>
    interruption?.done() === true ||
    (counted.length > 0 && counted.every(({ answered, stream }) => answered >= (stream.count ?? 0)))
  const deadline = began + job.seconds * 1000
  while (performance.now() < deadline && !done()) {
    await pause(Math.min(20, Math.max(1, deadline - performance.now())))
  }

  for (const stream of streams) stream.measuring = false
  const seconds = (performance.now() - began) / 1000
  const cpuMicros = (treeTicks(job.watch) - cpuBefore) * MICROS_PER_TICK
  const own = process.cpuUsage(ownBefore)
  const foreignShare = Math.max(...foreign.map((time) => time.share()))

  // What was sent is waited for, so that the next job finds the server at rest.
  for (const stream of streams) stream.sending = false
  const patience = performance.now() + 5000
  while (streams.some((stream) => stream.outstanding) && performance.now() < patience) {
    await pause(5)
  }
  for (const stream of streams) stream.close()
  return {
    seconds,
    streams: streams.map((stream) => stream.result(seconds)),
    cpuMicros,
    loadShare: (own.user + own.system) / 1e6 / seconds,
    foreignShare,
    ...interruption?.result(),
  }
}

/** Makes the change in the same process that sends the load, so that one clock says what came after it. */
function interrupt(job: Job, streams: RunningStream[]) {
  const { interruption } = job
  const [stream] = streams
  if (!interruption || !stream) throw new Error('an interruption needs a stream')
  const connection = new HttpConnection(job.target)
  let requested = false
  let acknowledgedAt = Number.POSITIVE_INFINITY
  let interruptionStatus = 0
  let answers = 0
  const after: Record<string, number> = {}
  stream.onAnswer = (status, sentAt) => {
    if (sentAt > acknowledgedAt) {
      answers++
      after[status] = (after[status] ?? 0) + 1
    }
    if (requested || stream.answered < interruption.afterRequests) return
    requested = true
    connection.send(encode(interruption.request, job.target), (answer) => {
      acknowledgedAt = performance.now()
      interruptionStatus = answer
      connection.close()
    })
  }
  return {
    done: () => answers >= interruption.requestsAfter,
    result: () => ({ after, interruptionStatus }),
  }
}

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.stack ?? error.message }),
  )
})
process.on('disconnect', () => process.exit(0))
