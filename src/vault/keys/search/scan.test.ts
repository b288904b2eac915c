import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../../../test/support/databases.ts'
import { ROOT } from '../../../../test/support/rows.ts'
import type { Services } from '../../../context.ts'
import { timeText } from '../../../kit/time.ts'
import type { KeyRow } from '../../../store/schema.ts'
import type { KeyContext } from '../../vault.ts'
import { emptyKey } from '../rows.ts'
import type { KeyQuery } from './query.ts'
import { search } from './search.ts'

/** More than are looked at in one turn. */
const COUNT = 5300
const RARE = [0, 1, 4999, 5000, 5299]
const DECRYPT = 8

const metas = [
  { team: '50%' },
  { team: '50_' },
  { team: 'a"b\\c' },
  { team: { deep: [1, { x: null }, 'é'] } },
  { teams: '50%', size: 12 },
]

describe.each(databases)('filters that no index serves, on %s', (_name, open) => {
  let database: TestDatabase
  const rows: KeyRow[] = []
  beforeAll(async () => {
    database = await open()
    await database.store.transact((tx) => {
      for (let at = 0; at < COUNT; at++) {
        // Many are made at the same moment.
        const key = emptyKey(ROOT, timeText(new Date(1_700_000_000_000 + Math.floor(at / 700))))
        const name = `key-${String(at).padStart(4, '0')}`
        const meta = metas[at - 2000]
        rows.push(
          tx.insert('keys', {
            ...key,
            key_id: `${at}`,
            name,
            uri: name,
            algorithm: 'AES',
            usage_mask: RARE.includes(at) ? 4 + DECRYPT : 4,
            meta: meta ? JSON.stringify(meta) : null,
            aliases: JSON.stringify(at === 7 ? [] : [{ alias: name, type: 'string', index: 0 }]),
          }),
        )
      }
      tx.count(ROOT, 'keys', COUNT)
    })
    rows.sort((one, other) =>
      one.created_at === other.created_at
        ? one.id < other.id
          ? 1
          : -1
        : one.created_at < other.created_at
          ? 1
          : -1,
    )
  })
  afterAll(() => database.close())

  const ask = async (
    query: KeyQuery,
    page: { skip?: number; limit?: number; sort?: string } = {},
  ) => {
    const { store } = database
    const context: KeyContext = {
      services: { store } as Services,
      caller: {
        userId: 'u',
        username: 'admin',
        domain: ROOT,
        groups: ['admin'],
        sessionId: '',
        clientId: '',
      },
      may: () => true,
      now: () => new Date(),
      read: store.read,
    }
    const paging = { skip: 0, limit: 10, sort: undefined, ...page }
    const { rows, total } = await search(context, query, paging, timeText(new Date()))
    return { names: rows.map(({ name }) => name), total }
  }
  const namesOf = (some: readonly KeyRow[]) => some.map(({ name }) => name)

  test('a use that few keys allow is found wherever they are', async () => {
    const fitting = rows.filter(({ usage_mask }) => usage_mask > 4)
    expect(await ask({ usageMasks: [DECRYPT] })).toEqual({
      names: namesOf(fitting),
      total: RARE.length,
    })
    expect((await ask({ usageMasks: [DECRYPT] }, { skip: 3, limit: 1 })).names).toEqual(
      namesOf(fitting.slice(3, 4)),
    )
    expect(await ask({ usageMasks: [1024] })).toEqual({ names: [], total: 0 })
  })

  test('of a use that all keys allow every page comes, first to last', async () => {
    for (const skip of [0, 2500, COUNT - 5]) {
      const { names, total } = await ask({ usageMasks: [4] }, { skip })
      expect(total).toBe(COUNT)
      expect(names).toEqual(namesOf(rows.slice(skip, skip + 10)))
    }
    expect((await ask({ usageMasks: [4] }, { sort: 'name', limit: 2 })).names).toEqual([
      'key-0000',
      'key-0001',
    ])
  })

  test.each([
    [{ team: '50%' }, ['key-2000']],
    [{ team: '50_' }, ['key-2001']],
    [{ team: '50' }, []],
    [{ team: 'a"b\\c' }, ['key-2002']],
    [{ team: {} }, ['key-2003']],
    [{ team: { deep: [1] } }, ['key-2003']],
    [{ team: { deep: ['é', { x: null }] } }, ['key-2003']],
    [{ team: { deep: [[]] } }, []],
    [{ size: 12, teams: '50%' }, ['key-2004']],
    [{ size: 1 }, []],
    [{ team: 'x'.repeat(60_000) }, []],
    ['50%', []],
  ])('metadata that contains %j', async (metaContains, names) => {
    expect(await ask({ metaContains })).toEqual({ names, total: names.length })
  })

  test('a key whose name is no alias of it any more is not found by it', async () => {
    expect(await ask({ aliases: ['key-0006'] })).toEqual({ names: ['key-0006'], total: 1 })
    expect(await ask({ aliases: ['key-0007'] })).toEqual({ names: [], total: 0 })
    expect((await ask({ aliases: ['key-000?'] }, { sort: 'name' })).names).not.toContain('key-0007')
    expect(await ask({ names: ['key-0007'] })).toEqual({ names: ['key-0007'], total: 1 })
  })
})
