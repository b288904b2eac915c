import { z } from 'zod'
import type { Endpoint, Endpoints } from '../../kit/endpoint.ts'
import { commandNameOf, flagOf } from './names.ts'
import type { ApiCommand, ApiTable, Field, FieldKind } from './table.ts'

/** The part of JSON Schema that says how a field is typed. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly pattern?: string
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly description?: string
  readonly secret?: boolean
  readonly deprecated?: boolean
}

/** A command for every endpoint, typed by its contract. Throws when two would have the same name. */
export function makeTable(catalogue: Readonly<Record<string, Endpoints>>): ApiTable {
  const table: Record<string, Record<string, ApiCommand>> = {}
  for (const [area, endpoints] of Object.entries(catalogue))
    for (const [key, endpoint] of Object.entries(endpoints)) {
      const [group, name] = commandNameOf(area, key)
      table[group] ??= {}
      if (Object.hasOwn(table[group], name))
        throw new Error(`${area}.${key} and another endpoint are both "keystead ${group} ${name}"`)
      table[group][name] = commandOf(`${area}.${key}`, endpoint)
    }
  return table
}

function commandOf(endpoint: string, declared: Endpoint): ApiCommand {
  const { method, path, access, summary, description, query, body, raw } = declared
  const ofBody = body === undefined || raw !== undefined ? [] : fieldsOf(body, 'body')
  const ofQuery = query === undefined ? [] : fieldsOf(query, 'query')
  const reply = schemaOf(declared.reply, 'output')
  // A resource set has a member of that name, too, and is no page.
  const { resources } = reply.properties?.['total'] === undefined ? {} : reply.properties
  const shown = resources?.items ?? reply
  const hidden = Object.entries(shown.properties ?? {}).filter(([, { secret }]) => secret === true)
  return {
    endpoint,
    method,
    path,
    ...(access === 'public' ? { public: true } : {}),
    summary,
    ...(description === undefined ? {} : { description }),
    positionals: [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name),
    fields: unlike([...(raw === undefined ? [] : [rawField]), ...ofBody, ...ofQuery]),
    ...(body === undefined || raw !== undefined ? {} : { body: true }),
    ...(raw === undefined ? {} : { raw }),
    ...(resources === undefined || !takesPage(ofQuery) ? {} : { page: true }),
    ...(hidden.length === 0 ? {} : { hidden: hidden.map(([name]) => name) }),
  }
}

/** One of each: some have two spellings, and what may stand in body and query is sent in the body, as clients of the API do. */
const unlike = (fields: readonly Field[]): Field[] =>
  fields.filter(({ flag }, i) => fields.findIndex((other) => other.flag === flag) === i)

const rawField: Field = {
  flag: 'data',
  name: 'data',
  in: 'raw',
  kind: 'text',
  required: true,
  help: 'What it is done to: text, @FILE or @- for the bytes of a file or of standard input.',
}

const takesPage = (fields: readonly Field[]): boolean =>
  fields.some(({ name }) => name === 'limit') && fields.some(({ name }) => name === 'skip')

function fieldsOf(declared: z.ZodType, where: 'query' | 'body'): Field[] {
  const { properties = {}, required = [] } = schemaOf(declared, 'input')
  return Object.entries(properties)
    .filter(([, { deprecated }]) => deprecated !== true)
    .map(([name, schema]): Field => {
      const choices = choicesOf(schema)
      return {
        flag: flagOf(name, where),
        name,
        in: where,
        kind: kindOf(schema),
        ...(choices.length === 0 ? {} : { choices }),
        ...(required.includes(name) ? { required: true } : {}),
        ...(schema.secret === true ? { secret: true } : {}),
        ...(schema.description === undefined ? {} : { help: schema.description }),
      }
    })
}

/** The alternatives of a schema, null and nested ones taken apart. */
const alternatives = (schema: Schema): Schema[] => {
  const parts = schema.anyOf?.flatMap(alternatives) ?? typesOf(schema)
  return parts.filter(({ type }) => type !== 'null')
}

const typesOf = ({ type, ...rest }: Schema): Schema[] =>
  typeof type === 'string' || type === undefined
    ? [{ ...rest, ...(type === undefined ? {} : { type }) }]
    : type.map((one) => ({ ...rest, type: one }))

function kindOf(schema: Schema): FieldKind {
  const parts = alternatives(schema)
  const has = (type: string): boolean => parts.some((part) => part.type === type)
  const list = parts.find(({ type }) => type === 'array')
  if (list !== undefined) {
    const items = alternatives(list.items ?? {}).map(({ type }) => type)
    if (items.every((type) => type === 'string') && items.length > 0) return 'list'
    return items.every((type) => type === 'integer' || type === 'number') && items.length > 0
      ? 'numbers'
      : 'json'
  }
  if (has('object')) return 'json'
  if (has('boolean')) return 'switch'
  if (has('integer') || has('number')) return 'number'
  // A query is text on the wire; its pattern says what it stands for.
  const patterns = parts.map(({ pattern }) => pattern)
  if (patterns.some((pattern) => pattern === '^(true|false)$')) return 'switch'
  if (patterns.some((pattern) => /^\^-?\??\\d[+*]\$$/.test(pattern ?? ''))) return 'number'
  return has('string') ? 'text' : 'json'
}

const choicesOf = (schema: Schema): string[] =>
  kindOf(schema) === 'text'
    ? [
        ...new Set(
          alternatives(schema)
            .flatMap((part) => part.enum ?? (part.const === undefined ? [] : [part.const]))
            .filter((choice): choice is string => typeof choice === 'string' && choice !== ''),
        ),
      ]
    : []

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Schema =>
  z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Schema
