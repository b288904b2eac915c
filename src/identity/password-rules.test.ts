import { describe, expect, test } from 'vitest'
import type { LoginRow, PasswordPolicyRow } from '../store/schema.ts'
import { defaultRules } from './password-policies/service.ts'
import {
  afterFailure,
  afterSuccess,
  afterUnlock,
  checkPolicy,
  isExpiredPassword,
  isLocked,
  lockoutThresholds,
} from './password-rules.ts'

const policy = (changes: Partial<PasswordPolicyRow> = {}): PasswordPolicyRow => ({
  ...defaultRules,
  id: 'p',
  domain_id: 'd',
  policy_name: 'global',
  created_at: '',
  updated_at: '',
  version: 1,
  seal: new Uint8Array(),
  ...changes,
})

const login: LoginRow = {
  user_id: 'u',
  domain_id: 'd',
  logins_count: 0,
  last_login: null,
  failed_logins_count: 0,
  failed_logins_initial_attempt_at: null,
  last_failed_login_at: null,
  account_lockout_at: null,
  locked_until: null,
  version: 1,
  seal: new Uint8Array(),
}

const start = new Date('2026-01-01T00:00:00Z')
const minutesLater = (minutes: number) => new Date(start.getTime() + minutes * 60_000)

describe('password rules', () => {
  test('the default policy takes a password with all four kinds of characters', () => {
    expect(() => checkPolicy(policy(), 'Testuser1!')).not.toThrow()
    expect(() => checkPolicy(policy(), 'Käse-Brötchen 7')).not.toThrow()
  })

  test('a refusal names each rule that is broken', () => {
    const refusal = (password: string) => {
      try {
        checkPolicy(policy(), password)
      } catch (error) {
        return (error as Error).message
      }
      return ''
    }
    expect(refusal('Aa1!')).toContain('at least 8 characters')
    expect(refusal(`Aa1!${'x'.repeat(27)}`)).toContain('at most 30 characters')
    expect(refusal('lower-case1')).toContain('at least 1 upper-case letters')
    expect(refusal('UPPER-CASE1')).toContain('at least 1 lower-case letters')
    expect(refusal('No-digits')).toContain('at least 1 digits')
    expect(refusal('Nospecial1')).toContain('at least 1 special characters')
    expect(refusal('')).toMatch(/8 characters.*upper.*lower.*digits.*special/)
  })

  test('characters are counted, not code units', () => {
    const rules = policy({ inclusive_min_total_length: 8, inclusive_min_other: 4 })
    expect(() => checkPolicy(rules, 'Aa1😀😀😀😀')).toThrow('at least 8 characters')
    expect(() => checkPolicy(rules, 'AaB1😀😀😀😀')).not.toThrow()
  })

  test('a longest length of 0 sets no limit', () => {
    expect(() =>
      checkPolicy(policy({ inclusive_max_total_length: 0 }), `Aa1!${'x'.repeat(200)}`),
    ).not.toThrow()
  })

  test('a password ends after its lifetime, and never with 0', () => {
    const user = { password_changed_at: '2026-01-01T00:00:00.000001Z' }
    const days = (count: number) => minutesLater(count * 24 * 60)
    expect(isExpiredPassword(user, policy(), days(36_500))).toBe(false)
    expect(isExpiredPassword(user, policy({ password_lifetime: 30 }), days(29))).toBe(false)
    expect(isExpiredPassword(user, policy({ password_lifetime: 30 }), days(31))).toBe(true)
  })

  test('with [0,5,30] the second failure locks five minutes, the third and later ones thirty', () => {
    const thresholds = lockoutThresholds({ failed_logins_lockout_thresholds: '0,5,30' })
    const once = { ...login, ...afterFailure(login, thresholds, start) }
    expect(isLocked(once, start)).toBe(false)
    const twice = { ...once, ...afterFailure(once, thresholds, minutesLater(1)) }
    expect([isLocked(twice, minutesLater(5)), isLocked(twice, minutesLater(6))]).toEqual([
      true,
      false,
    ])
    const thrice = { ...twice, ...afterFailure(twice, thresholds, minutesLater(6)) }
    expect([isLocked(thrice, minutesLater(35)), isLocked(thrice, minutesLater(36))]).toEqual([
      true,
      false,
    ])
    const again = { ...thrice, ...afterFailure(thrice, thresholds, minutesLater(40)) }
    expect([isLocked(again, minutesLater(69)), isLocked(again, minutesLater(70))]).toEqual([
      true,
      false,
    ])
    expect(again).toMatchObject({
      failed_logins_count: 4,
      failed_logins_initial_attempt_at: '2026-01-01T00:00:00.000000Z',
      last_failed_login_at: '2026-01-01T00:40:00.000000Z',
    })
  })

  test('a lock that runs is served to its end, whatever the thresholds are by then', () => {
    const locked = { ...login, ...afterFailure(login, [30], start) }
    expect(afterFailure(locked, [], minutesLater(10))).toEqual({})
    expect(isLocked(locked, minutesLater(29))).toBe(true)
  })

  test('without thresholds failures are counted and lock nothing', () => {
    expect(lockoutThresholds({ failed_logins_lockout_thresholds: '' })).toEqual([])
    const failed = { ...login, ...afterFailure(login, [], start) }
    expect(failed.failed_logins_count).toBe(1)
    expect(isLocked(failed, start)).toBe(false)
  })

  test('a good sign-in and an unlock both begin the count anew', () => {
    const locked = { ...login, ...afterFailure(login, [30], start) }
    const unlocked = { ...locked, ...afterUnlock }
    expect(isLocked(unlocked, start)).toBe(false)
    expect(unlocked).toMatchObject({ failed_logins_count: 0, account_lockout_at: null })
    expect({ ...locked, ...afterSuccess(locked, minutesLater(31)) }).toMatchObject({
      failed_logins_count: 0,
      failed_logins_initial_attempt_at: null,
      logins_count: 1,
      last_login: '2026-01-01T00:31:00.000000Z',
    })
  })
})
