import { expect, test } from 'vitest'
import { percentile, ratios, spread } from './statistics.ts'

test('p99 of a hundred latencies is the second slowest, and of one it is that one', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1)
  expect(percentile(hundred, 99)).toBe(99)
  expect(percentile(hundred, 50)).toBe(50)
  expect(percentile([7], 99)).toBe(7)
  expect(percentile([], 99)).toBeNaN()
})

test('a median of an even number of rounds lies between the middle two, and missing rounds do not count', () => {
  expect(spread([4, 1, Number.NaN, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4, samples: 4 })
  expect(spread([]).median).toBeNaN()
})

test('a machine that slows down between rounds does not change a ratio', () => {
  expect(ratios([100, 50, 200], [200, 100, 400])).toEqual({
    median: 0.5,
    min: 0.5,
    max: 0.5,
    samples: 3,
  })
})
