import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { nearest } from '../nearest.ts'
import { settingsMarkdown } from './docs.ts'
import {
  allSettings,
  readClientSettings,
  readServerSettings,
  SettingsError,
  settingNames,
} from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'keystead-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

function config(text: string, mode = 0o600): string {
  const path = join(folder, `config-${Math.random().toString(36).slice(2)}.yaml`)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const serve = (env: Record<string, string> = {}, argv: string[] = []) =>
  readServerSettings(argv, env, '/srv')

/** The sentences with which a start is refused; empty when it is not. */
function refusal(env: Record<string, string> = {}, argv: string[] = []): string {
  try {
    serve(env, argv)
    return ''
  } catch (error) {
    if (error instanceof SettingsError) return error.problems.join('\n')
    throw error
  }
}

describe('without any setting', () => {
  test('the server listens on this machine alone and keeps everything in one folder', () => {
    expect(serve()).toEqual({
      config: undefined,
      listen: { host: '127.0.0.1', port: 8443 },
      allowRemote: false,
      dataDir: '/srv/keystead-data',
      databaseUrl: undefined,
      rootKey: { scheme: 'file', path: '/srv/keystead-data/root.key' },
      adminPassword: undefined,
      tlsNames: [],
      logLevel: 'info',
      shutdownSeconds: 20,
      allowRsa1024: false,
      strictDeactivated: false,
      pkiListen: { host: '127.0.0.1', port: 8080 },
      pkiListenGiven: false,
      pkiUrl: undefined,
    })
  })

  test('a profile of the server that was here before the data folder was made anew is left alone', () => {
    const pem = (text: string) =>
      `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
    const home = mkdtempSync(join(folder, 'home-'))
    const cwd = mkdtempSync(join(folder, 'work-'))
    const session = { refreshToken: 'r', jwt: 'j', endsAt: '2030-01-01T00:00:00Z', seconds: 300 }
    const profile = { url: 'https://127.0.0.1:8443', username: 'jo', ca: pem('old'), ...session }
    mkdirSync(join(home, 'keystead'), { mode: 0o700 })
    const file = join(home, 'keystead', 'profiles.json')
    writeFileSync(file, JSON.stringify({ profiles: { default: profile } }), { mode: 0o600 })
    const read = (argv: string[] = []) => readClientSettings(argv, { XDG_CONFIG_HOME: home }, cwd)
    expect(read()).toMatchObject({ username: 'jo', ca: pem('old') })
    mkdirSync(join(cwd, 'keystead-data'))
    writeFileSync(join(cwd, 'keystead-data', 'ca.pem'), pem('other') + pem('o\r\nld'))
    expect(read()).toMatchObject({ username: 'jo', ca: pem('old') })
    writeFileSync(join(cwd, 'keystead-data', 'ca.pem'), pem('new'))
    expect(read()).toMatchObject({ urlGiven: false, ca: undefined, session: undefined })
    expect(read(['--profile=default'])).toMatchObject({ username: 'jo', ca: pem('old') })
    expect(read(['--url=https://127.0.0.1:8443'])).toMatchObject({ ca: pem('old') })
  })

  test("a command speaks to this machine's own server", () => {
    expect(readClientSettings([], {}, '/srv')).toMatchObject({
      url: 'https://127.0.0.1:8443',
      urlGiven: false,
      insecure: false,
    })
    const everywhere = { KEYSTEAD_LISTEN: '0.0.0.0:9443', KEYSTEAD_ALLOW_REMOTE: '1' }
    expect(readClientSettings([], everywhere, '/srv').url).toBe('https://127.0.0.1:9443')
    expect(readClientSettings([], { KEYSTEAD_LISTEN: '[::]:9443' }, '/srv').url).toBe(
      'https://[::1]:9443',
    )
  })
})

describe('a setting', () => {
  test('is taken from the flag before the variable before the file before the default', () => {
    const file = config(
      'log_level: debug\ndata_dir: from-file\nshutdown_seconds: 7\ntls_names: [a.example, "::1"]\n',
    )
    const env = { KEYSTEAD_CONFIG: file, KEYSTEAD_LOG_LEVEL: 'warn', KEYSTEAD_DATA_DIR: 'from-env' }
    expect(serve(env, ['--log-level=error'])).toMatchObject({
      logLevel: 'error',
      dataDir: '/srv/from-env',
      shutdownSeconds: 7,
      tlsNames: ['a.example', '::1'],
      listen: { port: 8443 },
    })
  })

  test('that names a path in the file starts at the folder of the file', () => {
    const file = config('data_dir: data\nroot_key: passphrase-file:pass\n')
    expect(serve({ KEYSTEAD_CONFIG: file })).toMatchObject({
      dataDir: join(folder, 'data'),
      rootKey: { scheme: 'passphrase-file', path: join(folder, 'pass') },
    })
  })

  test('that is an empty variable counts as not set', () => {
    expect(
      serve({ KEYSTEAD_LISTEN: '', KEYSTEAD_ADMIN_PASSWORD: '' }).adminPassword,
    ).toBeUndefined()
  })

  test.each([
    ['KEYSTEAD_LISTEN', '8443', 'HOST:PORT'],
    ['KEYSTEAD_LISTEN', '127.0.0.1:70000', 'HOST:PORT'],
    ['KEYSTEAD_LISTEN', '::1:8443', 'HOST:PORT'],
    ['KEYSTEAD_ALLOW_REMOTE', 'yes', '1 or 0'],
    ['KEYSTEAD_LOG_LEVEL', 'loud', 'one of trace, debug, info'],
    ['KEYSTEAD_SHUTDOWN_SECONDS', '0', 'from 1 to 3600'],
    ['KEYSTEAD_SHUTDOWN_SECONDS', '1e3', 'from 1 to 3600'],
    ['KEYSTEAD_TLS_NAMES', 'a b', 'DNS names and IP addresses'],
  ])('%s=%s is refused in a sentence that says what it must be', (name, value, what) => {
    expect(refusal({ [name]: value })).toContain(`${name} must `)
    expect(refusal({ [name]: value })).toContain(what)
  })

  test('that may hold a secret is never repeated', () => {
    expect(refusal({ KEYSTEAD_DATABASE_URL: 'mysql://u:hunter2@h/d' })).toMatch(
      /^(?!.*hunter2).*postgres:/,
    )
    expect(refusal({ KEYSTEAD_ROOT_KEY: 'aGVsbG8gd29ybGQ' })).toMatch(/^(?!.*aGVs).*file:PATH/)
  })

  test('that is a secret has no flag', () => {
    const secrets = allSettings.filter(({ row }) => row.secret === true).map(({ name }) => name)
    expect(secrets).toEqual(['databaseUrl', 'adminPassword', 'password'])
    expect(refusal({}, ['--admin-password=x'])).toContain('--admin-password is not a setting')
  })
})

describe('a server is not started', () => {
  test.each([
    ['KEYSTEAD_DATADIR', 'KEYSTEAD_DATA_DIR'],
    ['KEYSTEAD_ROOTKEY', 'KEYSTEAD_ROOT_KEY'],
    ['KEYSTEAD_LSITEN', 'KEYSTEAD_LISTEN'],
    ['KEYSTEAD_X', 'KEYSTEAD_'],
  ])('with the unknown variable %s, and the nearest known one is named', (unknown, near) => {
    expect(refusal({ [unknown]: '1' })).toContain(
      `${unknown} is not a setting; the nearest one is ${near}`,
    )
  })

  test('with an unknown key in the file', () => {
    expect(refusal({ KEYSTEAD_CONFIG: config('datadir: x\n') })).toContain(
      'the nearest one is data_dir',
    )
  })

  test('with an unknown flag, a misplaced word, or a flag without its value', () => {
    expect(refusal({}, ['--data-dri=x'])).toContain('the nearest one is --data-dir')
    expect(refusal({}, ['now'])).toContain('now was not expected here')
    expect(refusal({}, ['--listen'])).toContain('--listen needs a value')
  })

  test('where other machines reach it, unless that is meant', () => {
    for (const listen of ['0.0.0.0:8443', '[::]:8443', '192.0.2.1:8443', 'keys.example.com:8443'])
      expect(refusal({ KEYSTEAD_LISTEN: listen })).toContain('KEYSTEAD_ALLOW_REMOTE=1')
    for (const listen of ['127.0.0.1:1', '127.8.8.8:1', '[::1]:1', 'localhost:1'])
      expect(refusal({ KEYSTEAD_LISTEN: listen })).toBe('')
    expect(refusal({ KEYSTEAD_LISTEN: '0.0.0.0:8443', KEYSTEAD_ALLOW_REMOTE: '1' })).toBe('')
    expect(refusal({ KEYSTEAD_LISTEN: '0.0.0.0:8443', KEYSTEAD_ALLOW_REMOTE: '0' })).not.toBe('')
  })

  test('with certificate checks switched off', () => {
    expect(refusal({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toContain(
      'NODE_TLS_REJECT_UNAUTHORIZED=0',
    )
  })

  test('with a configuration file that others may change', () => {
    expect(refusal({ KEYSTEAD_CONFIG: config('log_level: warn\n', 0o666) })).toContain('chmod go-w')
    expect(refusal({ KEYSTEAD_CONFIG: config('log_level: warn\n', 0o644) })).toBe('')
  })

  test('with a configuration file that holds a secret and that others may read', () => {
    const text = 'admin_password: Sesame-1234\n'
    expect(refusal({ KEYSTEAD_CONFIG: config(text, 0o644) })).toMatch(/^(?!.*Sesame).*chmod 600/)
    expect(serve({ KEYSTEAD_CONFIG: config(text) }).adminPassword).toBe('Sesame-1234')
  })

  test('with a configuration file that is missing, broken, or no list of names and values', () => {
    mkdirSync(join(folder, 'dir'), { recursive: true })
    expect(refusal({ KEYSTEAD_CONFIG: '/nowhere.yaml' })).toContain('it does not exist')
    expect(refusal({ KEYSTEAD_CONFIG: join(folder, 'dir') })).toContain('it is a folder')
    expect(refusal({ KEYSTEAD_CONFIG: config('log_level: warn\nlisten: [\n') })).toMatch(
      /line [23]/,
    )
    expect(refusal({ KEYSTEAD_CONFIG: config('- a\n') })).toContain('"name: value"')
    expect(refusal({ KEYSTEAD_CONFIG: config('listen: {host: a}\n') })).toContain('a single value')
  })

  test('until every mistake has been told at once', () => {
    const problems = refusal({
      KEYSTEAD_LISTEN: 'x',
      KEYSTEAD_LOGLEVEL: 'y',
      KEYSTEAD_ROOT_KEY: 'z',
    })
    expect(problems.split('\n')).toHaveLength(3)
  })
})

describe('settings of others', () => {
  test('are known to the server and to the commands, and ignored', () => {
    expect(
      refusal({ KEYSTEAD_URL: 'nonsense', KEYSTEAD_PASSWORD: 'x', KEYSTEAD_INSECURE: '1' }),
    ).toBe('')
    expect(() => readClientSettings([], { KEYSTEAD_LOG_LEVEL: 'nonsense' }, '/')).not.toThrow()
  })

  test('of the tests are ignored by both', () => {
    expect(refusal({ KEYSTEAD_TEST_DATABASE_URL: 'x' })).toBe('')
    expect(() => readClientSettings([], { KEYSTEAD_TEST_X: '1' }, '/')).not.toThrow()
  })

  test('include the variable that the root key is in', () => {
    const env = { KEYSTEAD_ROOT_KEY: 'env:KEYSTEAD_THE_KEY', KEYSTEAD_THE_KEY: 'x' }
    expect(refusal(env)).toBe('')
    expect(() => readClientSettings([], env, '/')).not.toThrow()
  })
})

test('a command is not pointed at a server in the clear, nor given a password in its URL', () => {
  const url = (text: string) => () => readClientSettings([`--url=${text}`], {}, '/')
  expect(url('http://127.0.0.1:8443')).toThrow('https://')
  expect(url('https://jo:hunter2@h')).toThrow(/^(?!.*hunter2)/)
  expect(url('https://h/api?x=1')).toThrow('must end')
  expect(url('https://h:8443/cm/')().url).toBe('https://h:8443/cm')
})

test('every setting stands in the documentation under all its names', () => {
  const page = settingsMarkdown()
  for (const { name, row } of allSettings) {
    const { env, flag, key } = settingNames(name)
    expect(page).toContain(`\`${env}\``)
    if (row.secret !== true) expect(page).toContain(`\`--${flag}`)
    if (row.notInFile !== true) expect(page).toContain(`\`${key}\``)
  }
})

test('one wrong letter never hides what was meant', () => {
  const known = allSettings.map(({ name }) => settingNames(name).env)
  fc.assert(
    fc.property(
      fc.constantFrom(...known),
      fc.nat(),
      fc.constantFrom('', 'Q', '_Q'),
      (name, at, letter) => {
        const place = 'KEYSTEAD_'.length + (at % (name.length - 'KEYSTEAD_'.length))
        const misspelt = name.slice(0, place) + letter + name.slice(place + 1)
        const found = nearest(misspelt, known)
        // A misspelling may be a known name itself, or as near to another.
        expect(found).toBeDefined()
        if (!known.includes(misspelt))
          expect(refusal({ [misspelt]: 'x' })).toContain('the nearest one is')
      },
    ),
  )
})

describe('where revocation is published', () => {
  test('is on this machine alone unless said otherwise, and may be nowhere', () => {
    expect(serve({ KEYSTEAD_PKI_LISTEN: 'off' })).toMatchObject({
      pkiListen: 'off',
      pkiListenGiven: true,
    })
    expect(serve({}, ['--pki-listen', '127.0.0.1:80'])).toMatchObject({
      pkiListen: { host: '127.0.0.1', port: 80 },
      pkiListenGiven: true,
    })
    expect(refusal({ KEYSTEAD_PKI_LISTEN: '0.0.0.0:80' })).toContain('KEYSTEAD_PKI_LISTEN')
    expect(refusal({ KEYSTEAD_PKI_LISTEN: '0.0.0.0:80', KEYSTEAD_ALLOW_REMOTE: '1' })).toBe('')
  })

  test('has an address without TLS, a user or a query', () => {
    const url = (text: string) => serve({ KEYSTEAD_PKI_URL: text }).pkiUrl
    expect(url('http://pki.example.com/')).toBe('http://pki.example.com')
    expect(url('http://pki.example.com:81/ca/')).toBe('http://pki.example.com:81/ca')
    for (const wrong of [
      'https://pki.example.com',
      'http://u:p@h',
      'http://h/?x',
      'http://h/#x',
      'h',
    ])
      expect(refusal({ KEYSTEAD_PKI_URL: wrong }), wrong).toContain('KEYSTEAD_PKI_URL')
  })
})
