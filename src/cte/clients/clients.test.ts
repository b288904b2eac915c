import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { AGENTS, cteOn, TE, unique } from '../../../test/support/cte.ts'

const PASSWORD = 'Very-Secret-Host-1!'
const PERMIT = { action: 'all_ops', effect: 'permit', partial_match: true }

describe.each(databases)('clients of transparent encryption on %s', (database) => {
  const api = startApi(database)
  const cte = cteOn(api)
  const client = (fields: object = {}) =>
    api.post(`${TE}/clients`, { name: unique('host'), ...fields })
  const group = () => api.post(`${TE}/clientgroups`, { name: unique('team') })
  const profile = () => api.post(`${TE}/profiles`, { name: unique('profile') })
  const standard = () => cte.policy({ security_rules: [PERMIT] })
  const guarding = (policy: string, path = '/data') => ({
    guard_paths: [path],
    guard_point_params: { guard_point_type: 'directory_auto', policy_id: policy },
  })
  const guardPoints = async (of: string) =>
    (await api.get(`${TE}/${of}/guardpoints?limit=-1`)).resources
  const statuses = async (...calls: readonly Promise<{ readonly status: number }>[]) =>
    (await Promise.all(calls)).map(({ status }) => status)
  const rounds = [1, 2, 3, 4, 5, 6]

  test('a password is kept for nobody to read', async () => {
    const host = await client({ password_creation_method: 'MANUAL', password: PASSWORD })
    const team = await api.post(`${TE}/clientgroups`, {
      name: unique('team'),
      password_creation_method: 'MANUAL',
      password: PASSWORD,
    })
    const shown = [
      host,
      team,
      await api.get(`${TE}/clients/${host.id}`),
      await api.get(`${TE}/clientgroups/${team.id}`),
      await api.get('/audit/records?limit=50'),
    ]
    expect(JSON.stringify(shown)).not.toContain(PASSWORD)
    expect(JSON.stringify(shown)).not.toContain('argon2')
  })

  test('CTE Admins do everything, agents read what they act on, and others nothing', async () => {
    const host = await client()
    const admin = await cte.user('CTE Admins')
    const agent = await cte.user(AGENTS)
    const other = await cte.user('Key Admins', 'User Admins')
    const one = `${TE}/clients/${host.id}`
    for (const path of [`${TE}/clients`, one, `${one}/guardpoints`, `${TE}/profiles`]) {
      await admin.get(path)
      await agent.get(path)
      await other.get(path, 403)
    }
    for (const path of ['clientgroups', 'csigroups', 'ldtgroupcommservice', 'reports/clients']) {
      await admin.get(`${TE}/${path}`)
      await agent.get(`${TE}/${path}`, 403)
      await other.get(`${TE}/${path}`, 403)
    }
    await admin.patch(one, { description: 'mine' })
    for (const sender of [agent, other]) {
      await sender.patch(one, { description: 'theirs' }, 403)
      await sender.patch(`${one}/delete`, { force_del_client: true }, 403)
      await sender.post(`${TE}/clients`, { name: unique('host') }, 403)
    }
    expect(await api.get(one)).toMatchObject({ description: 'mine' })
    await admin.patch(`${one}/delete`, { force_del_client: true })
  })

  test('many clients are made at once with the same profile', async () => {
    const { id } = await profile()
    const made = await Promise.all(rounds.map(() => client({ profile_id: id })))
    expect(new Set(made.map(({ profile_id }) => profile_id))).toEqual(new Set([id]))
    expect((await api.delete(`${TE}/profiles/${id}`, undefined, 409)).codeDesc).toMatch(
      /the client "host-/,
    )
    for (const { id: host } of made)
      await api.patch(`${TE}/clients/${host}/delete`, { force_del_client: true })
    await api.delete(`${TE}/profiles/${id}`)
  })

  test('a profile that is deleted while a client takes it is there for the client, or for nobody', async () => {
    for (const round of rounds) {
      const { id } = await profile()
      const name = unique(`host-${round}`)
      const [deleted, made] = await statuses(
        api.send('DELETE', `${TE}/profiles/${id}`),
        api.send('POST', `${TE}/clients`, { name, profile_id: id }),
      )
      expect([
        [204, 404],
        [409, 201],
      ]).toContainEqual([deleted, made])
      if (made === 201)
        expect((await api.get(`${TE}/clients/${name}`)).profile_name).toMatch(/^profile-/)
    }
  })

  test('a policy that is deleted while it begins to guard something stays, or guards nothing', async () => {
    const { id: host } = await client()
    for (const round of rounds) {
      const { id } = await standard()
      const [deleted, made] = await statuses(
        api.send('DELETE', `${TE}/policies/${id}`),
        api.send('POST', `${TE}/clients/${host}/guardpoints`, guarding(id, `/${round}`)),
      )
      expect([
        [204, 404],
        [409, 201],
      ]).toContainEqual([deleted, made])
    }
    for (const { policy_name } of await guardPoints(`clients/${host}`))
      expect(policy_name).toMatch(/^policy-/)
  })

  test('a client that is deleted while a path of it is guarded leaves no guard point', async () => {
    const { id: policy, name } = await standard()
    for (const _ of rounds) {
      const { id } = await client()
      const [, deleted] = await statuses(
        api.send('POST', `${TE}/clients/${id}/guardpoints`, guarding(policy)),
        api.send('PATCH', `${TE}/clients/${id}/delete`, { force_del_client: true }),
      )
      expect(deleted).toBe(200)
    }
    expect((await api.get(`${TE}/reports/guardpoints?policy_name=${name}`)).total).toBe(0)
    await api.delete(`${TE}/policies/${policy}`)
  })

  test('a client that is deleted while it joins a group is in no group', async () => {
    const team = await group()
    for (const _ of rounds) {
      const { id } = await client()
      await statuses(
        api.send('POST', `${TE}/clientgroups/${team.id}/clients`, { client_list: [id] }),
        api.send('PATCH', `${TE}/clients/${id}/delete`, { force_del_client: true }),
      )
    }
    expect((await api.get(`${TE}/clientgroups/${team.id}/clients`)).total).toBe(0)
  })

  test('a group that is deleted while it begins to guard something stays, or guards nothing', async () => {
    const { id: policy } = await standard()
    for (const _ of rounds) {
      const { id } = await group()
      const [deleted, made] = await statuses(
        api.send('DELETE', `${TE}/clientgroups/${id}`),
        api.send('POST', `${TE}/clientgroups/${id}/guardpoints`, guarding(policy)),
      )
      expect([
        [204, 404],
        [409, 201],
      ]).toContainEqual([deleted, made])
    }
  })

  test('a client of the user-space edition joins a group while it is given an LDT policy: one of the two is refused', async () => {
    const current = await cte.key()
    const transformation = await cte.key({}, {}, { cte_versioned: true })
    const { id: policy } = await cte.policy({
      policy_type: 'LDT',
      ldt_key_rules: [
        { current_key: { key_id: current }, transformation_key: { key_id: transformation } },
      ],
    })
    for (const _ of rounds) {
      const team = await group()
      const { id } = await client({ client_type: 'CTE-U' })
      const [joined, guarded] = await statuses(
        api.send('POST', `${TE}/clientgroups/${team.id}/clients`, { client_list: [id] }),
        api.send('POST', `${TE}/clientgroups/${team.id}/guardpoints`, guarding(policy)),
      )
      expect([
        [200, 400],
        [409, 201],
      ]).toContainEqual([joined, guarded])
    }
  })

  test('two who guard the same path at once make one guard point', async () => {
    const { id: policy } = await standard()
    const { id } = await client()
    const made = await statuses(
      ...['/same', '/same/', '/same'].map((path) =>
        api.send('POST', `${TE}/clients/${id}/guardpoints`, guarding(policy, path)),
      ),
    )
    expect(made.sort()).toEqual([201, 409, 409])
    expect(await guardPoints(`clients/${id}`)).toHaveLength(1)
  })

  test('parameters go with the type of the policy', async () => {
    const { id } = await client()
    const current = await cte.key()
    const transformation = await cte.key({}, {}, { cte_versioned: true })
    const { id: ldt } = await cte.policy({
      policy_type: 'LDT',
      ldt_key_rules: [
        { current_key: { key_id: current }, transformation_key: { key_id: transformation } },
      ],
    })
    const params = { cifs_enabled: true, early_access: true, preserve_sparse_regions: false }
    const { guard_point_params } = guarding(ldt)
    const made = await api.post(`${TE}/clients/${id}/guardpoints`, {
      guard_paths: ['/ldt'],
      guard_point_params: { ...guard_point_params, ...params },
    })
    expect(made.guardpoints[0].guardpoint).toMatchObject(params)
    await api.post(
      `${TE}/clients/${id}/guardpoints`,
      {
        guard_paths: ['/share'],
        guard_point_params: { ...guard_point_params, network_share_credentials_id: 'nas' },
      },
      501,
    )
  })
})
