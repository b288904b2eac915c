import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { AGENTS, cteOn, TE, unique } from '../../../test/support/cte.ts'

const HOSTS = 'Key Users'

describe.each(databases)('keys in rules of CTE policies on %s', (database) => {
  const api = startApi(database)
  const cte = cteOn(api)
  const one = (policy: { id: string }) => `${TE}/policies/${policy.id}`
  const xtsKey = (...groups: string[]) =>
    cte.key(
      { xts: true },
      { permissions: { ReadKey: groups, ExportKey: groups } },
      { encryption_mode: 'XTS' },
    )
  const guard = async (of: string, policy: string, path: string, type: string) => {
    const made = await api.post(`${TE}/${of}/guardpoints`, {
      guard_paths: [path],
      guard_point_params: { guard_point_type: type, policy_id: policy },
    })
    return `${TE}/${of}/guardpoints/${made.guardpoints[0].guardpoint.id}`
  }
  const client = () => api.post(`${TE}/clients`, { name: unique('host') })

  test('an XTS key comes into no policy that guards a directory', async () => {
    const xts = await xtsKey(AGENTS, HOSTS)
    const policy = await cte.policy({ key_rules: [{ key_id: await cte.key() }] })
    const host = await client()
    const gp = await guard(`clients/${host.id}`, policy.id, '/data', 'directory_auto')
    const rules = `${one(policy)}/keyrules`
    for (const refused of [
      await api.post(rules, { key_id: xts }, 409),
      await api.post(`${one(policy)}/datatxrules`, { key_id: xts }, 409),
      await api.patch(`${rules}/${policy.key_rules[0].id}`, { key_id: xts }, 409),
    ])
      expect(refused.codeDesc).toContain(`guard point "/data" of client "${host.name}"`)
    expect(await cte.isUsed(xts)).toBe(false)
    await api.post(rules, { key_id: await cte.key() })
    await api.patch(`${gp}/unguard`)
    const team = await api.post(`${TE}/clientgroups`, { name: unique('team') })
    await guard(`clientgroups/${team.id}`, policy.id, '/team', 'directory_auto')
    expect((await api.post(rules, { key_id: xts }, 409)).codeDesc).toContain(
      `guard point "/team" of client group "${team.name}"`,
    )
  })

  test('an XTS key makes the devices that its policy guards ESG guard points', async () => {
    const policy = await cte.policy({ key_rules: [{ key_id: await cte.key() }] })
    const host = await client()
    const gp = await guard(`clients/${host.id}`, policy.id, '/dev/sdb', 'rawdevice_auto')
    expect((await api.get(gp)).is_esg_capable_device).toBe(false)
    const rule = `${one(policy)}/keyrules/${policy.key_rules[0].id}`
    const withheld = await api.patch(rule, { key_id: await xtsKey(AGENTS) }, 409)
    expect(withheld.codeDesc).toMatch(/group Key Users.*"\/dev\/sdb"/)
    await api.patch(rule, { key_id: await xtsKey(AGENTS, HOSTS) })
    const isEsg = async () => (await api.get(gp)).is_esg_capable_device
    expect(await isEsg()).toBe(true)
    // The rule keeps its key.
    await api.patch(rule, { order_number: 1 })
    expect(await isEsg()).toBe(true)
    const other = await api.post(`${one(policy)}/keyrules`, { key_id: await cte.key() })
    await api.delete(`${one(policy)}/keyrules/${other.id}`)
    expect(await isEsg()).toBe(true)
    await api.patch(rule, { key_id: await cte.key() })
    expect(await isEsg()).toBe(false)
  })

  test('an XTS key that is brought while a directory is guarded: one of the two is refused', async () => {
    const xts = await xtsKey(AGENTS, HOSTS)
    for (const _ of [1, 2, 3, 4, 5, 6]) {
      const policy = await cte.policy({ key_rules: [{ key_id: 'clear_key' }] })
      const { id } = await client()
      const [brought, guarded] = await Promise.all([
        api.send('POST', `${one(policy)}/keyrules`, { key_id: xts }),
        api.send('POST', `${TE}/clients/${id}/guardpoints`, {
          guard_paths: ['/data'],
          guard_point_params: { guard_point_type: 'directory_auto', policy_id: policy.id },
        }),
      ])
      expect([
        [201, 400],
        [409, 201],
      ]).toContainEqual([brought.status, guarded.status])
    }
  })

  test('an LDT rule that becomes an exclusion lets go of the key to transform to', async () => {
    for (const sent of [{ transformation_key: {} }, {}, { transformation_key: { key_id: '' } }]) {
      const next = await cte.key({}, {}, { cte_versioned: true })
      const policy = await cte.policy({
        policy_type: 'LDT',
        ldt_key_rules: [
          { current_key: { key_id: 'clear_key' }, transformation_key: { key_id: next } },
        ],
      })
      const rule = `${one(policy)}/ldtkeyrules/${policy.ldt_key_rules[0].id}`
      expect((await api.patch(rule, sent)).transformation_key).toEqual({ key_id: next })
      const excluded = await api.patch(rule, { ...sent, is_exclusion_rule: true })
      expect(excluded).toMatchObject({
        is_exclusion_rule: true,
        current_key: { key_id: 'clear_key' },
        transformation_key: { key_id: '' },
      })
      expect(await cte.isUsed(next)).toBe(false)
      await api.delete(`/vault/keys2/${next}`)
      const back = await api.patch(rule, { is_exclusion_rule: false }, 400)
      expect(back.codeDesc).toContain('transformation_key.key_id: is required')
    }
  })
})
