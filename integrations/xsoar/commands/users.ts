import {
  AUTH_METHODS,
  argument,
  CLIENT_TYPES,
  inBody,
  inPath,
  inQuery,
  pages,
  required,
  TRUE_OR_FALSE,
} from './arguments.ts'
import { listedUser, listOutputs, outputs, updatedUser, user } from './outputs.ts'
import type { Argument, Command } from './types.ts'

const USERS = '/usermgmt/users/'
const USER = '/usermgmt/users/:user_id'
const columns = [
  'name',
  'username',
  'user_id',
  'email',
  'created_at',
  'updated_at',
  'expires_at',
  'last_login',
]
const userId = argument('user_id', 'identifier', inPath('user_id'), 'Id of the user.', required)

const AUTH_HELP =
  'Ways to sign in, with commas between them; empty allows none. password_with_user_certificate stands alone. Does not bind members of admin.'
const CLIENT_HELP =
  'Types of clients that may sign the user in, with commas between them; empty allows none, so that nobody can sign in. Does not bind members of admin.'
const methods = argument(
  'allowed_auth_methods',
  'choices',
  inBody('allowed_auth_methods'),
  AUTH_HELP,
  {
    choices: [...AUTH_METHODS, 'empty'],
    empties: ['none'],
  },
)
const clients = argument(
  'allowed_client_types',
  'choices',
  inBody('allowed_client_types'),
  CLIENT_HELP,
  {
    choices: CLIENT_TYPES,
    empties: ['empty', 'none'],
  },
)
const certificateSubject = argument(
  'certificate_subject_dn',
  'text',
  inBody('certificate_subject_dn'),
  'Subject of the certificate to sign in with, such as OU=Security,O=Example,C=DE.',
)
const expires = argument(
  'expires_at',
  'expiry',
  inBody('expires_at'),
  'When the account ends; empty: never. For local accounts; only members of admin and User Admins may set it.',
  { empties: ['never'] },
)
const preventUiLogin = argument(
  'prevent_ui_login',
  'boolean',
  inBody('login_flags.prevent_ui_login'),
  'Whether signing in to the web console is prevented.',
  { ...TRUE_OR_FALSE, default: 'false' },
)
const changeRequired = argument(
  'password_change_required',
  'boolean',
  inBody('password_change_required'),
  'Whether the password must be changed before the next sign-in.',
  TRUE_OR_FALSE,
)
const policy = argument(
  'password_policy',
  'text',
  inBody('password_policy'),
  'Password policy of a local account, by name; the global one when not given.',
)
const profile = (of: string): readonly Argument[] => [
  argument('name', 'text', inBody('name'), `Full name${of}.`),
  argument('email', 'text', inBody('email'), `E-mail address${of}.`),
]

