/**
 * Reference sections 3.1 and 3.2: every algorithm in every size, every curve, every form in which material comes.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 3.1 each symmetric algorithm, its sizes and default | symmetric, wrongSizes |
 * | 3.1 rsa, ec, ml-dsa, ml-kem, and those of this project | asymmetric |
 * | 3.1 curves | curves |
 * | 3.2 each kind of object | hexadecimal, pem, archives, opaque |
 */
import { del, type Exchange, get, post, type Scenario } from '../exchange.ts'
import { type Expected, someText } from '../expect.ts'
import { assumed, named, ours } from '../identity/common.ts'
import {
  KEYS,
  makeKey,
  nothingRefused,
  refusedKey,
  removeKey,
  removePublic,
  wrongValue,
} from './common.ts'
import { AES_128, AES_256, certificate, ecKey, rsaKey, sha1, sha256 } from './materials.ts'

/** Sizes of reference 3.1, the default first. */
const SYMMETRIC: Readonly<Record<string, readonly number[]>> = {
  aes: [256, 128, 192],
  tdes: [192, 128],
  aria: [256, 128, 192],
  'hmac-sha1': [160, 128, 168, 512],
  'hmac-sha256': [256, 128, 192],
  'hmac-sha384': [384, 192, 288],
  'hmac-sha512': [512, 256, 384],
}

const symmetric: Scenario = {
  name: 'symmetric keys are made in each size that there is',
  exchanges: Object.entries(SYMMETRIC).flatMap(([algorithm, [standard = 0, ...others]]) => [
    makeKey(
      algorithm,
      { algorithm },
      { algorithm: algorithm.toUpperCase(), size: standard, objectType: 'Symmetric Key' },
    ),
    ...others.map((size) =>
      makeKey(
        `${algorithm}-${size}`,
        { algorithm, size },
        { algorithm: algorithm.toUpperCase(), size },
      ),
    ),
  ]),
  tidy: Object.entries(SYMMETRIC).flatMap(([algorithm, [, ...others]]) => [
    removeKey(algorithm),
    ...others.map((size) => removeKey(`${algorithm}-${size}`)),
  ]),
}

const wrongSizes: Scenario = {
  name: 'a size that an algorithm does not have is refused',
  exchanges: [
    ...[
      ['aes', 100],
      ['aes', 512],
      ['tdes', 64],
      ['aria', 64],
      ['hmac-sha1', 120],
      ['hmac-sha256', 160],
      ['hmac-sha384', 256],
      ['hmac-sha512', 128],
      ['rsa', 1536],
      ['ml-kem', 640],
      ['ml-dsa', 50],
    ].map(([algorithm, size]) => refusedKey(`${algorithm} of ${size}`, { algorithm, size })),
    ours(refusedKey('rsa of 1024', { algorithm: 'rsa', size: 1024 })),
    ours(refusedKey('rsa of 512', { algorithm: 'rsa', size: 512 })),
    refusedKey('an algorithm that is none', { algorithm: 'des' }),
    refusedKey('a curve that is none', { algorithm: 'ec', curveid: 'P-256' }),
    refusedKey('a curve and a size that is another', {
      algorithm: 'ec',
      curveid: 'prime256v1',
      size: 384,
    }),
    refusedKey('a curve of a key that has none', { algorithm: 'aes', curveid: 'prime256v1' }),
    refusedKey('halves of what has none', { algorithm: 'aria', xts: true }),
    ours(
      post('SEED is not in this OpenSSL', KEYS, { name: named('refused'), algorithm: 'seed' }, 501),
    ),
    nothingRefused,
  ],
}

const pair = (key: string, fields: object, body: Expected): Exchange =>
  makeKey(key, fields, {
    objectType: 'Private Key',
    publickey: /^-----BEGIN PUBLIC KEY-----/,
    ...(body as object),
  })

