/**
 * Reference section 1, what every call shares.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 1.1 Base, TLS | TLS 1.2 and later |
 * | 1.1 Trailing slash, Query on a slash | with and without a trailing slash |
 * | 1.1 Double slash | repeated slashes |
 * | 1.1 Auth header | the Authorization header |
 * | 1.1 Content type | content types |
 * | 1.1 Empty body, DELETE with body | bodies that are not there, bodies on DELETE |
 * | 1.1 Unknown fields, `null` | unknown and null fields |
 * | 1.1 Query booleans | query booleans |
 * | 1.1 Path identifiers | path identifiers |
 * | 1.1 Accept | the Accept header |
 * | 1.2 success codes | all over the suite; empty and `{}` answers are caught at every exchange |
 * | 1.2 failure codes | bad requests, unknown paths and methods; 401 under the Authorization header; 409 under groups, users |
 * | 1.2 429, 503, 422 | not covered: overload has its own tests, 422 belongs to other areas |
 * | 1.3 error body | every failed exchange of the suite; the requestID here |
 * | 1.4 lists | lists.ts |
 * | 1.5 identity | ids and references; URIs and slugs belong to resources of later areas |
 * | 1.6 time | times in requests; times in answers at every exchange |
 * | 1.7 metadata | metadata; null at every exchange |
 *
 * Longer than most files because it is a table: each row of the reference is an exchange that reads on its own.
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, anyOf, exactly, integer, not, object, someText, userId, uuid } from '../expect.ts'
import {
  addMember,
  anError,
  assumed,
  badRequest,
  changeUser,
  groupShape,
  invalidField,
  list,
  makeGroup,
  makeUser,
  named,
  notFound,
  ours,
  PASSWORD,
  ROOT,
  readUser,
  refusedValue,
  removeGroup,
  removeUser,
  signIn,
  tokenAnswer,
  unauthorized,
  userShape,
} from './common.ts'

const readable = [
  '/usermgmt/users',
  '/usermgmt/groups',
  '/usermgmt/pwdpolicies',
  '/usermgmt/pwdpolicies/global',
  '/usermgmt/users/self',
  '/usermgmt/groups/admin',
  '/auth/tokens',
  '/auth/self/user',
  '/auth/self/domains',
  '/auth/self/pwdpolicy',
  '/auth/jwks.json',
  '/auth/banners/pre-auth',
  '/audit/records',
  '/system/info',
]

const tls: Scenario = {
  name: 'TLS 1.2 and 1.3 are spoken, older versions are not',
  exchanges: [
    get('TLS 1.2 is accepted', '/auth/self/user', 200, object, { tls: 'TLSv1.2' }),
    get('TLS 1.3 is accepted', '/auth/self/user', 200, object, { tls: 'TLSv1.3' }),
    get('TLS 1.1 is refused', '/auth/self/user', 0, undefined, { tls: 'TLSv1.1' }),
  ],
}

const slashes: Scenario = {
  name: 'every path answers with and without a trailing slash, never by a redirect',
  exchanges: [
    ...readable.flatMap((path) => [
      get(`GET ${path} answers`, path, 200, object),
      get(`GET ${path}/ answers the same way`, `${path}/`, 200, object),
    ]),
    get('a query may follow the slash', '/usermgmt/users/?skip=0&limit=10', 200, list(not([]))),
    get(
      'a query may follow without the slash',
      '/usermgmt/users?skip=0&limit=10',
      200,
      list(not([])),
    ),
    post(
      'a POST without the slash creates',
      '/usermgmt/groups',
      { name: named('bare') },
      201,
      groupShape,
    ),
    post(
      'a POST with the slash creates',
      '/usermgmt/groups/',
      { name: named('slash') },
      201,
      groupShape,
    ),
    get(
      'a filter may follow the slash',
      `/usermgmt/groups/?skip=0&limit=1&name=${named('slash')}`,
      200,
      list([{ name: named('slash') }], 1),
    ),
    patch(
      'a PATCH with a slash changes',
      `/usermgmt/groups/${named('slash')}/`,
      { description: 'changed through a slash' },
      200,
      { description: 'changed through a slash' },
    ),
    get(
      'one resource answers with a slash',
      `/usermgmt/groups/${named('slash')}/`,
      200,
      groupShape,
    ),
    post(
      'a POST to another POST path with a slash',
      '/auth/tokens/',
      { username: '{{adminName}}', password: '{{adminPassword}}' },
      200,
      tokenAnswer,
      { as: 'none' },
    ),
    del('a DELETE with a slash deletes', `/usermgmt/groups/${named('slash')}/`, 204),
    del('a DELETE without a slash deletes', `/usermgmt/groups/${named('bare')}`, 204),
  ],
  tidy: [removeGroup('bare'), removeGroup('slash')],
}

const doubled: Scenario = {
  name: 'repeated slashes are collapsed',
  exchanges: [
    get('after /api', '/api//v1/system/info', 200, { name: someText }),
    get('after the version', '/api/v1//usermgmt/groups/', 200, list(not([]))),
    get('between segments', '/api/v1/usermgmt///groups', 200, list(not([]))),
    get('at the end', '/api/v1/usermgmt/groups//', 200, list(not([]))),
    get('at the start', '//api/v1/usermgmt/groups', 200, list(not([]))),
    get('before a query', '/api//v1/usermgmt/groups/?limit=1', 200, list(not([]))),
    post(
      'in a POST',
      '/api//v1/auth//tokens',
      { username: '{{adminName}}', password: '{{adminPassword}}' },
      200,
      tokenAnswer,
      { as: 'none' },
    ),
    get('and do not open what needs a token', '/api//v1//usermgmt//groups', 401, unauthorized, {
      as: 'none',
    }),
  ],
}

const schemes: Scenario = {
  name: 'the Authorization header is read as clients write it',
  exchanges: [
    makeUser('jo'),
    signIn('jo'),
    get('the scheme Bearer', '/auth/self/user', 200, object, {
      as: 'none',
      headers: { Authorization: 'Bearer {{jo.jwt}}' },
    }),
    assumed(
      get('the scheme in lower case', '/auth/self/user', 200, object, {
        as: 'none',
        headers: { Authorization: 'bearer {{jo.jwt}}' },
      }),
    ),
    assumed(
      get('the scheme in capitals', '/auth/self/user', 200, object, {
        as: 'none',
        headers: { Authorization: 'BEARER {{jo.jwt}}' },
      }),
    ),
    get('no header: 401 with an error body', '/auth/self/user', 401, unauthorized, { as: 'none' }),
    get('Bearer without a token', '/auth/self/user', 401, unauthorized, {
      as: 'none',
      headers: { Authorization: 'Bearer ' },
    }),
    get('another scheme', '/auth/self/user', 401, unauthorized, {
      as: 'none',
      headers: { Authorization: 'Basic YWRtaW46YWRtaW4=' },
    }),
    get('a token without its scheme', '/auth/self/user', 401, unauthorized, {
      as: 'none',
      headers: { Authorization: '{{jo.jwt}}' },
    }),
    get(
      'text that is no token',
      '/auth/self/user',
      401,
      { ...unauthorized, message: /./ },
      {
        as: 'none',
        headers: { Authorization: 'Bearer nonsense' },
      },
    ),
    get('a token with a spoiled signature', '/auth/self/user', 401, unauthorized, {
      as: 'none',
      headers: { Authorization: 'Bearer {{jo.jwt}}AAAA' },
    }),
    get('an unsigned token', '/auth/self/user', 401, unauthorized, {
      as: 'none',
      headers: {
        Authorization:
          'Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpc3MiOiJreWxvIiwic3ViIjoiYWRtaW4iLCJleHAiOjQ4MDAwMDAwMDB9.',
      },
    }),
    get('a refresh token in place of an access token', '/auth/self/user', 401, unauthorized, {
      as: 'none',
      headers: { Authorization: 'Bearer {{jo.refresh}}' },
    }),
    post(
      'the login call ignores an empty Bearer',
      '/auth/tokens',
      { username: named('jo'), password: PASSWORD },
      200,
      tokenAnswer,
      { as: 'none', headers: { Authorization: 'Bearer ' } },
    ),
    post(
      'the login call ignores a dead token',
      '/auth/tokens',
      { username: named('jo'), password: PASSWORD },
      200,
      tokenAnswer,
      { as: 'none', headers: { Authorization: 'Bearer nonsense' } },
    ),
  ],
  tidy: [removeUser('jo')],
}

const contentTypes: Scenario = {
  name: 'bodies are JSON, and a form only where tokens are asked for',
  exchanges: [
    post('a charset may follow', '/usermgmt/groups', { name: named('charset') }, 201, groupShape, {
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
    }),
    post(
      'the type is compared without case',
      '/usermgmt/groups',
      { name: named('case') },
      201,
      groupShape,
      {
        headers: { 'Content-Type': 'Application/JSON' },
      },
    ),
    post(
      'a body may come in chunks',
      '/usermgmt/groups',
      { name: named('chunks') },
      201,
      groupShape,
      {
        framing: 'chunked',
      },
    ),
    ...[
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
    ].map((type) =>
      ours(
        post(`${type} is refused`, '/usermgmt/groups', { name: named('refused') }, 415, anError, {
          headers: { 'Content-Type': type },
        }),
      ),
    ),
    ours(
      post(
        'text/plain is refused for tokens, too',
        '/auth/tokens',
        { username: '{{adminName}}', password: '{{adminPassword}}' },
        415,
        anError,
        { as: 'none', headers: { 'Content-Type': 'text/plain' } },
      ),
    ),
    get('nothing of it was created', `/usermgmt/groups/${named('refused')}`, 404, notFound),
  ],
  tidy: [
    removeGroup('charset'),
    removeGroup('case'),
    removeGroup('chunks'),
    removeGroup('refused'),
  ],
}

const json = { 'Content-Type': 'application/json' }

const emptyBodies: Scenario = {
  name: 'bodies that are not there and bodies on DELETE are accepted',
  exchanges: [
    makeUser('jo'),
    makeGroup('crew'),
    get('a GET with a content type and no body', '/usermgmt/groups/', 200, list(not([])), {
      headers: json,
    }),
    post(
      'an action with a content type and no body',
      `/usermgmt/groups/${named('crew')}/users/{{enc:jo}}`,
      undefined,
      200,
      { name: named('crew') },
      { headers: json },
    ),
    post(
      'an action without a content type, Content-Length 0',
      `/usermgmt/groups/${named('crew')}/users/{{enc:jo}}`,
      undefined,
      200,
      { name: named('crew') },
    ),
    post(
      'an action without any word of a length',
      `/usermgmt/groups/${named('crew')}/users/{{enc:jo}}`,
      undefined,
      200,
      { name: named('crew') },
      { framing: 'none' },
    ),
    post(
      'an action with an empty object',
      `/usermgmt/groups/${named('crew')}/users/{{enc:jo}}`,
      {},
      200,
      { name: named('crew') },
    ),
    del(
      'a DELETE with a content type and no body',
      `/usermgmt/groups/${named('crew')}/users/{{enc:jo}}`,
      204,
      undefined,
      { headers: json },
    ),
    del('a DELETE with {}', `/usermgmt/groups/${named('crew')}`, 204, undefined, { json: {} }),
    makeGroup('crew'),
    del('a DELETE with {"force":true}', `/usermgmt/groups/${named('crew')}`, 204, undefined, {
      json: { force: true },
    }),
    makeGroup('crew'),
    del('a DELETE without a body', `/usermgmt/groups/${named('crew')}`, 204),
    del('a user is deleted with {}', '/usermgmt/users/{{enc:jo}}', 204, undefined, { json: {} }),
  ],
  tidy: [removeUser('jo'), removeGroup('crew')],
}

const looseFields: Scenario = {
  name: 'unknown fields are ignored and null is absent',
  exchanges: [
    post(
      'a group with the empty read-only fields that Terraform echoes',
      '/usermgmt/groups/',
      {
        id: '',
        uri: '',
        account: '',
        createdAt: '',
        created_at: '',
        updated_at: '',
        users_count: 0,
        name: named('echo'),
        colour: 'green',
        description: null,
        app_metadata: null,
        user_metadata: null,
        client_metadata: null,
      },
      201,
      {
        ...groupShape,
        name: named('echo'),
        colour: absent,
        description: anyOf(absent, ''),
        id: absent,
      },
    ),
    patch(
      'the same in a PATCH',
      `/usermgmt/groups/${named('echo')}`,
      { id: '', uri: '', createdAt: '', colour: 'green', description: 'kept', user_metadata: null },
      200,
      { name: named('echo'), description: 'kept', colour: absent },
    ),
    patch(
      'null leaves a field as it is',
      `/usermgmt/groups/${named('echo')}`,
      { description: null, name: null },
      200,
      { name: named('echo'), description: 'kept' },
    ),
    makeUser('jo', {
      user_id: '',
      connection: null,
      name: null,
      email: null,
      user_metadata: null,
      app_metadata: null,
      expires_at: null,
      password_policy: null,
      certificate_subject_dn: null,
      allowed_auth_methods: null,
      allowed_client_types: null,
      login_flags: null,
      favourite: 'blue',
      created_at: '',
    }),
    readUser('and every field has its default', 'jo', {
      ...userShape,
      name: named('jo'),
      email: `${named('jo')}@local`,
      allowed_auth_methods: ['password'],
      user_metadata: absent,
      app_metadata: absent,
      expires_at: absent,
      password_policy: absent,
      favourite: absent,
    }),
    changeUser(
      'a caller cannot set what the server counts',
      'jo',
      { logins_count: 99, user_id: 'local|x' },
      200,
      {
        user_id: '{{jo}}',
        logins_count: 0,
      },
    ),
  ],
  tidy: [removeUser('jo'), removeGroup('echo')],
}

const booleans: Scenario = {
  name: 'query booleans come in both spellings',
  exchanges: [
    ...['true', 'True'].map((word) =>
      get(
        `return_groups=${word}`,
        `/usermgmt/users/?username={{adminName}}&return_groups=${word}`,
        200,
        list([{ groups: not([]) }], 1),
      ),
    ),
    ...['false', 'False'].map((word) =>
      get(
        `return_groups=${word}`,
        `/usermgmt/users/?username={{adminName}}&return_groups=${word}`,
        200,
        list([{ groups: absent }], 1),
      ),
    ),
    get('another word is a bad value', '/usermgmt/users/?return_groups=perhaps', 400, refusedValue),
    get('so it is for account_expired', '/usermgmt/users/?account_expired=1x', 400, refusedValue),
  ],
}

const identifiers: Scenario = {
  name: 'path identifiers are percent-decoded, and the bar may come bare',
  exchanges: [
    makeUser('jo'),
    post(
      'a group with spaces',
      '/usermgmt/groups',
      { name: 'conf {{run}} two words' },
      201,
      groupShape,
    ),
    post(
      'a group with colons',
      '/usermgmt/groups',
      { name: 'conf:{{run}}:colon' },
      201,
      groupShape,
    ),
    get('a user id with %7C', '/usermgmt/users/local%7C{{uuid:jo}}', 200, { user_id: '{{jo}}' }),
    get('a user id with %7c', '/usermgmt/users/local%7c{{uuid:jo}}', 200, { user_id: '{{jo}}' }),
    get('a user id with a bare bar', '/usermgmt/users/local|{{uuid:jo}}', 200, {
      user_id: '{{jo}}',
    }),
    assumed(get('a bare username', `/usermgmt/users/${named('jo')}`, 200, { user_id: '{{jo}}' })),
    assumed(
      get('local| and a username', `/usermgmt/users/local%7C${named('jo')}`, 200, {
        user_id: '{{jo}}',
      }),
    ),
    assumed(
      get(
        'local|admin is the built-in administrator',
        '/usermgmt/users/local%7C{{adminName}}',
        200,
        {
          username: '{{adminName}}',
        },
      ),
    ),
    get('a group name with %20', '/usermgmt/groups/conf%20{{run}}%20two%20words', 200, {
      name: 'conf {{run}} two words',
    }),
    get('a predefined group with %20', '/usermgmt/groups/Key%20Users', 200, { name: 'Key Users' }),
    get('a name with plain colons', '/usermgmt/groups/conf:{{run}}:colon', 200, {
      name: 'conf:{{run}}:colon',
    }),
    get('a name with %3A', '/usermgmt/groups/conf%3A{{run}}%3Acolon', 200, {
      name: 'conf:{{run}}:colon',
    }),
    get('a plus sign is no space in a path', '/usermgmt/groups/Key+Users', 404, notFound),
    get('an encoding that is none is a bad request', '/usermgmt/groups/%ZZ', [400, 404], anError),
    del('a group with spaces is deleted', '/usermgmt/groups/conf%20{{run}}%20two%20words', 204),
  ],
  tidy: [
    removeUser('jo'),
    del('tidy', '/usermgmt/groups/conf%20{{run}}%20two%20words', [204, 404]),
    del('tidy', '/usermgmt/groups/conf:{{run}}:colon', [204, 404]),
  ],
}

const accepts: Scenario = {
  name: 'any Accept header and none at all are fine',
  exchanges: [
    get('no Accept header', '/usermgmt/groups/', 200, list(not([])), { headers: { Accept: null } }),
    ...['*/*', 'application/json', 'text/html'].map((accept) =>
      get(`Accept: ${accept}`, '/usermgmt/groups/', 200, list(not([])), {
        headers: { Accept: accept },
      }),
    ),
  ],
}

