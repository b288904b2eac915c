import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { inParallel } from './lab.ts'
import { besideSqlite, type ServerProcess, sleep, startProcess, until } from './process.ts'
import { random, report } from './promise.ts'
import { judge, Worker } from './workload.ts'

/** A small disk of its own, where this process may mount one. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'keystead-w4-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', folder])
  if (status === 0) return folder
  rmSync(folder, { recursive: true })
  return undefined
}

const disk = process.platform === 'linux' ? mountSmallDisk() : undefined
if (disk === undefined)
  process.stdout.write(
    'W4 is NOT TRIED here: this process may not mount a file system of its own\n',
  )

/** Takes all the space there is, to the last byte. */
function fill(folder: string): () => void {
  const path = join(folder, 'filler')
  const descriptor = openSync(path, 'w')
  for (let size = 1 << 20; size >= 1; )
    try {
      if (writeSync(descriptor, Buffer.alloc(size)) < size) size >>= 1
    } catch {
      size >>= 1
    }
  closeSync(descriptor)
  return () => rmSync(path)
}

describe.skipIf(disk === undefined)('W4: a full disk', () => {
  const folder = disk as string
  afterAll(() => {
    spawnSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })

  let server: ServerProcess
  let dataDir: string
  const start = async (name: string) => {
    dataDir = join(folder, name)
    mkdirSync(dataDir, { mode: 0o700 })
    server = await startProcess({ dataDir })
    await until(() => existsSync(join(dataDir, 'audit-reserve')) || undefined, 5000)
  }
  const stop = async () => {
    server.kill('SIGKILL')
    await server.exited
    rmSync(dataDir, { recursive: true, force: true })
  }

  /** Refused requests, each of which must be on record. Says how many were answered 401 before one was not. */
  async function recordedRefusals(most: number): Promise<{ refused: number; other: Set<number> }> {
    let refused = 0
    const other = new Set<number>()
    const headers = { 'user-agent': 'x'.repeat(250) }
    await inParallel(Array.from({ length: most }), 16, async () => {
      if (other.size > 0) return
      const { status } = await server.ask('GET', '/v1/usermgmt/users', { token: 'none', headers })
      if (status === 401) refused++
      else other.add(status)
    })
    return { refused, other }
  }

  test('reads go on, writes are refused, refusals are recorded while the reserve lasts, and all resumes with space', {
    timeout: 600_000,
  }, async () => {
    await start('kept')
    const token = await server.signIn()
    const worker = new Worker('w', random())
    for (let step = 0; step < 40; step++) await worker.step(server.ask, token)
    const free = fill(folder)

    // Until the log cannot grow any more, what fits is written.
    await until(async () => {
      const got = await worker.step(server.ask, token, 'create group')
      return got?.status === 507 || got?.status === 503 || undefined
    }, 30_000)
    const reads = [
      '/v1/usermgmt/groups',
      '/v1/usermgmt/users',
      '/v1/auth/self/user',
      '/v1/system/info',
    ]
    for (const path of reads)
      expect((await server.ask('GET', path, { token })).status, path).toBe(200)
    for (let step = 0; step < 10; step++) await worker.step(server.ask, token, 'create group')
    expect([...worker.refused.keys()].every((status) => status === 507 || status === 503)).toBe(
      true,
    )

    const { refused, other } = await recordedRefusals(60_000)
    expect(refused).toBeGreaterThan(1000)
    expect([...other]).toEqual([503])
    for (const path of reads)
      expect((await server.ask('GET', path, { token })).status, path).toBe(200)

    free()
    const back = performance.now()
    await until(async () => {
      const got = await worker.step(server.ask, token, 'create group')
      return got?.status === 201 || undefined
    }, 20_000)
    const seconds = ((performance.now() - back) / 1000).toFixed(1)
    for (let step = 0; step < 40; step++) await worker.step(server.ask, token)
    const database = besideSqlite(dataDir)
    const problems = await judge([worker], server, token, database, dataDir)
    const [row] = await database.query('select count(*) as n from audit_records where success = 0')
    report(
      'W4',
      `${refused} refusals recorded on a full disk before 503, writes again ${seconds} s after space was freed, ${problems.length} lost`,
    )
    expect(problems).toEqual([])
    expect(Number(row?.['n'])).toBeGreaterThanOrEqual(refused)
    await stop()
  })

  test('the harness notices a server whose reserve is gone', { timeout: 120_000 }, async () => {
    await start('bare')
    const token = await server.signIn()
    rmSync(join(dataDir, 'audit-reserve'))
    const free = fill(folder)
    await until(async () => {
      const got = await server.ask('POST', '/v1/usermgmt/groups', {
        token,
        body: { name: `g${Math.random()}`, description: 'x'.repeat(2000) },
      })
      return got.status === 507 || got.status === 503 || undefined
    }, 30_000)
    await sleep(100)
    expect((await recordedRefusals(2000)).refused).toBeLessThan(1000)
    free()
    await stop()
  })
})
