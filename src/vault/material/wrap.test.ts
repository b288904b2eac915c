import { execFileSync } from 'node:child_process'
import {
  constants,
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aeskw, aeskwp } from '@noble/ciphers/aes.js'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createKeyGenerator,
  importMaterial,
  type KeyGenerator,
  type KeySpec,
  keyObject,
  type Material,
  macSign,
  publicHalf,
  readSpec,
  readWrapping,
  unwrapBytes,
  unwrapMaterial,
  verifyMacSign,
  type WrapFields,
  wrapBytes,
  wrapMaterial,
} from './index.ts'

let generator: KeyGenerator
let folder: string
beforeAll(() => {
  generator = createKeyGenerator()
  folder = mkdtempSync(join(tmpdir(), 'keystead-wrap-'))
})
afterAll(async () => {
  await generator.close()
  rmSync(folder, { recursive: true })
})
const openssl = (...args: readonly string[]) =>
  execFileSync('openssl', args, { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] })
const put = (name: string, content: string | Uint8Array) =>
  writeFileSync(join(folder, name), content)

const hex = (text: string) => Buffer.from(text, 'hex')
const aes = (text: string) => createSecretKey(hex(text))
const bytesOf = ({ secret }: Material) => secret.reveal().toString('hex')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' })
const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' })

async function wrapped(key: KeyObject | undefined, fields: WrapFields, bytes: Uint8Array) {
  return wrapBytes(bytes, key, readWrapping(fields, key))
}
const opened = (key: KeyObject | undefined, fields: WrapFields, bytes: Buffer) =>
  unwrapBytes(bytes, key, readWrapping(fields, key))

const data128 = '00112233445566778899aabbccddeeff'
const data256 = `${data128}000102030405060708090a0b0c0d0e0f`
const kek = (length: number) =>
  Buffer.from(Array.from({ length }, (_, index) => index)).toString('hex')