const wrongMethods: readonly [Exchange['method'], string][] = [
  ['DELETE', '/usermgmt/users/'],
  ['DELETE', '/usermgmt/groups/'],
  ['DELETE', '/usermgmt/pwdpolicies/'],
  ['PATCH', '/usermgmt/users/'],
  ['PUT', '/usermgmt/groups/'],
  ['POST', '/usermgmt/groups/admin'],
  ['PUT', '/usermgmt/users/self'],
  ['DELETE', '/auth/tokens/'],
  ['GET', '/auth/changepw'],
  ['POST', '/auth/changepw'],
  ['GET', '/auth/revoke'],
  ['GET', '/auth/logout'],
  ['POST', '/auth/jwks.json'],
  ['DELETE', '/auth/self/user'],
  ['GET', '/auth/rotate-auth-key'],
  ['POST', '/audit/records'],
  ['DELETE', '/audit/records'],
]

const methods: Scenario = {
  name: 'an unknown path is 404 and a wrong method on a known one 405',
  exchanges: [
    ...wrongMethods.map(
      ([method, path]): Exchange => ({
        name: `${method} ${path} is not there`,
        method,
        path,
        status: 405,
        body: anError,
        assumed: true,
      }),
    ),
    get('an unknown path under the API', '/no/such/path', 404, notFound),
    post('an unknown path takes no POST', '/usermgmt/nothing', {}, 404, notFound),
    get(
      'client membership is not under /usermgmt',
      '/usermgmt/groups/admin/clients',
      404,
      notFound,
    ),
    get('there is no /auth/akeys', '/auth/akeys', 404, notFound),
  ],
}

