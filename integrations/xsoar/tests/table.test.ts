import { describe, expect, test } from 'vitest'
import { catalogue } from '../../../src/catalogue.ts'
import type { Endpoint } from '../../../src/kit/endpoint.ts'
import { commands } from '../commands/table.ts'
import type { Argument, Command } from '../commands/types.ts'
import { documented } from './documents.ts'

const rowOf = (name: string): Command => {
  const command = commands.find((known) => known.name === name)
  if (command === undefined) throw new Error(`the table has no ${name}`)
  return command
}

/** As documents.ts writes it. */
const written = ({ name, required, choices, default: otherwise, ...argument }: Argument): string =>
  name +
  (required ? '!' : '') +
  (choices && isListed(name, argument.kind) ? `(${choices.join('|')})` : '') +
  (otherwise === undefined ? '' : `=${otherwise}`)

/** The documents tell the possible algorithms in words. */
const isListed = (name: string, kind: string): boolean =>
  !(name === 'algorithm' && kind === 'choice')

describe.each(Object.entries(documented))('%s', (name, { arguments: args, prefix, outputs }) => {
  test('takes the arguments of the documents, with their defaults and possible values', () => {
    expect(rowOf(name).arguments.map(written).sort()).toEqual([...args].sort())
  })

  test('gives the outputs of the documents, with their types', () => {
    const listed = Object.entries(outputs).flatMap(([type, paths]) =>
      paths.split(' ').map((path) => `${prefix}.${path} ${type}`),
    )
    const own = rowOf(name).outputs.filter(({ path }) => !path.startsWith('InfoFile.'))
    expect(own.map(({ path, type }) => `${path} ${type}`).sort()).toEqual(listed.sort())
  })
})

test('there are the 26 commands of the documents and 5 that only the published pack has', () => {
  expect(Object.keys(documented)).toHaveLength(26)
  const published = commands.filter(({ vocabulary }) => vocabulary === 'published')
  expect(published.map(({ name }) => name).sort()).toEqual([
    'ciphertrust-csr-generate',
    'ciphertrust-external-ca-delete',
    'ciphertrust-external-ca-list',
    'ciphertrust-external-ca-update',
    'ciphertrust-external-ca-upload',
  ])
  expect(new Set(commands.map(({ name }) => name)).size).toBe(31)
})

const endpoints: Readonly<Record<string, Readonly<Record<string, Endpoint>>>> = catalogue

test.each(
  commands.flatMap(({ name, call, single }) =>
    [call, ...(single ? [single.call] : [])].map((each) => [name, each] as const),
  ),
)('%s calls an endpoint of the catalogue', (_name, { endpoint, method, path }) => {
  const [area = '', action = ''] = endpoint.split('.')
  const declared = endpoints[area]?.[action]
  expect(declared?.method).toBe(method)
  expect(declared?.path).toBe(`/v1${path.replace(/\/$/, '')}`)
})

test('every placeholder of a path is filled by a required argument, or by the one that asks for a single resource', () => {
  for (const { name, call, single, arguments: args } of commands)
    for (const { path } of [call, ...(single ? [single.call] : [])])
      for (const [, parameter] of path.matchAll(/:(\w+)/g)) {
        const filling = args.find(({ place }) => place.in === 'path' && place.as === parameter)
        const isSure = filling?.required === true || filling?.name === single?.argument
        expect(isSure, `${name} leaves :${parameter} open`).toBe(true)
      }
})
