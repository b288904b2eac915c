import { describe, expect, test } from 'vitest'
import { parseForm, parseQuery } from './query.ts'

const form = (text: string) => parseForm(Buffer.from(text))

describe('a query', () => {
  test('is read as text, percent-decoded, a plus as a space', () => {
    expect({ ...parseQuery('name=a%20b+c&limit=-1&empty=&bare') }).toEqual({
      name: 'a b c',
      limit: '-1',
      empty: '',
      bare: '',
    })
    expect({ ...parseQuery('') }).toEqual({})
  })

  test('with a parameter twice is refused, however it is spelled', () => {
    for (const twice of ['a=1&a=2', 'a=1&a=1', 'a=1&%61=2', 'a&a'])
      expect(() => parseQuery(twice)).toThrow('the query parameter "a" is given twice')
  })

  test('reaches no prototype', () => {
    const query = parseQuery('__proto__=x&constructor=y')
    expect(Object.getPrototypeOf(query)).toBeNull()
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
    expect(Object.keys(query)).toEqual(['__proto__', 'constructor'])
  })

  test('may have 1000 parameters and no more', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `p${i}=1`).join('&')
    expect(Object.keys(parseQuery(many(1000)))).toHaveLength(1000)
    expect(() => parseQuery(many(1001))).toThrow('no more than 1000 query parameters')
  })
})

describe('a form', () => {
  test('is read like a query, and refused in its own words', () => {
    expect({ ...form('username=jo&password=a%2Bb+%26') }).toEqual({
      username: 'jo',
      password: 'a+b &',
    })
    expect(() => form('username=a&username=b')).toThrow('the field "username" is given twice')
  })

  test('that is not UTF-8 is refused', () => {
    expect(() => parseForm(Buffer.from('password=ä', 'latin1'))).toThrow('the body is not UTF-8')
  })
})
