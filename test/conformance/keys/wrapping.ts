/**
 * Reference section 8: material going out and coming in, plain and wrapped. What wraps here is compared with what Node
 * wraps for itself, so that neither side is its own witness.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | export without a body, of an unexportable key, neverExported | plain |
 * | format, encoding, combineXts | plain, algorithms.ts |
 * | password, secretDataLink | algorithms.ts |
 * | wrapKeyName, wrapKeyIDType, AES/AESKEYWRAP and PADDING, padded, pemWrap, wrapHKDF | aes |
 * | wrapPublicKey and its paddings, wrapRSAAES | rsa |
 * | mac/sign, macSignBytes, wrappingHashAlgo, signingAlgo | macSign |
 * | wrapPBE, by password and by secret | pbe |
 * | wrapJWE | jwes |
 * | import of each; wrapped answer to create and to new versions | in each |
 * | wrapIV | not here: the IV of RFC 3394 is fixed, and no client was seen to send another |
 */
import { type Exchange, patch, post, type Scenario } from '../exchange.ts'
import { absent, type Expected, someText } from '../expect.ts'
import { assumed, named, notFound, ours } from '../identity/common.ts'
import {
  BASE64,
  HEX,
  KEYS,
  makeKey,
  nothingRefused,
  refusedKey,
  removeKey,
  removePublic,
  wrongValue,
} from './common.ts'
import {
  AES_128,
  AES_256,
  aesWrapped,
  certificate,
  digestOf,
  ecKey,
  hkdfWrapped,
  jwe,
  mac,
  oaepWrapped,
  passwordWrapped,
  RFC_3394,
  rsaAesWrapped,
  rsaKey,
  sha256,
  signed,
} from './materials.ts'

const bytes = (text: string) => Buffer.from(text, 'hex')
const out = (name: string, key: string, fields: object, body: Expected, keep?: string): Exchange =>
  post(
    name,
    `${KEYS}/{{${key}}}/export`,
    fields,
    200,
    body,
    keep ? { keep: { [keep]: 'material' } } : {},
  )
const notOut = (name: string, key: string, fields: object, status = 400): Exchange =>
  post(name, `${KEYS}/{{${key}}}/export`, fields, status, status === 400 ? wrongValue : undefined)
/** The material of this name comes in with these fields, and is the key of this fingerprint. */
const comesIn = (key: string, fields: object, print: string): Exchange =>
  makeKey(key, fields, { sha256Fingerprint: print })

const plain: Scenario = {
  name: 'a key is exported plainly, in each format that it has',
  exchanges: [
    makeKey('key', { material: AES_256 }, { neverExported: true }),
    post('without a body', `${KEYS}/{{key}}/export`, undefined, 200, {
      id: '{{key}}',
      material: AES_256,
      format: 'raw',
      neverExported: false,
    }),
    ...[
      [{}, AES_256],
      [{ format: 'raw' }, AES_256],
      [{ format: 'opaque' }, AES_256],
      [{ format: 'base64' }, bytes(AES_256).toString('base64')],
      [{ encoding: 'hex' }, AES_256],
      [{ encoding: 'base64' }, bytes(AES_256).toString('base64')],
      [{ format: 'base64', encoding: 'hex' }, AES_256],
      [{ format: 'raw', encoding: 'BASE64' }, bytes(AES_256).toString('base64')],
    ].map(([fields, material]) =>
      out(`asked ${JSON.stringify(fields)}`, 'key', fields as object, {
        material: material as string,
      }),
    ),
    post('by name', `${KEYS}/{{key.name}}/export?type=name`, {}, 200, { material: AES_256 }),
    notOut('a format that it does not have', 'key', { format: 'pkcs8' }),
    notOut('an encoding that is none', 'key', { encoding: 'base32' }),
    makeKey('kept', { unexportable: true }),
    assumed(post('an unexportable key stays', `${KEYS}/{{kept}}/export`, {}, 403)),
    patch('until it may go', `${KEYS}/{{kept}}`, { unexportable: false }, 200, {
      unexportable: false,
    }),
    out('then it goes', 'kept', {}, { material: HEX }),
    makeKey('ec', { algorithm: 'ec', material: ecKey.pkcs8 }),
    ours(
      out('an EC key in the form of SEC 1', 'ec', { format: 'pkcs1' }, { material: ecKey.pkcs1 }),
    ),
  ],
  tidy: ['key', 'kept', 'ec'].map(removeKey).concat(removePublic('ec')),
}

