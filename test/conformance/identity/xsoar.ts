/**
 * The Cortex XSOAR integration: each command of groups and users as it goes over the wire, and its access-management
 * playbook. Every command signs in anew, sends `accept: application/json`, and `Content-Length: 0` where a POST has no
 * body.
 *
 * | Command | Scenario |
 * | --- | --- |
 * | connection test | the connection is tested |
 * | group-list, -create, -update, -delete | commands for groups |
 * | user-to-group-add, -remove | commands for groups |
 * | users-list (by id, self, filters), user-create, -update, -delete | commands for users |
 * | user-password-change | commands for users |
 * | access-management playbook | the playbook |
 * | CA commands and their playbook | not covered: they come with certificates |
 *
 * Longer than most files because it is a table: each row of the reference is an exchange that reads on its own.
 */
import type { Exchange, Scenario } from '../exchange.ts'
import {
  absent,
  anyOf,
  array,
  atLeast,
  containing,
  type Expected,
  exactly,
  inAnyOrder,
  integer,
  sized,
  time,
  userId,
} from '../expect.ts'
import {
  groupShape,
  named,
  OTHER_PASSWORD,
  only,
  PASSWORD,
  tokenAnswer,
  userShape,
} from './common.ts'

type Credentials = Readonly<{ username: string; password: string }>

const administrator: Credentials = { username: '{{adminName}}', password: '{{adminPassword}}' }

interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly json?: unknown
  readonly status: number
  readonly body?: Expected
  readonly keep?: Readonly<Record<string, string>>
  readonly who?: Credentials
}

/** A command: sign-in for a token of its own, then the request. */
function command(name: string, { who = administrator, ...call }: Call): Exchange[] {
  return [
    {
      name: `${name}: signs in`,
      method: 'POST',
      path: '/auth/tokens',
      as: 'none',
      headers: { Accept: '*/*' },
      json: { grant_type: 'password', ...who },
      status: 200,
      body: tokenAnswer,
      keep: { token: 'jwt' },
    },
    {
      name,
      as: 'none',
      headers: { Authorization: 'Bearer {{token}}', Accept: null, accept: 'application/json' },
      ...call,
    },
  ]
}

const groupList = {
  skip: 0,
  limit: 50,
  total: integer,
  resources: atLeast(1),
}

const connectionTest: Scenario = {
  name: 'XSOAR: the connection is tested by listing groups',
  exchanges: command('test-module', {
    method: 'GET',
    path: '/usermgmt/groups/',
    status: 200,
    body: { resources: sized(10), skip: 0, limit: 10 },
  }),
}

