import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningServer, startServer } from '../../src/compose.ts'
import { openReadOnly, openStore } from '../../src/store/index.ts'
import { openLab, quickPasswords } from './lab.ts'
import { CURRENT, GROUPS, populate, USERS } from './populated.ts'
import { random, report, scale, seed } from './promise.ts'

const DATABASE = 'keystead.db'
const WAL = 'keystead.db-wal'

/** One installation twice: as it lies after a stop, and as a crash leaves it, with all its changes in the WAL. */
interface Specimen {
  readonly stopped: string
  readonly crashed: string
  readonly token: string
  readonly at: number
}

async function makeSpecimen(): Promise<Specimen> {
  const stopped = mkdtempSync(join(tmpdir(), 'keystead-t2-'))
  const crashed = mkdtempSync(join(tmpdir(), 'keystead-t2-'))
  const lab = await openLab({ dataDir: stopped, keep: true })
  // While somebody reads an older state, the log is not emptied.
  const reader = new DatabaseSync(join(stopped, DATABASE), { readOnly: true })
  reader.exec('begin; select count(*) from users')
  await populate(lab)
  const token = await lab.admin()
  const at = lab.now()
  for (const name of [DATABASE, WAL, 'root.key', 'node.id'])
    cpSync(join(stopped, name), join(crashed, name))
  reader.close()
  await lab.stop()
  return { stopped, crashed, token, at }
}

type Asked = readonly [method: string, path: string, body?: object]

const reads: readonly Asked[] = [
  ['GET', '/audit/records?limit=-1'],
  ['GET', '/usermgmt/groups?limit=-1'],
  ['GET', '/usermgmt/users?limit=-1&return_groups=true'],
  ['GET', '/usermgmt/pwdpolicies?limit=-1'],
  ['GET', '/auth/tokens?limit=-1'],
  ['GET', '/auth/auth-key'],
  ['GET', '/auth/jwks.json'],
  ['GET', '/auth/self/user'],
  ['GET', '/auth/self/domains'],
  ['GET', '/auth/self/pwdpolicy'],
  ['GET', '/auth/banners/pre-auth'],
  ['GET', '/auth/banners/post-auth'],
  ['GET', '/system/info'],
  ['GET', '/system/rot-keys'],
  ...GROUPS.flatMap((group): Asked[] => [
    ['GET', `/usermgmt/groups/${group}`],
    ['GET', `/usermgmt/users?group=${group}&sort=username`],
  ]),
  ...USERS.map((user): Asked => ['GET', `/usermgmt/users/${user}`]),
  ...USERS.map((username): Asked => ['POST', '/auth/tokens', { username, password: CURRENT }]),
]

type Answers = readonly { readonly status: number; readonly text: string }[]

/** What differs from run to run, and is told by the clock or by chance. */
const steady = (text: string): string =>
  text
    .replace(
      /"(uptime|system_time|jwt|refresh_token|refresh_token_id|client_id|requestID)":"[^"]*"/g,
      '',
    )
    .replace(/"duration":\d+/, '')

/** Starts a server on these files and reads everything; undefined when it refuses to start. */
async function readEverything(
  dataDir: string,
  { token, at }: Specimen,
  checksSeals = true,
): Promise<Answers | undefined> {
  let server: RunningServer
  const location = { kind: 'sqlite', file: join(dataDir, DATABASE) } as const
  const store = checksSeals ? undefined : await openStore(location)
  const unchecked = store && (await openReadOnly(location))
  const started = Date.now()
  try {
    server = await startServer(
      {
        dataDir,
        listen: { host: '127.0.0.1', port: 0 },
        databaseUrl: undefined,
        rootKey: { scheme: 'file', path: join(dataDir, 'root.key') },
        adminPassword: undefined,
        tlsNames: [],
        logLevel: 'silent',
        shutdownSeconds: 1,
      },
      {
        passwords: quickPasswords(),
        now: () => new Date(at + Date.now() - started),
        ...(store && unchecked ? { store: { ...store, read: unchecked.read } } : {}),
      },
    )
  } catch {
    return undefined
  }
  try {
    const answers: { status: number; text: string }[] = []
    for (const [method, path, body] of reads) {
      const got = await server.server.inject({
        method: method as 'GET',
        url: `/api/v1${path}`,
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { payload: body }),
      })
      answers.push({ status: got.statusCode, text: steady(got.payload) })
    }
    return answers
  } finally {
    await server.stop()
    await unchecked?.close()
    await store?.close()
  }
}

interface Tally {
  readonly flips: number
  notStarted: number
  refused: number
  unharmed: number
  readonly wrong: string[]
}

type Damage = (dataDir: string, next: () => number) => string

/** One to three bits of this file, of as much of it as `end` says. */
const flipIn =
  (name: string, end = (bytes: Buffer) => bytes.length): Damage =>
  (dataDir, next) => {
    const path = join(dataDir, name)
    const bytes = readFileSync(path)
    const places = Array.from({ length: 1 + Math.floor(next() * 3) }, () =>
      Math.floor(next() * end(bytes) * 8),
    )
    for (const place of places) {
      const at = place >> 3
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (place & 7))
    }
    writeFileSync(path, bytes)
    return `${name}, bits ${places.join(', ')}`
  }

