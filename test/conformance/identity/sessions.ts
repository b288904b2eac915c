/**
 * Reference 2.3 and 2.4, refresh-token resources, the caller's own pages, and when sessions end.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | GET /auth/tokens/, its filters and fields | refresh tokens are listed |
 * | GET, DELETE /auth/tokens/{id} | a refresh token is read and deleted by its owner |
 * | POST /auth/revoke | revoke ends a session |
 * | POST /auth/logout | logout ends a session; with cookies in tokens.ts |
 * | /auth/self/user, domains, pwdpolicy, permissions | the caller's own pages |
 * | PATCH /auth/changepw | passwords.ts |
 * | auth-key, rotate-auth-key, jwks.json | the signing key is rotated |
 * | id-providers, oidc-callback, akeyless | sign-in through others is not built yet |
 * | banners | banners |
 * | 2.4 life, how many, ends with, disabled user | the session scenarios; that a token ends after 300 s in clock.ts |
 *
 * Longer than most files because it is a table: each row of the reference is an exchange that reads on its own.
 */
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import {
  absent,
  anyOf,
  array,
  each,
  integer,
  isObject,
  not,
  Rule,
  show,
  signedByOneOf,
  sized,
  someText,
  text,
  time,
  uuid,
} from '../expect.ts'
import {
  acceptedSignIn,
  addMember,
  anError,
  assumed,
  changePassword,
  changeUser,
  forbidden,
  list,
  makePolicy,
  makeUser,
  named,
  noRows,
  notFound,
  nullOrTime,
  OTHER_PASSWORD,
  ours,
  PASSWORD,
  ROOT,
  removePolicy,
  removeUser,
  signIn,
  tokenAnswer,
  unauthorized,
  userShape,
} from './common.ts'

const none = { as: 'none' } as const
const bearer = (name: string) => ({ as: 'none', headers: { Authorization: `Bearer {{${name}}}` } })

/** A member that is absent, null or a time. */
const maybeTime = anyOf(absent, nullOrTime)

const tokenRow = {
  id: uuid,
  created_at: time,
  updated_at: time,
  user_id: /^local\|/,
  client_id: uuid,
  labels: anyOf(absent, array),
  expires_at: maybeTime,
  last_used_at: maybeTime,
  revoked_at: maybeTime,
  refresh_token: absent,
  token: absent,
  token_hash: absent,
  jwt: absent,
}

const signInLabelled = (label: string, keep: Readonly<Record<string, string>>) =>
  post(
    `jo signs in as ${label}`,
    '/auth/tokens',
    { username: named('jo'), password: PASSWORD, labels: [`${label}-{{run}}`] },
    200,
    tokenAnswer,
    { ...none, keep },
  )

