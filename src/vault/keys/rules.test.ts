import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Alias, type AliasChange, firstAliases, mergeAliases } from './aliases.ts'
import { mergeLabels } from './labels.ts'
import { containsJson, mergeMeta, sameJson } from './meta.ts'
import { idPrefixOf, muidOfKey, numberOfKey, uuidOfKey } from './numbers.ts'
import { hasPermission, PERMISSIONS, permissionNamed } from './rights.ts'
import { matches, parseSelector } from './selector.ts'

const label = fc.stringMatching(/^[a-z][a-z0-9/._-]{0,10}$/)
const value = fc.stringMatching(/^[a-z0-9]{0,6}$/)
const labels = fc.dictionary(label, value, { maxKeys: 6 })
const json = fc.jsonValue({ maxDepth: 3 })
const object = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), json, { maxKeys: 5 })

describe('labels', () => {
  test('a merge sets what is sent, removes what is null, and keeps the rest', () => {
    const sent = fc.dictionary(label, fc.option(value), { maxKeys: 6 })
    fc.assert(
      fc.property(labels, sent, (stored, changes) => {
        const merged = mergeLabels(stored, changes)
        for (const [name, now] of Object.entries(changes))
          expect(merged[name]).toBe(now === null ? undefined : now)
        for (const [name, before] of Object.entries(stored))
          if (!Object.hasOwn(changes, name)) expect(merged[name]).toBe(before)
        expect(mergeLabels(merged, changes)).toEqual(merged)
      }),
    )
  })

  test('that the server sets are set by nobody else, and may come back as they are', () => {
    const name = 'ncryptify-reserved/composite-key'
    expect(() => mergeLabels({}, { [name]: 'x' })).toThrow('set by the server')
    expect(() => mergeLabels({ [name]: '' }, { [name]: null })).toThrow('set by the server')
    expect(mergeLabels({ [name]: '' }, { [name]: '', a: 'b' })).toEqual({ [name]: '', a: 'b' })
  })

  test('a selector of a key’s own labels matches it, and one that differs does not', () => {
    fc.assert(
      fc.property(labels, (own) => {
        const text = Object.entries(own).map(([name, held]) => `${name}=${held}`)
        const selector = parseSelector('labels', text.join(','))
        expect(matches(selector, own)).toBe(true)
        for (const [name, held] of Object.entries(own)) {
          expect(matches(selector, { ...own, [name]: `${held}x` })).toBe(false)
          expect(matches(parseSelector('labels', `${name}!=${held}`), own)).toBe(false)
          expect(matches(parseSelector('labels', `${name} in (zz, ${held})`), own)).toBe(true)
        }
      }),
    )
  })

  test.each(['a b', '=x', '!=x', 'a in x', 'a in (b', '(a)', 'a!', 'x y=z'])(
    '%s is no selector',
    (text) => {
      expect(() => parseSelector('labels', text)).toThrow(/is no condition/)
    },
  )
})

describe('metadata', () => {
  test('a merge keeps what is not named, and is the same done twice', () => {
    fc.assert(
      fc.property(object, object, (stored, sent) => {
        const merged = mergeMeta(stored, sent)
        for (const [name, before] of Object.entries(stored))
          if (!Object.hasOwn(sent, name)) expect(sameJson(merged[name], before)).toBe(true)
        for (const [name, held] of Object.entries(sent)) {
          if (held === null) expect(Object.hasOwn(merged, name)).toBe(false)
          else if (typeof held !== 'object' || Array.isArray(held))
            expect(sameJson(merged[name], held)).toBe(true)
        }
        expect(sameJson(mergeMeta(merged, sent), merged)).toBe(true)
      }),
    )
  })

  test('members with a meaning are not lost to a null', () => {
    const meta = { ownerId: 'x', permissions: { ReadKey: ['a'] }, cte: {} }
    expect(mergeMeta(meta, { ownerId: null, permissions: null, cte: null })).toEqual(meta)
    expect(mergeMeta(meta, { permissions: { ReadKey: null } })['permissions']).toEqual({
      ReadKey: null,
    })
  })

  test('every object contains itself and each of its members', () => {
    fc.assert(
      fc.property(object, (whole) => {
        expect(containsJson(whole, whole)).toBe(true)
        for (const [name, held] of Object.entries(whole))
          expect(containsJson(whole, { [name]: held })).toBe(true)
        expect(containsJson(whole, { 'not there': 1 })).toBe(false)
      }),
    )
  })
})

describe('aliases', () => {
  const change: fc.Arbitrary<AliasChange> = fc.oneof(
    fc.record({ alias: value.filter((text) => text !== ''), type: fc.constant('string') }),
    fc.record({ index: fc.nat(6) }),
    fc.record({
      index: fc.nat(6),
      alias: value.filter((text) => text !== ''),
      type: fc.constantFrom('string', 'uri'),
    }),
  )

  test('no delta makes two of one alias or index, moves an index, or half happens', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 8 }), (deltas) => {
        let aliases: readonly Alias[] = firstAliases('name')
        for (const delta of deltas) {
          const before = JSON.stringify(aliases)
          let next: readonly Alias[]
          try {
            next = mergeAliases(aliases, delta)
          } catch {
            expect(JSON.stringify(aliases)).toBe(before)
            continue
          }
          expect(new Set(next.map(({ alias }) => alias)).size).toBe(next.length)
          expect(new Set(next.map(({ index }) => index)).size).toBe(next.length)
          const touched = new Set(delta.map(({ index }) => index))
          for (const one of aliases) if (!touched.has(one.index)) expect(next).toContainEqual(one)
          aliases = next
        }
      }),
    )
  })
})

describe('names that follow from the row', () => {
  test('lead back to its id', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const row = { id, uuid: null, muid: null, number_id: null }
        expect(uuidOfKey(row)).toBe(id)
        expect(muidOfKey(row)).toMatch(new RegExp(`^${id}[0-9a-f-]{36}$`))
        expect(id.startsWith(idPrefixOf(numberOfKey(row)) ?? '-')).toBe(true)
        expect(BigInt(numberOfKey(row)) < 2n ** 63n).toBe(true)
      }),
    )
  })
})

describe('permissions', () => {
  const row = (permissions: object) =>
    ({
      owner_id: null,
      uri: 'kylo:kylo:vault:keys:x',
      labels: null,
      meta: JSON.stringify({ permissions }),
    }) as Parameters<typeof hasPermission>[1]
  const asking = (groups: string[]) => ({
    caller: { userId: 'u', username: 'jo', groups, clientId: '' },
    may: () => false,
  })

  test('each is granted by its own name and by no other', () => {
    for (const granted of PERMISSIONS) {
      const snake = granted.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase()
      for (const spelling of [granted, snake, granted.toUpperCase()])
        for (const asked of PERMISSIONS) {
          const key = row({ [spelling]: ['team'] })
          expect(hasPermission(asking(['team']), key, asked, [])).toBe(asked === granted)
          expect(hasPermission(asking(['other']), key, asked, [])).toBe(false)
        }
    }
    expect(permissionNamed('ReadKeys')).toBeUndefined()
  })

  test.each([{ ReadKey: 'team' }, { ReadKey: [['team']] }, { ReadKey: { team: true } }, [], null])(
    '%j grants nothing',
    (permissions) => {
      const key = row(permissions as object)
      expect(hasPermission(asking(['team']), key, 'ReadKey', [])).toBe(false)
    },
  )
})