describe('AES key wrap', () => {
  test.each([
    ['4.1', 16, data128, '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5'],
    ['4.2', 24, data128, '96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d'],
    ['4.3', 32, data128, '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7'],
    [
      '4.4',
      24,
      `${data128}0001020304050607`,
      '031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2',
    ],
    [
      '4.5',
      32,
      `${data128}0001020304050607`,
      'a8f9bc1612c68b3ff6e6f4fbe30e71e4769c8b80a32cb8958cd5d17d6b254da1',
    ],
    [
      '4.6',
      32,
      data256,
      '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
    ],
  ])('gives what RFC 3394 section %s says', async (_section, size, plain, cipher) => {
    const fields = { wrappingEncryptionAlgo: 'AES/AESKEYWRAP' }
    const key = aes(kek(size))
    expect((await wrapped(key, fields, hex(plain))).toString('hex')).toBe(cipher)
    expect((await opened(key, fields, hex(cipher))).toString('hex')).toBe(plain)
    expect((await opened(key, {}, hex(cipher))).toString('hex')).toBe(plain)
  })

  test.each([
    [
      'c37b7e6492584340bed12207808941155068f738',
      '138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a',
    ],
    ['466f7250617369', 'afbeb0f07dfbf5419200f2ccb50bb24f'],
  ])('with padding gives what RFC 5649 section 6 says', async (plain, cipher) => {
    const key = aes('5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8')
    const fields = { padded: true }
    expect((await wrapped(key, fields, hex(plain))).toString('hex')).toBe(cipher)
    expect((await opened(key, fields, hex(cipher))).toString('hex')).toBe(plain)
  })

  test('agrees with openssl and with another implementation', async () => {
    for (const length of [16, 24, 32, 40, 64, 512]) {
      const key = randomBytes(32)
      const plain = randomBytes(length)
      const own = await wrapped(createSecretKey(key), { padded: false }, plain)
      put('plain', plain)
      const args = ['enc', '-K', key.toString('hex'), '-in', 'plain']
      expect(openssl(...args, '-id-aes256-wrap', '-iv', 'A6A6A6A6A6A6A6A6').equals(own)).toBe(true)
      expect(Buffer.from(aeskw(key).encrypt(plain)).equals(own)).toBe(true)
    }
    for (const length of [1, 7, 8, 9, 16, 20, 121, 1217]) {
      const key = randomBytes(32)
      const plain = randomBytes(length)
      const own = await wrapped(createSecretKey(key), { padded: true }, plain)
      put('plain', plain)
      const args = ['enc', '-K', key.toString('hex'), '-in', 'plain']
      expect(openssl(...args, '-id-aes256-wrap-pad', '-iv', 'A65959A6').equals(own)).toBe(true)
      expect(Buffer.from(aeskwp(key).encrypt(plain)).equals(own)).toBe(true)
    }
  })

  test('of an odd size is refused without padding, and so are changed octets and other keys', async () => {
    const key = aes(kek(32))
    for (const length of [0, 1, 7, 8, 15, 17, 20, 31])
      await expect(wrapped(key, { padded: false }, Buffer.alloc(length))).rejects.toThrow(
        'RFC 3394',
      )
    for (const padded of [true, false]) {
      const good = await wrapped(key, { padded }, hex(data256))
      for (let index = 0; index < good.length; index++) {
        const changed = Buffer.from(good)
        changed.writeUInt8((changed[index] ?? 0) ^ 1, index)
        await expect(opened(key, { padded }, changed)).rejects.toMatchObject({
          kind: 'invalid-parameter',
        })
      }
      await expect(opened(aes(kek(16)), { padded }, good)).rejects.toThrow('does not open')
      await expect(opened(key, { padded: !padded }, good)).rejects.toThrow('does not open')
      await expect(opened(key, { padded }, good.subarray(0, -1))).rejects.toThrow('no AES key wrap')
      await expect(opened(key, { padded }, Buffer.alloc(0))).rejects.toThrow('no AES key wrap')
    }
    expect(() => readWrapping({}, createSecretKey(randomBytes(20)))).toThrow('not an AES key')
  })

  test('under a key that HKDF makes agrees with openssl', async () => {
    const key = createSecretKey(randomBytes(40))
    const salt = randomBytes(8).toString('hex')
    for (const [hashAlgorithm, digest] of [
      ['hmac-sha1', 'SHA1'],
      ['hmac-sha256', 'SHA256'],
      ['hmac-sha512', 'SHA512'],
    ] as const) {
      const fields = { wrapHKDF: { hashAlgorithm, okmLen: 32, salt, info: 'c0ffee' } }
      const own = await wrapped(key, fields, hex(data256))
      const derived = openssl(
        'kdf',
        '-keylen',
        '32',
        '-binary',
        '-kdfopt',
        `digest:${digest}`,
        '-kdfopt',
        `hexkey:${key.export().toString('hex')}`,
        '-kdfopt',
        `hexsalt:${salt}`,
        '-kdfopt',
        'hexinfo:c0ffee',
        'HKDF',
      )
      expect((await opened(createSecretKey(derived), {}, own)).toString('hex')).toBe(data256)
      expect((await opened(key, fields, own)).toString('hex')).toBe(data256)
    }
    expect(() => readWrapping({ wrapHKDF: { okmLen: 20 } }, key)).toThrow('okmLen')
  })
})