const malformed: readonly [string, string][] = [
  ['a body cut short', '{"name":"conf-cut-{{run}}"'],
  ['a word', 'name'],
  ['a trailing comma', '{"name":"conf-comma-{{run}}",}'],
  ['two objects', '{}{}'],
  ['an empty body where fields are needed', ''],
  ['an array', '[]'],
  ['a number', '7'],
  ['a text', '"name"'],
]

const badRequests: Scenario = {
  name: 'malformed JSON and bad values are 400 with code 15',
  exchanges: [
    ...malformed.flatMap(([what, text]) => [
      post(`${what} for a group`, '/usermgmt/groups/', undefined, 400, badRequest, { text }),
      post(`${what} for a user`, '/usermgmt/users/', undefined, 400, badRequest, { text }),
    ]),
    post('malformed JSON for a policy', '/usermgmt/pwdpolicies/', undefined, 400, badRequest, {
      text: '{',
    }),
    patch('malformed JSON in a PATCH', '/auth/self/user', undefined, 400, badRequest, {
      text: '{"name":',
    }),
    post(
      'a missing field is named',
      '/usermgmt/groups/',
      { description: 'x' },
      400,
      invalidField('name'),
    ),
    post(
      'a field of the wrong type is named',
      '/usermgmt/groups/',
      { name: 7 },
      400,
      invalidField('name'),
    ),
    post(
      'a metadata field that is no object',
      '/usermgmt/groups/',
      { name: named('bad'), user_metadata: 'text' },
      400,
      invalidField('user_metadata'),
    ),
    ours(
      get('a query parameter given twice', '/usermgmt/groups/?limit=1&limit=2', 400, badRequest),
    ),
    ours(get('a filter given twice', '/usermgmt/users/?username=a&username=b', 400, badRequest)),
  ],
  tidy: [removeGroup('bad'), removeGroup('cut'), removeGroup('comma')],
}

