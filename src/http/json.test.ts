import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../kit/fault.ts'
import { parseJson } from './json.ts'

const parse = (text: string) => parseJson(Buffer.from(text))
const refusal = (text: string | Buffer): string => {
  try {
    parseJson(Buffer.from(text))
  } catch (failure) {
    if (failure instanceof Fault && failure.kind === 'invalid') return failure.message
    throw failure
  }
  throw new Error('was accepted')
}

describe('a JSON body', () => {
  test('is read as JSON.parse reads it, within its limits', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        fc.pre(!/__proto__|constructor|prototype/.test(text))
        expect(parse(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  test('may be nested 32 levels deep and no deeper', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
    expect(parse(nested(32))).toBeDefined()
    expect(refusal(nested(33))).toContain('32 levels')
    expect(refusal('['.repeat(500_000))).toContain('32 levels')
  })

  test('may have 1000 fields in an object and no more', () => {
    const wide = (fields: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: fields }, (_, i) => [`f${i}`, i])))
    expect(Object.keys(parse(wide(1000)) as object)).toHaveLength(1000)
    expect(refusal(wide(1001))).toContain('1000 fields')
    expect(parse(`[${wide(600)},${wide(600)}]`)).toHaveLength(2)
  })

  test('may hold 20000 objects and lists and no more', () => {
    const many = (count: number) => `[${Array(count).fill('{}').join()}]`
    expect(parse(many(19_999))).toHaveLength(19_999)
    expect(refusal(many(20_000))).toContain('20000 objects')
  })

  test('is measured by its structure, not by what stands inside of texts', () => {
    const text = '[[[{:{:\\"'.repeat(200)
    expect(parse(JSON.stringify({ text }))).toEqual({ text })
  })

  test('is measured alike whatever its texts hold, short and long', () => {
    const text = fc.string({ unit: fc.constantFrom('\\', '"', '{', ':', 'a'), maxLength: 90 })
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (texts) => {
        expect(parse(JSON.stringify(texts))).toEqual(texts)
        const deep = `${JSON.stringify(texts).slice(0, -1)},${'['.repeat(32)}${']'.repeat(33)}`
        expect(refusal(deep)).toContain('32 levels')
      }),
    )
  })

  test.each([
    ['plainly', '{"__proto__":{"admin":true}}'],
    ['inside', '{"user_metadata":{"constructor":{}}}'],
    ['in a list', '[{"prototype":1}]'],
    ['escaped', '{"\\u005f_proto__":1}'],
  ])('may not name a prototype %s', (_where, text) => {
    expect(refusal(text)).toContain('may not have a field named')
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
  })

  test('that is malformed is refused without being quoted', () => {
    for (const text of [
      '{"password":"S3cret',
      '{"a":S3cret}',
      ' ',
      'S3cret',
      '{"a":1}}',
      "{'a':1}",
    ])
      expect(refusal(text)).toBe('the body is not valid JSON')
  })

  test('that is not UTF-8 is refused', () => {
    expect(refusal(Buffer.from([0x22, 0xff, 0x22]))).toBe('the body is not UTF-8')
    expect(refusal(Buffer.from('"ä"', 'latin1'))).toBe('the body is not UTF-8')
  })

  test('never fails in another way, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseJson(Buffer.from(bytes))
        } catch (failure) {
          expect(failure).toMatchObject({ kind: 'invalid' })
        }
      }),
    )
  })
})
