import type { Input } from '../../kit/endpoint.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { storedTime } from '../../kit/time.ts'
import type { UserRow } from '../../store/schema.ts'
import { normalDn } from '../dn.ts'
import { storedMetadata } from '../metadata.ts'
import { AUTH_METHODS, CLIENT_TYPES, type users } from './contract.ts'

/** What a body may change of a user, as columns: everything but password, policy and sign-in counters. */

type Body = Omit<Input<typeof users.update>['body'], 'password' | 'failed_logins_count'>

export type Fields = Pick<
  UserRow,
  | 'name'
  | 'nickname'
  | 'email'
  | 'certificate_subject_dn'
  | 'allowed_auth_methods'
  | 'allowed_client_types'
  | 'prevent_ui_login'
  | 'expires_at'
  | 'password_change_required'
  | 'user_metadata'
  | 'app_metadata'
>

export const defaultFields = (username: string): Fields => ({
  name: username,
  nickname: username,
  email: `${username}@local`,
  certificate_subject_dn: '',
  allowed_auth_methods: 'password',
  allowed_client_types: CLIENT_TYPES.join(','),
  prevent_ui_login: 0,
  expires_at: null,
  password_change_required: 0,
  user_metadata: null,
  app_metadata: null,
})

/** The columns that this body asks to change, given those that the user has. */
export function changedFields(
  body: Body,
  user: Pick<UserRow, 'username' | 'allowed_auth_methods'>,
): Partial<Fields> {
  const defaults = defaultFields(user.username)
  const methods = changedMethods(body, user.allowed_auth_methods)
  const preventUi = body.login_flags?.prevent_ui_login
  return {
    ...(body.name !== undefined && { name: body.name || defaults.name }),
    ...(body.nickname !== undefined && { nickname: body.nickname || defaults.nickname }),
    ...(body.email !== undefined && { email: body.email || defaults.email }),
    ...(body.certificate_subject_dn !== undefined && {
      certificate_subject_dn: normalDn(body.certificate_subject_dn),
    }),
    ...(methods !== undefined && { allowed_auth_methods: methods }),
    ...(body.allowed_client_types && {
      allowed_client_types: inOrder(CLIENT_TYPES, body.allowed_client_types),
    }),
    ...(preventUi !== undefined && { prevent_ui_login: Number(preventUi) }),
    ...(body.expires_at !== undefined && { expires_at: expiry(body.expires_at) }),
    ...(body.password_change_required !== undefined && {
      password_change_required: Number(body.password_change_required),
    }),
    ...(body.user_metadata && {
      user_metadata: storedMetadata('user_metadata', body.user_metadata),
    }),
    ...(body.app_metadata && { app_metadata: storedMetadata('app_metadata', body.app_metadata) }),
  }
}

/** `enable_cert_auth`, the older spelling, only adds or takes `user_certificate`. */
function changedMethods(body: Body, current: string): string | undefined {
  if (body.allowed_auth_methods) return checkedMethods(body.allowed_auth_methods)
  if (body.enable_cert_auth === undefined) return undefined
  const others = current
    .split(',')
    .filter((method) => method !== '' && method !== 'user_certificate')
  return checkedMethods(body.enable_cert_auth ? [...others, 'user_certificate'] : others)
}

function checkedMethods(methods: readonly string[]): string {
  const stored = inOrder(AUTH_METHODS, methods)
  if (methods.includes('password_with_user_certificate') && stored.includes(','))
    throw new Fault(
      'invalid',
      'Validation errors:\n allowed_auth_methods: password_with_user_certificate stands alone',
    )
  return stored
}

const inOrder = (all: readonly string[], some: readonly string[]): string =>
  all.filter((item) => some.includes(item)).join(',')

function expiry(text: string): string | null {
  if (text === '') return null
  const time = storedTime(text)
  // Years past 9999 have a sign and more digits, which would break the order of times as text.
  if (time === undefined || !/^\d{4}-/.test(time))
    throw new Fault(
      'invalid',
      `Validation errors:\n expires_at: ${quote(text)} is not an RFC 3339 time`,
    )
  return time
}
