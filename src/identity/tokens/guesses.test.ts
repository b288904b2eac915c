import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { WINDOW_SECONDS } from './guesses.ts'

const password = 'Guess-Pass-1234!'

describe.each(databases)('guessing a password on %s', (database) => {
  const api = startApi(database)
  const attempt = async (username: string, tried: string) =>
    (await api.anonymous.send('POST', '/auth/tokens', { username, password: tried })).status
  const failures = async (username: string): Promise<number> =>
    (await api.get(`/usermgmt/users/local|${username}`)).failed_logins_count
  const newUser = (username: string) => api.post('/usermgmt/users', { username, password })

  test('is over after five wrong ones, however the name is spelled, until the window ends', async () => {
    await newUser('target')
    for (const spelling of ['target', 'TARGET', 'Target', 'tArget', 'targeT', 'taRget', 'target'])
      expect(await attempt(spelling, 'wrong')).toBe(401)
    expect(await failures('target')).toBe(5)
    expect(await attempt('target', password)).toBe(401)
    api.advance((WINDOW_SECONDS - 60) * 1000)
    expect(await attempt('target', password)).toBe(401)
    api.advance(61_000)
    expect(await attempt('target', password)).toBe(200)
  })

  test('counts those that come all at once', async () => {
    await newUser('flooded')
    const all = Array.from({ length: 20 }, () => attempt('flooded', 'wrong'))
    for (const status of await Promise.all(all)) expect(status).toBe(401)
    expect(await failures('flooded')).toBe(5)
  })

  test('counts a change of password too, and no right password', async () => {
    await newUser('mixed')
    for (let at = 0; at < 8; at++) expect(await attempt('mixed', password)).toBe(200)
    for (let at = 0; at < 5; at++)
      await api.anonymous.patch(
        '/auth/changepw',
        { username: 'mixed', password: 'wrong', new_password: 'Other-Pass-1234!' },
        401,
      )
    expect(await attempt('mixed', password)).toBe(401)
  })

  test('can go on after an administrator has unlocked the account', async () => {
    await newUser('unlocked')
    for (let at = 0; at < 5; at++) await attempt('unlocked', 'wrong')
    expect(await attempt('unlocked', password)).toBe(401)
    await api.patch('/usermgmt/users/local|unlocked', { failed_logins_count: 0 })
    expect(await attempt('unlocked', password)).toBe(200)
  })
})
