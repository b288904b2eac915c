import { expect, test } from 'vitest'
import { type AskedValidity, validityFor } from './validity.ts'

const NOW = new Date('2024-06-18T13:05:41.144Z')

const span = (asked: AskedValidity) => {
  const { notBefore, notAfter } = validityFor(asked, NOW)
  return [notBefore.toISOString(), notAfter.toISOString()]
}

test('a certificate of 365 days begins a day back and so spans 366', () => {
  expect(span({ duration: 365 })).toEqual(['2024-06-17T13:05:41.000Z', '2025-06-18T13:05:41.000Z'])
})

test('notAfter goes before duration, and the beginning is a day back as well', () => {
  const notAfter = '2027-05-30T10:01:23.000000Z'
  expect(span({ duration: 365, notAfter })).toEqual([
    '2024-06-17T13:05:41.000Z',
    '2027-05-30T10:01:23.000Z',
  ])
})

test('from a given beginning the days are counted from there', () => {
  const notBefore = '2024-01-01T00:00:00.999999Z'
  expect(span({ duration: 10, notBefore })).toEqual([
    '2024-01-01T00:00:00.000Z',
    '2024-01-11T00:00:00.000Z',
  ])
})

test('times with an offset are turned into UTC', () => {
  expect(span({ notAfter: '2030-01-01T02:00:00+02:00' })[1]).toBe('2030-01-01T00:00:00.000Z')
})

test('the zero time is a time that was not given', () => {
  const zero = '0001-01-01T00:00:00Z'
  const asked = { duration: 10, notBefore: zero, notAfter: zero }
  expect(span(asked)).toEqual(span({ duration: 10 }))
})

test.each<[string, AskedValidity]>([
  ['neither duration nor notAfter', {}],
  ['a duration of 0, which is none', { duration: 0 }],
  ['the zero time, which is none', { notAfter: '0001-01-01T00:00:00Z' }],
  ['an end before the beginning', { notAfter: '2020-01-01T00:00:00Z' }],
  ['a time that is none', { notAfter: 'next year' }],
  ['30 February', { notAfter: '2027-02-30T00:00:00Z' }],
  ['a beginning that is none', { duration: 1, notBefore: '2024-06-18' }],
  ['an end beyond the year 9999', { duration: 3_000_000 }],
])('refused: %s', (_what, asked) => {
  expect(() => validityFor(asked, NOW)).toThrow(
    expect.objectContaining({ kind: 'invalid-parameter' }),
  )
})
