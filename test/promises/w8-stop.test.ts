import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Beside, besideSqlite, processDatabases, sleep, startProcess } from './process.ts'
import { random, report, scale, seed } from './promise.ts'
import { judge, type Kind, Worker } from './workload.ts'

const WORKERS = 12

interface Outcome {
  readonly problems: string[]
  acknowledged: number
  slowestStopMs: number
}

/** Starts, loads, asks it to stop at a random instant and looks, over and over on the same data. */
async function stopOverAndOver(
  stops: number,
  dataDir: string,
  database: Beside,
  broken: { readonly script?: string; readonly kinds?: readonly Kind[] } = {},
): Promise<Outcome> {
  const next = random()
  const workers = Array.from(
    { length: WORKERS },
    (_, at) => new Worker(`w${at}`, random(Math.floor(next() * 2 ** 31)), broken.kinds),
  )
  const outcome: Outcome = { problems: [], acknowledged: 0, slowestStopMs: 0 }
  for (let stop = 0; stop <= stops && outcome.problems.length === 0; stop++) {
    const server = await startProcess({
      dataDir,
      database: database.url,
      ...(broken.script === undefined ? {} : { script: broken.script }),
    })
    try {
      const token = await server.signIn()
      if (broken.script !== undefined) await sleep(200)
      const found = stop === 0 ? [] : await judge(workers, server, token, database, dataDir)
      outcome.problems.push(...found.map((problem) => `after stop ${stop}: ${problem}`))
      if (stop === stops) break
      const load = workers.map((worker) => worker.work(server.ask, token, () => true))
      await sleep(30 + next() * 700)
      const asked = performance.now()
      server.kill('SIGTERM')
      const exit = await server.exited
      outcome.slowestStopMs = Math.max(outcome.slowestStopMs, performance.now() - asked)
      await Promise.all(load)
      if (exit.code !== 0)
        outcome.problems.push(
          `stop ${stop} ended with ${exit.code ?? exit.signal}: ${server.output()}`,
        )
    } finally {
      server.kill('SIGKILL')
      await server.exited
    }
  }
  outcome.acknowledged = workers.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  return outcome
}

const folder = () => mkdtempSync(join(tmpdir(), 'keystead-w8-'))

describe.each(processDatabases)('W8: stopping under load on %s', (name, open) => {
  const stops = scale(5, 200)
  test('loses nothing that was acknowledged, and takes less than 10 s', {
    timeout: stops * 20_000,
  }, async () => {
    const dataDir = folder()
    const database = await open(dataDir)
    try {
      const { problems, acknowledged, slowestStopMs } = await stopOverAndOver(
        stops,
        dataDir,
        database,
      )
      report(
        name === 'SQLite' ? 'W8' : `W8 ${name}`,
        `${stops} stops on ${name}, ${acknowledged} operations acknowledged, ${problems.length} lost or half done, stopped after at most ${Math.round(slowestStopMs)} ms`,
      )
      expect(problems, `seed ${seed}`).toEqual([])
      expect(acknowledged).toBeGreaterThan(stops * 20)
      expect(slowestStopMs).toBeLessThan(10_000)
    } finally {
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})

test('the harness notices a server that leaves at once with work not yet written', {
  timeout: 60_000,
}, async () => {
  const dataDir = folder()
  try {
    const { problems } = await stopOverAndOver(1, dataDir, besideSqlite(dataDir), {
      script: new URL('early-acknowledgement.ts', import.meta.url).pathname,
      kinds: ['create group'],
    })
    expect(problems).toContainEqual(expect.stringContaining('ended with SIGTERM'))
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})