const listing: Scenario = {
  name: 'refresh tokens are listed to their owner, and all of them to an administrator',
  exchanges: [
    makeUser('jo'),
    makeUser('ann'),
    signIn('jo'),
    signIn('ann'),
    signInLabelled('phone', { phoneId: 'refresh_token_id', phone: 'refresh_token' }),
    signInLabelled('desk', { deskId: 'refresh_token_id', desk: 'refresh_token' }),
    assumed(
      get(
        'jo sees his three',
        '/auth/tokens/',
        200,
        list(each({ ...tokenRow, user_id: '{{jo}}' }), 3),
        { as: 'jo' },
      ),
    ),
    assumed(
      get('ann sees her one', '/auth/tokens', 200, list([{ ...tokenRow, user_id: '{{ann}}' }], 1), {
        as: 'ann',
      }),
    ),
    assumed(
      get(
        'an administrator sees them by user_id',
        '/auth/tokens/?user_id={{enc:jo}}',
        200,
        list(each({ user_id: '{{jo}}' }), 3),
      ),
    ),
    get(
      'by label',
      '/auth/tokens/?labels=phone-{{run}}',
      200,
      list([{ id: '{{phoneId}}', labels: ['phone-{{run}}'] }], 1),
    ),
    get('a label of nobody', '/auth/tokens/?labels=none-{{run}}', 200, noRows),
    get(
      'another user cannot list them',
      '/auth/tokens/?user_id={{enc:jo}}',
      [200, 403],
      anyOf(noRows, forbidden),
      { as: 'ann' },
    ),
    get('none is revoked', '/auth/tokens/?user_id={{enc:jo}}&revoked=true', 200, noRows),
    get('three are not', '/auth/tokens/?user_id={{enc:jo}}&revoked=False', 200, list(sized(3), 3)),
    get('none is expired', '/auth/tokens/?user_id={{enc:jo}}&expired=True', 200, noRows),
    get('three are not', '/auth/tokens/?user_id={{enc:jo}}&expired=false', 200, list(sized(3), 3)),
    get('paged', '/auth/tokens/?user_id={{enc:jo}}&skip=1&limit=1', 200, list(sized(1), 3)),
    post('one is revoked', '/auth/revoke', { refresh_token: '{{phone}}' }, 204, undefined, {
      as: 'jo',
    }),
    assumed(
      get(
        'and listed as revoked',
        '/auth/tokens/?user_id={{enc:jo}}&revoked=true',
        200,
        list([{ id: '{{phoneId}}', revoked_at: time }], 1),
      ),
    ),
    get('the list never shows a token', '/auth/tokens/?user_id={{enc:jo}}', 200, list(array), {
      silentAbout: ['{{desk}}', '{{phone}}'],
    }),
    get('the list needs a token', '/auth/tokens/?limit=1', 401, unauthorized, none),
  ],
  tidy: [removeUser('jo'), removeUser('ann')],
}

const reading: Scenario = {
  name: 'a refresh token is read and deleted by its owner and by an administrator, by nobody else',
  exchanges: [
    makeUser('jo'),
    makeUser('ann'),
    signIn('jo'),
    signIn('ann'),
    signInLabelled('phone', { phoneId: 'refresh_token_id', phone: 'refresh_token' }),
    signInLabelled('desk', { deskId: 'refresh_token_id', desk: 'refresh_token', deskJwt: 'jwt' }),
    assumed(
      get(
        'jo reads his',
        '/auth/tokens/{{phoneId}}',
        200,
        { ...tokenRow, id: '{{phoneId}}', user_id: '{{jo}}', labels: ['phone-{{run}}'] },
        { as: 'jo', silentAbout: ['{{phone}}'] },
      ),
    ),
    assumed(
      get('an administrator reads it', '/auth/tokens/{{phoneId}}', 200, { id: '{{phoneId}}' }),
    ),
    get('ann does not', '/auth/tokens/{{phoneId}}', [403, 404], anError, { as: 'ann' }),
    del('nor does she delete it', '/auth/tokens/{{phoneId}}', [403, 404], anError, { as: 'ann' }),
    get('an id of nothing', '/auth/tokens/00000000-0000-4000-8000-000000000000', 404, notFound, {
      as: 'jo',
    }),
    del('jo deletes his', '/auth/tokens/{{phoneId}}', 204, undefined, { as: 'jo' }),
    post(
      'it refreshes no more',
      '/auth/tokens',
      { refresh_token: '{{phone}}' },
      401,
      unauthorized,
      none,
    ),
    post(
      'the other still does',
      '/auth/tokens',
      { refresh_token: '{{desk}}' },
      200,
      tokenAnswer,
      none,
    ),
    del('an administrator deletes that', '/auth/tokens/{{deskId}}', 204),
    post(
      'it refreshes no more',
      '/auth/tokens',
      { refresh_token: '{{desk}}' },
      401,
      unauthorized,
      none,
    ),
    ours(
      get('and its access token is dead', '/auth/self/user', 401, unauthorized, {
        ...bearer('deskJwt'),
        withinMs: 1000,
      }),
    ),
    get('without a token nobody reads', '/auth/tokens/{{deskId}}', 401, unauthorized, none),
  ],
  tidy: [removeUser('jo'), removeUser('ann')],
}

