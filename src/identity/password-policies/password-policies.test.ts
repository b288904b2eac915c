import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const POLICIES = '/usermgmt/pwdpolicies'

describe.each(databases)('password policies on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`

  test('there is a global policy, with the defaults', async () => {
    expect(await api.get(`${POLICIES}/global`)).toMatchObject({
      policy_name: 'global',
      inclusive_min_total_length: 8,
      inclusive_max_total_length: 30,
      inclusive_min_upper_case: 1,
      inclusive_min_lower_case: 1,
      inclusive_min_digits: 1,
      inclusive_min_other: 1,
      password_history_threshold: 5,
      password_lifetime: 0,
      password_change_min_days: 0,
      failed_logins_lockout_thresholds: [],
      password_expiry_notification_days: 14,
    })
  })

  test('a new policy has what was sent, and the defaults for the rest', async () => {
    const policy_name = unique('policy')
    const sent = {
      policy_name,
      inclusive_min_digits: 0,
      failed_logins_lockout_thresholds: [0, 5, 30],
    }
    const policy = await api.post(POLICIES, sent)
    expect(policy).toMatchObject({ ...sent, inclusive_min_other: 1, password_history_threshold: 5 })
    expect(await api.get(`${POLICIES}/${policy_name}`)).toEqual(policy)
    const refused = await api.post(POLICIES, { policy_name }, 409)
    expect(refused.codeDesc).toContain(policy_name)
    await api.post(POLICIES, { policy_name: 'global' }, 409)
  })

  test('a change of an unknown policy is a 404, so that clients know to create it', async () => {
    await api.patch(`${POLICIES}/${unique('none')}`, { inclusive_min_digits: 0 }, 404)
  })

  test('zeros are set to zero, and an empty name is ignored', async () => {
    const policy_name = unique('policy')
    await api.post(POLICIES, { policy_name, failed_logins_lockout_thresholds: [5] })
    const zeros = {
      inclusive_min_total_length: 0,
      inclusive_max_total_length: 0,
      inclusive_min_upper_case: 0,
      inclusive_min_lower_case: 0,
      inclusive_min_digits: 0,
      inclusive_min_other: 0,
      password_history_threshold: 0,
      password_lifetime: 0,
      password_change_min_days: 0,
      password_expiry_notification_days: 0,
      failed_logins_lockout_thresholds: [],
    }
    const policy = await api.patch(`${POLICIES}/${policy_name}`, { policy_name: '', ...zeros })
    expect(policy).toMatchObject({ policy_name, ...zeros })
    const user = { username: unique('jo'), password: 'x'.repeat(100), password_policy: policy_name }
    await api.post('/usermgmt/users', user)
    // Even a history of 0 refuses the current password again.
    const same = await api.patch(
      `/usermgmt/users/${user.username}`,
      { password: user.password },
      400,
    )
    expect(JSON.stringify(same)).toContain('used before')
  })

  test('rules that no password can meet are refused', async () => {
    const policy_name = unique('policy')
    for (const wrong of [
      { inclusive_min_total_length: 31 },
      { inclusive_max_total_length: 7 },
      { inclusive_min_upper_case: 20, inclusive_min_digits: 20 },
      { inclusive_max_total_length: 0, inclusive_min_upper_case: 200, inclusive_min_digits: 200 },
      { password_history_threshold: 21 },
      { password_expiry_notification_days: 31 },
      { inclusive_min_digits: -1 },
      { inclusive_min_digits: 1.5 },
      { failed_logins_lockout_thresholds: [-5] },
      { failed_logins_lockout_thresholds: Array(51).fill(1) },
    ])
      await api.post(POLICIES, { policy_name, ...wrong }, 400)
    await api.get(`${POLICIES}/${policy_name}`, 404)
    const changed = { inclusive_min_total_length: 31 }
    await api.post(POLICIES, { policy_name })
    await api.patch(`${POLICIES}/${policy_name}`, changed, 400)
    await api.patch(`${POLICIES}/${policy_name}`, { ...changed, inclusive_max_total_length: 40 })
  })

  test('the global policy changes but never goes', async () => {
    const changed = await api.patch(`${POLICIES}/global`, { inclusive_min_total_length: 10 })
    expect(changed.inclusive_min_total_length).toBe(10)
    const weak = { username: unique('jo'), password: 'Short-1!' }
    await api.post('/usermgmt/users', weak, 400)
    await api.patch(`${POLICIES}/global`, { inclusive_min_total_length: 8 })
    await api.post('/usermgmt/users', weak)
    await api.delete(`${POLICIES}/global`, undefined, 403)
  })

  test('a policy goes when no user names it', async () => {
    const policy_name = unique('policy')
    await api.post(POLICIES, { policy_name })
    const before = (await api.get(POLICIES)).total
    const username = unique('jo')
    await api.post('/usermgmt/users', {
      username,
      password: 'Testuser-123!',
      password_policy: policy_name,
    })
    await api.delete(`${POLICIES}/${policy_name}`, undefined, 409)
    await api.delete(`/usermgmt/users/${username}`)
    await api.delete(`${POLICIES}/${policy_name}`)
    await api.delete(`${POLICIES}/${policy_name}`, undefined, 404)
    expect((await api.get(POLICIES)).total).toBe(before - 1)
  })

  test('a policy is either given to a user or deleted, when both are tried at once', async () => {
    for (let round = 0; round < 5; round++) {
      const policy_name = unique('race')
      await api.post(POLICIES, { policy_name })
      const username = unique('jo')
      const user = { username, password: 'Testuser-123!', password_policy: policy_name }
      await Promise.all([
        api.send('POST', '/usermgmt/users', user),
        new Promise((soon) => setTimeout(soon, round * 8)).then(() =>
          api.send('DELETE', `${POLICIES}/${policy_name}`),
        ),
      ])
      const policies = (await api.get(`${POLICIES}?policy_name=${policy_name}`)).total
      const users = (await api.get(`/usermgmt/users?password_policy=${policy_name}`)).total
      expect(users).toBeLessThanOrEqual(policies)
    }
  })

  test('policies are listed by name', async () => {
    const stem = unique('list')
    for (const end of ['b', 'a']) await api.post(POLICIES, { policy_name: `${stem}-${end}` })
    const names = async (query: string) =>
      (await api.get(`${POLICIES}/?policy_name=${stem}*${query}`)).resources.map(
        ({ policy_name }: { policy_name: string }) => policy_name,
      )
    expect(await names('')).toEqual([`${stem}-a`, `${stem}-b`])
    expect(await names('&sort=-policy_name')).toEqual([`${stem}-b`, `${stem}-a`])
  })

  test('only those who manage users see or change policies', async () => {
    const user = { username: unique('jo'), password: 'Testuser-123!' }
    await api.post('/usermgmt/users', user)
    const session = await api.as(user)
    await session.get(POLICIES, 403)
    await session.get(`${POLICIES}/global`, 403)
    await session.patch(`${POLICIES}/global`, { inclusive_min_digits: 0 }, 403)
    await session.post(POLICIES, { policy_name: unique('x') }, 403)
    await api.post(`/usermgmt/groups/User%20Admins/users/${user.username}`, undefined, 200)
    await session.get(`${POLICIES}/global`)
  })
})
