import {
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  privateDecrypt,
  randomBytes,
  verify,
} from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { databases, startApi } from '../../../test/support/api.ts'
import {
  aesKey,
  anyKey,
  b64,
  bytesTo,
  hex,
  keyOf,
  post,
  textTo,
} from '../../../test/support/crypto.ts'

const failed = {
  code: 106,
  codeDesc: 'NCERRCryptoOperationFailed: Cryptographic operation failed in cipher operation',
}

describe.each(databases)('encryption on %s', (database) => {
  const api = startApi(database)
  const opened = async (blob: Readonly<Record<string, unknown>>, status = 200) =>
    post(api, 'decrypt', blob, status)

  test('what encrypt answers opens when it is posted to decrypt as it is', async () => {
    const key = await anyKey(api)
    for (const mode of [undefined, 'GCM', 'cbc', 'ctr', 'ecb', 'CBC_CS1'])
      for (const length of [16, 17, 1000]) {
        const plaintext = b64(randomBytes(length))
        const blob = await post(api, 'encrypt', { id: key.name, plaintext, mode })
        expect(blob).toMatchObject({ id: key.id, version: 0, mode: (mode ?? 'gcm').toLowerCase() })
        expect(await opened(blob)).toEqual({ plaintext })
      }
  })

  test('an answer of GCM has an IV of 12 octets and a tag of 16, never the same IV twice', async () => {
    const key = await anyKey(api)
    const ivs = new Set<string>()
    for (let i = 0; i < 50; i++) {
      const blob = await post(api, 'encrypt', { id: key.id, plaintext: b64('hi') })
      expect(Buffer.from(blob.iv, 'base64')).toHaveLength(12)
      expect(Buffer.from(blob.tag, 'base64')).toHaveLength(16)
      ivs.add(blob.iv)
    }
    expect(ivs.size).toBe(50)
  })

  test('an empty plaintext comes back empty', async () => {
    const key = await anyKey(api)
    for (const mode of ['gcm', 'cbc', 'ecb', 'ctr']) {
      const blob = await post(api, 'encrypt', { id: key.name, plaintext: '', mode })
      expect(await opened(blob)).toEqual({ plaintext: '' })
    }
  })

  test('an IV that the caller chose is used, and an empty aad is as none', async () => {
    const key = await anyKey(api)
    const iv = b64(randomBytes(12))
    const sent = { id: key.name, type: 'name', plaintext: 'aGk=', iv }
    const blob = await post(api, 'encrypt', { ...sent, aad: '' })
    expect(blob.iv).toBe(iv)
    expect(await post(api, 'encrypt', sent)).toEqual(blob)
    expect(await opened(blob)).toEqual({ plaintext: 'aGk=' })
    const bound = await post(api, 'encrypt', { ...sent, aad: 'YWQ=' })
    expect(bound.aad).toBe('YWQ=')
    expect(await opened(bound)).toEqual({ plaintext: 'aGk=' })
  })

  test('whatever is wrong with a ciphertext is told in the same words', async () => {
    const key = await anyKey(api)
    const gcm = await post(api, 'encrypt', { id: key.name, plaintext: b64('secret'), aad: 'YWQ=' })
    const cbc = await post(api, 'encrypt', { id: key.name, plaintext: b64('secret'), mode: 'cbc' })
    const other = await anyKey(api)
    const wrong = [
      { ...gcm, tag: b64(randomBytes(16)) },
      { ...gcm, aad: 'YWE=' },
      { ...gcm, aad: undefined },
      { ...gcm, ciphertext: b64('sECRET') },
      { ...gcm, iv: b64(randomBytes(12)) },
      { ...gcm, id: other.id },
      { ...cbc, ciphertext: b64(randomBytes(15)) },
      { ...cbc, ciphertext: '' },
      { ...cbc, mode: 'cbc_cs1', ciphertext: b64(randomBytes(15)) },
    ]
    for (const blob of wrong) expect(await opened(blob, 400)).toMatchObject(failed)
    // A wrong key leaves a padding that fits once in 256 times.
    const padded = await api.send('POST', '/crypto/decrypt', { ...cbc, id: other.id })
    if (padded.status !== 200) expect(padded.body).toMatchObject(failed)
    else expect(padded.body.plaintext).not.toBe(b64('secret'))
  })

  test('a tag is shorter only where the caller says so, and never below 12 octets', async () => {
    const key = await anyKey(api)
    const blob = await post(api, 'encrypt', { id: key.name, plaintext: b64('hi') })
    const cut = b64(Buffer.from(blob.tag, 'base64').subarray(0, 12))
    expect((await opened({ ...blob, tag: cut }, 400)).code).toBe(9)
    expect((await opened({ ...blob, tag: undefined }, 400)).code).toBe(9)
    const short = await post(api, 'encrypt', { id: key.name, plaintext: b64('hi'), tag_len: 12 })
    expect(Buffer.from(short.tag, 'base64')).toHaveLength(12)
    expect(await opened(short)).toEqual({ plaintext: b64('hi') })
    for (const tag_len of [0, 4, 8, 11, 17])
      await post(api, 'encrypt', { id: key.name, plaintext: b64('hi'), tag_len }, 400)
  })

  test('old ciphertexts open after a rotation: by the id of the version, by name and number, and by the header', async () => {
    const key = await anyKey(api)
    const plaintext = b64('before')
    const old = await post(api, 'encrypt', { id: key.name, plaintext })
    const marked = await post(api, 'encrypt', {
      id: key.name,
      plaintext,
      nae_key_version_header: true,
    })
    const next = await api.post(`/vault/keys2/${key.name}/versions`)
    const now = await post(api, 'encrypt', { id: key.name, plaintext })
    expect(now).toMatchObject({ id: next.id, version: 1 })
    expect(await opened(old)).toEqual({ plaintext })
    expect(await opened({ ...old, id: key.name, type: 'name', version: 0 })).toEqual({ plaintext })
    expect(await opened({ ...old, id: key.name, version: undefined }, 400)).toMatchObject(failed)
    expect(Buffer.from(marked.ciphertext, 'base64').subarray(0, 3)).toEqual(hex('100000'))
    expect(await opened({ ...marked, id: key.name, version: undefined })).toEqual({ plaintext })
    expect(await opened({ ...marked, id: key.name, version: 1 }, 400)).toMatchObject(failed)
    await opened({ ...old, id: key.name, version: 7 }, 404)
  })

  test('reencryption moves a ciphertext to the newest version, or to another key, without showing it', async () => {
    const key = await anyKey(api)
    const plaintext = b64('moved')
    const old = await post(api, 'encrypt', { id: key.name, plaintext, aad: 'YWQ=' })
    await api.post(`/vault/keys2/${key.name}/versions`)
    const moved = await post(api, 'reencrypt', old)
    expect(moved.version).toBe(1)
    expect(moved.ciphertext).not.toBe(old.ciphertext)
    expect(JSON.stringify(moved)).not.toContain(plaintext)
    expect(await opened(moved)).toEqual({ plaintext })
    const other = await anyKey(api)
    const away = await post(api, 'reencrypt', { ...moved, newId: other.name, newMode: 'cbc' })
    expect(away).toMatchObject({ id: other.id, mode: 'cbc' })
    expect(await opened(away)).toEqual({ plaintext })
    expect(
      await post(api, 'reencrypt', { ...moved, tag: b64(randomBytes(16)) }, 400),
    ).toMatchObject(failed)
  })

  test('XTS, Triple DES and ARIA keys encrypt in their own modes', async () => {
    const plaintext = b64(randomBytes(100))
    for (const [fields, mode, asked] of [
      [{ algorithm: 'aes', size: 256, xts: true }, 'xts', undefined],
      [{ algorithm: 'aes', size: 128, xts: true }, 'xts', 'xts'],
      [{ algorithm: 'tdes' }, 'cbc', undefined],
      [{ algorithm: 'tdes', size: 128 }, 'ecb', 'ecb'],
      [{ algorithm: 'aria', size: 192 }, 'gcm', undefined],
      [{ algorithm: 'aria' }, 'ctr', 'ctr'],
    ] as const) {
      const key = await anyKey(api, fields)
      const blob = await post(api, 'encrypt', { id: key.name, plaintext, mode: asked })
      expect(blob.mode).toBe(mode)
      expect(await opened(blob)).toEqual({ plaintext })
    }
  })

  test('RSA encrypts with OAEP of four digests, for the private key and for other programs alike', async () => {
    const pair = await anyKey(api, {
      algorithm: 'rsa',
      size: 2048,
      publicKeyParameters: { usageMask: 4194303 },
    })
    const exported = await api.post(`/vault/keys2/${pair.id}/export`, {}, 200)
    for (const [pad, oaepHash] of [
      ['oaep', 'sha1'],
      ['OAEP256', 'sha256'],
      ['oaep384', 'sha384'],
      ['oaep512', 'sha512'],
    ] as const) {
      const plaintext = b64('for your eyes')
      const blob = await post(api, 'encrypt', { id: `${pair.name}-pub`, plaintext, pad })
      const { ciphertext } = blob
      expect(await opened({ id: pair.name, ciphertext, pad })).toEqual({ plaintext })
      const elsewhere = privateDecrypt(
        { key: exported.material, oaepHash },
        Buffer.from(ciphertext, 'base64'),
      )
      expect(b64(elsewhere)).toBe(plaintext)
      const spoiled = b64(randomBytes(256).fill(0, 0, 1))
      expect(await opened({ id: pair.name, ciphertext: spoiled, pad }, 400)).toMatchObject(failed)
    }
    for (const pad of [undefined, 'pkcs1']) {
      const refused = await post(
        api,
        'encrypt',
        { id: `${pair.name}-pub`, plaintext: '', pad },
        400,
      )
      expect(refused.codeDesc).toMatch(/NCERRInvalidParamValue.*oaep/)
      expect((await opened({ id: pair.name, ciphertext: '', pad }, 400)).codeDesc).toMatch(/oaep/)
    }
    const long = b64(randomBytes(250))
    await post(api, 'encrypt', { id: `${pair.name}-pub`, plaintext: long, pad: 'oaep' }, 400)
  })

  test('bodies of half a megabyte come back whole', async () => {
    const key = await anyKey(api)
    const plaintext = b64(randomBytes(600_000))
    for (const mode of ['gcm', 'cbc', 'cbc_cs1']) {
      const blob = await post(api, 'encrypt', { id: key.name, plaintext, mode })
      // A little more than the plaintext, and below the limit still.
      expect(await opened(blob)).toEqual({ plaintext })
    }
  })

  const wrongs: [string, object][] = [
    ['no id', { id: undefined }],
    ['an empty id', { id: '' }],
    ['no plaintext', { plaintext: undefined }],
    ['a plaintext that is no base64', { plaintext: '*' }],
    ['base64 with spare bits', { plaintext: 'aGl=' }],
    ['a mode that there is not', { mode: 'ofb' }],
    ['the mode of another kind of key', { mode: 'xts' }],
    ['the mode __proto__', { mode: '__proto__' }],
    ['a padding that there is not', { mode: 'cbc', pad: 'iso' }],
    ['no padding and no whole block', { mode: 'cbc', pad: 'none' }],
    ['too little for ciphertext stealing', { mode: 'cbc_cs1' }],
    ['an IV of GCM that is too short', { iv: b64(randomBytes(11)) }],
    ['an IV of CBC that is too long', { mode: 'cbc', iv: b64(randomBytes(17)) }],
    ['a version that is no number', { version: '0' }],
    ['a negative version', { version: -1 }],
    ['a type that there is not', { type: 'nickname' }],
  ]
  test.each(wrongs)('%s is refused, naming what is wrong', async (_what, change) => {
    const key = await anyKey(api)
    const refused = await post(api, 'encrypt', { id: key.name, plaintext: 'aGk=', ...change }, 400)
    expect(refused.code).toBe(9)
    expect(refused.codeDesc).toMatch(/^NCERRInvalidParamValue: \w/)
    expect(refused.codeDesc).not.toContain('aGk')
  })

  test('a call without an Accept header is refused, and any Accept gets JSON', async () => {
    const key = await anyKey(api)
    const body = { id: key.name, plaintext: 'aGk=' }
    const without = await api.send('POST', '/crypto/encrypt', body, { accept: '' })
    expect(without.status).toBe(400)
    expect(without.body).toMatchObject({ code: 15, message: 'Accept header is invalid.' })
    expect(without.body.codeDesc).toMatch(/^NCERRBadRequest/)
    for (const accept of ['text/plain', '*/*', 'application/json'])
      expect((await api.send('POST', '/crypto/encrypt', body, { accept })).body.mode).toBe('gcm')
  })

  test('a plaintext is in no audit record, and the key is', async () => {
    const key = await anyKey(api)
    const plaintext = b64('a very particular secret')
    await post(api, 'encrypt', { id: key.name, plaintext })
    const { resources } = await api.get('/audit/records?limit=20&sort=-createdAt')
    const record = resources.find(
      (row: { message: string; details: { key: string } }) =>
        row.message === 'Encrypt' && row.details.key === key.name,
    )
    expect(record).toMatchObject({ success: true, details: { id: key.id, version: 0 } })
    expect(JSON.stringify(resources)).not.toContain(plaintext)
    expect(JSON.stringify(resources)).not.toContain('a very particular secret')
  })
})