const KW = { wrappingMethod: 'encrypt', wrappingEncryptionAlgo: 'AES/AESKEYWRAP' }
const KWP = { wrappingMethod: 'encrypt', wrappingEncryptionAlgo: 'AES/AESKEYWRAPPADDING' }
const HKDF = { wrapHKDF: { hashAlgorithm: 'hmac-sha256', okmLen: 32, salt: '0011', info: 'aabb' } }

const aes: Scenario = {
  name: 'keys are wrapped under AES keys, as RFC 3394 and RFC 5649 have it',
  exchanges: [
    makeKey('kek', {
      material: RFC_3394.kek,
      usageMask: 48,
      aliases: [{ alias: named('kek-alias'), type: 'string' }],
    }),
    makeKey('key', { material: RFC_3394.key }),
    ...[
      ['by name', { wrapKeyName: named('kek') }],
      ['by name, said so', { wrapKeyName: named('kek'), wrapKeyIDType: 'name' }],
      ['by id', { wrapKeyName: '{{kek}}', wrapKeyIDType: 'id' }],
      ['by alias', { wrapKeyName: named('kek-alias'), wrapKeyIDType: 'alias' }],
      ['with its algorithm', { wrapKeyName: named('kek'), ...KW }],
      ['not padded', { wrapKeyName: named('kek'), wrappingMethod: 'encrypt', padded: false }],
    ].map(([name, fields]) =>
      out(`the example of RFC 3394, ${name}`, 'key', fields as object, {
        material: RFC_3394.wrapped,
        encoding: 'base64',
      }),
    ),
    out(
      'with padding',
      'key',
      { wrapKeyName: named('kek'), ...KWP },
      { material: aesWrapped(RFC_3394.kek, bytes(RFC_3394.key), true) },
    ),
    out(
      'padded is the same',
      'key',
      { wrapKeyName: named('kek'), padded: true },
      { material: aesWrapped(RFC_3394.kek, bytes(RFC_3394.key), true) },
    ),
    out(
      'under a key that HKDF makes of it',
      'key',
      { wrapKeyName: named('kek'), ...HKDF },
      { material: hkdfWrapped(RFC_3394.kek, bytes(RFC_3394.key), '0011', 'aabb') },
    ),
    makeKey('rsa', { algorithm: 'rsa', material: rsaKey.pkcs8 }),
    out(
      'a private key, DER',
      'rsa',
      { wrapKeyName: named('kek'), ...KWP },
      { material: aesWrapped(RFC_3394.kek, rsaKey.pkcs8Der, true), format: 'pkcs8' },
    ),
    out(
      'its PEM',
      'rsa',
      { wrapKeyName: named('kek'), ...KWP, pemWrap: true },
      { material: aesWrapped(RFC_3394.kek, Buffer.from(rsaKey.pkcs8), true) },
    ),
    notOut('a private key is not wrapped without padding', 'rsa', {
      wrapKeyName: named('kek'),
      ...KW,
    }),
    comesIn(
      'back',
      { wrapKeyName: named('kek'), material: RFC_3394.wrapped, ...KW },
      sha256(RFC_3394.key),
    ),
    comesIn(
      'back-padded',
      {
        wrapKeyName: named('kek'),
        material: aesWrapped(RFC_3394.kek, bytes(AES_128), true),
        padded: true,
      },
      sha256(AES_128),
    ),
    comesIn(
      'back-hkdf',
      {
        wrapKeyName: named('kek'),
        material: hkdfWrapped(RFC_3394.kek, bytes(AES_128), '0011', 'aabb'),
        ...HKDF,
      },
      sha256(AES_128),
    ),
    comesIn(
      'back-rsa',
      {
        algorithm: 'rsa',
        wrapKeyName: named('kek'),
        material: aesWrapped(RFC_3394.kek, rsaKey.pkcs8Der, true),
        ...KWP,
      },
      rsaKey.sha256,
    ),
    comesIn(
      'back-pem',
      {
        algorithm: 'rsa',
        wrapKeyName: named('kek'),
        material: aesWrapped(RFC_3394.kek, Buffer.from(rsaKey.pkcs8), true),
        ...KWP,
        pemWrap: true,
      },
      rsaKey.sha256,
    ),
    refusedKey('what does not open', {
      wrapKeyName: named('kek'),
      material: aesWrapped(AES_128, bytes(AES_128)),
    }),
    refusedKey('what is no base64', { wrapKeyName: named('kek'), material: '*' }),
    post(
      'a key to open it that is not there',
      KEYS,
      { name: named('refused'), wrapKeyName: named('none'), material: RFC_3394.wrapped },
      404,
      notFound,
    ),
    notOut('a key to wrap with that is not there', 'key', { wrapKeyName: named('none') }, 404),
    makeKey('cert', {
      objectType: 'Certificate',
      certType: 'x509-pem',
      material: certificate.pem,
    }),
    out(
      'a certificate, padded',
      'cert',
      { wrapKeyName: named('kek'), padded: true },
      { material: aesWrapped(RFC_3394.kek, certificate.der, true) },
    ),
    notOut('and not otherwise', 'cert', { wrapKeyName: named('kek'), padded: false }),
    comesIn(
      'back-cert',
      {
        objectType: 'Certificate',
        material: aesWrapped(RFC_3394.kek, certificate.der, true),
        wrapKeyName: named('kek'),
        padded: true,
      },
      digestOf(certificate.der),
    ),
    notOut('an algorithm that is none', 'key', {
      wrapKeyName: named('kek'),
      wrappingEncryptionAlgo: 'AES/ECB',
    }),
    notOut('a method that is none', 'key', { wrapKeyName: named('kek'), wrappingMethod: 'hide' }),
    makeKey('unfit', { usageMask: 12 }),
    notOut('a key that may not wrap', 'key', { wrapKeyName: named('unfit') }),
    post(
      'the answer to create, wrapped',
      `${KEYS}?includeMaterial=true`,
      { name: named('made'), size: 128, wrapKeyName: named('kek'), ...KW },
      201,
      { material: /^[A-Za-z0-9+/]{32}$/, encoding: 'base64' },
      { keep: { made: 'id', wrapped: 'material', print: 'sha256Fingerprint' } },
    ),
    post(
      'opens',
      KEYS,
      { name: named('opened'), material: '{{wrapped}}', wrapKeyName: named('kek') },
      201,
      { sha256Fingerprint: '{{print}}' },
      { keep: { opened: 'id' } },
    ),
    post(
      'the answer to a new version',
      `${KEYS}/{{made}}/versions?includeMaterial=true`,
      { wrapKeyName: named('kek'), ...KW },
      201,
      { version: 1, material: /^[A-Za-z0-9+/]{32}$/ },
      { keep: { made1: 'id' } },
    ),
    post(
      'a version that comes wrapped',
      `${KEYS}/{{made}}/versions`,
      { wrapKeyName: named('kek'), material: aesWrapped(RFC_3394.kek, bytes(AES_128)), ...KW },
      201,
      { version: 2, sha256Fingerprint: sha256(AES_128) },
      { keep: { made2: 'id' } },
    ),
    nothingRefused,
  ],
  tidy: [
    'kek',
    'cert',
    'back-cert',
    'key',
    'rsa',
    'back',
    'back-padded',
    'back-hkdf',
    'back-rsa',
    'back-pem',
    'unfit',
    'made',
    'opened',
    'made1',
    'made2',
  ]
    .map(removeKey)
    .concat(['rsa', 'back-rsa', 'back-pem'].map(removePublic)),
}

