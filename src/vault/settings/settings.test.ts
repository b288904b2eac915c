import { constants, createPublicKey, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import { aesKey, anyKey, b64, post, textTo } from '../../../test/support/crypto.ts'

const SETTINGS = '/domains/root/crypto-settings'
const OFF = { strictIv: false, allowRsaPkcs1: false, allowFf31: false }
const wrong = { code: 9, codeDesc: expect.stringMatching(/^NCERRInvalidParamValue: ./) }

describe.each(databases)('what a domain allows of cryptography on %s', (database) => {
  const api = startApi(database)
  const set = (fields: object) => api.patch(SETTINGS, fields, 200)

  test('is all off until somebody sets it, and what is left out stays', async () => {
    expect(await api.get(SETTINGS)).toEqual(OFF)
    expect(await set({ strictIv: true })).toMatchObject({ ...OFF, strictIv: true })
    expect(await set({ allowFf31: true, strictIv: null })).toMatchObject({
      strictIv: true,
      allowRsaPkcs1: false,
      allowFf31: true,
    })
    const shown = await api.get(SETTINGS)
    expect(Date.parse(shown.updatedAt)).toBeGreaterThan(0)
    expect(await set(OFF)).toMatchObject(OFF)
  })

  test('belongs to the domain of the caller, and is set by its administrators', async () => {
    await api.get('/domains/other/crypto-settings', 404)
    await api.patch('/domains/other/crypto-settings', { strictIv: true }, 404)
    expect(await api.patch(SETTINGS, { strictIv: 'yes' }, 400)).toMatchObject(wrong)
    const password = 'Testuser-123!'
    await api.post('/usermgmt/users', { username: 'keeper', password })
    await api.post('/usermgmt/groups/Key%20Admins/users/keeper', {}, 200)
    const keeper = await api.as({ username: 'keeper', password })
    await keeper.get(SETTINGS)
    await keeper.patch(SETTINGS, { allowRsaPkcs1: true }, 403)
    expect(await api.get(SETTINGS)).toMatchObject(OFF)
  })

  describe('strict about IVs', () => {
    const encrypt = (id: string, fields: object, status = 200) =>
      post(api, 'encrypt', { id, plaintext: b64('text'), ...fields }, status)

    test('takes an IV of the caller once for a version of a key, and any number of times else', async () => {
      const key = await anyKey(api)
      const other = await anyKey(api)
      const iv = b64(randomBytes(12))
      await encrypt(key.name, { iv })
      await encrypt(key.name, { iv })
      await set({ strictIv: true })
      const blob = await encrypt(key.name, { iv })
      const refused = await encrypt(key.name, { iv, plaintext: b64('other') }, 400)
      expect(JSON.stringify(refused)).toContain('iv: was used with this version of the key before')
      expect(refused).toMatchObject(wrong)
      // Another name for the key, another length of the tag, another aad: the same IV all the same.
      await encrypt(key.id, { iv, tag_len: 12, aad: b64('aad') }, 400)
      await encrypt(other.name, { iv })
      await encrypt(key.name, { iv: b64(randomBytes(12)) })
      await encrypt(key.name, { iv: b64(randomBytes(16)) })
      await api.post(`/vault/keys2/${key.name}/versions`, {}, 201)
      await encrypt(key.name, { iv })
      await encrypt(key.name, { iv }, 400)
      expect(await post(api, 'decrypt', blob)).toEqual({ plaintext: b64('text') })
      expect(await post(api, 'decrypt', blob)).toEqual({ plaintext: b64('text') })
      await set({ strictIv: false })
      await encrypt(key.name, { iv })
    })

    test('counts what is encrypted anew, and what 50 callers send at once', async () => {
      await set({ strictIv: true })
      const key = await anyKey(api)
      const iv = b64(randomBytes(12))
      const blob = await encrypt(key.name, {})
      await post(api, 'reencrypt', { ...blob, newIv: iv })
      await post(api, 'reencrypt', { ...blob, newIv: iv }, 400)
      const raced = b64(randomBytes(12))
      const answers = await Promise.all(
        Array.from({ length: 50 }, () =>
          api.send('POST', '/crypto/encrypt', { id: key.id, plaintext: '', iv: raced }),
        ),
      )
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter((status) => status === 200)).toHaveLength(1)
      expect(statuses.filter((status) => status === 400)).toHaveLength(49)
      await set({ strictIv: false })
    })

    test('takes no IV for CTR, and leaves CBC and what the server makes as they are', async () => {
      await set({ strictIv: true })
      const key = await anyKey(api)
      const iv = b64(randomBytes(16))
      await encrypt(key.name, { mode: 'ctr', iv }, 400)
      const blob = await encrypt(key.name, { mode: 'ctr' })
      expect(await post(api, 'decrypt', blob)).toEqual({ plaintext: b64('text') })
      await encrypt(key.name, { mode: 'cbc', iv })
      await encrypt(key.name, { mode: 'cbc', iv })
      for (let i = 0; i < 20; i++) await encrypt(key.name, {})
      await set({ strictIv: false })
    })
  })

  test('RSA with PKCS #1 v1.5 encrypts and decrypts, by default too, where it is switched on', async () => {
    const key = await anyKey(api, { algorithm: 'rsa', size: 2048, material: undefined })
    const plaintext = b64('a short text')
    const named = { id: `${key.name}-pub`, plaintext }
    for (const pad of [undefined, 'pkcs1'])
      expect((await post(api, 'encrypt', { ...named, pad }, 400)).code).toBe(9)
    await set({ allowRsaPkcs1: true })
    for (const pad of [undefined, 'pkcs1', 'PKCS1']) {
      const blob = await post(api, 'encrypt', { ...named, pad })
      expect(blob.pad).toBe('pkcs1')
      expect(await post(api, 'decrypt', { ...blob, id: key.name, pad })).toEqual({ plaintext })
    }
    const theirs = publicEncrypt(
      { key: createPublicKey(key.publickey), padding: constants.RSA_PKCS1_PADDING },
      Buffer.from('theirs'),
    )
    const opened = await post(api, 'decrypt', { id: key.name, ciphertext: b64(theirs) })
    expect(opened).toEqual({ plaintext: b64('theirs') })
    // OAEP is there as before.
    const oaep = await post(api, 'encrypt', { ...named, pad: 'oaep256' })
    expect(await post(api, 'decrypt', { ...oaep, id: key.name })).toEqual({ plaintext })
    await set({ allowRsaPkcs1: false })
    await post(api, 'decrypt', { id: key.name, ciphertext: b64(theirs) }, 400)
  })

  test('a broken v1.5 padding is not told from a good one', async () => {
    await set({ allowRsaPkcs1: true })
    const key = await anyKey(api, { algorithm: 'rsa', size: 2048 })
    const sent = { id: key.name, ciphertext: b64(randomBytes(256).fill(0, 0, 1)), pad: 'pkcs1' }
    const answers = await Promise.all([1, 2, 3].map(() => post(api, 'decrypt', sent)))
    expect(new Set(answers.map(({ plaintext }) => plaintext)).size).toBe(1)
    await set({ allowRsaPkcs1: false })
  })

  test('keys wrapped with v1.5 are opened where it is switched on', async () => {
    const rsa = await anyKey(api, { algorithm: 'rsa', size: 2048 })
    const bytes = randomBytes(32)
    const padding = constants.RSA_PKCS1_PADDING
    const wrapped = publicEncrypt({ key: createPublicKey(rsa.publickey), padding }, bytes)
    const body = {
      wrapKeyName: rsa.name,
      wrapPublicKeyPadding: 'pkcs1',
      material: b64(wrapped),
      algorithm: 'aes',
    }
    const unwrap = { id: rsa.name, wrapPublicKeyPadding: 'pkcs1', ciphertext: b64(wrapped) }
    await api.post('/vault/keys2', body, 400)
    await post(api, 'unwrap', unwrap, 400)
    await set({ allowRsaPkcs1: true })
    const made = await api.post('/vault/keys2', body)
    const { material } = await api.post(`/vault/keys2/${made.id}/export`, undefined, 200)
    expect(material).toBe(bytes.toString('hex'))
    expect(await post(api, 'unwrap', unwrap)).toEqual({ plaintext: b64(bytes) })
    const { ciphertext } = await post(api, 'wrap', {
      id: `${rsa.name}-pub`,
      plaintext: b64(bytes),
      wrapPublicKeyPadding: 'pkcs1',
    })
    const key = (await api.post(`/vault/keys2/${rsa.id}/export`, undefined, 200)).material
    expect(privateDecrypt({ key, padding }, Buffer.from(ciphertext, 'base64'))).toEqual(bytes)
    await set({ allowRsaPkcs1: false })
  })

  test('text is hidden with FF3-1 where it is switched on, as the samples of NIST have it', async () => {
    const key = await aesKey(api, Buffer.from('2de79d232df5585d68ce47882ae256d6', 'hex'))
    const query = { keyName: key.name, hint: 'digit', method: 'FF3-1', tweak: 'cbd09280979564' }
    const refused = await textTo(api, 'hide2', query, '3992520240', 400)
    expect(JSON.stringify(refused)).toContain('FF3-1 is off')
    await set({ allowFf31: true })
    expect(await textTo(api, 'hide2', query, '3992520240')).toEqual({ data: '8901801106' })
    expect(await textTo(api, 'unhide2', query, '8901801106')).toEqual({ data: '3992520240' })
    expect(await textTo(api, 'hide', { ...query, method: 'ff3-1' }, '399-252-0240')).toEqual({
      data: '890-180-1106',
    })
    for (const more of [{ tweak: 'short' }, { iv: '1'.repeat(56) }, { tweakAlgo: 'SHA1' }])
      await textTo(api, 'hide2', { ...query, ...more }, '3992520240', 400)
    await textTo(api, 'hide2', { ...query, method: 'FF2' }, '3992520240', 400)
    await set({ allowFf31: false })
    await textTo(api, 'unhide2', query, '8901801106', 400)
  })
})
