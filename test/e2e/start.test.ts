import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const bin = resolve(import.meta.dirname, '../../bin/keystead.js')
let folder: string
let child: ChildProcess | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keystead-start-'))
})
afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Without the settings of whoever runs the tests. */
const env = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KEYSTEAD_')))

const keystead = (args: readonly string[], input = '', more: Record<string, string> = {}) =>
  spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    env: { ...env(), ...more },
    input,
    encoding: 'utf8',
  })

/** Starts a server and resolves with what it announced. */
async function serve(args: readonly string[] = []): Promise<string> {
  const started = spawn(process.execPath, [bin, 'serve', '--listen', '127.0.0.1:0', ...args], {
    cwd: folder,
    env: env(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child = started
  let said = ''
  return new Promise((done, fail) => {
    const take = (chunk: Buffer) => {
      said += chunk
      if (said.includes('curl --cacert') && said.endsWith('\n')) done(said)
    }
    started.stdout.on('data', take)
    started.stderr.on('data', (chunk: Buffer) => (said += chunk))
    started.on('exit', () => fail(new Error(said)))
  })
}

async function stopped(signal: NodeJS.Signals): Promise<number | null> {
  const ending = new Promise<number | null>((done) => child?.on('exit', done))
  child?.kill(signal)
  return ending
}

describe('the first start', () => {
  test('announces where the server is, its first password once, and three commands that work', async () => {
    const said = await serve(['--log-level', 'silent'])
    const password = /shown only now:\n {2}(\S+)\n/.exec(said)?.[1] ?? ''
    expect(password.length).toBeGreaterThanOrEqual(16)
    expect(statSync(join(folder, 'keystead-data')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'keystead-data/root.key')).mode & 0o777).toBe(0o600)

    const [passwd = [], status = [], curl = []] = said
      .slice(said.indexOf('Try next:'))
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(' '))
    const changed = keystead(passwd.slice(2), `${password}\nChosen-Pass-1234!\n`)
    expect(changed).toMatchObject({ status: 0, stdout: 'The password of admin is changed.\n' })
    const shown = keystead(status.slice(2), '', { KEYSTEAD_PASSWORD: 'Chosen-Pass-1234!' })
    expect(shown).toMatchObject({ status: 0, stdout: expect.stringContaining('version  2.19.0+') })
    expect(curl.slice(0, 2)).toEqual(['curl', '--cacert'])

    expect(await stopped('SIGTERM')).toBe(0)
    const again = await serve(['--log-level', 'silent'])
    expect(again).not.toContain('password')
    expect(await stopped('SIGINT')).toBe(0)
  })

  test('can be made without a server, twice over', () => {
    const made = keystead(['init'])
    expect(made).toMatchObject({ status: 0, stdout: expect.stringContaining('shown only now') })
    const again = keystead(['init'])
    expect(again.status).toBe(0)
    expect(again.stdout).not.toContain('shown only now')
  })

  test('takes the first password of automation, which need not be changed', () => {
    const made = keystead(['init'], '', { KEYSTEAD_ADMIN_PASSWORD: 'Automation-1234!' })
    expect(made.status).toBe(0)
    expect(made.stdout).not.toContain('Automation-1234!')
    expect(made.stdout).not.toContain('shown only now')
  })

  test('is refused with a sentence when a setting is unknown or unsafe', () => {
    const refused = keystead(['serve'], '', {
      KEYSTEAD_LISEN: 'x',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    })
    expect(refused.status).toBe(2)
    expect(refused.stderr).toContain(
      'KEYSTEAD_LISEN is not a setting; the nearest one is KEYSTEAD_LISTEN.',
    )
    expect(refused.stderr).toContain('NODE_TLS_REJECT_UNAUTHORIZED=0')
  })
})

describe('while no server runs', () => {
  test('the root key is replaced and the audit log checked all the same', async () => {
    keystead(['init'])
    const idle = ['--listen', '127.0.0.1:1']
    const rotated = keystead(['root-key', 'rotate', ...idle])
    expect(rotated).toMatchObject({
      status: 0,
      stdout: 'The root key is replaced; no server was running.\n',
    })
    const verified = keystead(['audit', 'verify'])
    expect(verified).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('as it was written'),
    })
    expect(await serve(['--log-level', 'silent'])).toContain('Keystead runs at')
  })
})

describe('on a machine whose own Node is too old', () => {
  const pretendOld = () => {
    const file = join(folder, 'old.mjs')
    writeFileSync(
      file,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.0' } })\n",
    )
    return ['--import', file]
  }
  const run = (script: string, args: readonly string[]) =>
    spawnSync(process.execPath, [...pretendOld(), script, ...args], {
      cwd: folder,
      env: env(),
      encoding: 'utf8',
    })

  test('the pinned Node of the installation is used, and its exit code is ours', () => {
    expect(run(bin, ['--version'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^keystead \d/),
    })
    expect(run(bin, ['nonsense'])).toMatchObject({ status: 2 })
  })

  test('without a pinned Node the version that is needed is named', () => {
    mkdirSync(join(folder, 'bin'))
    copyFileSync(bin, join(folder, 'bin/keystead.mjs'))
    const refused = run(join(folder, 'bin/keystead.mjs'), ['--version'])
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('needs Node 24.8 or later, and this is 18.20.0')
  })
})
