import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { startApi } from '../../../test/support/api.ts'
import { anyKey, b64, bytesTo, post } from '../../../test/support/crypto.ts'

/** Every field of every call, exchanged for each of these: refused in the API's own words, or harmless. */
const STRANGE: readonly unknown[] = [
  '',
  ' ',
  '0',
  '-1',
  '999999999999999999999',
  'none',
  'gcm',
  'ecb',
  'SHA-512',
  '__proto__',
  'constructor',
  'aGk=',
  'aGl=',
  '====',
  'é',
  '\u0000',
  'a'.repeat(300),
  'A'.repeat(20_000),
  '00',
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  [],
  {},
  ['aGk='],
  { id: 'x' },
]

describe('hostile input to /crypto', () => {
  const api = startApi('sqlite')

  test('nothing that a field holds makes a call fail as a bug of ours', async () => {
    const pairs = { usageMask: 4194303, publicKeyParameters: { usageMask: 4194303 } }
    const aes = (await anyKey(api)).name
    const xts = (await anyKey(api, { xts: true })).name
    const tdes = (await anyKey(api, { algorithm: 'tdes' })).name
    const rsa = (await anyKey(api, { algorithm: 'rsa', size: 2048, ...pairs })).name
    const ec = (await anyKey(api, { algorithm: 'ec', curveid: 'prime256v1', ...pairs })).name
    const ed = (await anyKey(api, { algorithm: 'ec', curveid: 'ed25519', ...pairs })).name
    const kem = (await anyKey(api, { algorithm: 'ml-kem', ...pairs })).name
    const hmac = (await anyKey(api, { algorithm: 'hmac-sha256' })).name
    const opaque = (await anyKey(api, { algorithm: 'opaque', material: '00112233' })).name
    const all = [aes, xts, tdes, rsa, `${rsa}-pub`, ec, `${ec}-pub`, ed, kem, `${kem}-pub`, hmac]
    const keys = [...all, opaque]
    const ciphertext = b64(randomBytes(256))
    const plaintext = b64(randomBytes(32))
    const json: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
      encrypt: {
        plaintext,
        mode: 'cbc',
        pad: 'none',
        iv: b64(randomBytes(16)),
        aad: '',
        tag_len: 16,
      },
      decrypt: {
        ciphertext,
        mode: 'gcm',
        iv: b64(randomBytes(12)),
        tag: b64(randomBytes(16)),
        pad: 'oaep',
        nae_key_version_header: false,
      },
      reencrypt: {
        ciphertext,
        mode: 'ctr',
        iv: b64(randomBytes(16)),
        newId: aes,
        newMode: 'gcm',
        newIv: '',
        newAad: '',
      },
      wrap: {
        plaintext,
        wrappingEncryptionAlgo: '',
        padded: false,
        wrapPublicKeyPadding: 'oaep',
        wrapHKDF: { salt: '' },
        wrapRSAAES: null,
      },
      unwrap: {
        ciphertext,
        wrappingEncryptionAlgo: '',
        padded: true,
        wrapPublicKeyPadding: 'oaep',
        wrapHKDF: null,
        wrapRSAAES: {},
      },
      derive: { hashAlgorithm: 'hmac-sha256', salt: '', info: '', length: 16, publicKey: '' },
      encapsulate: {},
      decapsulate: { ciphertext },
      hash: { data: '', algorithm: 'SHA-1' },
    }
    const sign = {
      hashAlgo: 'SHA-256',
      signAlgo: '',
      signPad: 'PSS',
      saltLength: '20',
      version: '0',
      type: 'name',
    }
    const hiding = { hint: 'digit', iv: '', charset: '', tweak: '', tweakAlgo: '' }
    const raw: Readonly<
      Record<string, readonly [type: string, query: Readonly<Record<string, string>>]>
    > = {
      sign: ['application/octet-stream', sign],
      signv: ['application/octet-stream', { ...sign, signature: '00', signatureLength: '1' }],
      mac: ['application/octet-stream', {}],
      macv: ['application/octet-stream', { hash: '00' }],
      hide2: ['text/plain', hiding],
      unhide2: ['text/plain', hiding],
    }
    const bugs: string[] = []
    let calls = 0
    const look = async (path: string, body: unknown, headers = {}) => {
      calls++
      const { status, body: answer } = await api.send('POST', path, body, headers)
      if (![200, 400, 404].includes(status))
        bugs.push(
          `${path} ${JSON.stringify(body).slice(0, 200)}: ${status} ${JSON.stringify(answer)}`,
        )
    }
    for (const [call, fields] of Object.entries(json))
      for (const id of keys) {
        await look(`/crypto/${call}`, { id, ...fields })
        await look(`/crypto/${call}`, { id })
        for (const [at, field] of [...Object.keys(fields), 'type', 'version'].entries())
          for (const value of STRANGE.filter((_, n) => (n + at) % 3 === keys.indexOf(id) % 3))
            await look(`/crypto/${call}`, { id, ...fields, [field]: value })
      }
    for (const [call, [type, query]] of Object.entries(raw))
      for (const keyName of keys) {
        const headers = { 'content-type': type }
        for (const body of ['', 'x', '1234567', randomBytes(32)]) {
          await look(`/crypto/${call}?${new URLSearchParams({ keyName })}`, body, headers)
          const none = { keyName, hashAlgo: 'none', hint: 'printable', hash: '', signature: '30' }
          await look(`/crypto/${call}?${new URLSearchParams(none)}`, body, headers)
        }
        for (const [at, field] of Object.keys(query).entries())
          for (const value of STRANGE.filter((_, n) => (n + at) % 3 === keys.indexOf(keyName) % 3))
            if (typeof value === 'string' && value.length < 1000)
              await look(
                `/crypto/${call}?${new URLSearchParams({ keyName, ...query, [field]: value })}`,
                '1234567',
                headers,
              )
      }
    expect(bugs.slice(0, 12), `${bugs.length} of ${calls} calls`).toEqual([])
    expect(calls).toBeGreaterThan(4000)
  }, 180_000)

  test('names that every object of the language has are no digests', async () => {
    const aes = (await anyKey(api)).name
    const wrapHKDF = { hashAlgorithm: 'constructor' }
    const wrapPBE = { ...wrapHKDF, password: 'password1', salt: '00'.repeat(16), iteration: 10 }
    await post(api, 'wrap', { id: aes, plaintext: b64(randomBytes(16)), wrapHKDF }, 400)
    for (const fields of [
      { wrapKeyName: aes, wrapHKDF },
      { wrappingMethod: 'pbe', wrapPBE },
    ]) {
      const refused = await api.post(`/vault/keys2/${aes}/export`, fields, 400)
      expect(refused.codeDesc).toContain('"constructor" is not one of hmac-sha1')
    }
  })

  test('a text that is far too long to be hidden is refused before it is looked into', async () => {
    const { name } = await anyKey(api)
    for (const query of [{ hint: 'digit' }, { hint: 'unicode', charset: '0030-0039' }])
      for (const text of ['1'.repeat(16 * 2 ** 20), `123456${'x'.repeat(16 * 2 ** 20 - 6)}`])
        for (const call of ['hide', 'unhide', 'hide2', 'unhide2'])
          expect(
            (
              await api.send(
                'POST',
                `/crypto/${call}?${new URLSearchParams({ keyName: name, ...query })}`,
                text,
                { 'content-type': 'text/plain' },
              )
            ).status,
          ).toBe(413)
  })

  test('others are answered while sixteen megabytes are hashed, MACed and signed', async () => {
    const hmac = await anyKey(api, { algorithm: 'hmac-sha512' })
    const rsa = await anyKey(api, { algorithm: 'rsa', size: 2048, usageMask: 3 })
    const long = randomBytes(16 * 2 ** 20)
    const key = await anyKey(api)
    const done = Promise.all([
      bytesTo(api, 'mac', { keyName: hmac.name }, long),
      bytesTo(api, 'sign', { keyName: rsa.name }, long),
    ])
    let between = 0
    let running = true
    void done.then(() => {
      running = false
    })
    while (running) {
      await post(api, 'encrypt', { id: key.name, plaintext: 'aGk=' })
      between++
    }
    await done
    expect(between).toBeGreaterThan(1)
  })
})
