/**
 * What only time brings about. These scenarios move the server's clock, so they run in the project's own tests and are
 * skipped against other servers.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 2.4 access token life, `Token is expired` of 1.3 | an access token ends after 300 seconds |
 * | 2.1 refresh_token_lifetime | a refresh token ends with its lifetime |
 * | 2.1 refresh_token_revoke_unused_in | a refresh token ends when it rests too long |
 * | 3.2 expires_at | an account ends at its time |
 * | 4 lockout | locks end by themselves |
 * | 4 password_lifetime | a password ends with its lifetime |
 * | 4 password_change_min_days | after its days a password can be changed |
 * | 2.4 guessing (ours) | an account closed by guesses opens again |
 */
import { type Exchange, get, post, type Scenario } from '../exchange.ts'
import { allOf, exactly, not, sized, time } from '../expect.ts'
import {
  acceptedSignIn,
  assumed,
  changePassword,
  list,
  makePolicy,
  makeUser,
  mistype,
  named,
  only,
  ours,
  PASSWORD,
  readUser,
  refusedSignIn,
  removePolicy,
  removeUser,
  signIn,
  tokenAnswer,
  unauthorized,
} from './common.ts'

const none = { as: 'none' } as const
const MINUTE = 60
const DAY = 24 * 60 * MINUTE

const later = (laterBySeconds: number, exchange: Exchange): Exchange => ({
  ...exchange,
  laterBySeconds,
})

const accessToken: Scenario = {
  name: 'an access token ends after 300 seconds, and says so',
  exchanges: [
    makeUser('jo'),
    signIn('jo'),
    later(
      290,
      get(
        'after 290 seconds it works',
        '/auth/self/user',
        200,
        { username: named('jo') },
        {
          ...none,
          headers: { Authorization: 'Bearer {{jo.jwt}}' },
        },
      ),
    ),
    later(
      20,
      get(
        'after 310 it is refused in words that clients look for',
        '/auth/self/user',
        401,
        { ...unauthorized, message: /Token is expired/ },
        { ...none, headers: { Authorization: 'Bearer {{jo.jwt}}' } },
      ),
    ),
    post(
      'its refresh token goes on',
      '/auth/tokens',
      { refresh_token: '{{jo.refresh}}' },
      200,
      tokenAnswer,
      none,
    ),
  ],
  tidy: [removeUser('jo')],
}

const refreshed = (name: string): Exchange =>
  post(name, '/auth/tokens', { refresh_token: '{{refresh}}' }, 200, tokenAnswer, none)

const refusedRefresh = (name: string): Exchange =>
  post(name, '/auth/tokens', { refresh_token: '{{refresh}}' }, 401, unauthorized, none)

const limitedSignIn = (fields: Readonly<Record<string, unknown>>): Exchange =>
  post(
    'jo signs in with a limit',
    '/auth/tokens',
    { username: named('jo'), password: PASSWORD, ...fields },
    200,
    tokenAnswer,
    { ...none, keep: { refresh: 'refresh_token' } },
  )

const lifetime: Scenario = {
  name: 'a refresh token ends with its lifetime, used or not',
  exchanges: [
    makeUser('jo'),
    limitedSignIn({ refresh_token_lifetime: 30 }),
    later(29 * MINUTE, refreshed('after 29 minutes it works')),
    get(
      'it is not expired',
      '/auth/tokens/?user_id={{enc:jo}}&expired=true',
      200,
      list(sized(0), 0),
    ),
    later(2 * MINUTE, refusedRefresh('after 31 it is dead')),
    get('it is expired', '/auth/tokens/?user_id={{enc:jo}}&expired=true', 200, list(sized(1), 1)),
  ],
  tidy: [removeUser('jo')],
}

const unused: Scenario = {
  name: 'a refresh token ends when it rests longer than it may, not while it is used',
  exchanges: [
    makeUser('jo'),
    limitedSignIn({ refresh_token_revoke_unused_in: 30 }),
    later(20 * MINUTE, refreshed('after 20 minutes it works')),
    later(20 * MINUTE, refreshed('after 20 more, too')),
    later(31 * MINUTE, refusedRefresh('after 31 without use it is dead')),
  ],
  tidy: [removeUser('jo')],
}

