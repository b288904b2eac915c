import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Launch, launch, startProcess } from './process.ts'
import { report } from './promise.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keystead-d4-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What in a folder others may read or enter, the folder itself included. */
function open(path: string): string[] {
  const found = lstatSync(path)
  const due = found.isDirectory() ? 0o700 : 0o600
  const mode = found.mode & 0o777
  return [
    ...(mode === due ? [] : [`${path} is ${mode.toString(8)}`]),
    ...(found.isDirectory() ? readdirSync(path).flatMap((name) => open(join(path, name))) : []),
  ]
}

/** How a start that should not happen ends. A server that runs all the same is stopped. */
async function refusal(
  options: Launch,
): Promise<{ code: number | null; said: string; ran: boolean }> {
  const { child, exited, output } = launch(options)
  const ran = new Promise<true>((resolve) => {
    child.stdout?.on('data', () => output().includes('Keystead runs at') && resolve(true))
  })
  const isRunning = await Promise.race([ran, exited.then(() => false)])
  if (isRunning) child.kill('SIGKILL')
  const { code } = await exited
  return { code, said: output(), ran: isRunning }
}

const fileWith = (name: string, content: string, mode: number) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

/** Starts that must be refused, each with the word by which its sentence is known. */
const unsafe: Readonly<Record<string, () => readonly [Readonly<Record<string, string>>, RegExp]>> =
  {
    'a setting that does not exist': () => [
      { KEYSTEAD_LOGLEVEL: 'info' },
      /KEYSTEAD_LOGLEVEL is not a setting/,
    ],
    'a setting with a value that it cannot have': () => [
      { KEYSTEAD_LOG_LEVEL: 'loud' },
      /KEYSTEAD_LOG_LEVEL/,
    ],
    'an address that other machines reach': () => [
      { KEYSTEAD_LISTEN: '0.0.0.0:0' },
      /KEYSTEAD_ALLOW_REMOTE/,
    ],
    'an IPv6 address that other machines reach': () => [
      { KEYSTEAD_LISTEN: '[::]:0' },
      /KEYSTEAD_ALLOW_REMOTE/,
    ],
    'a configuration file that anyone may change': () => [
      { KEYSTEAD_CONFIG: fileWith('open.yaml', 'log_level: info\n', 0o666) },
      /chmod go-w/,
    ],
    'a configuration file with a secret that anyone may read': () => [
      { KEYSTEAD_CONFIG: fileWith('told.yaml', 'admin_password: First-Pass-1234!\n', 0o644) },
      /chmod 600/,
    ],
    'a configuration file with a setting that does not exist': () => [
      { KEYSTEAD_CONFIG: fileWith('unknown.yaml', 'lissten: 127.0.0.1:0\n', 0o600) },
      /lissten/,
    ],
    'certificate checks switched off': () => [
      { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      /NODE_TLS_REJECT_UNAUTHORIZED/,
    ],
    'options for Node from outside': () => [{ NODE_OPTIONS: '--trace-warnings' }, /NODE_OPTIONS/],
    'a debugger': () => [{ NODE_OPTIONS: '--inspect=127.0.0.1:0' }, /NODE_OPTIONS|inspect/],
    'a first password that breaks the policy': () => [
      { KEYSTEAD_ADMIN_PASSWORD: 'short' },
      /password/i,
    ],
  }

const tally = { refused: 0, accepted: 0, open: 0 }

describe('D4: safe by default', () => {
  test('with umask 000 every file is 0600 and every folder 0700', { timeout: 60_000 }, async () => {
    const dataDir = join(folder, 'data')
    const under = ['sh', '-c', 'umask 000; exec "$@"', 'sh']
    const server = await startProcess({ dataDir, under })
    const found: string[] = []
    try {
      const token = await server.signIn()
      await server.ask('POST', '/v1/usermgmt/groups', { token, body: { name: 'one' } })
      await server.ask('POST', '/v1/system/rotate-rot-keys', { token })
      found.push(...open(dataDir))
      expect(readdirSync(dataDir)).toEqual(
        expect.arrayContaining(['root.key', 'keystead.db', 'keystead.db-wal', 'ca.pem', 'node.id']),
      )
    } finally {
      server.kill('SIGTERM')
      await server.exited
    }
    found.push(...open(dataDir))
    tally.open = found.length
    expect(found).toEqual([])
  })

  test('a data folder that others may enter is closed to them', { timeout: 60_000 }, async () => {
    const dataDir = mkdtempSync(join(folder, 'wide-'))
    chmodSync(dataDir, 0o777)
    const server = await startProcess({ dataDir })
    server.kill('SIGTERM')
    await server.exited
    expect(open(dataDir)).toEqual([])
  })

  test('a data folder that is a symbolic link is refused', { timeout: 60_000 }, async () => {
    const dataDir = join(folder, 'link')
    symlinkSync(mkdtempSync(join(folder, 'target-')), dataDir)
    expect(await refusal({ dataDir })).toMatchObject({
      ran: false,
      said: expect.stringContaining('not a folder'),
    })
  })

  test.each(Object.entries(unsafe))(
    '%s keeps the server from starting',
    { timeout: 60_000 },
    async (name, make) => {
      const [env, sentence] = make()
      const dataDir = join(folder, `data of ${name}`)
      const { code, said, ran } = await refusal({ dataDir, env })
      tally[ran ? 'accepted' : 'refused']++
      expect({ ran, refused: code !== 0 }).toEqual({ ran: false, refused: true })
      expect(said).toMatch(sentence)
      // Said in a sentence, and not as the trace of a program that fell over.
      expect(said).not.toMatch(/\n\s+at /)
    },
  )

  test('the harness notices an open file, and a server that starts', {
    timeout: 60_000,
  }, async () => {
    const dataDir = mkdtempSync(join(folder, 'planted-'))
    writeFileSync(join(dataDir, 'told'), 'secret')
    chmodSync(join(dataDir, 'told'), 0o644)
    expect(open(dataDir)).toEqual([expect.stringContaining('told is 644')])
    expect((await refusal({ dataDir: join(folder, 'harmless') })).ran).toBe(true)
    report(
      'D4',
      `${tally.refused} unsafe starts refused, ${tally.accepted} accepted; ${tally.open} files open to others under umask 000`,
    )
  })
})
