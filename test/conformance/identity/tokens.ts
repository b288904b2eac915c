/**
 * Reference 2.1 and 2.2, POST /auth/tokens and the token it gives.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | the request examples, JSON and form, with and without slash | every request form |
 * | grant_type, username, name, password | the password grant |
 * | connection, domain, auth_domain, auth_domain_path | places to sign in to |
 * | client_id, client_credential | grants of a later step (501 or the 401 of the error table) |
 * | user_certificate, and password with it | certificates.ts |
 * | refresh_token, renew_refresh_token | the refresh grant; a renewed refresh token |
 * | refresh_token_lifetime, refresh_token_revoke_unused_in | limits; that they come true in clock.ts |
 * | cookies, labels | a session in cookies; labels are in sessions.ts |
 * | response fields | every request form |
 * | error rows | refused sign-ins; changed passwords in passwords.ts; revoked refresh tokens in sessions.ts |
 * | 2.2 | the access token |
 *
 * Longer than most files because it is a table: each row of the reference is an exchange that reads on its own.
 */
import { get, patch, post, type Scenario } from '../exchange.ts'
import {
  absent,
  allOf,
  anyOf,
  between,
  containing,
  type Expected,
  each,
  integer,
  jwt,
  not,
  object,
  signedByOneOf,
  someText,
  uuid,
} from '../expect.ts'
import {
  acceptedSignIn,
  addMember,
  anError,
  assumed,
  badRequest,
  changeUser,
  makeGroup,
  makeUser,
  named,
  OTHER_PASSWORD,
  ours,
  PASSWORD,
  ROOT,
  refusedSignIn,
  refusedValue,
  removeGroup,
  removeUser,
  signIn,
  tokenAnswer,
  unauthorized,
  wrongPassword,
} from './common.ts'

const none = { as: 'none' } as const
const jo = { username: named('jo'), password: PASSWORD }
const paths = ['/auth/tokens', '/auth/tokens/']

/** The request forms that clients were seen to send, with their fields. */
const passwordForms: readonly [string, Readonly<Record<string, unknown>>][] = [
  ['grant_type, username, password', { grant_type: 'password', ...jo }],
  ['no grant_type and an empty domain', { ...jo, domain: '' }],
  [
    'the web console',
    {
      ...jo,
      connection: 'local_account',
      grant_type: 'password',
      refresh_token_revoke_unused_in: 30,
      cookies: true,
      labels: ['web-ui'],
    },
  ],
  ['name in place of username', { name: named('jo'), password: PASSWORD }],
  [
    'Terraform, with every empty field',
    {
      ...jo,
      domain: '',
      auth_domain: '',
      connection: '',
      grant_type: 'password',
      refresh_token: '',
    },
  ],
]