describe.each(databases)('signatures and MACs on %s', (database) => {
  const api = startApi(database)
  const message = Buffer.from('to be signed \u0000\n{"not":"JSON"}')

  test.each([
    ['rsa', { algorithm: 'rsa', size: 2048 }, {}],
    ['rsa', { algorithm: 'rsa', size: 3072 }, { hashAlgo: 'SHA512', signAlgo: 'RSA' }],
    ['pss', { algorithm: 'rsa', size: 2048 }, { hashAlgo: 'SHA-384', signPad: 'PSS' }],
    ['pss', { algorithm: 'rsa', size: 2048 }, { signPad: 'PSS', saltLength: 20 }],
    ['ec', { algorithm: 'ec', curveid: 'prime256v1' }, { signAlgo: 'ECDSA', hashAlgo: 'SHA-256' }],
    ['ec', { algorithm: 'ec', curveid: 'secp521r1' }, { hashAlgo: 'SHA3-512' }],
    ['ec', { algorithm: 'ec', curveid: 'brainpoolP384r1' }, { hashAlgo: 'sha384' }],
    ['ed25519', { algorithm: 'ec', curveid: 'ed25519' }, {}],
    ['ml-dsa', { algorithm: 'ml-dsa', size: 65 }, {}],
  ])(
    '%s signs, and a signature holds for its message alone (%j %j)',
    async (_kind, fields, how) => {
      const pair = await anyKey(api, {
        ...fields,
        usageMask: 3,
        publicKeyParameters: { usageMask: 2 },
      })
      const query = { keyName: pair.name, ...how }
      const signed = await bytesTo(api, 'sign', query, message)
      expect(signed).toMatchObject({ keyId: pair.id, keyVersion: 0 })
      expect(signed.data).toMatch(/^[0-9a-f]+$/)
      const publicName = `${pair.name}-pub`
      const holds = (signature: string, of: Buffer, keyName = publicName) =>
        bytesTo(api, 'signv', { ...query, keyName, signature }, of)
      expect(await holds(signed.data, message)).toEqual({ verified: true })
      expect(await holds(signed.data, message, pair.name)).toEqual({ verified: true })
      expect(await holds(signed.data, Buffer.from('another'))).toEqual({ verified: false })
      const spoiled = hex(signed.data)
      spoiled[spoiled.length >> 1] = (spoiled[spoiled.length >> 1] ?? 0) ^ 1
      expect(await holds(spoiled.toString('hex'), message)).toEqual({ verified: false })
      expect(await holds('00', message)).toEqual({ verified: false })
      const together = Buffer.concat([hex(signed.data), message])
      const signatureLength = signed.data.length / 2
      expect(
        await bytesTo(api, 'signv', { ...query, keyName: publicName, signatureLength }, together),
      ).toEqual({ verified: true })
    },
  )

  test('a digest that the caller made is signed as it is, and others verify it as of the message', async () => {
    const digest = createHash('sha256').update(message).digest()
    for (const curveid of ['prime256v1', 'secp384r1', 'brainpoolP256t1']) {
      const pair = await anyKey(api, { algorithm: 'ec', curveid, usageMask: 3 })
      const how = { keyName: pair.name, hashAlgo: 'none', signAlgo: 'ECDSA' }
      const { data } = await bytesTo(api, 'sign', how, digest)
      expect(verify('sha256', message, createPublicKey(pair.publickey), hex(data))).toBe(true)
      expect(await bytesTo(api, 'signv', { ...how, signature: data }, digest)).toEqual({
        verified: true,
      })
      const own = await bytesTo(api, 'sign', { keyName: pair.name, hashAlgo: 'SHA-256' }, message)
      expect(await bytesTo(api, 'signv', { ...how, signature: own.data }, digest)).toEqual({
        verified: true,
      })
      expect(await bytesTo(api, 'signv', { ...how, signature: data }, randomBytes(32))).toEqual({
        verified: false,
      })
      await bytesTo(api, 'sign', how, message, 400)
    }
    const pair = await anyKey(api, { algorithm: 'rsa', size: 2048, usageMask: 3 })
    const publicKey = createPublicKey(pair.publickey)
    const digestInfo = Buffer.concat([hex('3031300d060960864801650304020105000420'), digest])
    const how = { keyName: pair.name, hashAlgo: 'none' }
    const pkcs1 = await bytesTo(api, 'sign', how, digestInfo)
    expect(verify('sha256', message, publicKey, hex(pkcs1.data))).toBe(true)
    const pss = await bytesTo(api, 'sign', { ...how, signPad: 'PSS' }, digest)
    expect(
      verify('sha256', message, { key: publicKey, padding: 6, saltLength: 32 }, hex(pss.data)),
    ).toBe(true)
    for (const [query, body, signature] of [
      [how, digestInfo, pkcs1.data],
      [{ ...how, signPad: 'PSS' }, digest, pss.data],
    ] as const) {
      const verified = (of: Buffer) => bytesTo(api, 'signv', { ...query, signature }, of)
      expect(await verified(body)).toEqual({ verified: true })
      expect(await verified(randomBytes(body.length))).toEqual({ verified: false })
    }
    await bytesTo(api, 'sign', how, randomBytes(200), 400)
  })

  test('SLH-DSA signs, and its long signature is verified from the body', async () => {
    const pair = await anyKey(api, {
      algorithm: 'slh-dsa',
      curveid: 'sha2-128f',
      usageMask: 3,
    })
    const { data } = await bytesTo(api, 'sign', { keyName: pair.name }, message)
    const body = Buffer.concat([hex(data), message])
    const query = { keyName: pair.name, signatureLength: data.length / 2 }
    expect(await bytesTo(api, 'signv', query, body)).toEqual({ verified: true })
  })

  test.each(['hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'])(
    'a MAC of %s is that of others, and a wrong one is told as wrong',
    async (algorithm) => {
      const material = randomBytes(algorithm === 'hmac-sha224' ? 28 : 48)
      const sized = algorithm === 'hmac-sha256' ? material.subarray(0, 32) : material
      const key = await anyKey(api, {
        algorithm,
        size: sized.length * 8,
        material: sized.toString('hex'),
      })
      const long = randomBytes(3_000_000)
      for (const body of [message, Buffer.alloc(0), long]) {
        const { data } = await bytesTo(api, 'mac', { keyName: key.name }, body)
        expect(data).toBe(createHmac(algorithm.slice(5), sized).update(body).digest('hex'))
        const told = (hash: string) => bytesTo(api, 'macv', { keyName: key.name, hash }, body)
        expect(await told(data)).toEqual({ verified: true })
        expect(await told(data.toUpperCase())).toEqual({ verified: true })
        expect(await told(data.replace(/^./, (c: string) => (c === '0' ? '1' : '0')))).toEqual({
          verified: false,
        })
        expect(await told(data.slice(2))).toEqual({ verified: false })
        expect(await told('')).toEqual({ verified: false })
      }
    },
  )

  test('hash is that of others, with every digest', async () => {
    for (const [algorithm, name] of [
      ['SHA1', 'sha1'],
      ['SHA-1', 'sha1'],
      ['SHA-256', 'sha256'],
      ['sha512', 'sha512'],
      ['SHA3-384', 'sha3-384'],
      [undefined, 'sha256'],
    ] as const) {
      const { data } = await post(api, 'hash', { data: b64(message), algorithm })
      expect(data).toBe(createHash(name).update(message).digest('hex'))
    }
    await post(api, 'hash', { data: b64(message), algorithm: 'MD5' }, 400)
  })

  test('only the declared type of a body is taken, of up to 16 MiB', async () => {
    const key = await anyKey(api, { algorithm: 'hmac-sha256' })
    const path = `/crypto/mac?keyName=${key.name}`
    const send = (type: string, body: Buffer | string) =>
      api.send('POST', path, body, { 'content-type': type })
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded'])
      expect((await send(type, '{}')).status).toBe(415)
    expect((await send('application/octet-stream', Buffer.alloc(16 * 2 ** 20))).status).toBe(200)
    const more = await send('application/octet-stream', Buffer.alloc(16 * 2 ** 20 + 1)).catch(
      () => ({ status: 413 }),
    )
    expect(more.status).toBe(413)
    const elsewhere = await api.send('POST', '/crypto/encrypt', Buffer.from('{}'), {
      'content-type': 'application/octet-stream',
    })
    expect(elsewhere.status).toBe(415)
  })

  const wrongs: [string, object][] = [
    ['no key', { keyName: undefined }],
    ['a digest that there is not', { hashAlgo: 'MD5' }],
    ['ECDSA of an RSA key', { signAlgo: 'ECDSA' }],
    ['a padding that there is not', { signPad: 'ISO9796' }],
    ['a salt without PSS', { saltLength: '20' }],
    ['a salt that is too long', { signPad: 'PSS', saltLength: '4000' }],
    ['a salt that is no number', { signPad: 'PSS', saltLength: '-1' }],
    ['a salt of two gigabytes', { signPad: 'PSS', saltLength: '2147483647' }],
    ['a salt that is longer than any', { signPad: 'PSS', saltLength: '2147483648' }],
    ['a type that there is not', { type: 'nickname' }],
  ]
  test('what does not go with the key is refused', async () => {
    const pair = await anyKey(api, { algorithm: 'rsa', size: 2048, usageMask: 3 })
    for (const [what, change] of wrongs) {
      const answer = await bytesTo(api, 'sign', { keyName: pair.name, ...change }, message, 400)
      expect([9, 15], what).toContain(answer.code)
    }
    const ed = await anyKey(api, { algorithm: 'ec', curveid: 'ed25519', usageMask: 3 })
    await bytesTo(api, 'sign', { keyName: ed.name, hashAlgo: 'SHA-256' }, message, 400)
    await bytesTo(api, 'signv', { keyName: pair.name, signature: 'xyz' }, message, 400)
    await bytesTo(api, 'signv', { keyName: pair.name }, message, 400)
    await bytesTo(api, 'signv', { keyName: pair.name, signatureLength: 999 }, message, 400)
  })

  test('an empty parameter is as if it was not there', async () => {
    const pair = await anyKey(api, { algorithm: 'rsa', size: 2048, usageMask: 3 })
    const none = { keyName: pair.name, type: '', version: '' }
    const empty = { ...none, hashAlgo: '', signAlgo: '', signPad: '', saltLength: '' }
    const { data } = await bytesTo(api, 'sign', empty, message)
    expect(data).toBe((await bytesTo(api, 'sign', { keyName: pair.name }, message)).data)
    const sent = { ...empty, signature: data, signatureLength: '' }
    expect(await bytesTo(api, 'signv', sent, message)).toEqual({ verified: true })
    const hmac = await anyKey(api, { algorithm: 'hmac-sha256' })
    const mac = await bytesTo(api, 'mac', { ...none, keyName: hmac.name }, message)
    expect(mac).toEqual(await bytesTo(api, 'mac', { keyName: hmac.name }, message))
    const hash = { ...none, keyName: hmac.name, hash: mac.data }
    expect(await bytesTo(api, 'macv', hash, message)).toEqual({ verified: true })
  })
})

