import { expect, test } from 'vitest'
import { fits } from './glob.ts'

test.each([
  ['host', 'HOST', true],
  ['host', 'hosts', false],
  ['h*t', 'host', true],
  ['*', '', true],
  ['?', '', false],
  ['a*b*c', 'aXbXbXc', true],
  ['a*b*c', 'aXbXbX', false],
  ['/data/*', '/data/one/two', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'axb', false],
  ['?ä', 'ää', true],
  ['a\u0308', '\u00e4', true],
  ['\u00e4', 'a\u0308', true],
])('the filter %s and the text %s', (filter, text, due) => {
  expect(fits(filter, text)).toBe(due)
})

test('no filter takes long', () => {
  const before = performance.now()
  expect(fits(`${'*a'.repeat(250)}b`, 'a'.repeat(4096))).toBe(false)
  expect(performance.now() - before).toBeLessThan(1000)
})
