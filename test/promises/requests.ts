import fc from 'fast-check'
import { z } from 'zod'
import { type Endpoint, rawTypes } from '../../src/kit/endpoint.ts'

/** Requests made from a route's own schemas, then spoiled: mostly such that get past the first check. */

type Json = { readonly [key: string]: unknown }

export interface Request {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Undefined: none. */
  readonly body: string | undefined
}

const schemaOf = (schema: z.ZodType | undefined): Json | undefined =>
  schema === undefined
    ? undefined
    : (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json)

/** Names that may well mean something to the server, and text that means trouble to somebody. */
const words = [
  'admin',
  'Admin ',
  'self',
  'ada',
  'bob',
  'blue',
  'green',
  'strict',
  'global',
  'root',
  'one',
  'two',
  'clear_key',
  'Standard',
  'permit,applykey',
  'User Admins',
  'local|00000000-0000-4000-8000-000000000000',
  '00000000-0000-0000-0000-000000000000',
  'local_account',
  '',
  ' ',
  '0',
  '-1',
  '2000',
  '999999999999999999999',
  'true',
  'True',
  'null',
  'nil',
  'empty',
  '*',
  '?',
  'a*b?c',
  '\\',
  '%',
  '_',
  "' or 1=1 --",
  '../..',
  '%2f',
  '2026-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999+23:59',
  '-name,created_at',
  'CN=Ada,O=Example',
  'CN=a+b=c,\\,',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '\ud800',
  '\u202e',
  'ﬀ',
  '𝔘',
  'İ',
  'ß',
  'a'.repeat(129),
  'a'.repeat(5000),
]

const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 300 }) },
)
const anything = fc.oneof(
  anyText,
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]], {
    a: null,
  }),
  fc.jsonValue({ maxDepth: 3 }),
)

/** Values that the schema allows, or nearly. */
function fitting(schema: unknown): fc.Arbitrary<unknown> {
  if (typeof schema !== 'object' || schema === null) return anything
  const of = schema as Json
  const choices = (of['anyOf'] ?? of['oneOf']) as unknown[] | undefined
  if (choices !== undefined) return fc.oneof(...choices.map(fitting))
  if (Array.isArray(of['enum'])) return fc.constantFrom(...of['enum'])
  if ('const' in of) return fc.constant(of['const'])
  switch (of['type']) {
    case 'string': {
      if (of['format'] === 'uuid') return fc.oneof(fc.uuid(), anyText)
      const pattern = of['pattern']
      const most = Math.min(Number(of['maxLength'] ?? 40), 200)
      const short = anyText.map((text) => text.slice(0, most))
      return typeof pattern === 'string' && pattern.includes('\\d')
        ? fc.oneof(fc.integer({ min: -3, max: 5000 }).map(String), short)
        : short
    }
    case 'integer':
    case 'number':
      return fc.oneof(
        fc.integer({
          min: Math.max(Number(of['minimum'] ?? 0), -1000),
          max: Math.min(Number(of['maximum'] ?? 1000), 100_000),
        }),
        fc.constantFrom<unknown>(0, 1, Number(of['maximum'] ?? 2 ** 31)),
      )
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(fitting(of['items']), { maxLength: 5 })
    case 'object': {
      const properties = (of['properties'] ?? {}) as Record<string, unknown>
      const required = (of['required'] ?? []) as string[]
      if (Object.keys(properties).length === 0)
        return fc.dictionary(fc.constantFrom(...words.slice(0, 30)), anything, { maxKeys: 4 })
      return fc.record(
        Object.fromEntries(
          Object.entries(properties).map(([name, property]) => [name, fitting(property)]),
        ),
        { requiredKeys: required },
      )
    }
    default:
      return anything
  }
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** A field exchanged for anything, taken away, or one too many. */
const spoiled = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 4, arbitrary: value },
    {
      weight: 3,
      arbitrary: fc.tuple(value, fc.nat(30), anything).map(([whole, at, junk]) => {
        const fields = Object.keys(asObject(whole))
        const field = fields[at % Math.max(1, fields.length)]
        return field === undefined ? junk : { ...asObject(whole), [field]: junk }
      }),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(value, anyText, anything)
        .map(([whole, name, junk]) => ({ ...asObject(whole), [name]: junk })),
    },
    { weight: 1, arbitrary: anything },
  )

/** The text, at times cut, doubled or with a byte changed. */
const scrambled = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 8, arbitrary: text },
    { weight: 1, arbitrary: fc.tuple(text, fc.nat(400)).map(([whole, at]) => whole.slice(0, at)) },
    { weight: 1, arbitrary: text.map((whole) => whole + whole) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(text, fc.nat(400), fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }))
        .map(([whole, at, junk]) => whole.slice(0, at) + junk + whole.slice(at + 1)),
    },
  )

const queryOf = (schema: Json | undefined): fc.Arbitrary<string> => {
  const parameters = schema === undefined ? fc.constant({}) : spoiled(fitting(schema))
  const text = parameters.map((value) =>
    Object.entries(asObject(value))
      .map(
        ([name, part]) =>
          `${escaped(name)}=${escaped(typeof part === 'string' ? part : (JSON.stringify(part) ?? ''))}`,
      )
      .join('&'),
  )
  return fc.oneof(
    { weight: 6, arbitrary: text },
    {
      weight: 1,
      arbitrary: scrambled(text).map((query) => query.replace(/[^!-~]|[#\\^`{}|"<>]/g, '%')),
    },
  )
}

/** As a URL takes it; a lone surrogate has no UTF-8. */
const escaped = (text: string): string => encodeURIComponent(text.toWellFormed())

const types = [
  'application/json',
  'application/json; charset=utf-8',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/json;',
  'application/octet-stream',
]

const usualType = ({ raw }: Endpoint): string =>
  raw === undefined ? 'application/json' : rawTypes[raw]

/** Requests for this endpoint. The path begins with /v1. */
export function requestsFor(endpoint: Endpoint): fc.Arbitrary<Request> {
  const params = schemaOf(endpoint.params)
  const body = schemaOf(endpoint.body)
  const json = body === undefined ? anything : spoiled(fitting(body))
  const text = scrambled(json.map((value) => JSON.stringify(value) ?? ''))
  const form = json.map((value) =>
    new URLSearchParams(
      Object.entries(asObject(value)).map(([name, part]) => [
        name.toWellFormed(),
        typeof part === 'string' ? part.toWellFormed() : String(JSON.stringify(part)),
      ]),
    ).toString(),
  )
  const segments = endpoint.path.match(/:\w+/g) ?? []
  const names = fc.tuple(
    ...segments.map((segment) => {
      const property = asObject(params?.['properties'])[segment.slice(1)]
      return fc.oneof({ weight: 3, arbitrary: fitting(property).map(String) }, anyText)
    }),
  )
  return fc
    .record({
      names,
      query: queryOf(schemaOf(endpoint.query)),
      type: fc.oneof(
        { weight: 9, arbitrary: fc.constant(usualType(endpoint)) },
        fc.constantFrom(...types),
      ),
      hasBody: fc.boolean(),
      text,
      form,
    })
    .map(({ names: given, query, type, hasBody, text: asJson, form: asForm }) => {
      let at = 0
      const path = endpoint.path.replace(/:\w+/g, () => escaped(given[at++] ?? ''))
      const sent =
        endpoint.body === undefined && !hasBody
          ? undefined
          : type.includes('form')
            ? asForm
            : asJson
      return {
        path: query === '' ? path : `${path}?${query}`,
        headers: sent === undefined ? {} : { 'content-type': type },
        body: sent,
      }
    })
}
