import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { catalogue } from '../catalogue.ts'
import type { Endpoint } from '../kit/endpoint.ts'
import { leanFor } from './lean.ts'

const endpoints = Object.entries(catalogue).flatMap(([area, group]) =>
  Object.entries(group as Record<string, Endpoint>).flatMap(([name, { body, query }]) =>
    [body, query].flatMap((schema) =>
      schema instanceof z.ZodObject ? [[`${area}.${name}`, schema] as const] : [],
    ),
  ),
)

const anything = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(''),
  fc.constantFrom('AES', 'id', '7', 'true'),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
)

describe('a schema for the fields that were sent', () => {
  test('says of every body and query what the whole schema of its endpoint says', () => {
    for (const [name, schema] of endpoints) {
      const field = fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...Object.keys(schema.shape), 'unheard of') },
        { weight: 1, arbitrary: fc.string() },
      )
      fc.assert(
        fc.property(fc.dictionary(field, anything, { maxKeys: 6 }), (value) => {
          const whole = schema.safeParse(value)
          const lean = leanFor(schema, value).safeParse(value)
          expect(lean.success, name).toBe(whole.success)
          expect(lean.data, name).toStrictEqual(whole.data)
          expect(lean.error?.issues, name).toEqual(whole.error?.issues)
        }),
        { numRuns: 40 },
      )
    }
  })

  test('is not misled by a name that looks like two', () => {
    const fields = Object.fromEntries([...'abcdefgh'].map((name) => [name, z.string().optional()]))
    const schema = z.object(fields)
    leanFor(schema, { 'a b': '1' })
    expect(leanFor(schema, { a: '1', b: '2' }).parse({ a: '1', b: '2' })).toEqual({
      a: '1',
      b: '2',
    })
  })

  test('leaves a schema with a rule over its fields as it is', () => {
    const fields = Object.fromEntries([...'abcdefgh'].map((name) => [name, z.string().optional()]))
    const schema = z.object(fields).refine((value) => value['a'] !== undefined)
    expect(leanFor(schema, { b: '1' })).toBe(schema)
  })
})