const requestForms: Scenario = {
  name: 'a token is given for every form of request that clients send',
  exchanges: [
    makeUser('jo'),
    ...paths.flatMap((path) =>
      passwordForms.map(([what, json]) =>
        post(`${what}, at ${path}`, path, json, 200, tokenAnswer, none),
      ),
    ),
    signIn('jo'),
    ...paths.flatMap((path) => [
      post(
        `a refresh at ${path}`,
        path,
        { grant_type: 'refresh_token', refresh_token: '{{jo.refresh}}' },
        200,
        { ...tokenAnswer, refresh_token: '{{jo.refresh}}' },
        none,
      ),
      post(
        `a refresh without grant_type at ${path}`,
        path,
        { refresh_token: '{{jo.refresh}}' },
        200,
        tokenAnswer,
        none,
      ),
      post(`a form with a password at ${path}`, path, undefined, 200, tokenAnswer, {
        ...none,
        form: { grant_type: 'password', ...jo },
      }),
      post(`a form without grant_type at ${path}`, path, undefined, 200, tokenAnswer, {
        ...none,
        form: jo,
      }),
      post(`a form with empty fields at ${path}`, path, undefined, 200, tokenAnswer, {
        ...none,
        form: { ...jo, domain: '', connection: '' },
      }),
      post(`a form with a refresh token at ${path}`, path, undefined, 200, tokenAnswer, {
        ...none,
        form: { grant_type: 'refresh_token', refresh_token: '{{jo.refresh}}' },
      }),
    ]),
    post(
      'a refresh names the domain',
      '/auth/tokens',
      { grant_type: 'refresh_token', refresh_token: '{{jo.refresh}}', domain: 'root' },
      200,
      tokenAnswer,
      none,
    ),
    post('a form with a charset', '/auth/tokens', undefined, 200, tokenAnswer, {
      ...none,
      form: jo,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' },
    }),
    post(
      'a form may hold any character of a password',
      '/auth/tokens',
      undefined,
      401,
      wrongPassword,
      {
        ...none,
        form: { username: named('jo'), password: 'a+b &=%ä' },
      },
    ),
    post(
      'a form tells a limit in digits',
      '/auth/tokens',
      undefined,
      200,
      {
        ...tokenAnswer,
        refresh_token_expires_in: between(1790, 1800),
      },
      { ...none, form: { ...jo, refresh_token_lifetime: '30' } },
    ),
  ],
  tidy: [removeUser('jo')],
}

const passwordGrant: Scenario = {
  name: 'the password grant knows a user whatever the case of the name',
  exchanges: [
    makeUser('jo'),
    post(
      'in capitals',
      '/auth/tokens',
      { username: 'CONF-JO-{{upper:run}}', password: PASSWORD },
      200,
      tokenAnswer,
      none,
    ),
    post(
      'as it was made',
      '/auth/tokens',
      jo,
      200,
      { ...tokenAnswer, refresh_token_expires_in: absent },
      none,
    ),
    post(
      'unknown fields are ignored',
      '/auth/tokens',
      { ...jo, colour: 'green' },
      200,
      tokenAnswer,
      none,
    ),
    post(
      'null fields are absent',
      '/auth/tokens',
      { ...jo, domain: null, labels: null, cookies: null, connection: null },
      200,
      tokenAnswer,
      none,
    ),
    post(
      'an unknown grant_type',
      '/auth/tokens',
      { ...jo, grant_type: 'telepathy' },
      400,
      refusedValue,
      none,
    ),
    post('no fields at all', '/auth/tokens', {}, [400, 401], anError, none),
    post('a username alone', '/auth/tokens', { username: named('jo') }, [400, 401], anError, none),
    post('a password alone', '/auth/tokens', { password: PASSWORD }, [400, 401], anError, none),
    post(
      'a password that is a number',
      '/auth/tokens',
      { username: named('jo'), password: 7 },
      400,
      badRequest,
      none,
    ),
    post(
      'a refresh without a token',
      '/auth/tokens',
      { grant_type: 'refresh_token' },
      [400, 401],
      anError,
      none,
    ),
  ],
  tidy: [removeUser('jo')],
}

const places: Scenario = {
  name: 'a token is given for the root domain by any of its names, and for no domain that is not there',
  exchanges: [
    makeUser('jo'),
    ...['', 'root', ROOT].flatMap((domain) => [
      post(
        `domain ${domain || 'empty'}`,
        '/auth/tokens',
        { ...jo, domain },
        200,
        tokenAnswer,
        none,
      ),
      post(
        `auth_domain ${domain || 'empty'}`,
        '/auth/tokens',
        { ...jo, auth_domain: domain },
        200,
        tokenAnswer,
        none,
      ),
    ]),
    post(
      'connection local_account',
      '/auth/tokens',
      { ...jo, connection: 'local_account' },
      200,
      tokenAnswer,
      none,
    ),
    post(
      'an empty auth_domain_path',
      '/auth/tokens',
      { ...jo, auth_domain_path: '' },
      200,
      tokenAnswer,
      none,
    ),
    assumed(
      post(
        'an unknown domain',
        '/auth/tokens',
        { ...jo, domain: 'conf-none-{{run}}' },
        401,
        unauthorized,
        none,
      ),
    ),
    assumed(
      post(
        'an unknown auth_domain',
        '/auth/tokens',
        { ...jo, auth_domain: 'conf-none-{{run}}' },
        401,
        unauthorized,
        none,
      ),
    ),
    assumed(
      post(
        'an unknown auth_domain_path',
        '/auth/tokens',
        { ...jo, auth_domain_path: '/conf-none-{{run}}' },
        [401, 501],
        anError,
        none,
      ),
    ),
    assumed(
      post(
        'an unknown connection',
        '/auth/tokens',
        { ...jo, connection: 'conf-none-{{run}}' },
        [401, 501],
        anError,
        none,
      ),
    ),
  ],
  tidy: [removeUser('jo')],
}

