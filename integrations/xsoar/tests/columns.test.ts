import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_PASSWORD, startTestServer } from '../../../test/support/server.ts'
import {
  type Column,
  cliColumn,
  type Result,
  sdkColumn,
  type Target,
  xsoarColumn,
} from '../../../test/support/xsoar/columns.ts'
import { type Recorded, startRecorder } from '../../../test/support/xsoar/recorder.ts'
import { alike, scenario } from '../../../test/support/xsoar/scenario.ts'
import { commandNamed, commands } from '../commands/table.ts'
import { notSent } from '../not-sent.ts'

interface Played {
  readonly command: string
  readonly result: Result
  readonly requests: readonly Recorded[]
}

/** The scenario on a new server, through one column. */
async function play(columnFor: (target: Target) => Column | Promise<Column>): Promise<Played[]> {
  const server = await startTestServer()
  const recorder = await startRecorder(server)
  const column = await columnFor({
    url: recorder.url,
    ca: recorder.ca,
    username: 'admin',
    password: ADMIN_PASSWORD,
  })
  const kept: Record<string, string> = {}
  const played: Played[] = []
  try {
    for (const { command, args, keep } of scenario) {
      const result = await column.run(command, args(kept))
      played.push({ command, result, requests: recorder.taken() })
      if (result.exit !== 0) break
      keep?.(result, kept)
    }
  } finally {
    column.stop()
    await recorder.stop()
    await server.stop()
  }
  return played
}

const played: { sdk: Played[]; cli: Played[]; xsoar: Played[] } = { sdk: [], cli: [], xsoar: [] }
beforeAll(async () => {
  played.sdk = await play(sdkColumn)
  played.cli = await play(cliColumn)
  played.xsoar = await play(xsoarColumn)
}, 180_000)

test('every one of the 31 names is played', () => {
  expect([...new Set(scenario.map(({ command }) => command))].sort()).toEqual(
    commands.map(({ name }) => name).sort(),
  )
})

describe.each(['sdk', 'cli', 'xsoar'] as const)('through %s', (column) => {
  test('every command succeeds', () => {
    const failed = played[column].filter(({ result }) => result.exit !== 0)
    expect(failed.map(({ command, result }) => `${command}: ${result.said}`)).toEqual([])
    expect(played[column]).toHaveLength(scenario.length)
  })

  test('every command signs in and makes one call', () => {
    for (const { command, requests } of played[column]) {
      expect(
        requests.map(({ isSignedIn }) => isSignedIn),
        command,
      ).toEqual([false, true])
      expect(requests[0]?.path, command).toBe('/api/v1/auth/tokens/')
    }
  })

  test('every path of a context is declared, and holds what is declared', () => {
    for (const { command, result } of played[column]) {
      const declared = new Map(commandNamed(command)?.outputs.map(({ path, type }) => [path, type]))
      for (const [path, value] of leaves(result.context, declared))
        expect(
          fits(value, declared.get(path)),
          `${command}: ${path} is ${JSON.stringify(value)}`,
        ).toBe(true)
    }
  })

  test('every declared path is in a context, but for those that CM does not send', () => {
    const seen = new Map<string, Set<string>>()
    for (const { command, result } of played[column]) {
      const declared = new Map(commandNamed(command)?.outputs.map(({ path, type }) => [path, type]))
      const paths = seen.get(command) ?? new Set()
      for (const [path] of leaves(result.context, declared)) paths.add(path)
      seen.set(command, paths)
    }
    for (const { name, outputs } of commands)
      for (const { path } of outputs) {
        if (path.startsWith('InfoFile.')) continue
        const reason = notSent.find(
          ({ member, commands: of }) =>
            path.endsWith(`.${member}`) && (of === undefined || of.includes(name)),
        )
        expect(
          seen.get(name)?.has(path) === true || reason !== undefined,
          `${name} never had ${path}`,
        ).toBe(true)
      }
  })
})

test.each(['cli', 'xsoar'] as const)(
  '%s sends what the SDK sends, and gives the same context and files',
  (column) => {
    const [one, other] = [alike(), alike()]
    for (const [i, { command, result, requests }] of played[column].entries()) {
      const sdk = played.sdk[i]
      expect(one(requests), command).toEqual(other(sdk?.requests))
      expect(one([result.context, result.files]), command).toEqual(
        other([sdk?.result.context, sdk?.result.files]),
      )
    }
  },
)

test('a private key leaves the server encrypted, and only in its file', () => {
  for (const { result } of [...played.sdk, ...played.cli, ...played.xsoar]) {
    expect(JSON.stringify([result.context, result.said])).not.toContain('PRIVATE KEY')
    const key = result.files['privateKey.pem']
    if (key !== undefined) expect(key).toContain('ENCRYPTED')
  }
})

afterAll(() => {
  if (process.env['KEYSTEAD_EVIDENCE'])
    for (const { name } of commands) {
      const row = (['sdk', 'cli', 'xsoar'] as const).map((column) =>
        played[column].filter(({ command }) => command === name),
      )
      process.stdout.write(
        `| ${name} | ${row.map((runs) => `${runs.filter(({ result }) => result.exit === 0).length}/${runs.length}`).join(' | ')} |\n`,
      )
    }
})

/** Each value of a context by its path; what is declared Unknown is not looked into. */
function* leaves(
  context: unknown,
  declared: ReadonlyMap<string, string>,
  path = '',
): Generator<[string, unknown]> {
  if (declared.get(path) === 'Unknown') yield [path, context]
  else if (Array.isArray(context)) for (const item of context) yield* leaves(item, declared, path)
  else if (typeof context === 'object' && context !== null)
    for (const [name, value] of Object.entries(context))
      yield* leaves(value, declared, path === '' ? name : `${path}.${name}`)
  else yield [path, context]
}

function fits(value: unknown, type: string | undefined): boolean {
  // A member that is there and says nothing, such as the last login of one who never signed in.
  if (value === null) return type !== undefined
  switch (type) {
    case 'String':
      return typeof value === 'string'
    case 'Number':
      return typeof value === 'number'
    case 'Integer':
      return Number.isInteger(value)
    case 'Boolean':
      return typeof value === 'boolean'
    case 'Date':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value))
    default:
      return type === 'Unknown'
  }
}