const requestIds: Scenario = {
  name: 'every failure has a requestID of its own',
  exchanges: [
    get(
      'a failure',
      '/usermgmt/groups/conf-none-{{run}}',
      404,
      { ...notFound, requestID: uuid },
      {
        keep: { first: 'requestID' },
      },
    ),
    get('the same failure again', '/usermgmt/groups/conf-none-{{run}}', 404, {
      requestID: not('{{first}}'),
    }),
  ],
}

const references: Scenario = {
  name: 'ids and domain references have their form',
  exchanges: [
    makeUser('jo'),
    readUser('a user id is local| and a UUID in lower case', 'jo', {
      user_id: userId,
      auth_domain: ROOT,
    }),
    get('the administrator has such an id, too', '/usermgmt/users/self', 200, { user_id: userId }),
    get(
      'an id of nobody is not found',
      '/usermgmt/users/local%7C00000000-0000-4000-8000-000000000000',
      404,
      notFound,
    ),
    get('an id of another kind is not found', '/usermgmt/users/oidc%7C{{uuid:jo}}', 404, notFound),
  ],
  tidy: [removeUser('jo')],
}

const times: readonly [string, string][] = [
  ['2031-05-01T10:00:00Z', '2031-05-01T10:00:00Z'],
  ['2031-05-01T12:00:00+02:00', '2031-05-01T10:00:00Z'],
  ['2031-05-01T04:30:00-05:30', '2031-05-01T10:00:00Z'],
  ['2031-05-01T10:00:00.5Z', '2031-05-01T10:00:00.5Z'],
  ['2031-05-01T10:00:00.500000Z', '2031-05-01T10:00:00.5Z'],
  ['2031-05-01T10:00:00.000000Z', '2031-05-01T10:00:00Z'],
  ['2031-05-01T10:00:00.123456Z', '2031-05-01T10:00:00.123456Z'],
  ['2031-05-01T10:00:00.123456789Z', '2031-05-01T10:00:00.123456Z'],
  ['2031-05-01T12:00:00.25+02:00', '2031-05-01T10:00:00.25Z'],
  ['2031-05-01t10:00:00z', '2031-05-01T10:00:00Z'],
  ['2032-02-29T23:59:59Z', '2032-02-29T23:59:59Z'],
]