const laterGrants: Scenario = {
  name: 'grants that need clients are refused without giving a token',
  exchanges: [
    makeUser('jo'),
    post(
      'an unknown client',
      '/auth/tokens',
      { grant_type: 'client_credential', client_id: '5b2f7f0e-6d1b-4c57-9a39-111111111111' },
      [401, 501],
      anError,
      none,
    ),
    post('an unknown client as a form', '/auth/tokens', undefined, [401, 501], anError, {
      ...none,
      form: { grant_type: 'client_credential', client_id: '5b2f7f0e-6d1b-4c57-9a39-111111111111' },
    }),
    post(
      'a password grant for an unknown client',
      '/auth/tokens',
      { ...jo, client_id: '5b2f7f0e-6d1b-4c57-9a39-111111111111' },
      [401, 501],
      anError,
      none,
    ),
    post(
      'an empty client_id is absent',
      '/auth/tokens',
      { ...jo, client_id: '' },
      200,
      tokenAnswer,
      none,
    ),
  ],
  tidy: [removeUser('jo')],
}

const refresh: Scenario = {
  name: 'a refresh answers the same refresh token, which goes on working',
  exchanges: [
    makeUser('jo'),
    post('jo signs in', '/auth/tokens', jo, 200, tokenAnswer, {
      ...none,
      keep: { refresh: 'refresh_token', id: 'refresh_token_id', first: 'jwt' },
    }),
    post(
      'a refresh',
      '/auth/tokens',
      { grant_type: 'refresh_token', refresh_token: '{{refresh}}' },
      200,
      {
        ...tokenAnswer,
        refresh_token: '{{refresh}}',
        refresh_token_id: '{{id}}',
        jwt: not('{{first}}'),
      },
      { ...none, keep: { second: 'jwt' } },
    ),
    post(
      'another, with renew_refresh_token false',
      '/auth/tokens',
      { grant_type: 'refresh_token', refresh_token: '{{refresh}}', renew_refresh_token: false },
      200,
      {
        refresh_token: '{{refresh}}',
        refresh_token_id: '{{id}}',
      },
      none,
    ),
    get(
      'the new access token works',
      '/auth/self/user',
      200,
      { username: named('jo') },
      {
        ...none,
        headers: { Authorization: 'Bearer {{second}}' },
      },
    ),
    get(
      'so does the first',
      '/auth/self/user',
      200,
      { username: named('jo') },
      {
        ...none,
        headers: { Authorization: 'Bearer {{first}}' },
      },
    ),
    post(
      'an unknown refresh token',
      '/auth/tokens',
      { grant_type: 'refresh_token', refresh_token: 'A'.repeat(64) },
      401,
      {
        ...unauthorized,
        message: /^(Invalid token|Token has been revoked)/,
      },
      none,
    ),
    post(
      'text that is no refresh token',
      '/auth/tokens',
      { grant_type: 'refresh_token', refresh_token: 'x' },
      401,
      unauthorized,
      none,
    ),
    post(
      'an access token in place of a refresh token',
      '/auth/tokens',
      { grant_type: 'refresh_token', refresh_token: '{{first}}' },
      [400, 401],
      anError,
      none,
    ),
  ],
  tidy: [removeUser('jo')],
}

