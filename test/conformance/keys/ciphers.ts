/**
 * Reference section 9: encryption, signatures, MACs, format-preserving encryption, hashes, random bytes.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 1 Accept, body types | bodies |
 * | 9.1 id, type, version | reading |
 * | 9.1 each mode and padding of AES, TDES, ARIA | modes |
 * | 9.1 iv, aad, tag, tag length, version header | gcm |
 * | 9.1 RSA, each padding; pkcs1 off | rsa |
 * | 9.1 reencrypt | reencrypting |
 * | 9.2 each hashAlgo, signAlgo, signPad; none; DER; a wrong signature | rsaSignatures, ecSignatures |
 * | 9.2 mac, macv of each kind | macs |
 * | 9.3 each hint, iv, charset, tweak, tweakAlgo, hide and unhide | hiding |
 * | 9.4 each hash, random sizes | hashing, random |
 */
import { del, type Exchange, get, post, type Scenario } from '../exchange.ts'
import { absent, allOf, type Expected } from '../expect.ts'
import { assumed, badRequest, named, notFound, ours } from '../identity/common.ts'
import {
  ALL_USES,
  again,
  BASE64,
  decrypt,
  encrypt,
  failedToOpen,
  GCM,
  HEX,
  KEYS,
  kept,
  makeKey,
  PLAINTEXT,
  raw,
  removeKey,
  removePublic,
  sealed,
  wrongValue,
} from './common.ts'
import { digest, ecKey, hmac, rsaKey } from './materials.ts'

const bodies: Scenario = {
  name: '/crypto asks for an Accept header, and answers JSON to any',
  exchanges: [
    makeKey('accepted'),
    post(
      'a call without an Accept header is refused',
      '/crypto/encrypt',
      { id: named('accepted'), plaintext: PLAINTEXT },
      400,
      { ...badRequest, message: 'Accept header is invalid.' },
      { headers: { Accept: null } },
    ),
    ...['text/plain', '*/*', 'application/json'].map((accept) =>
      encrypt(`${accept} gets JSON`, { id: named('accepted'), plaintext: PLAINTEXT }, sealed, {
        headers: { Accept: accept },
      }),
    ),
    encrypt(
      'names of modes are known in any case, unknown fields ignored and nulls absent',
      { id: named('accepted'), plaintext: PLAINTEXT, mode: 'GcM', aad: null, colour: 'blue' },
      sealed,
    ),
    ours(raw('octets are no JSON', '/crypto/encrypt', '{}', 415, { codeDesc: /^NCERRBadRequest/ })),
  ],
  tidy: [removeKey('accepted')],
}

const inBase64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64')

const CBC = ['ciphertext', 'iv', 'id', 'version', 'mode', 'pad'] as const
const ECB = ['ciphertext', 'id', 'version', 'mode', 'pad'] as const

const reading: Scenario = {
  name: 'the key of an encryption is named as clients name it',
  exchanges: [
    makeKey('key', { usageMask: 12, aliases: [{ alias: named('alias'), type: 'string' }] }),
    post(
      'rotated',
      `${KEYS}/{{key}}/versions`,
      {},
      201,
      { version: 1 },
      { keep: { second: 'id' } },
    ),
    ...(
      [
        ['id', '{{key}}', 0],
        ['name', named('key'), 1],
        ['uri', '{{key.uri}}', 0],
        ['alias', named('alias'), 0],
      ] as const
    ).flatMap(([type, id, version]) => [
      encrypt(`by ${type}`, { id, type, plaintext: PLAINTEXT }, { version }),
      encrypt(`by ${type}, inferred`, { id, plaintext: PLAINTEXT }, { version }),
    ]),
    encrypt(
      'the version that is asked for',
      { id: named('key'), type: 'name', version: 0, plaintext: PLAINTEXT },
      { id: '{{key}}', version: 0 },
      kept('old', GCM),
    ),
    decrypt('by name and version', {
      ...again('old', ['ciphertext', 'iv', 'tag', 'mode']),
      id: named('key'),
      type: 'name',
      version: 0,
    }),
    decrypt('the answer as it is', again('old', GCM)),
    post(
      'the newest does not open it',
      '/crypto/decrypt',
      { ...again('old', ['ciphertext', 'iv', 'tag', 'mode']), id: named('key'), type: 'name' },
      400,
      failedToOpen,
    ),
    post(
      'a version that there is not',
      '/crypto/encrypt',
      { id: named('key'), type: 'name', version: 9, plaintext: PLAINTEXT },
      404,
      notFound,
    ),
    post(
      'a name that is said to be an id',
      '/crypto/encrypt',
      { id: named('key'), type: 'id', plaintext: PLAINTEXT },
      404,
      notFound,
    ),
    post('no key', '/crypto/encrypt', { plaintext: PLAINTEXT }, 400, wrongValue),
    post('no plaintext', '/crypto/encrypt', { id: '{{key}}' }, 400, wrongValue),
    post(
      'a plaintext that is no base64',
      '/crypto/encrypt',
      { id: '{{key}}', plaintext: '***' },
      400,
      wrongValue,
    ),
    makeKey('mac', { algorithm: 'hmac-sha256', usageMask: ALL_USES }),
    post(
      'a key that is for something else',
      '/crypto/encrypt',
      { id: '{{mac}}', plaintext: PLAINTEXT },
      400,
      wrongValue,
    ),
  ],
  tidy: ['key', 'second', 'mac'].map(removeKey),
}