describe('wrapping with a password', () => {
  const salt = '00112233445566778899aabbccddeeff'
  const pbe = { password: 'correct horse', salt, iteration: 1000, dklen: 32 }

  test.each([
    ['hmac-sha1', 'SHA1'],
    ['hmac-sha224', 'SHA224'],
    ['hmac-sha256', 'SHA256'],
    ['hmac-sha384', 'SHA384'],
    ['hmac-sha512', 'SHA512'],
    ['hmac-sha512/224', 'SHA512-224'],
    ['hmac-sha512/256', 'SHA512-256'],
    ['hmac-sha3-224', 'SHA3-224'],
    ['hmac-sha3-256', 'SHA3-256'],
    ['hmac-sha3-384', 'SHA3-384'],
    ['hmac-sha3-512', 'SHA3-512'],
  ])('and %s is undone with the key that openssl derives', async (hashAlgorithm, digest) => {
    const fields = { wrappingMethod: 'pbe', wrapPBE: { ...pbe, hashAlgorithm } }
    const own = await wrapped(undefined, fields, hex(data256))
    const derived = openssl(
      'kdf',
      '-keylen',
      '32',
      '-binary',
      '-kdfopt',
      `digest:${digest}`,
      '-kdfopt',
      `pass:${pbe.password}`,
      '-kdfopt',
      `hexsalt:${salt}`,
      '-kdfopt',
      'iter:1000',
      'PBKDF2',
    )
    expect((await opened(createSecretKey(derived), { padded: false }, own)).toString('hex')).toBe(
      data256,
    )
    expect((await opened(undefined, fields, own)).toString('hex')).toBe(data256)
    const wrong = { ...fields, wrapPBE: { ...fields.wrapPBE, password: 'wrong horse' } }
    await expect(opened(undefined, wrong, own)).rejects.toThrow('does not open')
  })

  test('puts the purpose before the salt', async () => {
    const fields = (more: object) => ({ wrappingMethod: 'pbe', wrapPBE: { ...pbe, ...more } })
    const own = await wrapped(undefined, fields({ purpose: 'backup' }), hex(data256))
    const joined = fields({ salt: Buffer.from('backup').toString('hex') + salt })
    expect((await opened(undefined, joined, own)).toString('hex')).toBe(data256)
  })

  test.each([
    [{ password: 'short' }, 'password'],
    [{ password: undefined }, 'password'],
    [{ salt: '00'.repeat(15) }, 'salt'],
    [{ salt: '00'.repeat(513) }, 'salt'],
    [{ iteration: 0 }, 'iteration'],
    [{ iteration: 10_000_001 }, 'iteration'],
    [{ iteration: undefined }, 'iteration'],
    [{ dklen: 13 }, 'dklen'],
    [{ dklen: 20 }, 'dklen'],
    [{ purpose: 'x'.repeat(129) }, 'purpose'],
    [{ hashAlgorithm: 'md5' }, 'md5'],
  ])('is refused with %o, and the password is not repeated', (change, sentence) => {
    const attempt = () =>
      readWrapping({ wrappingMethod: 'pbe', wrapPBE: { ...pbe, ...change } }, undefined)
    expect(attempt).toThrow(sentence)
    expect(attempt).not.toThrow('horse')
    expect(attempt).not.toThrow('short')
  })

  test('waits its turn, and too many are told to come again', async () => {
    const slow = { wrappingMethod: 'pbe', wrapPBE: { ...pbe, iteration: 20_000 } }
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, () => wrapped(undefined, slow, hex(data128))),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(8)
    await expect(wrapped(undefined, slow, hex(data128))).resolves.toHaveLength(24)
  })
})

