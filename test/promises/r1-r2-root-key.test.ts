import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { filesBelow } from './haystack.ts'
import { launch, startProcess } from './process.ts'
import { report } from './promise.ts'

const KEY = () => `keystead-root-key:v1:${randomBytes(32).toString('hex')}\n`

let folder: string
/** An installation that was set up and stopped. */
let whole: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keystead-r2-'))
  whole = join(folder, 'whole')
  const server = await startProcess({ dataDir: whole })
  const token = await server.signIn()
  await server.ask('POST', '/v1/usermgmt/groups', { token, body: { name: 'kept' } })
  server.kill('SIGTERM')
  await server.exited
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const copy = (name: string): string => {
  const dataDir = join(folder, name.replaceAll(/\W/g, '-'))
  cpSync(whole, dataDir, { recursive: true })
  chmodSync(dataDir, 0o700)
  return dataDir
}

/** Every file but the lock, whose content is nobody's, by its hash. */
const digest = (dataDir: string): Record<string, string> =>
  Object.fromEntries(
    filesBelow(dataDir)
      .filter((path) => !/\.lock(-journal)?$|-wal$|-shm$/.test(path))
      .map((path) => [
        path.slice(dataDir.length),
        createHash('sha256').update(readFileSync(path)).digest('hex'),
      ]),
  )

interface Ended {
  readonly ran: boolean
  readonly said: string
  readonly ms: number
}

async function start(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const started = performance.now()
  const { child, exited, output } = launch({ dataDir, env })
  const ran = new Promise<true>((resolve) => {
    child.stdout?.on('data', () => output().includes('Keystead runs at') && resolve(true))
  })
  const isRunning = await Promise.race([ran, exited.then(() => false)])
  const ms = performance.now() - started
  if (isRunning) child.kill('SIGKILL')
  await exited
  return { ran: isRunning, said: output(), ms }
}

/** Prepares a data folder; settings that it returns are given to the server. */
type Setup = (dataDir: string) => unknown

const keyIn = (dataDir: string) => join(dataDir, 'root.key')
const passphrase = (dataDir: string, text: string, mode = 0o600) => {
  const path = join(dataDir, 'passphrase')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return { KEYSTEAD_ROOT_KEY: `passphrase-file:${path}` }
}

/** Root keys that are not ours alone, or no keys: R1. */
const unsafe: Readonly<Record<string, Setup>> = {
  'readable by the group': (dataDir) => chmodSync(keyIn(dataDir), 0o640),
  'readable by all': (dataDir) => chmodSync(keyIn(dataDir), 0o644),
  'writable by others': (dataDir) => chmodSync(keyIn(dataDir), 0o602),
  'a symbolic link': (dataDir) => {
    renameSync(keyIn(dataDir), join(dataDir, 'real.key'))
    symlinkSync('real.key', keyIn(dataDir))
  },
  'a folder': (dataDir) => {
    rmSync(keyIn(dataDir))
    mkdirSync(keyIn(dataDir), 0o700)
  },
  empty: (dataDir) => writeFileSync(keyIn(dataDir), ''),
  'cut short': (dataDir) =>
    writeFileSync(keyIn(dataDir), readFileSync(keyIn(dataDir)).subarray(0, 50)),
  'too long': (dataDir) => writeFileSync(keyIn(dataDir), 'x'.repeat(10_000)),
  'all zeros': (dataDir) =>
    writeFileSync(keyIn(dataDir), `keystead-root-key:v1:${'0'.repeat(64)}\n`),
  'in a folder that others may write': (dataDir) => {
    const open = join(dataDir, 'open')
    mkdirSync(open)
    cpSync(keyIn(dataDir), join(open, 'root.key'))
    chmodSync(open, 0o777)
    return { KEYSTEAD_ROOT_KEY: `file:${join(open, 'root.key')}` }
  },
  'a variable with too few bytes': () => ({
    KEYSTEAD_ROOT_KEY: 'env:KEYSTEAD_KEY',
    KEYSTEAD_KEY: 'c2hvcnQ=',
  }),
  'a variable that is not set': () => ({ KEYSTEAD_ROOT_KEY: 'env:KEYSTEAD_KEY' }),
  'a weak passphrase': (dataDir) => passphrase(dataDir, 'password'),
  'a passphrase that others may read': (dataDir) =>
    passphrase(dataDir, 'correct horse battery staple and eleven more', 0o644),
  ...(process.getuid?.() === 0
    ? { "another user's": (dataDir: string) => chownSync(keyIn(dataDir), 65_534, 65_534) }
    : {}),
}

