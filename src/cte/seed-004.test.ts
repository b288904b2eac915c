import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../test/support/api.ts'

/** The page "Creating Keys" of the CTE API: its sample as it stands there, and a test for each of its statements. */
const SAMPLE = `{
  "name": "Standard_pol_key",
  "algorithm": "aes",
  "size": 256,
  "undeletable": true,
  "unexportable": false,
  "meta": {
    "ownerId": "local|f02d8ec9-34dd-42fd-99e7-85cb7f18180c",
    "permissions": {
      "DecryptWithKey": [
        "CTE Clients"
      ],
      "EncryptWithKey": [
        "CTE Clients"
      ],
      "ExportKey": [
        "CTE Clients"
      ],
      "MACVerifyWithKey": [
        "CTE Clients"
      ],
      "MACWithKey": [
        "CTE Clients"
      ],
      "ReadKey": [
        "CTE Clients"
      ],
      "SignVerifyWithKey": [
        "CTE Clients"
      ],
      "SignWithKey": [
        "CTE Clients"
      ],
      "UseKey": [
        "CTE Clients"
      ]
    },
    "cte": {
      "persistent_on_client": true,
      "encryption_mode": "CBC_CS1",
      "cte_versioned": false
    }
  },
  "xts": false
}`

const KEYS = '/vault/keys2/'
const TE = '/transparent-encryption'
const PASSWORD = 'Testuser-123!'
const AGENTS = 'CTE Clients'
const READ_AND_EXPORT = { ReadKey: [AGENTS], ExportKey: [AGENTS] }