const revoking: Scenario = {
  name: 'revoke ends one session and leaves the others',
  exchanges: [
    makeUser('jo'),
    makeUser('ann'),
    signIn('ann'),
    post(
      'jo signs in',
      '/auth/tokens',
      { username: named('jo'), password: PASSWORD },
      200,
      tokenAnswer,
      {
        ...none,
        keep: { one: 'refresh_token', oneJwt: 'jwt', client: 'client_id' },
      },
    ),
    post(
      'and once more',
      '/auth/tokens',
      { username: named('jo'), password: PASSWORD },
      200,
      { ...tokenAnswer, refresh_token: not('{{one}}') },
      {
        ...none,
        keep: { two: 'refresh_token', twoJwt: 'jwt' },
      },
    ),
    post(
      'another user cannot revoke it',
      '/auth/revoke',
      { refresh_token: '{{one}}' },
      [204, 400, 401, 403, 404],
      undefined,
      { as: 'ann' },
    ),
    post(
      'it still refreshes',
      '/auth/tokens',
      { refresh_token: '{{one}}' },
      200,
      tokenAnswer,
      none,
    ),
    assumed(
      post(
        'jo revokes it',
        '/auth/revoke',
        { client_id: '{{client}}', refresh_token: '{{one}}' },
        204,
        undefined,
        bearer('twoJwt'),
      ),
    ),
    post(
      'it refreshes no more',
      '/auth/tokens',
      { refresh_token: '{{one}}' },
      401,
      { ...unauthorized, message: /^(Token has been revoked|Invalid token)/ },
      none,
    ),
    ours(
      get('its access token is dead within a second', '/auth/self/user', 401, unauthorized, {
        ...bearer('oneJwt'),
        withinMs: 1000,
      }),
    ),
    get(
      'the other session goes on',
      '/auth/self/user',
      200,
      { username: named('jo') },
      bearer('twoJwt'),
    ),
    post('and refreshes', '/auth/tokens', { refresh_token: '{{two}}' }, 200, tokenAnswer, none),
    post(
      'revoke needs a token',
      '/auth/revoke',
      { refresh_token: '{{two}}' },
      401,
      unauthorized,
      none,
    ),
    post(
      'and still refreshes',
      '/auth/tokens',
      { refresh_token: '{{two}}' },
      200,
      tokenAnswer,
      none,
    ),
  ],
  tidy: [removeUser('jo'), removeUser('ann')],
}

const logout: Scenario = {
  name: 'logout ends the session it is called in',
  exchanges: [
    makeUser('jo'),
    post(
      'jo signs in',
      '/auth/tokens',
      { username: named('jo'), password: PASSWORD },
      200,
      tokenAnswer,
      { ...none, keep: { one: 'jwt', refresh: 'refresh_token' } },
    ),
    post(
      'and once more',
      '/auth/tokens',
      { username: named('jo'), password: PASSWORD },
      200,
      tokenAnswer,
      { ...none, keep: { two: 'jwt' } },
    ),
    assumed(post('he logs out', '/auth/logout', undefined, 204, undefined, bearer('one'))),
    ours(
      get('that access token is dead', '/auth/self/user', 401, unauthorized, {
        ...bearer('one'),
        withinMs: 1000,
      }),
    ),
    ours(
      post(
        'so is its refresh token',
        '/auth/tokens',
        { refresh_token: '{{refresh}}' },
        401,
        unauthorized,
        none,
      ),
    ),
    get(
      'the other session goes on',
      '/auth/self/user',
      200,
      { username: named('jo') },
      bearer('two'),
    ),
    post('logout needs a session', '/auth/logout', undefined, 401, unauthorized, none),
  ],
  tidy: [removeUser('jo')],
}

const deadWithin = (name: string) => [
  ours(
    get('the access token is dead within a second', '/auth/self/user', 401, unauthorized, {
      ...bearer(`${name}.jwt`),
      withinMs: 1000,
    }),
  ),
  post(
    'the refresh token is dead',
    '/auth/tokens',
    { refresh_token: `{{${name}.refresh}}` },
    401,
    unauthorized,
    none,
  ),
]

