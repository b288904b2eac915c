import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../../test/support/databases.ts'
import type { Context } from '../../context.ts'
import type { Fault } from '../../kit/fault.ts'
import { accountOf, clearGuesses, clearStaleGuesses, guess, WINDOW_SECONDS } from './guesses.ts'

/** Places for guesses, on the store alone: what is evaluated here is a promise that the test holds. */

describe.each(databases)('places for guesses on %s', (_name, open) => {
  let database: TestDatabase
  let now: Date
  let number = 0
  beforeAll(async () => {
    database = await open()
    now = new Date('2026-03-04T05:06:07.000Z')
  })
  afterAll(() => database.close())

  const context = () =>
    ({
      services: { store: database.store },
      read: database.store.read,
      now: () => now,
    }) as unknown as Context
  const fresh = () => `account-${number++}`
  const rowOf = (account: string) =>
    database.store.read
      .selectFrom('guesses')
      .select(['wrong', 'pending', 'window_ends_at'])
      .where('account', '=', account)
      .executeTakeFirst()
  /** One guess, right or wrong, written as a sign-in writes it. */
  const one = (account: string, right: boolean) =>
    guess(context(), account, async (settle) => {
      await database.store.transact((tx) => settle(tx, right))
      return right ? 'right' : 'wrong'
    })
  /** A guess that is under way until it is told how it ends. */
  function held(account: string) {
    const begun = Promise.withResolvers<void>()
    const end = Promise.withResolvers<boolean>()
    let running = false
    const done = guess(context(), account, async (settle) => {
      running = true
      begun.resolve()
      const right = await end.promise
      await database.store.transact((tx) => settle(tx, right))
      return right
    })
    return { begun: begun.promise, end: end.resolve, done, isRunning: () => running }
  }
  const soon = () => delay(60)

  test('a guess takes its place before it is evaluated, and a wrong one keeps it', async () => {
    const account = fresh()
    await guess(context(), account, async (settle) => {
      expect(await rowOf(account)).toEqual({
        wrong: 0,
        pending: 1,
        window_ends_at: '2026-03-04T05:11:07.000000Z',
      })
      await database.store.transact((tx) => settle(tx, false))
    })
    expect(await rowOf(account)).toMatchObject({ wrong: 1, pending: 0 })
    await one(account, false)
    expect(await rowOf(account)).toMatchObject({ wrong: 2, pending: 0 })
  })

  test('a right guess gives its place back', async () => {
    const account = fresh()
    for (let at = 0; at < 7; at++) expect(await one(account, true)).toBe('right')
    expect(await rowOf(account)).toMatchObject({ wrong: 0, pending: 0 })
  })

  test('a guess that was not settled gives its place back, whatever became of it', async () => {
    const account = fresh()
    expect(await guess(context(), account, async () => 'refused for another reason')).toBeDefined()
    const failing = guess(context(), account, async () => {
      throw new Error('evaluation failed')
    })
    await expect(failing).rejects.toThrow('evaluation failed')
    expect(await rowOf(account)).toMatchObject({ wrong: 0, pending: 0 })
  })

  test('after five wrong ones nothing is evaluated until the window is over', async () => {
    const account = fresh()
    for (let at = 0; at < 5; at++) expect(await one(account, false)).toBe('wrong')
    expect(await one(account, true)).toBeUndefined()
    const start = now
    now = new Date(start.getTime() + WINDOW_SECONDS * 1000 - 1)
    expect(await one(account, true)).toBeUndefined()
    now = new Date(start.getTime() + WINDOW_SECONDS * 1000)
    expect(await one(account, true)).toBe('right')
    expect(await rowOf(account)).toEqual({
      wrong: 0,
      pending: 0,
      window_ends_at: '2026-03-04T05:16:07.000000Z',
    })
  })

  test('a window does not grow with its guesses', async () => {
    const account = fresh()
    await one(account, false)
    const first = await rowOf(account)
    now = new Date(now.getTime() + 1000)
    await one(account, false)
    expect((await rowOf(account))?.window_ends_at).toBe(first?.window_ends_at)
  })

  test('one under way counts as wrong until it is over: the sixth waits', async () => {
    const account = fresh()
    for (let at = 0; at < 3; at++) await one(account, false)
    const [fourth, fifth, sixth] = [held(account), held(account), held(account)]
    await Promise.race([fourth.begun, fifth.begun, sixth.begun])
    await soon()
    const running = [fourth, fifth, sixth].filter((each) => each.isRunning())
    expect(running).toHaveLength(2)
    const waiting = [fourth, fifth, sixth].find((each) => !each.isRunning())
    running[0]?.end(true)
    await waiting?.begun
    expect(await rowOf(account)).toMatchObject({ wrong: 3, pending: 2 })
    running[1]?.end(false)
    waiting?.end(false)
    await Promise.all([fourth.done, fifth.done, sixth.done])
    expect(await rowOf(account)).toMatchObject({ wrong: 5, pending: 0 })
  })

  test('at most four of an account are evaluated here at once, the others in their turn', async () => {
    const account = fresh()
    const all = Array.from({ length: 6 }, () => held(account))
    await Promise.all(all.slice(0, 4).map((each) => each.begun))
    await soon()
    expect(all.map((each) => each.isRunning())).toEqual([true, true, true, true, false, false])
    const another = held(fresh())
    await another.begun
    another.end(true)
    all[1]?.end(true)
    await all[4]?.begun
    expect(all[5]?.isRunning()).toBe(false)
    for (const each of all) each.end(true)
    expect(await Promise.all(all.map((each) => each.done))).toEqual(all.map(() => true))
    await another.done
    expect(await rowOf(account)).toMatchObject({ wrong: 0, pending: 0 })
    // And nobody is left in the line: the next one goes at once.
    expect(await one(account, true)).toBe('right')
  })

  test('more than a thousand in line are turned away', async () => {
    const account = fresh()
    const all = Array.from({ length: 4 }, () => held(account))
    await Promise.all(all.map((each) => each.begun))
    const line = Array.from({ length: 1000 }, () => guess(context(), account, async () => 'done'))
    const refused = { kind: 'too-many-requests' } satisfies Partial<Fault>
    await expect(guess(context(), account, async () => 'late')).rejects.toMatchObject(refused)
    await expect(guess(context(), account, async () => 'late')).rejects.toThrow(
      'too many sign-ins of this account are under way',
    )
    for (const each of all) each.end(false)
    await Promise.all(all.map((each) => each.done))
    const done = await Promise.all(line)
    expect(done).toHaveLength(1000)
    expect(done.every((each) => each === 'done')).toBe(true)
  })

  test('of two nodes that open a window at once both count', async () => {
    const account = fresh()
    await Promise.all([one(account, false), one(account, false)])
    expect(await rowOf(account)).toMatchObject({ wrong: 2, pending: 0 })
    now = new Date(now.getTime() + WINDOW_SECONDS * 1000)
    await Promise.all([one(account, false), one(account, false), one(account, false)])
    expect(await rowOf(account)).toMatchObject({ wrong: 3, pending: 0 })
  })

  test('two that open a window again at once have both a place in it', async () => {
    const account = fresh()
    await one(account, false)
    now = new Date(now.getTime() + WINDOW_SECONDS * 1000)
    const both = [held(account), held(account)]
    await Promise.all(both.map((each) => each.begun))
    expect(await rowOf(account)).toMatchObject({ wrong: 0, pending: 2 })
    for (const each of both) each.end(true)
    await Promise.all(both.map((each) => each.done))
  })

  test('a failure to write is told, not tried for ever', async () => {
    const store = {
      transact: async () => {
        throw new Error('no disk')
      },
    }
    const broken = { ...context(), services: { store } } as unknown as Context
    await expect(guess(broken, fresh(), async () => 'x')).rejects.toThrow('no disk')
  })

  test('a start clears places that a crash left behind, and windows that are over', async () => {
    const [crashed, over, young] = [fresh(), fresh(), fresh()]
    const far = '2126-03-04T05:06:07.000000Z'
    await database.store.transact((tx) => {
      for (const [account, window_ends_at, wrong, pending] of [
        [crashed, far, 2, 3],
        [over, '2026-03-04T05:06:06.000000Z', 1, 1],
        [young, far, 1, 0],
      ] as const)
        tx.run(tx.insertInto('guesses').values({ account, window_ends_at, wrong, pending }))
    })
    await database.store.transact((tx) => clearStaleGuesses(tx, now))
    expect(await rowOf(crashed)).toMatchObject({ wrong: 2, pending: 0 })
    expect(await rowOf(over)).toBeUndefined()
    expect(await rowOf(young)).toMatchObject({ wrong: 1, pending: 0 })
  })

  test('a place that a start has cleared is not given back twice', async () => {
    const account = fresh()
    await guess(context(), account, async (settle) => {
      await database.store.transact((tx) => clearStaleGuesses(tx, now))
      await database.store.transact((tx) => settle(tx, false))
    })
    expect(await rowOf(account)).toMatchObject({ wrong: 1, pending: 0 })
  })

  test('an unlock clears the account of its user and no other', async () => {
    const envelope = { fingerprint: (kind: string, text: string) => `${kind}:${text}` }
    const services = { envelope } as never
    const [own, others] = [accountOf(services, 'jo'), accountOf(services, 'joe')]
    expect(own).toBe('account:00000000-0000-0000-0000-000000000000/jo')
    await one(own, false)
    await one(others, false)
    await database.store.transact((tx) => clearGuesses(tx, services, { username_key: 'jo' }))
    expect(await rowOf(own)).toBeUndefined()
    expect(await rowOf(others)).toMatchObject({ wrong: 1 })
  })
})
