import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/support/databases.ts'
import { groupRow, ROOT } from '../../test/support/rows.ts'
import type { Page } from '../kit/wire.ts'
import { list, listing } from './list.ts'

const groups = listing({
  table: 'groups',
  sort: {
    name: { column: 'name_key', unique: true },
    createdAt: { column: 'created_at' },
    description: { column: 'description', nullable: true },
    plainName: { column: 'name', lower: true },
  },
  filters: {
    name: { column: 'name_key', fold: (text) => text.toLowerCase() },
    exactName: { column: 'name' },
    description: { column: 'description', lower: true },
  },
  order: 'name',
})

const NAMES = ['admin', 'All Clients', 'all_clients', 'a*b', 'a?b', 'a%b', 'a\\b', 'Zoë', 'zz', 'É']

describe.each(databases)('lists on %s', (_name, open) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
    for (const [at, name] of NAMES.entries())
      await database.store.transact((tx) => {
        tx.insert('groups', { ...groupRow(name), description: at % 3 === 0 ? null : `D${at % 2}` })
        tx.count(ROOT, 'groups', 1)
      })
    await database.store.transact((tx) => tx.insert('groups', groupRow('foreign', 'elsewhere')))
  })
  afterAll(() => database.close())

  const ask = (
    page: Partial<Page> = {},
    filters: Partial<Record<'name' | 'exactName' | 'description', string>> = {},
  ) =>
    list(database.store.read, groups, {
      domain: ROOT,
      page: { skip: 0, limit: 10, ...page },
      filters,
    })
  const names = async (...given: Parameters<typeof ask>) =>
    (await ask(...given)).rows.map(({ name }) => name)

  test('pages follow each other in the default order, whatever their size', async () => {
    const all = await names({ limit: -1 })
    expect(all).toEqual(
      ['a%b', 'a*b', 'a?b', 'a\\b', 'admin', 'All Clients', 'all_clients', 'Zoë', 'zz', 'É'].sort(
        (one, two) => (one.toLowerCase() < two.toLowerCase() ? -1 : 1),
      ),
    )
    for (const limit of [1, 3, 7]) {
      const paged: string[] = []
      for (let skip = 0; skip < all.length; skip += limit)
        paged.push(...(await names({ skip, limit })))
      expect(paged).toEqual(all)
    }
    expect(await names({ skip: 4, limit: -1 })).toEqual(all.slice(4))
  })

  test('the total counts all rows of the domain, on every page and beyond the last', async () => {
    for (const skip of [0, 3, 100]) expect((await ask({ skip, limit: 2 })).total).toBe(NAMES.length)
    expect((await ask({ skip: 100 })).rows).toEqual([])
    expect((await ask({ limit: 1 }, { name: 'a?b' })).total).toBe(4)
  })

  test('rows sort by each field both ways, with equal values in a fixed order', async () => {
    expect(await names({ sort: '-createdAt', limit: 2 })).toEqual(['É', 'zz'])
    expect((await names({ sort: 'plainName', limit: -1 })).slice(4, 7)).toEqual([
      'admin',
      'All Clients',
      'all_clients',
    ])
    const up = await ask({ sort: 'description,-name', limit: -1 })
    const seen = up.rows.map(({ description }) => description)
    expect(seen.slice(0, 4)).toEqual([null, null, null, null])
    const down = await names({ sort: '-description,name', limit: -1 })
    expect(down).toEqual(up.rows.map(({ name }) => name).reverse())
  })

  test('an unknown sort field is ignored and said so', async () => {
    const { rows, messages } = await ask({ sort: 'seal,constructor,-createdAt', limit: 1 })
    expect(rows[0]?.name).toBe('É')
    expect(messages).toHaveLength(2)
    expect(messages[0]).toContain('"seal"')
  })

  test.each([
    [{ name: 'ADMIN' }, ['admin']],
    [{ exactName: 'ADMIN' }, []],
    [{ exactName: 'Ad*' }, []],
    [{ exactName: 'ad*' }, ['admin']],
    [{ name: 'a*b' }, ['a%b', 'a*b', 'a?b', 'a\\b']],
    [{ name: 'a\\*b' }, ['a*b']],
    [{ name: 'a\\?b' }, ['a?b']],
    [{ name: 'a\\\\b' }, ['a\\b']],
    [{ name: 'a\\b' }, ['a\\b']],
    [{ name: 'a%b' }, ['a%b']],
    [{ name: 'a%*' }, ['a%b']],
    [{ name: 'all_client*' }, ['all_clients']],
    [{ name: 'all?clients' }, ['All Clients', 'all_clients']],
    [{ name: '' }, []],
    [{ name: 'a\0*' }, []],
    [{ name: "' or 1=1 --" }, []],
    [{ name: 'zo?' }, ['Zoë']],
    [{ description: 'd1', name: 'z*' }, ['Zoë']],
  ])('the filter %j matches %j', async (filters, expected) => {
    expect(await names({}, filters)).toEqual(expected)
  })

  test('a filter without wildcards finds what equals it and nothing else', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '*', '?', '%', '_', '\\', '.', '[', ']'),
    })
    await fc.assert(
      fc.asyncProperty(text, async (wanted) => {
        const literal = wanted.replace(/[*?\\]/g, '\\$&')
        expect(await names({ limit: -1 }, { exactName: literal })).toEqual(
          NAMES.filter((name) => name === wanted),
        )
      }),
      { numRuns: 100 },
    )
  })

  test('pages of a long list follow each other from the first to the last, both ways', async () => {
    const domain = 'long'
    const count = 2500
    const names = Array.from({ length: count }, (_, at) => `row-${String(at).padStart(5, '0')}`)
    await database.store.transact((tx) => {
      for (const [at, name] of names.entries())
        tx.insert('groups', {
          ...groupRow(name, domain),
          description: at % 2 === 0 ? null : `D${at % 5}`,
        })
      tx.count(domain, 'groups', count)
    })
    for (const [sort, filters] of [
      ['name', {}],
      ['-name', {}],
      ['-description,name', {}],
      ['name', { name: 'row-0*' }],
    ] as const) {
      const at = async (skip: number, limit: number) =>
        list(database.store.read, groups, { domain, page: { skip, limit, sort }, filters })
      const all = (await at(0, -1)).rows.map(({ name }) => name)
      expect(all).toHaveLength(count)
      const paged: string[] = []
      for (let skip = 0; skip < count; skip += 300)
        paged.push(...(await at(skip, 300)).rows.map(({ name }) => name))
      expect(paged).toEqual(all)
      expect((await at(count - 1, 300)).rows.map(({ name }) => name)).toEqual(all.slice(-1))
      expect((await at(count, 300)).rows).toEqual([])
    }
  })

  test('a page can be narrowed by a condition on other tables', async () => {
    const { rows, total } = await list(database.store.read, groups, {
      domain: ROOT,
      page: { skip: 1, limit: 1 },
      filters: { name: 'a*b' },
      where: (eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('memberships')
              .select('user_id')
              .whereRef('memberships.group_id', '=', 'groups.id'),
          ),
        ),
    })
    expect(rows.map(({ name }) => name)).toEqual(['a*b'])
    expect(total).toBe(4)
  })
})
