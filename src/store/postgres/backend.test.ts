import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  openTestPostgres,
  type TestDatabase,
  testKeys,
  verifyHead,
} from '../../../test/support/databases.ts'
import { auditEntry, groupRow, ROOT } from '../../../test/support/rows.ts'
import { openStore } from '../index.ts'
import { countOf } from '../list.ts'
import type { Store } from '../store.ts'
import { verifyChain } from '../verify.ts'

const url = process.env['KEYSTEAD_TEST_DATABASE_URL']

describe.skipIf(!url)('two nodes on one PostgreSQL', () => {
  let database: TestDatabase
  let one: Store
  let two: Store
  beforeAll(async () => {
    database = await openTestPostgres(url ?? '')
    one = database.store
    two = await openStore({ kind: 'postgres', url: database.url })
    await two.unseal({ ...testKeys, nodeId: 'node-2' })
  })
  afterAll(async () => {
    await two.close()
    await database.close()
  })

  test('a change of rights on one is heeded on the other within a second', async () => {
    await pause(300)
    const before = two.authority()
    await one.transact((tx) => tx.changesAuthority())
    await vi.waitFor(() => expect(two.authority()).toBeGreaterThan(before), { timeout: 1000 })
  })

  test('a change of keys on one is heeded on the other within a second, and rights stay known', async () => {
    await pause(300)
    const before = { keys: two.keysChanged(), authority: two.authority() }
    await one.transact((tx) => tx.changesKeys())
    await vi.waitFor(() => expect(two.keysChanged()).toBeGreaterThan(before.keys), {
      timeout: 1000,
    })
    expect(two.authority()).toBe(before.authority)
  })

  test('both count and change the same rows at once without losing anything', async () => {
    const row = await one.transact((tx) =>
      tx.insert('groups', { ...groupRow('shared'), description: '0' }),
    )
    const add = (store: Store) =>
      store.transact(async (tx) => {
        const now = await store.read
          .selectFrom('groups')
          .selectAll()
          .where('id', '=', row.id)
          .executeTakeFirstOrThrow()
        tx.update('groups', now, { description: String(Number(now.description) + 1) })
        tx.count(ROOT, 'groups', 1)
        tx.audit(auditEntry())
      })
    for (let round = 0; round < 20; round++)
      await Promise.all([add(one), add(two), add(one), add(two)])
    const after = await one.read
      .selectFrom('groups')
      .select('description')
      .where('id', '=', row.id)
      .executeTakeFirstOrThrow()
    expect(after.description).toBe('80')
    expect(await countOf(two.read, ROOT, 'groups')).toBe(80)
    expect(await countOf(two.read, ROOT, 'audit_records')).toBe(80)
  })

  test('connections that the server ends come back, and nothing acknowledged is lost', async () => {
    const acknowledged: string[] = []
    const kinds = new Set<unknown>()
    let stop = false
    const write = async (store: Store) => {
      while (!stop) {
        const row = groupRow(crypto.randomUUID())
        try {
          await store.transact((tx) => {
            tx.insert('groups', row)
            tx.audit({ ...auditEntry(), id: row.id })
          })
          acknowledged.push(row.id)
        } catch (error) {
          kinds.add((error as { kind?: unknown }).kind ?? String(error))
          await pause(20)
        }
      }
    }
    const writers = [one, two, one, two].map(write)
    const killer = new pg.Client({ connectionString: database.url })
    await killer.connect()
    for (let kill = 0; kill < 5; kill++) {
      await pause(200)
      await killer.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      )
    }
    await killer.end()
    const before = acknowledged.length
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(before + 20), 10_000)
    stop = true
    await Promise.all(writers)
    expect([...kinds].filter((kind) => kind !== 'unavailable')).toEqual([])
    const stored = new Set(
      (await one.read.selectFrom('groups').select('id').execute()).map(({ id }) => id),
    )
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
    const keys = {
      installation: testKeys.installation,
      auditKey: testKeys.auditKey,
      verifyHead,
    }
    expect(await verifyChain(one.read, keys)).toMatchObject({ intact: true, nodes: 2 })
    expect(await one.healthy()).toBe(true)
  }, 30_000)
})