describe.each(databases)('format-preserving encryption on %s', (database) => {
  const api = startApi(database)

  test.each([
    ['digit', '4000-1234-5678-9010', /^\d{4}-\d{4}-\d{4}-\d{4}$/],
    ['alphabet', 'Ada Lovelace, 1815', /^[A-Za-z]{3} [A-Za-z]{8}, 1815$/],
    ['alphanumeric', 'AB-12-cd', /^\w\w-\w\w-\w\w$/],
    ['printable', 'p4ssw0rd!?', /^[ -~]{10}$/],
    ['Digit', '😀123456', /^😀\d{6}$/],
  ])('%s keeps the form of %s', async (hint, text, form) => {
    const key = await anyKey(api)
    const query = { keyName: key.name, hint }
    for (const [hide, unhide] of [
      ['hide2', 'unhide2'],
      ['hide', 'unhide'],
    ] as const) {
      const { data } = await textTo(api, hide, query, text)
      expect(data).toMatch(form)
      expect(data).not.toBe(text)
      expect(await textTo(api, unhide, query, data)).toEqual({ data: text })
    }
  })

  test('unicode goes by its charset', async () => {
    const key = await anyKey(api)
    const query = { keyName: key.name, hint: 'unicode', charset: '0030-0039,00C0-00FF,1F600-1F64F' }
    const text = 'à é-123😀ü'
    const { data } = await textTo(api, 'hide2', query, text)
    expect([...data]).toHaveLength([...text].length)
    expect(data).not.toBe(text)
    expect(await textTo(api, 'unhide2', query, data)).toEqual({ data: text })
    for (const charset of ['', 'xyz', '0039-0030', '0030,0030', 'D800-DFFF', '0-FFFFF', '0030'])
      await textTo(api, 'hide2', { ...query, charset }, text, 400)
    await textTo(api, 'hide2', { keyName: key.name, hint: 'unicode' }, text, 400)
  })

  test('a tweak and an IV make another ciphertext, which opens with the same alone', async () => {
    const key = await anyKey(api)
    const text = '1234567890'
    const seen = new Set<string>()
    for (const more of [
      {},
      { tweak: 'customer 1' },
      { tweak: 'customer 2' },
      { tweak: 'customer 1', tweakAlgo: 'SHA256' },
      { iv: '1'.repeat(56) },
      { tweak: 'customer 1', iv: '1'.repeat(56) },
    ]) {
      const query = { keyName: key.name, hint: 'digit', ...more }
      const { data } = await textTo(api, 'hide2', query, text)
      seen.add(data)
      expect(await textTo(api, 'unhide2', query, data)).toEqual({ data: text })
    }
    expect(seen.size).toBe(6)
  })

  test('an empty parameter is as if it was not there', async () => {
    const key = await anyKey(api)
    const query = { keyName: key.name, hint: 'digit' }
    const empty = { type: '', version: '', method: '', iv: '', charset: '', tweakAlgo: '' }
    expect(await textTo(api, 'hide2', { ...query, ...empty, tweak: '' }, '1234567890')).toEqual(
      await textTo(api, 'hide2', query, '1234567890'),
    )
  })

  test('a long text is hidden as long as few of its characters change, and comes back however long it grew', async () => {
    const key = await anyKey(api)
    const text = `123456${'x'.repeat(256 * 1024 - 6)}`
    for (const query of [
      { keyName: key.name, hint: 'digit' },
      { keyName: key.name, hint: 'unicode', charset: '0030-0039,1F600-1F64F' },
    ]) {
      const { data } = await textTo(api, 'hide2', query, text)
      expect(data).not.toBe(text)
      expect(await textTo(api, 'unhide2', query, data)).toEqual({ data: text })
      await textTo(api, 'hide2', query, `${text}x`, 413)
    }
    const most = { keyName: key.name, hint: 'digit', iv: '1'.repeat(56) }
    await textTo(api, 'hide2', most, '1'.repeat(16_384))
    for (const length of [16_385, 256 * 1024])
      expect((await textTo(api, 'hide2', most, '1'.repeat(length), 400)).codeDesc).toContain(
        'more than 16384 characters cannot be encrypted',
      )
  })

  test('a text of more than 56 digits needs an IV of 56', async () => {
    const key = await anyKey(api)
    const text = '7'.repeat(500)
    const query = { keyName: key.name, hint: 'digit' }
    expect((await textTo(api, 'hide2', query, text, 400)).codeDesc).toContain('iv: is required')
    await textTo(api, 'hide2', { ...query, iv: '12' }, text, 400)
    await textTo(api, 'hide2', { ...query, iv: 'a'.repeat(56) }, text, 400)
    const withIv = { ...query, iv: '0123456'.repeat(8) }
    const { data } = await textTo(api, 'hide2', withIv, text)
    expect(data).toMatch(/^\d{500}$/)
    expect(await textTo(api, 'unhide2', withIv, data)).toEqual({ data: text })
  })

  test('texts that could be guessed, that are not UTF-8 or of another hint are refused', async () => {
    const key = await anyKey(api)
    const query = { keyName: key.name, hint: 'digit' }
    await textTo(api, 'hide2', query, '12345', 400)
    await textTo(api, 'hide2', query, 'no digits', 400)
    await textTo(api, 'hide2', query, '', 400)
    await textTo(api, 'hide2', { ...query, hint: 'toString' }, '123456', 400)
    await textTo(api, 'hide2', { keyName: key.name }, '123456', 400)
    await textTo(api, 'hide2', { ...query, tweak: 'x', tweakAlgo: 'MD5' }, '123456', 400)
    await textTo(api, 'hide2', { ...query, tweakAlgo: 'SHA1' }, '123456', 400)
    const bytes = await api.send(
      'POST',
      `/crypto/hide2?keyName=${key.name}&hint=digit`,
      Buffer.from([0x31, 0xff, 0x32]),
      { 'content-type': 'text/plain; charset=utf-8' },
    )
    expect(bytes.status).toBe(400)
    const hmac = await anyKey(api, { algorithm: 'hmac-sha256' })
    await textTo(api, 'hide2', { ...query, keyName: hmac.name }, '123456', 400)
  })
})

