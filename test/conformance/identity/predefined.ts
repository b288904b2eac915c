/**
 * Reference section 6, predefined groups, as far as there is something they may do by now.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | the groups, `app_metadata.system`, order of the first ten | predefined groups are there |
 * | cannot be renamed or deleted | predefined groups stay |
 * | admin | a member of admin does everything; the last one in users.ts |
 * | User Admins | users.ts, groups.ts, policies.ts |
 * | Audit Admins | Audit Admins read the audit log |
 * | all others | duties elsewhere give none here; their own duties come with keys, CAs, clouds, clients |
 * | `global` | usernames in users.ts |
 */
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { anyOf, array, exactly, isObject, Rule, show } from '../expect.ts'
import {
  addMember,
  anError,
  assumed,
  forbidden,
  groupShape,
  list,
  makeUser,
  named,
  ours,
  PASSWORD,
  removeGroup,
  removePolicy,
  removeUser,
  signIn,
  userShape,
} from './common.ts'

const firstTen = [
  'admin',
  'All Clients',
  'Application Data Protection Admins',
  'Application Data Protection Clients',
  'Audit Admins',
  'Backup Admins',
  'CA Admins',
  'CCKM Admins',
  'CCKM Users',
  'Client Admins',
]

const predefinedNames = [
  ...firstTen,
  'Connection Admins',
  'CTE Admins',
  'CTE Clients',
  'Domain Admins',
  'Key Admins',
  'Key Users',
  'ProtectFile Users',
  'User Admins',
]
const assumedNames = ['System Admins']
const allNames = [...predefinedNames, ...assumedNames]

const at = (name: string): string => `/usermgmt/groups/${encodeURIComponent(name)}`

const there: Scenario = {
  name: 'predefined groups are there and marked as such',
  exchanges: [
    ...predefinedNames.map((name) =>
      get(`${name} is there`, at(name), 200, {
        ...groupShape,
        name,
        app_metadata: { system: true },
      }),
    ),
    ...assumedNames.map((name) =>
      assumed(get(`${name} is there`, at(name), 200, { name, app_metadata: { system: true } })),
    ),
    post('their names are taken', '/usermgmt/groups/', { name: 'Key Users' }, 409, { code: 8 }),
    get(
      'the administrator is in admin',
      '/usermgmt/users/?group=admin&return_groups=true',
      200,
      list(array),
    ),
  ],
}

const systemNames = new Rule('the predefined names at the start', (value, place) => {
  if (!Array.isArray(value)) return [`${place}: expected an array, got ${show(value)}`]
  const shown = value
    .filter(
      (group) =>
        isObject(group) &&
        isObject(group['app_metadata']) &&
        group['app_metadata']['system'] === true,
    )
    .map((group) => (isObject(group) ? group['name'] : undefined))
  return JSON.stringify(shown.slice(0, 10)) === JSON.stringify(firstTen)
    ? []
    : [
        `${place}: expected the first predefined groups to be ${show(firstTen)}, got ${show(shown.slice(0, 10))}`,
      ]
})

const order: Scenario = {
  name: 'the first ten predefined groups are those of a recorded server, in its order',
  exchanges: [get('all groups', '/usermgmt/groups/?limit=-1', 200, list(systemNames))],
}

const stay: Scenario = {
  name: 'predefined groups are neither renamed nor deleted, not even by administrators',
  exchanges: [
    ...allNames.flatMap((name) => [
      assumed(del(`${name} is not deleted`, at(name), 403, anError)),
      assumed(
        del(`${name} is not deleted with force`, at(name), 403, anError, { json: { force: true } }),
      ),
      assumed(patch(`${name} is not renamed`, at(name), { name: named('renamed') }, 403, anError)),
      get(`${name} is still there`, at(name), 200, { name, app_metadata: { system: true } }),
    ]),
    patch(
      'its own name may come with a change',
      at('CTE Clients'),
      { name: 'CTE Clients' },
      [200, 403],
    ),
    ours(
      patch(
        'the mark is not taken off',
        at('CTE Clients'),
        { app_metadata: { system: false } },
        [200, 400, 403],
      ),
    ),
    get('it is still marked', at('CTE Clients'), 200, { app_metadata: { system: true } }),
  ],
}

/** Groups whose duties lie elsewhere. */
const withoutDuties = allNames.filter((name) => name !== 'admin' && name !== 'User Admins')

