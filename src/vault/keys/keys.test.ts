import { createHash, createPublicKey, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'

const KEYS = '/vault/keys2'
const NOT_FOUND = { code: 16, codeDesc: 'NCERRResourceNotFound: Resource not found' }
const BAD_VALUE = { code: 9, codeDesc: expect.stringMatching(/^NCERRInvalidParamValue: ./) }
const PASSWORD = 'Testuser-123!'
const DAY = 86_400_000

describe.each(databases)('keys on %s', (database) => {
  const api = startApi(database)
  const unique = (stem: string) => `${stem}-${randomUUID().slice(0, 8)}`
  const create = (fields: object = {}, query = '') =>
    api.post(`${KEYS}${query}`, { name: unique('key'), ...fields })
  const one = (id: string) => `${KEYS}/${encodeURIComponent(id)}`
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
  const group = async () => {
    const name = unique('team')
    await api.post('/usermgmt/groups', { name })
    return name
  }

  test('a new key answers as clients know it, and never with its material', async () => {
    const name = unique('App-KEK')
    const key = await api.post(`${KEYS}/`, {
      name,
      algorithm: 'aes',
      size: 256,
      usageMask: 12,
      unexportable: true,
      labels: { env: 'test' },
    })
    expect(key).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      uri: `kylo:kylo:vault:keys:${name.toLowerCase()}`,
      account: 'kylo:kylo:admin:accounts:kylo',
      name,
      usageMask: 12,
      meta: null,
      version: 0,
      algorithm: 'AES',
      size: 256,
      unexportable: true,
      undeletable: false,
      neverExported: true,
      neverExportable: true,
      emptyMaterial: false,
      description: '',
      objectType: 'Symmetric Key',
      state: 'Active',
      labels: { env: 'test' },
      aliases: [{ alias: name, type: 'string', index: 0 }],
    })
    expect(key).not.toHaveProperty('material')
    expect(key.sha256Fingerprint).toMatch(/^[0-9a-f]{64}$/)
    expect(Math.abs(Date.parse(key.activationDate) - Date.now())).toBeLessThan(60_000)
    expect(await api.get(one(key.id))).toEqual(key)
  })

  test('a key is found by id, name, URI and alias, and every spelling is one key', async () => {
    const name = unique('what is')
    const key = await create({ name, aliases: [{ alias: unique('other/name'), type: 'string' }] })
    const alias = key.aliases[1].alias
    for (const [text, type] of [
      [key.id, 'id'],
      [key.id.toUpperCase(), 'id'],
      [key.id, 'slug'],
      [name, 'name'],
      [key.uri, 'uri'],
      [alias, 'alias'],
      [name, 'alias'],
      [key.uuid, 'uuid'],
      [key.muid, 'muid'],
      [key.keyId, 'key_id'],
    ]) {
      expect((await api.get(`${one(text)}?type=${type}`)).id, type).toBe(key.id)
      if (!/^(uuid|muid|key_id)$/.test(type))
        expect((await api.get(`${one(text)}/`)).id, `inferred ${type}`).toBe(key.id)
    }
    for (const [text, type] of [
      [name, 'id'],
      [key.id, 'name'],
      [alias, 'name'],
      [unique('none'), 'alias'],
    ])
      expect(await api.get(`${one(text)}?type=${type}`, 404)).toMatchObject(NOT_FOUND)
    await api.get(`${one(name)}?type=colour`, 400)
  })

  test('a name is there once; who wants the key that is there already says so', async () => {
    const key = await create()
    const refused = await api.post(KEYS, { name: key.name }, 409)
    expect(refused.codeDesc).toContain(key.name)
    const known = await api.post(`${KEYS}?returnExisting=true`, { name: key.name, algorithm: 'ec' })
    expect(known.id).toBe(key.id)
    for (const name of ['a<b', 'a>b', 'a\\b', ' a', 'a\u202eb', 'kylo:kylo:vault:keys:x'])
      expect(await api.post(KEYS, { name }, 400)).toMatchObject(BAD_VALUE)
  })

  test('names that differ in case alone are two keys with two URIs', async () => {
    const name = unique('case')
    const lower = await create({ name })
    const upper = await create({ name: name.toUpperCase() })
    expect(upper.uri).not.toBe(lower.uri)
    expect((await api.get(one(upper.uri))).id).toBe(upper.id)
  })

  test('what one key is called cannot come to mean another', async () => {
    const alias = unique('alias')
    const key = await create({ aliases: [{ alias, type: 'string' }] })
    await api.post(KEYS, { name: alias }, 409)
    const other = await create()
    await api.patch(one(other.id), { aliases: [{ alias, type: 'string' }] }, 409)
    await api.patch(one(other.id), { aliases: [{ alias: key.name, type: 'string' }] }, 409)
    await api.patch(one(other.id), { aliases: [{ alias: key.id, type: 'string' }] }, 409)
    await api.post(KEYS, { name: key.id }, 409)
    const material = '00'.repeat(31) + randomUUID().slice(0, 2)
    await api.post(KEYS, { id: alias, material }, 400)
    expect((await api.get(one(alias))).id).toBe(key.id)
  })

  test.each([
    ['aes', 128, 'AES', 'Symmetric Key'],
    ['TDES', undefined, 'TDES', 'Symmetric Key'],
    ['aria', 256, 'ARIA', 'Symmetric Key'],
    ['hmac-sha256', undefined, 'HMAC-SHA256', 'Symmetric Key'],
    ['opaque', 64, 'OPAQUE', 'Opaque Object'],
  ])('%s keys of %s bits are made', async (algorithm, size, shown, objectType) => {
    expect(await create({ algorithm, ...(size && { size }) })).toMatchObject({
      algorithm: shown,
      objectType,
      ...(size && { size }),
    })
  })

  test.each([
    [
      { algorithm: 'rsa', size: 2048 },
      { algorithm: 'RSA', size: 2048 },
    ],
    [{ algorithm: 'EC' }, { algorithm: 'EC', curveid: 'secp384r1', size: 384 }],
    [
      { algorithm: 'ec', curveid: 'prime256v1' },
      { curveid: 'prime256v1', size: 256 },
    ],
    [{ algorithm: 'ec', curveid: 'brainpoolP256r1' }, { curveid: 'brainpoolP256r1' }],
    [{ algorithm: 'ml-dsa' }, { algorithm: 'ML-DSA', size: 65 }],
    [
      { algorithm: 'ml-kem', size: 768 },
      { algorithm: 'ML-KEM', size: 768 },
    ],
  ])('a pair of %o is a private key and its public key, linked', async (fields, shown) => {
    const key = await create(fields)
    expect(key).toMatchObject({ ...shown, objectType: 'Private Key' })
    const half = await api.get(`${one(`${key.name}-pub`)}?fields=links`)
    expect(half).toMatchObject({ ...shown, objectType: 'Public Key', publickey: key.publickey })
    expect(createPublicKey(key.publickey).type).toBe('public')
    expect(half.links).toMatchObject([{ type: 'privateKey', targetID: key.id, sourceID: half.id }])
    expect((await api.get(`${one(key.id)}?fields=links`)).links).toMatchObject([
      { type: 'publicKey', targetID: half.id },
    ])
    await api.delete(one(key.name))
    expect((await api.get(one(half.id))).id).toBe(half.id)
    await api.delete(one(half.name))
  })

  test('parameters of the public key are its own', async () => {
    const name = unique('half')
    const key = await create({
      algorithm: 'ec',
      curveid: 'prime256v1',
      publicKeyParameters: { name, usageMask: 2, undeletable: true },
    })
    expect(await api.get(one(name))).toMatchObject({
      usageMask: 2,
      undeletable: true,
      publickey: key.publickey,
    })
    await api.get(one(`${key.name}-pub`), 404)
  })

  test.each([
    [{ algorithm: 'des' }],
    [{ algorithm: 'aes', size: 100 }],
    [{ algorithm: 'ec', curveid: 'secp1' }],
    [{ state: 'Asleep' }],
    [{ state: 'Pre-Active', activationDate: '2030-01-01T00:00:00Z' }],
    [{ activationDate: 'tomorrow' }],
    [{ activationDate: '2030-01-02T00:00:00Z', deactivationDate: '2030-01-01T00:00:00Z' }],
    [{ idSize: 7 }],
    [{ uuid: 'X' }],
    [{ defaultIV: '00' }],
    [{ rotationFrequencyDays: '-1' }],
    [{ usage: 'fly' }],
    [{ usage: 'constructor' }],
    [{ objectType: 'Bogus' }],
    [{ objectType: 'Bogus', emptyMaterial: true }],
    [{ objectType: 'Split Key', state: 'Deactivated' }],
    [{ objectType: 'Symmetric Key', algorithm: 'rsa', emptyMaterial: true }],
    [{ objectType: 'Bogus', algorithm: 'opaque', material: '00' }],
    [{ objectType: 'Secret Data', material: '616263', rotationFrequencyDays: '7' }],
    [{ name: 'clear_key' }],
    [{ aliases: [{ alias: 'clear_key' }] }],
    [{ hkdfCreateParameters: { ikmKeyName: 'x', hashAlgorithm: 'constructor' } }],
    [{ labels: { 'ncryptify-reserved/composite-key': 'x' } }],
    [{ meta: { permissions: { ReadKey: 'all' } } }],
    [{ meta: { ownerId: 'somebody' } }],
    [{ assignSelfAsOwner: true, meta: { ownerId: `local|${randomUUID()}` } }],
    [{ objectType: 'Certificate' }],
    [{ material: 'xyz' }],
    [{ material: '00', size: 256 }],
  ])('%o is refused and makes nothing', async (fields) => {
    const name = unique('refused')
    expect(await api.post(KEYS, { name, ...fields }, 400)).toMatchObject(BAD_VALUE)
    await api.get(one(name), 404)
  })

  test('field names come in any case, and null is nothing', async () => {
    const key = await create({
      Algorithm: 'AES',
      SIZE: 128,
      usagemask: 12,
      meta: null,
      aliases: null,
      hkdfCreateParameters: null,
      publicKeyParameters: { name: null },
    })
    expect(key).toMatchObject({ algorithm: 'AES', size: 128, usageMask: 12 })
    await api.post(KEYS, { size: 128, SIZE: 256 }, 400)
  })

  test('imported material is the material', async () => {
    const material = createHash('sha256').update(randomUUID()).digest('hex')
    const key = await create({ material, algorithm: 'AES' }, '?includeMaterial=true')
    expect(key).toMatchObject({ material, size: 256, neverExported: false })
    const exported = await api.post(`${one(key.id)}/export`, undefined, 200)
    expect(exported).toMatchObject({ id: key.id, material, neverExported: false })
  })

  test('an unexportable key is not exported, by nobody and in no way', async () => {
    const key = await create({ unexportable: true })
    await api.post(`${one(key.id)}/export`, {}, 403)
    const copy = await api.post(`${one(key.id)}/clone`, { newKeyName: unique('clone') })
    expect(copy).toMatchObject({ unexportable: true, neverExportable: true })
    await api.post(`${one(copy.id)}/export`, {}, 403)
    await api.post(`${one(key.id)}/clone?includeMaterial=true`, {}, 403)
    await api.post(`${KEYS}?includeMaterial=true`, { unexportable: true }, 403)
    await api.patch(one(key.id), { unexportable: false })
    const { neverExported, neverExportable } = await api.post(`${one(key.id)}/export`, {}, 200)
    expect({ neverExported, neverExportable }).toEqual({
      neverExported: false,
      neverExportable: false,
    })
    expect(await api.patch(one(key.id), { unexportable: true })).toMatchObject({
      unexportable: true,
      neverExportable: false,
    })
  })

  test('a key wrapped with another opens again to the same key', async () => {
    const kek = await create({ usageMask: 48 })
    const key = await create()
    const plain = (await api.post(`${one(key.id)}/export`, {}, 200)).material
    const wrapped = await api.post(
      `${one(key.id)}/export`,
      { wrapKeyName: kek.name, wrappingEncryptionAlgo: 'AES/AESKEYWRAP' },
      200,
    )
    expect(wrapped.material).not.toContain(plain)
    const again = await create({
      material: wrapped.material,
      wrapKeyName: kek.name,
      wrappingEncryptionAlgo: 'AES/AESKEYWRAP',
    })
    expect(again.sha256Fingerprint).toBe(key.sha256Fingerprint)
    await api.post(`${one(key.id)}/export`, { wrapKeyName: unique('none') }, 404)
    const other = await create({ usageMask: 12 })
    await api.post(`${one(key.id)}/export`, { wrapKeyName: other.name }, 400)
  })

  test('material goes out with a MAC, and comes back only if that fits', async () => {
    const mac = await create({ algorithm: 'hmac-sha256' })
    const key = await create()
    const fields = { wrappingMethod: 'mac/sign', macSignKeyIdentifier: mac.name }
    const { material, macSignBytes } = await api.post(`${one(key.id)}/export`, fields, 200)
    const again = await create({ ...fields, material, macSignBytes })
    expect(again.sha256Fingerprint).toBe(key.sha256Fingerprint)
    const wrong = macSignBytes.replace(/^./, (digit: string) => (digit === '0' ? '1' : '0'))
    await api.post(KEYS, { ...fields, material, macSignBytes: wrong }, 400)
  })

  test('a key derived by HKDF is the same each time', async () => {
    const ikm = await create({ usageMask: 512 })
    const derive = (info: string) =>
      create({ hkdfCreateParameters: { ikmKeyName: ikm.name, salt: '00', info } })
    const [one, same, other] = [await derive('01'), await derive('01'), await derive('02')]
    expect(same.sha256Fingerprint).toBe(one.sha256Fingerprint)
    expect(other.sha256Fingerprint).not.toBe(one.sha256Fingerprint)
  })

  test('a certificate shows what it says of itself', async () => {
    const { resources } = await api.get('/ca/local-cas?state=active&limit=1')
    const material = resources[0].cert
    await api.post(KEYS, { objectType: 'Certificate' }, 400)
    const key = await create({ objectType: 'Certificate', material })
    expect(key).toMatchObject({ objectType: 'Certificate', certType: 'x509-pem' })
    const { certFields } = await api.get(`${one(key.id)}?fields=certFields`)
    expect(certFields).toMatchObject({
      x509SerialNumber: resources[0].serialNumber,
      subjectDNFields: { cn: 'CipherTrust Root CA', c: ['US'], o: ['Thales'] },
    })
    expect((await api.post(`${one(key.id)}/export`, {}, 200)).material.trim()).toBe(material.trim())
  })

  test('a check value is the one of the key', async () => {
    const key = await create({ material: '00'.repeat(16), algorithm: 'AES' })
    // AES-128 of a zero block under a zero key, FIPS 197 by way of SP 800-38A.
    expect(await api.post(`${one(key.id)}/generate-kcv`, undefined, 200)).toEqual({ kcv: '66e94b' })
    expect((await api.get(`${KEYS}?kcv=66E94B&name=${key.name}`)).total).toBe(1)
    const pair = await create({ algorithm: 'ec', curveid: 'prime256v1' })
    await api.post(`${one(pair.id)}/generate-kcv`, undefined, 400)
  })

  describe('PATCH', () => {
    test('leaves what it does not name, and merges metadata and labels', async () => {
      const key = await create({
        description: 'before',
        labels: { a: '1', b: '2' },
        meta: { note: { x: 1 }, permissions: { ReadKey: ['one'] } },
      })
      const changed = await api.patch(one(key.id), {
        labels: { a: null, c: '3' },
        meta: { note: { y: 2 }, permissions: { ExportKey: ['two'] } },
      })
      expect(changed).toMatchObject({
        id: key.id,
        description: 'before',
        labels: { b: '2', c: '3' },
        meta: { note: { x: 1, y: 2 }, permissions: { ReadKey: ['one'], ExportKey: ['two'] } },
      })
      expect((await api.patch(one(key.id), { description: '' })).description).toBe('')
      expect(await api.get(one(key.id))).toMatchObject({ labels: { b: '2', c: '3' } })
    })

    test('of aliases is a delta, as the SPIRE plugin sends it', async () => {
      const key = await create()
      const gone = await api.patch(one(key.id), { aliases: [{ index: 0 }], labels: { k: 'v' } })
      expect(gone).toMatchObject({ aliases: [], labels: { k: 'v' } })
      await api.get(`${one(key.name)}?type=alias`, 404)
      const added = await api.patch(one(key.id), { aliases: [{ alias: key.id, type: 'string' }] })
      expect(added.aliases).toEqual([{ alias: key.id, type: 'string', index: 0 }])
      await api.patch(one(key.id), { aliases: [{ alias: key.id, type: 'string' }] }, 409)
      await api.patch(one(key.id), { aliases: [{ index: 9 }] }, 400)
    })

    test('never revokes', async () => {
      const key = await create()
      for (const field of ['revocationReason', 'revocationMessage'])
        await api.patch(one(key.id), { [field]: 'Superseded', description: 'x' }, 400)
      expect((await api.get(one(key.id))).description).toBe('')
    })

    test('of every version changes the metadata of each', async () => {
      const key = await create()
      await api.post(`${one(key.name)}/versions`)
      await api.patch(one(key.name), { meta: { team: 'a' }, allVersions: true })
      const { resources } = await api.get(`${one(key.name)}/versions?fields=meta`)
      expect(resources.map(({ meta }: { meta: object }) => meta)).toEqual([
        { team: 'a' },
        { team: 'a' },
      ])
    })
  })

  describe('versions', () => {
    test('a new version is the key from then on, and the old ones stay', async () => {
      const key = await create({ labels: { app: 'x' }, usageMask: 12 })
      const next = await api.post(`${one(key.name)}/versions/?type=name`, {})
      expect(next).toMatchObject({
        name: key.name,
        version: 1,
        algorithm: 'AES',
        size: 256,
        usageMask: 12,
        labels: { app: 'x' },
        uri: `${key.uri}-v1`,
      })
      expect(next.id).not.toBe(key.id)
      expect(next.sha256Fingerprint).not.toBe(key.sha256Fingerprint)
      expect((await api.get(one(key.name))).version).toBe(1)
      expect((await api.get(`${one(key.name)}?version=0`)).id).toBe(key.id)
      await api.get(`${one(key.name)}?version=7`, 404)
      expect((await api.get(one(key.id))).version).toBe(0)
      const { total, resources } = await api.get(`${one(key.id)}/versions/`)
      expect(total).toBe(2)
      expect(resources.map(({ version }: { version: number }) => version)).toEqual([1, 0])
      expect((await api.get(`${one(key.id)}?fields=links`)).links).toMatchObject([
        { type: 'replacementObject', targetID: next.id },
      ])
      await api.delete(`${one(key.name)}?type=name`)
      expect((await api.get(one(key.name))).version).toBe(0)
    })

    test('of a pair is a pair', async () => {
      const key = await create({ algorithm: 'ec', curveid: 'prime256v1' })
      const next = await api.post(`${one(key.name)}/versions/`)
      expect(next.publickey).not.toBe(key.publickey)
      expect(await api.get(one(`${key.name}-pub`))).toMatchObject({
        version: 1,
        publickey: next.publickey,
      })
      await api.post(`${one(`${key.name}-pub`)}/versions`, {}, 400)
    })

    test('two hundred rotations at once are two hundred versions', async () => {
      const key = await create()
      const callers = database === 'sqlite' ? 200 : 20
      const answers = await Promise.all(
        Array.from({ length: callers }, () => api.send('POST', `${one(key.name)}/versions`)),
      )
      const made = answers.filter(({ status }) => status === 201)
      for (const { status } of answers) expect([201, 409]).toContain(status)
      const versions = made.map(({ body }) => body.version).sort((a, b) => a - b)
      expect(new Set(versions).size).toBe(made.length)
      expect(versions.at(-1)).toBe(made.length)
      expect((await api.get(`${one(key.name)}/versions`)).total).toBe(made.length + 1)
    }, 60_000)

    test('of one alias asked for many times at once, one key gets it', async () => {
      const alias = unique('wanted')
      const keys = await Promise.all(Array.from({ length: 12 }, () => create()))
      const answers = await Promise.all([
        ...keys.map(({ id }) =>
          api.send('PATCH', one(id), { aliases: [{ alias, type: 'string' }] }),
        ),
        ...Array.from({ length: 3 }, () => api.send('POST', KEYS, { name: alias })),
      ])
      expect(answers.filter(({ status }) => status < 300)).toHaveLength(1)
    })
  })

  describe('states', () => {
    test('take effect by their dates, without anybody asking', async () => {
      const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString()
      const key = await create({ activationDate: inDays(1), deactivationDate: inDays(2) })
      const listed = async (state: string) =>
        (await api.get(`${KEYS}?name=${key.name}&state=${state}`)).total
      expect(key.state).toBe('Pre-Active')
      expect([await listed('Pre-Active'), await listed('Active')]).toEqual([1, 0])
      api.advance(1.5 * DAY)
      expect((await api.get(one(key.id))).state).toBe('Active')
      expect([await listed('Pre-Active'), await listed('active')]).toEqual([0, 1])
      api.advance(DAY)
      expect((await api.get(one(key.id))).state).toBe('Deactivated')
      expect([await listed('Active'), await listed('Deactivated')]).toEqual([0, 1])
    })

    test('revoke, reactivate, destroy', async () => {
      const key = await create()
      const act = (action: string, body: object = {}, status = 200) =>
        api.post(`${one(key.id)}/${action}`, body, status)
      expect(await act('revoke', { reason: 'Superseded', message: 'old' })).toMatchObject({
        id: key.id,
        state: 'Deactivated',
        revocationReason: 'Superseded',
        revocationMessage: 'old',
      })
      await act('revoke', { reason: 'Superseded' }, 409)
      await act('revoke', { reason: 'Boredom' }, 400)
      const active = await act('reactivate', { reason: 'DeactivatedToActive' })
      expect(active.state).toBe('Active')
      expect(active).not.toHaveProperty('revocationReason')
      await act('reactivate', { reason: 'DeactivatedToActive' }, 409)
      expect((await act('revoke', { reason: 'KeyCompromise' })).state).toBe('Compromised')
      await act('reactivate', { reason: 'DeactivatedToActive' }, 409)
      expect(await act('destroy')).toMatchObject({
        state: 'Destroyed Compromised',
        emptyMaterial: true,
      })
      await act('destroy', {}, 409)
      await act('export', {}, 409)
      await act('versions', {}, 409)
      await api.delete(one(key.id))
    })

    test('an archived key does nothing until it is recovered', async () => {
      const key = await create()
      expect(await api.post(`${one(key.id)}/archive`, undefined, 200)).toHaveProperty('archiveDate')
      await api.post(`${one(key.id)}/archive`, undefined, 200)
      await api.post(`${one(key.id)}/export`, undefined, 409)
      const recovered = await api.post(`${one(key.id)}/recover`, undefined, 200)
      expect(recovered).not.toHaveProperty('archiveDate')
      await api.post(`${one(key.id)}/export`, undefined, 200)
    })

    test('an undeletable key is neither deleted nor destroyed until that is changed', async () => {
      const key = await create({ undeletable: true })
      const refused = await api.delete(one(key.id), undefined, 400)
      expect(JSON.stringify(refused)).toContain('key is not deletable')
      await api.post(`${one(key.id)}/destroy`, undefined, 400)
      await api.patch(one(key.id), { undeletable: false })
      await api.delete(one(key.id))
      expect(await api.delete(one(key.id), undefined, 404)).toMatchObject(NOT_FOUND)
    })
  })

  test('a collection is never deleted', async () => {
    const { total } = await api.get(`${KEYS}?limit=1`)
    await api.delete(KEYS, {}, 405)
    await api.delete(`${KEYS}/`, {}, 405)
    expect((await api.get(`${KEYS}?limit=1`)).total).toBe(total)
  })

  test('a clone is another key of the same material', async () => {
    const key = await create({ labels: { a: '1' }, meta: { note: 'x' } })
    const newKeyName = unique('clone')
    const clone = await api.post(`${one(key.name)}/clone`, { newKeyName, meta: { more: 1 } })
    expect(clone).toMatchObject({
      name: newKeyName,
      sha256Fingerprint: key.sha256Fingerprint,
      labels: { a: '1' },
      meta: { note: 'x', more: 1 },
      version: 0,
    })
    expect(clone.id).not.toBe(key.id)
  })

  describe('lists', () => {
    test('filter by what clients filter by', async () => {
      const stem = unique('list')
      const a = await create({ name: `${stem}-a`, labels: { app: stem, env: 'prod' } })
      const b = await create({ name: `${stem}-b`, labels: { app: stem }, size: 128 })
      const c = await create({
        name: `${stem}-c`,
        algorithm: 'ec',
        curveid: 'prime256v1',
        meta: { team: stem, deep: { x: [1, 2] } },
      })
      const found = async (query: string) =>
        (await api.get(`${KEYS}/?skip=0&limit=100&sort=name&${query}`)).resources.map(
          ({ name }: { name: string }) => name.slice(stem.length + 1),
        )
      const all = `name=${stem}*`
      expect(await found(all)).toEqual(['a', 'b', 'c', 'c-pub'])
      expect(await found(`name=${a.name}`)).toEqual(['a'])
      expect(await found(`${all}&algorithm=EC&algorithm2=x`)).toEqual(['c', 'c-pub'])
      expect(await found(`${all}&algorithm=a*`)).toEqual(['a', 'b'])
      expect(await found(`${all}&objectType=Public%20Key&objectType=Private%20Key`)).toEqual([
        'c',
        'c-pub',
      ])
      expect(await found(`${all}&size=128&size=256&curveid=prime256v1`)).toEqual(['c', 'c-pub'])
      expect(await found(`labels=app%3D${stem}`)).toEqual(['a', 'b'])
      expect(await found(`labels=app%3D${stem},env%3Dprod`)).toEqual(['a'])
      expect(await found(`labels=app%3D${stem},env!%3Dprod`)).toEqual(['b'])
      expect(await found(`id=${b.id}`)).toEqual(['b'])
      expect(await found(`uuid=${b.uuid}`)).toEqual(['b'])
      expect(await found(`muid=${b.muid}`)).toEqual(['b'])
      expect(await found(`keyId=${b.keyId}`)).toEqual(['b'])
      expect(await found(`alias=${a.name}`)).toEqual(['a'])
      expect(await found(`sha256Fingerprint=${a.sha256Fingerprint}`)).toEqual(['a'])
      expect(await found(`${all}&linkType=publicKey`)).toEqual(['c'])
      expect(await found(`metaContains=${encodeURIComponent(`{"team":"${stem}"}`)}`)).toEqual([
        'c',
        'c-pub',
      ])
      expect(
        await found(`${all}&metaContains=${encodeURIComponent('{"deep":{"x":[2]}}')}`),
      ).toEqual(['c', 'c-pub'])
      expect(await found(`${all}&algorithm=DESede`)).toEqual([])
      expect(await found(`${all}&version=0&state=Active&usageMask=4`)).toEqual(['a', 'b'])
      const { resources } = await api.get(`${KEYS}?name=${c.name}`)
      expect(resources[0]).not.toHaveProperty('meta')
      const full = await api.get(`${KEYS}?name=${c.name}&fields=meta,links`)
      expect(full.resources[0]).toMatchObject({ meta: c.meta, links: [{ type: 'publicKey' }] })
    })

    test('an unknown filter is said and does not fail', async () => {
      const { total, messages } = await api.get(`${KEYS}?colour=red`)
      expect(total).toBeGreaterThan(0)
      expect(messages).toHaveLength(1)
      expect((await api.get(`${KEYS}?limit=0`)).resources.length).toBeGreaterThan(0)
    })

    test('pages hold every key once, with the right total', async () => {
      const stem = unique('page')
      for (let at = 0; at < 7; at++) await create({ name: `${stem}-${at}` })
      const names: string[] = []
      for (let skip = 0; skip < 8; skip += 2) {
        const page = await api.get(`${KEYS}?name=${stem}*&skip=${skip}&limit=2`)
        expect(page).toMatchObject({ skip, limit: 2, total: 7 })
        names.push(...page.resources.map(({ name }: { name: string }) => name))
      }
      expect(names).toEqual([6, 5, 4, 3, 2, 1, 0].map((at) => `${stem}-${at}`))
    })

    test('query-keys takes several of each, and gives ids alone when asked', async () => {
      const stem = unique('query')
      const [a, b] = [await create({ name: `${stem}-a` }), await create({ name: `${stem}-b` })]
      const query = (body: object) => api.post('/vault/query-keys/', body, 200)
      expect((await query({ names: [a.name, b.name] })).total).toBe(2)
      expect((await query({ names: [a.name, b.name], algorithms: ['RSA'] })).total).toBe(0)
      expect((await query({ name: `${stem}*`, returnOnlyIDs: true })).resources.sort()).toEqual(
        [a.id, b.id].sort(),
      )
      const future = new Date(Date.now() + 30 * DAY).toISOString()
      expect((await query({ name: `${stem}*`, createdBefore: future })).total).toBe(2)
      expect((await query({ name: `${stem}*`, createdAfter: future })).total).toBe(0)
      expect((await query({ names: [a.name], rotationDateReached: true })).total).toBe(0)
      await api.patch(one(a.id), { rotationDate: '2020-01-01T00:00:00Z' })
      expect((await query({ names: [a.name], rotationDateReached: true })).total).toBe(1)
    })
  })

  describe('permissions', () => {
    test('a key that is granted to nobody is not there for others', async () => {
      const key = await create()
      const jo = await user('Key Users')
      for (const [method, path] of [
        ['GET', ''],
        ['PATCH', ''],
        ['DELETE', ''],
        ['POST', '/versions'],
        ['GET', '/versions'],
        ['POST', '/destroy'],
        ['POST', '/archive'],
        ['POST', '/export'],
        ['POST', '/clone'],
        ['POST', '/generate-kcv'],
      ]) {
        for (const id of [key.id, key.name, key.uri]) {
          const found = await jo.send(method as string, `${one(id)}${path}`)
          expect(found.body, `${method} ${path}`).toMatchObject(NOT_FOUND)
          const absent = await jo.send(method as string, `${one(unique('none'))}${path}`)
          expect(found.status).toBe(absent.status)
        }
      }
      expect((await jo.get(`${KEYS}?name=${key.name}`)).total).toBe(0)
      expect((await jo.get(KEYS)).resources).toEqual([])
    })

    test('who makes a key owns it, and does with it what he wants', async () => {
      const jo = await user('Key Users')
      const key = await jo.post(KEYS, { name: unique('own') })
      expect(key.meta.ownerId).toBe(jo.id)
      await jo.get(one(key.id))
      await jo.patch(one(key.id), { description: 'mine' })
      await jo.post(`${one(key.id)}/export`, {}, 200)
      await jo.post(`${one(key.id)}/versions`)
      expect((await jo.get(KEYS)).total).toBe(2)
      const other = await user('Key Users')
      await other.get(one(key.id), 404)
      await other.post(`${KEYS}?returnExisting=true`, { name: key.name }, 409)
      await jo.post(KEYS, { meta: { ownerId: other.id } }, 403)
      await (await user()).post(KEYS, {}, 403)
      await jo.delete(one(key.id))
    })

    test('each permission of a group is that one and no other', async () => {
      const team = await group()
      const jo = await user(team)
      const key = await create({ meta: { permissions: { ReadKey: [team] } } })
      expect((await jo.get(one(key.id))).id).toBe(key.id)
      expect((await jo.get(KEYS)).total).toBe(1)
      await jo.post(`${one(key.id)}/export`, {}, 403)
      await jo.patch(one(key.id), { description: 'x' }, 403)
      await jo.delete(one(key.id), undefined, 403)
      await api.patch(one(key.id), { meta: { permissions: { export_key: [team] } } })
      await jo.post(`${one(key.id)}/export`, {}, 200)
      const { permissions } = (await api.get(one(key.id))).meta
      expect(permissions).toEqual({ ReadKey: [team], export_key: [team] })
      await api.patch(one(key.id), { meta: { permissions: { ReadKey: null, export_key: [] } } })
      await jo.get(one(key.id), 404)
      expect((await jo.get(KEYS)).total).toBe(0)
    })

    test('Key Admins manage every key', async () => {
      const key = await create()
      const admin = await user('Key Admins')
      await admin.get(one(key.id))
      await admin.patch(one(key.id), { description: 'x' })
      await admin.post(`${one(key.id)}/revoke`, { reason: 'Unspecified' }, 200)
      await admin.delete(one(key.id))
    })

    test('a key of transparent encryption is deleted by who is in both groups, or admin', async () => {
      const sample = {
        algorithm: 'aes',
        size: 256,
        undeletable: true,
        unexportable: false,
        meta: {
          ownerId: 'local|f02d8ec9-34dd-42fd-99e7-85cb7f18180c',
          permissions: { ReadKey: ['CTE Clients'], ExportKey: ['CTE Clients'] },
          cte: { persistent_on_client: true, encryption_mode: 'CBC_CS1', cte_versioned: false },
        },
        xts: false,
      }
      const make = async () => create({ ...sample, undeletable: false })
      const key = await create(sample)
      expect(key.meta).toEqual({ ...sample.meta, cte: { ...sample.meta.cte, is_used: false } })
      const both = await user('Key Admins', 'CTE Admins')
      await both.delete(one(key.id), undefined, 400)
      await (await user('Key Admins')).delete(one((await make()).id), undefined, 403)
      await (await user('CTE Admins')).delete(one((await make()).id), undefined, 404)
      const owner = await user('Key Users')
      const own = await owner.post(KEYS, { meta: { cte: sample.meta.cte } })
      await owner.delete(one(own.id), undefined, 403)
      await both.delete(one(own.id))
      await api.delete(one((await make()).id))
    })
  })
})
