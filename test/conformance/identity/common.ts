import { del, type Exchange, get, patch, post } from '../exchange.ts'
import {
  absent,
  allOf,
  anyOf,
  array,
  bool,
  containing,
  type Expected,
  exactly,
  integer,
  sized,
  someText,
  text,
  time,
  userId,
  uuid,
} from '../expect.ts'

/** Within the default password policy. */
export const PASSWORD = 'Conform-Pass-01'
export const OTHER_PASSWORD = 'Another-Pass-02'
export const WRONG_PASSWORD = 'Mistaken-Pass-99'

export const ROOT = '00000000-0000-0000-0000-000000000000'
export const NOBODY = 'local|00000000-0000-4000-8000-000000000000'

// Error bodies, reference 1.3.

export const badRequest = { code: 15, codeDesc: 'NCERRBadRequest: Bad HTTP request', message: /./ }
/** A schema failure, naming the field. */
export const invalidField = (field: string): Expected => ({
  code: 15,
  codeDesc: 'NCERRBadRequest: Bad HTTP request',
  message: new RegExp(`^Validation errors:\\n(.*\\n)* ${field}(\\.\\w+)?: .`),
})
/** A broken rule: either of the two 400 codes. */
export const refusedValue: Expected = anyOf(badRequest, {
  code: 9,
  codeDesc: /^NCERRInvalidParamValue/,
})
export const unauthorized = { code: 5, codeDesc: /^NCERRUnauthorizedAccess/ }
export const wrongPassword = {
  code: 5,
  codeDesc: 'NCERRUnauthorizedAccess',
  message: 'Wrong username or password.',
}
export const forbidden = { code: 13, codeDesc: /^NCERRForbidden: InsufficientPermissions: ./ }
export const notFound = { code: 16, codeDesc: 'NCERRResourceNotFound: Resource not found' }
export const conflict = { code: 8, codeDesc: /^NCERRConflict: ./ }
export const anError = { code: integer, codeDesc: /^NCERR/ }

// Resources, as sections 2 to 5 show them.

export const tokenAnswer = {
  jwt: someText,
  duration: 300,
  token_type: 'Bearer',
  client_id: uuid,
  refresh_token_id: uuid,
  refresh_token: /^[A-Za-z0-9]{64}$/,
}

export const nullOrTime: Expected = anyOf(exactly(null), time)

/** Every field that is always there, with its type; what must never be there. */
export const userShape = {
  user_id: userId,
  username: someText,
  name: text,
  nickname: text,
  email: text,
  certificate_subject_dn: text,
  enable_cert_auth: bool,
  allowed_auth_methods: array,
  allowed_client_types: array,
  login_flags: { prevent_ui_login: bool },
  logins_count: integer,
  last_login: nullOrTime,
  failed_logins_count: integer,
  account_lockout_at: nullOrTime,
  failed_logins_initial_attempt_at: nullOrTime,
  last_failed_login_at: nullOrTime,
  password_changed_at: nullOrTime,
  password_change_required: bool,
  created_at: time,
  updated_at: time,
  password: absent,
  connection: absent,
}

export const groupShape = { name: someText, created_at: time, updated_at: time }

export const list = (resources: Expected, total?: Expected): Expected => ({
  resources,
  total: total ?? integer,
})

/** A list of exactly these rows, counted so. */
export const only = (...rows: readonly Expected[]): Expected =>
  list(allOf(sized(rows.length), containing(...rows)), rows.length)
export const noRows: Expected = list([], 0)

// Steps that many scenarios take.

type Fields = Readonly<Record<string, unknown>>

/** The name of a scenario's own user or group. */
export const named = (key: string): string => `conf-${key}-{{run}}`

/** Makes a user and keeps the id under `key`. */
export const makeUser = (key: string, fields: Fields = {}): Exchange =>
  post(
    `a user ${key} is made`,
    '/usermgmt/users/',
    { username: named(key), password: PASSWORD, ...fields },
    201,
    userShape,
    { keep: { [key]: 'user_id' } },
  )

export const removeUser = (key: string): Exchange =>
  del(`the user ${key} is taken away`, `/usermgmt/users/{{enc:${key}}}`, [204, 404])

export const makeGroup = (key: string, fields: Fields = {}): Exchange =>
  post(
    `a group ${key} is made`,
    '/usermgmt/groups/',
    { name: named(key), ...fields },
    201,
    groupShape,
  )

export const removeGroup = (key: string): Exchange =>
  del(`the group ${key} is taken away`, `/usermgmt/groups/${named(key)}`, [204, 404])

export const makePolicy = (key: string, fields: Fields = {}): Exchange =>
  post(
    `a password policy ${key} is made`,
    '/usermgmt/pwdpolicies/',
    { policy_name: named(key), ...fields },
    201,
    { policy_name: named(key) },
  )

export const removePolicy = (key: string): Exchange =>
  del(`the policy ${key} is taken away`, `/usermgmt/pwdpolicies/${named(key)}`, [204, 404])

/** Adds a user to a group, whose name is given percent-encoded. */
export const addMember = (key: string, group: string): Exchange =>
  post(
    `${key} joins ${decodeURIComponent(group)}`,
    `/usermgmt/groups/${group}/users/{{enc:${key}}}`,
    undefined,
    200,
    {
      name: decodeURIComponent(group),
    },
  )

/** Signs a user in and opens a session named like the user. */
export const signIn = (key: string, password = PASSWORD): Exchange =>
  post(
    `${key} signs in`,
    '/auth/tokens',
    { grant_type: 'password', username: named(key), password },
    200,
    tokenAnswer,
    {
      as: 'none',
      opens: key,
      keep: { [`${key}.jwt`]: 'jwt', [`${key}.refresh`]: 'refresh_token' },
    },
  )

/** One wrong password. */
export const mistype = (key: string, name = `a wrong password of ${key} is refused`): Exchange =>
  post(
    name,
    '/auth/tokens',
    { username: named(key), password: WRONG_PASSWORD },
    401,
    wrongPassword,
    { as: 'none' },
  )

export const refusedSignIn = (name: string, key: string, password = PASSWORD): Exchange =>
  post(name, '/auth/tokens', { username: named(key), password }, 401, wrongPassword, { as: 'none' })

export const acceptedSignIn = (name: string, key: string, password = PASSWORD): Exchange =>
  post(name, '/auth/tokens', { username: named(key), password }, 200, tokenAnswer, { as: 'none' })

export const readUser = (name: string, key: string, body: Expected): Exchange =>
  get(name, `/usermgmt/users/{{enc:${key}}}`, 200, body)

export const changeUser = (
  name: string,
  key: string,
  fields: Fields,
  status: Exchange['status'],
  body?: Expected,
): Exchange => patch(name, `/usermgmt/users/{{enc:${key}}}`, fields, status, body)

export const changePassword = (
  name: string,
  key: string,
  from: string,
  to: string,
  status: Exchange['status'],
  body?: Expected,
): Exchange =>
  patch(
    name,
    '/auth/changepw',
    { username: named(key), password: from, new_password: to },
    status,
    body ?? (status === 200 ? { message: 'password changed' } : undefined),
    { as: 'none' },
  )

/** Marks an exchange whose expectation no source was seen for. */
export const assumed = (exchange: Exchange): Exchange => ({ ...exchange, assumed: true })
/** Marks an exchange that rests on a decision of this project. */
export const ours = (exchange: Exchange): Exchange => ({ ...exchange, ours: true })
