import { randomUUID } from 'node:crypto'
import type { Services } from '../context.ts'
import { Secret } from '../crypto/secret.ts'
import { Fault } from '../kit/fault.ts'
import { stamp, timeText } from '../kit/time.ts'
import type {
  LoginRow,
  PasswordHistoryRow,
  PasswordPolicyRow,
  Sealed,
  UserRow,
} from '../store/schema.ts'
import type { Reader, Writer } from '../store/store.ts'

/** Reference sections 3.5 and 4: what a password must be, when it ends, and when failures lock an account. */

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** The part of a policy that speaks of a password's own characters. */
export type PasswordLimits = Pick<
  PasswordPolicyRow,
  | 'inclusive_min_total_length'
  | 'inclusive_max_total_length'
  | 'inclusive_min_upper_case'
  | 'inclusive_min_lower_case'
  | 'inclusive_min_digits'
  | 'inclusive_min_other'
>

/** Throws 'invalid' naming every rule of the policy that this password breaks. */
export function checkPolicy(policy: PasswordLimits, password: string): void {
  const broken = brokenRules(policy, password)
  if (broken.length > 0)
    throw new Fault('invalid', `Validation errors:\n password: must have ${broken.join(', ')}`)
}

function brokenRules(policy: PasswordLimits, password: string): string[] {
  const found = { total: 0, upper: 0, lower: 0, digits: 0, other: 0 }
  for (const character of password) {
    found.total++
    if (/\p{Lu}/u.test(character)) found.upper++
    else if (/\p{Ll}/u.test(character)) found.lower++
    else if (/\p{Nd}/u.test(character)) found.digits++
    else found.other++
  }
  const longest = policy.inclusive_max_total_length
  const broken: string[] = []
  const atLeast = (count: number, demanded: number, what: string) => {
    if (count < demanded) broken.push(`at least ${demanded} ${what}`)
  }
  atLeast(found.total, policy.inclusive_min_total_length, 'characters')
  if (longest > 0 && found.total > longest) broken.push(`at most ${longest} characters`)
  atLeast(found.upper, policy.inclusive_min_upper_case, 'upper-case letters')
  atLeast(found.lower, policy.inclusive_min_lower_case, 'lower-case letters')
  atLeast(found.digits, policy.inclusive_min_digits, 'digits')
  atLeast(found.other, policy.inclusive_min_other, 'special characters')
  return broken
}

/** What the password rules take out of a context. */
export interface PasswordContext {
  readonly services: Pick<Services, 'envelope' | 'passwords'>
  readonly now: () => Date
  readonly read: Reader
}

export interface CheckOptions {
  /** For changes that users make themselves; an administrator's reset waits for nothing. */
  readonly enforceMinDays: boolean
}

/**
 * Throws 'invalid' unless this user may have this password next: the policy, the current password and those before
 * it, and the days between changes. Slow, since it evaluates Argon2 hashes: never inside a unit of work.
 */
export async function checkNewPassword(
  context: PasswordContext,
  user: UserRow,
  policy: PasswordPolicyRow,
  newPassword: string,
  { enforceMinDays }: CheckOptions,
): Promise<void> {
  const now = context.now()
  if (enforceMinDays && changesTooSoon(user, policy, now))
    throw new Fault(
      'invalid',
      `a password can be changed ${policy.password_change_min_days} days after its last change`,
    )
  checkPolicy(policy, newPassword)
  const { passwords, envelope } = context.services
  for (const hash of await keptHashes(context, user, policy)) {
    const phc = envelope.unwrap(hash.place, hash.wrapped)
    const used = await passwords.verify(phc.reveal().toString(), newPassword)
    phc.wipe()
    if (used)
      throw new Fault('invalid', 'Validation errors:\n password: was used before, choose another')
  }
}

/** A change that is demanded, or due, is not kept waiting. */
function changesTooSoon(user: UserRow, policy: PasswordPolicyRow, now: Date): boolean {
  if (user.password_change_required === 1 || isExpiredPassword(user, policy, now)) return false
  const since = now.getTime() - Date.parse(user.password_changed_at)
  return since < policy.password_change_min_days * DAY_MS
}

async function keptHashes(context: PasswordContext, user: UserRow, policy: PasswordPolicyRow) {
  const before = (await passwordHistory(context.read, user.id)).slice(0, keptBefore(policy))
  const current =
    user.password === null ? [] : [{ place: passwordPlace(user), wrapped: user.password }]
  return [...current, ...before.map((row) => ({ place: historyPlace(row), wrapped: row.password }))]
}

/** The threshold counts the current password, which is always refused. */
const keptBefore = (policy: PasswordPolicyRow): number =>
  Math.max(policy.password_history_threshold - 1, 0)

/** The passwords a user had before the current one, newest first. */
export const passwordHistory = (db: Reader, userId: string): Promise<PasswordHistoryRow[]> =>
  db
    .selectFrom('password_history')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()