const terraformRefresh = {
  username: '',
  password: '',
  domain: '',
  grant_type: 'refresh_token',
  renew_refresh_token: true,
}

const renewal: Scenario = {
  name: 'a renewed refresh token takes the place of the old one',
  exchanges: [
    makeUser('jo'),
    post('jo signs in', '/auth/tokens', jo, 200, tokenAnswer, {
      ...none,
      keep: { old: 'refresh_token', oldId: 'refresh_token_id' },
    }),
    post(
      'Terraform renews with empty fields',
      '/auth/tokens',
      { ...terraformRefresh, refresh_token: '{{old}}' },
      200,
      {
        ...tokenAnswer,
        refresh_token: allOf(/^[A-Za-z0-9]{64}$/, not('{{old}}')),
        refresh_token_id: not('{{oldId}}'),
      },
      { ...none, keep: { next: 'refresh_token' } },
    ),
    post(
      'the new one works',
      '/auth/tokens',
      { refresh_token: '{{next}}' },
      200,
      { refresh_token: '{{next}}' },
      none,
    ),
    post(
      'the old one is dead',
      '/auth/tokens',
      { refresh_token: '{{old}}' },
      401,
      unauthorized,
      none,
    ),
    ours(
      post(
        'and showing it has ended the session',
        '/auth/tokens',
        { refresh_token: '{{next}}' },
        401,
        unauthorized,
        none,
      ),
    ),
  ],
  tidy: [removeUser('jo')],
}

const limits: Scenario = {
  name: 'a refresh token is limited as asked, and its answer says how long it has',
  exchanges: [
    makeUser('jo'),
    ...(
      [
        ['a lifetime of 30 minutes', { refresh_token_lifetime: 30 }, between(1790, 1800)],
        ['30 minutes without use', { refresh_token_revoke_unused_in: 30 }, between(1790, 1800)],
        [
          'both',
          { refresh_token_lifetime: 60, refresh_token_revoke_unused_in: 30 },
          anyOf(between(1790, 1800), between(3590, 3600)),
        ],
        ['0 is no limit', { refresh_token_lifetime: 0, refresh_token_revoke_unused_in: 0 }, absent],
        ['none asked for', {}, absent],
      ] as const
    ).map(([what, fields, expires]: readonly [string, object, Expected]) =>
      post(
        what,
        '/auth/tokens',
        { ...jo, ...fields },
        200,
        { ...tokenAnswer, refresh_token_expires_in: expires },
        none,
      ),
    ),
    post(
      'a negative lifetime',
      '/auth/tokens',
      { ...jo, refresh_token_lifetime: -1 },
      400,
      refusedValue,
      none,
    ),
    post(
      'a lifetime that is no number',
      '/auth/tokens',
      { ...jo, refresh_token_lifetime: 'long' },
      400,
      refusedValue,
      none,
    ),
  ],
  tidy: [removeUser('jo')],
}

const cookies: Scenario = {
  name: 'cookies carry the session when asked for, until it is logged out',
  exchanges: [
    makeUser('jo'),
    post('no cookies unless asked for', '/auth/tokens', jo, 200, tokenAnswer, {
      ...none,
      answerHeaders: { 'Set-Cookie': absent },
    }),
    post(
      'the web console signs in',
      '/auth/tokens',
      { ...jo, cookies: true, labels: ['web-ui'] },
      200,
      tokenAnswer,
      {
        ...none,
        answerHeaders: { 'Set-Cookie': allOf(/;\s*HttpOnly/i, /;\s*Secure/i) },
        keep: { cookies: 'cookies' },
      },
    ),
    get(
      'the cookies open the API',
      '/auth/self/user',
      200,
      { username: named('jo') },
      { ...none, headers: { Cookie: '{{cookies}}' } },
    ),
    ours(
      post('another site cannot act with them', '/auth/logout', undefined, [401, 403], anError, {
        ...none,
        headers: {
          Cookie: '{{cookies}}',
          Origin: 'https://elsewhere.example',
          'Sec-Fetch-Site': 'cross-site',
        },
      }),
    ),
    assumed(
      post('logout ends the session', '/auth/logout', undefined, 204, undefined, {
        ...none,
        headers: { Cookie: '{{cookies}}', 'Sec-Fetch-Site': 'same-origin' },
      }),
    ),
    get('the cookies open nothing any more', '/auth/self/user', 401, unauthorized, {
      ...none,
      headers: { Cookie: '{{cookies}}' },
      withinMs: 1000,
    }),
  ],
  tidy: [removeUser('jo')],
}