const rsa: Scenario = {
  name: 'keys are wrapped under RSA keys, and under AES keys under those',
  exchanges: [
    makeKey('rsa', { algorithm: 'rsa', material: rsaKey.pkcs8 }),
    makeKey('key', { material: AES_256 }),
    ...['oaep', 'oaep256', 'oaep384', 'oaep512'].flatMap((wrapPublicKeyPadding) => [
      out(
        `out: ${wrapPublicKeyPadding}`,
        'key',
        { wrapPublicKey: rsaKey.spki, wrapPublicKeyPadding },
        { material: /^[A-Za-z0-9+/]{342}==$/ },
        wrapPublicKeyPadding,
      ),
      comesIn(
        `in-${wrapPublicKeyPadding}`,
        {
          material: `{{${wrapPublicKeyPadding}}}`,
          wrapKeyName: named('rsa'),
          wrapPublicKeyPadding,
        },
        sha256(AES_256),
      ),
    ]),
    out(
      'out: pkcs1, the default',
      'key',
      { wrapPublicKey: rsaKey.spki },
      { material: /^[A-Za-z0-9+/]{342}==$/ },
    ),
    out(
      'under a public key in PKCS #1',
      'key',
      { wrapPublicKey: rsaKey.publicPkcs1, wrapPublicKeyPadding: 'oaep' },
      { material: someText },
    ),
    out(
      'under a public key of the vault',
      'key',
      { wrapKeyName: `${named('rsa')}-pub`, wrapPublicKeyPadding: 'oaep256' },
      { material: someText },
    ),
    comesIn(
      'in',
      {
        material: oaepWrapped(bytes(AES_256)),
        wrapKeyName: named('rsa'),
        wrapPublicKeyPadding: 'oaep256',
      },
      sha256(AES_256),
    ),
    ...['oaep', 'oaep256', 'oaep384', 'oaep512'].flatMap((padding, at) => {
      const wrapRSAAES = { aesKeySize: [128, 192, 256, 256][at], padding }
      const algorithm = { wrappingEncryptionAlgo: 'RSA/RSAAESKEYWRAPPADDING' }
      return [
        out(
          `out: RSA-AES, ${padding}`,
          'key',
          { wrapPublicKey: rsaKey.spki, ...algorithm, wrapRSAAES },
          { material: someText },
          `aes-${padding}`,
        ),
        comesIn(
          `in-aes-${padding}`,
          { material: `{{aes-${padding}}}`, wrapKeyName: named('rsa'), ...algorithm, wrapRSAAES },
          sha256(AES_256),
        ),
      ]
    }),
    comesIn(
      'in-aes',
      {
        material: rsaAesWrapped(bytes(AES_256)),
        wrapKeyName: named('rsa'),
        wrappingEncryptionAlgo: 'RSA/RSAAESKEYWRAPPADDING',
      },
      sha256(AES_256),
    ),
    makeKey('ec', { algorithm: 'ec', material: ecKey.pkcs8 }),
    out(
      'a private key goes under an AES key',
      'ec',
      { wrapPublicKey: rsaKey.spki, wrappingEncryptionAlgo: 'RSA/RSAAESKEYWRAPPADDING' },
      { material: someText },
      'wrapped-ec',
    ),
    comesIn(
      'in-ec',
      {
        algorithm: 'ec',
        material: '{{wrapped-ec}}',
        wrapKeyName: named('rsa'),
        wrappingEncryptionAlgo: 'RSA/RSAAESKEYWRAPPADDING',
      },
      ecKey.sha256,
    ),
    notOut('and not under an RSA key alone', 'ec', {
      wrapPublicKey: rsaKey.spki,
      wrapPublicKeyPadding: 'oaep',
    }),
    notOut('a padding that is none', 'key', {
      wrapPublicKey: rsaKey.spki,
      wrapPublicKeyPadding: 'zero',
    }),
    notOut('a public key that is none', 'key', { wrapPublicKey: 'x' }),
    notOut('a private key in its place', 'key', { wrapPublicKey: rsaKey.pkcs8 }),
    notOut('sizes that are none', 'key', {
      wrapPublicKey: rsaKey.spki,
      wrapRSAAES: { aesKeySize: 512 },
    }),
    ours(
      refusedKey('PKCS #1 v1.5 does not open', {
        material: oaepWrapped(bytes(AES_256)),
        wrapKeyName: named('rsa'),
        wrapPublicKeyPadding: 'pkcs1',
      }),
    ),
    refusedKey('what does not open', {
      material: Buffer.alloc(256, 1).toString('base64'),
      wrapKeyName: named('rsa'),
      wrapPublicKeyPadding: 'oaep256',
    }),
    nothingRefused,
  ],
  tidy: [
    'rsa',
    'key',
    'in',
    'in-aes',
    'ec',
    'in-ec',
    ...['oaep', 'oaep256', 'oaep384', 'oaep512'].flatMap((padding) => [
      `in-${padding}`,
      `in-aes-${padding}`,
    ]),
  ]
    .map(removeKey)
    .concat(['rsa', 'ec', 'in-ec'].map(removePublic)),
}