describe.each(databases)('wrapping, derivation and encapsulation on %s', (database) => {
  const api = startApi(database)

  test('material that was wrapped opens again, by AES and by RSA', async () => {
    const plaintext = b64(randomBytes(32))
    const aes = await anyKey(api)
    const rsa = await anyKey(api, {
      algorithm: 'rsa',
      size: 2048,
      publicKeyParameters: { usageMask: 4194303 },
    })
    for (const [wrapper, opener, how] of [
      [aes.name, aes.name, {}],
      [aes.name, aes.name, { wrappingEncryptionAlgo: 'AES/AESKEYWRAPPADDING' }],
      [`${rsa.name}-pub`, rsa.name, {}],
      [`${rsa.name}-pub`, rsa.name, { wrappingEncryptionAlgo: 'RSA/RSAAESKEYWRAPPADDING' }],
    ] as const) {
      const { ciphertext } = await post(api, 'wrap', { id: wrapper, plaintext, ...how })
      expect(await post(api, 'unwrap', { id: opener, ciphertext, ...how })).toEqual({ plaintext })
      const spoiled = Buffer.from(ciphertext, 'base64')
      spoiled[3] = (spoiled[3] ?? 0) ^ 1
      await post(api, 'unwrap', { id: opener, ciphertext: b64(spoiled), ...how }, 400)
    }
    const pkcs1 = { id: `${rsa.name}-pub`, plaintext, wrapPublicKeyPadding: 'pkcs1' }
    expect((await post(api, 'wrap', pkcs1, 400)).codeDesc).toContain('oaep256')
  })

  test('a pair of RSA wraps under its own name, in an export too, where its usage mask allows it', async () => {
    const pair = await anyKey(api, { algorithm: 'rsa', size: 2048 })
    const plaintext = b64(randomBytes(32))
    const { ciphertext } = await post(api, 'wrap', { id: pair.name, plaintext })
    expect(await post(api, 'unwrap', { id: pair.name, ciphertext })).toEqual({ plaintext })
    const key = await anyKey(api)
    for (const more of [
      { wrapPublicKeyPadding: 'oaep256' },
      { wrappingEncryptionAlgo: 'RSA/RSAAESKEYWRAPPADDING' },
      { format: 'jwe' },
    ]) {
      const fields = { wrapKeyName: pair.name, ...more }
      const exported = await api.post(`/vault/keys2/${key.id}/export`, fields, 200)
      const copy = await keyOf(api, { ...fields, algorithm: 'aes', material: exported.material })
      expect(copy.sha256Fingerprint).toBe(key.sha256Fingerprint)
    }
    const usual = await keyOf(api, { algorithm: 'rsa', size: 2048 })
    const refused = await post(api, 'wrap', { id: usual.name, plaintext }, 400)
    expect(refused.codeDesc).toContain('usageMask')
  })

  test('RFC 3394 section 4.6 is what AES wraps', async () => {
    const kek = hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')
    const key = await aesKey(api, kek)
    const plaintext = b64(hex('00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f'))
    const { ciphertext } = await post(api, 'wrap', {
      id: key.name,
      plaintext,
      wrappingEncryptionAlgo: 'AES/AESKEYWRAP',
    })
    expect(Buffer.from(ciphertext, 'base64').toString('hex')).toBe(
      '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
    )
  })

  test('two sides derive the same from each other’s public keys, and as others do', async () => {
    for (const [curveid, type] of [
      ['curve25519', 'x25519'],
      ['prime256v1', 'ec'],
    ] as const) {
      const ours = await anyKey(api, { algorithm: 'ec', curveid })
      const { publicKey, privateKey } =
        type === 'x25519'
          ? generateKeyPairSync('x25519')
          : generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      const theirs = publicKey.export({ type: 'spki', format: 'pem' })
      const { derivedKey } = await post(api, 'derive', {
        id: ours.name,
        publicKey: theirs,
        info: b64('context'),
        length: 48,
      })
      const agreed = diffieHellman({ privateKey, publicKey: createPublicKey(ours.publickey) })
      expect(derivedKey).toBe(b64(Buffer.from(hkdfSync('sha256', agreed, '', 'context', 48))))
      await post(api, 'derive', { id: ours.name }, 400)
      const other = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey
      const wrong = other.export({ type: 'spki', format: 'pem' })
      await post(api, 'derive', { id: ours.name, publicKey: wrong }, 400)
    }
  })

  test('ML-KEM gives both sides the same key', async () => {
    const pair = await anyKey(api, {
      algorithm: 'ml-kem',
      publicKeyParameters: { usageMask: 4194303 },
    })
    const sent = await post(api, 'encapsulate', { id: `${pair.name}-pub` })
    const { ciphertext } = sent
    const got = await post(api, 'decapsulate', { id: pair.name, ciphertext })
    expect(got.sharedKey).toBe(sent.sharedKey)
    const short = b64(Buffer.from(ciphertext, 'base64').subarray(1))
    expect(await post(api, 'decapsulate', { id: pair.name, ciphertext: short }, 400)).toMatchObject(
      failed,
    )
  })
})

