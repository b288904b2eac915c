import { type ChildProcess, fork, type SerializationType } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { compileCacheOnly } from '../kit/compile-cache.ts'
import { Fault } from '../kit/fault.ts'
import { lowerPriority } from './low-priority.ts'

/** A queue of slow work in front of a child process of low priority. */
export interface ChildWork<Job, Value> {
  /** What the child made of the job; undefined when it failed there. A Fault when it cannot be done now. */
  submit(job: Job): Promise<Value | undefined>
  /** Jobs that are under way or wait. */
  pending(): number
  close(): Promise<void>
}

export interface ChildOptions {
  readonly file: URL
  /** The words of the faults. */
  readonly busy: string
  readonly unavailable: string
  readonly maxWaiting: number
  readonly idleSeconds: number
  /** A process that holds one piece of work this long is taken for stuck. */
  readonly stuckSeconds: number
  readonly atOnce?: number | undefined
  readonly maxOldSpaceMiB: number
  readonly serialization?: SerializationType
}

interface Task<Job, Value> {
  readonly job: Job
  /** The processes that died over this task. */
  deaths: number
  settle(value: Value | undefined): void
  fail(reason: Error): void
}

/**
 * The child process starts with the first piece of work and ends when it has been idle. A process that dies is
 * replaced and its work done once more; work that two processes died over fails with Fault 'unavailable'.
 */
export function createChildWork<Job, Value>({
  file,
  busy,
  unavailable,
  maxWaiting,
  idleSeconds,
  stuckSeconds,
  atOnce = availableParallelism(),
  maxOldSpaceMiB,
  serialization = 'json',
}: ChildOptions): ChildWork<Job, Value> {
  const waiting: Task<Job, Value>[] = []
  const running = new Map<number, { task: Task<Job, Value>; stuck: NodeJS.Timeout }>()
  let child: ChildProcess | undefined
  let idle: NodeJS.Timeout | undefined
  let lastId = 0
  let closed = false

  function submit(job: Job): Promise<Value | undefined> {
    if (closed) throw new Fault('unavailable', 'the server is stopping')
    if (running.size >= atOnce && waiting.length >= maxWaiting)
      throw new Fault('too-many-requests', busy)
    return new Promise((settle, fail) => {
      waiting.push({ job, deaths: 0, settle, fail })
      startNext()
    })
  }

  function startNext(): void {
    clearTimeout(idle)
    while (running.size < atOnce) {
      const task = waiting.shift()
      if (!task) break
      child ??= start()
      const worker = child
      const id = ++lastId
      const stuck = setTimeout(() => worker.kill('SIGKILL'), stuckSeconds * 1000)
      running.set(id, { task, stuck })
      // A failure to send is followed by the process's exit, which takes the work back.
      worker.send({ id, job: task.job as object }, () => {})
    }
    hold(running.size > 0)
    if (running.size === 0 && child) idle = setTimeout(stop, idleSeconds * 1000).unref()
  }

  /** Only work in progress keeps this process alive; an idle child does not. */
  function hold(isBusy: boolean): void {
    if (isBusy) {
      child?.ref()
      child?.channel?.ref()
    } else {
      child?.unref()
      child?.channel?.unref()
    }
  }

  function start(): ChildProcess {
    const started = fork(file, {
      // Nothing of our environment (it may hold the root key), flags or standard streams.
      env: { UV_THREADPOOL_SIZE: String(atOnce), ...compileCacheOnly() },
      execArgv: ['--max-semi-space-size=1', `--max-old-space-size=${maxOldSpaceMiB}`],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization,
    })
    lowerPriority(started.pid)
    started.on('message', ({ id, value }: { id: number; value?: Value }) => {
      const found = running.get(id)
      if (!found) return
      running.delete(id)
      clearTimeout(found.stuck)
      found.task.settle(value)
      startNext()
    })
    // Without a listener a failed start would be thrown; the exit or this event takes the work back, once.
    started.on('error', () => takeBack(started))
    started.on('exit', () => takeBack(started))
    return started
  }

  function takeBack(dead: ChildProcess): void {
    if (child !== dead) return
    child = undefined
    for (const { task, stuck } of [...running.values()].reverse()) {
      clearTimeout(stuck)
      task.deaths++
      if (task.deaths < 2) waiting.unshift(task)
      else task.fail(new Fault('unavailable', unavailable))
    }
    running.clear()
    if (waiting.length > 0 && !closed) startNext()
  }

  function stop(): void {
    clearTimeout(idle)
    const stopping = child
    child = undefined
    if (stopping?.connected) stopping.disconnect()
  }

  return {
    submit,
    pending: () => running.size + waiting.length,
    async close() {
      closed = true
      const stopping = child
      stop()
      const unfinished = [...waiting.splice(0), ...[...running.values()].map(({ task }) => task)]
      for (const { stuck } of running.values()) clearTimeout(stuck)
      running.clear()
      for (const task of unfinished) task.fail(new Fault('unavailable', 'the server is stopping'))
      if (!stopping || stopping.exitCode !== null || stopping.signalCode !== null) return
      const { promise, resolve } = Promise.withResolvers<void>()
      stopping.once('exit', () => resolve())
      const late = setTimeout(() => stopping.kill('SIGKILL'), 2000)
      await promise
      clearTimeout(late)
    },
  }
}