const refusals: Scenario = {
  name: 'every refused sign-in says the same',
  exchanges: [
    makeUser('jo'),
    makeUser('expired', { expires_at: '2001-01-01T00:00:00Z' }),
    makeUser('nomethod', { allowed_auth_methods: [] }),
    makeUser('certificate', { allowed_auth_methods: ['user_certificate'] }),
    makeUser('both', { allowed_auth_methods: ['password_with_user_certificate'] }),
    makeUser('noclient', { allowed_client_types: [] }),
    makeUser('registered', { allowed_client_types: ['public', 'confidential'] }),
    makeUser('unregistered', { allowed_client_types: ['unregistered'] }),
    post(
      'a wrong password',
      '/auth/tokens',
      { ...jo, password: 'Mistaken-Pass-99' },
      401,
      wrongPassword,
      none,
    ),
    post(
      'an unknown user',
      '/auth/tokens',
      { username: 'conf-none-{{run}}', password: PASSWORD },
      401,
      wrongPassword,
      none,
    ),
    post(
      'a password in another case',
      '/auth/tokens',
      { ...jo, password: 'conform-pass-01' },
      401,
      wrongPassword,
      none,
    ),
    assumed(refusedSignIn('an expired account', 'expired')),
    assumed(refusedSignIn('an account without a method', 'nomethod')),
    assumed(refusedSignIn('an account for certificates alone', 'certificate')),
    assumed(refusedSignIn('an account for password and certificate together', 'both')),
    assumed(refusedSignIn('an account without a client type', 'noclient')),
    assumed(refusedSignIn('an account for registered clients', 'registered')),
    acceptedSignIn('an account for unregistered clients signs in', 'unregistered'),
    post('malformed JSON', '/auth/tokens', undefined, 400, badRequest, {
      ...none,
      text: '{"username":',
    }),
    post('an empty body', '/auth/tokens', undefined, 400, badRequest, { ...none, text: '' }),
    post('an array', '/auth/tokens', [], 400, badRequest, none),
    ours(
      post(
        'a reserved name signs nobody in',
        '/auth/tokens',
        { username: 'global', password: PASSWORD },
        401,
        wrongPassword,
        none,
      ),
    ),
  ],
  tidy: [
    'jo',
    'expired',
    'nomethod',
    'certificate',
    'both',
    'noclient',
    'registered',
    'unregistered',
  ].map(removeUser),
}

const administrators: Scenario = {
  name: 'login lists do not bind members of group admin',
  exchanges: [
    makeUser('chief', { allowed_auth_methods: [], allowed_client_types: [] }),
    refusedSignIn('before joining nothing lets him in', 'chief'),
    addMember('chief', 'admin'),
    acceptedSignIn('as a member he signs in', 'chief'),
  ],
  tidy: [removeUser('chief')],
}