/** One block of sixteen octets, for where nothing pads. */
const BLOCK = 'MDEyMzQ1Njc4OWFiY2RlZg=='
const mode = (
  key: string,
  name: string,
  fields: object,
  body: Expected,
  fieldsBack: readonly string[],
  plaintext = PLAINTEXT,
): Exchange[] => [
  encrypt(
    `${key}, ${name}`,
    { id: named(key), plaintext, ...fields },
    body,
    kept(`${key}.${name}`, fieldsBack),
  ),
  decrypt(`${key}, ${name}: opens`, again(`${key}.${name}`, fieldsBack), plaintext),
]

const modes: Scenario = {
  name: 'each mode of each cipher opens what it sealed',
  exchanges: [
    ...['aes', 'aria'].flatMap((algorithm) => [
      makeKey(algorithm, { algorithm, usageMask: 12 }),
      ...mode(algorithm, 'unsaid', {}, sealed, GCM),
      ...mode(algorithm, 'gcm', { mode: 'GCM' }, { mode: 'gcm' }, GCM),
      ...mode(
        algorithm,
        'cbc',
        { mode: 'CBC' },
        { mode: 'cbc', iv: /^[A-Za-z0-9+/]{22}==$/, tag: absent, pad: 'pkcs7' },
        CBC,
      ),
      ...mode(
        algorithm,
        'cbc-none',
        { mode: 'cbc', pad: 'none' },
        { pad: 'none', ciphertext: /^[A-Za-z0-9+/]{22}==$/ },
        CBC,
        BLOCK,
      ),
      ...mode(algorithm, 'ecb', { mode: 'ecb' }, { mode: 'ecb', iv: absent, tag: absent }, ECB),
      ...mode(
        algorithm,
        'ecb-none',
        { mode: 'ecb', pad: 'NONE' },
        { ciphertext: /^[A-Za-z0-9+/]{22}==$/ },
        ECB,
        BLOCK,
      ),
      ...mode(
        algorithm,
        'ctr',
        { mode: 'ctr' },
        { mode: 'ctr', iv: /^[A-Za-z0-9+/]{22}==$/, tag: absent },
        ['ciphertext', 'iv', 'id', 'version', 'mode'],
      ),
    ]),
    makeKey('tdes', { algorithm: 'tdes', usageMask: 12 }),
    ...mode('tdes', 'unsaid', {}, { mode: 'cbc', iv: /^[A-Za-z0-9+/]{11}=$/ }, CBC),
    ...mode('tdes', 'pkcs5', { mode: 'cbc', pad: 'pkcs5' }, { mode: 'cbc' }, CBC),
    ...mode('tdes', 'none', { mode: 'cbc', pad: 'none' }, { pad: 'none' }, CBC, BLOCK),
    ...mode(
      'aes',
      'cts',
      { mode: 'cbc_cs1' },
      { mode: 'cbc_cs1' },
      ['ciphertext', 'iv', 'id', 'version', 'mode'],
      'MDEyMzQ1Njc4OWFiY2RlZjAxMjM=',
    ),
    makeKey('xts', { algorithm: 'aes', xts: true, usageMask: 12 }),
    ...mode(
      'xts',
      'unsaid',
      {},
      { mode: 'xts' },
      ['ciphertext', 'iv', 'id', 'version', 'mode'],
      'MDEyMzQ1Njc4OWFiY2RlZjAxMjM=',
    ),
    post(
      'a text that is no whole blocks',
      '/crypto/encrypt',
      { id: '{{aes}}', mode: 'cbc', pad: 'none', plaintext: PLAINTEXT },
      400,
      wrongValue,
    ),
    post(
      'a mode that there is not',
      '/crypto/encrypt',
      { id: '{{aes}}', mode: 'ige', plaintext: PLAINTEXT },
      400,
      wrongValue,
    ),
    post(
      'a mode that the cipher does not have',
      '/crypto/encrypt',
      { id: '{{tdes}}', mode: 'gcm', plaintext: PLAINTEXT },
      400,
      wrongValue,
    ),
    post(
      'a padding that there is not',
      '/crypto/encrypt',
      { id: '{{aes}}', mode: 'cbc', pad: 'zero', plaintext: PLAINTEXT },
      400,
      wrongValue,
    ),
    post(
      'padding that does not fit',
      '/crypto/decrypt',
      // A block that ends in no padding: under a key of chance any other ends in one now and then.
      { ...again('aes.cbc-none', CBC), pad: 'pkcs7' },
      400,
      failedToOpen,
    ),
    post(
      'no IV',
      '/crypto/decrypt',
      { id: '{{aes}}', mode: 'cbc', ciphertext: BLOCK },
      400,
      wrongValue,
    ),
  ],
  tidy: ['aes', 'aria', 'tdes', 'xts'].map(removeKey),
}

