import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { testKeys, testSeed } from '../../../test/support/databases.ts'
import { groupRow, ROOT } from '../../../test/support/rows.ts'
import { leaveInGaps } from '../../../test/support/sqlite-gaps.ts'
import { stamp } from '../../kit/time.ts'
import { openStore } from '../index.ts'
import { countOf } from '../list.ts'
import type { Store } from '../store.ts'

const child = join(import.meta.dirname, '../../../test/support/secrets-child.ts')
const SECRETS = 300

describe('what SQLite left of secrets in its pages', () => {
  let folder: string
  let file: string
  let store: Store
  let remains: readonly Uint8Array[]

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keystead-scrub-'))
    file = join(folder, 'keystead.db')
    store = await opened()
    await store.transact((tx) => {
      for (let at = 0; at < SECRETS; at++)
        tx.insert('password_history', {
          id: randomUUID(),
          domain_id: ROOT,
          user_id: randomUUID(),
          password: new Uint8Array(randomBytes(60 + at)),
          created_at: stamp(),
        })
    })
    await store.close()
    remains = leaveInGaps(file, 20)
    store = await opened()
  })
  afterEach(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const opened = async () => {
    const store = await openStore({ kind: 'sqlite', file })
    await store.unseal(testKeys)
    return store
  }

  const asked = (sql: string): unknown => {
    const database = new DatabaseSync(file, { timeout: 5000 })
    const [answer] = Object.values(database.prepare(sql).get() ?? {})
    database.close()
    return answer
  }

  const clean = () =>
    vi.waitFor(() => expect(asked('pragma user_version')).toBe(1), {
      timeout: 10_000,
      interval: 50,
    })

  /** How much of it stands in the database, once its log is empty. */
  const left = (): number => {
    expect(asked('pragma wal_checkpoint(truncate)')).toBe(0)
    const bytes = readFileSync(file)
    return remains.filter((one) => bytes.includes(one)).length
  }

  const secrets = () => store.read.rows('password_history', { domain_id: ROOT })

  const removeOne = async () => {
    const [row] = await secrets()
    if (row) await store.transact((tx) => tx.remove('password_history', row))
  }

  /** Each row by itself, so that the writer has had every page in its hands. */
  const changeAll = async () => {
    for (const row of await secrets())
      await store.transact((tx) => {
        tx.update('password_history', row, { user_id: randomUUID() })
      })
  }

  const demandWhole = async () => {
    expect(asked('pragma integrity_check')).toBe('ok')
    expect(await secrets()).toHaveLength(SECRETS - 1)
  }

  test('is found here, and costs nothing while no secret ends', async () => {
    await changeAll()
    await pause(1500)
    expect(left()).toBeGreaterThan(200)
  }, 30_000)

  test('is overwritten soon after one was deleted, and does not come back with what the writer remembers', async () => {
    // No look at the file until the end: another connection's checkpoint makes the writer forget its pages.
    await changeAll()
    await removeOne()
    expect(asked('pragma user_version')).not.toBe(1)
    await clean()
    await changeAll()
    expect(left()).toBe(0)
    await demandWhole()
  }, 30_000)

  test('is overwritten when the server stops', async () => {
    await removeOne()
    await store.close()
    expect(left()).toBe(0)
    expect(asked('pragma user_version')).toBe(1)
    store = await opened()
    await demandWhole()
  }, 30_000)

  test('is overwritten beside writes, which neither fail nor are lost', async () => {
    let isOver = false
    let groups = 0
    const writing = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        await store.transact((tx) => {
          tx.insert('groups', groupRow(randomUUID()))
          tx.count(ROOT, 'groups', 1)
        })
        groups++
      }
    })
    await removeOne()
    await clean()
    isOver = true
    await Promise.all(writing)
    expect(groups).toBeGreaterThan(20)
    expect(await countOf(store.read, ROOT, 'groups')).toBe(groups)
    expect(await store.read.rows('groups', { domain_id: ROOT })).toHaveLength(groups)
    expect(left()).toBe(0)
    await demandWhole()
  }, 30_000)

  test('is overwritten again when another one ends meanwhile', async () => {
    await removeOne()
    await clean()
    await removeOne()
    expect(asked('pragma user_version')).not.toBe(1)
    await clean()
  }, 30_000)

  test('waits for somebody who reads an older state', async () => {
    const reader = new DatabaseSync(file, { readOnly: true })
    reader.exec('begin')
    reader.prepare('select count(*) from groups').get()
    await removeOne()
    await pause(2500)
    expect(asked('pragma user_version')).not.toBe(1)
    reader.close()
    await clean()
    expect(left()).toBe(0)
  }, 30_000)

  test('is overwritten after a crash, when the server runs again', async () => {
    await store.close()
    const killed = spawn(process.execPath, [child, file, testSeed], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(killed.stdout, 'data')
    killed.kill('SIGKILL')
    await once(killed, 'close')
    expect(left()).toBe(remains.length)
    store = await opened()
    await clean()
    expect(left()).toBe(0)
    await demandWhole()
  }, 30_000)
})
