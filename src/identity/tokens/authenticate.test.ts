import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Services } from '../../context.ts'
import type { Fault } from '../../kit/fault.ts'
import type { RefreshTokenRow, UserRow } from '../../store/schema.ts'
import { createAuthenticator } from './authenticate.ts'
import { type Claims, signToken } from './jwt.ts'
import type { Principal } from './principals.ts'

/** The authenticator by itself: sessions, users and the number of the last change of rights are the test's own. */

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const START = Date.parse('2026-03-04T05:06:07.000Z')

const claims: Claims = {
  iss: 'kylo',
  sub: 'local|u-1',
  aud: 'a-1',
  acc: 'kylo',
  preferred_username: 'jo',
  cust: { client_type: 'unregistered', domain_id: 'd', groups: [], sid: 's-1', zone_id: 'd' },
  jwtid: 'j-1',
  iat: START / 1000,
  exp: START / 1000 + 300,
}

let now: number
let authority: number
let session: Partial<RefreshTokenRow>[]
let user: Partial<UserRow>
let groups: string[]
let known: Map<string, KeyObject>
let fresh: [string, KeyObject][]
let readings: { sessions: number; users: number; keys: number; refreshed: number }
let authenticate: ReturnType<typeof createAuthenticator>

beforeEach(() => {
  now = START
  authority = 1
  session = [
    { revoked_at: null, session_epoch: 7, user_id: 'u-1', domain_id: 'd-1', client_id: 'c-1' },
  ]
  user = {
    id: 'u-1',
    username: 'jo',
    session_epoch: 7,
    expires_at: null,
    allowed_auth_methods: 'password',
    allowed_client_types: 'unregistered',
  }
  groups = ['ops']
  known = new Map([['one', publicKey]])
  fresh = []
  readings = { sessions: 0, users: 0, keys: 0, refreshed: 0 }
  const rows = async (table: string, where: unknown) => {
    expect([table, where]).toEqual(['refresh_tokens', { session_id: 's-1' }])
    readings.sessions++
    return session
  }
  const services = {
    now: () => new Date(now),
    store: { authority: () => authority, read: { rows } },
  } as unknown as Services
  authenticate = createAuthenticator(
    services,
    (kid) => {
      readings.keys++
      return known.get(kid)
    },
    async () => {
      readings.refreshed++
      for (const [kid, key] of fresh) known.set(kid, key)
    },
    async (userId) => {
      expect(userId).toBe('u-1')
      readings.users++
      return { user, groups } as unknown as Principal
    },
    3,
  )
})

const token = (changes: Partial<Claims> = {}, kid = 'one', key = privateKey) =>
  signToken({ ...claims, ...changes }, { kid, privateKey: key })

const INVALID = { kind: 'unauthenticated', message: 'Invalid token' }
const REVOKED = { kind: 'unauthenticated', message: 'Token has been revoked' }
const refusal = async (text: string): Promise<Pick<Fault, 'kind' | 'message'>> => {
  const error = await authenticate(text).then(
    () => {
      throw new Error('it was let in')
    },
    (fault: Fault) => fault,
  )
  return { kind: error.kind, message: error.message }
}