const uiLogin: Scenario = {
  name: 'prevent_ui_login keeps a user out of the web console, not out of the API',
  exchanges: [
    makeUser('jo', { login_flags: { prevent_ui_login: true } }),
    acceptedSignIn('the API gives a token', 'jo'),
    assumed(
      post(
        'the web console gets none',
        '/auth/tokens',
        { ...jo, cookies: true, labels: ['web-ui'], grant_type: 'password' },
        401,
        unauthorized,
        none,
      ),
    ),
    changeUser('the flag is turned off', 'jo', { login_flags: { prevent_ui_login: false } }, 200, {
      login_flags: { prevent_ui_login: false },
    }),
    post(
      'the web console gets a token',
      '/auth/tokens',
      { ...jo, cookies: true, labels: ['web-ui'] },
      200,
      tokenAnswer,
      none,
    ),
  ],
  tidy: [removeUser('jo')],
}

const forcedChange: Scenario = {
  name: 'a password that must be changed gives no token until it is changed',
  exchanges: [
    makeUser('jo', { password_change_required: true }),
    assumed(
      post(
        'the answer says why',
        '/auth/tokens',
        jo,
        401,
        {
          ...unauthorized,
          message: allOf(/password/i, /chang/i, not('Wrong username or password.')),
        },
        none,
      ),
    ),
    refusedSignIn('a wrong password says only that', 'jo', 'Mistaken-Pass-99'),
    patch(
      'changepw still works',
      '/auth/changepw',
      { ...jo, new_password: OTHER_PASSWORD },
      200,
      { message: 'password changed' },
      none,
    ),
    acceptedSignIn('the new password gives a token', 'jo', OTHER_PASSWORD),
    refusedSignIn('the old one gives none', 'jo'),
    get('the flag is off', '/usermgmt/users/{{enc:jo}}', 200, { password_change_required: false }),
  ],
  tidy: [removeUser('jo')],
}

const accessToken: Scenario = {
  name: 'the access token is a JWT with the claims that policies and clients read',
  exchanges: [
    makeUser('jo'),
    makeGroup('crew'),
    addMember('jo', named('crew')),
    get(
      'the keys are published',
      '/auth/jwks.json',
      200,
      { keys: each({ kty: someText, kid: someText, d: absent, p: absent, k: absent }) },
      { ...none, keep: { keys: 'keys' } },
    ),
    post(
      'jo signs in',
      '/auth/tokens',
      jo,
      200,
      {
        ...tokenAnswer,
        jwt: allOf(
          jwt(
            { typ: 'JWT', alg: someText },
            {
              iss: 'kylo',
              sub: '{{jo}}',
              aud: uuid,
              acc: 'kylo',
              preferred_username: named('jo'),
              cust: {
                client_type: 'unregistered',
                domain_id: ROOT,
                groups: [named('crew')],
                sid: uuid,
                zone_id: uuid,
              },
              jwtid: uuid,
              iat: integer,
              exp: integer,
            },
          ),
          signedByOneOf('{{keys}}'),
        ),
      },
      { ...none, keep: { token: 'jwt' } },
    ),
    post(
      'the administrator signs in',
      '/auth/tokens',
      { username: '{{adminName}}', password: '{{adminPassword}}' },
      200,
      {
        jwt: jwt(object, {
          preferred_username: '{{adminName}}',
          cust: { groups: containing('admin') },
        }),
      },
      none,
    ),
    post(
      'a refreshed token has the same claims',
      '/auth/tokens',
      jo,
      200,
      { jwt: jwt(object, { sub: '{{jo}}', cust: { groups: [named('crew')] } }) },
      none,
    ),
    makeUser('plain'),
    post(
      'a user without groups has none in the token',
      '/auth/tokens',
      { username: named('plain'), password: PASSWORD },
      200,
      {
        jwt: jwt(object, { cust: { groups: [] } }),
      },
      none,
    ),
  ],
  tidy: [removeUser('jo'), removeUser('plain'), removeGroup('crew')],
}

export const tokens: readonly Scenario[] = [
  requestForms,
  passwordGrant,
  places,
  laterGrants,
  refresh,
  renewal,
  limits,
  cookies,
  refusals,
  administrators,
  uiLogin,
  forcedChange,
  accessToken,
]
