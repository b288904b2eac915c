import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Request, Target } from './load-job.ts'
import { lastLines, launch, pidOf, ROOT, SERVER_CORE, scratch, stop } from './processes.ts'
import { exchange, freePort } from './wire.ts'

export interface RunningPeer {
  readonly target: Target
  readonly pid: number
  stop(): Promise<void>
}

/** A Debian package that is measured beside the server, prepared by its script in `peers/`, in a folder of its own. */
export class Peer {
  readonly version: string
  readonly #name: string
  readonly #script: string
  readonly #folder: string

  private constructor(name: string, script: string) {
    this.#name = name
    this.#script = script
    this.#folder = join(scratch(name), 'peer')
    const prepared = spawnSync('bash', [script, 'prepare', this.#folder], { encoding: 'utf8' })
    if (prepared.status !== 0) throw new Error(`${name}: ${prepared.stderr.slice(-500)}`)
    this.version = spawnSync('bash', [script, 'version'], { encoding: 'utf8' }).stdout.trim()
  }

  /** Undefined when the package is not installed. */
  static prepare(name: 'barbican' | 'cfssl' | 'keystone'): Peer | undefined {
    const script = join(ROOT, 'bench/peers', `${name}.sh`)
    if (spawnSync('bash', [script, 'installed']).status !== 0) return undefined
    return new Peer(name, script)
  }

  /** Runs it on the server's core. `args` stand between folder and port; ready, it answers `probe` with `status`. */
  async start(args: readonly string[], probe: Request, status: number): Promise<RunningPeer> {
    const port = await freePort()
    const log = join(scratch('logs'), `${[this.#name, ...args].join('-')}.log`)
    const child = launch({
      core: SERVER_CORE,
      command: 'bash',
      args: [this.#script, 'serve', this.#folder, ...args, String(port)],
      log,
    })
    const target: Target = { host: '127.0.0.1', port }
    const since = performance.now()
    for (;;) {
      const answer = await exchange(target, probe).catch(() => undefined)
      if (answer?.status === status) break
      if (child.exitCode !== null || performance.now() - since > PATIENCE_MS) {
        await stop(child)
        throw new Error(`${this.#name} does not answer:\n${lastLines(log)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return { target, pid: pidOf(child), stop: () => stop(child) }
  }
}

const PATIENCE_MS = 60_000