const gcm: Scenario = {
  name: 'GCM protects what is beside the text, and tells tampering',
  exchanges: [
    // McGrew and Viega, appendix B.
    makeKey('zero', { material: '00'.repeat(32), usageMask: 12 }),
    encrypt(
      'test case 13 of the GCM specification',
      { id: '{{zero}}', plaintext: '', iv: 'AAAAAAAAAAAAAAAA' },
      { ciphertext: '', iv: 'AAAAAAAAAAAAAAAA', tag: inBase64('530f8afbc74536b9a963b4f1c4cb738b') },
    ),
    encrypt(
      'test case 14',
      { id: '{{zero}}', plaintext: 'AAAAAAAAAAAAAAAAAAAAAA==', iv: 'AAAAAAAAAAAAAAAA' },
      {
        ciphertext: inBase64('cea7403d4d606b6e074ec5d3baf39d18'),
        tag: inBase64('d0d1c8a799996bf0265b98b5d48ab919'),
      },
    ),
    makeKey('key', { usageMask: 12 }),
    encrypt(
      'with additional data',
      { id: '{{key}}', plaintext: PLAINTEXT, aad: 'YWQ=' },
      allOf(sealed, { aad: 'YWQ=' }),
      kept('with', [...GCM, 'aad']),
    ),
    decrypt('the answer as it is', again('with', [...GCM, 'aad'])),
    post('not without it', '/crypto/decrypt', again('with', GCM), 400, failedToOpen),
    post(
      'not with other',
      '/crypto/decrypt',
      { ...again('with', GCM), aad: 'YWU=' },
      400,
      failedToOpen,
    ),
    post(
      'not with another tag',
      '/crypto/decrypt',
      { ...again('with', [...GCM, 'aad']), tag: 'AAAAAAAAAAAAAAAAAAAAAA==' },
      400,
      failedToOpen,
    ),
    post(
      'not with another IV',
      '/crypto/decrypt',
      { ...again('with', [...GCM, 'aad']), iv: 'AAAAAAAAAAAAAAAA' },
      400,
      failedToOpen,
    ),
    post(
      'not another text',
      '/crypto/decrypt',
      { ...again('with', [...GCM, 'aad']), ciphertext: 'AAAAAAAAAAA=' },
      400,
      failedToOpen,
    ),
    encrypt(
      'empty additional data is none',
      { id: '{{key}}', plaintext: PLAINTEXT, aad: '' },
      sealed,
      kept('none', GCM),
    ),
    decrypt('opens without', again('none', GCM)),
    decrypt('and with it empty', { ...again('none', GCM), aad: '' }),
    encrypt(
      'an empty text',
      { id: '{{key}}', plaintext: '' },
      { ciphertext: '' },
      kept('empty', GCM),
    ),
    decrypt('comes back empty', again('empty', GCM), ''),
    encrypt(
      'an IV of the caller',
      { id: '{{key}}', plaintext: PLAINTEXT, iv: 'AAECAwQFBgcICQoL' },
      { iv: 'AAECAwQFBgcICQoL' },
      kept('mine', GCM),
    ),
    decrypt('opens', again('mine', GCM)),
    post(
      'one that is too short',
      '/crypto/encrypt',
      { id: '{{key}}', plaintext: PLAINTEXT, iv: 'AAE=' },
      400,
      wrongValue,
    ),
    assumed(
      encrypt(
        'a shorter tag',
        { id: '{{key}}', plaintext: PLAINTEXT, tag_len: 12 },
        { tag: /^[A-Za-z0-9+/]{16}$/, tag_len: 12 },
        kept('short', [...GCM, 'tag_len']),
      ),
    ),
    decrypt('opens as it was answered', again('short', [...GCM, 'tag_len'])),
    post('but not as a whole one', '/crypto/decrypt', again('short', GCM), 400, wrongValue),
    post(
      'a tag that is too short for anybody',
      '/crypto/encrypt',
      { id: '{{key}}', plaintext: PLAINTEXT, tag_len: 4 },
      400,
      wrongValue,
    ),
    encrypt(
      'with a header that says the version',
      { id: '{{key}}', plaintext: PLAINTEXT, nae_key_version_header: true },
      { ciphertext: /^EAAA/ },
      kept('header', [...GCM, 'nae_key_version_header']),
    ),
    decrypt('opens', again('header', [...GCM, 'nae_key_version_header'])),
    decrypt('by the name, which it then needs no version for', {
      ...again('header', ['ciphertext', 'iv', 'tag', 'mode']),
      id: named('key'),
      type: 'name',
      nae_key_version_header: true,
    }),
    post(
      'no tag',
      '/crypto/decrypt',
      again('with', ['ciphertext', 'iv', 'id', 'mode']),
      400,
      wrongValue,
    ),
  ],
  tidy: ['zero', 'key'].map(removeKey),
}