const macSign: Scenario = {
  name: 'material goes out and comes in with a MAC or a signature of it',
  exchanges: [
    makeKey('hmac', { algorithm: 'hmac-sha256', material: AES_256, usageMask: 384 }),
    makeKey('rsa', { algorithm: 'rsa', material: rsaKey.pkcs8 }),
    makeKey('key', { material: AES_128 }),
    out(
      'with a MAC',
      'key',
      {
        wrappingMethod: 'mac/sign',
        macSignKeyIdentifier: named('hmac'),
        macSignKeyIdentifierType: 'name',
      },
      { material: AES_128, macSignBytes: mac(AES_256, bytes(AES_128)) },
    ),
    out(
      'with a signature',
      'key',
      {
        wrappingMethod: 'mac/sign',
        macSignKeyIdentifier: '{{rsa}}',
        macSignKeyIdentifierType: 'id',
        wrappingHashAlgo: 'sha256',
        signingAlgo: 'RSA',
      },
      { material: AES_128, macSignBytes: signed(bytes(AES_128)) },
    ),
    ...['sha224', 'sha384', 'sha512'].map((wrappingHashAlgo) =>
      out(
        `with one of ${wrappingHashAlgo}, PSS`,
        'key',
        {
          wrappingMethod: 'mac/sign',
          macSignKeyIdentifier: named('rsa'),
          wrappingHashAlgo,
          signingAlgo: 'RSA-PSS',
        },
        { macSignBytes: /^[0-9a-f]{512}$/ },
      ),
    ),
    ours(
      notOut('nothing is signed with SHA-1', 'key', {
        wrappingMethod: 'mac/sign',
        macSignKeyIdentifier: named('rsa'),
        wrappingHashAlgo: 'sha1',
      }),
    ),
    notOut('with a key that does neither', 'key', {
      wrappingMethod: 'mac/sign',
      macSignKeyIdentifier: named('key'),
    }),
    notOut('with a key that is not said', 'key', { wrappingMethod: 'mac/sign' }),
    notOut(
      'with a key that is not there',
      'key',
      { wrappingMethod: 'mac/sign', macSignKeyIdentifier: named('none') },
      404,
    ),
    comesIn(
      'in-mac',
      {
        material: AES_128,
        wrappingMethod: 'mac/sign',
        macSignKeyIdentifier: named('hmac'),
        macSignBytes: mac(AES_256, bytes(AES_128)),
      },
      sha256(AES_128),
    ),
    comesIn(
      'in-sign',
      {
        material: AES_128,
        wrappingMethod: 'mac/sign',
        macSignKeyIdentifier: `${named('rsa')}-pub`,
        macSignBytes: signed(bytes(AES_128)),
      },
      sha256(AES_128),
    ),
    refusedKey('a MAC of other material', {
      material: AES_256,
      wrappingMethod: 'mac/sign',
      macSignKeyIdentifier: named('hmac'),
      macSignBytes: mac(AES_256, bytes(AES_128)),
    }),
    refusedKey('a signature that is none', {
      material: AES_128,
      wrappingMethod: 'mac/sign',
      macSignKeyIdentifier: `${named('rsa')}-pub`,
      macSignBytes: '00',
    }),
    refusedKey('no MAC', {
      material: AES_128,
      wrappingMethod: 'mac/sign',
      macSignKeyIdentifier: named('hmac'),
    }),
    nothingRefused,
  ],
  tidy: ['hmac', 'rsa', 'key', 'in-mac', 'in-sign'].map(removeKey).concat(removePublic('rsa')),
}