const asymmetric: Scenario = {
  name: 'pairs are made of each kind that there is',
  exchanges: [
    ours(pair('rsa', { algorithm: 'rsa' }, { algorithm: 'RSA', size: 2048 })),
    pair('rsa-3072', { algorithm: 'RSA', size: 3072 }, { size: 3072 }),
    pair('rsa-4096', { algorithm: 'RSA', size: 4096 }, { size: 4096 }),
    pair('ec', { algorithm: 'ec' }, { algorithm: 'EC', curveid: 'secp384r1', size: 384 }),
    assumed(pair('dsa', { algorithm: 'ml-dsa' }, { algorithm: 'ML-DSA', size: 65 })),
    ...[44, 65, 87].map((size) =>
      assumed(pair(`dsa-${size}`, { algorithm: 'ML-DSA', size }, { size })),
    ),
    assumed(pair('kem', { algorithm: 'ml-kem' }, { algorithm: 'ML-KEM', size: 768 })),
    ...[512, 1024].map((size) =>
      assumed(pair(`kem-${size}`, { algorithm: 'ml-kem', size }, { size })),
    ),
    ours(pair('kem-name', { algorithm: 'ml-kem-768' }, { algorithm: 'ML-KEM', size: 768 })),
    ours(
      pair(
        'slh',
        { algorithm: 'slh-dsa', curveid: 'sha2-128f' },
        { algorithm: 'SLH-DSA', size: 128 },
      ),
    ),
    ...['ed25519', 'x25519'].map((algorithm) =>
      ours(pair(algorithm, { algorithm }, { algorithm: 'EC', size: 256 })),
    ),
  ],
  tidy: [
    'rsa',
    'rsa-3072',
    'rsa-4096',
    'ec',
    'dsa',
    'dsa-44',
    'dsa-65',
    'dsa-87',
    'kem',
    'kem-512',
    'kem-1024',
    'kem-name',
    'slh',
    'ed25519',
    'x25519',
  ].flatMap((key) => [removeKey(key), removePublic(key)]),
}

const CURVES: Readonly<Record<string, number>> = {
  secp224k1: 224,
  secp224r1: 224,
  secp256k1: 256,
  secp384r1: 384,
  secp521r1: 521,
  prime256v1: 256,
  brainpoolP224r1: 224,
  brainpoolP224t1: 224,
  brainpoolP256r1: 256,
  brainpoolP256t1: 256,
  brainpoolP384r1: 384,
  brainpoolP384t1: 384,
  brainpoolP512r1: 512,
  brainpoolP512t1: 512,
  curve25519: 256,
}

const curves: Scenario = {
  name: 'there are keys on each curve',
  exchanges: Object.entries(CURVES).map(([curveid, size]) =>
    pair(curveid, { algorithm: 'EC', curveid }, { curveid, size }),
  ),
  tidy: Object.keys(CURVES).flatMap((key) => [removeKey(key), removePublic(key)]),
}

const TDES = '0123456789abcdeffedcba98765432101023456789abcdef'
/** The same key, but for bits that are not part of it. */
const TDES_EVEN = '0022446688aacceefedcba98765432101023456789abcdef'

const exported = (name: string, key: string, fields: object, body: Expected): Exchange =>
  post(name, `${KEYS}/{{${key}}}/export`, fields, 200, body)

const hexadecimal: Scenario = {
  name: 'symmetric material is hexadecimal, coming and going',
  exchanges: [
    makeKey(
      'aes',
      { algorithm: 'aes', material: AES_128 },
      { size: 128, sha1Fingerprint: sha1(AES_128), sha256Fingerprint: sha256(AES_128) },
    ),
    exported('AES', 'aes', {}, { material: AES_128, format: 'raw' }),
    makeKey(
      'upper',
      { algorithm: 'aes', size: 256, material: AES_256.toUpperCase() },
      { size: 256 },
    ),
    exported('in lower case', 'upper', {}, { material: AES_256 }),
    makeKey(
      'base64',
      { material: Buffer.from(AES_256, 'hex').toString('base64'), encoding: 'base64' },
      { sha256Fingerprint: sha256(AES_256) },
    ),
    makeKey(
      'format',
      { material: Buffer.from(AES_256, 'hex').toString('base64'), format: 'base64' },
      { sha256Fingerprint: sha256(AES_256) },
    ),
    makeKey(
      'both',
      { material: AES_256, format: 'base64', encoding: 'hex' },
      { sha256Fingerprint: sha256(AES_256) },
    ),
    makeKey('aria', { algorithm: 'aria', material: AES_128 }, { algorithm: 'ARIA', size: 128 }),
    exported('ARIA', 'aria', {}, { material: AES_128 }),
    makeKey('hmac', { algorithm: 'hmac-sha256', material: AES_256 }, { size: 256 }),
    exported('HMAC', 'hmac', {}, { material: AES_256 }),
    makeKey('tdes', { algorithm: 'tdes', material: TDES }, { size: 192 }),
    exported('TDES', 'tdes', {}, { material: '0123456789abcdeffedcba98765432101023456789abcdef' }),
    makeKey(
      'parity',
      { algorithm: 'tdes', material: TDES_EVEN },
      { size: 192, sha256Fingerprint: someText },
    ),
    exported(
      'parity is corrected',
      'parity',
      {},
      { material: '0123456789abcdeffedcba98765432101023456789abcdef' },
    ),
    makeKey('xts', { xts: true, material: `${AES_256}${'f0'.repeat(32)}` }, { size: 256 }),
    exported(
      'both halves',
      'xts',
      { combineXts: true },
      { material: `${AES_256}${'f0'.repeat(32)}` },
    ),
    ours(exported('or the first', 'xts', {}, { material: AES_256 })),
    refusedKey('a size that it does not have', { algorithm: 'aes', size: 128, material: AES_256 }),
    refusedKey('what is no hexadecimal', { material: 'not hexadecimal' }),
    refusedKey('an odd number of digits', { material: `${AES_128}0` }),
    refusedKey('a length that is none', { material: AES_128.slice(2) }),
    refusedKey('an encoding that is none', { material: AES_128, encoding: 'base32' }),
    refusedKey('a format that is none', { material: AES_128, format: 'jks' }),
    nothingRefused,
  ],
  tidy: ['aes', 'upper', 'base64', 'format', 'both', 'aria', 'hmac', 'tdes', 'parity', 'xts'].map(
    removeKey,
  ),
}