describe('a token', () => {
  test('stands for its user, with the session’s domain and client and the groups of now', async () => {
    expect(await authenticate(token())).toEqual({
      userId: 'u-1',
      username: 'jo',
      domain: 'd-1',
      groups: ['ops'],
      sessionId: 's-1',
      clientId: 'c-1',
    })
  })

  test('is read and looked up once while nobody’s rights change', async () => {
    const text = token()
    const first = await authenticate(text)
    now += 299_000
    expect(await authenticate(text)).toBe(first)
    expect(readings).toEqual({ sessions: 1, users: 1, keys: 1, refreshed: 0 })
  })

  test('is looked up again after any change of rights, and then remembered anew', async () => {
    const text = token()
    await authenticate(text)
    groups = ['ops', 'admin']
    expect((await authenticate(text)).groups).toEqual(['ops'])
    authority++
    expect((await authenticate(text)).groups).toEqual(['ops', 'admin'])
    await authenticate(text)
    expect(readings).toMatchObject({ sessions: 2, users: 2 })
  })

  test('a change of rights while it is looked up is not missed', async () => {
    const text = token()
    const looking = authenticate(text)
    authority++
    await looking
    groups = ['other']
    expect((await authenticate(text)).groups).toEqual(['other'])
  })

  test('ends on the second it says, remembered or not', async () => {
    const text = token()
    now = START + 299_999
    await authenticate(text)
    now = START + 300_000
    const expired = { kind: 'unauthenticated', message: expect.stringContaining('expired by 1s') }
    expect(await refusal(text)).toEqual(expired)
    expect(await refusal(token({ jwtid: 'j-2' }))).toEqual(expired)
  })

  test('ends with its user’s account, remembered or not', async () => {
    user.expires_at = '2026-03-04T05:07:07.000000Z'
    const text = token()
    now = START + 59_999
    await authenticate(text)
    await authenticate(text)
    expect(readings.users).toBe(1)
    now = START + 60_000
    expect(await refusal(text)).toEqual(INVALID)
    expect(await refusal(token({ jwtid: 'j-2' }))).toEqual(INVALID)
  })

  test('that was refused is not remembered as one that was let in', async () => {
    const text = token()
    await authenticate(text)
    authority++
    session = []
    expect(await refusal(text)).toEqual(REVOKED)
    authority--
    expect(await refusal(text)).toEqual(REVOKED)
  })

  test.each([
    ['is over', () => [{ ...session[0], revoked_at: '2026-03-04T05:06:08.000000Z' }]],
    ['began before the user’s sessions were ended', () => [{ ...session[0], session_epoch: 6 }]],
    ['is another user’s', () => [{ ...session[0], user_id: 'u-2' }]],
    ['is not there', () => []],
  ])('whose session %s is refused', async (_, rows) => {
    session = rows()
    expect(await refusal(token())).toEqual(REVOKED)
  })

  test('lives by any one token of its session that is not revoked', async () => {
    session = [
      { ...session[0], revoked_at: '2026-03-04T05:06:08.000000Z', client_id: 'old' },
      { ...session[0], client_id: 'new' },
    ]
    expect((await authenticate(token())).clientId).toBe('new')
  })

  test.each(['allowed_auth_methods', 'allowed_client_types'] as const)(
    'of a user whose %s are none is refused, unless he is an administrator',
    async (list) => {
      user[list] = ''
      expect(await refusal(token())).toEqual(INVALID)
      groups = ['admin']
      expect((await authenticate(token())).userId).toBe('u-1')
    },
  )

  test('of a user who is gone is refused', async () => {
    const services = {
      now: () => new Date(now),
      store: { authority: () => 1, read: { rows: async () => session } },
    } as unknown as Services
    authenticate = createAuthenticator(
      services,
      () => publicKey,
      async () => undefined,
      async () => undefined,
    )
    expect(await refusal(token())).toEqual(INVALID)
  })

  test('names its user behind a prefix that is taken off at the front only', async () => {
    expect((await authenticate(token({ sub: 'u-1' }))).userId).toBe('u-1')
  })
})

describe('a signing key', () => {
  test('that another node has begun to use is fetched, once', async () => {
    fresh = [['two', other.publicKey]]
    const text = token({}, 'two', other.privateKey)
    expect((await authenticate(text)).userId).toBe('u-1')
    expect(readings.refreshed).toBe(1)
    await authenticate(token({ jwtid: 'j-2' }, 'two', other.privateKey))
    expect(readings.refreshed).toBe(1)
  })

  test('that nobody has is refused after one look', async () => {
    expect(await refusal(token({}, 'two', other.privateKey))).toEqual(INVALID)
    expect(readings.refreshed).toBe(1)
  })

  test('that is known but did not sign this is refused without a look', async () => {
    expect(await refusal(token({}, 'one', other.privateKey))).toEqual(INVALID)
    expect(await refusal('nonsense')).toEqual(INVALID)
    expect(readings.refreshed).toBe(0)
  })
})

test('only so many tokens are remembered; the oldest goes first', async () => {
  const [first, second, third] = ['1', '2', '3'].map((jwtid) => token({ jwtid })) as [
    string,
    string,
    string,
  ]
  const usersReadFor = async (text: string) => {
    const before = readings.users
    await authenticate(text)
    return readings.users - before
  }
  for (const text of [first, second, third]) await authenticate(text)
  for (const text of [first, second, third]) expect(await usersReadFor(text)).toBe(0)
  expect(await usersReadFor(token({ jwtid: 'one too many' }))).toBe(1)
  expect(await usersReadFor(second)).toBe(0)
  expect(await usersReadFor(third)).toBe(0)
  expect(await usersReadFor(first)).toBe(1)
})
