import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { timeOrderedUuid } from './uuid.ts'

test('a UUID that begins with the time has the form of version 7 and is never given twice', () => {
  const made = Array.from({ length: 1000 }, () => timeOrderedUuid())
  for (const uuid of made)
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(made).size).toBe(1000)
})

test('one that is made later sorts behind one that was made before', async () => {
  const made: string[] = []
  for (let count = 0; count < 20; count++) {
    made.push(timeOrderedUuid())
    await pause(2)
  }
  expect(made.toSorted()).toEqual(made)
})