const pem: Scenario = {
  name: 'asymmetric material is PEM, private or public, PKCS #1 or PKCS #8',
  exchanges: [
    makeKey(
      'rsa8',
      { algorithm: 'RSA', material: rsaKey.pkcs8 },
      {
        size: 2048,
        objectType: 'Private Key',
        sha1Fingerprint: rsaKey.sha1,
        sha256Fingerprint: rsaKey.sha256,
        publickey: rsaKey.spki,
      },
    ),
    exported('PKCS #8', 'rsa8', {}, { material: rsaKey.pkcs8, format: 'pkcs8' }),
    exported('PKCS #1', 'rsa8', { format: 'pkcs1' }, { material: rsaKey.pkcs1, format: 'pkcs1' }),
    exported('DER', 'rsa8', { encoding: 'hex' }, { material: rsaKey.pkcs8Der.toString('hex') }),
    exported(
      'DER in base64',
      'rsa8',
      { encoding: 'base64' },
      { material: rsaKey.pkcs8Der.toString('base64'), encoding: 'base64' },
    ),
    get(
      'its public key came with it',
      `${KEYS}/${named('rsa8')}-pub`,
      200,
      { objectType: 'Public Key', sha256Fingerprint: rsaKey.sha256 },
      { keep: { half: 'id' } },
    ),
    exported('a public key', 'half', {}, { material: rsaKey.spki }),
    exported(
      'a public key, PKCS #1',
      'half',
      { format: 'pkcs1' },
      { material: rsaKey.publicPkcs1 },
    ),
    makeKey(
      'rsa1',
      { algorithm: 'rsa', material: rsaKey.pkcs1 },
      { sha256Fingerprint: rsaKey.sha256 },
    ),
    makeKey(
      'public8',
      { algorithm: 'rsa', material: rsaKey.spki },
      { objectType: 'Public Key', size: 2048 },
    ),
    makeKey(
      'public1',
      { algorithm: 'rsa', objectType: 'Public Key', material: rsaKey.publicPkcs1 },
      { objectType: 'Public Key', size: 2048 },
    ),
    makeKey(
      'ec8',
      { algorithm: 'ec', material: ecKey.pkcs8 },
      { curveid: 'prime256v1', sha256Fingerprint: ecKey.sha256 },
    ),
    exported('EC', 'ec8', {}, { material: ecKey.pkcs8 }),
    makeKey(
      'ec1',
      { algorithm: 'EC', curveid: 'prime256v1', material: ecKey.pkcs1 },
      { sha256Fingerprint: ecKey.sha256 },
    ),
    makeKey(
      'ecp',
      { algorithm: 'EC', material: ecKey.spki },
      { objectType: 'Public Key', curveid: 'prime256v1' },
    ),
    refusedKey('another algorithm', { algorithm: 'rsa', material: ecKey.pkcs8 }),
    refusedKey('another size', { algorithm: 'rsa', size: 4096, material: rsaKey.pkcs8 }),
    refusedKey('another curve', { algorithm: 'ec', curveid: 'secp384r1', material: ecKey.pkcs8 }),
    refusedKey('another kind of object', {
      algorithm: 'rsa',
      objectType: 'Private Key',
      material: rsaKey.spki,
    }),
    refusedKey('what is no key', {
      algorithm: 'rsa',
      material: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
    }),
    refusedKey('a format that RSA does not have', {
      algorithm: 'rsa',
      material: rsaKey.pkcs8,
      format: 'jwe',
    }),
    nothingRefused,
  ],
  tidy: ['rsa8', 'half', 'rsa1', 'public8', 'public1', 'ec8', 'ec1', 'ecp']
    .map(removeKey)
    .concat(['rsa1', 'ec8', 'ec1'].map(removePublic)),
}

const PASSWORD = Buffer.from('open sesame').toString('base64')