const noTimes = [
  'tomorrow',
  '2031-05-01',
  '2031-13-01T00:00:00Z',
  '2031-02-30T00:00:00Z',
  '2031-05-01T10:00:00',
]

const timeForms: Scenario = {
  name: 'times are read in every RFC 3339 form and written in one',
  exchanges: [
    makeUser('jo'),
    ...times.map(([sent, shown]) =>
      changeUser(`${sent} is shown as ${shown}`, 'jo', { expires_at: sent }, 200, {
        expires_at: shown,
      }),
    ),
    ...noTimes.map((sent) =>
      changeUser(`${sent} is no time`, 'jo', { expires_at: sent }, 400, refusedValue),
    ),
    readUser('a refused time changes nothing', 'jo', { expires_at: '2032-02-29T23:59:59Z' }),
    changeUser('an empty text removes it', 'jo', { expires_at: '' }, 200, { expires_at: absent }),
  ],
  tidy: [removeUser('jo')],
}

const free = {
  text: 'x',
  number: 1.5,
  yes: true,
  nothing: null,
  list: [1, 'two', { three: 3 }, null],
  deep: { a: { b: { c: [] } } },
  time: '2024-05-28T08:35:22.123456789Z',
  'sp ace': 'ä€😀',
}

const metadata: Scenario = {
  name: 'metadata are free JSON objects, kept as they come and left out when empty',
  exchanges: [
    makeUser('jo', { user_metadata: free, app_metadata: free }),
    readUser('a user keeps both', 'jo', {
      user_metadata: exactly(free),
      app_metadata: exactly(free),
    }),
    makeGroup('crew', { user_metadata: free, app_metadata: free, client_metadata: free }),
    get('a group keeps all three', `/usermgmt/groups/${named('crew')}`, 200, {
      user_metadata: exactly(free),
      app_metadata: exactly(free),
      client_metadata: exactly(free),
    }),
    makeGroup('plain', { user_metadata: {}, app_metadata: {}, client_metadata: {} }),
    get('empty ones are left out or empty', `/usermgmt/groups/${named('plain')}`, 200, {
      user_metadata: anyOf(absent, exactly({})),
      app_metadata: anyOf(absent, exactly({})),
      client_metadata: anyOf(absent, exactly({})),
      users_count: anyOf(absent, 0),
    }),
    get('a list keeps them as well', `/usermgmt/groups/?name=${named('crew')}`, 200, {
      resources: [{ user_metadata: exactly(free) }],
      total: integer,
    }),
    addMember('jo', named('crew')),
    changeUser('null does not take metadata away', 'jo', { user_metadata: null }, 200, {
      user_metadata: exactly(free),
    }),
  ],
  tidy: [removeUser('jo'), removeGroup('crew'), removeGroup('plain')],
}

export const conventions: readonly Scenario[] = [
  tls,
  slashes,
  doubled,
  schemes,
  contentTypes,
  emptyBodies,
  looseFields,
  booleans,
  identifiers,
  accepts,
  methods,
  badRequests,
  requestIds,
  references,
  timeForms,
  metadata,
]