const rsa: Scenario = {
  name: 'RSA encrypts with the public key and decrypts with the private one',
  exchanges: [
    makeKey('rsa', { algorithm: 'rsa', material: rsaKey.pkcs8 }),
    ...['oaep', 'oaep256', 'oaep384', 'oaep512'].flatMap((pad) => [
      encrypt(
        pad,
        { id: `${named('rsa')}-pub`, type: 'name', plaintext: PLAINTEXT, pad: pad.toUpperCase() },
        { ciphertext: /^[A-Za-z0-9+/]{342}==$/, pad, mode: absent, iv: absent },
        { keep: { [pad]: 'ciphertext' } },
      ),
      decrypt(`${pad}: opens`, { id: named('rsa'), ciphertext: `{{${pad}}}`, pad }),
    ]),
    post(
      'not with another padding',
      '/crypto/decrypt',
      { id: named('rsa'), ciphertext: '{{oaep}}', pad: 'oaep512' },
      400,
      failedToOpen,
    ),
    post(
      'not when it is another text',
      '/crypto/decrypt',
      { id: named('rsa'), ciphertext: Buffer.alloc(256, 1).toString('base64'), pad: 'oaep' },
      400,
      failedToOpen,
    ),
    ours(
      post(
        'without a padding it says which there is',
        '/crypto/encrypt',
        { id: `${named('rsa')}-pub`, plaintext: PLAINTEXT },
        400,
        { codeDesc: /oaep/ },
      ),
    ),
    ours(
      post(
        'nor with pkcs1',
        '/crypto/decrypt',
        { id: named('rsa'), ciphertext: '{{oaep}}', pad: 'pkcs1' },
        400,
        { codeDesc: /oaep/ },
      ),
    ),
    post(
      'a text that is too long',
      '/crypto/encrypt',
      { id: `${named('rsa')}-pub`, plaintext: Buffer.alloc(256).toString('base64'), pad: 'oaep' },
      400,
      wrongValue,
    ),
    post(
      'a public key does not open',
      '/crypto/decrypt',
      { id: `${named('rsa')}-pub`, ciphertext: '{{oaep}}', pad: 'oaep' },
      400,
      wrongValue,
    ),
  ],
  tidy: [removeKey('rsa'), removePublic('rsa')],
}

