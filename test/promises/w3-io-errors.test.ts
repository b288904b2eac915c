import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { besideSqlite, type ServerProcess, sleep, startProcess, until } from './process.ts'
import { random, report, scale, seed } from './promise.ts'
import { judge, type Kind, Worker } from './workload.ts'

const hasStrace = spawnSync('strace', ['-e', 'trace=none', 'true']).status === 0
if (!hasStrace)
  process.stdout.write('W3 is NOT TRIED here: strace is missing, or may not trace a process\n')

/** Calls with which SQLite writes, and how each may fail. */
const faults = [
  ['fdatasync', 'EIO'],
  ['fsync', 'EIO'],
  ['pwrite64', 'EIO'],
  ['pwrite64', 'ENOSPC'],
  ['pread64', 'EIO'],
  ['ftruncate', 'EIO'],
] as const

interface Fault {
  readonly call: string
  readonly error: string
  /** The how manyeth call of each thread fails, from now on counted. */
  readonly at: number
}

const WORKERS = 4
const STEPS = 12

interface Outcome {
  readonly problems: string[]
  readonly injected: number
  readonly deaths: number
  /** After which faults it could not even read until it was started anew. */
  readonly stuck: readonly string[]
  readonly refused: number
  readonly acknowledged: number
}

/** Lets calls fail in a running server under load, one after the other, and looks what was lost. */
async function failOverAndOver(
  cases: readonly Fault[],
  broken: { readonly script?: string; readonly kinds?: readonly Kind[] } = {},
): Promise<Outcome> {
  const dataDir = mkdtempSync(join(tmpdir(), 'keystead-w3-'))
  const database = besideSqlite(dataDir)
  const next = random()
  const workers = Array.from(
    { length: WORKERS },
    (_, at) => new Worker(`w${at}`, random(Math.floor(next() * 2 ** 31)), broken.kinds),
  )
  const problems: string[] = []
  let injected = 0
  let deaths = 0
  const stuck: string[] = []
  let server: ServerProcess | undefined
  let token = ''
  const start = async () => {
    const started = await startProcess({
      dataDir,
      ...(broken.script === undefined ? {} : { script: broken.script }),
    })
    token = await started.signIn()
    if (broken.script !== undefined) await sleep(200)
    return started
  }
  const look = async (when: string, running: ServerProcess) => {
    const found = await judge(workers, running, token, database, dataDir)
    problems.push(...found.map((problem) => `${when}: ${problem}`))
  }
  try {
    for (const fault of cases) {
      const when = `${fault.call} ${fault.error} at ${fault.at}`
      server ??= await start()
      const { ask, exited } = server
      const injection = await inject(server.pid, fault, join(dataDir, 'strace'))
      await Promise.all(
        workers.map(async (worker) => {
          for (let step = 0; step < STEPS; step++) await worker.step(ask, token)
        }),
      )
      injected += await injection.end()
      const dead = await Promise.race([exited, sleep(20)])
      if (dead !== undefined) {
        // A clean exit is allowed; a signal is none.
        deaths++
        if (dead.code === null)
          problems.push(`${when}: ended by ${dead.signal}: ${server.output()}`)
        server = undefined
        continue
      }
      // A server that says that it cannot go on is asked again once it was started anew.
      const { status } = await ask('GET', '/v1/usermgmt/groups', { token })
      if (status === 503) {
        stuck.push(when)
        server.kill('SIGKILL')
        await exited
        server = await start()
      }
      await look(when, server)
      if (problems.length > 0) break
    }
    if (server !== undefined && problems.length === 0) {
      // What only the server's own memory has is gone with it.
      server.kill('SIGKILL')
      await server.exited
      server = await start()
      await look('after the end', server)
    }
  } finally {
    server?.kill('SIGKILL')
    await server?.exited
    rmSync(dataDir, { recursive: true, force: true })
  }
  const sum = (of: (worker: Worker) => number) =>
    workers.reduce((total, worker) => total + of(worker), 0)
  return {
    problems,
    injected,
    deaths,
    stuck,
    refused: sum(({ refused }) => [...refused.values()].reduce((one, other) => one + other, 0)),
    acknowledged: sum(({ acknowledged }) => acknowledged),
  }
}

/** From here until its end the call fails once in each thread. `end` says how often it did. */
async function inject(pid: number, { call, error, at }: Fault, log: string) {
  const tracer: ChildProcess = spawn(
    'strace',
    [
      '-f',
      '-p',
      String(pid),
      '-o',
      log,
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:error=${error}:when=${at}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  tracer.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const closed = new Promise<void>((resolve) => tracer.once('close', () => resolve()))
  await until(() => said.includes('attached') || undefined, 10_000)
  return {
    async end(): Promise<number> {
      tracer.kill('SIGINT')
      await closed
      return readFileSync(log, 'utf8').split('(INJECTED)').length - 1
    },
  }
}

const MOST = scale(4, 40)
const all: Fault[] = faults.flatMap(([call, error]) =>
  Array.from({ length: MOST }, (_, at) => ({ call, error, at: at + 1 })),
)

describe.skipIf(!hasStrace)('W3: any single I/O error is survived', () => {
  test('whatever call fails, nothing acknowledged is lost and nothing is half done', {
    timeout: all.length * 20_000,
  }, async () => {
    const { problems, injected, deaths, stuck, refused, acknowledged } = await failOverAndOver(all)
    report(
      'W3',
      `${all.length} cases (${faults.length} kinds), ${injected} calls failed, ${acknowledged} operations acknowledged, ${refused} refused, ${deaths} exits, ${stuck.length} times stuck until the next start${stuck.length > 0 ? ` (${stuck.join(', ')})` : ''}, ${problems.length} lost or half done`,
    )
    expect(problems, `seed ${seed}`).toEqual([])
    expect(injected).toBeGreaterThan(all.length / 4)
    expect(refused).toBeGreaterThan(0)
  })

  test('the harness notices a server that acknowledges before the disk has answered', {
    timeout: 120_000,
  }, async () => {
    const { problems } = await failOverAndOver(
      [1, 2, 3].map((at) => ({ call: 'fdatasync', error: 'EIO', at })),
      {
        script: new URL('early-acknowledgement.ts', import.meta.url).pathname,
        kinds: ['create group'],
      },
    )
    expect(problems.some((problem) => problem.includes('lost: group:'))).toBe(true)
  })
})