const groupCommands: Scenario = {
  name: 'XSOAR: the commands for groups',
  exchanges: [
    ...command('group-create', {
      method: 'POST',
      path: '/usermgmt/groups/',
      json: { name: named('x one'), description: 'made' },
      status: 201,
      body: { ...groupShape, name: named('x one'), description: 'made' },
    }),
    ...command('group-create without a description', {
      method: 'POST',
      path: '/usermgmt/groups/',
      json: { name: named('two') },
      status: 201,
      body: groupShape,
    }),
    ...command('user-create', {
      method: 'POST',
      path: '/usermgmt/users/',
      json: {
        username: named('jo'),
        password: PASSWORD,
        connection: 'local_account',
        login_flags: { prevent_ui_login: false },
      },
      status: 201,
      body: userShape,
      keep: { jo: 'user_id' },
    }),
    ...command('user-to-group-add', {
      method: 'POST',
      path: `/usermgmt/groups/conf-x%20one-{{run}}/users/local%7C{{uuid:jo}}`,
      status: 200,
      body: { ...groupShape, name: named('x one'), users_count: 1 },
    }),
    ...command('user-to-group-add to Key Users', {
      method: 'POST',
      path: '/usermgmt/groups/Key%20Users/users/local%7C{{uuid:jo}}',
      status: 200,
      body: { name: 'Key Users' },
    }),
    ...command('group-list', {
      method: 'GET',
      path: '/usermgmt/groups/?skip=0&limit=50',
      status: 200,
      body: groupList,
    }),
    ...command('group-list by name', {
      method: 'GET',
      path: `/usermgmt/groups/?skip=0&limit=50&name=${named('two')}`,
      status: 200,
      body: only({ name: named('two') }),
    }),
    ...command('group-list by user', {
      method: 'GET',
      path: '/usermgmt/groups/?skip=0&limit=50&users=local%7C{{uuid:jo}}',
      status: 200,
      body: only({ name: named('x one') }, { name: 'Key Users' }),
    }),
    ...command('group-list by connection', {
      method: 'GET',
      path: `/usermgmt/groups/?skip=0&limit=50&name=${named('two')}&connection=local_account`,
      status: 200,
      body: only({ name: named('two') }),
    }),
    ...command('group-list, page 2 of 5', {
      method: 'GET',
      path: '/usermgmt/groups/?skip=5&limit=5',
      status: 200,
      body: { skip: 5, limit: 5, resources: sized(5) },
    }),
    ...command('group-list, the largest page', {
      method: 'GET',
      path: '/usermgmt/groups/?skip=0&limit=2000',
      status: 200,
      body: { limit: 2000, resources: array },
    }),
    ...command('group-update', {
      method: 'PATCH',
      path: `/usermgmt/groups/${named('two')}`,
      json: { description: 'changed', name: named('three') },
      status: 200,
      body: { ...groupShape, name: named('three'), description: 'changed' },
    }),
    ...command('group-update of the description', {
      method: 'PATCH',
      path: `/usermgmt/groups/${named('three')}`,
      json: { description: 'again' },
      status: 200,
      body: { name: named('three'), description: 'again' },
    }),
    ...command('user-to-group-remove', {
      method: 'DELETE',
      path: '/usermgmt/groups/Key%20Users/users/local%7C{{uuid:jo}}',
      status: 204,
    }),
    ...command('user-to-group-remove from another', {
      method: 'DELETE',
      path: '/usermgmt/groups/conf-x%20one-{{run}}/users/local%7C{{uuid:jo}}',
      status: 204,
    }),
    ...command('group-delete', {
      method: 'DELETE',
      path: '/usermgmt/groups/conf-x%20one-{{run}}',
      json: {},
      status: 204,
    }),
    ...command('group-delete with force', {
      method: 'DELETE',
      path: `/usermgmt/groups/${named('three')}`,
      json: { force: true },
      status: 204,
    }),
    ...command('user-delete', {
      method: 'DELETE',
      path: '/usermgmt/users/local%7C{{uuid:jo}}',
      status: 204,
    }),
  ],
  tidy: [
    {
      name: 'tidy',
      method: 'DELETE',
      path: '/usermgmt/groups/conf-x%20one-{{run}}',
      status: [204, 404],
    },
    {
      name: 'tidy',
      method: 'DELETE',
      path: `/usermgmt/groups/${named('two')}`,
      status: [204, 404],
    },
    {
      name: 'tidy',
      method: 'DELETE',
      path: `/usermgmt/groups/${named('three')}`,
      status: [204, 404],
    },
    { name: 'tidy', method: 'DELETE', path: '/usermgmt/users/{{enc:jo}}', status: [204, 404] },
  ],
}

const usersPath = '/usermgmt/users/?skip=0&limit=50'