const archives: Scenario = {
  name: 'an RSA key goes and comes as PKCS #12, in base64, with a password',
  exchanges: [
    makeKey('rsa', { algorithm: 'rsa', material: rsaKey.pkcs8 }),
    post(
      'out',
      `${KEYS}/{{rsa}}/export`,
      { format: 'pkcs12', password: PASSWORD },
      200,
      { format: 'pkcs12', encoding: 'base64', material: /^MI[A-Za-z0-9+/]+=*$/ },
      { keep: { archive: 'material' } },
    ),
    makeKey(
      'back',
      { algorithm: 'rsa', format: 'pkcs12', material: '{{archive}}', password: PASSWORD },
      { sha256Fingerprint: rsaKey.sha256, objectType: 'Private Key' },
    ),
    post(
      'the password as a secret',
      '/vault/secrets',
      { name: named('word'), dataType: 'password', material: 'open sesame' },
      201,
      { objectType: 'Secret Data' },
      { keep: { word: 'id' } },
    ),
    makeKey(
      'linked',
      {
        algorithm: 'rsa',
        format: 'pkcs12',
        material: '{{archive}}',
        secretDataLink: named('word'),
      },
      { sha256Fingerprint: rsaKey.sha256 },
    ),
    makeKey(
      'by-id',
      { algorithm: 'rsa', format: 'pkcs12', material: '{{archive}}', secretDataLink: '{{word}}' },
      { sha256Fingerprint: rsaKey.sha256 },
    ),
    post(
      'out, with that',
      `${KEYS}/{{rsa}}/export`,
      { format: 'pkcs12', secretDataLink: named('word') },
      200,
      { format: 'pkcs12' },
    ),
    refusedKey('the wrong password', {
      algorithm: 'rsa',
      format: 'pkcs12',
      material: '{{archive}}',
      password: Buffer.from('wrong one').toString('base64'),
    }),
    refusedKey('none', { algorithm: 'rsa', format: 'pkcs12', material: '{{archive}}' }),
    refusedKey('a password that is no base64', {
      algorithm: 'rsa',
      format: 'pkcs12',
      material: '{{archive}}',
      password: '*',
    }),
    post(
      'a secret that is not there',
      KEYS,
      {
        name: named('refused'),
        algorithm: 'rsa',
        format: 'pkcs12',
        material: '{{archive}}',
        secretDataLink: named('none'),
      },
      404,
    ),
    post(
      'the password in hexadecimal, as it comes over KMIP',
      '/vault/secrets',
      {
        name: named('hex'),
        dataType: 'password',
        material: Buffer.from('open sesame').toString('hex'),
      },
      201,
      { objectType: 'Secret Data' },
      { keep: { hex: 'id' } },
    ),
    makeKey(
      'by-hex',
      {
        algorithm: 'rsa',
        format: 'pkcs12',
        material: '{{archive}}',
        secretDataLink: named('hex'),
        secretDataEncoding: 'HEX',
      },
      { sha256Fingerprint: rsaKey.sha256 },
    ),
    makeKey('sym'),
    post(
      'a symmetric key has no such form',
      `${KEYS}/{{sym}}/export`,
      { format: 'pkcs12', password: PASSWORD },
      400,
      wrongValue,
    ),
    nothingRefused,
  ],
  tidy: ['rsa', 'back', 'linked', 'by-id', 'by-hex']
    .flatMap((key) => [removeKey(key), removePublic(key)])
    .concat([removeKey('sym'), removeKey('word'), removeKey('hex')]),
}

const opaque: Scenario = {
  name: 'opaque objects and certificates hold what they were given',
  exchanges: [
    makeKey(
      'blob',
      { algorithm: 'opaque', material: '00ff10' },
      { algorithm: 'OPAQUE', size: 24, objectType: 'Opaque Object' },
    ),
    exported('out', 'blob', {}, { material: '00ff10', format: 'opaque' }),
    makeKey(
      'data',
      { algorithm: 'opaque', objectType: 'Secret Data', material: '00ff10' },
      { objectType: 'Secret Data' },
    ),
    makeKey(
      'cert',
      { objectType: 'Certificate', material: certificate.pem },
      { objectType: 'Certificate' },
    ),
    exported('PEM', 'cert', {}, { material: /^-----BEGIN CERTIFICATE-----/ }),
    makeKey(
      'der',
      { objectType: 'Certificate', material: certificate.der.toString('hex') },
      { objectType: 'Certificate' },
    ),
    exported('DER', 'der', {}, { material: certificate.der.toString('hex') }),
    refusedKey('DER that is said to be PEM', {
      objectType: 'Certificate',
      certType: 'x509-pem',
      material: certificate.der.toString('hex'),
    }),
    refusedKey('a type that is none', {
      objectType: 'Certificate',
      certType: 'x400',
      material: certificate.pem,
    }),
    nothingRefused,
    del('gone', `${KEYS}/{{blob}}`, 204),
  ],
  tidy: ['blob', 'data', 'cert', 'der'].map(removeKey),
}

export const algorithms: readonly Scenario[] = [
  symmetric,
  wrongSizes,
  asymmetric,
  curves,
  hexadecimal,
  pem,
  archives,
  opaque,
]
