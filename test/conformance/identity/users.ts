/**
 * Reference section 3, users.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 3.1 endpoints, who, success codes | who may do what with users; a user's life |
 * | 3.2 username | usernames |
 * | 3.2 user_id, is_domain_user, connection | fields that need domains or connections |
 * | 3.2 password | passwords at creation; the policy's rules in policies.ts |
 * | 3.2 name, nickname, email | a user's life |
 * | 3.2 certificate_subject_dn, 3.4 normal form | subject names; sign-in by certificate in certificates.ts |
 * | 3.2 enable_cert_auth, allowed_auth_methods | authentication methods |
 * | 3.2 allowed_client_types | client types |
 * | 3.2 expires_at | conventions.ts (forms), sessions.ts (effect) |
 * | 3.2 login_flags, password_change_required | a user's life; effect in tokens.ts |
 * | 3.2 password_policy, failed_logins_count | policies.ts |
 * | 3.2 user_metadata, app_metadata | metadata of users; conventions.ts |
 * | 3.3 response and presence | every answer, by `userShape`; a user's life |
 * | 3.3 counters | sign-ins are counted |
 * | 3.3 filters | users are filtered by each field |
 * | 3.3 errors | the scenarios above; the last administrator |
 * | 3.5 | passwords.ts |
 *
 * Longer than most files because it is a table: each row of the reference is an exchange that reads on its own.
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import {
  absent,
  allOf,
  anyOf,
  array,
  bool,
  exactly,
  inAnyOrder,
  laterThan,
  not,
  sized,
  time,
  userId,
} from '../expect.ts'
import {
  acceptedSignIn,
  addMember,
  anError,
  assumed,
  changeUser,
  conflict,
  forbidden,
  invalidField,
  list,
  makeGroup,
  makePolicy,
  makeUser,
  mistype,
  NOBODY,
  named,
  noRows,
  notFound,
  OTHER_PASSWORD,
  only,
  ours,
  PASSWORD,
  ROOT,
  readUser,
  refusedSignIn,
  refusedValue,
  removeGroup,
  removePolicy,
  removeUser,
  signIn,
  unauthorized,
  userShape,
} from './common.ts'

const none = { as: 'none' } as const
const allClients = ['unregistered', 'public', 'confidential']

const life: Scenario = {
  name: 'a user is created, read, changed and deleted',
  exchanges: [
    post(
      'with username and password alone',
      '/usermgmt/users/',
      { username: named('jo'), password: PASSWORD },
      201,
      {
        ...userShape,
        username: named('jo'),
        name: named('jo'),
        nickname: named('jo'),
        email: `${named('jo')}@local`,
        certificate_subject_dn: '',
        enable_cert_auth: false,
        allowed_auth_methods: ['password'],
        allowed_client_types: allClients,
        login_flags: exactly({ prevent_ui_login: false }),
        logins_count: 0,
        last_login: exactly(null),
        failed_logins_count: 0,
        account_lockout_at: exactly(null),
        failed_logins_initial_attempt_at: exactly(null),
        last_failed_login_at: exactly(null),
        password_changed_at: time,
        password_change_required: false,
        auth_domain: ROOT,
        expires_at: absent,
        password_policy: absent,
        groups: absent,
      },
      {
        keep: { jo: 'user_id', created: 'created_at', updated: 'updated_at' },
        silentAbout: [PASSWORD],
      },
    ),
    readUser('it is read by id', 'jo', {
      ...userShape,
      user_id: '{{jo}}',
      auth_domain: ROOT,
      auth_domain_name: 'root',
      created_at: '{{created}}',
      groups: absent,
    }),
    get(
      'and listed',
      `/usermgmt/users/?username=${named('jo')}`,
      200,
      only({
        ...userShape,
        user_id: '{{jo}}',
        auth_domain: ROOT,
        auth_domain_name: 'root',
        groups: absent,
      }),
    ),
    changeUser(
      'every field of a page is changed',
      'jo',
      {
        name: 'Jo Smith',
        nickname: 'J',
        email: 'jo@example.org',
        certificate_subject_dn: 'CN=jo,O=Thales',
        allowed_auth_methods: ['password', 'user_certificate'],
        allowed_client_types: ['unregistered'],
        expires_at: '2040-01-01T00:00:00Z',
        login_flags: { prevent_ui_login: true },
        password_change_required: true,
        user_metadata: { a: 1 },
        app_metadata: { b: [2] },
      },
      200,
      {
        ...userShape,
        user_id: '{{jo}}',
        username: named('jo'),
        name: 'Jo Smith',
        nickname: 'J',
        email: 'jo@example.org',
        certificate_subject_dn: 'O=Thales,CN=jo',
        enable_cert_auth: true,
        allowed_auth_methods: inAnyOrder('password', 'user_certificate'),
        allowed_client_types: ['unregistered'],
        expires_at: '2040-01-01T00:00:00Z',
        login_flags: { prevent_ui_login: true },
        password_change_required: true,
        user_metadata: exactly({ a: 1 }),
        app_metadata: exactly({ b: [2] }),
        created_at: '{{created}}',
        updated_at: laterThan('{{updated}}'),
      },
    ),
    readUser('what was changed is read', 'jo', {
      name: 'Jo Smith',
      email: 'jo@example.org',
      expires_at: '2040-01-01T00:00:00Z',
    }),
    changeUser('one field leaves the others', 'jo', { nickname: 'Joe' }, 200, {
      nickname: 'Joe',
      name: 'Jo Smith',
      email: 'jo@example.org',
      login_flags: { prevent_ui_login: true },
      user_metadata: exactly({ a: 1 }),
    }),
    changeUser('an empty change answers the whole user', 'jo', {}, 200, {
      ...userShape,
      nickname: 'Joe',
    }),
    changeUser('an empty text removes the expiry', 'jo', { expires_at: '' }, 200, {
      expires_at: absent,
    }),
    changeUser(
      'the change of password is called off',
      'jo',
      { password_change_required: false },
      200,
      { password_change_required: false },
    ),
    changeUser('a password is set', 'jo', { password: OTHER_PASSWORD }, 200, {
      ...userShape,
      password_changed_at: laterThan('{{created}}'),
    }),
    acceptedSignIn('and works', 'jo', OTHER_PASSWORD),
    refusedSignIn('the old one does not', 'jo'),
    del('it is deleted', '/usermgmt/users/{{enc:jo}}', 204),
    get('and gone', '/usermgmt/users/{{enc:jo}}', 404, notFound),
    del('a second deletion finds nothing', '/usermgmt/users/{{enc:jo}}', 404, notFound),
    changeUser('nor does a change', 'jo', { name: 'x' }, 404, notFound),
    get('no list shows it', `/usermgmt/users/?username=${named('jo')}`, 200, noRows),
    refusedSignIn('and it signs in no more', 'jo', OTHER_PASSWORD),
    post(
      'the name is free again',
      '/usermgmt/users',
      { username: named('jo'), password: PASSWORD },
      201,
      { user_id: allOf(userId, not('{{jo}}')) },
      { keep: { jo: 'user_id' } },
    ),
  ],
  tidy: [removeUser('jo')],
}

const completeCreation: Scenario = {
  name: 'a user is created with every field at once',
  exchanges: [
    makePolicy('strict', { inclusive_min_total_length: 10 }),
    makeUser('jo', {
      name: 'Jo Smith',
      nickname: 'J',
      email: 'jo@example.org',
      connection: 'local_account',
      certificate_subject_dn: 'CN=jo,C=US',
      allowed_auth_methods: ['user_certificate', 'password'],
      allowed_client_types: ['public', 'unregistered'],
      expires_at: '2040-01-01T00:00:00Z',
      is_domain_user: false,
      login_flags: { prevent_ui_login: true },
      password_change_required: true,
      password_policy: named('strict'),
      user_metadata: { current_domain: { id: ROOT, name: 'root' }, persistedData: { x: [1] } },
      app_metadata: { y: 'z' },
    }),
    readUser('and keeps them all', 'jo', {
      ...userShape,
      name: 'Jo Smith',
      nickname: 'J',
      email: 'jo@example.org',
      certificate_subject_dn: 'C=US,CN=jo',
      enable_cert_auth: true,
      allowed_auth_methods: inAnyOrder('password', 'user_certificate'),
      allowed_client_types: inAnyOrder('unregistered', 'public'),
      expires_at: '2040-01-01T00:00:00Z',
      login_flags: { prevent_ui_login: true },
      password_change_required: true,
      password_policy: named('strict'),
      user_metadata: exactly({
        current_domain: { id: ROOT, name: 'root' },
        persistedData: { x: [1] },
      }),
      app_metadata: exactly({ y: 'z' }),
    }),
    post(
      'as Terraform creates',
      '/usermgmt/users/',
      {
        username: named('tf'),
        password: PASSWORD,
        is_domain_user: false,
        login_flags: { prevent_ui_login: false },
        password_change_required: false,
        email: '',
        name: '',
        nickname: '',
        user_id: '',
        user_metadata: null,
        app_metadata: null,
      },
      [201, 400],
      anyOf(userShape, anError),
      { keep: {} },
    ),
    post(
      'as Terraform creates with what it always sends',
      '/usermgmt/users/',
      {
        username: named('terra'),
        password: PASSWORD,
        is_domain_user: false,
        login_flags: { prevent_ui_login: false },
        password_change_required: false,
      },
      201,
      userShape,
      { keep: { terra: 'user_id' } },
    ),
    changeUser(
      'and as it changes, the username included',
      'terra',
      {
        username: named('terra'),
        is_domain_user: false,
        login_flags: { prevent_ui_login: false },
        name: 'Terra',
        password_change_required: false,
      },
      200,
      { ...userShape, name: 'Terra' },
    ),
    changeUser('a flag that is not told is off', 'jo', { login_flags: {} }, [200, 400]),
  ],
  tidy: [
    removeUser('jo'),
    removeUser('terra'),
    del('tidy', `/usermgmt/users/${named('tf')}`, [204, 404]),
    removePolicy('strict'),
  ],
}

const badNames = ['a/b', 'a|b', 'a\\b', 'a<b', 'a>b']

const usernames: Scenario = {
  name: 'a username is unique without case, of allowed characters, and never changes',
  exchanges: [
    makeUser('jo'),
    post(
      'the same name',
      '/usermgmt/users/',
      { username: named('jo'), password: PASSWORD },
      409,
      conflict,
    ),
    post(
      'the same in capitals',
      '/usermgmt/users/',
      { username: 'CONF-JO-{{upper:run}}', password: PASSWORD },
      409,
      conflict,
    ),
    ...badNames.map((name) =>
      post(
        `the name ${name}`,
        '/usermgmt/users/',
        { username: `${name}-{{run}}`, password: PASSWORD },
        400,
        refusedValue,
      ),
    ),
    post(
      'the name global is reserved',
      '/usermgmt/users/',
      { username: 'global', password: PASSWORD },
      [400, 409],
      anError,
    ),
    ours(
      post(
        'in any case',
        '/usermgmt/users/',
        { username: 'Global', password: PASSWORD },
        [400, 409],
        anError,
      ),
    ),
    post('no name', '/usermgmt/users/', { password: PASSWORD }, 400, invalidField('username')),
    post(
      'an empty name',
      '/usermgmt/users/',
      { username: '', password: PASSWORD },
      400,
      refusedValue,
    ),
    post(
      'a name that is a number',
      '/usermgmt/users/',
      { username: 7, password: PASSWORD },
      400,
      invalidField('username'),
    ),
    changeUser('the same name may come back', 'jo', { username: named('jo'), name: 'Jo' }, 200, {
      username: named('jo'),
      name: 'Jo',
    }),
    changeUser('another is ignored or refused', 'jo', { username: named('other') }, [200, 400]),
    readUser('it has not changed', 'jo', { username: named('jo') }),
    post(
      'a name with a dot, an at sign and a space',
      '/usermgmt/users/',
      { username: 'jo.smith {{run}}@example.org', password: PASSWORD },
      201,
      { username: 'jo.smith {{run}}@example.org' },
      { keep: { dotted: 'user_id' } },
    ),
    post(
      'a name of other letters',
      '/usermgmt/users/',
      { username: 'jö-{{run}}', password: PASSWORD },
      201,
      { username: 'jö-{{run}}' },
      { keep: { umlaut: 'user_id' } },
    ),
  ],
  tidy: [removeUser('jo'), removeUser('dotted'), removeUser('umlaut')],
}

const dn = 'CN=jo-{{run}},O=Thales,C=US'

const creationPasswords: Scenario = {
  name: 'a password is needed unless a certificate can take its place',
  exchanges: [
    post('no password', '/usermgmt/users/', { username: named('none') }, 400, refusedValue),
    post(
      'no password and a subject name without the method',
      '/usermgmt/users/',
      { username: named('none'), certificate_subject_dn: dn },
      400,
      refusedValue,
    ),
    post(
      'no password and the method without a subject name',
      '/usermgmt/users/',
      { username: named('none'), allowed_auth_methods: ['user_certificate'] },
      400,
      refusedValue,
    ),
    post(
      'no password, a subject name and the method',
      '/usermgmt/users/',
      {
        username: named('cert'),
        certificate_subject_dn: dn,
        allowed_auth_methods: ['user_certificate'],
      },
      201,
      { ...userShape, enable_cert_auth: true },
      { keep: { cert: 'user_id' } },
    ),
    post(
      'a password and the method without a subject name',
      '/usermgmt/users/',
      {
        username: named('playbook'),
        password: PASSWORD,
        allowed_auth_methods: ['user_certificate'],
      },
      201,
      { ...userShape, enable_cert_auth: true, certificate_subject_dn: '' },
      { keep: { playbook: 'user_id' } },
    ),
    post(
      'an empty password',
      '/usermgmt/users/',
      { username: named('none'), password: '' },
      400,
      refusedValue,
    ),
    post(
      'a password that is too short',
      '/usermgmt/users/',
      { username: named('none'), password: 'Ab1-' },
      400,
      anError,
      { silentAbout: ['Ab1-'] },
    ),
    refusedSignIn('a user without a password does not sign in with one', 'cert'),
    get('none of the refused was made', `/usermgmt/users/?username=${named('none')}`, 200, noRows),
  ],
  tidy: [removeUser('cert'), removeUser('playbook')],
}

const methods: Scenario = {
  name: 'authentication methods are a list, and enable_cert_auth follows it',
  exchanges: [
    makeUser('jo'),
    ...(
      [
        [[], false],
        [['password'], false],
        [['user_certificate'], true],
        [['password', 'user_certificate'], true],
        [['password_with_user_certificate'], false],
      ] as const
    ).map(([allowed, enabled]) =>
      changeUser(
        `${allowed.join(' and ') || 'nothing'} is allowed`,
        'jo',
        { allowed_auth_methods: allowed },
        200,
        {
          allowed_auth_methods: inAnyOrder(...allowed),
          enable_cert_auth: enabled,
        },
      ),
    ),
    changeUser(
      'the third excludes password',
      'jo',
      { allowed_auth_methods: ['password', 'password_with_user_certificate'] },
      400,
      refusedValue,
    ),
    changeUser(
      'and certificate',
      'jo',
      { allowed_auth_methods: ['user_certificate', 'password_with_user_certificate'] },
      400,
      refusedValue,
    ),
    changeUser(
      'an unknown method',
      'jo',
      { allowed_auth_methods: ['fingerprint'] },
      400,
      refusedValue,
    ),
    changeUser(
      'the word that XSOAR turns into an empty list is no method',
      'jo',
      { allowed_auth_methods: ['none'] },
      400,
      refusedValue,
    ),
    changeUser(
      'a text in place of a list',
      'jo',
      { allowed_auth_methods: 'password' },
      400,
      invalidField('allowed_auth_methods'),
    ),
    readUser('refusals change nothing', 'jo', {
      allowed_auth_methods: ['password_with_user_certificate'],
    }),
    changeUser('back to the password', 'jo', { allowed_auth_methods: ['password'] }, 200, {
      enable_cert_auth: false,
    }),
    changeUser('the older switch allows certificates', 'jo', { enable_cert_auth: true }, 200, {
      enable_cert_auth: true,
      allowed_auth_methods: inAnyOrder('password', 'user_certificate'),
    }),
    changeUser('and takes them away', 'jo', { enable_cert_auth: false }, 200, {
      enable_cert_auth: false,
      allowed_auth_methods: ['password'],
    }),
    changeUser(
      'it is ignored beside the list',
      'jo',
      { enable_cert_auth: true, allowed_auth_methods: ['password'] },
      200,
      { enable_cert_auth: false, allowed_auth_methods: ['password'] },
    ),
    makeUser('ann', { enable_cert_auth: true }),
    readUser('it works at creation', 'ann', {
      enable_cert_auth: true,
      allowed_auth_methods: inAnyOrder('password', 'user_certificate'),
    }),
    post(
      'the third with another at creation',
      '/usermgmt/users/',
      {
        username: named('bad'),
        password: PASSWORD,
        allowed_auth_methods: ['password', 'password_with_user_certificate'],
      },
      400,
      refusedValue,
    ),
    post(
      'an unknown one at creation',
      '/usermgmt/users/',
      { username: named('bad'), password: PASSWORD, allowed_auth_methods: ['x'] },
      400,
      refusedValue,
    ),
  ],
  tidy: [removeUser('jo'), removeUser('ann')],
}

const clientTypes: Scenario = {
  name: 'client types are a list of three',
  exchanges: [
    makeUser('jo'),
    ...[[], ['unregistered'], ['public', 'confidential'], allClients].map((allowed) =>
      changeUser(
        `${allowed.join(' and ') || 'nothing'} is allowed`,
        'jo',
        { allowed_client_types: allowed },
        200,
        {
          allowed_client_types: inAnyOrder(...allowed),
        },
      ),
    ),
    changeUser('an unknown type', 'jo', { allowed_client_types: ['private'] }, 400, refusedValue),
    changeUser(
      'a text in place of a list',
      'jo',
      { allowed_client_types: 'public' },
      400,
      invalidField('allowed_client_types'),
    ),
    post(
      'an unknown one at creation',
      '/usermgmt/users/',
      { username: named('bad'), password: PASSWORD, allowed_client_types: ['x'] },
      400,
      refusedValue,
    ),
    readUser('refusals change nothing', 'jo', { allowed_client_types: inAnyOrder(...allClients) }),
  ],
  tidy: [removeUser('jo')],
}

const names: readonly [string, string][] = [
  ['OU=dev,O=Thales,L=Austin,ST=TX,C=US', 'C=US,ST=TX,L=Austin,O=Thales,OU=dev'],
  ['C=US,ST=TX,L=Austin,O=Thales,OU=dev', 'C=US,ST=TX,L=Austin,O=Thales,OU=dev'],
  ['O=Thales,C=US', 'C=US,O=Thales'],
  ['CN=jo,OU=dev,O=Thales,C=US', 'C=US,O=Thales,OU=dev,CN=jo'],
]

const subjectNames: Scenario = {
  name: 'certificate subject names are kept in one normal form',
  exchanges: [
    makeUser('jo'),
    ...names.map(([sent, shown]) =>
      changeUser(`${sent} is shown in order`, 'jo', { certificate_subject_dn: sent }, 200, {
        certificate_subject_dn: shown,
      }),
    ),
    changeUser(
      'a comma in a value stays escaped',
      'jo',
      { certificate_subject_dn: 'O=Smith\\, Sons,C=US' },
      200,
      { certificate_subject_dn: 'C=US,O=Smith\\, Sons' },
    ),
    changeUser(
      'text that is no name is refused',
      'jo',
      { certificate_subject_dn: 'nonsense' },
      400,
      refusedValue,
    ),
    readUser('and changes nothing', 'jo', { certificate_subject_dn: 'C=US,O=Smith\\, Sons' }),
    changeUser('an empty text clears it', 'jo', { certificate_subject_dn: '' }, 200, {
      certificate_subject_dn: '',
    }),
    makeUser('ann', { certificate_subject_dn: 'OU=dev,O=Thales,L=Austin,ST=TX,C=US' }),
    readUser('creation does the same', 'ann', {
      certificate_subject_dn: 'C=US,ST=TX,L=Austin,O=Thales,OU=dev',
    }),
  ],
  tidy: [removeUser('jo'), removeUser('ann')],
}

const elsewhere: Scenario = {
  name: 'fields that need domains or connections are refused rather than ignored',
  exchanges: [
    ours(
      post(
        'a user of a sub-domain',
        '/usermgmt/users/',
        { username: named('sub'), password: PASSWORD, is_domain_user: true },
        [400, 501],
        anError,
      ),
    ),
    makeUser('jo', { is_domain_user: false, connection: 'local_account' }),
    ours(
      post(
        'an existing user by id',
        '/usermgmt/users/',
        { user_id: '{{jo}}' },
        [400, 409, 501],
        anError,
      ),
    ),
    ours(
      post(
        'a user of another connection',
        '/usermgmt/users/',
        { username: named('ldap'), password: PASSWORD, connection: 'conf-ldap-{{run}}' },
        [400, 404, 501],
        anError,
      ),
    ),
    get(
      'none was made',
      '/usermgmt/users/?username=conf-*-{{run}}',
      200,
      only({ user_id: '{{jo}}' }),
    ),
  ],
  tidy: [
    removeUser('jo'),
    del('tidy', `/usermgmt/users/${named('sub')}`, [204, 404]),
    del('tidy', `/usermgmt/users/${named('ldap')}`, [204, 404]),
  ],
}

const counters: Scenario = {
  name: 'sign-ins and wrong passwords are counted on the user',
  exchanges: [
    makeUser('jo'),
    acceptedSignIn('jo signs in', 'jo'),
    readUser('it is counted', 'jo', { logins_count: 1, last_login: time, failed_logins_count: 0 }),
    acceptedSignIn('and again', 'jo'),
    readUser('and again', 'jo', { logins_count: 2 }),
    mistype('jo'),
    readUser('the failure is counted', 'jo', {
      logins_count: 2,
      failed_logins_count: 1,
      failed_logins_initial_attempt_at: time,
      last_failed_login_at: time,
      account_lockout_at: exactly(null),
    }),
    mistype('jo', 'a second wrong password'),
    readUser('so is the second', 'jo', {
      failed_logins_count: 2,
      account_lockout_at: exactly(null),
    }),
    acceptedSignIn('a good one', 'jo'),
    readUser('resets the count', 'jo', { logins_count: 3, failed_logins_count: 0 }),
    mistype('jo', 'a third wrong password'),
    changeUser('an administrator resets the count', 'jo', { failed_logins_count: 0 }, 200, {
      ...userShape,
      failed_logins_count: 0,
    }),
    assumed(
      changeUser('he cannot set another', 'jo', { failed_logins_count: 3 }, 400, refusedValue),
    ),
  ],
  tidy: [removeUser('jo')],
}

const byFilter = (what: string, query: string, ...keys: readonly string[]): Exchange =>
  get(
    what,
    `/usermgmt/users/?username=conf-*-{{run}}&${query}`,
    200,
    only(...keys.map((key) => ({ user_id: `{{${key}}}` }))),
  )

const filters: Scenario = {
  name: 'users are filtered by each field, and by several together',
  exchanges: [
    makePolicy('strict'),
    makeGroup('red'),
    makeGroup('blue'),
    makeUser('jo', { name: 'Jo Smith {{run}}', email: 'jo@{{run}}.example' }),
    makeUser('ann', {
      name: 'Ann Smith {{run}}',
      email: 'ann@{{run}}.example',
      allowed_auth_methods: [],
      password_policy: named('strict'),
    }),
    makeUser('bob', {
      name: 'Bob {{run}}',
      email: 'bob@{{run}}.example',
      allowed_auth_methods: ['user_certificate'],
      allowed_client_types: ['public'],
      expires_at: '2001-01-01T00:00:00Z',
    }),
    makeUser('eve', {
      allowed_auth_methods: ['password_with_user_certificate'],
      allowed_client_types: [],
      expires_at: '2040-01-01T00:00:00Z',
    }),
    addMember('jo', named('red')),
    addMember('jo', named('blue')),
    addMember('ann', named('red')),
    byFilter('all four', 'limit=50', 'jo', 'ann', 'bob', 'eve'),
    byFilter('by name', 'name=Jo%20Smith%20{{run}}', 'jo'),
    byFilter('by name with a wildcard', 'name=*%20Smith%20{{run}}', 'jo', 'ann'),
    byFilter('by email', 'email=ann@{{run}}.example', 'ann'),
    byFilter('by email with a wildcard', 'email=*@{{run}}.example', 'jo', 'ann', 'bob'),
    get(
      'by username',
      `/usermgmt/users/?username=${named('jo')}`,
      200,
      only({ user_id: '{{jo}}' }),
    ),
    byFilter('by group', `group=${named('red')}`, 'jo', 'ann'),
    byFilter('by groups, one', `groups=${named('blue')}`, 'jo'),
    byFilter('by groups, member of all', `groups=${named('red')},${named('blue')}`, 'jo'),
    byFilter(
      'by groups, the comma encoded as XSOAR sends it',
      `groups=${named('red')}%2C${named('blue')}`,
      'jo',
    ),
    byFilter('groups=nil: in none', 'groups=nil', 'bob', 'eve'),
    byFilter('a group that is not there', 'groups=conf-none-{{run}}'),
    byFilter('exclude_groups', `exclude_groups=${named('blue')}`, 'ann', 'bob', 'eve'),
    byFilter(
      'exclude_groups, several',
      `exclude_groups=${named('blue')}%2C${named('red')}`,
      'bob',
      'eve',
    ),
    byFilter(
      'groups and exclude_groups',
      `groups=${named('red')}&exclude_groups=${named('blue')}`,
      'ann',
    ),
    byFilter('by auth_domain_name', 'auth_domain_name=root', 'jo', 'ann', 'bob', 'eve'),
    byFilter('by a domain that is not there', 'auth_domain_name=conf-none-{{run}}'),
    byFilter('account_expired=True', 'account_expired=True', 'bob'),
    byFilter('account_expired=false', 'account_expired=false', 'jo', 'ann', 'eve'),
    byFilter('allowed_auth_methods=password', 'allowed_auth_methods=password', 'jo'),
    byFilter(
      'allowed_auth_methods=user_certificate',
      'allowed_auth_methods=user_certificate',
      'bob',
    ),
    byFilter(
      'allowed_auth_methods=password_with_user_certificate',
      'allowed_auth_methods=password_with_user_certificate',
      'eve',
    ),
    byFilter('allowed_auth_methods=empty', 'allowed_auth_methods=empty', 'ann'),
    byFilter('allowed_client_types=unregistered', 'allowed_client_types=unregistered', 'jo', 'ann'),
    byFilter('allowed_client_types=public', 'allowed_client_types=public', 'jo', 'ann', 'bob'),
    byFilter('by password_policy', `password_policy=${named('strict')}`, 'ann'),
    byFilter('two filters narrow', `email=*@{{run}}.example&name=Bob*`, 'bob'),
    byFilter('two that exclude each other', 'account_expired=true&allowed_auth_methods=password'),
    get(
      'groups come only when asked for',
      `/usermgmt/users/?username=${named('jo')}&return_groups=true`,
      200,
      only({ groups: inAnyOrder(named('red'), named('blue')) }),
    ),
    get(
      'a user in none has an empty array',
      `/usermgmt/users/?username=${named('bob')}&return_groups=True`,
      200,
      only({ groups: [] }),
    ),
    get('one user alone shows none', '/usermgmt/users/{{enc:jo}}', 200, { groups: absent }),
    get('sorted by username', '/usermgmt/users/?username=conf-*-{{run}}&sort=username', 200, {
      resources: [
        { user_id: '{{ann}}' },
        { user_id: '{{bob}}' },
        { user_id: '{{eve}}' },
        { user_id: '{{jo}}' },
      ],
    }),
    get(
      'sorted by time downwards',
      '/usermgmt/users/?username=conf-*-{{run}}&sort=-created_at',
      200,
      {
        resources: [
          { user_id: '{{eve}}' },
          { user_id: '{{bob}}' },
          { user_id: '{{ann}}' },
          { user_id: '{{jo}}' },
        ],
      },
    ),
    get('by default by time', '/usermgmt/users/?username=conf-*-{{run}}', 200, {
      resources: [
        { user_id: '{{jo}}' },
        { user_id: '{{ann}}' },
        { user_id: '{{bob}}' },
        { user_id: '{{eve}}' },
      ],
    }),
    get(
      'filtered and paged',
      '/usermgmt/users/?username=conf-*-{{run}}&skip=1&limit=2',
      200,
      list([{ user_id: '{{ann}}' }, { user_id: '{{bob}}' }], 4),
    ),
    get(
      'a method that is none is a bad value',
      '/usermgmt/users/?allowed_auth_methods=fingerprint',
      [200, 400],
    ),
  ],
  tidy: [
    removeUser('jo'),
    removeUser('ann'),
    removeUser('bob'),
    removeUser('eve'),
    removeGroup('red'),
    removeGroup('blue'),
    removePolicy('strict'),
  ],
}

const rights: Scenario = {
  name: 'only administrators and members of User Admins manage users',
  exchanges: [
    makeUser('jo'),
    makeUser('ann'),
    makeUser('helper'),
    addMember('helper', 'User%20Admins'),
    signIn('jo'),
    signIn('helper'),
    get('without a token nobody lists', '/usermgmt/users/', 401, unauthorized, none),
    get('nor reads', '/usermgmt/users/{{enc:jo}}', 401, unauthorized, none),
    post(
      'nor creates',
      '/usermgmt/users/',
      { username: named('x'), password: PASSWORD },
      401,
      unauthorized,
      none,
    ),
    patch('nor changes', '/usermgmt/users/{{enc:jo}}', { name: 'x' }, 401, unauthorized, none),
    del('nor deletes', '/usermgmt/users/{{enc:jo}}', 401, unauthorized, none),
    get('a user reads himself', '/usermgmt/users/self', 200, { user_id: '{{jo}}' }, { as: 'jo' }),
    assumed(
      get(
        'the list shows him less',
        `/usermgmt/users/?username=${named('ann')}`,
        [200, 403],
        anyOf(noRows, forbidden),
        { as: 'jo' },
      ),
    ),
    get('he reads no other', '/usermgmt/users/{{enc:ann}}', [403, 404], anError, { as: 'jo' }),
    post(
      'he creates none',
      '/usermgmt/users/',
      { username: named('x'), password: PASSWORD },
      403,
      forbidden,
      { as: 'jo' },
    ),
    patch(
      'he changes no other',
      '/usermgmt/users/{{enc:ann}}',
      { name: 'x' },
      [403, 404],
      anError,
      { as: 'jo' },
    ),
    patch(
      'nor himself by this path',
      '/usermgmt/users/{{enc:jo}}',
      { allowed_auth_methods: [] },
      403,
      forbidden,
      { as: 'jo' },
    ),
    del('he deletes no other', '/usermgmt/users/{{enc:ann}}', [403, 404], anError, { as: 'jo' }),
    del('nor himself', '/usermgmt/users/{{enc:jo}}', 403, forbidden, { as: 'jo' }),
    get(
      'a member of User Admins lists',
      `/usermgmt/users/?username=${named('ann')}`,
      200,
      only({ user_id: '{{ann}}' }),
      { as: 'helper' },
    ),
    get('reads', '/usermgmt/users/{{enc:ann}}', 200, userShape, { as: 'helper' }),
    post(
      'creates',
      '/usermgmt/users/',
      { username: named('made'), password: PASSWORD },
      201,
      userShape,
      { as: 'helper', keep: { made: 'user_id' } },
    ),
    patch(
      'changes',
      '/usermgmt/users/{{enc:made}}',
      { name: 'Made', expires_at: '2040-01-01T00:00:00Z' },
      200,
      { name: 'Made' },
      { as: 'helper' },
    ),
    patch(
      'sets a password',
      '/usermgmt/users/{{enc:made}}',
      { password: OTHER_PASSWORD },
      200,
      userShape,
      { as: 'helper' },
    ),
    acceptedSignIn('which works', 'made', OTHER_PASSWORD),
    del('deletes', '/usermgmt/users/{{enc:made}}', 204, undefined, { as: 'helper' }),
    get('what jo tried did not happen', '/usermgmt/users/{{enc:ann}}', 200, { name: named('ann') }),
  ],
  tidy: [
    removeUser('jo'),
    removeUser('ann'),
    removeUser('helper'),
    del('tidy', `/usermgmt/users/${named('x')}`, [204, 404]),
    removeUser('made'),
  ],
}

const promotion: Scenario = {
  name: 'a member of User Admins does not become more than that',
  exchanges: [
    makeUser('jo'),
    makeUser('helper'),
    makeUser('chief'),
    makeUser('keeper'),
    addMember('helper', 'User%20Admins'),
    addMember('chief', 'admin'),
    addMember('keeper', 'Key%20Admins'),
    signIn('helper'),
    ...['admin', 'Key%20Admins', 'CA%20Admins', 'System%20Admins'].flatMap((group) => [
      post(
        `he does not join ${group}`,
        `/usermgmt/groups/${group}/users/{{enc:helper}}`,
        undefined,
        403,
        forbidden,
        { as: 'helper' },
      ),
      post(
        `nor puts another into ${group}`,
        `/usermgmt/groups/${group}/users/{{enc:jo}}`,
        undefined,
        403,
        forbidden,
        { as: 'helper' },
      ),
    ]),
    del(
      'he takes nobody out of admin',
      '/usermgmt/groups/admin/users/{{enc:chief}}',
      403,
      forbidden,
      { as: 'helper' },
    ),
    patch(
      'he sets no password of an administrator',
      '/usermgmt/users/{{enc:chief}}',
      { password: OTHER_PASSWORD },
      403,
      forbidden,
      { as: 'helper' },
    ),
    patch(
      'nor his certificate',
      '/usermgmt/users/{{enc:chief}}',
      { certificate_subject_dn: 'C=US,CN=helper' },
      403,
      forbidden,
      { as: 'helper' },
    ),
    del('nor deletes him', '/usermgmt/users/{{enc:chief}}', 403, forbidden, { as: 'helper' }),
    patch(
      'nor sets a password of a Key Admin',
      '/usermgmt/users/{{enc:keeper}}',
      { password: OTHER_PASSWORD },
      403,
      forbidden,
      { as: 'helper' },
    ),
    acceptedSignIn('the administrator keeps his password', 'chief'),
    post(
      'he puts others where no rights are',
      '/usermgmt/groups/Key%20Users/users/{{enc:jo}}',
      undefined,
      200,
      { name: 'Key Users' },
      { as: 'helper' },
    ),
    post(
      'and into his own group',
      '/usermgmt/groups/User%20Admins/users/{{enc:jo}}',
      undefined,
      200,
      { name: 'User Admins' },
      { as: 'helper' },
    ),
    get('none of it gave him a right', '/audit/records', 403, forbidden, { as: 'helper' }),
    signIn('chief'),
    post(
      'an administrator puts anyone anywhere',
      '/usermgmt/groups/admin/users/{{enc:jo}}',
      undefined,
      200,
      { name: 'admin' },
      { as: 'chief' },
    ),
    del('and out again', '/usermgmt/groups/admin/users/{{enc:jo}}', 204, undefined, {
      as: 'chief',
    }),
  ].map(ours),
  tidy: [removeUser('jo'), removeUser('helper'), removeUser('chief'), removeUser('keeper')],
}

const lastAdministrator: Scenario = {
  name: 'the last administrator stays',
  provided: [
    get('there is one administrator', '/usermgmt/groups/admin', 200, { users_count: 1 }),
    get(
      'whose session this is',
      '/usermgmt/users/?group=admin',
      200,
      only({ username: '{{adminName}}' }),
    ),
  ],
  exchanges: [
    get('who he is', '/usermgmt/users/self', 200, { user_id: userId }, { keep: { me: 'user_id' } }),
    assumed(del('he cannot be deleted', '/usermgmt/users/{{enc:me}}', [400, 403], anError)),
    assumed(
      del('nor leave the group', '/usermgmt/groups/admin/users/{{enc:me}}', [400, 403], anError),
    ),
    get('he is still there', '/usermgmt/groups/admin', 200, { users_count: 1 }),
    makeUser('second'),
    addMember('second', 'admin'),
    get('a second one counts', '/usermgmt/groups/admin', 200, { users_count: 2 }),
    del('and may leave', '/usermgmt/groups/admin/users/{{enc:second}}', 204),
    addMember('second', 'admin'),
    del('or be deleted', '/usermgmt/users/{{enc:second}}', 204),
    get('one remains', '/usermgmt/groups/admin', 200, { users_count: 1 }),
  ],
  tidy: [removeUser('second')],
}

const unknown: Scenario = {
  name: 'users that are not there are not found, and bad values are refused',
  exchanges: [
    get('an id of nobody', `/usermgmt/users/${encodeURIComponent(NOBODY)}`, 404, notFound),
    patch(
      'a change of nobody',
      `/usermgmt/users/${encodeURIComponent(NOBODY)}`,
      { name: 'x' },
      404,
      notFound,
    ),
    del('a deletion of nobody', `/usermgmt/users/${encodeURIComponent(NOBODY)}`, 404, notFound),
    get('a name of nobody', '/usermgmt/users/conf-none-{{run}}', 404, notFound),
    makeUser('jo'),
    ...(
      [
        ['name', 7],
        ['email', []],
        ['nickname', {}],
        ['password_change_required', 'yes'],
        ['login_flags', 'x'],
        ['user_metadata', [1]],
        ['app_metadata', 'x'],
        ['expires_at', 7],
        ['certificate_subject_dn', 7],
        ['password', 7],
      ] as const
    ).map(([field, value]) =>
      changeUser(
        `${field} of the wrong type is named`,
        'jo',
        { [field]: value },
        400,
        invalidField(field),
      ),
    ),
    changeUser(
      'an unknown password policy',
      'jo',
      { password_policy: 'conf-none-{{run}}' },
      400,
      refusedValue,
    ),
    post(
      'an unknown one at creation',
      '/usermgmt/users/',
      { username: named('bad'), password: PASSWORD, password_policy: 'conf-none-{{run}}' },
      400,
      refusedValue,
    ),
    readUser('refusals change nothing', 'jo', {
      name: named('jo'),
      password_change_required: bool,
      allowed_auth_methods: array,
      allowed_client_types: sized(3),
    }),
  ],
  tidy: [removeUser('jo')],
}

export const users: readonly Scenario[] = [
  life,
  completeCreation,
  usernames,
  creationPasswords,
  methods,
  clientTypes,
  subjectNames,
  elsewhere,
  counters,
  filters,
  rights,
  promotion,
  lastAdministrator,
  unknown,
]