const endings: Scenario = {
  name: 'sessions end with the user, his expiry and his password',
  exchanges: [
    makeUser('deleted'),
    signIn('deleted'),
    del('a user is deleted', '/usermgmt/users/{{enc:deleted}}', 204),
    ...deadWithin('deleted'),
    makeUser('expired'),
    signIn('expired'),
    changeUser('a user expires', 'expired', { expires_at: '2001-01-01T00:00:00Z' }, 200),
    ...deadWithin('expired').map(assumed),
    makeUser('reset'),
    signIn('reset'),
    changeUser('an administrator sets a password', 'reset', { password: OTHER_PASSWORD }, 200),
    ...deadWithin('reset').map(assumed),
    acceptedSignIn('the new password opens a new session', 'reset', OTHER_PASSWORD),
    makeUser('changed'),
    signIn('changed'),
    changePassword('a user changes his password', 'changed', PASSWORD, OTHER_PASSWORD, 200),
    ...deadWithin('changed').map(assumed),
    makeUser('soon', { expires_at: '{{in:3}}' }),
    signIn('soon'),
    get(
      'an account works until it expires',
      '/auth/self/user',
      200,
      { expires_at: time },
      bearer('soon.jwt'),
    ),
    get('and is dead from then on', '/auth/self/user', 401, unauthorized, {
      ...bearer('soon.jwt'),
      withinMs: 5000,
    }),
  ],
  tidy: ['deleted', 'expired', 'reset', 'changed', 'soon'].map(removeUser),
}

const demotion: Scenario = {
  name: 'a right ends with the membership that gave it',
  exchanges: [
    makeUser('jo'),
    addMember('jo', 'User%20Admins'),
    signIn('jo'),
    get(
      'a member of User Admins reads policies',
      '/usermgmt/pwdpolicies/',
      200,
      list(array),
      bearer('jo.jwt'),
    ),
    del('he leaves', '/usermgmt/groups/User%20Admins/users/{{enc:jo}}', 204),
    ours(
      get(
        'his token reads them no more within a second',
        '/usermgmt/pwdpolicies/',
        [401, 403],
        anError,
        { ...bearer('jo.jwt'), withinMs: 1000 },
      ),
    ),
  ],
  tidy: [removeUser('jo')],
}

const self: Scenario = {
  name: 'a caller reads and changes his own page, not his rights',
  exchanges: [
    makePolicy('strict', { inclusive_min_total_length: 12 }),
    makeUser('jo', { password_policy: named('strict') }),
    signIn('jo'),
    get(
      'his user',
      '/auth/self/user',
      200,
      { ...userShape, user_id: '{{jo}}', username: named('jo') },
      { as: 'jo' },
    ),
    get(
      'the same through /usermgmt',
      '/usermgmt/users/self',
      200,
      { ...userShape, user_id: '{{jo}}' },
      { as: 'jo' },
    ),
    patch(
      'he changes what is his',
      '/auth/self/user',
      {
        name: 'Jo Smith',
        nickname: 'J',
        email: 'jo@example.org',
        user_metadata: { theme: 'dark' },
      },
      200,
      {
        ...userShape,
        name: 'Jo Smith',
        nickname: 'J',
        email: 'jo@example.org',
        user_metadata: { theme: 'dark' },
      },
      { as: 'jo' },
    ),
    patch(
      'he cannot change his rights',
      '/auth/self/user',
      {
        username: 'other',
        groups: ['admin'],
        password: OTHER_PASSWORD,
        allowed_auth_methods: [],
        allowed_client_types: [],
        expires_at: '2001-01-01T00:00:00Z',
        password_policy: 'global',
        password_change_required: true,
        app_metadata: { role: 'chief' },
        certificate_subject_dn: 'C=US,O=Thales,CN=chief',
        login_flags: { prevent_ui_login: true },
        failed_logins_count: 0,
      },
      [200, 400, 403],
      undefined,
      { as: 'jo' },
    ),
    get('none of it happened', '/usermgmt/users/{{enc:jo}}', 200, {
      username: named('jo'),
      allowed_auth_methods: ['password'],
      allowed_client_types: ['unregistered', 'public', 'confidential'],
      expires_at: absent,
      password_policy: named('strict'),
      password_change_required: false,
      app_metadata: absent,
      certificate_subject_dn: '',
      login_flags: { prevent_ui_login: false },
    }),
    acceptedSignIn('and his password is the same', 'jo'),
    get('his domains', '/auth/self/domains', 200, list([{ id: ROOT, name: 'root' }], 1), {
      as: 'jo',
    }),
    get(
      'the policy that binds him',
      '/auth/self/pwdpolicy',
      200,
      {
        policy_name: named('strict'),
        inclusive_min_total_length: 12,
        password_history_threshold: 5,
      },
      { as: 'jo' },
    ),
    get('the policy that binds the administrator', '/auth/self/pwdpolicy', 200, {
      inclusive_min_total_length: integer,
    }),
    ...[
      '/auth/self/user',
      '/auth/self/domains',
      '/auth/self/pwdpolicy',
      '/usermgmt/users/self',
    ].map((path) => get(`${path} needs a token`, path, 401, unauthorized, none)),
    patch('so does changing it', '/auth/self/user', { name: 'x' }, 401, unauthorized, none),
    post('permissions need a token', '/auth/self/permissions', {}, 401, unauthorized, none),
    post('permissions are a known path', '/auth/self/permissions', {}, [200, 400, 501], undefined, {
      as: 'jo',
    }),
  ],
  tidy: [removeUser('jo'), removePolicy('strict')],
}

