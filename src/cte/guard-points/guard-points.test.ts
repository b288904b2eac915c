import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { cteOn, TE, unique } from '../../../test/support/cte.ts'

const PERMIT = { action: 'all_ops', effect: 'permit', partial_match: true }

describe.each(databases)('guard points on %s', (database) => {
  const api = startApi(database)
  const cte = cteOn(api)
  const client = (fields: object = {}) =>
    api.post(`${TE}/clients`, { name: unique('host'), ...fields })
  const group = (...members: string[]) =>
    api
      .post(`${TE}/clientgroups`, { name: unique('team') })
      .then(async (made: { id: string; name: string }) => {
        await api.post(`${TE}/clientgroups/${made.id}/clients`, { client_list: members }, 200)
        return made
      })
  const guard = (of: string, path: string, params: object, status = 201) =>
    api.post(
      `${TE}/${of}/guardpoints`,
      {
        guard_paths: [path],
        guard_point_params: { guard_point_type: 'directory_auto', ...params },
      },
      status,
    )
  const RANSOMWARE = { guard_point_type: 'ransomware_protection' }

  test('ransomware protection takes no parameter that is for policies', async () => {
    const { id } = await client()
    for (const field of [
      'automount_enabled',
      'cifs_enabled',
      'early_access',
      'is_idt_capable_device',
    ]) {
      const refused = await guard(`clients/${id}`, '/r', { ...RANSOMWARE, [field]: true }, 400)
      expect(refused.codeDesc).toContain(
        `guard_point_params.${field}: is not for ransomware protection`,
      )
    }
    await guard(`clients/${id}`, '/r', {
      ...RANSOMWARE,
      policy_id: '',
      automount_enabled: false,
      cifs_enabled: false,
      early_access: false,
      is_idt_capable_device: false,
    })
  })

  test('clients of type CSI are not protected from ransomware, alone or in a group', async () => {
    const pod = await client({ client_type: 'CSI' })
    const refused = await guard(`clients/${pod.id}`, '/r', RANSOMWARE, 400)
    expect(refused.codeDesc).toContain('are guarded through their storage group')
    const mixed = await group(pod.id)
    await guard(`clientgroups/${mixed.id}`, '/r', RANSOMWARE, 400)
    const team = await group()
    await guard(`clientgroups/${team.id}`, '/r', RANSOMWARE)
    const join = (id: string, status: number) =>
      api.post(`${TE}/clientgroups/${team.id}/clients`, { client_list: [id] }, status)
    expect((await join(pod.id, 409)).codeDesc).toContain('which guards "/r" against ransomware')
    await join((await client()).id, 200)
  })

  test('a client of type CSI shows what its storage groups guard, which is changed there', async () => {
    const pod = await client({ client_type: 'CSI' })
    const storage = await api.post(`${TE}/csigroups`, {
      name: unique('storage'),
      k8s_namespace: 'apps',
      k8s_storage_class: 'fast',
    })
    const policy = await cte.policy({ policy_type: 'CSI', security_rules: [PERMIT] })
    await api.post(`${TE}/csigroups/${storage.id}/clients`, { client_list: [pod.id] }, 200)
    const made = await api.post(`${TE}/csigroups/${storage.id}/guardpoints`, {
      policy_list: [policy.name],
    })
    const { id } = made.guardpoints[0].guardpoint
    const listed = await api.get(`${TE}/clients/${pod.id}/guardpoints`)
    expect(listed).toMatchObject({
      total: 1,
      resources: [
        { id, client_id: pod.id, client_group_id: '', policy_name: policy.name, type: 'csigroup' },
      ],
    })
    const one = `${TE}/clients/${pod.id}/guardpoints/${id}`
    expect(await api.get(one)).toEqual(listed.resources[0])
    for (const refused of [
      await api.patch(one, { guard_enabled: false }, 409),
      await api.patch(`${one}/unguard`, undefined, 409),
    ])
      expect(refused.codeDesc).toContain(`belongs to the storage group "${storage.name}"`)
    await api.delete(`${TE}/csigroups/${storage.id}/clients/${pod.id}`)
    await api.get(one, 404)
  })

  test('a primary set is taken off a guard point with an empty text', async () => {
    const host = await client()
    const team = await group(host.id)
    const policy = await cte.policy({ security_rules: [PERMIT] })
    const sets = `${TE}/clientgroups/${team.id}/dps`
    await api.post(sets, { name: 'first', client_list: host.name })
    const made = await guard(`clientgroups/${team.id}`, '/d', {
      policy_id: policy.id,
      dps_id: 'first',
    })
    const one = `${TE}/clientgroups/${team.id}/guardpoints/${made.guardpoints[0].guardpoint.id}`
    for (const sent of [{}, { dps_id: null }, { dps_id: 'first' }])
      expect((await api.patch(one, sent)).dps_name).toBe('first')
    await api.delete(`${sets}/first`, undefined, 409)
    expect(await api.patch(one, { dps_id: '' })).toMatchObject({ dps_id: '', dps_name: '' })
    await api.delete(`${sets}/first`)
    const own = await guard(`clients/${host.id}`, '/own', { policy_id: policy.id })
    const ownOne = `${TE}/clients/${host.id}/guardpoints/${own.guardpoints[0].guardpoint.id}`
    await api.patch(ownOne, { dps_id: '', guard_enabled: false })
  })

  test('a path is found as it is spelled, with backslashes and of any length', async () => {
    const { id, name } = await client()
    const policy = await cte.policy({ security_rules: [PERMIT] })
    const paths = ['\\\\srv\\share\\a', 'C:\\data\\b', 'C:\\database', `/${'long/'.repeat(150)}end`]
    for (const path of paths) await guard(`clients/${id}`, path, { policy_id: policy.id })
    const found = async (filter: string) => {
      const asked = encodeURIComponent(filter)
      const own = await api.get(`${TE}/clients/${id}/guardpoints?guard_path=${asked}`)
      const report = await api.get(
        `${TE}/reports/clients-guard-status?client_name=${name}&guard_path=${asked}`,
      )
      const pathsOf = ({ resources }: { resources: readonly { guard_path: string }[] }) =>
        resources.map(({ guard_path }) => guard_path).sort()
      expect(pathsOf(report)).toEqual(pathsOf(own))
      return pathsOf(own)
    }
    for (const path of [paths[0], paths[1], paths[3]] as string[])
      expect(await found(path)).toEqual([path])
    expect(await found('\\\\srv*')).toEqual([paths[0]])
    expect(await found('C:\\data?b')).toEqual([paths[1]])
    expect(await found('C:\\data\\*')).toEqual([paths[1]])
    expect(await found('C:\\data*')).toEqual([paths[1], paths[2]])
    expect(await found('C:\\data\\b\\')).toEqual([])
    expect((await found('/long/*'))[0]).toBe(paths[3])
    const types = await api.get(`${TE}/clients/${id}/guardpoints?guard_point_type=Directory_AUTO`)
    expect(types.total).toBe(4)
  })
})