/** Root keys that are safe and not the right ones: R2. */
const wrong: Readonly<Record<string, Setup>> = {
  missing: (dataDir) => rmSync(keyIn(dataDir)),
  another: (dataDir) => writeFileSync(keyIn(dataDir), KEY()),
  'of another installation': (dataDir) =>
    writeFileSync(keyIn(dataDir), `${KEY()}installation:00000000-0000-4000-8000-000000000000\n`),
  'one bit off': (dataDir) => {
    const text = readFileSync(keyIn(dataDir), 'utf8')
    const at = 'keystead-root-key:v1:'.length
    const flipped = (Number.parseInt(text[at] ?? '0', 16) ^ 1).toString(16)
    writeFileSync(keyIn(dataDir), text.slice(0, at) + flipped + text.slice(at + 1))
  },
  'given by a variable, and another': () => ({
    KEYSTEAD_ROOT_KEY: 'env:KEYSTEAD_KEY',
    KEYSTEAD_KEY: randomBytes(32).toString('base64'),
  }),
  'a passphrase in place of a key': (dataDir) =>
    passphrase(dataDir, 'correct horse battery staple and eleven more'),
  'left behind, beside an empty database': (dataDir) => {
    for (const name of ['keystead.db', 'keystead.db-wal', 'keystead.db-shm'])
      rmSync(join(dataDir, name), { force: true })
  },
}

/** Starts that were not refused, or changed something. */
async function tried(setups: Readonly<Record<string, Setup>>) {
  const problems: string[] = []
  let slowest = 0
  for (const [name, set] of Object.entries(setups)) {
    const dataDir = copy(name)
    const env = (set(dataDir) ?? {}) as Readonly<Record<string, string>>
    const before = digest(dataDir)
    const { ran, said, ms } = await start(dataDir, env)
    slowest = Math.max(slowest, ms)
    if (ran) problems.push(`${name}: the server runs`)
    else if (/\n\s+at /.test(said) || said.trim() === '') problems.push(`${name}: ${said}`)
    const after = digest(dataDir)
    // An empty database may be made; what was there may not change.
    for (const [path, hash] of Object.entries(before))
      if (after[path] !== hash) problems.push(`${name}: ${path} was changed`)
    const key = Object.keys(after).find((path) => path.startsWith('/root.key') && !(path in before))
    if (key !== undefined) problems.push(`${name}: ${key} was made`)
  }
  return { problems, slowest: Math.round(slowest) }
}

describe('R1 and R2: the root key', () => {
  test('that is not ours alone, or no good key, is refused', { timeout: 120_000 }, async () => {
    const { problems, slowest } = await tried(unsafe)
    report(
      'R1',
      `${Object.keys(unsafe).length} bad set-ups, ${problems.length} accepted, the slowest refused after ${slowest} ms`,
    )
    expect(problems).toEqual([])
  })

  test('that is missing or wrong is refused, and changes nothing', {
    timeout: 120_000,
  }, async () => {
    const { problems, slowest } = await tried(wrong)
    report(
      'R2',
      `${Object.keys(wrong).length} wrong or missing root keys, ${problems.length} accepted or changed something, the slowest refused after ${slowest} ms`,
    )
    expect(problems).toEqual([])
    expect(slowest).toBeLessThan(5000)
  })

  test('that is the right one opens the same data', { timeout: 60_000 }, async () => {
    const server = await startProcess({ dataDir: copy('right') })
    const token = await server.signIn()
    const got = await server.ask('GET', '/v1/usermgmt/groups/kept', { token })
    server.kill('SIGKILL')
    await server.exited
    expect(got.status).toBe(200)
  })

  test('the harness notices a start that is not refused, and a file that changes', {
    timeout: 60_000,
  }, async () => {
    const { problems } = await tried({ 'a good key': () => undefined })
    expect(problems).toContainEqual('a good key: the server runs')
    const dataDir = copy('changed')
    const before = digest(dataDir)
    writeFileSync(join(dataDir, 'keystead.db'), 'x')
    expect(digest(dataDir)).not.toEqual(before)
  })
})