export const userCommands: readonly Command[] = [
  {
    name: 'ciphertrust-users-list',
    vocabulary: 'documents',
    summary: 'Lists users, or shows one',
    call: { endpoint: 'users.list', method: 'GET', path: USERS },
    single: { argument: 'user_id', call: { endpoint: 'users.get', method: 'GET', path: USER } },
    arguments: [
      argument('name', 'text', inQuery('name'), 'Only users of this full name.'),
      argument(
        'user_id',
        'identifier',
        inPath('user_id'),
        'Only this user; self is who signs in. Filters are then not used.',
      ),
      argument('username', 'text', inQuery('username'), 'Only users who sign in with this name.'),
      argument('email', 'text', inQuery('email'), 'Only users with this e-mail address.'),
      argument(
        'groups',
        'list',
        inQuery('groups'),
        'Only users who are in all of these groups, with commas between them. nil: users who are in none.',
      ),
      argument(
        'exclude_groups',
        'list',
        inQuery('exclude_groups'),
        'Only users who are in none of these groups, with commas between them.',
      ),
      argument(
        'auth_domain_name',
        'text',
        inQuery('auth_domain_name'),
        'Only users made in this domain.',
      ),
      argument(
        'account_expired',
        'boolean',
        inQuery('account_expired'),
        'Only users whose account has ended, or has not.',
        TRUE_OR_FALSE,
      ),
      argument(
        'allowed_auth_methods',
        'choices',
        inQuery('allowed_auth_methods'),
        'Only users who may sign in like this. empty: users who may not sign in at all.',
        { choices: [...AUTH_METHODS, 'empty'], empties: ['none'] },
      ),
      argument(
        'allowed_client_types',
        'choices',
        inQuery('allowed_client_types'),
        'Only users whom clients of these types may sign in.',
        { choices: CLIENT_TYPES },
      ),
      argument(
        'password_policy',
        'text',
        inQuery('password_policy'),
        'Only users with this password policy.',
      ),
      argument(
        'return_groups',
        'boolean',
        inQuery('return_groups'),
        'Whether the groups of each user are shown.',
        TRUE_OR_FALSE,
      ),
      ...pages,
    ],
    answer: 'list',
    prefix: 'CipherTrust.Users',
    key: 'user_id',
    outputs: listOutputs('CipherTrust.Users', listedUser, 'Number, with messages'),
    title: 'Users',
    columns,
  },
  {
    name: 'ciphertrust-user-create',
    vocabulary: 'documents',
    summary: 'Makes a user, or brings one of the root domain into another domain',
    description:
      'A new user needs a username, and a password unless a certificate is the way to sign in: certificate_subject_dn together with user_certificate in allowed_auth_methods. password_with_user_certificate asks for both. To bring a user of the root domain into the domain worked in, give user_id or username alone.',
    call: { endpoint: 'users.create', method: 'POST', path: USERS },
    body: true,
    arguments: [
      argument(
        'user_id',
        'text',
        inBody('user_id'),
        'Id of the user of the root domain to bring in.',
      ),
      argument(
        'username',
        'text',
        inBody('username'),
        'Name to sign in with. It cannot be changed later.',
      ),
      argument(
        'password',
        'secret',
        inBody('password'),
        'Password. It must meet the password policy, which asks for 8 to 30 characters with a lower-case and an upper-case letter, a digit and another character unless it was changed.',
      ),
      ...profile(''),
      methods,
      clients,
      certificateSubject,
      argument(
        'connection',
        'text',
        inBody('connection'),
        'Where the account lives: a connection by name.',
        {
          default: 'local_account',
        },
      ),
      expires,
      argument(
        'is_domain_user',
        'boolean',
        inBody('is_domain_user'),
        'Whether the user is made in the domain worked in rather than in root.',
        TRUE_OR_FALSE,
      ),
      preventUiLogin,
      changeRequired,
      policy,
    ],
    rules: (values) =>
      values['username'] === undefined && values['user_id'] === undefined
        ? ['username is missing: a user needs a name to sign in with.']
        : [],
    answer: 'object',
    prefix: 'CipherTrust.Users',
    key: 'user_id',
    outputs: outputs('CipherTrust.Users', user),
    title: 'User {username} is made',
    columns,
  },
  {
    name: 'ciphertrust-user-update',
    vocabulary: 'documents',
    summary: 'Changes a user',
    description:
      'For administrators; users change their own password with ciphertrust-user-password-change. prevent_ui_login is set by every update: without the argument it is switched off.',
    call: { endpoint: 'users.update', method: 'PATCH', path: USER },
    body: true,
    arguments: [
      userId,
      argument(
        'username',
        'text',
        inBody('username'),
        'Name to sign in with; must be the one the user has.',
      ),
      argument('password', 'secret', inBody('password'), 'New password.'),
      ...profile(''),
      changeRequired,
      methods,
      clients,
      certificateSubject,
      expires,
      argument(
        'failed_logins_count',
        'number',
        inBody('failed_logins_count'),
        '0 unlocks a locked account.',
      ),
      preventUiLogin,
      policy,
    ],
    answer: 'object',
    prefix: 'CipherTrust.Users',
    key: 'user_id',
    outputs: outputs('CipherTrust.Users', updatedUser),
    title: 'User {user_id} is changed',
    columns,
  },
  {
    name: 'ciphertrust-user-delete',
    vocabulary: 'documents',
    summary: 'Deletes a user',
    description:
      'In the root domain the user is taken out of every domain, elsewhere out of that one.',
    call: { endpoint: 'users.delete', method: 'DELETE', path: USER },
    arguments: [userId],
    answer: 'nothing',
    outputs: [],
    title: 'User {user_id} is deleted',
    columns: [],
  },
  {
    name: 'ciphertrust-user-password-change',
    vocabulary: 'documents',
    summary: 'Changes the password of a user who knows it',
    description: 'The new password must differ from the old one.',
    call: { endpoint: 'self.changePassword', method: 'PATCH', path: '/auth/changepw' },
    body: true,
    arguments: [
      argument('new_password', 'secret', inBody('new_password'), 'New password.', required),
      argument('password', 'secret', inBody('password'), 'Present password.', required),
      argument('username', 'text', inBody('username'), 'Name to sign in with.', required),
      argument(
        'auth_domain',
        'text',
        inBody('auth_domain'),
        'Domain the user was made in; root when not given.',
      ),
    ],
    answer: 'nothing',
    outputs: [],
    title: 'The password of {username} is changed',
    columns: [],
  },
]

export const testModule: Command = {
  name: 'test-module',
  vocabulary: 'documents',
  summary: 'Tests URL, certificate, password and permissions',
  call: { endpoint: 'groups.list', method: 'GET', path: '/usermgmt/groups/' },
  arguments: [],
  answer: 'nothing',
  outputs: [],
  title: 'ok',
  columns: [],
}
