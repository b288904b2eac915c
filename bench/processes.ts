import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '..')

/** The server on one core, the load and this process on another, as every figure here is meant. */
export const SERVER_CORE = 0
export const LOAD_CORE = cpus().length > 1 ? 1 : 0

const running = new Set<ChildProcess>()
let scratchRoot: string | undefined

/** Where servers and floors keep their files; gone when the run ends, however it ends. */
export function scratch(name: string): string {
  scratchRoot ??= mkdtempSync(join(process.env['BENCH_DIR'] ?? tmpdir(), 'keystead-bench-'))
  const folder = join(scratchRoot, name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** Stops what still runs and removes what was written. Safe to call more than once, and at exit. */
export function cleanUp(): void {
  for (const child of running) killGroup(child, 'SIGKILL')
  running.clear()
  if (scratchRoot) rmSync(scratchRoot, { recursive: true, force: true, maxRetries: 5 })
  scratchRoot = undefined
}

export function cleanUpHowever(): void {
  process.on('exit', cleanUp)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => process.exit(130))
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // ended already
  }
}

/** What the measurements need from the operating system, or the sentence that says what is missing. */
export function unmetNeed(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/proc/self/smaps_rollup')) {
    return 'The benchmarks need Linux: they read CPU time and memory from /proc.'
  }
  if (spawnSync('taskset', ['--version']).error) {
    return 'The benchmarks need taskset (package util-linux) to give server and load a core each.'
  }
  return undefined
}

/** Keeps this process off the server's core. */
export function moveToLoadCore(): void {
  spawnSync('taskset', ['-acp', String(LOAD_CORE), String(process.pid)])
}

export interface Launch {
  /** As taskset names it; several with commas between. */
  readonly core: number | string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Where its output goes; without it to this process's stderr. */
  readonly log?: string
  readonly ipc?: boolean
}

/** Starts a command pinned to a core, in a process group of its own so that its children end with it. */
export function launch({ core, command, args, env, log, ipc = false }: Launch): ChildProcess {
  const output = log === undefined ? 2 : openSync(log, 'a', 0o600)
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    cwd: ROOT,
    env: { ...environment(), ...env },
    stdio: ['ignore', output, output, ...(ipc ? (['ipc'] as const) : [])],
    detached: true,
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Settings for a server that runs elsewhere must not reach the ones measured here. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('KEYSTEAD_') && !name.startsWith('npm_'),
    ),
  )

/** Asks a process to end, and insists after some seconds. */
export function stop(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      killGroup(child, 'SIGKILL')
      done()
      return
    }
    const insist = setTimeout(() => killGroup(child, 'SIGKILL'), 10_000)
    child.once('exit', () => {
      clearTimeout(insist)
      killGroup(child, 'SIGKILL')
      done()
    })
    killGroup(child, 'SIGTERM')
  })
}

export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process did not start')
  return child.pid
}

/** A worker of ours, spoken to by messages: one answer for each question. */
export class Worker<Question extends object, Answer> {
  readonly child: ChildProcess
  readonly #script: string

  constructor(script: string, core: number, args: readonly string[] = [], env?: Launch['env']) {
    this.#script = script
    const options = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, script)]
    this.child = launch({
      core,
      command: process.execPath,
      args: [...options, ...args],
      ipc: true,
      ...(env && { env }),
    })
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) =>
        reject(new Error(`${this.#script} ended with ${code ?? 'a signal'}`))
      this.child.once('exit', onExit)
      this.child.once('message', (message: { result?: Answer; error?: string }) => {
        this.child.off('exit', onExit)
        if (message.result !== undefined) resolve(message.result)
        else reject(new Error(`${this.#script}: ${message.error ?? 'no result'}`))
      })
      this.child.send(question)
    })
  }

  async stop(): Promise<void> {
    await stop(this.child)
  }
}

export const lastLines = (path: string, lines = 15): string =>
  existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : ''
