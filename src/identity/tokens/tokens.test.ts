import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const MINUTE = 60_000
const password = 'Token-Pass-1234!'

describe.each(databases)('tokens on %s', (database) => {
  const api = startApi(database)
  const newUser = async (fields: object = {}) => {
    const username = `u-${randomUUID().slice(0, 8)}`
    const { user_id } = await api.post('/usermgmt/users', { username, password, ...fields })
    return { username, password, user_id }
  }
  const ask = (body: object, status = 200) => api.anonymous.post('/auth/tokens', body, status)
  const signIn = async (fields: object = {}) => {
    const { username } = await newUser()
    return ask({ username, password, ...fields })
  }
  const whoever = async (jwt: string) => (await api.with(jwt).send('GET', '/auth/self/user')).status

  describe('a refresh token', () => {
    test('gives access tokens again and again, and stays the same', async () => {
      const first = await signIn()
      const second = await ask({ refresh_token: first.refresh_token })
      const third = await ask({ grant_type: 'refresh_token', refresh_token: first.refresh_token })
      expect(second.refresh_token).toBe(first.refresh_token)
      expect(third.refresh_token_id).toBe(first.refresh_token_id)
      expect(new Set([first.jwt, second.jwt, third.jwt]).size).toBe(3)
      for (const { jwt } of [first, second, third]) expect(await whoever(jwt)).toBe(200)
    })

    test('ends with its lifetime, and says how long it has', async () => {
      const { refresh_token, refresh_token_expires_in } = await signIn({
        refresh_token_lifetime: 30,
      })
      expect(refresh_token_expires_in).toBeGreaterThan(1790)
      expect(refresh_token_expires_in).toBeLessThan(1801)
      api.advance(29 * MINUTE)
      expect((await ask({ refresh_token })).refresh_token_expires_in).toBeLessThanOrEqual(60)
      api.advance(MINUTE)
      expect((await ask({ refresh_token }, 401)).message).toBe('Token has been revoked')
    })

    test('ends when it rests too long, and not while it is used', async () => {
      const { refresh_token } = await signIn({ refresh_token_revoke_unused_in: 10 })
      for (let use = 0; use < 3; use++) {
        api.advance(9 * MINUTE)
        await ask({ refresh_token })
      }
      api.advance(10 * MINUTE + 1)
      await ask({ refresh_token }, 401)
    })

    test('that replaces another keeps its limits', async () => {
      const first = await signIn({ refresh_token_lifetime: 30, labels: ['web-ui'] })
      api.advance(20 * MINUTE)
      const { refresh_token, refresh_token_id, refresh_token_expires_in } = await ask({
        refresh_token: first.refresh_token,
        renew_refresh_token: true,
      })
      expect(refresh_token).not.toBe(first.refresh_token)
      expect(refresh_token_expires_in).toBeLessThanOrEqual(600)
      expect(await api.get(`/auth/tokens/${refresh_token_id}`)).toMatchObject({
        labels: ['web-ui'],
        revoked_at: null,
      })
      api.advance(10 * MINUTE)
      await ask({ refresh_token }, 401)
    })

    test('that was replaced ends its whole session when it is shown again', async () => {
      const first = await signIn()
      const renewed = await ask({ refresh_token: first.refresh_token, renew_refresh_token: true })
      expect(await whoever(renewed.jwt)).toBe(200)
      await ask({ refresh_token: first.refresh_token }, 401)
      expect(await whoever(renewed.jwt)).toBe(401)
      await ask({ refresh_token: renewed.refresh_token }, 401)
    })

    test('is not an access token, and an access token is not a refresh token', async () => {
      const { jwt, refresh_token } = await signIn()
      expect(await whoever(refresh_token)).toBe(401)
      expect((await ask({ refresh_token: jwt }, 401)).message).toBe('Invalid token')
    })

    test('ends with the password, the user, and his time', async () => {
      const change = async (
        act: (user: { username: string; user_id: string }) => Promise<unknown>,
      ) => {
        const user = await newUser()
        const { jwt, refresh_token } = await ask({ username: user.username, password })
        await act(user)
        await ask({ refresh_token }, 401)
        expect(await whoever(jwt)).toBe(401)
      }
      await change(({ username }) =>
        api.anonymous.patch('/auth/changepw', {
          username,
          password,
          new_password: 'Other-Pass-1234!',
        }),
      )
      await change(({ user_id }) =>
        api.patch(`/usermgmt/users/${user_id}`, { password: 'Other-Pass-1234!' }),
      )
      await change(({ user_id }) => api.delete(`/usermgmt/users/${user_id}`))
      await change(({ user_id }) =>
        api.patch(`/usermgmt/users/${user_id}`, { expires_at: '2020-01-01T00:00:00Z' }),
      )
    })
  })

  describe('an access token', () => {
    test('ends after 300 seconds and says so', async () => {
      const { jwt, duration } = await signIn()
      expect(duration).toBe(300)
      api.advance(299_000)
      expect(await whoever(jwt)).toBe(200)
      api.advance(2000)
      const refused = await api.with(jwt).get('/auth/self/user', 401)
      expect(refused.message).toMatch(/^Bearer token malformed: Token is expired by \d+s$/)
    })

    test('ends at the second at which its user ends', async () => {
      const { username, user_id } = await newUser()
      const { jwt } = await ask({ username, password })
      const now = Date.parse((await api.get('/system/info')).system_time)
      const expires_at = new Date(now + MINUTE).toISOString()
      await api.patch(`/usermgmt/users/${user_id}`, { expires_at })
      expect(await whoever(jwt)).toBe(200)
      api.advance(MINUTE)
      expect(await whoever(jwt)).toBe(401)
    })
  })

  describe('the list of refresh tokens', () => {
    test('shows a user his own, an administrator everyone’s, and never the token itself', async () => {
      const [jo, al] = [await newUser(), await newUser()]
      const { refresh_token } = await ask({ username: jo.username, password })
      await ask({ username: al.username, password })
      const mine = await (await api.as(jo)).get('/auth/tokens')
      expect(mine.total).toBe(2)
      for (const token of mine.resources) expect(token.user_id).toBe(jo.user_id)
      expect(JSON.stringify(mine)).not.toContain(refresh_token)
      expect((await api.get('/auth/tokens')).total).toBeGreaterThan(mine.total)
      const his = await api.get(`/auth/tokens?user_id=${encodeURIComponent(al.user_id)}`)
      expect(his.total).toBe(1)
      const foreign = `/auth/tokens?user_id=${encodeURIComponent(al.user_id)}`
      expect((await (await api.as(jo)).get(foreign)).total).toBe(0)
    })

    test('is filtered by labels, end and revocation, and paged', async () => {
      const { username } = await newUser()
      const of = (fields: object) => ask({ username, password, ...fields })
      const ui = await of({ labels: ['web-ui', 'a"b,\\%'] })
      await of({ labels: ['WEB-UI'] })
      await of({ refresh_token_lifetime: 5 })
      const gone = await of({})
      const me = await api.as({ username, password })
      await me.delete(`/auth/tokens/${gone.refresh_token_id}`)
      api.advance(4 * MINUTE)
      const admin = (query: string) => api.get(`/auth/tokens?user_id=local|${username}&${query}`)
      expect((await admin('labels=web-ui')).resources).toMatchObject([{ id: ui.refresh_token_id }])
      for (const nothing of ['web', 'ui', '%25', 'web-u_', 'web-ui%2CWEB-UI'])
        expect((await admin(`labels=${nothing}`)).total, nothing).toBe(0)
      expect((await admin('revoked=true')).resources).toMatchObject([{ id: gone.refresh_token_id }])
      expect((await admin('revoked=false')).total).toBe(4)
      expect((await admin('expired=True')).total).toBe(0)
      api.advance(2 * MINUTE)
      expect((await admin('expired=True')).total).toBe(1)
      expect((await admin('expired=false')).total).toBe(4)
      const page = await admin('skip=1&limit=2&sort=-created_at')
      expect(page).toMatchObject({ skip: 1, limit: 2, total: 5 })
      expect(page.resources).toHaveLength(2)
    })

    test('keeps one user’s tokens from another', async () => {
      const [jo, al] = [await newUser(), await newUser()]
      const { refresh_token_id } = await ask({ username: jo.username, password })
      const other = await api.as(al)
      await other.get(`/auth/tokens/${refresh_token_id}`, 404)
      await other.delete(`/auth/tokens/${refresh_token_id}`, undefined, 404)
      await other.get('/auth/tokens/not-a-uuid', 400)
      await other.get(`/auth/tokens/${randomUUID()}`, 404)
    })
  })

  describe('a session', () => {
    test('ends when its refresh token is deleted, also by an earlier one of it', async () => {
      const { username } = await newUser()
      const first = await ask({ username, password })
      const renewed = await ask({ refresh_token: first.refresh_token, renew_refresh_token: true })
      await api.delete(`/auth/tokens/${first.refresh_token_id}`)
      expect(await whoever(renewed.jwt)).toBe(401)
      await ask({ refresh_token: renewed.refresh_token }, 401)
    })

    test('ends when its refresh token is revoked by its text, which only its owner can do', async () => {
      const [jo, al] = [await newUser(), await newUser()]
      const { jwt, refresh_token, client_id } = await ask({ username: jo.username, password })
      const [mine, other] = [await api.as(jo), await api.as(al)]
      await other.post('/auth/revoke', { refresh_token }, 404)
      await mine.post('/auth/revoke', { refresh_token, client_id: randomUUID() }, 404)
      await mine.post('/auth/revoke', { refresh_token, client_id }, 204)
      expect(await whoever(jwt)).toBe(401)
      await mine.get('/auth/self/user')
    })

    test('ends with logout, and no other session of the user does', async () => {
      const { username } = await newUser()
      const [one, two] = [await ask({ username, password }), await ask({ username, password })]
      await api.with(one.jwt).post('/auth/logout', undefined, 204)
      expect(await whoever(one.jwt)).toBe(401)
      await ask({ refresh_token: one.refresh_token }, 401)
      expect(await whoever(two.jwt)).toBe(200)
    })
  })

  describe('the signing key', () => {
    const kidOf = (jwt: string): string =>
      JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid
    const kids = async (): Promise<string[]> =>
      (await api.anonymous.get('/auth/jwks.json')).keys.map(({ kid }: { kid: string }) => kid)

    test('is rotated: old tokens go on, new ones have the new key, and the old key leaves', async () => {
      const old = await signIn()
      const oldKid = kidOf(old.jwt)
      expect(await kids()).toContain(oldKid)
      const made = await api.post('/auth/rotate-auth-key', undefined, 200)
      expect(made).toMatchObject({ alg: 'ES256', active: true })
      expect(await whoever(old.jwt)).toBe(200)
      const fresh = await signIn()
      expect(kidOf(fresh.jwt)).toBe(made.id)
      expect(await kids()).toEqual([made.id, oldKid])
      expect((await api.get('/auth/auth-key')).resources).toMatchObject([
        { id: made.id, active: true },
        { id: oldKid, active: false },
      ])
      expect((await api.get('/auth/auth-key?skip=1&limit=5')).resources).toHaveLength(1)

      api.advance(8 * MINUTE)
      expect(await kids()).toEqual([made.id])
      expect((await api.get('/auth/auth-key')).total).toBe(1)
      await api.post('/auth/rotate-auth-key', undefined, 200)
      await signIn()
    })

    test('is published without its private half', async () => {
      const { keys } = await api.anonymous.get('/auth/jwks.json')
      for (const key of keys)
        expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    })

    test('is rotated by administrators alone', async () => {
      const user = await api.as(await newUser())
      await user.post('/auth/rotate-auth-key', undefined, 403)
      await user.get('/auth/auth-key', 403)
      await api.anonymous.post('/auth/rotate-auth-key', undefined, 401)
    })
  })
})
