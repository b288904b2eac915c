import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { catalogue } from '../../src/catalogue.ts'
import { grants } from '../../src/identity/duties.ts'
import type { Endpoint } from '../../src/kit/endpoint.ts'

const endpoints: readonly (readonly [name: string, endpoint: Endpoint])[] = Object.entries(
  catalogue,
).flatMap(([area, group]) =>
  Object.entries(group).map(
    ([name, endpoint]) => [`${area}.${name}`, endpoint as Endpoint] as const,
  ),
)

type Json = { [key: string]: unknown }

/** Every schema inside a JSON Schema, with the way to it. */
function* parts(schema: Json, at: string): Generator<[string, Json]> {
  yield [at, schema]
  for (const [key, value] of Object.entries(schema)) {
    if (typeof value !== 'object' || value === null) continue
    if (key === 'enum' || key === 'const' || key === 'default') continue
    if (Array.isArray(value))
      for (const [index, item] of value.entries())
        yield* parts(item as Json, `${at}.${key}${index}`)
    else yield* parts(value as Json, `${at}.${key}`)
  }
}

const schemaOf = (schema: z.ZodType): Json =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json

describe('every endpoint', () => {
  test('says in words what it does', () => {
    for (const [name, { summary }] of endpoints)
      expect(summary.length, `${name} has no summary`).toBeGreaterThan(5)
  })

  test('has a method and path of its own', () => {
    const seen = new Map<string, string>()
    for (const [name, { method, path }] of endpoints) {
      const route = `${method} ${path.replace(/:\w+/g, ':')}`
      expect(
        seen.get(route),
        `${name} and ${seen.get(route)} answer the same ${route}`,
      ).toBeUndefined()
      seen.set(route, name)
    }
  })

  test('declares each parameter of its path, and no other', () => {
    for (const [name, { path, params }] of endpoints) {
      const inPath = [...path.matchAll(/:(\w+)/g)].map(([, parameter]) => parameter).sort()
      const declared = params instanceof z.ZodObject ? Object.keys(params.shape).sort() : []
      expect(declared, `${name}: the parameters of ${path}`).toEqual(inPath)
    }
  })

  test('records what it changes', () => {
    const reads = new Set(['POST /v1/auth/self/permissions', 'POST /v1/vault/query-keys'])
    for (const [name, { method, path, audit }] of endpoints) {
      if (method === 'GET' || reads.has(`${method} ${path}`)) continue
      expect(audit, `${name} changes something and leaves no audit record`).toBeTypeOf('string')
    }
  })

  test('asks for a permission that somebody can have and not everybody has', () => {
    for (const [name, { access }] of endpoints) {
      if (typeof access === 'string') continue
      expect(grants(['admin'], access.action), `nobody may ${access.action} (${name})`).toBe(true)
      if (access.action !== 'ReadGroup')
        expect(grants([], access.action), `everybody may ${access.action} (${name})`).toBe(false)
    }
  })

  test('bounds every text and every list that it takes or gives', () => {
    for (const [name, { body, query, params, reply }] of endpoints)
      for (const [what, schema] of Object.entries({ body, query, params, reply })) {
        if (schema === undefined || schema instanceof z.ZodUndefined) continue
        for (const [at, part] of parts(schemaOf(schema), `${name} ${what}`)) {
          if (part['type'] === 'string') {
            const bounded =
              part['maxLength'] !== undefined ||
              part['enum'] !== undefined ||
              part['const'] !== undefined
            const isUuid = part['format'] === 'uuid'
            expect(bounded || isUuid, `${at}: a text without a greatest length`).toBe(true)
          }
          // What a list answer holds is bounded by its limit.
          if (
            part['type'] === 'array' &&
            !at.endsWith('.properties.resources') &&
            !at.endsWith('.properties.messages')
          )
            expect(part['maxItems'], `${at}: a list without a greatest length`).toBeTypeOf('number')
        }
      }
  })

  test('marks its secrets, so that logs, the command line and pages can hide them', () => {
    for (const [name, { body }] of endpoints) {
      if (body === undefined) continue
      for (const [at, part] of parts(schemaOf(body), name)) {
        if (
          !/\.(password|new_password|refresh_token|secret)$/.test(at) ||
          part['type'] !== 'string'
        )
          continue
        expect(part['secret'], `${at} is a secret and does not say so`).toBe(true)
      }
    }
  })
})