const SALT = '00112233445566778899aabbccddeeff'
const PBE = {
  hashAlgorithm: 'hmac-sha256',
  password: 'a long password',
  salt: SALT,
  iteration: 1000,
  dklen: 32,
}
const PBE_HASHES = [
  'hmac-sha1',
  'hmac-sha224',
  'hmac-sha384',
  'hmac-sha512',
  'hmac-sha512/224',
  'hmac-sha512/256',
  'hmac-sha3-224',
  'hmac-sha3-256',
  'hmac-sha3-384',
  'hmac-sha3-512',
]

const pbe: Scenario = {
  name: 'keys are wrapped under passwords',
  exchanges: [
    makeKey('key', { material: AES_256 }),
    out(
      'PBKDF2, then RFC 3394',
      'key',
      { wrappingMethod: 'pbe', wrapPBE: PBE },
      {
        material: passwordWrapped('a long password', SALT, 1000, bytes(AES_256)),
        pbeSalt: SALT,
        pbePurpose: absent,
      },
    ),
    ours(
      out(
        'the purpose stands before the salt',
        'key',
        { wrappingMethod: 'pbe', wrapPBE: { ...PBE, purpose: 'test' } },
        {
          material: passwordWrapped('a long password', `74657374${SALT}`, 1000, bytes(AES_256)),
          pbePurpose: 'test',
        },
      ),
    ),
    post(
      'a password that is kept here',
      '/vault/secrets',
      { name: named('word'), dataType: 'password', material: 'a long password' },
      201,
      { objectType: 'Secret Data' },
      { keep: { word: 'id' } },
    ),
    out(
      'by its name',
      'key',
      {
        wrappingMethod: 'pbe',
        wrapPBE: { ...PBE, password: null, passwordIdentifier: named('word') },
      },
      { material: passwordWrapped('a long password', SALT, 1000, bytes(AES_256)) },
    ),
    out(
      'by its id, in the spelling of others',
      'key',
      {
        wrappingMethod: 'pbe',
        wrapPBE: {
          ...PBE,
          password: null,
          passwordidentifier: '{{word}}',
          passwordidentifiertype: 'id',
        },
      },
      { material: passwordWrapped('a long password', SALT, 1000, bytes(AES_256)) },
    ),
    ...PBE_HASHES.map((hashAlgorithm) =>
      out(
        `with ${hashAlgorithm}`,
        'key',
        { wrappingMethod: 'pbe', wrapPBE: { ...PBE, hashAlgorithm } },
        { material: BASE64 },
      ),
    ),
    comesIn(
      'in',
      {
        material: passwordWrapped('a long password', SALT, 1000, bytes(AES_128)),
        wrappingMethod: 'pbe',
        wrapPBE: PBE,
      },
      sha256(AES_128),
    ),
    refusedKey('the wrong password', {
      material: passwordWrapped('a long password', SALT, 1000, bytes(AES_128)),
      wrappingMethod: 'pbe',
      wrapPBE: { ...PBE, password: 'another password' },
    }),
    ...(
      [
        ['a password of seven characters', { password: '7777777' }],
        ['one of 129', { password: 'x'.repeat(129) }],
        ['a salt of fifteen octets', { salt: '00'.repeat(15) }],
        ['no salt', { salt: null }],
        ['no iteration', { iteration: 0 }],
        ['too many', { iteration: 10_000_001 }],
        ['a length that is none', { dklen: 13 }],
        ['a purpose of 129 characters', { purpose: 'x'.repeat(129) }],
        ['a hash that is none', { hashAlgorithm: 'md5' }],
        ['two passwords', { passwordIdentifier: named('word') }],
      ] as const
    ).map(([name, fields]) =>
      notOut(name, 'key', { wrappingMethod: 'pbe', wrapPBE: { ...PBE, ...fields } }),
    ),
    nothingRefused,
  ],
  tidy: ['key', 'word', 'in'].map(removeKey),
}