const reencrypting: Scenario = {
  name: 'a ciphertext moves to another key or version without being seen',
  exchanges: [
    makeKey('key', { usageMask: 12 }),
    makeKey('other', { usageMask: 12 }),
    encrypt(
      'sealed',
      { id: '{{key}}', plaintext: PLAINTEXT, aad: 'YWQ=' },
      sealed,
      kept('blob', [...GCM, 'aad']),
    ),
    post(
      'rotated',
      `${KEYS}/{{key}}/versions`,
      {},
      201,
      { version: 1 },
      { keep: { second: 'id' } },
    ),
    ...[
      post(
        'to the newest version',
        '/crypto/reencrypt',
        again('blob', [...GCM, 'aad']),
        200,
        allOf(sealed, { id: '{{second}}', version: 1, plaintext: absent }),
        kept('new', [...GCM, 'aad']),
      ),
      decrypt('opens', again('new', [...GCM, 'aad'])),
      post(
        'to another key, and another mode',
        '/crypto/reencrypt',
        {
          ...again('blob', [...GCM, 'aad']),
          newId: named('other'),
          newType: 'name',
          newMode: 'cbc',
        },
        200,
        { id: '{{other}}', mode: 'cbc', tag: absent },
        kept('cbc', CBC),
      ),
      decrypt('opens', again('cbc', CBC)),
      post(
        'with other data beside it',
        '/crypto/reencrypt',
        { ...again('blob', [...GCM, 'aad']), newAad: 'YWU=' },
        200,
        { aad: 'YWU=' },
      ),
      post('what does not open', '/crypto/reencrypt', again('blob', GCM), 400, failedToOpen),
      post(
        'to a key that is not there',
        '/crypto/reencrypt',
        { ...again('blob', [...GCM, 'aad']), newId: named('none') },
        404,
        notFound,
      ),
    ].map(assumed),
  ],
  tidy: ['key', 'other', 'second'].map(removeKey),
}

const sign = (name: string, key: string, query: string, body: Expected, keep: string): Exchange =>
  raw(name, `/crypto/sign?keyName=${named(key)}${query}`, 'the message', 200, body, {
    keep: { [keep]: 'data' },
  })
const verify = (
  name: string,
  key: string,
  query: string,
  keep: string,
  verified = true,
  text = 'the message',
): Exchange =>
  raw(name, `/crypto/signv?keyName=${named(key)}${query}&signature={{${keep}}}`, text, 200, {
    verified,
  })

const HASHES = [
  'SHA1',
  'SHA-256',
  'SHA-384',
  'SHA-512',
  'SHA3-224',
  'SHA3-256',
  'SHA3-384',
  'SHA3-512',
  'SHA256',
  'sha-512',
]

const rsaSignatures: Scenario = {
  name: 'RSA signs with each hash and padding',
  exchanges: [
    makeKey('rsa', { algorithm: 'rsa', material: rsaKey.pkcs8, usageMask: 3 }),
    ...HASHES.filter((hash) => hash !== 'SHA1').flatMap((hash) =>
      ['', '&signPad=PSS'].flatMap((pad) => {
        const query = `&hashAlgo=${hash}&signAlgo=RSA${pad}`
        return [
          sign(
            `${hash}${pad}`,
            'rsa',
            query,
            { data: /^[0-9a-f]{512}$/, keyId: '{{rsa}}', keyVersion: 0 },
            `${hash}${pad.slice(9)}`,
          ),
          verify(`${hash}${pad}: holds`, 'rsa', query, `${hash}${pad.slice(9)}`),
        ]
      }),
    ),
    sign('SHA1', 'rsa', '&hashAlgo=SHA1&signAlgo=RSA', { data: HEX }, 'sha1'),
    verify('SHA1 holds', 'rsa', '&hashAlgo=SHA1&signAlgo=RSA', 'sha1'),
    sign(
      'what goes without saying is RSA, SHA-256, PKCS1',
      'rsa',
      '',
      { data: /^[0-9a-f]{512}$/ },
      'plain',
    ),
    verify('by the public key', 'rsa', '-pub&hashAlgo=SHA-256&signAlgo=RSA&signPad=PKCS1', 'plain'),
    verify('not of another text', 'rsa', '', 'plain', false, 'another message'),
    verify('not with another hash', 'rsa', '&hashAlgo=SHA-512', 'plain', false),
    verify('not with another padding', 'rsa', '&signPad=PSS', 'plain', false),
    raw(
      'a signature that is none is a wrong one',
      `/crypto/signv?keyName=${named('rsa')}&signature=00`,
      'the message',
      200,
      { verified: false },
    ),
    sign('a salt that is asked for', 'rsa', '&signPad=PSS&saltLength=20', { data: HEX }, 'salt'),
    verify('holds', 'rsa', '&signPad=PSS', 'salt'),
    sign('by version', 'rsa', '&version=0&type=name', { keyVersion: 0 }, 'versioned'),
    raw('a body that is JSON is a body', `/crypto/sign?keyName=${named('rsa')}`, '{"a": 1}', 200, {
      data: HEX,
    }),
    raw('an empty body too', `/crypto/sign?keyName=${named('rsa')}`, '', 200, { data: HEX }),
    raw(
      'a hash that is none',
      `/crypto/sign?keyName=${named('rsa')}&hashAlgo=MD5`,
      'x',
      400,
      wrongValue,
    ),
    raw(
      'an algorithm of other keys',
      `/crypto/sign?keyName=${named('rsa')}&signAlgo=ECDSA`,
      'x',
      400,
      wrongValue,
    ),
    raw(
      'a padding that is none',
      `/crypto/sign?keyName=${named('rsa')}&signPad=X931`,
      'x',
      400,
      wrongValue,
    ),
    raw('a key that is not there', `/crypto/sign?keyName=${named('none')}`, 'x', 404, notFound),
    raw('no key', '/crypto/sign', 'x', 400, {}),
    raw('no signature', `/crypto/signv?keyName=${named('rsa')}`, 'x', 400, wrongValue),
    raw(
      'a public key does not sign',
      `/crypto/sign?keyName=${named('rsa')}-pub`,
      'x',
      400,
      wrongValue,
    ),
  ],
  tidy: [removeKey('rsa'), removePublic('rsa')],
}

