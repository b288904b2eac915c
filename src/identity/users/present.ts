import { ROOT_DOMAIN, ROOT_DOMAIN_NAME } from '../../kit/domain.ts'
import { wireTime } from '../../kit/time.ts'
import type { LoginRow, UserRow } from '../../store/schema.ts'
import { LOCAL } from '../names.ts'
import type { AuthMethod, ClientType, User } from './contract.ts'

export interface Shown {
  /** Reads carry the domain's name, answers to changes do not (reference 3.3). */
  readonly domainName?: boolean
  readonly groups?: readonly string[] | undefined
}

/** The one place where a user becomes JSON. A login row that is gone meanwhile reads as one never used. */
export function present(row: UserRow, login: LoginRow | undefined, shown: Shown = {}): User {
  const methods = parseList<AuthMethod>(row.allowed_auth_methods)
  return {
    user_id: `${LOCAL}${row.id}`,
    username: row.username,
    name: row.name,
    nickname: row.nickname,
    email: row.email,
    certificate_subject_dn: row.certificate_subject_dn,
    enable_cert_auth: methods.includes('user_certificate'),
    allowed_auth_methods: methods,
    allowed_client_types: parseList<ClientType>(row.allowed_client_types),
    login_flags: { prevent_ui_login: row.prevent_ui_login === 1 },
    logins_count: login?.logins_count ?? 0,
    last_login: timeOrNull(login?.last_login),
    failed_logins_count: login?.failed_logins_count ?? 0,
    account_lockout_at: timeOrNull(login?.account_lockout_at),
    failed_logins_initial_attempt_at: timeOrNull(login?.failed_logins_initial_attempt_at),
    last_failed_login_at: timeOrNull(login?.last_failed_login_at),
    password_changed_at: wireTime(row.password_changed_at),
    password_change_required: row.password_change_required === 1,
    ...(row.password_policy !== null && { password_policy: row.password_policy }),
    ...(row.expires_at !== null && { expires_at: wireTime(row.expires_at) }),
    ...(row.user_metadata !== null && { user_metadata: JSON.parse(row.user_metadata) }),
    ...(row.app_metadata !== null && { app_metadata: JSON.parse(row.app_metadata) }),
    auth_domain: row.domain_id,
    ...(shown.domainName && { auth_domain_name: domainName(row.domain_id) }),
    ...(shown.groups && { groups: [...shown.groups] }),
    created_at: wireTime(row.created_at),
    updated_at: wireTime(row.updated_at),
  }
}

/** Users live in the root domain until there are others. */
export const domainName = (id: string): string => (id === ROOT_DOMAIN ? ROOT_DOMAIN_NAME : id)

const timeOrNull = (stored: string | null | undefined): string | null =>
  stored ? wireTime(stored) : null

const parseList = <Item extends string>(stored: string): Item[] =>
  stored === '' ? [] : (stored.split(',') as Item[])
