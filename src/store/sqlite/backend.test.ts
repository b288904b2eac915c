import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testKeys, testSeed, verifyHead } from '../../../test/support/databases.ts'
import { auditEntry, groupRow, ROOT } from '../../../test/support/rows.ts'
import { Tampered } from '../../kit/fault.ts'
import { openReadOnly, openStore } from '../index.ts'
import { countOf } from '../list.ts'
import { verifyChain } from '../verify.ts'

const child = join(import.meta.dirname, '../../../test/support/store-child.ts')

describe('a SQLite file', () => {
  let folder: string
  let file: string
  const children: ChildProcess[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keystead-sqlite-'))
    file = join(folder, 'keystead.db')
  })
  afterEach(() => {
    for (const process of children.splice(0)) process.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const open = async () => {
    const store = await openStore({ kind: 'sqlite', file })
    await store.unseal(testKeys)
    return store
  }

  function start(heard: (line: string) => void): ChildProcess {
    const started = spawn(process.execPath, [child, file, testSeed], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(started)
    if (started.stdout) createInterface(started.stdout).on('line', heard)
    return started
  }

  test('kill -9 under load loses nothing that was acknowledged and halves nothing', async () => {
    const acknowledged: string[] = []
    for (let kill = 0; kill < 3; kill++) {
      const before = acknowledged.length
      const process = start((line) => {
        expect(line).not.toContain('refused')
        if (line !== 'open') acknowledged.push(line)
        if (acknowledged.length === before + 100 * (kill + 1)) process.kill('SIGKILL')
      })
      await once(process, 'close')
    }
    const store = await open()
    const stored = await store.read.selectFrom('groups').selectAll().execute()
    const recorded = await store.read.selectFrom('audit_records').select('id').execute()
    const ids = new Set(stored.map(({ id }) => id))
    expect(acknowledged.length).toBeGreaterThanOrEqual(600)
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([])
    expect(new Set(recorded.map(({ id }) => id))).toEqual(ids)
    expect(await countOf(store.read, ROOT, 'groups')).toBe(ids.size)
    expect(
      await verifyChain(store.read, {
        installation: testKeys.installation,
        auditKey: testKeys.auditKey,
        verifyHead,
      }),
    ).toMatchObject({ intact: true, records: ids.size })
    await store.close()
  }, 30_000)

  test('a second process is refused with a sentence, and let in once the first is gone', async () => {
    const store = await open()
    const said: string[] = []
    await once(
      start((line) => said.push(line)),
      'close',
    )
    expect(said.join()).toMatch(/^refused: another Keystead process is using /)
    await expect(openStore({ kind: 'sqlite', file })).rejects.toMatchObject({ kind: 'unavailable' })
    await store.transact((tx) => tx.audit(auditEntry()))
    await store.close()
    const again = await open()
    expect(await countOf(again.read, ROOT, 'audit_records')).toBe(1)
    await again.close()
  })

  test('nobody else on the machine can read the database, its log or its reserve', async () => {
    const store = await open()
    await store.transact((tx) => tx.insert('groups', groupRow('private')))
    for (const name of ['keystead.db', 'keystead.db-wal', 'keystead.db-shm', 'audit-reserve'])
      expect([name, statSync(join(folder, name)).mode & 0o077]).toEqual([name, 0])
    expect(statSync(join(folder, 'audit-reserve')).size).toBe(8 * 1024 * 1024)
    await store.close()
  })

  test('the audit log can be read beside a running server', async () => {
    const store = await open()
    await store.transact((tx) => tx.audit(auditEntry()))
    const reader = await openReadOnly({ kind: 'sqlite', file })
    expect(await reader.read.selectFrom('audit_records').select('id').execute()).toHaveLength(1)
    await reader.close()
    await store.close()
  })

  test('a database of a newer version is refused with a sentence and left as it is', async () => {
    await (await open()).close()
    const database = new DatabaseSync(file)
    database.exec(`insert into kysely_migration values ('9999-later', '2030-01-01')`)
    database.close()
    await expect(open()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('newer version of Keystead'),
    })
  })

  test('a damaged database says so and serves nothing', async () => {
    const store = await open()
    for (let at = 0; at < 50; at++)
      await store.transact((tx) =>
        tx.insert('groups', { ...groupRow(`g${at}`), description: 'x'.repeat(500) }),
      )
    await store.close()
    const descriptor = openSync(file, 'r+')
    for (let page = 3; page < statSync(file).size / 4096; page++)
      writeSync(descriptor, Buffer.alloc(64, 0xee), 0, 64, page * 4096)
    closeSync(descriptor)
    const said: string[] = []
    const log = { info() {}, warn() {}, error: (message: string) => void said.push(message) }
    const opened = await openStore({ kind: 'sqlite', file }, { log }).catch((error: Error) => error)
    if (opened instanceof Error) return expect(opened).toMatchObject({ kind: 'unavailable' })
    expect(await opened.healthy()).toBe(false)
    expect(said.join()).toContain('damaged')
    const unavailable = { kind: 'unavailable', message: expect.stringContaining('damaged') }
    await expect(opened.read.selectFrom('groups').select('id').execute()).rejects.toMatchObject(
      unavailable,
    )
    await expect(opened.transact((tx) => tx.changesAuthority())).rejects.toMatchObject(unavailable)
    await opened.close()
  })

  test('an audit log that was cut while the server was down is not continued', async () => {
    const store = await open()
    for (const message of ['one', 'two', 'three'])
      await store.transact((tx) => tx.audit(auditEntry(message)))
    await store.close()
    const database = new DatabaseSync(file)
    database.exec(`delete from audit_records where seq = 3;
      update audit_heads set seq = 2, mac = (select mac from audit_records where seq = 2)`)
    database.close()
    const again = await openStore({ kind: 'sqlite', file })
    await expect(again.unseal(testKeys)).rejects.toThrow(Tampered)
    await again.close()
  })
})