/**
 * Where the last two transactions of a write-ahead log begin. Damage in the last one cannot be told from a power cut
 * during its commit, by nobody who has only the file: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
function beforeTheLastTwo(wal: Buffer): number {
  const frame = 24 + wal.readUInt32BE(8)
  const salts = wal.subarray(16, 24)
  const ends: number[] = []
  // Behind the frames of this log there may lie those of one that a checkpoint has made superfluous.
  for (let at = 32; at + frame <= wal.length; at += frame) {
    if (!wal.subarray(at + 8, at + 16).equals(salts)) break
    if (wal.readUInt32BE(at + 4) !== 0) ends.push(at + frame)
  }
  const end = ends.at(-3)
  if (end === undefined) throw new Error(`the log holds ${ends.length} commits only`)
  return end
}

/** One bit wherever this text stands in the database. */
const flipInText =
  (text: string): Damage =>
  (dataDir) => {
    const path = join(dataDir, DATABASE)
    const bytes = readFileSync(path)
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1))
      bytes[at] = (bytes[at] ?? 0) ^ 1
    writeFileSync(path, bytes)
    return `the text ${text}`
  }

async function flipOverAndOver(
  flips: number,
  from: string,
  specimen: Specimen,
  whole: Answers,
  damage: Damage,
  checksSeals = true,
): Promise<Tally> {
  const next = random()
  const tally: Tally = { flips, notStarted: 0, refused: 0, unharmed: 0, wrong: [] }
  for (let flip = 0; flip < flips; flip++) {
    const dataDir = mkdtempSync(join(tmpdir(), 'keystead-t2-'))
    try {
      cpSync(from, dataDir, { recursive: true })
      const what = damage(dataDir, next)
      const answers = await readEverything(dataDir, specimen, checksSeals)
      if (answers === undefined) {
        tally.notStarted++
        continue
      }
      let refused = false
      const wrong: string[] = []
      for (const [at, { status, text }] of answers.entries()) {
        if (status >= 500) refused = true
        else if (status !== whole[at]?.status || text !== whole[at]?.text)
          wrong.push(
            `${reads[at]?.slice(0, 2).join(' ')}: ${difference(whole[at], { status, text })}`,
          )
      }
      if (wrong.length > 0)
        tally.wrong.push(`${what}: ${wrong.length} answers are wrong, the first: ${wrong[0]}`)
      else if (refused) tally.refused++
      else tally.unharmed++
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  }
  return tally
}

function difference(due: Answers[number] | undefined, got: Answers[number]): string {
  const [one, other] = [due?.text ?? '', got.text]
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  return `${got.status}, due …${one.slice(Math.max(0, at - 30), at + 30)}…, got …${other.slice(Math.max(0, at - 30), at + 30)}…`
}

describe('T2: a flipped bit is never served', () => {
  let specimen: Specimen
  let whole: Answers
  beforeAll(async () => {
    specimen = await makeSpecimen()
    whole = await answersOf(specimen.stopped)
  })
  afterAll(() => {
    for (const dataDir of [specimen.stopped, specimen.crashed])
      rmSync(dataDir, { recursive: true, force: true })
  })

  /** Of undamaged files, from a copy: reading signs in, and so writes. */
  async function answersOf(from: string): Promise<Answers> {
    const dataDir = mkdtempSync(join(tmpdir(), 'keystead-t2-'))
    cpSync(from, dataDir, { recursive: true })
    const answers = await readEverything(dataDir, specimen)
    rmSync(dataDir, { recursive: true, force: true })
    if (answers === undefined) throw new Error('the undamaged server does not start')
    return answers
  }

  test('undamaged, everything is answered, and both specimens answer alike', async () => {
    expect(whole.filter(({ status }) => status !== 200)).toEqual([])
    expect(existsSync(join(specimen.crashed, WAL))).toBe(true)
    expect(await answersOf(specimen.crashed)).toEqual(whole)
  })

  test.each([
    ['the database', DATABASE, 'stopped', scale(80, 800)],
    ['the write-ahead log', WAL, 'crashed', scale(20, 200)],
  ] as const)(
    'bits of %s are flipped, and every value is the right one or refused',
    { timeout: scale(600_000, 7_200_000) },
    async (what, file, kind, flips) => {
      const tally = await flipOverAndOver(
        flips,
        specimen[kind],
        specimen,
        whole,
        flipIn(file, file === WAL ? beforeTheLastTwo : undefined),
      )
      report(
        file === DATABASE ? 'T2' : 'T2 WAL',
        `${flips} flips in ${what}: ${tally.notStarted} not started, ${tally.refused} refused, ${tally.unharmed} without effect, ${tally.wrong.length} wrong values`,
      )
      expect(tally.wrong, `seed ${seed}`).toEqual([])
    },
  )

  test('the harness notices a server that checks no seals', async () => {
    const damage = flipInText(`the ${GROUPS[0]} ones`)
    const withChecks = await flipOverAndOver(1, specimen.stopped, specimen, whole, damage)
    expect(withChecks).toMatchObject({ refused: 1, wrong: [] })
    const without = await flipOverAndOver(1, specimen.stopped, specimen, whole, damage, false)
    expect(without.wrong[0]).toContain('/usermgmt/groups')
  })
})