describe('RSA', () => {
  test.each([
    ['pkcs1', ['rsa_padding_mode:pkcs1']],
    ['oaep', ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha1']],
    ['oaep256', ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha256']],
    ['oaep384', ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha384']],
    ['oaep512', ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha512']],
  ])('with %s is undone by openssl, and the reverse', async (wrapPublicKeyPadding, options) => {
    put('rsa.pem', pkcs8(rsa.privateKey))
    put('rsa.pub', spki(rsa.publicKey))
    const extra = options.flatMap((option) => ['-pkeyopt', option])
    const fields = { wrapPublicKeyPadding }
    put('wrapped', await wrapped(rsa.publicKey, fields, hex(data256)))
    const plain = openssl('pkeyutl', '-decrypt', '-inkey', 'rsa.pem', '-in', 'wrapped', ...extra)
    expect(plain.toString('hex')).toBe(data256)
    put('plain', hex(data256))
    const theirs = openssl(
      'pkeyutl',
      '-encrypt',
      '-pubin',
      '-inkey',
      'rsa.pub',
      '-in',
      'plain',
      ...extra,
    )
    const wrapping = readWrapping(fields, rsa.privateKey)
    const own = await unwrapBytes(theirs, rsa.privateKey, wrapping, { allowRsaPkcs1: true })
    expect(own.toString('hex')).toBe(data256)
    if (wrapPublicKeyPadding === 'pkcs1')
      await expect(unwrapBytes(theirs, rsa.privateKey, wrapping)).rejects.toThrow('off here')
    else
      await expect(
        unwrapBytes(Buffer.from(theirs).fill(1, 200), rsa.privateKey, wrapping),
      ).rejects.toThrow('does not open')
  })

  test('with AES between, as CKM_RSA_AES_KEY_WRAP has it, is undone step by step', async () => {
    for (const padding of ['oaep', 'oaep256', 'oaep384', 'oaep512'])
      for (const aesKeySize of [128, 192, 256]) {
        const fields = { wrapRSAAES: { aesKeySize, padding } }
        const plain = randomBytes(1217)
        const own = await wrapped(rsa.publicKey, fields, plain)
        put('outer', own.subarray(0, 256))
        put('inner', own.subarray(256))
        const digest = padding === 'oaep' ? 'sha1' : `sha${padding.slice(4)}`
        const key = openssl(
          'pkeyutl',
          '-decrypt',
          '-inkey',
          'rsa.pem',
          '-in',
          'outer',
          '-pkeyopt',
          'rsa_padding_mode:oaep',
          '-pkeyopt',
          `rsa_oaep_md:${digest}`,
        )
        expect(key.length * 8).toBe(aesKeySize)
        const args = [
          'enc',
          '-d',
          `-id-aes${aesKeySize}-wrap-pad`,
          '-iv',
          'A65959A6',
          '-K',
          key.toString('hex'),
          '-in',
          'inner',
        ]
        expect(openssl(...args).equals(plain)).toBe(true)
        expect((await opened(rsa.privateKey, fields, own)).equals(plain)).toBe(true)
        // The size that is stated is the size that must come.
        const other = { wrapRSAAES: { aesKeySize: aesKeySize === 128 ? 256 : 128, padding } }
        await expect(opened(rsa.privateKey, other, own)).rejects.toThrow('does not open')
      }
    expect(() => readWrapping({ wrapRSAAES: { padding: 'pkcs1' } }, rsa.publicKey)).toThrow('pkcs1')
    expect(() => readWrapping({ wrapRSAAES: { aesKeySize: 512 } }, rsa.publicKey)).toThrow('512')
  })

  test('does not take what is too long, and says what does', async () => {
    await expect(wrapped(rsa.publicKey, {}, Buffer.alloc(300))).rejects.toThrow(
      'RSAAESKEYWRAPPADDING',
    )
    await expect(
      opened(rsa.publicKey, { wrapPublicKeyPadding: 'oaep' }, Buffer.alloc(256)),
    ).rejects.toThrow('private key')
  })
})

describe('a JWE', () => {
  const contents = [
    'AES_128_GCM',
    'AES_192_GCM',
    'AES_256_GCM',
    'AES_128_CBC_HMAC_SHA_256',
    'AES_192_CBC_HMAC_SHA_384',
    'AES_256_CBC_HMAC_SHA_512',
  ]
  const keys: Record<string, readonly [KeyObject, KeyObject]> = {}
  for (const namedCurve of ['prime256v1', 'secp384r1', 'secp521r1']) {
    const pair = generateKeyPairSync('ec', { namedCurve })
    keys[namedCurve] = [pair.publicKey, pair.privateKey]
  }
  const x = generateKeyPairSync('x25519')
  keys['x25519'] = [x.publicKey, x.privateKey]
  keys['rsa'] = [rsa.publicKey, rsa.privateKey]
  for (const size of [128, 192, 256]) {
    const key = createSecretKey(randomBytes(size / 8))
    keys[`aes${size}`] = [key, key]
  }
  const ecdh = [
    'ECDH_ES',
    'ECDH_ES_AES_128_KEY_WRAP',
    'ECDH_ES_AES_192_KEY_WRAP',
    'ECDH_ES_AES_256_KEY_WRAP',
  ]
  const ways = [
    ...['RSA_OAEP_SHA1', 'RSA_OAEP_SHA256', 'RSA_OAEP_SHA384', 'RSA_OAEP_SHA512'].map(
      (alg) => ['rsa', alg] as const,
    ),
    ...['prime256v1', 'secp384r1', 'secp521r1', 'x25519'].flatMap((name) =>
      ecdh.map((alg) => [name, alg] as const),
    ),
    ...[128, 192, 256].map((size) => [`aes${size}`, `AES_${size}_KEY_WRAP`] as const),
  ]

  test.each(ways)(
    'under %s with %s is read by jose, and the reverse, for every content',
    async (name, alg) => {
      const [publicKey, privateKey] = keys[name] as [KeyObject, KeyObject]
      for (const contentEncryptionAlgorithm of contents) {
        const wrapJWE = {
          contentEncryptionAlgorithm,
          keyEncryptionAlgorithm: alg,
          keyIdentifier: 'k1',
          jwtIdentifier: 'j1',
        }
        const wrapping = readWrapping({ wrapJWE }, publicKey)
        const jwe = (await wrapBytes(hex(data256), publicKey, wrapping)).toString()
        const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey)
        expect(Buffer.from(plaintext).toString('hex')).toBe(data256)
        expect(protectedHeader).toMatchObject({ kid: 'k1', jti: 'j1' })
        const theirs = await new CompactEncrypt(hex(data256))
          .setProtectedHeader({ alg: protectedHeader.alg, enc: protectedHeader.enc })
          .encrypt(publicKey)
        for (const fields of [{ wrapJWE }, { format: 'jwe' }]) {
          const reading = readWrapping(fields, privateKey)
          const own = await unwrapBytes(Buffer.from(theirs), privateKey, reading)
          expect(own.toString('hex')).toBe(data256)
        }
      }
    },
  )

  test('is the one of RFC 7516 appendix A.3', async () => {
    const key = createSecretKey(Buffer.from('GawgguFyGrWKav7AX4VKUg', 'base64url'))
    const jwe =
      'eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ'
    expect((await opened(key, { format: 'jwe' }, Buffer.from(jwe))).toString()).toBe(
      'Live long and prosper.',
    )
  })

  test('agrees on the key of RFC 7518 appendix C', async () => {
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: 'weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ',
      y: 'e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck',
      d: 'VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw',
    }
    const epk = {
      kty: 'EC',
      crv: 'P-256',
      x: 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0',
      y: 'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps',
    }
    const header = { alg: 'ECDH-ES', enc: 'A128GCM', apu: 'QWxpY2U', apv: 'Qm9i', epk }
    const part = Buffer.from(JSON.stringify(header)).toString('base64url')
    const iv = randomBytes(12)
    const cipher = createCipheriv(
      'aes-128-gcm',
      Buffer.from('VqqN6vgjbSBcIijNcacQGg', 'base64url'),
      iv,
    )
    cipher.setAAD(Buffer.from(part))
    const text = Buffer.concat([cipher.update('agreed'), cipher.final()])
    const jwe = [
      part,
      '',
      ...[iv, text, cipher.getAuthTag()].map((bytes) => bytes.toString('base64url')),
    ].join('.')
    const key = createPrivateKey({ key: jwk, format: 'jwk' })
    expect((await opened(key, { format: 'jwe' }, Buffer.from(jwe))).toString()).toBe('agreed')
  })

  test('under RSA1_5 is read where that is allowed, and tells nothing when it is wrong', async () => {
    const wrapping = readWrapping({ wrapJWE: { keyEncryptionAlgorithm: 'RSA1_5' } }, rsa.privateKey)
    const jwe = await wrapBytes(hex(data256), rsa.publicKey, wrapping)
    await expect(unwrapBytes(jwe, rsa.privateKey, wrapping)).rejects.toThrow('RSA1_5 is off')
    const allowed = { allowRsaPkcs1: true }
    expect((await unwrapBytes(jwe, rsa.privateKey, wrapping, allowed)).toString('hex')).toBe(
      data256,
    )
    const parts = jwe.toString().split('.')
    const padding = constants.RSA_PKCS1_PADDING
    for (const cek of [
      randomBytes(256),
      publicEncrypt({ key: rsa.publicKey, padding }, randomBytes(31)),
      publicEncrypt({ key: rsa.publicKey, padding }, randomBytes(32)),
    ]) {
      cek[0] = 0
      const forged = [parts[0], cek.toString('base64url'), ...parts.slice(2)].join('.')
      await expect(
        unwrapBytes(Buffer.from(forged), rsa.privateKey, wrapping, allowed),
      ).rejects.toThrow('does not open')
    }
  })

  test.each([
    ['four parts', (parts: string[]) => parts.slice(0, 4), 'five parts'],
    ['six parts', (parts: string[]) => [...parts, ''], 'five parts'],
    ['padding', (parts: string[]) => [`${parts[0]}=`, ...parts.slice(1)], 'JSON'],
    [
      'a changed tag',
      (parts: string[]) => [...parts.slice(0, 4), randomBytes(16).toString('base64url')],
      'does not open',
    ],
    [
      'a short tag',
      (parts: string[]) => [
        ...parts.slice(0, 4),
        Buffer.from(parts[4] ?? '', 'base64url')
          .subarray(0, 12)
          .toString('base64url'),
      ],
      'does not open',
    ],
    ['no tag', (parts: string[]) => [...parts.slice(0, 4), ''], 'does not open'],
    [
      'another IV',
      (parts: string[]) => [
        ...parts.slice(0, 2),
        randomBytes(12).toString('base64url'),
        ...parts.slice(3),
      ],
      'does not open',
    ],
    [
      'a longer IV',
      (parts: string[]) => [
        ...parts.slice(0, 2),
        randomBytes(16).toString('base64url'),
        ...parts.slice(3),
      ],
      'does not open',
    ],
    [
      'a critical part',
      (parts: string[]) => [changed(parts, { crit: ['x'] }), ...parts.slice(1)],
      'critical',
    ],
    [
      'compression',
      (parts: string[]) => [changed(parts, { zip: 'DEF' }), ...parts.slice(1)],
      'compressed',
    ],
    [
      'dir',
      (parts: string[]) => [changed(parts, { alg: 'dir' }), ...parts.slice(1)],
      'not read here',
    ],
    [
      'PBES2',
      (parts: string[]) => [
        changed(parts, { alg: 'PBES2-HS256+A128KW', p2c: 1e9 }),
        ...parts.slice(1),
      ],
      'not read here',
    ],
    [
      'an inherited name',
      (parts: string[]) => [changed(parts, { enc: 'constructor' }), ...parts.slice(1)],
      'not read here',
    ],
    [
      'another content',
      (parts: string[]) => [changed(parts, { enc: 'A128GCM' }), ...parts.slice(1)],
      'does not open',
    ],
    [
      'another key',
      (parts: string[]) => [changed(parts, { alg: 'A256KW' }), ...parts.slice(1)],
      'does not go with',
    ],
    [
      'a list for a header',
      (parts: string[]) => [Buffer.from('[]').toString('base64url'), ...parts.slice(1)],
      'object',
    ],
  ])('with %s is refused', async (_name, change, sentence) => {
    const wrapping = readWrapping({ format: 'jwe' }, rsa.privateKey)
    const jwe = (await wrapBytes(hex(data256), rsa.publicKey, wrapping)).toString()
    const attempt = unwrapBytes(
      Buffer.from(change(jwe.split('.')).join('.')),
      rsa.privateKey,
      wrapping,
    )
    await expect(attempt).rejects.toThrow(sentence)
    await expect(attempt).rejects.toMatchObject({ kind: 'invalid-parameter' })
  })

  test('with an ephemeral key off the curve, on another one or of no kind is refused', async () => {
    const [publicKey, privateKey] = keys['prime256v1'] as [KeyObject, KeyObject]
    const wrapping = readWrapping({ format: 'jwe' }, privateKey)
    const parts = (await wrapBytes(hex(data256), publicKey, wrapping)).toString().split('.')
    const { epk } = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString())
    for (const bad of [
      { ...epk, y: epk.x },
      { ...epk, crv: 'P-384' },
      'epk',
      null,
      undefined,
      {},
    ]) {
      const forged = [changed(parts, { epk: bad }), ...parts.slice(1)].join('.')
      await expect(unwrapBytes(Buffer.from(forged), privateKey, wrapping)).rejects.toThrow(
        'ephemeral key',
      )
    }
  })
})

function changed(parts: readonly string[], change: object): string {
  const header = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString())
  return Buffer.from(JSON.stringify({ ...header, ...change })).toString('base64url')
}

