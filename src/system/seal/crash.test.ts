import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addUsers,
  passwordsThatOpen,
  wrappedColumns,
} from '../../../test/support/sealed-passwords.ts'
import { createRootKeyFile, parseRootKeySource, RootKeyRefused } from '../../crypto/root-key.ts'
import { openStore } from '../../store/index.ts'
import type { Store } from '../../store/store.ts'
import { openSeal, type Seal } from './seal.ts'

const folder = mkdtempSync(join(tmpdir(), 'keystead-crash-'))
afterAll(() => rmSync(folder, { recursive: true }))
const newFolder = () => mkdtempSync(join(folder, 'case-'))

/** Starts on this folder as a server does, and stops again. */
async function start<T>(
  data: string,
  use: (seal: Seal, store: Store) => Promise<T>,
  { key = join(data, 'root.key'), allowInit = false } = {},
): Promise<T> {
  const store = await openStore({ kind: 'sqlite', file: join(data, 'keystead.db') })
  try {
    const seal = await openSeal(store, parseRootKeySource(`file:${key}`), {
      nodeId: 'node-1',
      allowInit,
      wrappedColumns,
      keepSeconds: 0,
    })
    await store.unseal(seal.storeKeys)
    await seal.finishRotations()
    seal.close()
    return await use(seal, store)
  } finally {
    await store.close()
  }
}

const USERS = 120
const before = join(folder, 'before')
beforeAll(async () => {
  const made = newFolder()
  await start(made, (seal, store) => addUsers(store, seal, USERS), { allowInit: true })
  cpSync(made, before, { recursive: true })
})

const child = fileURLToPath(new URL('../../../test/support/killed-rotation.ts', import.meta.url))
/** True when the process was killed, false when it came to its end before step n. */
function killedAt(data: string, what: string, n: number): boolean {
  const source = `file:${join(data, 'root.key')}`
  const file = join(data, 'keystead.db')
  const { signal, status, stderr } = spawnSync(process.execPath, [
    child,
    file,
    source,
    what,
    String(n),
  ])
  if (signal === 'SIGKILL') return true
  expect(status, String(stderr)).toBe(0)
  return false
}

const digest = (data: string) =>
  readdirSync(data)
    .filter((name) => name.startsWith('keystead.db'))
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(data, name))
      // The log and the index of SQLite hold nothing after a clean stop, whether they are there or not.
      return bytes.length === 0 ? '' : `${name} ${createHash('sha256').update(bytes).digest('hex')}`
    })
    .join('\n')

describe('a crash at any step', () => {
  test.each(['root key', 'root KEK', 'domain KEK'])(
    'of replacing the %s leaves a database that opens, and no second key that does (R5)',
    async (what) => {
      const old = join(newFolder(), 'root.key')
      cpSync(join(before, 'root.key'), old)
      const outcomes = { undone: 0, done: 0 }
      for (let n = 1; ; n++) {
        const data = newFolder()
        cpSync(before, data, { recursive: true })
        const killed = killedAt(data, what, n)
        const keks = await start(data, async (seal, store) => {
          expect(await passwordsThatOpen(store, seal)).toBe(2 * USERS)
          return store.read.selectFrom('domain_keks').select('version').execute()
        })
        expect(keks).toHaveLength(1)
        expect(existsSync(join(data, 'root.key.next'))).toBe(false)
        if (what === 'root key') {
          const isOld = readFileSync(join(data, 'root.key')).equals(readFileSync(old))
          outcomes[isOld ? 'undone' : 'done']++
          const withOld = start(data, async () => 'opened', { key: old })
          if (isOld) expect(await withOld).toBe('opened')
          else await expect(withOld).rejects.toThrow('the root key was replaced since')
        }
        if (!killed) break
        expect(n).toBeLessThan(60)
      }
      // Both must have been seen, or the kills fell on one side of the commit only.
      if (what === 'root key') {
        expect(outcomes.undone).toBeGreaterThan(2)
        expect(outcomes.done).toBeGreaterThan(2)
      }
    },
    120_000,
  )

  test('of the first set-up leaves a folder that can be set up, or was', async () => {
    for (let n = 1; ; n++) {
      const data = newFolder()
      const killed = killedAt(data, 'set-up', n)
      await start(
        data,
        async (seal, store) => {
          await addUsers(store, seal, 1)
          expect(await passwordsThatOpen(store, seal)).toBe(2)
          expect(existsSync(join(data, 'root.key.next'))).toBe(false)
        },
        { allowInit: true },
      )
      if (!killed) break
      expect(n).toBeLessThan(60)
    }
  }, 120_000)
})

test('a wrong, missing or foreign root key leaves every byte of the database as it was (R2)', async () => {
  const data = newFolder()
  cpSync(before, data, { recursive: true })
  const was = digest(data)
  expect(was).toContain('keystead.db ')
  const other = join(newFolder(), 'root.key')
  createRootKeyFile(other)
  const foreign = newFolder()
  await start(foreign, async () => {}, { allowInit: true })
  for (const key of [other, join(newFolder(), 'none'), join(foreign, 'root.key')]) {
    const began = performance.now()
    const attempt = start(data, async () => {}, { key, allowInit: true })
    await expect(attempt).rejects.toBeInstanceOf(RootKeyRefused)
    expect(performance.now() - began).toBeLessThan(5000)
    expect(digest(data)).toBe(was)
  }
  await start(data, async (seal, store) => addUsers(store, seal, 1))
  expect(digest(data), 'control: a start that writes is seen').not.toBe(was)
})