const expiry: Scenario = {
  name: 'an account ends at its time',
  exchanges: [
    makeUser('jo', { expires_at: '{{in:3600}}' }),
    acceptedSignIn('before it signs in', 'jo'),
    get(
      'and is not expired',
      `/usermgmt/users/?username=${named('jo')}&account_expired=true`,
      200,
      only(),
    ),
    later(3601, assumed(refusedSignIn('after it does not', 'jo'))),
    get(
      'and is expired',
      `/usermgmt/users/?username=${named('jo')}&account_expired=true`,
      200,
      only({ user_id: '{{jo}}' }),
    ),
  ],
  tidy: [removeUser('jo')],
}

const locks: Scenario = {
  name: 'locks of [0,5,30] minutes end by themselves, and the last entry repeats',
  exchanges: [
    makePolicy('rule', { failed_logins_lockout_thresholds: [0, 5, 30] }),
    makeUser('jo', { password_policy: named('rule') }),
    mistype('jo', 'a first wrong password'),
    mistype('jo', 'a second locks for 5 minutes'),
    readUser('the account is locked', 'jo', { failed_logins_count: 2, account_lockout_at: time }),
    later(6 * MINUTE, mistype('jo', 'after 6 minutes a third locks for 30')),
    readUser('it is counted', 'jo', { failed_logins_count: 3, account_lockout_at: time }),
    later(29 * MINUTE, refusedSignIn('after 29 minutes the right one is refused', 'jo')),
    later(2 * MINUTE, mistype('jo', 'after 31 a fourth locks for 30 again')),
    readUser('it is counted', 'jo', { failed_logins_count: 4 }),
    later(29 * MINUTE, refusedSignIn('after 29 minutes the right one is refused', 'jo')),
    later(2 * MINUTE, acceptedSignIn('after 31 it works', 'jo')),
    readUser('and the count starts again', 'jo', {
      failed_logins_count: 0,
      account_lockout_at: exactly(null),
    }),
  ],
  tidy: [removeUser('jo'), removePolicy('rule')],
}

const passwordLifetime: Scenario = {
  name: 'a password ends with its lifetime and must be changed then',
  exchanges: [
    makePolicy('rule', { password_lifetime: 2 }),
    makeUser('jo', { password: 'First-Pass-01', password_policy: named('rule') }),
    later(DAY, acceptedSignIn('after one day it works', 'jo', 'First-Pass-01')),
    later(
      DAY + MINUTE,
      assumed(
        post(
          'after two it must be changed',
          '/auth/tokens',
          { username: named('jo'), password: 'First-Pass-01' },
          401,
          { ...unauthorized, message: allOf(/chang/i, not('Wrong username or password.')) },
          none,
        ),
      ),
    ),
    changePassword('which works', 'jo', 'First-Pass-01', 'Second-Pass-02', 200),
    acceptedSignIn('and the new one signs in', 'jo', 'Second-Pass-02'),
  ],
  tidy: [removeUser('jo'), removePolicy('rule')],
}

const minimumDays: Scenario = {
  name: 'after its days a password can be changed',
  exchanges: [
    makePolicy('rule', { password_change_min_days: 2 }),
    makeUser('jo', { password: 'First-Pass-01', password_policy: named('rule') }),
    later(
      DAY,
      changePassword('after one day it cannot', 'jo', 'First-Pass-01', 'Second-Pass-02', 400),
    ),
    later(
      DAY + MINUTE,
      changePassword('after two it can', 'jo', 'First-Pass-01', 'Second-Pass-02', 200),
    ),
  ],
  tidy: [removeUser('jo'), removePolicy('rule')],
}

const guesses: Scenario = {
  name: 'an account closed by five wrong passwords opens again after five minutes',
  exchanges: [
    makeUser('jo'),
    ...['first', 'second', 'third', 'fourth', 'fifth'].map((which) =>
      mistype('jo', `the ${which}`),
    ),
    refusedSignIn('the right one is refused', 'jo'),
    later(5 * MINUTE + 1, acceptedSignIn('after five minutes it works', 'jo')),
  ].map(ours),
  tidy: [removeUser('jo')],
}

export const clock: readonly Scenario[] = [
  accessToken,
  lifetime,
  unused,
  expiry,
  locks,
  passwordLifetime,
  minimumDays,
  guesses,
]
