import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { predefinedGroups } from '../../src/identity/duties.ts'
import {
  type Beside,
  besideSqlite,
  launch,
  processDatabases,
  sleep,
  startProcess,
} from './process.ts'
import { random, report, scale, seed } from './promise.ts'
import { judge, type Kind, verifyAudit, Worker } from './workload.ts'

const WORKERS = 12
const MOST_MS_OF_LOAD = 900
const READY_MS = 5000

interface Outcome {
  readonly problems: readonly string[]
  readonly acknowledged: number
  readonly slowestReadyMs: number
}

/** Starts, loads, kills at a random instant and starts again, over and over on the same data. */
async function killOverAndOver(
  kills: number,
  dataDir: string,
  database: Beside,
  broken: { readonly script?: string; readonly kinds?: readonly Kind[] } = {},
): Promise<Outcome> {
  const next = random()
  const workers = Array.from(
    { length: WORKERS },
    (_, at) => new Worker(`w${at}`, random(Math.floor(next() * 2 ** 31)), broken.kinds),
  )
  const problems: string[] = []
  let slowestReadyMs = 0
  for (let kill = 0; kill <= kills; kill++) {
    const server = await startProcess({
      dataDir,
      database: database.url,
      ...(broken.script === undefined ? {} : { script: broken.script }),
    })
    if (kill > 0) slowestReadyMs = Math.max(slowestReadyMs, server.readyMs)
    try {
      const token = await server.signIn()
      // One that acknowledges too early must be given time to know its own session.
      if (broken.script !== undefined) await sleep(200)
      if (kill > 0)
        for (const problem of await judge(workers, server, token, database, dataDir))
          problems.push(`after kill ${kill}: ${problem}`)
      if (kill === kills || problems.length > 0) break
      const load = workers.map((worker) => worker.work(server.ask, token, () => true))
      await sleep(30 + next() * MOST_MS_OF_LOAD)
      server.kill('SIGKILL')
      await Promise.all([...load, server.exited])
    } finally {
      server.kill('SIGKILL')
      await server.exited
    }
  }
  const acknowledged = workers.reduce((sum, worker) => sum + worker.acknowledged, 0)
  return { problems, acknowledged, slowestReadyMs }
}

const folder = () => mkdtempSync(join(tmpdir(), 'keystead-w1-'))

describe.each(processDatabases)('W1: kill -9 on %s', (name, open) => {
  const kills = scale(10, 100)
  test('loses nothing that was acknowledged, leaves nothing half done, and the server is back within 5 s', {
    timeout: kills * 15_000,
  }, async () => {
    const dataDir = folder()
    const database = await open(dataDir)
    try {
      const { problems, acknowledged, slowestReadyMs } = await killOverAndOver(
        kills,
        dataDir,
        database,
      )
      report(
        name === 'SQLite' ? 'W1' : `W1 ${name}`,
        `${kills} kills on ${name}, ${acknowledged} operations acknowledged, ${problems.length} lost or half done, ready after at most ${Math.round(slowestReadyMs)} ms`,
      )
      expect(problems, `seed ${seed}`).toEqual([])
      expect(acknowledged).toBeGreaterThan(kills * 5)
      expect(slowestReadyMs).toBeLessThan(READY_MS)
    } finally {
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    }
  })

  const starts = scale(4, 40)
  test('a first start that is killed at any instant can be made again', {
    timeout: starts * 20_000,
  }, async () => {
    const next = random()
    for (let round = 0; round < starts; round++) {
      const dataDir = folder()
      const database = await open(dataDir)
      try {
        const { child, exited } = launch({ dataDir, database: database.url })
        await sleep(next() * 1200)
        child.kill('SIGKILL')
        await exited
        const server = await startProcess({ dataDir, database: database.url })
        try {
          const token = await server.signIn()
          const got = await server.ask('GET', '/v1/usermgmt/groups?limit=-1', { token })
          expect([got.status, got.body.total], `seed ${seed}, round ${round}`).toEqual([
            200,
            Object.keys(predefinedGroups).length,
          ])
          expect(await verifyAudit(dataDir, database)).toBeUndefined()
        } finally {
          server.kill('SIGKILL')
          await server.exited
        }
      } finally {
        await database.close()
        rmSync(dataDir, { recursive: true, force: true })
      }
    }
  })
})

test('the harness notices a server that acknowledges before it has written', {
  timeout: 120_000,
}, async () => {
  const dataDir = folder()
  try {
    const { problems } = await killOverAndOver(3, dataDir, besideSqlite(dataDir), {
      script: new URL('early-acknowledgement.ts', import.meta.url).pathname,
      kinds: ['create group'],
    })
    expect(problems.some((problem) => problem.includes('lost: group:'))).toBe(true)
    expect(problems.some((problem) => problem.includes('unrecorded: Create group'))).toBe(true)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})
