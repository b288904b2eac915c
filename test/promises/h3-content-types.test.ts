import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import type { Endpoint } from '../../src/kit/endpoint.ts'
import { endpoints, type Lab, openLab } from './lab.ts'
import { report } from './promise.ts'

/** Ways to write a content type, right and wrong, with which validators were passed by elsewhere. */
function spellings(): string[] {
  const bases = [
    'application/json',
    'application/x-www-form-urlencoded',
    'application/vnd.api+json',
    'application/problem+json',
    'text/json',
    'text/plain',
    'application/octet-stream',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'application/json5',
    'application/json-seq',
    'json',
    '*/*',
    'application/*',
  ]
  const turns: ((type: string) => string)[] = [
    (type) => type,
    (type) => type.toUpperCase(),
    (type) => type.replace(/\b\w/g, (letter) => letter.toUpperCase()),
    (type) => ` ${type}`,
    (type) => `\t${type}`,
    (type) => `${type}\t`,
    (type) => `${type} `,
    (type) => `${type};`,
    (type) => `${type} ;charset=utf-8`,
    (type) => `${type}\t;charset=utf-8`,
    (type) => `${type}; charset=utf-16`,
    (type) => `${type}, text/plain`,
    (type) => `text/plain, ${type}`,
    (type) => `${type}, ${type}`,
    (type) => type.replace('/', ' / '),
    (type) => `"${type}"`,
  ]
  const all = bases.flatMap((type) => turns.map((turn) => turn(type)))
  return [...new Set([...all, '', ';', '/', 'application/', 'undefined', '\u00a0application/json'])]
}

/** A body that the schema refuses for certain: every field has a type that none allows. */
function badBody({ body }: Endpoint): Record<string, unknown> {
  const { properties = {} } = z.toJSONSchema(body as z.ZodType, {
    io: 'input',
    unrepresentable: 'any',
  }) as { properties?: Record<string, unknown> }
  return Object.fromEntries(Object.keys(properties).map((name) => [name, { nested: [[1]] }]))
}

type Send = (
  endpoint: Endpoint,
  path: string,
  type: string,
  body: string,
) => Promise<{ status: number; text: string }>

/** Spellings under which a bad body was neither refused for its type nor held against its schema. */
async function unvalidated(send: Send): Promise<{ sent: number; found: string[] }> {
  const found: string[] = []
  let sent = 0
  for (const { name, endpoint } of endpoints) {
    if (endpoint.body === undefined) continue
    const path = endpoint.path.replace(/:\w+/g, 'ada')
    for (const type of spellings())
      for (const body of [JSON.stringify(badBody(endpoint)), 'unknown=1&%zz']) {
        sent++
        const got = await send(endpoint, path, type, body)
        if (got.status !== 415 && got.status !== 400)
          found.push(`${name} as ${JSON.stringify(type)}: ${got.status} ${got.text.slice(0, 120)}`)
      }
  }
  return { sent, found }
}

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.stop())

test('no spelling of a content type takes a body past its schema', async () => {
  const token = await lab.admin()
  const { sent, found } = await unvalidated((endpoint, path, type, body) =>
    lab.ask(endpoint.method, path, { token, body, headers: { 'content-type': type } }),
  )
  const routes = endpoints.filter(({ endpoint }) => endpoint.body !== undefined).length
  report(
    'H3',
    `${spellings().length} spellings × ${routes} routes, ${sent} requests, ${found.length} unvalidated`,
  )
  expect(found).toEqual([])
  expect(spellings().length).toBeGreaterThanOrEqual(200)
})

test('the same spellings sent through a socket, where the HTTP parser has its say, change nothing', async () => {
  const token = await lab.admin()
  const found: string[] = []
  for (const type of spellings()) {
    const got = await lab
      .send('POST', '/v1/usermgmt/groups', {
        token,
        body: '{"name":{"nested":1}}',
        headers: { 'content-type': type },
      })
      .catch(() => ({ status: 400, text: 'not sent' }))
    if (got.status !== 415 && got.status !== 400)
      found.push(`${JSON.stringify(type)}: ${got.status}`)
  }
  expect(found).toEqual([])
})

test('the harness notices a validator that looks at one spelling only', async () => {
  const { found } = await unvalidated(async (_, __, type) =>
    type === 'application/json'
      ? { status: 400, text: '' }
      : { status: type === 'text/plain' ? 415 : 200, text: '' },
  )
  expect(found.length).toBeGreaterThan(200)
})