describe.each(databases)('who may do what with a key on %s (A4)', (database) => {
  const api = startApi(database)
  const PASSWORD = 'Operator-Pass-1'

  /** Every operation with the permission that it takes beside UseKey. */
  const operations = {
    EncryptWithKey: ['encrypt', 'hide', 'encapsulate'],
    DecryptWithKey: ['decrypt', 'unhide', 'decapsulate'],
    SignWithKey: ['sign'],
    SignVerifyWithKey: ['verify'],
    MACWithKey: ['mac'],
    MACVerifyWithKey: ['macVerify'],
    UseKey: ['wrap', 'unwrap', 'derive'],
    ReadKey: [],
    ExportKey: [],
  } as const
  type Operation = (typeof operations)[keyof typeof operations][number]

  test('one permission opens one operation, and none without UseKey', async () => {
    const permissions = Object.keys(operations) as (keyof typeof operations)[]
    const groups = Object.fromEntries(permissions.map((name) => [name, [`with ${name}`]]))
    for (const name of permissions) await api.post('/usermgmt/groups', { name: `with ${name}` })
    const shared = {
      usageMask: 4194303,
      meta: { permissions: groups },
      publicKeyParameters: { usageMask: 4194303, meta: { permissions: groups } },
    }
    const aes = await keyOf(api, shared)
    const rsa = await keyOf(api, { algorithm: 'rsa', size: 2048, ...shared })
    const hmac = await keyOf(api, { algorithm: 'hmac-sha256', ...shared })
    const kem = await keyOf(api, { algorithm: 'ml-kem', ...shared })
    const blob = await post(api, 'encrypt', { id: aes.name, plaintext: 'aGk=' })
    const wrapped = await post(api, 'wrap', { id: aes.name, plaintext: b64(randomBytes(16)) })
    const signed = await bytesTo(api, 'sign', { keyName: rsa.name }, Buffer.from('x'))
    const { ciphertext } = await post(api, 'encapsulate', { id: `${kem.name}-pub` })
    const digit = `keyName=${aes.name}&hint=digit`
    const raw = (path: string, text: string, type = 'application/octet-stream') =>
      [path, text, { 'content-type': type }] as const
    const calls: Record<Operation, readonly [string, unknown, Record<string, string>?]> = {
      encrypt: ['encrypt', { id: aes.name, plaintext: 'aGk=' }],
      decrypt: ['decrypt', blob],
      hide: raw(`hide2?${digit}`, '123456', 'text/plain'),
      unhide: raw(`unhide2?${digit}`, '123456', 'text/plain'),
      encapsulate: ['encapsulate', { id: `${kem.name}-pub` }],
      decapsulate: ['decapsulate', { id: kem.name, ciphertext }],
      sign: raw(`sign?keyName=${rsa.name}`, 'x'),
      verify: raw(`signv?keyName=${rsa.name}-pub&signature=${signed.data}`, 'x'),
      mac: raw(`mac?keyName=${hmac.name}`, 'x'),
      macVerify: raw(`macv?keyName=${hmac.name}&hash=00`, 'x'),
      wrap: ['wrap', { id: aes.name, plaintext: b64(randomBytes(16)) }],
      unwrap: ['unwrap', { id: aes.name, ciphertext: wrapped.ciphertext }],
      derive: ['derive', { id: aes.name }],
    }
    const surprises: string[] = []
    let cells = 0
    for (const permission of [...permissions, undefined])
      for (const withUseKey of [true, false]) {
        const username = `holder-${permission}-${withUseKey}`
        const { user_id } = await api.post('/usermgmt/users', { username, password: PASSWORD })
        const memberOf = new Set([permission, withUseKey ? 'UseKey' : undefined])
        for (const name of memberOf)
          if (name !== undefined)
            await api.post(
              `/usermgmt/groups/${encodeURIComponent(`with ${name}`)}/users/${encodeURIComponent(user_id)}`,
              undefined,
              200,
            )
        const holder = await api.as({ username, password: PASSWORD })
        for (const [operation, [path, body, headers]] of Object.entries(calls)) {
          const needs = permissions.find((name) =>
            (operations[name] as readonly string[]).includes(operation),
          )
          const due =
            memberOf.has('UseKey') && memberOf.has(needs)
              ? 200
              : memberOf.size > 1 || !memberOf.has(undefined)
                ? 403
                : 404
          const { status } = await holder.send('POST', `/crypto/${path}`, body, headers)
          cells++
          if (status !== due) surprises.push(`${username} ${operation}: ${status}, due ${due}`)
        }
      }
    expect(cells).toBe(10 * 2 * 13)
    expect(surprises).toEqual([])
  }, 60_000)

  test('a usage mask allows what it says and nothing else', async () => {
    const only = async (usageMask: number) => (await keyOf(api, { usageMask })).name
    const encrypts = await only(4)
    const blob = await post(api, 'encrypt', { id: encrypts, plaintext: 'aGk=' })
    await post(api, 'decrypt', blob, 400)
    await post(api, 'wrap', { id: encrypts, plaintext: b64(randomBytes(16)) }, 400)
    await textTo(api, 'hide2', { keyName: encrypts, hint: 'digit' }, '123456', 400)
    await post(api, 'encrypt', { id: await only(8), plaintext: 'aGk=' }, 400)
    await post(api, 'derive', { id: await only(12) }, 400)
    const hmac = await keyOf(api, { algorithm: 'hmac-sha256', usageMask: 256 })
    await bytesTo(api, 'mac', { keyName: hmac.name }, Buffer.from('x'), 400)
  })

  test('a key decrypts after it was deactivated and encrypts no more; a destroyed one does neither', async () => {
    const key = await anyKey(api)
    const body = { id: key.name, plaintext: 'aGk=' }
    const blob = await post(api, 'encrypt', body)
    await api.post(`/vault/keys2/${key.name}/revoke`, { reason: 'Superseded' }, 200)
    await post(api, 'encrypt', body, 409)
    expect(await post(api, 'decrypt', blob)).toEqual({ plaintext: 'aGk=' })
    await api.post(`/vault/keys2/${key.name}/destroy`, undefined, 200)
    await post(api, 'decrypt', blob, 409)
  })

  test('nobody without a token is told anything', async () => {
    for (const path of ['encrypt', 'sign?keyName=a', 'hide2?keyName=a', 'hash'])
      expect((await api.anonymous.send('POST', `/crypto/${path}`, {})).status).toBe(401)
  })
})
