import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault, notBuilt } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type { PasswordPolicyRow, UserRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { nameKey } from '../names.ts'
import { effectivePolicy } from '../password-policies/store.ts'
import { isExpiredPassword } from '../password-rules.ts'
import { checkCertificates, demandsOf, isEnough, NOTHING_SHOWN } from './certificate-check.ts'
import type { TokenRequest } from './contract.ts'
import { newRefreshToken, tokenAnswer } from './issue.ts'
import { isAdmin, isRoot, WRONG, withPassword } from './password-check.ts'
import type { Principal } from './principals.ts'
import { refreshGrant, type TokenServices } from './refresh.ts'

/** Labels of a sign-in by the web console, which `login_flags.prevent_ui_login` forbids. */
const UI_LABEL = 'web-ui'

/** Grants, and the methods of a user that allow them. */
const BY_CERTIFICATE = 'user_certificate'
const WITH_CERTIFICATE = 'password_with_user_certificate'

/** The ways to a token (reference 2.1), by `grant_type`. */
export function createGrants(services: TokenServices) {
  const { keys, principalOf, trust } = services
  const byRefreshToken = refreshGrant(services)
  return byGrant

  function byGrant(context: Context, body: TokenRequest) {
    const grant =
      body.grant_type ?? (body.refresh_token === undefined ? 'password' : 'refresh_token')
    switch (grant) {
      case 'password':
      case WITH_CERTIFICATE:
        return byPassword(context, body, grant === WITH_CERTIFICATE)
      case 'refresh_token':
        return byRefreshToken(context, body)
      case 'client_credential':
        // Clients register, and do not sign in yet: each is unknown here.
        throw new Fault('unauthenticated', 'Invalid Client')
      case BY_CERTIFICATE:
        return byCertificate(context, body)
      default:
        throw new Fault(
          'invalid',
          'Validation errors:\n grant_type: is not a grant type of this server',
        )
    }
  }

  async function byPassword(context: Context, body: TokenRequest, needsCertificate: boolean) {
    const username = body.username ?? body.name
    if (username === undefined)
      throw new Fault('invalid', 'Validation errors:\n username: is required')
    demandLocal(body)
    const demands = demandsOf(await trust.mode(context.read))
    // Looked at before the user is, and whoever he is: the time that it takes tells nothing about him.
    const isShown = context.clientCertificates().length > 0 && demands.certificate !== 'ignored'
    const shown = isShown ? await checkCertificates(context, trust) : NOTHING_SHOWN
    if (!isShown && (needsCertificate || demands.certificate === 'own'))
      context.note({ certificate_refused: 'no client certificate was shown' })
    const standsOnCertificate = (principal: Principal): boolean =>
      needsCertificate || demands.certificate === 'own' || !mayUse(principal, 'password')
    const maySignIn = (principal: Principal): boolean =>
      isWelcome(principal, body) &&
      isEnough(demands, shown, principal.user) &&
      (standsOnCertificate(principal)
        ? shown.user?.id === principal.user.id &&
          (mayUse(principal, WITH_CERTIFICATE) ||
            (!needsCertificate && mayUse(principal, 'password')))
        : true)
    const attempt = { username, password: body.password ?? '', elsewhere: isElsewhere(body) }
    return withPassword(
      context,
      attempt,
      principalOf,
      maySignIn,
      async ({ user, groups, settle }) => {
        const policy = await effectivePolicy(context.read, user)
        const due = mustChange(user, policy, context.now())
        if (due !== undefined) throw new Fault('unauthenticated', due)
        const principal = { user, groups }
        const certificates = standsOnCertificate(principal) ? shown.certificates : null
        return openSession(context, body, principal, certificates, settle)
      },
    )
  }

  /**
   * The certificate alone says who signs in. All that can be wrong has one answer (L3). A lock is about guesses at the
   * password, and holds nobody back who holds his key.
   */
  async function byCertificate(context: Context, body: TokenRequest) {
    demandLocal(body)
    const demands = demandsOf(await trust.mode(context.read))
    const { user, certificates } =
      demands.certificate === 'ignored' ? NOTHING_SHOWN : await checkCertificates(context, trust)
    const principal = user && (await principalOf(user.id))
    const login = user && (await context.read.row('logins', { user_id: user.id }))
    const named = body.username ?? body.name
    const now = context.now()
    if (
      !user ||
      !principal ||
      !login ||
      certificates === null ||
      demands.password === 'required' ||
      isElsewhere(body) ||
      (named !== undefined && nameKey(named) !== user.username_key) ||
      (user.expires_at !== null && user.expires_at <= timeText(now)) ||
      !isWelcome(principal, body) ||
      !mayUse(principal, BY_CERTIFICATE)
    ) {
      if (user) context.note({ username: user.username })
      throw new Fault('unauthenticated', WRONG)
    }
    return openSession(context, body, principal, certificates, async (tx) => {
      const current = (await context.read.row('logins', { user_id: user.id })) ?? login
      const changes = {
        logins_count: current.logins_count + 1,
        last_login: timeText(context.now()),
      }
      tx.update('logins', current, changes)
    })
  }

  async function openSession(
    context: Context,
    body: TokenRequest,
    { user, groups }: Principal,
    certificates: string | null,
    settle: (tx: Writer) => Promise<void>,
  ) {
    const { text, row } = newRefreshToken(
      context.services,
      user,
      { sessionId: randomUUID(), clientId: randomUUID(), domain: ROOT_DOMAIN },
      {
        lifetimeMinutes: body.refresh_token_lifetime ?? 0,
        unusedMinutes: body.refresh_token_revoke_unused_in ?? 0,
        labels: body.labels ?? [],
        certificates,
      },
    )
    context.note({
      username: user.username,
      user_id: `local|${user.id}`,
      session_id: row.session_id,
    })
    const key = await keys.signing()
    await context.transact(async (tx) => {
      await settle(tx)
      tx.insert('refresh_tokens', row)
      tx.count(row.domain_id, 'refresh_tokens', 1)
    })
    return tokenAnswer(context.services, key, user, groups, row, text)
  }
}

/** Why this user must first choose a new password; the only call that lets him is PATCH /auth/changepw. */
function mustChange(user: UserRow, policy: PasswordPolicyRow, now: Date): string | undefined {
  if (user.password_change_required === 1)
    return 'The password must be changed before signing in: PATCH /api/v1/auth/changepw'
  if (isExpiredPassword(user, policy, now))
    return 'The password has expired and must be changed: PATCH /api/v1/auth/changepw'
  return undefined
}

const includes = (commaList: string, item: string): boolean => commaList.split(',').includes(item)

/** The lists of allowed methods and client types do not bind administrators (reference 3.2). */
const mayUse = (principal: Principal, method: string): boolean =>
  isAdmin(principal) || includes(principal.user.allowed_auth_methods, method)

const isWelcome = (principal: Principal, { labels }: TokenRequest): boolean =>
  (isAdmin(principal) || includes(principal.user.allowed_client_types, 'unregistered')) &&
  !(principal.user.prevent_ui_login === 1 && labels?.includes(UI_LABEL) === true)

/** What a request may name besides this server's own users. */
function demandLocal({ connection, client_id }: TokenRequest): void {
  if (connection !== undefined && connection !== 'local_account')
    throw notBuilt('Sign-in through an identity connection')
  if (client_id !== undefined) throw new Fault('unauthenticated', 'Invalid Client')
}

const isElsewhere = ({ domain, auth_domain, auth_domain_path }: TokenRequest): boolean =>
  !isRoot(domain) ||
  (auth_domain_path === undefined ? !isRoot(auth_domain) : auth_domain_path !== '/')