const ecSignatures: Scenario = {
  name: 'ECDSA signs in DER, the body or the digest that the body is',
  exchanges: [
    makeKey('ec', { algorithm: 'ec', material: ecKey.pkcs8, usageMask: 3 }),
    ...HASHES.flatMap((hash) => [
      sign(
        hash,
        'ec',
        `&hashAlgo=${hash}&signAlgo=ECDSA`,
        { data: /^30[0-9a-f]{126,142}$/, keyId: '{{ec}}' },
        `ec-${hash}`,
      ),
      verify(`${hash}: holds`, 'ec', `-pub&hashAlgo=${hash}&signAlgo=ECDSA`, `ec-${hash}`),
    ]),
    raw(
      'the digest itself',
      `/crypto/sign?keyName=${named('ec')}&hashAlgo=none&signAlgo=ECDSA`,
      '01234567890123456789012345678901',
      200,
      { data: /^30/ },
      { keep: { none: 'data' } },
    ),
    raw(
      'holds',
      `/crypto/signv?keyName=${named('ec')}-pub&hashAlgo=none&signAlgo=ECDSA&signature={{none}}`,
      '01234567890123456789012345678901',
      200,
      { verified: true },
    ),
    raw(
      'not of another digest',
      `/crypto/signv?keyName=${named('ec')}-pub&hashAlgo=none&signAlgo=ECDSA&signature={{none}}`,
      '11234567890123456789012345678901',
      200,
      { verified: false },
    ),
    ours(
      raw(
        'what is no digest',
        `/crypto/sign?keyName=${named('ec')}&hashAlgo=none`,
        'short',
        400,
        wrongValue,
      ),
    ),
    raw(
      'a padding of other keys',
      `/crypto/sign?keyName=${named('ec')}&signPad=PSS`,
      'x',
      400,
      wrongValue,
    ),
    ...[
      ['ed25519', { algorithm: 'ed25519' }],
      ['dsa', { algorithm: 'ml-dsa' }],
    ].flatMap(([key, fields]) => [
      makeKey(key as string, fields as object),
      ours(
        sign(
          `${key} signs the message itself`,
          key as string,
          '',
          { data: HEX },
          `${key}.signature`,
        ),
      ),
      ...(key === 'ed25519'
        ? [
            ours(verify('holds', 'ed25519', '-pub', 'ed25519.signature')),
            ours(verify('not of another', 'ed25519', '-pub', 'ed25519.signature', false, 'x')),
          ]
        : []),
    ]),
  ],
  tidy: ['ec', 'ed25519', 'dsa'].flatMap((key) => [removeKey(key), removePublic(key)]),
}

