import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { availableParallelism, setPriority } from 'node:os'
import { extname } from 'node:path'
import { Fault } from '../kit/fault.ts'
import { type Answer, COST, type Job, LOW_PRIORITY } from './passwords-protocol.ts'

/**
 * Argon2id for user passwords (19 MiB, t=2, p=1), in a child process at low priority so that a storm of sign-ins
 * does not slow other calls. Work waits in a bounded queue; past the bound Fault 'too-many-requests'.
 */
export interface PasswordHasher {
  /** A PHC string. */
  hash(password: string): Promise<string>
  verify(phc: string, password: string): Promise<boolean>
  close(): Promise<void>
}

interface Task {
  readonly job: Job
  /** The processes that died over this task. */
  deaths: number
  settle(answer: Answer): void
  fail(reason: Error): void
}

const MAX_WAITING = 256
const IDLE_SECONDS = 30
/** A process that holds one piece of work this long is taken for stuck. */
const STUCK_SECONDS = 60

/**
 * A well-formed hash of no password at all. Checking a password against it costs what a real check costs, so that a
 * missing user takes as long as a wrong password.
 */
export function dummyHash(): string {
  const part = (length: number) => randomBytes(length).toString('base64').replaceAll('=', '')
  const { memoryCost, timeCost, parallelism, outputLen } = COST
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${part(16)}$${part(outputLen)}`
}

/**
 * The child process starts with the first piece of work and ends when it has been idle. A process that dies is
 * replaced and its work done once more; work that two processes died over fails with Fault 'unavailable'.
 */
export function createPasswordHasher({
  maxWaiting = MAX_WAITING,
  idleSeconds = IDLE_SECONDS,
  atOnce = availableParallelism(),
}: {
  readonly maxWaiting?: number
  readonly idleSeconds?: number
  readonly atOnce?: number
} = {}): PasswordHasher {
  const waiting: Task[] = []
  const running = new Map<number, { task: Task; stuck: NodeJS.Timeout }>()
  let child: ChildProcess | undefined
  let idle: NodeJS.Timeout | undefined
  let lastId = 0
  let closed = false

  function submit(job: Job): Promise<Answer> {
    if (closed) throw new Fault('unavailable', 'the server is stopping')
    if (running.size >= atOnce && waiting.length >= maxWaiting) {
      throw new Fault(
        'too-many-requests',
        'too many passwords are being checked; try again shortly',
      )
    }
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
      const stuck = setTimeout(() => worker.kill('SIGKILL'), STUCK_SECONDS * 1000)
      running.set(id, { task, stuck })
      // A failure to send is followed by the process's exit, which takes the work back.
      worker.send({ id, job: task.job }, () => {})
    }
    hold(running.size > 0)
    if (running.size === 0 && child) idle = setTimeout(stop, idleSeconds * 1000).unref()
  }

  /** Only work in progress keeps this process alive; an idle child does not. */
  function hold(busy: boolean): void {
    if (busy) {
      child?.ref()
      child?.channel?.ref()
    } else {
      child?.unref()
      child?.channel?.unref()
    }
  }

  function start(): ChildProcess {
    const file = new URL(`passwords-child${extname(import.meta.url)}`, import.meta.url)
    const started = fork(file, {
      // Nothing of our environment (it may hold the root key), flags or standard streams.
      env: { UV_THREADPOOL_SIZE: String(atOnce) },
      execArgv: ['--max-semi-space-size=1', '--max-old-space-size=64'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    lowerPriority(started.pid)
    started.on('message', ({ id, ...answer }: Answer & { id: number }) => {
      const found = running.get(id)
      if (!found) return
      running.delete(id)
      clearTimeout(found.stuck)
      found.task.settle(answer)
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
      else task.fail(new Fault('unavailable', 'passwords cannot be checked at the moment'))
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
    async hash(password) {
      const { value } = await submit({ password })
      if (typeof value !== 'string') throw new Error('a password could not be hashed')
      return value
    },
    async verify(phc, password) {
      const { value } = await submit({ phc, password })
      // A stored hash that cannot be read is our failure, not a wrong password.
      if (typeof value !== 'boolean') throw new Error('a stored password hash is malformed')
      return value
    },
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

/** The child lowers itself as well; done from here it also holds for threads that start before its code runs. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, LOW_PRIORITY)
  } catch {
    // It has ended already, or the system has no priorities; the work is done either way.
  }
}