const userCommands: Scenario = {
  name: 'XSOAR: the commands for users',
  exchanges: [
    ...command('user-create with every argument', {
      method: 'POST',
      path: '/usermgmt/users/',
      json: {
        name: 'Jo Smith {{run}}',
        username: named('jo'),
        password: PASSWORD,
        email: 'jo@{{run}}.example',
        allowed_auth_methods: ['password', 'user_certificate'],
        allowed_client_types: ['unregistered', 'public'],
        certificate_subject_dn: 'OU=dev,O=Thales,L=Austin,ST=TX,C=US',
        connection: 'local_account',
        expires_at: '2040-05-28T08:35:22.000000Z',
        is_domain_user: false,
        login_flags: { prevent_ui_login: false },
        password_change_required: false,
        password_policy: 'global',
      },
      status: 201,
      body: {
        ...userShape,
        user_id: userId,
        certificate_subject_dn: 'C=US,ST=TX,L=Austin,O=Thales,OU=dev',
        expires_at: '2040-05-28T08:35:22Z',
        allowed_auth_methods: inAnyOrder('password', 'user_certificate'),
      },
      keep: { jo: 'user_id' },
    }),
    ...command('user-create with none', {
      method: 'POST',
      path: '/usermgmt/users/',
      json: {
        username: named('ann'),
        password: PASSWORD,
        connection: 'local_account',
        allowed_auth_methods: [],
        allowed_client_types: [],
        login_flags: { prevent_ui_login: false },
      },
      status: 201,
      body: { ...userShape, allowed_auth_methods: [], allowed_client_types: [] },
      keep: { ann: 'user_id' },
    }),
    ...command('users-list by user_id', {
      method: 'GET',
      path: '/usermgmt/users/local%7C{{uuid:jo}}',
      status: 200,
      body: { ...userShape, user_id: '{{jo}}' },
    }),
    ...command('users-list of self', {
      method: 'GET',
      path: '/usermgmt/users/self',
      status: 200,
      body: { ...userShape, username: '{{adminName}}' },
    }),
    ...command('users-list', {
      method: 'GET',
      path: usersPath,
      status: 200,
      body: { skip: 0, limit: 50, total: integer, resources: atLeast(3) },
    }),
    ...command('users-list by name', {
      method: 'GET',
      path: `${usersPath}&name=Jo+Smith+{{run}}`,
      status: 200,
      body: only({ user_id: '{{jo}}' }),
    }),
    ...command('users-list by username', {
      method: 'GET',
      path: `${usersPath}&username=${named('jo')}`,
      status: 200,
      body: only({ user_id: '{{jo}}' }),
    }),
    ...command('users-list by email', {
      method: 'GET',
      path: `${usersPath}&email=jo%40{{run}}.example`,
      status: 200,
      body: only({ user_id: '{{jo}}' }),
    }),
    ...command('users-list by groups', {
      method: 'GET',
      path: `${usersPath}&groups=admin%2CKey+Users`,
      status: 200,
      body: { resources: array },
    }),
    ...command('users-list without groups', {
      method: 'GET',
      path: `${usersPath}&username=conf-*-{{run}}&groups=nil&exclude_groups=admin`,
      status: 200,
      body: only({ user_id: '{{jo}}' }, { user_id: '{{ann}}' }),
    }),
    ...command('users-list, not expired', {
      method: 'GET',
      path: `${usersPath}&username=${named('jo')}&auth_domain_name=root&account_expired=False`,
      status: 200,
      body: only({ user_id: '{{jo}}' }),
    }),
    ...command('users-list, expired', {
      method: 'GET',
      path: `${usersPath}&username=${named('jo')}&account_expired=True`,
      status: 200,
      body: only(),
    }),
    ...command('users-list by methods empty', {
      method: 'GET',
      path: `${usersPath}&username=conf-*-{{run}}&allowed_auth_methods=empty`,
      status: 200,
      body: only({ user_id: '{{ann}}' }),
    }),
    ...command('users-list by methods', {
      method: 'GET',
      path: `${usersPath}&username=conf-*-{{run}}&allowed_auth_methods=password%2Cuser_certificate`,
      status: 200,
      body: only({ user_id: '{{jo}}' }),
    }),
    ...command('users-list by client types', {
      method: 'GET',
      path: `${usersPath}&username=conf-*-{{run}}&allowed_client_types=unregistered%2Cpublic`,
      status: 200,
      body: only({ user_id: '{{jo}}' }),
    }),
    ...command('users-list with groups', {
      method: 'GET',
      path: `${usersPath}&username=${named('jo')}&return_groups=True`,
      status: 200,
      body: only({ groups: [] }),
    }),
    ...command('users-list without groups named', {
      method: 'GET',
      path: `${usersPath}&username=${named('jo')}&return_groups=False`,
      status: 200,
      body: only({ groups: absent }),
    }),
    ...command('users-list by policy', {
      method: 'GET',
      path: `${usersPath}&username=${named('jo')}&password_policy=global`,
      status: 200,
      body: { total: integer, resources: array },
    }),
    ...command('users-list, page 1 of 1', {
      method: 'GET',
      path: '/usermgmt/users/?skip=0&limit=1',
      status: 200,
      body: { limit: 1, resources: sized(1) },
    }),
    ...command('user-update with every argument', {
      method: 'PATCH',
      path: '/usermgmt/users/local%7C{{uuid:jo}}',
      json: {
        name: 'Jo',
        username: named('jo'),
        email: 'new@{{run}}.example',
        password_change_required: false,
        allowed_auth_methods: ['password'],
        allowed_client_types: ['unregistered'],
        certificate_subject_dn: 'O=Thales,C=US',
        expires_at: '',
        failed_logins_count: 0,
        login_flags: { prevent_ui_login: true },
        password_policy: 'global',
      },
      status: 200,
      body: {
        ...userShape,
        name: 'Jo',
        email: 'new@{{run}}.example',
        allowed_auth_methods: ['password'],
        expires_at: absent,
        failed_logins_count: 0,
        login_flags: { prevent_ui_login: true },
      },
    }),
    ...command('user-update without arguments turns the flag off', {
      method: 'PATCH',
      path: '/usermgmt/users/local%7C{{uuid:jo}}',
      json: { login_flags: { prevent_ui_login: false } },
      status: 200,
      body: { ...userShape, login_flags: { prevent_ui_login: false } },
    }),
    ...command('user-password-change', {
      method: 'PATCH',
      path: '/auth/changepw',
      json: { new_password: OTHER_PASSWORD, password: PASSWORD, username: named('jo') },
      status: 200,
      body: { message: 'password changed' },
      who: { username: named('jo'), password: PASSWORD },
    }),
    ...command('users-list of self by another', {
      method: 'GET',
      path: '/usermgmt/users/self',
      status: 200,
      body: { user_id: '{{jo}}', last_login: time },
      who: { username: named('jo'), password: OTHER_PASSWORD },
    }),
    ...command('user-delete', {
      method: 'DELETE',
      path: '/usermgmt/users/local%7C{{uuid:jo}}',
      status: 204,
    }),
    ...command('user-delete of the other', {
      method: 'DELETE',
      path: '/usermgmt/users/local%7C{{uuid:ann}}',
      status: 204,
    }),
  ],
  tidy: [
    { name: 'tidy', method: 'DELETE', path: '/usermgmt/users/{{enc:jo}}', status: [204, 404] },
    { name: 'tidy', method: 'DELETE', path: '/usermgmt/users/{{enc:ann}}', status: [204, 404] },
  ],
}

