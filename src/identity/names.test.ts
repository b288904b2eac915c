import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkedGroupName, checkedUsername, meansCaller, nameKey, userIdFromPath } from './names.ts'

const ID = '2c8a0000-0000-4000-8000-00000000abcd'
const unicode = fc.string({ unit: 'binary' })

describe('names', () => {
  test('spellings that differ in case, width or outer space are one name', () => {
    const jo = nameKey('Jo Smith')
    for (const spelling of ['jo smith', ' JO SMITH ', 'Ｊｏ Ｓｍｉｔｈ', 'jo\u00a0smith'])
      expect(nameKey(spelling)).toBe(jo)
    expect(nameKey('ﬁona')).toBe(nameKey('FIONA'))
    expect(nameKey('jo smyth')).not.toBe(jo)
  })

  test('a key is its own key, and the key of what is stored', () => {
    fc.assert(
      fc.property(unicode, (text) => {
        expect(nameKey(nameKey(text))).toBe(nameKey(text))
        expect(nameKey(text.normalize('NFKC'))).toBe(nameKey(text))
      }),
    )
  })

  test('a username holds no path sign, no angle bracket and nothing that cannot be seen', () => {
    for (const bad of ['a/b', 'a|b', 'a\\b', 'a<b', 'a>b', 'a／b', 'a\u0000b', 'a\nb', 'a\u202eb'])
      expect(() => checkedUsername(bad), JSON.stringify(bad)).toThrow('may not contain')
    for (const bad of ['\u200ejo', 'j\u200bo', 'j\ufeffo', 'j\ud800o'])
      expect(() => checkedUsername(bad), JSON.stringify(bad)).toThrow('may not contain')
    for (const bad of ['', '   ', '\u00a0']) expect(() => checkedUsername(bad)).toThrow('empty')
  })

  test('whatever is accepted as a username is found by its key again', () => {
    fc.assert(
      fc.property(unicode, (text) => {
        let stored: string
        try {
          stored = checkedUsername(text)
        } catch {
          return
        }
        expect(nameKey(stored)).toBe(nameKey(text))
        expect(userIdFromPath(stored)).toEqual({ kind: 'username', key: nameKey(text) })
        expect(userIdFromPath(`local|${stored}`)).toEqual({ kind: 'username', key: nameKey(text) })
      }),
    )
  })

  test('nobody is called global or self, or by what reads as an id', () => {
    for (const name of ['global', 'GLOBAL', ' Ｇlobal ', 'Self'])
      expect(() => checkedUsername(name), name).toThrow('reserved')
    expect(() => checkedUsername(ID.toUpperCase())).toThrow('user id')
    expect(() => checkedGroupName('NIL')).toThrow('reserved')
    expect(checkedGroupName(' Key Users ')).toBe('Key Users')
  })

  test('a user is meant by id, by username, with and without local, and by self', () => {
    expect(userIdFromPath(`local|${ID}`)).toEqual({ kind: 'id', id: ID })
    expect(userIdFromPath(ID.toUpperCase())).toEqual({ kind: 'id', id: ID })
    expect(userIdFromPath('local|Admin')).toEqual({ kind: 'username', key: 'admin' })
    expect(userIdFromPath('Admin')).toEqual({ kind: 'username', key: 'admin' })
    expect(userIdFromPath('self')).toEqual({ kind: 'self' })
    const caller = { userId: ID, username: 'Jo' }
    for (const own of ['self', ID, `local|${ID}`, 'jo', 'local|JO'])
      expect(meansCaller(userIdFromPath(own), caller), own).toBe(true)
    for (const other of ['admin', `local|${ID.replace('2', '3')}`, ''])
      expect(meansCaller(userIdFromPath(other), caller), other).toBe(false)
  })
})
