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

  test('a client that is marked for deletion stays marked, whatever else is changed', async () => {
    const { id } = await client()
    const one = `${TE}/clients/${id}`
    await api.patch(`${one}/delete`, { del_client: true })
    const changed = await api.patch(one, { del_client: false, description: 'd' })
    expect(changed).toMatchObject({ del_client: true, description: 'd' })
    const other = await client({ del_client: false })
    expect(other.del_client).toBe(false)
    const marked = await api.patch(`${TE}/clients/${other.id}`, { del_client: true })
    expect(marked.del_client).toBe(true)
  })

  test('clients are found by words and names in any case, and by part of a profile’s name', async () => {
    const { id: profileId, name: profileName } = await profile()
    const name = unique('Host-\u00e9')
    const { id } = await client({ name, profile_id: profileId, client_type: 'CTE-U' })
    const ids = async (query: string) =>
      (await api.get(`${TE}/clients?limit=-1&${query}`)).resources.map(
        (one: { id: string }) => one.id,
      )
    const part = `${profileName.slice(0, -2)}*`
    for (const query of [
      `name=${encodeURIComponent(name.normalize('NFD').toUpperCase())}`,
      `profile_name=${part}`,
      `profile_name=${profileName}&client_type=cte-u&protection_mode=cte`,
    ])
      expect(await ids(query), query).toEqual([id])
    expect(await ids(`profile_name=${part}&client_type=fs`)).toEqual([])
    expect(await ids('profile_name=nobody*')).toEqual([])
    const team = await group()
    const teams = await api.get(`${TE}/clientgroups?name=${team.name}&cluster_type=non-cluster`)
    expect(teams.total).toBe(1)
  })

  test('an empty list of clients neither adds to a group nor takes out of it', async () => {
    const { id } = await client()
    const ldt = await api.post(`${TE}/ldtgroupcommservice`, {
      name: unique('ldt'),
      client_list: [id],
    })
    const team = await group()
    const groups = [`${TE}/ldtgroupcommservice/${ldt.id}`, `${TE}/clientgroups/${team.id}`]
    for (const client_list of [[], null]) {
      for (const path of groups)
        expect(await api.post(`${path}/clients`, { client_list }, 200)).toEqual({
          association_response: [],
        })
      await api.patch(`${groups[1]}/clients`, { client_list })
      expect((await api.patch(`${groups[0]}/clients/delete/`, { client_list })).id).toBe(ldt.id)
    }
    expect((await api.get(`${groups[0]}/clients`)).total).toBe(1)
    await api.patch(`${groups[0]}/clients/delete/`, { client_list: [id] })
    await api.patch(`${groups[0]}/clients/delete/`, { client_list: [] })
  })

  test('a member that is added again begins to inherit when that is asked for', async () => {
    const { id } = await client()
    const { id: team } = await group()
    const path = `${TE}/clientgroups/${team}`
    const { id: profile_id } = await profile()
    await api.patch(path, { profile_id })
    const add = async (more: object) =>
      (await api.patch(`${path}/clients`, { client_list: [id], ...more })).association_response
    const inherits = async () => (await api.get(`${path}/clients/${id}`)).inherit_attributes
    const [joined] = await add({})
    expect(await inherits()).toBe(false)
    expect(await add({ inherit_attributes: true })).toMatchObject([
      { id: joined.id, status: 'present' },
    ])
    expect(await inherits()).toBe(true)
    expect((await api.get(`${TE}/clients/${id}`)).profile_id).toBe(profile_id)
    await add({ inherit_attributes: false })
    expect(await inherits()).toBe(true)
    await api.patch(path, { client_locked: true })
    expect((await api.get(`${TE}/clients/${id}`)).client_locked).toBe(true)
  })

  test('a primary set says whose it is, as everything does', async () => {
    const team = await group()
    const { account, application, devAccount } = team
    const set = await api.post(`${TE}/clientgroups/${team.id}/dps`, { name: 'set' })
    expect(set).toMatchObject({ id: set.dps_id, account, application, devAccount })
    expect(set.uri).toBe(`kylo:kylo:transparent-encryption:dps:${set.id}`)
  })
})