export const passwordPlace = (user: Pick<UserRow, 'id' | 'domain_id'>) => ({
  domain: user.domain_id,
  table: 'users',
  row: user.id,
  column: 'password',
  version: 0,
})

export const historyPlace = (row: Pick<PasswordHistoryRow, 'id' | 'domain_id'>) => ({
  domain: row.domain_id,
  table: 'password_history',
  row: row.id,
  column: 'password',
  version: 0,
})

/** A hash as its row keeps it. */
export function wrapPassword(
  { envelope }: Pick<Services, 'envelope'>,
  user: Pick<UserRow, 'id' | 'domain_id'>,
  phc: string,
): Uint8Array {
  const plain = new Secret(Buffer.from(phc))
  try {
    return envelope.wrap(passwordPlace(user), plain)
  } finally {
    plain.wipe()
  }
}

export interface PasswordChange {
  /** For the `tx.update` of the user's row; they end every session of the user. */
  readonly changes: Pick<UserRow, 'password' | 'password_changed_at' | 'session_epoch'>
  /** Adds to the unit what goes with them: the history, and that rights have changed. */
  readonly write: (tx: Writer) => void
}

/**
 * The unit's part of a password change. `user` and `history` are read within the unit's work; `phc` was hashed before
 * it. A user who was given another password since `checkNewPassword` must be checked anew (`samePassword`).
 */
export function passwordChanges(
  { envelope }: Pick<Services, 'envelope'>,
  user: UserRow,
  history: readonly PasswordHistoryRow[],
  policy: PasswordPolicyRow,
  phc: string,
  now: Date,
): PasswordChange {
  const changed = stamp(now)
  const kept = keptBefore(policy)
  const previous = user.password
  return {
    changes: {
      password: wrapPassword({ envelope }, user, phc),
      password_changed_at: changed,
      session_epoch: user.session_epoch + 1,
    },
    write(tx) {
      tx.changesAuthority()
      if (previous !== null && kept > 0) {
        const row = { id: randomUUID(), domain_id: user.domain_id }
        const plain = envelope.unwrap(passwordPlace(user), previous)
        tx.insert('password_history', {
          ...row,
          user_id: user.id,
          password: envelope.wrap(historyPlace(row), plain),
          created_at: changed,
        })
        plain.wipe()
      }
      for (const old of history.slice(Math.max(kept - 1, 0))) tx.remove('password_history', old)
    },
  }
}

/** Whether two readings of a user carry the same stored password. */
export const samePassword = (
  one: Pick<UserRow, 'password'>,
  other: Pick<UserRow, 'password'>,
): boolean =>
  one.password === null || other.password === null
    ? one.password === other.password
    : Buffer.compare(one.password, other.password) === 0

export const isExpiredPassword = (
  user: Pick<UserRow, 'password_changed_at'>,
  policy: PasswordPolicyRow,
  now: Date,
): boolean =>
  policy.password_lifetime > 0 &&
  now.getTime() - Date.parse(user.password_changed_at) >= policy.password_lifetime * DAY_MS

export const lockoutThresholds = (
  policy: Pick<PasswordPolicyRow, 'failed_logins_lockout_thresholds'>,
): readonly number[] =>
  policy.failed_logins_lockout_thresholds === ''
    ? []
    : policy.failed_logins_lockout_thresholds.split(',').map(Number)

type LoginChanges = Partial<Omit<LoginRow, keyof Sealed | 'user_id' | 'domain_id'>>

export const isLocked = (login: Pick<LoginRow, 'locked_until'>, now: Date): boolean =>
  login.locked_until !== null && login.locked_until > timeText(now)

/**
 * The nth failure in a row locks for the nth number of minutes, and for the last one from then on. A lock that runs
 * is served to its end, so failures during it change nothing.
 */
export function afterFailure(
  login: LoginRow,
  thresholds: readonly number[],
  now: Date,
): LoginChanges {
  if (isLocked(login, now)) return {}
  const at = timeText(now)
  const failures = login.failed_logins_count + 1
  const minutes = thresholds[Math.min(failures, thresholds.length) - 1] ?? 0
  return {
    failed_logins_count: failures,
    failed_logins_initial_attempt_at: login.failed_logins_initial_attempt_at ?? at,
    last_failed_login_at: at,
    ...(minutes > 0 && {
      account_lockout_at: at,
      locked_until: timeText(new Date(now.getTime() + minutes * MINUTE_MS)),
    }),
  }
}

/** When the last failure was stays on show. */
export const afterUnlock: LoginChanges = {
  failed_logins_count: 0,
  failed_logins_initial_attempt_at: null,
  account_lockout_at: null,
  locked_until: null,
}

export const afterSuccess = (login: LoginRow, now: Date): LoginChanges => ({
  ...afterUnlock,
  logins_count: login.logins_count + 1,
  last_login: timeText(now),
})
