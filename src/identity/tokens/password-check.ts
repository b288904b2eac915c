import type { Context } from '../../context.ts'
import { dummyHash } from '../../crypto/passwords.ts'
import { ROOT_DOMAIN, ROOT_DOMAIN_NAME } from '../../kit/domain.ts'
import { Fault } from '../../kit/fault.ts'
import { timeText } from '../../kit/time.ts'
import type { LoginRow, UserRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { ADMIN_GROUP } from '../duties.ts'
import { nameKey } from '../names.ts'
import { effectivePolicy } from '../password-policies/store.ts'
import {
  afterFailure,
  afterSuccess,
  isLocked,
  lockoutThresholds,
  passwordPlace,
} from '../password-rules.ts'
import { accountOf, guess } from './guesses.ts'
import type { Principal } from './principals.ts'

/** The one sentence for every sign-in that fails, so that it does not tell which accounts exist (L3). */
export const WRONG = 'Wrong username or password.'

export interface Attempt {
  readonly username: string
  readonly password: string
  /** Set when the request names a domain that there is not: refused like a wrong password, after the same work. */
  readonly elsewhere: boolean
}

export interface Right {
  readonly user: UserRow
  readonly groups: readonly string[]
  /** Puts what a good sign-in changes into the unit. */
  settle(tx: Writer): Promise<void>
}

/** Whether a domain field of a token request names the root domain, the only one there is so far. */
export const isRoot = (domain: string | undefined): boolean =>
  domain === undefined || domain === ROOT_DOMAIN_NAME || domain === ROOT_DOMAIN

/**
 * Checks a password with everything around it: the guess limit, the lockout of the user's policy, expiry, and who may
 * sign in so; then goes on with `proceed`. Users that are missing, locked, expired or disabled cost the same Argon2 work
 * as a wrong password and end in the same answer. A failure is recorded and counted before it is thrown.
 */
export async function withPassword<T>(
  context: Context,
  attempt: Attempt,
  principalOf: (userId: string) => Promise<Principal | undefined>,
  mayUsePassword: (principal: Principal) => boolean,
  proceed: (right: Right) => Promise<T>,
): Promise<T> {
  const key = nameKey(attempt.username)
  const account = accountOf(context.services, key)
  context.note({ username: attempt.username.slice(0, 256) })

  const outcome = await guess(context, account, async (settleGuess) => {
    const user = attempt.elsewhere ? undefined : await findUser(context, key)
    const principal = user && (await principalOf(user.id))
    const login = user && (await findLogin(context, user.id))
    const now = context.now()
    const admitted =
      user !== undefined &&
      principal !== undefined &&
      login !== undefined &&
      !isLocked(login, now) &&
      (user.expires_at === null || user.expires_at > timeText(now)) &&
      mayUsePassword(principal)
    // A locked or disabled account's own hash is not tried, so nothing can be learned about its password.
    const hash =
      admitted && user.password !== null ? openHash(context, user, user.password) : dummyHash()
    const matches = await context.services.passwords.verify(hash, attempt.password)
    if (admitted && user.password !== null && matches)
      return {
        answer: await proceed({
          user,
          groups: principal.groups,
          async settle(tx: Writer) {
            settleGuess(tx, true)
            const current = (await findLogin(context, user.id)) ?? login
            tx.update('logins', current, afterSuccess(current, context.now()))
          },
        }),
      }

    context.refuse(WRONG)
    await context.transact(async (tx) => {
      settleGuess(tx, false)
      const current = user && (await findLogin(context, user.id))
      if (!user || !current || isLocked(current, now)) return
      const thresholds = lockoutThresholds(await effectivePolicy(context.read, user))
      tx.update('logins', current, afterFailure(current, thresholds, context.now()))
    })
    return 'wrong' as const
  })

  if (outcome === undefined) {
    // No guess left: the work and the answer are those of a wrong password, and this one is not evaluated.
    await context.services.passwords.verify(dummyHash(), attempt.password)
    context.refuse(WRONG)
    await context.transact(() => undefined)
  }
  if (outcome === undefined || outcome === 'wrong') throw new Fault('unauthenticated', WRONG)
  return outcome.answer
}

const findUser = (context: Context, key: string): Promise<UserRow | undefined> =>
  context.read.row('users', { domain_id: ROOT_DOMAIN, username_key: key })

const findLogin = (context: Context, userId: string): Promise<LoginRow | undefined> =>
  context.read.row('logins', { user_id: userId })

function openHash({ services }: Context, user: UserRow, wrapped: Uint8Array): string {
  const secret = services.envelope.unwrap(passwordPlace(user), wrapped)
  const hash = secret.reveal().toString('utf8')
  secret.wipe()
  return hash
}

/** The lists of allowed methods and client types do not bind administrators (reference 3.2). */
export const isAdmin = ({ groups }: Principal): boolean => groups.includes(ADMIN_GROUP)
