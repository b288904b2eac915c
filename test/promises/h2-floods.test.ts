import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServerProcess, startProcess } from './process.ts'
import { report } from './promise.ts'

const MIB = 2 ** 20
const MOST_MIB_MORE = 200

const filled = (opening: string, part: string, closing: string, size = MIB - 64) =>
  opening +
  part.repeat(Math.floor((size - opening.length - closing.length) / part.length)) +
  closing

/** Keys that are numbers go into another kind of hash than names, which has been flooded before. */
const numericKeys = (count: number) =>
  `{${Array.from({ length: count }, (_, at) => `"${at * 65_536}":0`).join()}}`

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

/** What is small to send and large to hold; each within the size that is allowed, or just beyond. */
const floods: Readonly<Record<string, { readonly body: string; readonly status: 400 | 413 }>> = {
  'a million bytes of empty objects': { body: filled('[', '{},', '{}]'), status: 400 },
  'a million bytes of empty lists': { body: filled('[', '[],', '[]]'), status: 400 },
  'empty objects within an object': { body: filled('{"a":[', '{},', '{}]}'), status: 400 },
  '10,000 levels': { body: nested(10_000), status: 400 },
  '33 levels': { body: nested(33), status: 400 },
  '33 levels of objects': { body: '{"a":'.repeat(33) + 1 + '}'.repeat(33), status: 400 },
  '500,000 openings': { body: '['.repeat(500_000), status: 400 },
  '1,001 keys': { body: numericKeys(1001), status: 400 },
  '60,000 numeric keys': { body: numericKeys(60_000), status: 400 },
  'a megabyte of short numbers': { body: filled('[', '0,', '0]'), status: 400 },
  'a megabyte of text': { body: filled('{"name":"', 'a', '"}'), status: 400 },
  'a megabyte of escapes': { body: filled('{"name":"', '\\u0061', '"}'), status: 400 },
  'one byte more than a megabyte': { body: ' '.repeat(MIB + 1), status: 413 },
}

interface Flooded {
  readonly name: string
  readonly answers: ReadonlyMap<number, number>
  readonly grownMib: number
  readonly medianMs: number
}

const memory = (pid: number, field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) /
  1024

/** Sends it that often at once, and says what became of the server's memory at its height. */
async function flood(
  server: ServerProcess,
  name: string,
  { path, body, token }: { path: string; body: string; token?: string },
  atOnce = 100,
): Promise<Flooded> {
  // From here on the height of the memory is counted anew: proc_pid_clear_refs(5).
  writeFileSync(`/proc/${server.pid}/clear_refs`, '5')
  const before = memory(server.pid, 'VmRSS')
  const answers = new Map<number, number>()
  const times = await Promise.all(
    Array.from({ length: atOnce }, async () => {
      const started = performance.now()
      const status = await server.ask('POST', path, { body, token }).then(
        (got) => got.status,
        // Cut off while it was still sending.
        () => 413,
      )
      answers.set(status, (answers.get(status) ?? 0) + 1)
      return performance.now() - started
    }),
  )
  return {
    name,
    answers,
    grownMib: Math.round(memory(server.pid, 'VmHWM') - before),
    medianMs: Math.round(times.sort((one, other) => one - other)[atOnce >> 1] ?? 0),
  }
}

const wrongs = (found: Flooded, status: number): string[] => [
  ...[...found.answers]
    .filter(([answered]) => answered !== status)
    .map(([answered, times]) => `${found.name}: ${answered} (${times} times), due ${status}`),
  ...(found.grownMib < MOST_MIB_MORE ? [] : [`${found.name}: ${found.grownMib} MiB more`]),
]

describe.skipIf(process.platform !== 'linux')('H2: small JSON stays small', () => {
  let dataDir: string
  let server: ServerProcess
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'keystead-h2-'))
    server = await startProcess({ dataDir })
  })
  afterAll(async () => {
    server.kill('SIGKILL')
    await server.exited
    rmSync(dataDir, { recursive: true, force: true })
  })

  test('a hundred floods at once are refused, and take less than 200 MiB', {
    timeout: 600_000,
  }, async () => {
    const token = await server.signIn()
    const problems: string[] = []
    const results: Flooded[] = []
    for (const [path, credential] of [
      ['/v1/auth/tokens', undefined],
      ['/v1/usermgmt/groups', token],
    ] as const)
      for (const [name, { body, status }] of Object.entries(floods)) {
        // The limits come before the route; a few kinds show that they stand before this one too.
        if (credential !== undefined && !/^(33 levels|1,001 keys)$/.test(name)) continue
        const asked = { path, body, ...(credential === undefined ? {} : { token: credential }) }
        const found = await flood(server, name, asked)
        results.push(found)
        problems.push(...wrongs(found, status).map((problem) => `${path}: ${problem}`))
      }
    const one = await flood(
      server,
      'one alone',
      { path: '/v1/auth/tokens', body: floods['a million bytes of empty objects']?.body ?? '' },
      1,
    )
    report(
      'H2',
      `${results.length} floods of 100 at once: at most ${Math.max(...results.map(({ grownMib }) => grownMib))} MiB more, ${problems.length} not refused; one alone is refused after ${one.medianMs} ms`,
    )
    expect(problems).toEqual([])
    expect((await server.ask('GET', '/readyz')).status).toBe(200)
  })

  test('what is within the limits is taken', async () => {
    const token = await server.signIn()
    const deep = (depth: number): object => (depth === 0 ? {} : { a: deep(depth - 1) })
    const keys = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`k${at}`, at]))
    for (const [name, user_metadata] of Object.entries({ deep: deep(29), wide: keys })) {
      const got = await server.ask('POST', '/v1/usermgmt/groups', {
        token,
        body: { name, user_metadata },
      })
      expect(got.status, got.text).toBe(201)
    }
  })

  test('the harness notices a server that parses without limits', {
    timeout: 120_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keystead-h2-'))
    const script = new URL('limitless.ts', import.meta.url).pathname
    const limitless = await startProcess({ dataDir: folder, script })
    try {
      const body = floods['a million bytes of empty objects']?.body ?? ''
      const found = await flood(limitless, 'empty objects', { path: '/', body }, 30)
      expect(wrongs(found, 400)).toEqual([expect.stringContaining('MiB more')])
    } finally {
      limitless.kill('SIGKILL')
      await limitless.exited
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
