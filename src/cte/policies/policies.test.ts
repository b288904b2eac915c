import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { cteOn, TE, unique } from '../../../test/support/cte.ts'

const PERMIT = { action: 'all_ops', effect: 'permit,applykey', partial_match: true }

describe.each(databases)('CTE policies on %s', (database) => {
  const api = startApi(database)
  const cte = cteOn(api)
  const one = (policy: { id: string }) => `${TE}/policies/${policy.id}`
  const ldtRule = (current: string, transformation: string) => ({
    current_key: { key_id: current, key_type: 'name' },
    transformation_key: { key_id: transformation, key_type: 'name' },
  })

  test('a policy comes back with its rules in the order sent, each with id and number', async () => {
    const key = await cte.key()
    const set = await cte.set('resource', { resources: [{ directory: '/data', file: '*' }] })
    const sent = {
      id: '',
      never_deny: false,
      metadata: null,
      security_rules: [
        { action: 'key_op', effect: 'permit,applykey', partial_match: true },
        {
          action: 'all_ops',
          effect: 'permit,audit,applykey',
          resource_set_id: set.name,
          user_set_id: '',
          process_set_id: null,
          exclude_resource_set: true,
          partial_match: false,
        },
      ],
      key_rules: [{ key_id: key, resource_set_id: set.name }],
      data_transform_rules: [{ key_id: key, key_type: 'name', resource_set_id: '' }],
      ldt_key_rules: null,
      idt_key_rules: null,
      signature_rules: null,
    }
    const policy = await cte.policy(sent)
    expect(policy).toMatchObject({
      policy_type: 'Standard',
      description: '',
      labels: {},
      never_deny: false,
      metadata: { restrict_update: false },
      policy_version: 0,
      policy_key_version: 0,
      updated_by: 'admin',
      uri: `kylo:kylo:transparent-encryption:policies:${policy.id}`,
      account: 'kylo:kylo:admin:accounts:kylo',
      application: expect.stringMatching(/./),
      devAccount: expect.stringMatching(/./),
      security_rules: [
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          order_number: 1,
          policy_id: policy.id,
          action: 'key_op',
          effect: 'permit,applykey',
          resource_set_id: '',
          exclude_resource_set: false,
          partial_match: true,
          process_signed: '',
          generation: '',
        },
        {
          order_number: 2,
          effect: 'permit,audit,applykey',
          resource_set_id: set.name,
          user_set_id: '',
          process_set_id: '',
          exclude_resource_set: true,
          partial_match: false,
        },
      ],
      key_rules: [{ order_number: 1, key_id: key, key_type: '', resource_set_id: set.name }],
      data_transform_rules: [
        { order_number: 1, key_id: key, key_type: 'name', resource_set_id: '', new_key_rule: true },
      ],
      ldt_key_rules: [],
      idt_key_rules: [],
      signature_rules: [],
    })
    for (const text of [policy.id, policy.name, policy.uri])
      expect(await api.get(`${TE}/policies/${encodeURIComponent(text)}`)).toEqual(policy)
    const listed = await api.get(`${TE}/policies/?name=${policy.name}`)
    expect(listed).toMatchObject({ skip: 0, limit: 10, total: 1, resources: [policy] })
  })

  test('a policy for live data transformation begins with one rule of the server’s', async () => {
    const [current, next] = [await cte.key(), await cte.key({}, {}, { cte_versioned: true })]
    const policy = await cte.policy({
      policy_type: 'LDT',
      security_rules: [{ ...PERMIT, effect: 'permit' }],
      ldt_key_rules: [ldtRule(current, next)],
    })
    expect(policy.security_rules).toMatchObject([
      { order_number: 1, action: 'key_op', effect: 'permit,applykey' },
      { order_number: 2, action: 'all_ops', effect: 'permit' },
    ])
    expect(policy.ldt_key_rules[0]).toMatchObject({
      order_number: 1,
      current_key: { key_id: current },
      transformation_key: { key_id: next },
      is_exclusion_rule: false,
      resource_set_id: '',
    })
    expect(policy.ldt_key_rules[0].current_key).not.toHaveProperty('key_type')
    const first = `${one(policy)}/securityrules/${policy.security_rules[0].id}`
    await api.delete(first, undefined, 409)
    await api.patch(first, { order_number: 2 }, 409)
    const added = await api.post(`${one(policy)}/securityrules`, { ...PERMIT, order_number: 1 })
    expect(added.order_number).toBe(2)
    const bare = await cte.policy({ policy_type: 'ldt', security_rules: null })
    expect(bare.policy_type).toBe('ldt')
    expect(bare.security_rules).toHaveLength(1)
  })

  test('an exclusion needs no key to transform to, and shows an empty one', async () => {
    const current = await cte.key()
    const rules = (transformation_key: unknown, is_exclusion_rule: boolean) => ({
      policy_type: 'LDT',
      ldt_key_rules: [{ current_key: { key_id: current }, transformation_key, is_exclusion_rule }],
    })
    for (const sent of [undefined, {}, null]) {
      const policy = await cte.policy(rules(sent, true))
      expect(policy.ldt_key_rules[0].transformation_key).toEqual({ key_id: '' })
      const { codeDesc } = await cte.policy(rules(sent, false), 400)
      expect(codeDesc).toContain('transformation_key.key_id: is required')
    }
    expect((await cte.policy(rules({ key_id: 'clear_key' }, false), 400)).codeDesc).toContain(
      'clear_key cannot stand here',
    )
  })

  test('an effect is made of four words, and what is denied gets no key', async () => {
    const effect = async (text: string, never_deny = false) =>
      (await cte.policy({ never_deny, security_rules: [{ ...PERMIT, effect: text }] }))
        .security_rules[0].effect
    expect(await effect('permit,applykey')).toBe('permit,applykey')
    expect(await effect('deny,applykey')).toBe('deny')
    expect(await effect('deny,audit,applykey')).toBe('deny,audit')
    expect(await effect('deny,applykey', true)).toBe('deny,applykey')
    for (const wrong of ['allow', 'permit,deny', 'permit,,audit', '', undefined]) {
      const security_rules = [{ ...PERMIT, effect: wrong }]
      expect((await cte.policy({ security_rules }, 400)).codeDesc).toContain('effect: ')
    }
  })

  test('each type has its own rules, and the type is one of five in any case', async () => {
    const key = await cte.key()
    const key_rules = [{ key_id: key }]
    const says = async (fields: object, status = 400) => {
      const answer = await cte.policy(fields, status)
      return `${answer.codeDesc} ${answer.message ?? ''}`
    }
    expect(await says({})).toContain('needs security_rules or key_rules')
    expect(await says({ policy_type: 'Other', key_rules })).toContain('"Other" is not one of')
    expect(await says({ policy_type: 'LDT', key_rules })).toContain('has no key rules')
    expect(await says({ policy_type: 'CSI', data_transform_rules: key_rules })).toContain(
      'has no data transformation rules',
    )
    expect(await says({ policy_type: 'CSI', never_deny: true, key_rules })).toContain('never_deny')
    expect(await says({ policy_type: 'IDT' })).toContain('its one IDT key rule')
    const xts = await cte.key({ xts: true }, {}, { encryption_mode: 'XTS' })
    const idt = { current_key: 'clear_key', transformation_key: xts }
    const two = { policy_type: 'IDT', idt_key_rules: [idt, idt] }
    expect(await says(two, 422)).toContain('a policy has one IDT key rule')
    expect(
      await says({
        policy_type: 'IDT',
        idt_key_rules: [{ current_key: key, transformation_key: xts }],
      }),
    ).toContain('must have the encryption_mode XTS')
    for (const policy_type of ['Cloud_Object_Storage', 'CLOUD_OBJECT_STORAGE', 'csi']) {
      const policy = await cte.policy({ policy_type, key_rules })
      expect(policy.policy_type).toBe(policy_type)
    }
    const made = await cte.policy({ policy_type: 'STANDARD', key_rules: [{ key_id: 'clear_key' }] })
    expect(made.key_rules[0].key_id).toBe('clear_key')
  })

  test('a CSI policy takes keys without versions, and none that is for devices', async () => {
    const policy = (key_id: string, status = 201) =>
      cte.policy({ policy_type: 'CSI', key_rules: [{ key_id }] }, status)
    const xts = await cte.key({ xts: true }, {}, { encryption_mode: 'XTS' })
    expect((await policy(xts, 400)).codeDesc).toContain('must have the encryption_mode CBC or CBC')
    const versioned = await cte.key({}, {}, { cte_versioned: true })
    expect((await policy(versioned, 400)).codeDesc).toContain('must not be versioned')
    for (const encryption_mode of ['CBC', 'CBC_CS1'])
      await policy(await cte.key({}, {}, { encryption_mode }))
    await policy('clear_key')
  })

  test('the key rule of an IDT policy is made and deleted with it, and can be changed', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(() => cte.key({ xts: true }, {}, { encryption_mode: 'XTS' })),
    )
    const policy = await cte.policy({
      policy_type: 'IDT',
      idt_key_rules: [
        { current_key: 'clear_key', transformation_key: first, transformation_key_type: 'name' },
      ],
    })
    const rules = `${one(policy)}/idtkeyrules`
    const rule = `${rules}/${policy.idt_key_rules[0].id}`
    expect(await api.get(rule)).toEqual(policy.idt_key_rules[0])
    expect(policy.idt_key_rules[0]).not.toHaveProperty('order_number')
    await api.post(rules, {}, 405)
    await api.delete(rule, undefined, 405)
    const changed = await api.patch(rule, { transformation_key: second, current_key: '' })
    expect(changed).toMatchObject({
      id: policy.idt_key_rules[0].id,
      current_key: 'clear_key',
      transformation_key: second,
      transformation_key_type: '',
    })
    expect(await cte.isUsed(first as string)).toBe(false)
    expect(await cte.isUsed(second as string)).toBe(true)
    const both = { current_key: 'clear_key', transformation_key: 'clear_key' }
    await api.patch(rule, both, 400)
  })

  test('a PATCH changes what was sent of it, and neither name nor type', async () => {
    const policy = await cte.policy({
      security_rules: [PERMIT],
      description: 'd',
      labels: { a: '1' },
    })
    const change = (body: object) => api.patch(`${one(policy)}/`, body)
    expect(await change({ name: 'other', policy_type: 'LDT' })).toMatchObject({
      id: policy.id,
      name: policy.name,
      policy_type: 'Standard',
      description: 'd',
      labels: { a: '1' },
      security_rules: policy.security_rules,
    })
    expect((await change({ labels: {} })).labels).toEqual({ a: '1' })
    expect((await change({ labels: { b: '2', c: null } })).labels).toEqual({ b: '2' })
    expect((await change({ description: '', labels: null })).labels).toEqual({})
    const last = await change({ never_deny: true, metadata: { restrict_update: true } })
    expect(last).toMatchObject({
      description: '',
      never_deny: true,
      metadata: { restrict_update: true },
      policy_version: 5,
    })
    await api.get(`${TE}/policies/other`, 404)
    await api.patch(`${TE}/policies/nobody`, {}, 404)
  })

  test('a policy that restricts changes stays as it is while it guards something, unless forced', async () => {
    const policy = await cte.policy({
      security_rules: [PERMIT],
      metadata: { restrict_update: true },
    })
    await api.patch(one(policy), { description: 'nothing is guarded yet' })
    const gp = await cte.guard(policy.name)
    const refused = await api.patch(one(policy), { description: 'x' }, 409)
    expect(refused.codeDesc).toMatch(/"\/data".*force_restrict_update/)
    await api.post(`${one(policy)}/securityrules`, PERMIT, 409)
    const rule = `${one(policy)}/securityrules/${policy.security_rules[0].id}`
    await api.patch(rule, { effect: 'deny' }, 409)
    await api.delete(rule, undefined, 409)
    expect((await api.delete(one(policy), undefined, 409)).codeDesc).toContain('"/data"')
    await api.patch(one(policy), {
      force_restrict_update: true,
      metadata: { restrict_update: false },
    })
    await api.patch(rule, { effect: 'deny' })
    await api.patch(`${gp.replace(/\/[^/]+$/, '')}/unguard/`, {
      guard_point_id_list: [gp.split('/').at(-1)],
    })
    await api.delete(one(policy))
    await api.get(one(policy), 404)
  })

  test('policies are found by name, type and learn mode, and sorted by several fields', async () => {
    const stem = unique('sorted')
    const make = (name: string, fields: object = {}) =>
      cte.policy({ name: `${stem}-${name}`, security_rules: [PERMIT], ...fields })
    await make('b')
    await make('a', { never_deny: true })
    await make('c', { policy_type: 'LDT', security_rules: [] })
    const names = async (query: string) =>
      (await api.get(`${TE}/policies?name=${stem}*&limit=100&${query}`)).resources.map(
        ({ name }: { name: string }) => name.slice(stem.length + 1),
      )
    expect(await names('sort=name')).toEqual(['a', 'b', 'c'])
    expect(await names('sort=-policy_type,-name')).toEqual(['b', 'a', 'c'])
    expect(await names('policy_type=standard&sort=name')).toEqual(['a', 'b'])
    expect(await names('never_deny=true')).toEqual(['a'])
    expect(await names('never_deny=false&sort=-name')).toEqual(['c', 'b'])
    expect((await api.get(`${TE}/policies?name=${stem}*&skip=1&limit=1`)).total).toBe(3)
  })

  test('CTE Admins do everything, agents read, and nobody else learns anything', async () => {
    const policy = await cte.policy({ security_rules: [PERMIT] })
    const rules = `${one(policy)}/securityrules`
    const reads = [`${TE}/policies`, one(policy), rules, `${rules}/${policy.security_rules[0].id}`]
    const [admin, agent, other] = [
      await cte.user('CTE Admins'),
      await cte.user('CTE Clients'),
      await cte.user('Key Admins'),
    ]
    for (const path of reads) {
      await admin.get(path)
      await agent.get(path)
      await other.get(path, 403)
    }
    for (const sender of [agent, other]) {
      await sender.post(rules, PERMIT, 403)
      await sender.patch(one(policy), { description: 'x' }, 403)
      await sender.delete(one(policy), undefined, 403)
    }
    await admin.post(rules, PERMIT)
    expect((await admin.patch(one(policy), {})).updated_by).toMatch(/^jo-/)
    await admin.delete(one(policy))
  })

  test('the collection is never deleted as a whole', async () => {
    for (const path of ['policies', 'policies/', 'resourcesets', 'usersets/', 'signaturesets'])
      await api.delete(`${TE}/${path}`, undefined, 405)
  })

  test('names are taken once, and a failed policy leaves nothing behind', async () => {
    const policy = await cte.policy({ security_rules: [PERMIT] })
    const again = await cte.policy({ name: policy.name, security_rules: [PERMIT] }, 409)
    expect(again.codeDesc).toContain(`"${policy.name}"`)
    const name = unique('failed')
    const key = await cte.key()
    await cte.policy({ name, key_rules: [{ key_id: key }, { key_id: 'no-such-key' }] }, 404)
    await api.get(`${TE}/policies/${name}`, 404)
    expect(await cte.isUsed(key)).toBe(false)
    for (const wrong of ['', ' x', 'kylo:kylo:x', 'a\u202eb'])
      await cte.policy({ name: wrong, security_rules: [PERMIT] }, 400)
  })
})