describe('a key that travels wrapped', () => {
  const kinds: readonly KeySpec[] = [
    readSpec({}),
    readSpec({ xts: true }),
    readSpec({ algorithm: 'tdes' }),
    readSpec({ algorithm: 'aria', size: 192 }),
    readSpec({ algorithm: 'hmac-sha512' }),
    readSpec({ algorithm: 'rsa' }),
    readSpec({ algorithm: 'ec' }),
    readSpec({ algorithm: 'ed25519' }),
    readSpec({ algorithm: 'ml-kem' }),
    readSpec({ algorithm: 'ml-dsa' }),
  ]
  const pbe = { password: 'correct horse', salt: '00'.repeat(16), iteration: 10 }
  const ways: readonly [string, KeyObject | undefined, KeyObject | undefined, WrapFields][] = [
    ['AES', aes(kek(32)), aes(kek(32)), {}],
    [
      'AES with padding',
      aes(kek(32)),
      aes(kek(32)),
      { wrappingEncryptionAlgo: 'aes/aeskeywrappadding' },
    ],
    ['a password', undefined, undefined, { wrappingMethod: 'PBE', wrapPBE: pbe }],
    ['RSA with OAEP', rsa.publicKey, rsa.privateKey, { wrapPublicKeyPadding: 'oaep256' }],
    [
      'RSA and AES',
      rsa.publicKey,
      rsa.privateKey,
      { wrappingEncryptionAlgo: 'RSA/RSAAESKEYWRAPPADDING' },
    ],
    ['a JWE', rsa.publicKey, rsa.privateKey, { format: 'jwe' }],
  ]

  test.each(
    kinds.flatMap((spec) => ways.map((way) => [spec.algorithm, way[0], spec, way] as const)),
  )(
    '%s comes back from under %s',
    async (_algorithm, _name, spec, [name, wrapKey, unwrapKey, fields]) => {
      const material = await generator.generate(spec)
      const isPair = material.form === 'pkcs8'
      const wrapping = readWrapping(fields, wrapKey)
      const options = { combineXts: true, id: 'the-id' }
      if (isPair && name === 'RSA with OAEP') {
        await expect(wrapMaterial(spec, material, wrapKey, wrapping)).rejects.toThrow(
          'RSAAESKEYWRAPPADDING',
        )
        return
      }
      const asked = { algorithm: spec.algorithm, curveid: spec.curve, xts: spec.xts }
      for (const more of isPair && name !== 'a JWE' ? [{}, { pemWrap: true }] : [{}]) {
        const out = await wrapMaterial(spec, material, wrapKey, wrapping, { ...options, ...more })
        const back = await unwrapMaterial(asked, out, unwrapKey, readWrapping(fields, unwrapKey))
        expect(back.spec).toEqual(spec)
        expect(bytesOf(back.material)).toBe(bytesOf(material))
        expect(out.material).not.toContain(bytesOf(material))
      }
      const broken = unwrapMaterial(
        { algorithm: 'hmac-sha256', size: 128 },
        await wrapMaterial(spec, material, wrapKey, wrapping, options),
        unwrapKey,
        wrapping,
      )
      await expect(broken).rejects.toMatchObject({ kind: 'invalid-parameter' })
    },
  )

  test('in a JWE has its id beside it and inside', async () => {
    const material = await generator.generate(readSpec({}))
    const wrapping = readWrapping({ format: 'jwe' }, rsa.publicKey)
    const out = await wrapMaterial(readSpec({}), material, rsa.publicKey, wrapping, {
      id: 'the-id',
      format: 'jwe',
    })
    expect(out.format).toBe('jwe')
    const { kid, jwe } = JSON.parse(out.material)
    expect(kid).toBe('the-id')
    const { protectedHeader } = await compactDecrypt(jwe, rsa.privateKey)
    expect(protectedHeader).toMatchObject({ alg: 'RSA-OAEP', enc: 'A256GCM', kid: 'the-id' })
    expect(protectedHeader['jti']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('when it is a certificate must be padded', async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      'k.pem',
      '-out',
      'c.pem',
      '-subj',
      '/CN=c',
    )
    const material = readFileSync(join(folder, 'c.pem'), 'utf8')
    const read = await importMaterial({}, { material })
    const key = aes(kek(16))
    const plain = readWrapping({ padded: false }, key)
    await expect(wrapMaterial(read.spec, read.material, key, plain)).rejects.toThrow('padded')
    for (const more of [{}, { pemWrap: true }]) {
      const out = await wrapMaterial(
        read.spec,
        read.material,
        key,
        readWrapping({ padded: true }, key),
        more,
      )
      const back = await unwrapMaterial(
        {},
        { material: out.material, objectType: 'Certificate' },
        key,
        readWrapping({}, key),
      )
      expect(bytesOf(back.material)).toBe(bytesOf(read.material))
    }
  })

  test.each([
    [{ wrappingMethod: 'rot13' }, 'rot13'],
    [{ wrappingMethod: 'mac/sign' }, 'mac/sign'],
    [{ wrappingMethod: 'pbe' }, 'wrapPBE'],
    [{ wrappingEncryptionAlgo: 'RSA/RSAAESKEYWRAPPADDING' }, 'goes with'],
    [{ wrapJWE: { contentEncryptionAlgorithm: 'A1' } }, 'A1'],
    [{ wrapJWE: { keyEncryptionAlgorithm: 'toString' } }, 'toString'],
  ])('in a way that is none is refused: %o', (fields, sentence) => {
    expect(() => readWrapping(fields, aes(kek(32)))).toThrow(sentence)
  })

  test('needs a key that can wrap', () => {
    expect(() => readWrapping({}, undefined)).toThrow('key to wrap with')
    const curve = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey
    expect(() => readWrapping({}, curve)).toThrow('JWE')
    expect(() => readWrapping({ wrappingEncryptionAlgo: 'AES/AESKEYWRAP' }, rsa.publicKey)).toThrow(
      'goes with',
    )
  })
})

describe('a key that travels with a check of its octets', () => {
  const bytes = hex(data256)
  test('by HMAC has the one that openssl makes', async () => {
    const spec = readSpec({ algorithm: 'hmac-sha384' })
    const material = await generator.generate(spec)
    const own = await macSign(bytes, spec, keyObject(material), {})
    put('plain', bytes)
    const theirs = openssl(
      'mac',
      '-digest',
      'SHA384',
      '-macopt',
      `hexkey:${bytesOf(material)}`,
      '-in',
      'plain',
      'HMAC',
    )
    expect(own).toBe(theirs.toString().trim().toLowerCase())
    const key = keyObject(material)
    expect(verifyMacSign(bytes, own, spec, key, {})).toBe(true)
    expect(verifyMacSign(bytes, hex(own).toString('base64'), spec, key, {})).toBe(true)
    expect(verifyMacSign(hex(data128), own, spec, key, {})).toBe(false)
    expect(verifyMacSign(bytes, own.slice(2), spec, key, {})).toBe(false)
    expect(verifyMacSign(bytes, '', spec, key, {})).toBe(false)
  })

  test('by RSA verifies with openssl, and not with another digest', async () => {
    const spec = readSpec({ algorithm: 'rsa' })
    const material = await generator.generate(spec)
    const key = keyObject(material)
    const publicKey = createPublicKey(key)
    put('sign.pub', spki(publicKey))
    put('plain', bytes)
    for (const [signingAlgo, options] of [
      ['RSA', []],
      ['RSA-PSS', ['-sigopt', 'rsa_padding_mode:pss']],
    ] as const) {
      const fields = { signingAlgo, wrappingHashAlgo: 'SHA512' }
      const own = await macSign(bytes, spec, key, fields)
      put('signature', hex(own))
      expect(
        openssl(
          'dgst',
          '-sha512',
          '-verify',
          'sign.pub',
          ...options,
          '-signature',
          'signature',
          'plain',
        ).toString(),
      ).toContain('OK')
      expect(verifyMacSign(bytes, own, spec, publicKey, fields)).toBe(true)
      expect(
        verifyMacSign(bytes, own, spec, publicKey, { ...fields, wrappingHashAlgo: 'sha256' }),
      ).toBe(false)
      expect(verifyMacSign(bytes, 'zz', spec, publicKey, fields)).toBe(false)
    }
    await expect(macSign(bytes, spec, key, { wrappingHashAlgo: 'sha1' })).rejects.toThrow('sha1')
    await expect(macSign(bytes, spec, key, { wrappingHashAlgo: 'md5' })).rejects.toThrow('md5')
    await expect(macSign(bytes, spec, key, { signingAlgo: 'DSA' })).rejects.toThrow('DSA')
    await expect(macSign(bytes, spec, keyObject(publicHalf(material)), {})).rejects.toThrow(
      'private key',
    )
    await expect(macSign(bytes, readSpec({}), key, {})).rejects.toThrow('HMAC')
  })
})
