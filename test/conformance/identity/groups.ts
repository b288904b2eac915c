/**
 * Reference section 5, groups.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | endpoints, success codes | a group's life; members |
 * | who | who manages groups |
 * | members: idempotent, no body, non-member | members |
 * | client membership | sessions.ts, what is not built yet |
 * | request fields | a group's life; conventions.ts for metadata |
 * | rename, members follow | a group is renamed; policies that name a group come later |
 * | predefined groups | predefined.ts |
 * | DELETE with force | a group's life; group maps come with identity connections |
 * | response, presence | every answer, by `groupShape`; a group's life |
 * | updated_at on membership | members |
 * | filters | groups are filtered |
 * | order | lists.ts |
 *
 * Longer than most files because it is a table: each row of the reference is an exchange that reads on its own.
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import {
  absent,
  anyOf,
  array,
  atLeast,
  containing,
  exactly,
  laterThan,
  not,
  ordered,
  sized,
} from '../expect.ts'
import {
  addMember,
  anError,
  assumed,
  conflict,
  forbidden,
  groupShape,
  invalidField,
  list,
  makeGroup,
  makeUser,
  NOBODY,
  named,
  noRows,
  notFound,
  only,
  ours,
  refusedValue,
  removeGroup,
  removeUser,
  signIn,
  unauthorized,
} from './common.ts'

const none = { as: 'none' } as const
const path = (key: string): string => `/usermgmt/groups/${named(key)}`
const nobodyIn = anyOf(absent, 0)

const life: Scenario = {
  name: 'a group is created, read, changed and deleted',
  exchanges: [
    post(
      'with a name alone',
      '/usermgmt/groups/',
      { name: named('crew') },
      201,
      {
        ...groupShape,
        name: named('crew'),
        description: anyOf(absent, ''),
        users_count: nobodyIn,
      },
      { keep: { created: 'created_at', updated: 'updated_at' } },
    ),
    get('it is read', path('crew'), 200, {
      ...groupShape,
      name: named('crew'),
      created_at: '{{created}}',
    }),
    get(
      'and listed',
      `/usermgmt/groups/?name=${named('crew')}`,
      200,
      only({ ...groupShape, name: named('crew') }),
    ),
    post('the name is taken', '/usermgmt/groups/', { name: named('crew') }, 409, conflict),
    patch('it is described', path('crew'), { description: 'People' }, 200, {
      ...groupShape,
      description: 'People',
      created_at: '{{created}}',
      updated_at: laterThan('{{updated}}'),
    }),
    patch(
      'it is given metadata',
      path('crew'),
      { user_metadata: { a: 1 }, app_metadata: { b: 2 }, client_metadata: { c: 3 } },
      200,
      {
        description: 'People',
        user_metadata: exactly({ a: 1 }),
        app_metadata: exactly({ b: 2 }),
        client_metadata: exactly({ c: 3 }),
      },
    ),
    patch('an empty change answers the whole group', path('crew'), {}, 200, {
      ...groupShape,
      description: 'People',
      user_metadata: { a: 1 },
    }),
    post(
      'with every field at once',
      '/usermgmt/groups',
      {
        name: named('full'),
        description: 'All',
        user_metadata: { a: [] },
        app_metadata: { b: {} },
        client_metadata: { c: null },
      },
      201,
      {
        ...groupShape,
        description: 'All',
        user_metadata: exactly({ a: [] }),
        app_metadata: exactly({ b: {} }),
        client_metadata: exactly({ c: null }),
      },
    ),
    post(
      'as Terraform creates',
      '/usermgmt/groups/',
      {
        name: named('tf'),
        description: '',
        app_metadata: null,
        client_metadata: {},
        user_metadata: null,
      },
      201,
      { ...groupShape, name: named('tf') },
    ),
    post('no name', '/usermgmt/groups/', { description: 'x' }, 400, invalidField('name')),
    post('an empty name', '/usermgmt/groups/', { name: '' }, 400, refusedValue),
    post(
      'a description that is a number',
      '/usermgmt/groups/',
      { name: named('bad'), description: 7 },
      400,
      invalidField('description'),
    ),
    patch('a name that is a list', path('crew'), { name: [] }, 400, invalidField('name')),
    get('one that is not there', path('none'), 404, notFound),
    patch('a change of one that is not there', path('none'), { description: 'x' }, 404, notFound),
    del('a deletion of one that is not there', path('none'), 404, notFound),
    del('it is deleted', path('crew'), 204),
    get('and gone', path('crew'), 404, notFound),
    del('a second deletion finds nothing', path('crew'), 404, notFound),
    del('one is deleted with force', path('full'), 204, undefined, { json: { force: true } }),
    del('one without force', path('tf'), 204, undefined, { json: { force: false } }),
    post('the name is free again', '/usermgmt/groups/', { name: named('crew') }, 201, groupShape),
  ],
  tidy: ['crew', 'full', 'tf', 'bad'].map(removeGroup),
}

const rename: Scenario = {
  name: 'a group is renamed and its members follow',
  exchanges: [
    makeUser('jo'),
    makeGroup('old', { description: 'Kept', user_metadata: { a: 1 } }),
    makeGroup('taken'),
    addMember('jo', named('old')),
    patch('it is renamed', path('old'), { name: named('new') }, 200, {
      name: named('new'),
      description: 'Kept',
      users_count: 1,
      user_metadata: { a: 1 },
    }),
    get('the new name answers', path('new'), 200, { name: named('new'), users_count: 1 }),
    get('the old one does not', path('old'), 404, notFound),
    assumed(
      get(
        'the member is in the new one',
        `/usermgmt/users/?groups=${named('new')}&return_groups=true`,
        200,
        only({ user_id: '{{jo}}', groups: [named('new')] }),
      ),
    ),
    get('and not in the old one', `/usermgmt/users/?groups=${named('old')}`, 200, noRows),
    patch('a taken name is refused', path('new'), { name: named('taken') }, 409, conflict),
    patch('its own name is fine', path('new'), { name: named('new'), description: 'Same' }, 200, {
      name: named('new'),
      description: 'Same',
    }),
    patch(
      'name and description at once, as XSOAR sends',
      path('new'),
      { description: 'Both', name: named('third') },
      200,
      { name: named('third'), description: 'Both', users_count: 1 },
    ),
    patch('a predefined name is taken', path('third'), { name: 'admin' }, 409, conflict),
    post('the old name is free', '/usermgmt/groups', { name: named('old') }, 201, {
      users_count: nobodyIn,
    }),
  ],
  tidy: [removeUser('jo'), ...['old', 'new', 'third', 'taken'].map(removeGroup)],
}

const members: Scenario = {
  name: 'members are added and removed, each as often as one likes',
  exchanges: [
    makeUser('jo'),
    makeUser('ann'),
    makeGroup('crew', { description: 'People' }),
    get(
      'when it was last changed',
      path('crew'),
      200,
      { users_count: nobodyIn },
      { keep: { t0: 'updated_at' } },
    ),
    post(
      'a member by %7C',
      `${path('crew')}/users/local%7C{{uuid:jo}}`,
      undefined,
      200,
      {
        ...groupShape,
        name: named('crew'),
        description: 'People',
        users_count: 1,
        updated_at: laterThan('{{t0}}'),
      },
      { keep: { t1: 'updated_at' } },
    ),
    post('the same again', `${path('crew')}/users/{{enc:jo}}`, undefined, 200, {
      name: named('crew'),
      users_count: 1,
      updated_at: '{{t1}}',
    }),
    post(
      'another by a bare bar',
      `${path('crew')}/users/{{ann}}`,
      undefined,
      200,
      { users_count: 2, updated_at: laterThan('{{t1}}') },
      { keep: { t2: 'updated_at' } },
    ),
    get(
      'both are there',
      `/usermgmt/users/?groups=${named('crew')}`,
      200,
      only({ user_id: '{{jo}}' }, { user_id: '{{ann}}' }),
    ),
    get('the group counts them', path('crew'), 200, { users_count: 2 }),
    get(
      'so does the list',
      `/usermgmt/groups/?name=${named('crew')}`,
      200,
      only({ users_count: 2 }),
    ),
    del('one is removed', `${path('crew')}/users/{{enc:ann}}`, 204),
    get('one is left, and the time has moved', path('crew'), 200, {
      users_count: 1,
      updated_at: laterThan('{{t2}}'),
    }),
    assumed(del('removing one who is not in', `${path('crew')}/users/{{enc:ann}}`, 204)),
    assumed(
      post('a member by username', `${path('crew')}/users/${named('ann')}`, undefined, 200, {
        users_count: 2,
      }),
    ),
    assumed(del('and removed so', `${path('crew')}/users/${named('ann')}`, 204)),
    post('with a slash', `${path('crew')}/users/{{enc:ann}}/`, undefined, 200, { users_count: 2 }),
    del('removed with a slash and a body', `${path('crew')}/users/{{enc:ann}}/`, 204, undefined, {
      json: {},
    }),
    post(
      'an unknown user',
      `${path('crew')}/users/${encodeURIComponent(NOBODY)}`,
      undefined,
      404,
      notFound,
    ),
    post('an unknown group', `${path('none')}/users/{{enc:jo}}`, undefined, 404, notFound),
    del('an unknown group', `${path('none')}/users/{{enc:jo}}`, 404, notFound),
    get(
      'members are not read by this path',
      `${path('crew')}/users/{{enc:jo}}`,
      [404, 405],
      anError,
    ),
    post(
      'into a predefined group by its encoded name',
      '/usermgmt/groups/Key%20Users/users/{{enc:jo}}',
      undefined,
      200,
      { name: 'Key Users' },
    ),
    del('and out of it', '/usermgmt/groups/Key%20Users/users/{{enc:jo}}', 204),
    del('a user who is deleted leaves', '/usermgmt/users/{{enc:jo}}', 204),
    get('and is not counted', path('crew'), 200, { users_count: nobodyIn }),
    addMember('ann', named('crew')),
    del('a group with members is deleted', path('crew'), 204),
    get('its members are in it no more', '/usermgmt/users/{{enc:ann}}', 200, {
      user_id: '{{ann}}',
    }),
    get(
      'nor does the list say so',
      `/usermgmt/users/?username=${named('ann')}&return_groups=true`,
      200,
      only({ groups: [] }),
    ),
  ],
  tidy: [removeUser('jo'), removeUser('ann'), removeGroup('crew')],
}

const byFilter = (what: string, query: string, ...keys: readonly string[]): Exchange =>
  get(
    what,
    `/usermgmt/groups/?name=conf-*-{{run}}&${query}`,
    200,
    only(...keys.map((key) => ({ name: named(key) }))),
  )

const filters: Scenario = {
  name: 'groups are filtered by name and by members',
  exchanges: [
    makeUser('jo'),
    makeUser('ann'),
    ...['red', 'blue', 'green'].map((key) => makeGroup(key)),
    addMember('jo', named('red')),
    addMember('jo', named('blue')),
    addMember('ann', named('blue')),
    byFilter('all three', 'limit=50', 'red', 'blue', 'green'),
    get('by name', `/usermgmt/groups/?name=${named('red')}`, 200, only({ name: named('red') })),
    get(
      'by a predefined name',
      '/usermgmt/groups/?name=Key%20Users',
      200,
      only({ name: 'Key Users' }),
    ),
    get(
      'a plus sign in a query is a space',
      '/usermgmt/groups/?name=Key+Users',
      200,
      only({ name: 'Key Users' }),
    ),
    byFilter('of a user', 'users={{enc:jo}}', 'red', 'blue'),
    byFilter('of another', 'users={{enc:ann}}', 'blue'),
    byFilter('with a bare bar', 'users={{ann}}', 'blue'),
    byFilter('users=nil: without users', 'users=nil', 'green'),
    byFilter('users=-id: that he is not in', 'users=-{{enc:ann}}', 'red', 'green'),
    byFilter('of an unknown user', `users=${encodeURIComponent(NOBODY)}`),
    ours(byFilter('an empty clients filter', 'clients=', 'red', 'blue', 'green')),
    ours(
      get(
        'a filter by client',
        '/usermgmt/groups/?clients=5b2f7f0e-6d1b-4c57-9a39-111111111111',
        [200, 501],
      ),
    ),
    byFilter('by connection', 'connection=local_account', 'red', 'blue', 'green'),
    byFilter('filters narrow each other', 'users={{enc:jo}}&skip=0&limit=50', 'red', 'blue'),
    get(
      'paged',
      '/usermgmt/groups/?name=conf-*-{{run}}&skip=1&limit=1',
      200,
      list([{ name: named('green') }], 3),
    ),
    get('by name downwards', '/usermgmt/groups/?name=conf-*-{{run}}&sort=-name', 200, {
      resources: [{ name: named('red') }, { name: named('green') }, { name: named('blue') }],
    }),
    get(
      'as XSOAR asks',
      '/usermgmt/groups/?skip=0&limit=50',
      200,
      list(ordered('name', 'up', true)),
    ),
  ],
  tidy: [removeUser('jo'), removeUser('ann'), ...['red', 'blue', 'green'].map(removeGroup)],
}

const rights: Scenario = {
  name: 'any user reads groups, and only administrators and members of User Admins change them',
  exchanges: [
    makeGroup('crew'),
    makeUser('jo'),
    makeUser('helper'),
    addMember('helper', 'User%20Admins'),
    signIn('jo'),
    signIn('helper'),
    assumed(
      get(
        'an ordinary user lists groups, as XSOAR does to test its connection',
        '/usermgmt/groups/',
        200,
        list(array),
        { as: 'jo' },
      ),
    ),
    get('nobody does without a token', '/usermgmt/groups/', 401, unauthorized, none),
    ...(['none', 'jo'] as const).flatMap((as) => {
      const status = as === 'none' ? 401 : 403
      const body = as === 'none' ? unauthorized : forbidden
      const who = as === 'none' ? 'nobody' : 'no ordinary user'
      return [
        post(`${who} creates`, '/usermgmt/groups/', { name: named('x') }, status, body, { as }),
        patch(`${who} changes`, path('crew'), { description: 'x' }, status, body, { as }),
        del(`${who} deletes`, path('crew'), status, body, { as }),
        post(`${who} adds a member`, `${path('crew')}/users/{{enc:jo}}`, undefined, status, body, {
          as,
        }),
        post(
          `${who} joins admin`,
          '/usermgmt/groups/admin/users/{{enc:jo}}',
          undefined,
          status,
          body,
          { as },
        ),
        del(`${who} removes a member`, `${path('crew')}/users/{{enc:jo}}`, status, body, { as }),
      ]
    }),
    get('none of it happened', path('crew'), 200, { users_count: nobodyIn, description: not('x') }),
    get('a member of User Admins lists', '/usermgmt/groups/?limit=-1', 200, list(atLeast(20)), {
      as: 'helper',
    }),
    post('creates', '/usermgmt/groups/', { name: named('made') }, 201, groupShape, {
      as: 'helper',
    }),
    patch(
      'changes',
      path('made'),
      { description: 'x' },
      200,
      { description: 'x' },
      { as: 'helper' },
    ),
    post(
      'adds a member',
      `${path('made')}/users/{{enc:jo}}`,
      undefined,
      200,
      { users_count: 1 },
      { as: 'helper' },
    ),
    del('removes him', `${path('made')}/users/{{enc:jo}}`, 204, undefined, { as: 'helper' }),
    del('deletes', path('made'), 204, undefined, { as: 'helper' }),
    get(
      'the list shows each group once',
      `/usermgmt/groups/?name=${named('crew')}`,
      200,
      list(sized(1), 1),
    ),
    get(
      'and never loses one',
      '/usermgmt/groups/?limit=-1',
      200,
      list(containing({ name: 'admin' }, { name: named('crew') })),
    ),
  ],
  tidy: [
    removeUser('jo'),
    removeUser('helper'),
    removeGroup('crew'),
    removeGroup('made'),
    removeGroup('x'),
  ],
}

export const groups: readonly Scenario[] = [life, rename, members, filters, rights]
