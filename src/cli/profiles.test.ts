import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Profile, Profiles, ProfilesError } from './profiles.ts'
import { readClientSettings, SettingsError } from './settings/index.ts'

const profile: Profile = {
  url: 'https://keys.example.com',
  username: 'jo',
  domain: 'tenant',
  ca: '-----BEGIN CERTIFICATE-----\n',
  refreshToken: 'r',
  jwt: 'j',
  endsAt: '2026-01-01T00:00:00.000Z',
  seconds: 300,
}

let folder: string
let env: Record<string, string>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keystead-profiles-'))
  env = { XDG_CONFIG_HOME: folder }
})
afterEach(() => rmSync(folder, { recursive: true }))

const fileOf = (profiles: Profiles): string => profiles.file ?? ''

describe('the file of profiles', () => {
  test('is readable by its owner alone, and nothing is left beside it', () => {
    const profiles = new Profiles(env)
    profiles.set('a', profile)
    profiles.set('b', profile)
    expect(statSync(fileOf(profiles)).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(fileOf(profiles))).mode & 0o777).toBe(0o700)
    expect(readdirSync(dirname(fileOf(profiles)))).toEqual(['profiles.json'])
    expect([...new Profiles(env).all().keys()]).toEqual(['a', 'b'])
  })

  test.each([0o640, 0o604, 0o620, 0o602, 0o644])('with the mode %o is refused', (mode) => {
    const profiles = new Profiles(env)
    profiles.set('default', profile)
    chmodSync(fileOf(profiles), mode)
    expect(() => profiles.all()).toThrow(`chmod 600 ${fileOf(profiles)}`)
    // Neither is it silently replaced, nor passed over for a server that nobody meant.
    expect(() => profiles.set('other', profile)).toThrow(ProfilesError)
    expect(() => readClientSettings([], env, '/')).toThrow(SettingsError)
  })

  test.each(['', '{', '[]', '{"profiles":{"default":{"url":"https://h"}}}', '{"profiles":null}'])(
    'that holds %j is damaged, and says so',
    (text) => {
      const profiles = new Profiles(env)
      profiles.set('default', profile)
      writeFileSync(fileOf(profiles), text)
      expect(() => profiles.all()).toThrow('is damaged')
      expect(readFileSync(fileOf(profiles), 'utf8')).toBe(text)
    },
  )

  test('lies below XDG_CONFIG_HOME, else below HOME, else nowhere', () => {
    expect(new Profiles({ XDG_CONFIG_HOME: '/x', HOME: '/h' }).file).toBe(
      '/x/keystead/profiles.json',
    )
    expect(new Profiles({ XDG_CONFIG_HOME: 'x', HOME: '/h' }).file).toBe(
      '/h/.config/keystead/profiles.json',
    )
    expect(new Profiles({}).file).toBeUndefined()
    expect(new Profiles({}).all().size).toBe(0)
  })
})

describe('what a command speaks to', () => {
  beforeEach(() => new Profiles(env).set('default', profile))
  const settings = (flags: string[] = [], more: Record<string, string> = {}) =>
    readClientSettings(flags, { ...env, ...more }, '/')

  test('is the default profile when nothing else is said', () => {
    expect(settings()).toMatchObject({
      url: 'https://keys.example.com',
      urlGiven: true,
      username: 'jo',
      domain: 'tenant',
      ca: profile.ca,
      session: { name: 'default', profile },
    })
  })

  test('is what a flag or a variable names, without anything of the profile', () => {
    for (const other of [
      settings(['--url=https://other.example.com']),
      settings([], { KEYSTEAD_URL: 'https://other.example.com' }),
    ]) {
      expect(other.url).toBe('https://other.example.com')
      expect(other).toMatchObject({ ca: undefined, session: undefined, username: undefined })
    }
  })

  test("is this machine's own server when its folder or its address is named", () => {
    for (const own of [
      settings(['--data-dir=d']),
      settings([], { KEYSTEAD_LISTEN: '127.0.0.1:1' }),
    ])
      expect(own).toMatchObject({ urlGiven: false, session: undefined })
  })

  test('goes without the session for another user, another domain or a password', () => {
    for (const [flags, more] of [
      [['--username=bo'], {}],
      [['--domain=other'], {}],
      [['--password-file=f'], {}],
      [[], { KEYSTEAD_PASSWORD: 'p' }],
    ] as [string[], Record<string, string>][]) {
      expect(settings(flags, more)).toMatchObject({
        url: profile.url,
        ca: profile.ca,
        session: undefined,
      })
    }
    expect(settings(['--username=jo', '--domain=tenant']).session).toBeDefined()
    expect(settings([`--url=${profile.url}`]).session).toBeDefined()
  })
})