const playbook: Scenario = {
  name: 'XSOAR: the access-management playbook runs to its end',
  exchanges: [
    ...command('group-create', {
      method: 'POST',
      path: '/usermgmt/groups/',
      json: { name: 'playbook_test_group', description: 'this is a test group' },
      status: 201,
      body: { ...groupShape, name: 'playbook_test_group', description: 'this is a test group' },
    }),
    ...command('group-update', {
      method: 'PATCH',
      path: '/usermgmt/groups/playbook_test_group',
      json: { description: 'this is a new test group', name: 'new_playbook_test_group' },
      status: 200,
      body: {
        ...groupShape,
        name: 'new_playbook_test_group',
        description: 'this is a new test group',
      },
    }),
    ...command('group-list', {
      method: 'GET',
      path: '/usermgmt/groups/?skip=0&limit=50',
      status: 200,
      body: { ...groupList, resources: containing({ name: 'new_playbook_test_group' }) },
    }),
    ...command('users-list', {
      method: 'GET',
      path: '/usermgmt/users/?skip=0&limit=50',
      status: 200,
      body: groupList,
    }),
    ...command('user-create', {
      method: 'POST',
      path: '/usermgmt/users/',
      json: {
        name: 'playbook_test_user',
        username: 'playbook_test_user',
        password: 'Testuserpassword123!',
        allowed_auth_methods: ['user_certificate'],
        connection: 'local_account',
        login_flags: { prevent_ui_login: false },
      },
      status: 201,
      body: {
        ...userShape,
        user_id: userId,
        name: 'playbook_test_user',
        username: 'playbook_test_user',
        certificate_subject_dn: '',
        enable_cert_auth: true,
        allowed_auth_methods: ['user_certificate'],
        allowed_client_types: ['unregistered', 'public', 'confidential'],
        last_login: exactly(null),
        app_metadata: anyOf(absent, exactly({})),
        user_metadata: anyOf(absent, exactly({})),
      },
      keep: { user: 'user_id' },
    }),
    ...command('user-update', {
      method: 'PATCH',
      path: '/usermgmt/users/local%7C{{uuid:user}}',
      json: { login_flags: { prevent_ui_login: true } },
      status: 200,
      body: { ...userShape, user_id: '{{user}}', login_flags: { prevent_ui_login: true } },
    }),
    ...command('user-to-group-add', {
      method: 'POST',
      path: '/usermgmt/groups/new_playbook_test_group/users/local%7C{{uuid:user}}',
      status: 200,
      body: { ...groupShape, name: 'new_playbook_test_group', users_count: 1 },
    }),
    ...command('user-to-group-remove', {
      method: 'DELETE',
      path: '/usermgmt/groups/new_playbook_test_group/users/local%7C{{uuid:user}}',
      status: 204,
    }),
    ...command('user-delete', {
      method: 'DELETE',
      path: '/usermgmt/users/local%7C{{uuid:user}}',
      status: 204,
    }),
    ...command('group-delete', {
      method: 'DELETE',
      path: '/usermgmt/groups/new_playbook_test_group',
      json: { force: true },
      status: 204,
    }),
  ],
  tidy: [
    {
      name: 'tidy',
      method: 'DELETE',
      path: '/usermgmt/groups/playbook_test_group',
      status: [204, 404],
    },
    {
      name: 'tidy',
      method: 'DELETE',
      path: '/usermgmt/groups/new_playbook_test_group',
      status: [204, 404],
    },
    { name: 'tidy', method: 'DELETE', path: '/usermgmt/users/{{enc:user}}', status: [204, 404] },
  ],
}

export const xsoar: readonly Scenario[] = [connectionTest, groupCommands, userCommands, playbook]
