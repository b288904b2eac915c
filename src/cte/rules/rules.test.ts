import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { cteOn, TE, unique } from '../../../test/support/cte.ts'

const PERMIT = { action: 'all_ops', effect: 'permit', partial_match: true }

describe.each(databases)('rules of CTE policies on %s', (database) => {
  const api = startApi(database)
  const cte = cteOn(api)
  const one = (policy: { id: string }) => `${TE}/policies/${policy.id}`
  const actions = async (policy: { id: string }) =>
    (await api.get(`${one(policy)}/securityrules/?limit=100`)).resources.map(
      ({ action, order_number }: { action: string; order_number: number }) =>
        `${order_number} ${action}`,
    )
  const standard = (...keys: string[]) =>
    cte.policy({ key_rules: keys.map((key_id) => ({ key_id })) })

  test('rules are added, moved and deleted, and the others close up', async () => {
    const policy = await cte.policy({
      security_rules: ['a', 'b', 'c'].map((action) => ({ ...PERMIT, action })),
    })
    const rules = `${one(policy)}/securityrules`
    const [a, b, c] = policy.security_rules.map(({ id }: { id: string }) => `${rules}/${id}`)
    const added = await api.post(`${rules}/`, { ...PERMIT, action: 'd', order_number: 0 })
    expect(added).toMatchObject({ action: 'd', order_number: 4, policy_id: policy.id })
    expect(await api.get(`${rules}/${added.id}`)).toEqual(added)
    await api.post(rules, { ...PERMIT, action: 'e', order_number: 2 })
    expect(await actions(policy)).toEqual(['1 a', '2 e', '3 b', '4 c', '5 d'])
    expect((await api.patch(c, { order_number: 1 })).order_number).toBe(1)
    expect(await actions(policy)).toEqual(['1 c', '2 a', '3 e', '4 b', '5 d'])
    expect((await api.patch(c, { order_number: 99 })).order_number).toBe(5)
    expect(await actions(policy)).toEqual(['1 a', '2 e', '3 b', '4 d', '5 c'])
    await api.delete(a)
    expect(await actions(policy)).toEqual(['1 e', '2 b', '3 d', '4 c'])
    await api.get(a, 404)
    await api.delete(a, undefined, 404)
    await api.patch(b, {}, 200)
    const other = await cte.policy({ security_rules: [PERMIT] })
    const foreign = b.replace(policy.id, other.id)
    for (const method of ['GET', 'PATCH', 'DELETE'] as const)
      expect((await api.send(method, foreign, method === 'PATCH' ? {} : undefined)).status).toBe(
        404,
      )
    expect((await api.get(one(policy))).policy_version).toBe(6)
  })

  test('a security rule takes away a set with an empty text, and keeps what is left out', async () => {
    const set = await cte.set('user', { users: [{ uname: 'root', uid: 0 }] })
    const policy = await cte.policy({
      security_rules: [{ ...PERMIT, user_set_id: set.uri, exclude_user_set: true }],
    })
    const rule = `${one(policy)}/securityrules/${policy.security_rules[0].id}`
    expect(policy.security_rules[0].user_set_id).toBe(set.uri)
    const changed = await api.patch(rule, { action: 'read,write', effect: '', order_number: 0 })
    expect(changed).toMatchObject({
      action: 'read,write',
      effect: 'permit',
      user_set_id: set.uri,
      exclude_user_set: true,
    })
    await api.delete(`${TE}/usersets/${set.name}`, undefined, 409)
    expect(await api.patch(rule, { user_set_id: '', exclude_user_set: false })).toMatchObject({
      user_set_id: '',
      exclude_user_set: false,
    })
    await api.delete(`${TE}/usersets/${set.name}`)
    await api.patch(rule, { user_set_id: set.name }, 404)
  })

  test('an empty action is none, as an empty effect is', async () => {
    const policy = await cte.policy({ security_rules: [{ ...PERMIT, action: 'read' }] })
    const rule = `${one(policy)}/securityrules/${policy.security_rules[0].id}`
    const sent = { action: '', effect: '', order_number: 0, partial_match: false }
    expect(await api.patch(rule, sent)).toMatchObject({
      action: 'read',
      effect: 'permit',
      partial_match: false,
    })
  })

  test('a rule goes by its URI and by its id in any case', async () => {
    const policy = await cte.policy({ security_rules: [PERMIT] })
    const [rule] = policy.security_rules
    const rules = `${one(policy)}/securityrules`
    for (const reference of [rule.uri, rule.id.toUpperCase(), rule.uri.toUpperCase()]) {
      const path = `${rules}/${encodeURIComponent(reference)}`
      const status = reference.startsWith('KYLO') ? 404 : 200
      await api.get(path, status)
      await api.patch(path, { action: 'read' }, status)
    }
    await api.delete(`${rules}/${encodeURIComponent(rule.uri)}`)
    await api.get(`${rules}/${rule.id}`, 404)
  })

  test('key and data transformation rules are added, read, changed and deleted', async () => {
    const [first, second] = [await cte.key(), await cte.key({}, {}, { encryption_mode: 'CBC' })]
    const set = await cte.set('resource')
    const policy = await standard(first)
    for (const kind of ['keyrules', 'datatxrules']) {
      const rules = `${one(policy)}/${kind}`
      const key = await api.get(`/vault/keys2/${second}`)
      const made = await api.post(rules, { key_id: key.id, key_type: 'id', resource_set_id: '' })
      expect(made).toMatchObject({ key_id: key.id, key_type: 'id', resource_set_id: '' })
      expect(await api.get(`${rules}/${made.id}`)).toEqual(made)
      expect((await api.get(rules)).resources).toContainEqual(made)
      const changed = await api.patch(`${rules}/${made.id}`, {
        resource_set_id: set.id,
        key_id: '',
      })
      expect(changed).toMatchObject({ key_id: key.id, key_type: 'id', resource_set_id: set.id })
      const clear = await api.patch(`${rules}/${made.id}`, { key_id: 'clear_key' })
      expect(clear).toMatchObject({ key_id: 'clear_key', key_type: '', resource_set_id: set.id })
      if (kind === 'datatxrules') {
        expect(made.new_key_rule).toBe(true)
        expect(clear.new_key_rule).toBe(false)
      }
      await api.post(rules, {}, 400)
      await api.post(rules, { key_id: second, key_type: 'colour' }, 400)
      await api.delete(`${rules}/${made.id}`)
    }
    for (const [key_type, key_id] of [
      ['alias', second],
      ['uri', `kylo:kylo:vault:keys:${second}`],
      ['uuid', (await api.get(`/vault/keys2/${second}`)).uuid],
      ['muid', (await api.get(`/vault/keys2/${second}`)).muid],
      ['key_id', (await api.get(`/vault/keys2/${second}`)).keyId],
    ])
      expect(await api.post(`${one(policy)}/keyrules`, { key_id, key_type })).toMatchObject({
        key_id,
        key_type,
      })
  })

  test('LDT key rules show both keys, whatever a change leaves out', async () => {
    const [current, next, later] = [
      await cte.key(),
      await cte.key({}, {}, { cte_versioned: true }),
      await cte.key({}, {}, { cte_versioned: true }),
    ]
    const policy = await cte.policy({ policy_type: 'LDT' })
    const rules = `${one(policy)}/ldtkeyrules`
    const made = await api.post(rules, {
      current_key: { key_id: current, key_usage: 'ONLINE' },
      transformation_key: { key_id: next },
      is_exclusion_rule: false,
    })
    expect(made).toMatchObject({
      current_key: { key_id: current, key_usage: 'ONLINE' },
      transformation_key: { key_id: next },
    })
    const changed = await api.patch(`${rules}/${made.id}`, {
      current_key: {},
      transformation_key: { key_id: later, key_type: '' },
    })
    expect(changed).toMatchObject({
      current_key: { key_id: current, key_usage: 'ONLINE' },
      transformation_key: { key_id: later },
    })
    expect([await cte.isUsed(current), await cte.isUsed(next), await cte.isUsed(later)]).toEqual([
      true,
      false,
      true,
    ])
    await api.delete(`${rules}/${made.id}`)
    expect(await cte.isUsed(current)).toBe(false)
  })

  test('signature rules are made for a list of sets, all or none, and show the names', async () => {
    const [one1, two] = [await cte.set('signature'), await cte.set('signature')]
    const policy = await cte.policy({
      security_rules: [PERMIT],
      signature_rules: [{ signature_set_id: one1.id }],
    })
    expect(policy.signature_rules).toMatchObject([
      { signature_set_id: one1.id, signature_set_name: one1.name },
    ])
    const rules = `${one(policy)}/signaturerules`
    const add = (list: string[], status = 201) =>
      api.post(rules, { signature_set_id_list: list }, status)
    await add([two.name, 'nowhere'], 404)
    await add([], 400)
    const { success_signature_rules: made } = await add([two.name, one1.id])
    expect(made).toMatchObject([
      { signature_rule: { signature_set_id: two.name, signature_set_name: two.name } },
      { signature_rule: { signature_set_id: one1.id, signature_set_name: one1.name } },
    ])
    const [{ signature_rule: rule }] = made
    const changed = await api.patch(`${rules}/${rule.id}`, { signature_set_id: one1.name })
    expect(changed).toMatchObject({ id: rule.id, signature_set_name: one1.name })
    expect((await api.get(rules)).total).toBe(3)
    await api.delete(`${rules}/${rule.id}`)
    await api.delete(`${TE}/signaturesets/${two.id}`)
  })

  test('a key is in use as long as any rule of any policy names it', async () => {
    const key = await cte.key()
    const [first, second] = [await standard(key, key), await standard(key)]
    expect(await cte.isUsed(key)).toBe(true)
    const rules = `${one(first)}/keyrules`
    await api.delete(`${rules}/${first.key_rules[0].id}`)
    await api.delete(one(second))
    expect(await cte.isUsed(key)).toBe(true)
    const refused = await api.delete(`/vault/keys2/${key}`, undefined, 409)
    expect(refused.codeDesc).toContain(`"${first.name}"`)
    const other = await cte.key()
    await api.patch(`${rules}/${first.key_rules[1].id}`, { key_id: other })
    expect([await cte.isUsed(key), await cte.isUsed(other)]).toEqual([false, true])
    await api.delete(`/vault/keys2/${key}`)
  })

  test('a key that fits no more stays in its rule, and is put into no other', async () => {
    const key = await cte.key()
    const policy = await standard(key)
    const rule = `${one(policy)}/keyrules/${policy.key_rules[0].id}`
    const set = await cte.set('resource')
    await api.post(`/vault/keys2/${key}/revoke`, { reason: 'Unspecified' }, 200)
    expect((await api.patch(rule, { resource_set_id: set.name })).key_id).toBe(key)
    const says = await api.post(`${one(policy)}/keyrules`, { key_id: key }, 400)
    expect(says.codeDesc).toContain('must be active')
    expect(await cte.isUsed(key)).toBe(true)
  })

  test('a key whose rules nobody but its owner knows is found by him alone', async () => {
    const key = await cte.key({}, { permissions: {} })
    const admin = await cte.user('CTE Admins')
    const send = (sender: typeof admin) =>
      sender.send('POST', `${TE}/policies`, {
        name: unique('policy'),
        policy_type: 'Standard',
        key_rules: [{ key_id: key }],
      })
    expect((await send(admin)).status).toBe(404)
    expect((await send(api)).body.codeDesc).toContain('must grant ReadKey and ExportKey')
  })

  test('rotating a versioned key is news for the LDT policies that name it, and for no other', async () => {
    const [current, next] = [await cte.key(), await cte.key({}, {}, { cte_versioned: true })]
    const ldt_key_rules = [
      { current_key: { key_id: current }, transformation_key: { key_id: next } },
    ]
    const ldt = await cte.policy({ policy_type: 'LDT', ldt_key_rules })
    const plain = await standard(current)
    const versions = async (policy: { id: string }) => {
      const { policy_version, policy_key_version } = await api.get(one(policy))
      return [policy_version, policy_key_version]
    }
    for (let rotations = 1; rotations <= 2; rotations++) {
      await api.post(`/vault/keys2/${next}/versions`, {})
      expect(await versions(ldt)).toEqual([0, rotations])
    }
    await api.post(`/vault/keys2/${current}/versions`, {})
    expect(await versions(ldt)).toEqual([0, 2])
    expect(await versions(plain)).toEqual([0, 0])
    // Every version says that it is in use, and none can be deleted, until no rule is left.
    const all = await api.get(`/vault/keys2/${next}/versions?fields=meta`)
    expect(all.resources.map(({ meta }: { meta: { cte: object } }) => meta.cte)).toEqual(
      [2, 1, 0].map(() => expect.objectContaining({ is_used: true })),
    )
    for (const version of [0, 1, 2])
      await api.delete(`/vault/keys2/${next}?version=${version}`, undefined, 409)
    await api.delete(one(ldt))
    for (const version of [0, 1, 2]) await api.delete(`/vault/keys2/${next}?version=${version}`)
  })

  describe('at the same moment', () => {
    const rounds = Array.from({ length: 6 }, (_, round) => round)

    test('deleting a set and naming it in a rule never leaves a rule without its set', async () => {
      const policy = await cte.policy({ security_rules: [PERMIT] })
      for (const round of rounds) {
        const set = await cte.set('resource')
        const rules = `${one(policy)}/securityrules`
        const [gone, named] = await Promise.all([
          api.send('DELETE', `${TE}/resourcesets/${set.id}`),
          api.send('POST', rules, { ...PERMIT, resource_set_id: set.id }),
        ])
        expect([
          [204, 404],
          [409, 201],
        ]).toContainEqual([gone.status, named.status])
        expect((await api.send('GET', `${TE}/resourcesets/${set.id}`)).status).toBe(
          named.status === 201 ? 200 : 404,
        )
        expect(round).toBeLessThan(rounds.length)
      }
    })

    test('deleting a key and naming it in a policy never leaves a rule without its key', async () => {
      for (const _ of rounds) {
        const key = await cte.key()
        const name = unique('policy')
        const [gone, named] = await Promise.all([
          api.send('DELETE', `/vault/keys2/${key}`),
          api.send('POST', `${TE}/policies`, {
            name,
            policy_type: 'Standard',
            key_rules: [{ key_id: key }],
          }),
        ])
        expect([
          [204, 404],
          [409, 201],
        ]).toContainEqual([gone.status, named.status])
        if (named.status === 201) expect(await cte.isUsed(key)).toBe(true)
      }
    })

    test('the last two rules of a key go together, and the key is free', async () => {
      for (const _ of rounds) {
        const key = await cte.key()
        const made = await Promise.all([standard(key), standard(key), standard(key)])
        expect(await cte.isUsed(key)).toBe(true)
        await Promise.all(made.map((policy) => api.delete(one(policy))))
        expect(await cte.isUsed(key)).toBe(false)
        await api.delete(`/vault/keys2/${key}`)
      }
    })

    test('rules that are added to one policy get numbers of their own', async () => {
      const policy = await cte.policy({ security_rules: [PERMIT] })
      await Promise.all(
        rounds.map((round) =>
          api.post(`${one(policy)}/securityrules`, { ...PERMIT, action: `r${round}` }),
        ),
      )
      const numbers = (await actions(policy)).map((text: string) => Number(text.split(' ')[0]))
      expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7])
      expect((await api.get(one(policy))).policy_version).toBe(6)
    })
  })
})
