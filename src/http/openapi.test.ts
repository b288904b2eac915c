import { describe, expect, test } from 'vitest'
import { catalogue } from '../catalogue.ts'
import type { Endpoint } from '../kit/endpoint.ts'
import { openapi } from './openapi.ts'

type Node = Record<string, unknown>
const description = openapi(catalogue, '0.0.0') as Node & {
  paths: Record<string, Record<string, Node>>
}
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

/** Every object anywhere in a value. */
function* nodes(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Node
  for (const inner of Object.values(value)) yield* nodes(inner)
}
const at = (pointer: string): unknown =>
  pointer
    .slice(2)
    .split('/')
    .reduce<unknown>((node, part) => (node as Node | undefined)?.[part], description)

/** The content type of what the endpoint answers. */
function formOf({ operationId }: Node): string {
  const [area = '', name = ''] = String(operationId).split('.')
  const endpoints = catalogue[area as keyof typeof catalogue] as Readonly<Record<string, Endpoint>>
  return endpoints[name]?.answers === 'csv' ? 'text/csv' : 'application/json'
}

describe('the description of the API', () => {
  test('names every endpoint of the catalogue, each once', () => {
    const names = Object.entries(catalogue).flatMap(([area, endpoints]) =>
      Object.keys(endpoints).map((name) => `${area}.${name}`),
    )
    const ids = operations.map(({ operation }) => operation['operationId'])
    expect([...ids].sort()).toEqual(names.sort())
  })

  test.each(operations)('$method $path says what it takes, answers and refuses', (given) => {
    const { path, method, operation } = given
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const parameters = (operation['parameters'] ?? []) as {
      name: string
      in: string
      schema: Node
    }[]
    expect(parameters.filter((one) => one.in === 'path').map(({ name }) => name)).toEqual(inPath)
    for (const { schema } of parameters) expect(schema['type'] ?? schema['anyOf']).toBeDefined()
    if (method === 'get') expect(operation['requestBody']).toBeUndefined()

    const responses = operation['responses'] as Record<string, Node>
    const succeeded = Object.entries(responses).filter(([status]) => status < '300')
    expect(succeeded).toHaveLength(1)
    const [[status, success] = []] = succeeded
    if (status !== '204')
      expect(success).toMatchObject({ content: { [formOf(operation)]: { schema: {} } } })
    for (const [failure, response] of Object.entries(responses))
      if (failure >= '400')
        expect(at(response['$ref'] as string)).toMatchObject({
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/Error' } },
          },
        })
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '503']))
    const open = JSON.stringify(operation['security']) === '[]'
    if (!open) expect(responses).toHaveProperty('401')
  })

  test('refers to nothing that is not there', () => {
    for (const { $ref } of nodes(description))
      if (typeof $ref === 'string') expect(at($ref), $ref).toBeDefined()
  })

  test('marks what is secret', () => {
    const marked = [...nodes(description)].filter((node) => node['x-secret'] === true)
    expect(marked.length).toBeGreaterThan(5)
    for (const node of nodes(description)) {
      const { password } = (node['properties'] ?? {}) as { password?: Node }
      if (password?.['type'] === 'string') expect(password['x-secret']).toBe(true)
    }
  })
})