describe.each(databases)('creating keys for CTE on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const user = async (...groups: string[]) => {
    const username = unique('jo')
    const made = await api.post('/usermgmt/users', { username, password: PASSWORD })
    for (const group of groups)
      await api.post(
        `/usermgmt/groups/${encodeURIComponent(group)}/users/${username}`,
        undefined,
        200,
      )
    return { ...(await api.as({ username, password: PASSWORD })), id: made.user_id as string }
  }
  const keyLike = (changes: object = {}, meta: object = {}, cte: object = {}) => ({
    name: unique('key'),
    algorithm: 'aes',
    size: 256,
    ...changes,
    meta: {
      permissions: READ_AND_EXPORT,
      cte: {
        persistent_on_client: true,
        encryption_mode: 'CBC_CS1',
        cte_versioned: false,
        ...cte,
      },
      ...meta,
    },
  })
  const make = (...given: Parameters<typeof keyLike>) => api.post(KEYS, keyLike(...given))
  const policyWith = (key: string, fields: object = {}) => ({
    name: unique('policy'),
    policy_type: 'Standard',
    security_rules: [{ effect: 'permit,applykey', action: 'all_ops', partial_match: true }],
    key_rules: [{ key_id: key }],
    ...fields,
  })
  const use = (key: string, status = 201, fields: object = {}) =>
    api.post(`${TE}/policies`, policyWith(key, fields), status)
  const refused = async (key: string, fields: object = {}) =>
    (await use(key, 400, fields)).codeDesc as string
  const usedSays = async (key: string) => (await api.get(`${KEYS}${key}`)).meta.cte.is_used

  test('the sample is created as it stands, listed, used and deleted again', async () => {
    const made = await api.send('POST', KEYS, SAMPLE, { 'content-type': 'application/json' })
    expect(made.status).toBe(201)
    const sent = JSON.parse(SAMPLE)
    expect(made.body).toMatchObject({
      name: 'Standard_pol_key',
      algorithm: 'AES',
      size: 256,
      undeletable: true,
      unexportable: false,
    })
    // The owner that it names is no user here.
    expect(made.body.meta).toEqual({ ...sent.meta, cte: { ...sent.meta.cte, is_used: false } })

    const listed = await api.get(`${KEYS}?name=Standard_pol_key&fields=meta`)
    expect(listed.resources).toMatchObject([{ id: made.body.id, meta: made.body.meta }])

    const policy = await use('Standard_pol_key')
    expect(policy.key_rules).toMatchObject([{ order_number: 1, key_id: 'Standard_pol_key' }])
    expect(await usedSays('Standard_pol_key')).toBe(true)

    // It is undeletable first of all, then used.
    const undeletable = await api.delete(`${KEYS}Standard_pol_key`, undefined, 400)
    expect(undeletable.message).toContain('key is not deletable')
    await api.patch(`${KEYS}Standard_pol_key`, { undeletable: false })
    const used = await api.delete(`${KEYS}Standard_pol_key`, undefined, 409)
    expect(used.codeDesc).toContain(`"${policy.name}"`)

    await api.delete(`${TE}/policies/${policy.id}`)
    expect(await usedSays('Standard_pol_key')).toBe(false)
    await api.delete(`${KEYS}Standard_pol_key`)
    await api.get(`${KEYS}Standard_pol_key`, 404)
  })

  describe('keys should', () => {
    test('Have the CTE Clients group permissions', async () => {
      const key = await make({}, { permissions: { ReadKey: ['Key Users'] } })
      expect(await refused(key.name)).toContain(
        'must grant ReadKey and ExportKey to the group CTE Clients',
      )
    })

    test('Have the Key Users group permissions (for ESG GuardPoints only)', async () => {
      const xts = { xts: true }
      const mode = { encryption_mode: 'XTS' }
      const client = (await api.post(`${TE}/clients`, { name: unique('host') })).id
      const guard = (policy: string, path: string, status: number) =>
        api.post(
          `${TE}/clients/${client}/guardpoints`,
          {
            guard_paths: [path],
            guard_point_params: { guard_point_type: 'rawdevice_manual', policy_id: policy },
          },
          status,
        )
      const without = await use((await make(xts, {}, mode)).name)
      expect((await guard(without.id, '/dev/sda', 400)).codeDesc).toContain(
        'must grant ReadKey and ExportKey to the group Key Users',
      )
      const both = [AGENTS, 'Key Users']
      const granting = await make(xts, { permissions: { ReadKey: both, ExportKey: both } }, mode)
      await guard((await use(granting.name)).id, '/dev/sda', 201)
      // No other guard point asks for it.
      await guard((await use((await make()).name)).id, '/dev/sdb', 201)
    })

    test('Be exportable', async () => {
      const key = await make({ unexportable: true })
      expect(await refused(key.name)).toContain('must be exportable')
    })

    test('Be non-versioned/versioned', async () => {
      const plain = await make()
      const versioned = await make({}, {}, { cte_versioned: true })
      const ldt = (current: string, transformation: string, status: number) =>
        use('', status, {
          policy_type: 'LDT',
          key_rules: null,
          ldt_key_rules: [
            {
              current_key: { key_id: current },
              transformation_key: { key_id: transformation },
            },
          ],
        })
      await ldt(plain.name, versioned.name, 201)
      await ldt('clear_key', versioned.name, 201)
      expect((await ldt(plain.name, plain.name, 400)).codeDesc).toContain('must be versioned')
      expect((await ldt(versioned.name, versioned.name, 400)).codeDesc).toContain(
        'must not be versioned',
      )
    })

    test('Be of the type "CBC_CS1"', async () => {
      await use((await make({}, {}, { encryption_mode: 'CBC_CS1' })).name)
      const other = await make({}, {}, { encryption_mode: 'GCM' })
      expect(await refused(other.name)).toContain('must have the encryption_mode')
      const pair = await make({ algorithm: 'rsa', size: 2048 })
      expect(await refused(pair.name)).toContain('must be a symmetric AES key')
    })

    test('Have metadata with the following details', async () => {
      const bare = await make({}, { cte: undefined })
      expect(await refused(bare.name)).toContain('must have meta.cte with an encryption_mode')
      const { meta } = await make({}, { ownerId: '' })
      expect(meta.cte).toEqual({
        is_used: false,
        cte_versioned: false,
        encryption_mode: 'CBC_CS1',
        persistent_on_client: true,
      })
      expect(meta.permissions).toEqual(READ_AND_EXPORT)
    })
  })

  describe('keys for Standard policies', () => {
    test('Standard policies support only non-versioned keys.', async () => {
      await use((await make()).name)
      const key = await make({}, {}, { cte_versioned: true })
      expect(await refused(key.name)).toContain('must not be versioned')
    })

    test('Keys should have the CTE Clients group access and Key Users group access (for ESG GuardPoints).', async () => {
      const both = [AGENTS, 'Key Users']
      const key = await make({}, { permissions: { ReadKey: both, ExportKey: both } })
      await use(key.name)
      for (const group of both) {
        const member = await user(group)
        expect((await member.get(`${KEYS}${key.name}`)).id).toBe(key.id)
        expect((await member.post(`${KEYS}${key.name}/export`, {}, 200)).material).toMatch(/./)
      }
    })

    test('CTE Clients group should have the Read Key and Export Key permissions.', async () => {
      for (const permission of ['ReadKey', 'ExportKey']) {
        const key = await make({}, { permissions: { [permission]: [AGENTS] } })
        expect(await refused(key.name)).toContain('ReadKey and ExportKey')
      }
      // A key policy grants them as well.
      const label = unique('cte')
      await api.post('/vault/key-policies', {
        name: label,
        labelSelector: `for=${label}`,
        permissions: { groups: READ_AND_EXPORT },
      })
      await use((await make({ labels: { for: label } }, { permissions: {} })).name)
    })

    test('Key Users group should have the Read Key and Export Key permissions (for ESG GuardPoints only).', async () => {
      const client = (await api.post(`${TE}/clients`, { name: unique('host') })).id
      for (const permission of ['ReadKey', 'ExportKey']) {
        const permissions = { ...READ_AND_EXPORT, [permission]: [AGENTS, 'Key Users'] }
        const key = await make({ xts: true }, { permissions }, { encryption_mode: 'XTS' })
        const { id } = await use(key.name)
        const body = {
          guard_paths: ['/dev/sdc'],
          guard_point_params: { guard_point_type: 'rawdevice_manual', policy_id: id },
        }
        const said = await api.post(`${TE}/clients/${client}/guardpoints`, body, 400)
        expect(said.codeDesc).toContain('the group Key Users')
      }
    })

    test('Standard policies support "CBC_CS1" keys.', async () => {
      const key = await make({}, {}, { encryption_mode: 'CBC_CS1' })
      const policy = await use(key.name)
      expect(policy.key_rules[0]).toMatchObject({ key_id: key.name, order_number: 1 })
      expect(await usedSays(key.name)).toBe(true)
    })
  })

  describe('deleting CTE keys', () => {
    test('A CTE key cannot be deleted if it is being used in a policy.', async () => {
      const owner = await user('Key Users')
      const key = await make({}, { ownerId: owner.id })
      const policy = await use(key.name)
      const callers = {
        owner,
        'Key Admins': await user('Key Admins'),
        'CTE Admins': await user('CTE Admins', AGENTS),
        both: await user('Key Admins', 'CTE Admins'),
        admin: api,
      }
      for (const [name, caller] of Object.entries(callers)) {
        const { status } = await caller.send('DELETE', `${KEYS}${key.name}`)
        expect(status, name).toBe(name === 'CTE Admins' ? 403 : 409)
        await api.get(`${KEYS}${key.name}`)
      }
      // Nor destroyed, and what CTE counts on stays.
      await api.post(`${KEYS}${key.name}/destroy`, undefined, 409)
      await api.patch(`${KEYS}${key.name}`, { meta: { cte: { encryption_mode: 'CBC' } } }, 400)
      await api.delete(`${TE}/policies/${policy.id}`)
      await callers.both.delete(`${KEYS}${key.name}`)
    })

    test('The CTE Admins and Key Admins group permissions are required to delete a CTE key.', async () => {
      const owner = await user('Key Users')
      const made = async () => {
        const key = await make({}, { ownerId: owner.id })
        const policy = await use(key.name)
        await api.delete(`${TE}/policies/${policy.id}`)
        return `${KEYS}${key.name}`
      }
      const key = await made()
      await owner.delete(key, undefined, 403)
      await (await user('Key Admins')).delete(key, undefined, 403)
      // Without a right on the key there is none for them; with one they are told that it is not enough.
      await (await user('CTE Admins')).delete(key, undefined, 404)
      await (await user('CTE Admins', AGENTS)).delete(key, undefined, 403)
      await (await user('CTE Admins', 'Key Admins')).delete(key)
      await api.delete(await made())
    })
  })

  test('an undeletable key stays until that is changed, whoever asks', async () => {
    const key = await make({ undeletable: true })
    const both = await user('Key Admins', 'CTE Admins')
    for (const caller of [api, both])
      expect((await caller.delete(`${KEYS}${key.name}`, undefined, 400)).message).toContain(
        'key is not deletable',
      )
    await both.patch(`${KEYS}${key.name}`, { undeletable: false })
    await both.delete(`${KEYS}${key.name}`)
  })

  test('xts alone decides whether a key has two halves, and the mode whether it is an XTS key', async () => {
    const octets = async (name: string) => {
      const body = { format: 'raw', encoding: 'base64', combineXts: true }
      const { material } = await api.post(`${KEYS}${name}/export`, body, 200)
      return Buffer.from(material, 'base64').length
    }
    const [both, stealing, named] = [
      await make({ xts: true }, {}, { encryption_mode: 'CBC_CS1' }),
      await make({ xts: false }, {}, { encryption_mode: 'CBC_CS1' }),
      await make({ xts: false }, {}, { encryption_mode: 'XTS' }),
    ]
    expect(await octets(both.name)).toBe(64)
    expect(await octets(stealing.name)).toBe(32)
    expect(await octets(named.name)).toBe(32)
    await use(both.name)
    await use(stealing.name)
    expect(await refused(named.name)).toContain('must be made with xts true')
  })

  test('an owner who is no user is accepted from who manages keys, and from nobody else', async () => {
    const ownerId = `local|${randomUUID()}`
    for (const caller of [api, await user('Key Admins')])
      expect((await caller.post(KEYS, keyLike({}, { ownerId }))).meta.ownerId).toBe(ownerId)
    await (await user('Key Users')).post(KEYS, keyLike({}, { ownerId }), 403)
  })
})