const noPrivateKey = new Rule('no private part of a key anywhere', (value, at) => {
  const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']
  const search = (part: unknown): boolean =>
    Array.isArray(part)
      ? part.some(search)
      : isObject(part) &&
        (Object.keys(part).some((key) => secrets.includes(key)) || Object.values(part).some(search))
  return search(value) || JSON.stringify(value).includes('PRIVATE')
    ? [`${at}: a private key in ${show(value)}`]
    : []
})

const signingKey: Scenario = {
  name: 'the signing key is rotated without ending sessions',
  exchanges: [
    makeUser('jo'),
    signIn('jo'),
    get(
      'anyone reads the published keys',
      '/auth/jwks.json',
      200,
      { keys: not([]) },
      { ...none, keep: { before: 'keys' } },
    ),
    get('they have no private part', '/auth/jwks.json', 200, noPrivateKey, none),
    assumed(get('an administrator sees the key', '/auth/auth-key', 200, noPrivateKey)),
    get('others do not', '/auth/auth-key', 403, forbidden, { as: 'jo' }),
    post('nor do they rotate it', '/auth/rotate-auth-key', undefined, 403, forbidden, { as: 'jo' }),
    post(
      'nor does anyone without a token',
      '/auth/rotate-auth-key',
      undefined,
      401,
      unauthorized,
      none,
    ),
    assumed(post('an administrator rotates it', '/auth/rotate-auth-key', undefined, 200)),
    get(
      'a token from before goes on',
      '/auth/self/user',
      200,
      { username: named('jo') },
      bearer('jo.jwt'),
    ),
    get(
      'a new key is published',
      '/auth/jwks.json',
      200,
      { keys: not([]) },
      { ...none, keep: { after: 'keys' } },
    ),
    post(
      'and signs',
      '/auth/tokens',
      { username: named('jo'), password: PASSWORD },
      200,
      { jwt: signedByOneOf('{{after}}') },
      { ...none, keep: { new: 'jwt' } },
    ),
    get('the new token works', '/auth/self/user', 200, { username: named('jo') }, bearer('new')),
    post(
      'a refresh token from before goes on',
      '/auth/tokens',
      { refresh_token: '{{jo.refresh}}' },
      200,
      tokenAnswer,
      none,
    ),
  ],
  tidy: [removeUser('jo')],
}

