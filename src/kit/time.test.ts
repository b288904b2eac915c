import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stamp, storedTime, timeText, wireTime } from './time.ts'

describe('times as clients write them', () => {
  test.each([
    ['2024-05-28T08:35:22Z', '2024-05-28T08:35:22.000000Z'],
    ['2024-05-28t08:35:22z', '2024-05-28T08:35:22.000000Z'],
    ['2024-05-28 10:35:22+02:00', '2024-05-28T08:35:22.000000Z'],
    ['2024-05-28T00:35:22.5-08:00', '2024-05-28T08:35:22.500000Z'],
    ['2024-05-28T08:35:22.123456789Z', '2024-05-28T08:35:22.123456Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000Z'],
  ])('%s is stored as %s', (written, stored) => {
    expect(storedTime(written)).toBe(stored)
  })

  test.each([
    ['a day that there is not', '2023-02-29T00:00:00Z'],
    ['an hour that there is not', '2024-05-28T24:00:00Z'],
    ['a second that there is not', '2024-05-28T08:35:61Z'],
    ['no zone', '2024-05-28T08:35:22'],
    ['no time', '2024-05-28'],
    ['an offset beyond the year 9999', '9999-12-31T23:59:59-01:00'],
    ['an offset before the year 0', '0000-01-01T00:00:00+01:00'],
    ['a bare point', '2024-05-28T08:35:22.Z'],
    ['spaces around', ' 2024-05-28T08:35:22Z '],
    ['nothing', ''],
  ])('%s is no time', (_what, written) => {
    expect(storedTime(written)).toBeUndefined()
  })

  test('every moment comes back as the same moment, and sorts as text as it does in time', () => {
    const moment = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(moment, moment, (one, other) => {
        const [first, second] = [timeText(one), timeText(other)]
        expect(storedTime(one.toISOString())).toBe(first)
        expect(storedTime(wireTime(first))).toBe(first)
        expect(first < second).toBe(one.getTime() < other.getTime())
      }),
    )
  })
})

describe('times as the server writes them', () => {
  test.each([
    ['2024-05-28T08:35:22.517950Z', '2024-05-28T08:35:22.51795Z'],
    ['2024-05-28T08:35:22.000000Z', '2024-05-28T08:35:22Z'],
    ['2024-05-28T08:35:22.000001Z', '2024-05-28T08:35:22.000001Z'],
    ['2024-05-28T08:35:20.100000Z', '2024-05-28T08:35:20.1Z'],
  ])('%s goes out as %s', (stored, wire) => {
    expect(wireTime(stored)).toBe(wire)
  })

  test('no two stamps are the same, though the clock stands or is set back a little', () => {
    const at = Date.now() + 60_000
    const stamps = Array.from({ length: 3000 }, (_, i) => stamp(new Date(at - (i % 7) * 10)))
    expect(new Set(stamps).size).toBe(stamps.length)
    expect([...stamps].sort()).toEqual(stamps)
  })

  test('a clock that is set back far is followed', () => {
    stamp(new Date('2030-01-01T00:00:00Z'))
    expect(stamp(new Date('2020-01-01T00:00:00Z'))).toBe('2020-01-01T00:00:00.000000Z')
  })
})