const elsewhere: Scenario = {
  name: 'a duty elsewhere gives none over users, groups, policies and keys of the server',
  exchanges: withoutDuties.flatMap((name, index) => {
    const key = `m${index}`
    return [
      makeUser(key),
      addMember(key, encodeURIComponent(name)),
      signIn(key),
      post(
        `${name} create no users`,
        '/usermgmt/users/',
        { username: named('x'), password: PASSWORD },
        403,
        forbidden,
        { as: key },
      ),
      post(`${name} create no groups`, '/usermgmt/groups/', { name: named('x') }, 403, forbidden, {
        as: key,
      }),
      post(
        `${name} join no other group`,
        `/usermgmt/groups/admin/users/{{enc:${key}}}`,
        undefined,
        403,
        forbidden,
        { as: key },
      ),
      post(
        `${name} create no password policies`,
        '/usermgmt/pwdpolicies/',
        { policy_name: named('x') },
        403,
        forbidden,
        { as: key },
      ),
      post(
        `${name} do not rotate the signing key`,
        '/auth/rotate-auth-key',
        undefined,
        403,
        forbidden,
        { as: key },
      ),
      get(`${name} read their own page`, '/auth/self/user', 200, userShape, { as: key }),
    ]
  }),
  tidy: withoutDuties.map((_name, index) => removeUser(`m${index}`)),
}

const audit: Scenario = {
  name: 'Audit Admins read the audit log, and other groups do not',
  exchanges: [
    makeUser('auditor'),
    addMember('auditor', 'Audit%20Admins'),
    signIn('auditor'),
    assumed(get('an auditor reads', '/audit/records', 200, list(array), { as: 'auditor' })),
    ...[
      'User Admins',
      'Key Admins',
      'Key Users',
      'CA Admins',
      'Backup Admins',
      'CTE Clients',
    ].flatMap((name, index) => [
      makeUser(`m${index}`),
      addMember(`m${index}`, encodeURIComponent(name)),
      signIn(`m${index}`),
      assumed(get(`${name} do not`, '/audit/records', 403, forbidden, { as: `m${index}` })),
    ]),
  ],
  tidy: [removeUser('auditor'), ...[0, 1, 2, 3, 4, 5].map((index) => removeUser(`m${index}`))],
}

const chief: Scenario = {
  name: 'a member of admin does everything the first administrator does',
  exchanges: [
    makeUser('chief'),
    addMember('chief', 'admin'),
    signIn('chief'),
    post(
      'creates users',
      '/usermgmt/users/',
      { username: named('made'), password: PASSWORD },
      201,
      userShape,
      { as: 'chief', keep: { made: 'user_id' } },
    ),
    post('creates groups', '/usermgmt/groups/', { name: named('crew') }, 201, groupShape, {
      as: 'chief',
    }),
    post(
      'puts others into admin',
      '/usermgmt/groups/admin/users/{{enc:made}}',
      undefined,
      200,
      { name: 'admin' },
      { as: 'chief' },
    ),
    del('takes them out', '/usermgmt/groups/admin/users/{{enc:made}}', 204, undefined, {
      as: 'chief',
    }),
    post(
      'creates policies',
      '/usermgmt/pwdpolicies/',
      { policy_name: named('rule') },
      201,
      { policy_name: named('rule') },
      { as: 'chief' },
    ),
    get('reads the audit log', '/audit/records', 200, list(array), { as: 'chief' }),
    get('reads the signing key', '/auth/auth-key', 200, anyOf(exactly({}), {}), { as: 'chief' }),
    get('reads all refresh tokens', '/auth/tokens/?user_id={{enc:chief}}', 200, list(array), {
      as: 'chief',
    }),
    del('deletes users', '/usermgmt/users/{{enc:made}}', 204, undefined, { as: 'chief' }),
    del('deletes groups', `/usermgmt/groups/${named('crew')}`, 204, undefined, { as: 'chief' }),
    del('deletes policies', `/usermgmt/pwdpolicies/${named('rule')}`, 204, undefined, {
      as: 'chief',
    }),
  ],
  tidy: [removeUser('chief'), removeUser('made'), removeGroup('crew'), removePolicy('rule')],
}

export const predefined: readonly Scenario[] = [there, order, stay, elsewhere, audit, chief]