const banners: Scenario = {
  name: 'banners are read by whom they are for and set by administrators',
  exchanges: [
    makeUser('jo'),
    signIn('jo'),
    assumed(
      get(
        'anyone reads the one before sign-in',
        '/auth/banners/pre-auth',
        200,
        { value: text },
        { ...none, keep: { pre: 'value' } },
      ),
    ),
    get(
      'a user reads the one after',
      '/auth/banners/post-auth',
      200,
      { value: text },
      { as: 'jo', keep: { post: 'value' } },
    ),
    get('nobody else does', '/auth/banners/post-auth', 401, unauthorized, none),
    ...['pre-auth', 'post-auth'].flatMap((kind) => [
      patch(
        `an administrator sets ${kind}`,
        `/auth/banners/${kind}`,
        { value: 'Line one\nLine "two" ä€' },
        200,
        { value: 'Line one\nLine "two" ä€' },
      ),
      get(
        `${kind} is shown`,
        `/auth/banners/${kind}`,
        200,
        { value: 'Line one\nLine "two" ä€' },
        { as: 'jo' },
      ),
      patch(
        `a user does not set ${kind}`,
        `/auth/banners/${kind}`,
        { value: 'mine' },
        403,
        forbidden,
        { as: 'jo' },
      ),
      patch(
        `nobody sets ${kind} without a token`,
        `/auth/banners/${kind}`,
        { value: 'mine' },
        401,
        unauthorized,
        none,
      ),
      patch(`${kind} is a text`, `/auth/banners/${kind}`, { value: 7 }, 400, anError),
      patch(`${kind} is unset`, `/auth/banners/${kind}`, { value: '' }, 200, { value: '' }),
      get(`${kind} is empty then`, `/auth/banners/${kind}`, 200, { value: '' }, { as: 'jo' }),
    ]),
    get('there is no third banner', '/auth/banners/other', 404, notFound),
  ],
  tidy: [
    patch('tidy', '/auth/banners/pre-auth', { value: '{{pre}}' }, 200),
    patch('tidy', '/auth/banners/post-auth', { value: '{{post}}' }, 200),
    removeUser('jo'),
  ],
}

const later: Scenario = {
  name: 'what needs domains, groups of clients or identity providers says that it is not built yet',
  exchanges: [
    get('identity providers', '/auth/id-providers', [200, 501], anyOf(noRows, anError), none),
    get('a provider login', '/auth/id-providers/conf-none/login', [404, 501], anError, none),
    post('an OIDC callback', '/auth/oidc-callback', {}, 501, anError, none),
    post('an Akeyless token', '/auth/akeyless/tokens', {}, 501, anError),
    get('domains', '/domains', 501, anError),
    post(
      'a new domain',
      '/domains',
      { name: named('domain'), admins: ['{{adminName}}'] },
      501,
      anError,
    ),
    get('the current domain', '/domain', [200, 501]),
    post('a client renews itself', '/client-management/self/client/renew', {}, 501, anError),
    get('identity connections', '/usermgmt/connections/', 501, anError),
    get('group maps', '/usermgmt/groupmaps/', 501, anError),
    post(
      'client membership',
      '/client-management/groups/admin/clients/5b2f7f0e-6d1b-4c57-9a39-111111111111',
      undefined,
      501,
      anError,
    ),
    del(
      'leaving client membership',
      '/client-management/groups/admin/clients/5b2f7f0e-6d1b-4c57-9a39-111111111111',
      501,
      anError,
    ),
    get('nothing of it without a token', '/domains', 401, unauthorized, none),
  ].map(ours),
}

const info: Scenario = {
  name: 'system information names the product and a version that clients can compare',
  exchanges: [
    get(
      'the information',
      '/system/info',
      200,
      {
        name: someText,
        version: /^2\.19\.0\+./,
        model: /Keystead/,
        vendor: /Keystead/,
        uptime: someText,
        system_time: time,
      },
      { keep: { name: 'name' } },
    ),
    get('with a trailing slash', '/system/info/', 200, { name: '{{name}}' }),
    patch('an administrator names the server', '/system/info', { name: named('server') }, 200, {
      name: named('server'),
    }),
    get('the name is kept', '/system/info', 200, { name: named('server') }),
  ],
  tidy: [patch('tidy', '/system/info', { name: '{{name}}' }, 200)],
}

export const sessions: readonly Scenario[] = [
  listing,
  reading,
  revoking,
  logout,
  endings,
  demotion,
  self,
  signingKey,
  banners,
  later,
  info,
]
