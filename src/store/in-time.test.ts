import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Fault } from '../kit/fault.ts'
import { answeringInTime } from './in-time.ts'
import type { Store } from './store.ts'

/** A store whose writes settle when the test says so. */
function hangingStore() {
  const writes: { done: (result: unknown) => void; failed: (error: unknown) => void }[] = []
  const transact = () =>
    new Promise((done, failed) => {
      writes.push({ done, failed })
    })
  return { writes, store: { transact } as unknown as Store }
}

const unavailable = (words: string) =>
  expect.objectContaining({ kind: 'unavailable', message: expect.stringContaining(words) })

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('a store that answers in time', () => {
  test('hands results and faults on', async () => {
    const { writes, store } = hangingStore()
    const { transact } = answeringInTime(store, 1000)
    const written = transact(() => 7)
    writes[0]?.done(7)
    await expect(written).resolves.toBe(7)
    const refused = transact(() => 7)
    writes[1]?.failed(new Fault('conflict', 'taken'))
    await expect(refused).rejects.toMatchObject({ kind: 'conflict' })
  })

  test('gives each write its own time, and turns others away until it settles', async () => {
    const { writes, store } = hangingStore()
    const { transact } = answeringInTime(store, 100)
    const given: unknown[] = []
    const giveUp = (error: unknown) => given.push(error)
    transact(() => 1).catch(giveUp)
    await vi.advanceTimersByTimeAsync(60)
    transact(() => 2).catch(giveUp)
    await vi.advanceTimersByTimeAsync(39)
    expect(given).toEqual([])
    await vi.advanceTimersByTimeAsync(2)
    expect(given).toEqual([unavailable('whether this was done is not known')])
    await expect(transact(() => 3)).rejects.toEqual(unavailable('does not answer'))
    await vi.advanceTimersByTimeAsync(57)
    expect(given).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(3)
    expect(given).toHaveLength(2)

    writes[0]?.done(1)
    await expect(transact(() => 3)).rejects.toEqual(unavailable('does not answer'))
    writes[1]?.failed(new Error('the disk came back'))
    await vi.advanceTimersByTimeAsync(0)
    const third = transact(() => 3)
    expect(writes).toHaveLength(3)
    writes[2]?.done(3)
    await expect(third).resolves.toBe(3)
  })
})
