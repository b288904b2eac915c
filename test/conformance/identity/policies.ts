/**
 * Reference section 4, password policies.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | endpoints, who | a policy's life; who manages policies |
 * | global | the global policy binds every user |
 * | fields and defaults | a policy's life |
 * | limits of the fields | limits of the fields |
 * | lengths and kinds of characters | each rule binds |
 * | password_history_threshold | earlier passwords are refused |
 * | password_change_min_days | days between changes |
 * | password_lifetime, password_expiry_notification_days | kept and shown; the effect of the first in clock.ts, no client sees that of the second |
 * | failed_logins_lockout_thresholds | the lockout scenarios; that a lock ends by itself in clock.ts |
 * | LDAP and OIDC users | not covered: they come with identity connections |
 * | 3.5 PATCH /auth/changepw | passwords.ts |
 *
 * Longer than most files because it is a table: each row of the reference is an exchange that reads on its own.
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, anyOf, array, containing, exactly, integer, not, sized, time } from '../expect.ts'
import {
  acceptedSignIn,
  addMember,
  anError,
  assumed,
  badRequest,
  changePassword,
  changeUser,
  conflict,
  forbidden,
  list,
  makePolicy,
  makeUser,
  mistype,
  named,
  notFound,
  OTHER_PASSWORD,
  ours,
  PASSWORD,
  readUser,
  refusedSignIn,
  refusedValue,
  removePolicy,
  removeUser,
  signIn,
  unauthorized,
  userShape,
  WRONG_PASSWORD,
} from './common.ts'

const none = { as: 'none' } as const
const path = (key: string): string => `/usermgmt/pwdpolicies/${named(key)}`

const firstValues = {
  inclusive_min_total_length: 8,
  inclusive_max_total_length: 30,
  inclusive_min_upper_case: 1,
  inclusive_min_lower_case: 1,
  inclusive_min_digits: 1,
  inclusive_min_other: 1,
  password_history_threshold: 5,
  password_lifetime: 0,
  password_change_min_days: 0,
  failed_logins_lockout_thresholds: anyOf(absent, exactly([])),
}

const everyField = {
  inclusive_min_total_length: 10,
  inclusive_max_total_length: 40,
  inclusive_min_upper_case: 2,
  inclusive_min_lower_case: 3,
  inclusive_min_digits: 4,
  inclusive_min_other: 0,
  password_history_threshold: 20,
  password_lifetime: 90,
  password_change_min_days: 1,
  failed_logins_lockout_thresholds: [0, 5, 30],
  password_expiry_notification_days: 30,
}

const zeros = {
  inclusive_min_upper_case: 0,
  inclusive_min_lower_case: 0,
  inclusive_min_digits: 0,
  inclusive_min_other: 0,
  password_history_threshold: 0,
  password_lifetime: 0,
  password_change_min_days: 0,
}

const life: Scenario = {
  name: 'a password policy is created, read, changed and deleted',
  exchanges: [
    patch(
      'Terraform changes first',
      path('rule'),
      { policy_name: '', inclusive_min_total_length: 9 },
      404,
      notFound,
    ),
    post('and creates on 404', '/usermgmt/pwdpolicies/', { policy_name: named('rule') }, 201, {
      policy_name: named('rule'),
      ...firstValues,
    }),
    assumed(
      get('the notice before the end has its default', path('rule'), 200, {
        password_expiry_notification_days: 14,
      }),
    ),
    get('it is read', path('rule'), 200, { policy_name: named('rule'), ...firstValues }),
    get('with a slash, too', `${path('rule')}/`, 200, { policy_name: named('rule') }),
    get(
      'it is listed beside the global one',
      '/usermgmt/pwdpolicies/?limit=-1',
      200,
      list(containing({ policy_name: named('rule') }, { policy_name: 'global' })),
    ),
    post(
      'the name is taken',
      '/usermgmt/pwdpolicies/',
      { policy_name: named('rule') },
      409,
      conflict,
    ),
    patch('every field is changed', path('rule'), { policy_name: '', ...everyField }, 200, {
      policy_name: named('rule'),
      ...everyField,
    }),
    get('and kept', path('rule'), 200, { policy_name: named('rule'), ...everyField }),
    patch('one field leaves the others', path('rule'), { inclusive_min_digits: 1 }, 200, {
      ...everyField,
      inclusive_min_digits: 1,
    }),
    patch('a zero means zero', path('rule'), zeros, 200, zeros),
    patch(
      'no thresholds turn lockout off',
      path('rule'),
      { failed_logins_lockout_thresholds: [] },
      200,
      { failed_logins_lockout_thresholds: anyOf(absent, exactly([])) },
    ),
    patch('an empty change answers the whole policy', path('rule'), {}, 200, {
      policy_name: named('rule'),
      ...zeros,
    }),
    post(
      'a policy with every field at once',
      '/usermgmt/pwdpolicies',
      { policy_name: named('full'), ...everyField },
      201,
      { policy_name: named('full'), ...everyField },
    ),
    del('it is deleted', path('rule'), 204),
    get('and gone', path('rule'), 404, notFound),
    del('a second deletion finds nothing', path('rule'), 404, notFound),
    patch('nor does a change', path('rule'), {}, 404, notFound),
    post(
      'a name with spaces',
      '/usermgmt/pwdpolicies/',
      { policy_name: 'conf {{run}} rule' },
      201,
      { policy_name: 'conf {{run}} rule' },
    ),
    get('is read percent-encoded', '/usermgmt/pwdpolicies/conf%20{{run}}%20rule', 200, {
      policy_name: 'conf {{run}} rule',
    }),
    del('and deleted so', '/usermgmt/pwdpolicies/conf%20{{run}}%20rule', 204),
  ],
  tidy: [removePolicy('rule'), removePolicy('full')],
}

const badFields: readonly [string, unknown][] = [
  ['password_history_threshold', 21],
  ['password_history_threshold', -1],
  ['password_expiry_notification_days', 31],
  ['password_expiry_notification_days', -1],
  ['inclusive_min_total_length', -1],
  ['inclusive_min_upper_case', -1],
  ['inclusive_min_lower_case', 1.5],
  ['inclusive_min_digits', 'two'],
  ['inclusive_min_other', []],
  ['password_lifetime', -1],
  ['password_change_min_days', -1],
  ['failed_logins_lockout_thresholds', [-5]],
  ['failed_logins_lockout_thresholds', ['5']],
  ['failed_logins_lockout_thresholds', 5],
  ['inclusive_max_total_length', 4],
]

const fieldLimits: Scenario = {
  name: 'the fields of a password policy have limits',
  exchanges: [
    makePolicy('rule'),
    ...badFields.map(([field, value]) =>
      patch(
        `${field} ${JSON.stringify(value)} is refused`,
        path('rule'),
        { [field]: value },
        400,
        refusedValue,
      ),
    ),
    post('no name', '/usermgmt/pwdpolicies/', { inclusive_min_digits: 1 }, 400, refusedValue),
    post('an empty name', '/usermgmt/pwdpolicies/', { policy_name: '' }, 400, refusedValue),
    post(
      'a bad field at creation',
      '/usermgmt/pwdpolicies/',
      { policy_name: named('bad'), password_history_threshold: 21 },
      400,
      refusedValue,
    ),
    get('refusals change nothing', path('rule'), 200, {
      policy_name: named('rule'),
      ...firstValues,
    }),
    patch('the largest history', path('rule'), { password_history_threshold: 20 }, 200, {
      password_history_threshold: 20,
    }),
    assumed(
      patch('the longest notice', path('rule'), { password_expiry_notification_days: 30 }, 200, {
        password_expiry_notification_days: 30,
      }),
    ),
    assumed(
      patch('no notice', path('rule'), { password_expiry_notification_days: 0 }, 200, {
        password_expiry_notification_days: 0,
      }),
    ),
  ],
  tidy: [removePolicy('rule'), removePolicy('bad')],
}

const tooPoor = (what: string, password: string): Exchange =>
  assumed(
    post(
      what,
      '/usermgmt/users/',
      { username: named('poor'), password, password_policy: named('rule') },
      400,
      badRequest,
      {
        silentAbout: [password],
      },
    ),
  )

const rules: Scenario = {
  name: 'each rule of a password policy binds the users that name it',
  exchanges: [
    makePolicy('rule', {
      inclusive_min_total_length: 10,
      inclusive_max_total_length: 16,
      inclusive_min_upper_case: 2,
      inclusive_min_lower_case: 2,
      inclusive_min_digits: 2,
      inclusive_min_other: 2,
    }),
    tooPoor('nine characters', 'ABcd12--x'),
    tooPoor('seventeen characters', 'ABcd12--xxxxxxxxx'),
    tooPoor('one capital', 'Abcdef12--'),
    tooPoor('one small letter', 'ABCDEF12-a-'),
    tooPoor('one digit', 'ABcdefgh1--'),
    tooPoor('one special character', 'ABcdefgh12-'),
    makeUser('jo', { password: 'ABcd12--xx', password_policy: named('rule') }),
    changeUser(
      'a password that an administrator sets is bound, too',
      'jo',
      { password: 'weak' },
      400,
      anError,
    ),
    changePassword('and one the user sets', 'jo', 'ABcd12--xx', 'Abcdef12--', 400, badRequest),
    changePassword('a good one is taken', 'jo', 'ABcd12--xx', 'ABcdefgh12--xxxx', 200),
    acceptedSignIn('and works', 'jo', 'ABcdefgh12--xxxx'),
    patch(
      'the rules are taken away',
      path('rule'),
      { ...zeros, inclusive_min_total_length: 4 },
      200,
    ),
    changeUser('and small letters are enough', 'jo', { password: 'abcd' }, 200, userShape),
    acceptedSignIn('they work', 'jo', 'abcd'),
  ],
  tidy: [
    removeUser('jo'),
    del('tidy', `/usermgmt/users/${named('poor')}`, [204, 404]),
    removePolicy('rule'),
  ],
}

const global: Scenario = {
  name: 'the global policy is always there and binds users without another',
  exchanges: [
    get(
      'it is read',
      '/usermgmt/pwdpolicies/global',
      200,
      {
        policy_name: 'global',
        inclusive_min_total_length: integer,
        inclusive_max_total_length: integer,
        inclusive_min_upper_case: integer,
        inclusive_min_lower_case: integer,
        inclusive_min_digits: integer,
        inclusive_min_other: integer,
        password_history_threshold: integer,
        password_lifetime: integer,
        password_change_min_days: integer,
        failed_logins_lockout_thresholds: anyOf(absent, array),
      },
      { keep: { was: 'inclusive_min_total_length' } },
    ),
    patch('an empty change', '/usermgmt/pwdpolicies/global', {}, 200, { policy_name: 'global' }),
    del('it cannot be deleted', '/usermgmt/pwdpolicies/global', [400, 403, 405, 409], anError),
    post(
      'nor made again',
      '/usermgmt/pwdpolicies/',
      { policy_name: 'global' },
      [400, 409],
      anError,
    ),
    patch(
      'it is made stricter',
      '/usermgmt/pwdpolicies/global',
      { policy_name: '', inclusive_min_total_length: 20 },
      200,
      { policy_name: 'global', inclusive_min_total_length: 20 },
    ),
    post(
      'a new user is bound',
      '/usermgmt/users/',
      { username: named('short'), password: PASSWORD },
      400,
      badRequest,
    ),
    makePolicy('rule'),
    makeUser('jo', { password_policy: named('rule') }),
    get('a user with a policy of his own is bound by that', `/usermgmt/users/${named('jo')}`, 200, {
      password_policy: named('rule'),
    }),
    patch(
      'it is put back',
      '/usermgmt/pwdpolicies/global',
      { inclusive_min_total_length: '{{was}}' },
      200,
      { inclusive_min_total_length: '{{was}}' },
    ),
    makeUser('short'),
  ],
  tidy: [
    patch('tidy', '/usermgmt/pwdpolicies/global', { inclusive_min_total_length: '{{was}}' }, 200),
    removeUser('jo'),
    removeUser('short'),
    removePolicy('rule'),
  ],
}

const globalDefaults: Scenario = {
  name: 'the global policy starts with the values of the reference',
  fresh: true,
  exchanges: [
    get('its first values', '/usermgmt/pwdpolicies/global', 200, {
      policy_name: 'global',
      ...firstValues,
    }),
    assumed(
      get('the notice', '/usermgmt/pwdpolicies/global', 200, {
        password_expiry_notification_days: 14,
      }),
    ),
  ],
}

const inUse: Scenario = {
  name: 'a policy is named by users, and stays while it is',
  exchanges: [
    makePolicy('rule'),
    makeUser('jo'),
    readUser('no policy is shown for the global one', 'jo', { password_policy: absent }),
    changeUser('a user is given a policy', 'jo', { password_policy: named('rule') }, 200, {
      password_policy: named('rule'),
    }),
    assumed(del('the policy cannot be deleted', path('rule'), 409, conflict)),
    get('it is still there', path('rule'), 200, { policy_name: named('rule') }),
    changeUser(
      'an unknown policy is refused',
      'jo',
      { password_policy: 'conf-none-{{run}}' },
      400,
      refusedValue,
    ),
    del('the user goes', '/usermgmt/users/{{enc:jo}}', 204),
    del('and then the policy', path('rule'), 204),
  ],
  tidy: [removeUser('jo'), removePolicy('rule')],
}

const passwordsOf = [
  'First-Pass-01',
  'Second-Pass-02',
  'Third-Pass-03',
  'Fourth-Pass-04',
  'Fifth-Pass-05',
  'Sixth-Pass-06',
]
const [first, second, third, fourth, fifth, sixth] = passwordsOf as [
  string,
  string,
  string,
  string,
  string,
  string,
]

const history: Scenario = {
  name: 'the current and the four passwords before it are refused, and the fifth before is not',
  exchanges: [
    makeUser('jo', { password: first }),
    changePassword('the same again', 'jo', first, first, 400, badRequest),
    changePassword('a second', 'jo', first, second, 200),
    changePassword('back to the first', 'jo', second, first, 400, badRequest),
    changePassword('a third', 'jo', second, third, 200),
    changePassword('a fourth', 'jo', third, fourth, 200),
    changePassword('a fifth', 'jo', fourth, fifth, 200),
    changePassword('back to the first, the fourth before', 'jo', fifth, first, 400, badRequest),
    changePassword('back to the third', 'jo', fifth, third, 400, badRequest),
    changePassword('a sixth', 'jo', fifth, sixth, 200),
    changePassword('back to the second, the fourth before', 'jo', sixth, second, 400, badRequest),
    changePassword('back to the first, the fifth before', 'jo', sixth, first, 200),
    acceptedSignIn('it works again', 'jo', first),
  ],
  tidy: [removeUser('jo')],
}

const shortHistory: Scenario = {
  name: 'the history of a policy is as long as it says, and 0 still refuses the same password',
  exchanges: [
    makePolicy('none', { password_history_threshold: 0 }),
    makePolicy('two', { password_history_threshold: 2 }),
    makeUser('jo', { password: first, password_policy: named('none') }),
    changePassword('history 0 refuses the same', 'jo', first, first, 400, badRequest),
    changePassword('takes another', 'jo', first, second, 200),
    changePassword('and the one before', 'jo', second, first, 200),
    makeUser('ann', { password: first, password_policy: named('two') }),
    changePassword('history 2: a second', 'ann', first, second, 200),
    changePassword('the one before is refused', 'ann', second, first, 400, badRequest),
    changePassword('a third', 'ann', second, third, 200),
    changePassword('two before is taken', 'ann', third, first, 200),
  ],
  tidy: [removeUser('jo'), removeUser('ann'), removePolicy('none'), removePolicy('two')],
}

const minimumDays: Scenario = {
  name: 'days must pass between changes when the policy says so',
  exchanges: [
    makePolicy('rule'),
    makeUser('jo', { password: first, password_policy: named('rule') }),
    changePassword('0 days: a change', 'jo', first, second, 200),
    changePassword('and another', 'jo', second, third, 200),
    patch('a day must pass', path('rule'), { password_change_min_days: 1 }, 200, {
      password_change_min_days: 1,
    }),
    changePassword('a change on the same day', 'jo', third, fourth, 400, badRequest),
    acceptedSignIn('the password is the old one', 'jo', third),
    changeUser('an administrator asks for a change', 'jo', { password_change_required: true }, 200),
    assumed(
      changePassword('which is the way out of it whatever the days', 'jo', third, fourth, 200),
    ),
  ],
  tidy: [removeUser('jo'), removePolicy('rule')],
}

const locked = {
  account_lockout_at: time,
  failed_logins_count: integer,
  last_failed_login_at: time,
}

const lockout: Scenario = {
  name: 'lockout [0,5,30]: the first failure locks nothing, the second locks',
  exchanges: [
    makePolicy('rule', { failed_logins_lockout_thresholds: [0, 5, 30] }),
    makeUser('jo', { password_policy: named('rule') }),
    mistype('jo', 'a first wrong password'),
    readUser('it is counted, and nothing is locked', 'jo', {
      failed_logins_count: 1,
      failed_logins_initial_attempt_at: time,
      last_failed_login_at: time,
      account_lockout_at: exactly(null),
    }),
    acceptedSignIn('the right one works', 'jo'),
    readUser('and resets the count', 'jo', {
      failed_logins_count: 0,
      account_lockout_at: exactly(null),
    }),
    mistype('jo', 'a first one again'),
    mistype('jo', 'and a second'),
    readUser('the account is locked', 'jo', { ...locked, failed_logins_count: 2 }),
    assumed(refusedSignIn('the right password is refused in the same words', 'jo')),
    readUser('the right password was no failure', 'jo', { failed_logins_count: 2 }),
    changeUser('an administrator unlocks', 'jo', { failed_logins_count: 0 }, 200, {
      failed_logins_count: 0,
      account_lockout_at: exactly(null),
    }),
    acceptedSignIn('the right password works', 'jo'),
  ],
  tidy: [removeUser('jo'), removePolicy('rule')],
}

const lockoutServed: Scenario = {
  name: 'a lock that runs is served to its end, whatever the policy says by then',
  exchanges: [
    makePolicy('rule', { failed_logins_lockout_thresholds: [5] }),
    makeUser('jo', { password_policy: named('rule') }),
    mistype('jo', 'one wrong password locks'),
    readUser('the account is locked', 'jo', { ...locked, failed_logins_count: 1 }),
    refusedSignIn('the right one is refused', 'jo'),
    patch('lockout is turned off', path('rule'), { failed_logins_lockout_thresholds: [] }, 200),
    refusedSignIn('the lock goes on', 'jo'),
    changeUser('until an administrator ends it', 'jo', { failed_logins_count: 0 }, 200),
    acceptedSignIn('the right one works', 'jo'),
    mistype('jo', 'now a wrong password'),
    acceptedSignIn('locks nothing', 'jo'),
    patch(
      'lockout is turned on again',
      path('rule'),
      { failed_logins_lockout_thresholds: [5] },
      200,
    ),
    makeUser('ann', { password_policy: named('rule') }),
    mistype('ann', 'another user is locked'),
    ours(changePassword('he cannot change his password', 'ann', PASSWORD, OTHER_PASSWORD, 401)),
    changeUser('he is unlocked', 'ann', { failed_logins_count: 0 }, 200),
    acceptedSignIn('his password is the old one', 'ann'),
  ],
  tidy: [removeUser('jo'), removeUser('ann'), removePolicy('rule')],
}

const noLockout: Scenario = {
  name: 'without thresholds wrong passwords lock nothing',
  exchanges: [
    makeUser('jo'),
    mistype('jo', 'the first'),
    mistype('jo', 'the second'),
    mistype('jo', 'the third'),
    mistype('jo', 'the fourth'),
    readUser('all are counted', 'jo', {
      failed_logins_count: 4,
      account_lockout_at: exactly(null),
    }),
    acceptedSignIn('the right one works', 'jo'),
    readUser('and resets the count', 'jo', { failed_logins_count: 0 }),
  ],
  tidy: [removeUser('jo')],
}

const guard: Scenario = {
  name: 'five wrong passwords within five minutes close an account to guessing',
  exchanges: [
    makeUser('jo'),
    ...['first', 'second', 'third', 'fourth', 'fifth'].map((which) =>
      mistype('jo', `the ${which}`),
    ),
    refusedSignIn('then the right one is refused in the same words', 'jo'),
    post(
      'an unknown name answers the same',
      '/auth/tokens',
      { username: 'conf-none-{{run}}', password: WRONG_PASSWORD },
      401,
      { code: 5, codeDesc: 'NCERRUnauthorizedAccess', message: 'Wrong username or password.' },
      none,
    ),
  ].map(ours),
  tidy: [removeUser('jo')],
}

const rights: Scenario = {
  name: 'only administrators and members of User Admins manage password policies',
  exchanges: [
    makePolicy('rule'),
    makeUser('jo'),
    makeUser('helper'),
    addMember('helper', 'User%20Admins'),
    signIn('jo'),
    signIn('helper'),
    ...(['none', 'jo'] as const).flatMap((as) => {
      const status = as === 'none' ? 401 : 403
      const body = as === 'none' ? unauthorized : forbidden
      const who = as === 'none' ? 'nobody' : 'no ordinary user'
      return [
        get(`${who} lists`, '/usermgmt/pwdpolicies/', status, body, { as }),
        get(`${who} reads`, path('rule'), status, body, { as }),
        get(`${who} reads the global one`, '/usermgmt/pwdpolicies/global', status, body, { as }),
        post(
          `${who} creates`,
          '/usermgmt/pwdpolicies/',
          { policy_name: named('x') },
          status,
          body,
          { as },
        ),
        patch(`${who} changes`, path('rule'), { inclusive_min_digits: 0 }, status, body, { as }),
        patch(`${who} changes the global one`, '/usermgmt/pwdpolicies/global', {}, status, body, {
          as,
        }),
        del(`${who} deletes`, path('rule'), status, body, { as }),
      ]
    }),
    get('a member of User Admins lists', '/usermgmt/pwdpolicies/', 200, list(not([])), {
      as: 'helper',
    }),
    get(
      'reads the global one',
      '/usermgmt/pwdpolicies/global',
      200,
      { policy_name: 'global' },
      { as: 'helper' },
    ),
    post(
      'creates',
      '/usermgmt/pwdpolicies/',
      { policy_name: named('made') },
      201,
      { policy_name: named('made') },
      { as: 'helper' },
    ),
    patch(
      'changes',
      path('made'),
      { inclusive_min_digits: 2 },
      200,
      { inclusive_min_digits: 2 },
      { as: 'helper' },
    ),
    del('deletes', path('made'), 204, undefined, { as: 'helper' }),
    get('what others tried did not happen', path('rule'), 200, { inclusive_min_digits: 1 }),
    get('policies are paged', '/usermgmt/pwdpolicies/?skip=1&limit=1', 200, list(sized(1))),
  ],
  tidy: [
    removeUser('jo'),
    removeUser('helper'),
    removePolicy('rule'),
    removePolicy('made'),
    removePolicy('x'),
  ],
}

export const policies: readonly Scenario[] = [
  life,
  fieldLimits,
  rules,
  global,
  globalDefaults,
  inUse,
  history,
  shortHistory,
  minimumDays,
  lockout,
  lockoutServed,
  noLockout,
  guard,
  rights,
]
