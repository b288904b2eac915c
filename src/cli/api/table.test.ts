import { describe, expect, test } from 'vitest'
import { catalogue } from '../../catalogue.ts'
import type { Endpoint } from '../../kit/endpoint.ts'
import { commandNames } from '../commands.ts'
import { helpOfApiCommand } from './help.ts'
import { makeTable } from './make-table.ts'
import { kebab } from './names.ts'
import { isOwnFlag } from './own-flags.ts'
import { apiTable } from './table.ts'

const endpoints = Object.entries(catalogue).flatMap(([area, own]) =>
  Object.entries(own as Record<string, Endpoint>).map(([name, endpoint]) => ({
    id: `${area}.${name}`,
    endpoint,
  })),
)
const commands = Object.entries(apiTable()).flatMap(([group, own]) =>
  Object.entries(own).map(([name, command]) => ({ words: `${group} ${name}`, command })),
)

test('every endpoint has one command, and every command an endpoint', () => {
  expect(commands.map(({ command }) => command.endpoint).sort()).toEqual(
    endpoints.map(({ id }) => id).sort(),
  )
})

test('the table is what the catalogue says', () => {
  expect(apiTable()).toEqual(makeTable(catalogue))
})

test('no command of the API hides another command', () => {
  const own: readonly string[] = commandNames
  expect(commands.map(({ words }) => words).filter((words) => own.includes(words))).toEqual([])
  const single = commandNames.filter((name) => !name.includes(' '))
  expect(Object.keys(apiTable()).filter((group) => single.includes(group as never))).toEqual([])
})

test('two endpoints that would have one name are refused', () => {
  const { list } = catalogue.groups
  expect(() => makeTable({ someThings: { list }, some_things: { list } })).toThrow(
    'some_things.list',
  )
})

describe.each(commands)('keystead $words', ({ words, command }) => {
  const { endpoint } = endpoints.find(({ id }) => id === command.endpoint) as {
    endpoint: Endpoint
  }

  test('has a flag of its own for every field, and words for the path', () => {
    const flags = command.fields.map(({ flag }) => flag)
    expect(new Set(flags).size).toBe(flags.length)
    expect(flags.filter((flag) => isOwnFlag(flag) || flag === 'help')).toEqual([])
    expect(flags.every((flag) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(flag))).toBe(true)
    expect(endpoint.path).toBe(command.path)
    expect(command.positionals.every((name) => command.path.includes(`:${name}`))).toBe(true)
  })

  test('has help that fits a terminal', () => {
    const help = helpOfApiCommand(words, command)
    for (const { flag } of command.fields) expect(help).toContain(`--${flag}`)
    // A flag of a long name with its value may stand out; sentences do not.
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(110)
  })
})

test('a secret field has to be read from a file, standard input or a terminal', () => {
  const secrets = commands.flatMap(({ words, command }) =>
    command.fields.filter(({ secret }) => secret).map(({ flag }) => `${words} --${flag}`),
  )
  expect(secrets).toEqual(
    expect.arrayContaining([
      'users create --password',
      'users update --password',
      'self change-password --new-password',
      'tokens create --refresh-token',
    ]),
  )
  const unmarked = commands.flatMap(({ words, command }) =>
    command.fields
      .filter(
        ({ flag, kind, secret }) =>
          kind === 'text' && !secret && /(^|-)(password|passphrase|refresh-token)$/.test(flag),
      )
      .map(({ flag }) => `${words} --${flag}`),
  )
  expect(unmarked).toEqual([])
})

test.each([
  ['passwordPolicies', 'password-policies'],
  ['dns_names', 'dns-names'],
  ['serialNumber', 'serial-number'],
  ['name', 'name'],
  ['createMany', 'create-many'],
])('%s is typed as %s', (name, typed) => {
  expect(kebab(name)).toBe(typed)
})