const jwes: Scenario = {
  name: 'keys are wrapped as JWE',
  exchanges: [
    makeKey('rsa', { algorithm: 'rsa', material: rsaKey.pkcs8 }),
    makeKey('ec', {
      algorithm: 'ec',
      material: ecKey.pkcs8,
      usageMask: 32,
      publicKeyParameters: { usageMask: 16 },
    }),
    makeKey('key', { material: AES_256 }),
    out(
      'with what goes without saying',
      'key',
      { format: 'jwe', wrapKeyName: `${named('rsa')}-pub` },
      { format: 'jwe', material: /^\{"kid":"[^"]+","jwe":"eyJ[^"]+"\}$/ },
      'plain',
    ),
    comesIn(
      'in-plain',
      { format: 'jwe', material: '{{plain}}', wrapKeyName: named('rsa') },
      sha256(AES_256),
    ),
    ...[
      'AES_256_GCM',
      'AES_192_GCM',
      'AES_128_GCM',
      'AES_128_CBC_HMAC_SHA_256',
      'AES_192_CBC_HMAC_SHA_384',
      'AES_256_CBC_HMAC_SHA_512',
    ].flatMap((contentEncryptionAlgorithm) => [
      out(
        `out: ${contentEncryptionAlgorithm}`,
        'key',
        {
          format: 'jwe',
          wrapPublicKey: rsaKey.spki,
          wrapJWE: {
            contentEncryptionAlgorithm,
            keyEncryptionAlgorithm: 'RSA_OAEP_SHA256',
            keyIdentifier: 'k-1',
            jwtIdentifier: 'j-1',
          },
        },
        { material: /^\{"kid":"k-1","jwe":"eyJ/ },
        contentEncryptionAlgorithm,
      ),
      comesIn(
        `in-${contentEncryptionAlgorithm}`,
        {
          material: `{{${contentEncryptionAlgorithm}}}`,
          wrapKeyName: named('rsa'),
          wrapJWE: {},
          format: 'jwe',
        },
        sha256(AES_256),
      ),
    ]),
    ...[
      'ECDH_ES',
      'ECDH_ES_AES_128_KEY_WRAP',
      'ECDH_ES_AES_192_KEY_WRAP',
      'ECDH_ES_AES_256_KEY_WRAP',
    ].flatMap((keyEncryptionAlgorithm) => [
      out(
        `out: ${keyEncryptionAlgorithm}`,
        'key',
        { format: 'jwe', wrapKeyName: `${named('ec')}-pub`, wrapJWE: { keyEncryptionAlgorithm } },
        { format: 'jwe' },
        keyEncryptionAlgorithm,
      ),
      comesIn(
        `in-${keyEncryptionAlgorithm}`,
        { format: 'jwe', material: `{{${keyEncryptionAlgorithm}}}`, wrapKeyName: named('ec') },
        sha256(AES_256),
      ),
    ]),
    out(
      'out: RSA_OAEP_SHA1',
      'key',
      { wrapPublicKey: rsaKey.spki, wrapJWE: { keyEncryptionAlgorithm: 'RSA_OAEP_SHA1' } },
      { format: 'jwe' },
    ),
    comesIn(
      'in-compact',
      { format: 'jwe', material: jwe(bytes(AES_128), 'x'), wrapKeyName: named('rsa') },
      sha256(AES_128),
    ),
    notOut('an algorithm that is none', 'key', {
      wrapPublicKey: rsaKey.spki,
      wrapJWE: { keyEncryptionAlgorithm: 'dir' },
    }),
    notOut('a content that is none', 'key', {
      wrapPublicKey: rsaKey.spki,
      wrapJWE: { contentEncryptionAlgorithm: 'AES_256_ECB' },
    }),
    notOut('an algorithm that does not go with the key', 'key', {
      wrapPublicKey: rsaKey.spki,
      wrapJWE: { keyEncryptionAlgorithm: 'ECDH_ES' },
    }),
    refusedKey('a JWE for another', {
      format: 'jwe',
      material: `${jwe(bytes(AES_128), 'x').slice(0, -4)}AAAA`,
      wrapKeyName: named('rsa'),
    }),
    refusedKey('what is none', {
      format: 'jwe',
      material: '{"kid":"x"}',
      wrapKeyName: named('rsa'),
    }),
    nothingRefused,
  ],
  tidy: [
    'rsa',
    'ec',
    'key',
    'in-plain',
    'in-compact',
    ...[
      'AES_256_GCM',
      'AES_192_GCM',
      'AES_128_GCM',
      'AES_128_CBC_HMAC_SHA_256',
      'AES_192_CBC_HMAC_SHA_384',
      'AES_256_CBC_HMAC_SHA_512',
      'ECDH_ES',
      'ECDH_ES_AES_128_KEY_WRAP',
      'ECDH_ES_AES_192_KEY_WRAP',
      'ECDH_ES_AES_256_KEY_WRAP',
    ].map((name) => `in-${name}`),
  ]
    .map(removeKey)
    .concat(['rsa', 'ec'].map(removePublic)),
}

export const wrapping: readonly Scenario[] = [plain, aes, rsa, macSign, pbe, jwes]