const MACS = ['sha1', 'sha256', 'sha384', 'sha512'] as const

const macs: Scenario = {
  name: 'MACs are what HMAC makes of the body',
  exchanges: [
    ...MACS.flatMap((hash) => {
      const key = `hmac-${hash}`
      const size = hash === 'sha384' ? 384 : 256
      const material = 'ab'.repeat(size / 8)
      return [
        makeKey(key, { algorithm: key, material, usageMask: 384 }),
        raw(`the MAC of ${key}`, `/crypto/mac?keyName=${named(key)}`, 'the body', 200, {
          data: hmac(hash, material, 'the body'),
        }),
        raw(
          'holds',
          `/crypto/macv?keyName=${named(key)}&hash=${hmac(hash, material, 'the body')}`,
          'the body',
          200,
          { verified: true },
        ),
        raw(
          'not of another body',
          `/crypto/macv?keyName=${named(key)}&hash=${hmac(hash, material, 'the body')}`,
          'a body',
          200,
          { verified: false },
        ),
      ]
    }),
    raw(
      'a shorter one is a wrong one',
      `/crypto/macv?keyName=${named('hmac-sha256')}&hash=00`,
      'x',
      200,
      { verified: false },
    ),
    raw(
      'what is no hexadecimal',
      `/crypto/macv?keyName=${named('hmac-sha256')}&hash=xyz`,
      'x',
      400,
      wrongValue,
    ),
    raw('by version', `/crypto/mac?keyName=${named('hmac-sha256')}&version=0`, 'the body', 200, {
      data: HEX,
    }),
    raw(
      'a version that there is not',
      `/crypto/mac?keyName=${named('hmac-sha256')}&version=3`,
      'the body',
      404,
      notFound,
    ),
    makeKey('rsa', { algorithm: 'ec', curveid: 'prime256v1', usageMask: ALL_USES }),
    raw('a key that makes none', `/crypto/mac?keyName=${named('rsa')}`, 'x', 400, wrongValue),
  ],
  tidy: [...MACS.map((hash) => removeKey(`hmac-${hash}`)), removeKey('rsa'), removePublic('rsa')],
}

const fpe = (
  call: string,
  query: string,
  text: string,
  status: number,
  body: Expected,
  rest: Partial<Exchange> = {},
  accept = 'text/plain',
): Exchange =>
  raw(
    `${call} ${query}`,
    `/crypto/${call}?keyName=${named('fpe')}&${query}`,
    text,
    status,
    body,
    { headers: { 'Content-Type': 'text/plain', Accept: accept }, ...rest },
    'text/plain',
  )
const there = (
  query: string,
  text: string,
  shape: RegExp,
  calls = ['hide2', 'unhide2'] as const,
): Exchange[] => [
  fpe(calls[0], query, text, 200, { data: shape }, { keep: { hidden: 'data' } }),
  fpe(calls[1], query, '{{hidden}}', 200, { data: text }),
]

const hiding: Scenario = {
  name: 'format-preserving encryption keeps the format of each alphabet',
  exchanges: [
    makeKey('fpe', { usageMask: 3145728 }),
    ...there('version=0&hint=digit', '4000-1234-5678-9010', /^\d{4}-\d{4}-\d{4}-\d{4}$/),
    ...there('hint=alphabet', 'Alice Example', /^[A-Za-z]{5} [A-Za-z]{7}$/),
    ...there('hint=alphanumeric', 'B2B-7777', /^[A-Za-z0-9]{3}-[A-Za-z0-9]{4}$/),
    ...there('hint=printable', 'a secret!', /^[ -~]{9}$/),
    ...there('hint=unicode&charset=0030-0039,00C0-00FF', 'ÀÉ1234ßx', /^[0-9À-ÿ]{7}x$/),
    ...there('hint=digit&tweak=abc', '12345678', /^\d{8}$/),
    ...['SHA1', 'SHA256', 'SHA512'].flatMap((algo) =>
      there(`hint=digit&tweak=abc&tweakAlgo=${algo}`, '12345678', /^\d{8}$/),
    ),
    ...there(`hint=digit&iv=${'7'.repeat(56)}`, '1'.repeat(57), /^\d{57}$/),
    ...there(`hint=alphabet&iv=${'a'.repeat(32)}`, 'x'.repeat(33), /^[A-Za-z]{33}$/),
    ...there(`hint=alphanumeric&iv=${'a'.repeat(32)}`, 'x'.repeat(33), /^[A-Za-z0-9]{33}$/),
    ...there(`hint=printable&iv=${'a'.repeat(28)}`, 'x'.repeat(29), /^[ -~]{29}$/),
    ...there('hint=digit', '1'.repeat(56), /^\d{56}$/),
    assumed(
      fpe('hide', 'hint=digit', '1234567', 200, { data: /^\d{7}$/ }, { keep: { older: 'data' } }),
    ),
    assumed(fpe('unhide', 'hint=digit', '{{older}}', 200, { data: '1234567' })),
    fpe('hide2', 'hint=digit&accept=any', '1234567', 200, { data: /^\d{7}$/ }, {}, '*/*'),
    fpe('hide2', 'hint=digit', '1'.repeat(57), 400, wrongValue),
    fpe('hide2', 'hint=alphabet', 'x'.repeat(33), 400, wrongValue),
    fpe('hide2', 'hint=digit&iv=123', '1'.repeat(57), 400, wrongValue),
    fpe('hide2', `hint=digit&iv=${'x'.repeat(56)}`, '1'.repeat(57), 400, wrongValue),
    fpe('hide2', 'hint=roman', '1234567', 400, wrongValue),
    fpe('hide2', 'hint=unicode', '1234567', 400, wrongValue),
    fpe('hide2', 'hint=unicode&charset=x', '1234567', 400, wrongValue),
    fpe('hide2', 'hint=digit&tweak=a&tweakAlgo=MD5', '1234567', 400, wrongValue),
    fpe('hide2', '', '1234567', 400, {}),
    ours(fpe('hide2', 'hint=digit', '12345', 400, wrongValue)),
  ],
  tidy: [removeKey('fpe')],
}

const hash = (name: string, json: object, status: number, body: Expected): Exchange =>
  post(name, '/crypto/hash', json, status, body)

const hashing: Scenario = {
  name: 'each hash, in hexadecimal',
  exchanges: [
    ...(
      [
        ['SHA1', 'sha1'],
        ['SHA-256', 'sha256'],
        ['SHA-384', 'sha384'],
        ['SHA-512', 'sha512'],
        ['SHA3-224', 'sha3-224'],
        ['SHA3-256', 'sha3-256'],
        ['SHA3-384', 'sha3-384'],
        ['SHA3-512', 'sha3-512'],
        ['SHA256', 'sha256'],
        ['sha-512', 'sha512'],
      ] as const
    ).map(([algorithm, name]) =>
      assumed(hash(algorithm, { data: 'YWJj', algorithm }, 200, { data: digest(name, 'abc') })),
    ),
    assumed(
      hash('SHA-256 goes without saying', { data: 'YWJj' }, 200, { data: digest('sha256', 'abc') }),
    ),
    hash('of nothing', { data: '', algorithm: 'SHA-256' }, 200, { data: digest('sha256', '') }),
    hash('one that is none', { data: 'YWJj', algorithm: 'MD5' }, 400, wrongValue),
    hash('what is no base64', { data: '*', algorithm: 'SHA-256' }, 400, wrongValue),
    hash('no data', { algorithm: 'SHA-256' }, 400, wrongValue),
  ],
}

const random: Scenario = {
  name: 'random bytes, as many as are asked for',
  exchanges: [
    get('32', '/vault/random?bytes=32', 200, { bytes: /^[A-Za-z0-9+/]{43}=$/ }),
    assumed(
      get('32 when nothing is said', '/vault/random', 200, { bytes: /^[A-Za-z0-9+/]{43}=$/ }),
    ),
    get('one', '/vault/random?bytes=1', 200, { bytes: /^[A-Za-z0-9+/]{2}==$/ }),
    get('as many as there can be', '/vault/random/?bytes=131072', 200, { bytes: BASE64 }),
    assumed(get('one more', '/vault/random?bytes=131073', 400)),
    assumed(get('none', '/vault/random?bytes=0', 400)),
    get('what is no number', '/vault/random?bytes=many', 400),
    get('nobody asks', '/vault/random', 401, undefined, { as: 'none' }),
    del('there is nothing to delete', '/vault/random', [404, 405]),
  ],
}

export const ciphers: readonly Scenario[] = [
  bodies,
  reading,
  modes,
  gcm,
  rsa,
  reencrypting,
  rsaSignatures,
  ecSignatures,
  macs,
  hiding,
  hashing,
  random,
]
