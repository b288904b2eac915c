/**
 * Reference section 9 for cryptography, and what its clients send (section 12).
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 1 Accept, body types | conventions |
 * | 1.1 code 106 | errors |
 * | 9.1 encrypt, decrypt, reencrypt | ciphers, rsa |
 * | 9.2 sign, signv, mac, macv | signatures, macs |
 * | 9.3 hide2, unhide2 | hiding |
 * | 9.4 hash, random | hashing |
 * | 12 Tink, Kafka proxy, SPIRE plugin | tink, kafka, spire |
 */
import { del, type Exchange, get, post, type Scenario } from '../exchange.ts'
import { absent, allOf, type Expected, integer, someText } from '../expect.ts'
import { assumed, badRequest, named, notFound, ours } from '../identity/common.ts'
import { KEYS, makeKey, removeKey, wrongValue } from './common.ts'

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/
const HEX = /^([0-9a-f]{2})+$/
const PLAINTEXT = 'cGxhaW50ZXh0'
const ALL_USES = 4194303

const failed = {
  code: 106,
  codeDesc: 'NCERRCryptoOperationFailed: Cryptographic operation failed in cipher operation',
}
const sealed: Expected = {
  ciphertext: BASE64,
  iv: /^[A-Za-z0-9+/]{16}$/,
  tag: /^[A-Za-z0-9+/]{22}==$/,
  id: /^[0-9a-f]{64}$/,
  version: integer,
  mode: 'gcm',
}

const encrypt = (name: string, json: object, body: Expected, rest: Partial<Exchange> = {}) =>
  post(name, '/crypto/encrypt', json, 200, body, rest)
const decrypt = (name: string, json: object, plaintext = PLAINTEXT) =>
  post(name, '/crypto/decrypt', json, 200, { plaintext })

/** What an encryption answered, to be sent back. */
const kept = (blob: string, fields: readonly string[]) => ({
  keep: Object.fromEntries(fields.map((field) => [`${blob}.${field}`, field])),
})
const again = (blob: string, fields: readonly string[]) =>
  Object.fromEntries(fields.map((field) => [field, `{{${blob}.${field}}}`]))
const GCM = ['ciphertext', 'iv', 'tag', 'id', 'version', 'mode'] as const

const raw = (
  name: string,
  path: string,
  text: string,
  status: Exchange['status'],
  body: Expected,
  rest: Partial<Exchange> = {},
  type = 'application/octet-stream',
): Exchange =>
  post(name, path, undefined, status, body, {
    text,
    headers: { 'Content-Type': type, Accept: '*/*' },
    ...rest,
  })

const conventions: Scenario = {
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

const ciphers: Scenario = {
  name: 'what encrypt answers can be posted to decrypt as it is',
  exchanges: [
    makeKey('cipher', { usageMask: 12 }),
    encrypt(
      'GCM without a mode',
      { id: named('cipher'), type: 'name', plaintext: PLAINTEXT, aad: 'YWQ=' },
      allOf(sealed, { aad: 'YWQ=' }),
      kept('gcm', [...GCM, 'aad']),
    ),
    decrypt('the whole answer opens', again('gcm', [...GCM, 'aad'])),
    post('without its aad it does not open', '/crypto/decrypt', again('gcm', GCM), 400, failed),
    post(
      'nor with the tag of another',
      '/crypto/decrypt',
      { ...again('gcm', [...GCM, 'aad']), tag: 'AAAAAAAAAAAAAAAAAAAAAA==' },
      400,
      failed,
    ),
    encrypt(
      'an empty plaintext',
      { id: named('cipher'), plaintext: '' },
      { ciphertext: '' },
      {
        ...kept('empty', GCM),
      },
    ),
    decrypt('comes back empty', again('empty', GCM), ''),
    encrypt(
      'CBC',
      { id: '{{cipher}}', plaintext: PLAINTEXT, mode: 'cbc' },
      { mode: 'cbc', iv: /^[A-Za-z0-9+/]{22}==$/, tag: absent },
      kept('cbc', ['ciphertext', 'iv', 'id', 'version', 'mode']),
    ),
    decrypt('CBC opens', again('cbc', ['ciphertext', 'iv', 'id', 'version', 'mode'])),
    encrypt(
      'ECB has no IV',
      { id: '{{cipher.uri}}', plaintext: PLAINTEXT, mode: 'ecb' },
      { mode: 'ecb', iv: absent },
      kept('ecb', ['ciphertext', 'id', 'mode']),
    ),
    decrypt('ECB opens', again('ecb', ['ciphertext', 'id', 'mode'])),
    post(
      'a mode that there is not',
      '/crypto/encrypt',
      { id: named('cipher'), plaintext: PLAINTEXT, mode: 'ige' },
      400,
      wrongValue,
    ),
    post(
      'a key that there is not',
      '/crypto/encrypt',
      { id: named('nothing'), plaintext: PLAINTEXT },
      404,
      notFound,
    ),
    assumed(
      post(
        'a ciphertext moves to the newest version',
        '/crypto/reencrypt',
        again('gcm', [...GCM, 'aad']),
        200,
        sealed,
      ),
    ),
  ],
  tidy: [removeKey('cipher')],
}

const signatures: Scenario = {
  name: 'signatures and MACs are of the body, whatever it holds',
  exchanges: [
    makeKey('rsa', { algorithm: 'rsa', size: 2048, usageMask: 3 }),
    raw(
      'RSA signs the body',
      `/crypto/sign?keyName=${named('rsa')}&hashAlgo=SHA-256&signAlgo=RSA`,
      '{"a": 1}',
      200,
      { data: /^[0-9a-f]{512}$/, keyId: '{{rsa}}', keyVersion: 0 },
      { keep: { signature: 'data' } },
    ),
    raw(
      'the signature holds',
      `/crypto/signv?keyName=${named('rsa')}-pub&hashAlgo=SHA-256&signAlgo=RSA&signature={{signature}}`,
      '{"a": 1}',
      200,
      { verified: true },
    ),
    raw(
      'and not for another body, which is no error',
      `/crypto/signv?keyName=${named('rsa')}-pub&hashAlgo=SHA-256&signAlgo=RSA&signature={{signature}}`,
      '{"a": 2}',
      200,
      { verified: false },
    ),
    makeKey('hmac', { algorithm: 'hmac-sha256', usageMask: 384 }),
    raw(
      'a MAC',
      `/crypto/mac?keyName=${named('hmac')}`,
      'the body',
      200,
      { data: /^[0-9a-f]{64}$/ },
      { keep: { mac: 'data' } },
    ),
    raw('is verified', `/crypto/macv?keyName=${named('hmac')}&hash={{mac}}`, 'the body', 200, {
      verified: true,
    }),
    raw(
      'and a wrong one is told as wrong',
      `/crypto/macv?keyName=${named('hmac')}&hash={{mac}}`,
      'a body',
      200,
      { verified: false },
    ),
  ],
  tidy: [
    removeKey('rsa'),
    removeKey('hmac'),
    del('its public key', `${KEYS}/${named('rsa')}-pub`, [204, 404]),
  ],
}

const hide = (name: string, query: string, text: string, body: Expected, rest = {}): Exchange =>
  raw(name, `/crypto/${query}`, text, 200, body, rest, 'text/plain')

const hiding: Scenario = {
  name: 'format-preserving encryption answers JSON and comes back',
  exchanges: [
    makeKey('fpe', { usageMask: ALL_USES }),
    hide(
      'digits stay digits, and other characters where they are',
      `hide2?keyName=${named('fpe')}&version=0&hint=digit`,
      '4000-1234-5678-9010',
      { data: /^\d{4}-\d{4}-\d{4}-\d{4}$/ },
      { keep: { card: 'data' } },
    ),
    hide('and come back', `unhide2?keyName=${named('fpe')}&version=0&hint=digit`, '{{card}}', {
      data: '4000-1234-5678-9010',
    }),
    raw(
      'more than 56 digits need an IV',
      `/crypto/hide2?keyName=${named('fpe')}&hint=digit`,
      '1'.repeat(57),
      400,
      wrongValue,
      {},
      'text/plain',
    ),
    hide(
      'of exactly 56 digits',
      `hide2?keyName=${named('fpe')}&hint=digit&iv=${'7'.repeat(56)}`,
      '1'.repeat(57),
      { data: /^\d{57}$/ },
    ),
  ],
  tidy: [removeKey('fpe')],
}

const hashing: Scenario = {
  name: 'hashes and random bytes',
  exchanges: [
    assumed(
      post(
        'a hash is in hexadecimal',
        '/crypto/hash',
        { data: 'YWJj', algorithm: 'SHA-256' },
        200,
        {
          data: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        },
      ),
    ),
    get('random bytes are in base64', '/vault/random?bytes=32', 200, {
      bytes: /^[A-Za-z0-9+/]{43}=$/,
    }),
  ],
}

const tink: Scenario = {
  name: 'Tink encrypts and decrypts by the name of a key',
  exchanges: [
    makeKey('tink', { usageMask: 12 }),
    encrypt(
      'the envelope key is encrypted',
      { id: named('tink'), type: 'name', plaintext: PLAINTEXT, mode: 'gcm', aad: '' },
      sealed,
      kept('tink', GCM),
    ),
    decrypt('and decrypted by name', {
      ...again('tink', ['ciphertext', 'iv', 'tag', 'mode']),
      id: named('tink'),
      type: 'name',
      aad: '',
    }),
  ],
  tidy: [removeKey('tink')],
}

/** The calls of its tests in their order (reference 12); it wants exactly 200 from encrypt, decrypt and random. */
const kafka: Scenario = {
  name: 'the Kafka record-encryption proxy rotates a key and decrypts by the id of the old version',
  exchanges: [
    post(
      'the key is made at the path with a slash',
      `${KEYS}/`,
      { name: named('kafka'), algorithm: 'aes', usageMask: 12, labels: { run: '{{run}}' } },
      [200, 201],
      { id: someText, version: 0 },
      { keep: { first: 'id' } },
    ),
    get('random bytes', '/vault/random?bytes=32', 200, { bytes: BASE64 }),
    encrypt(
      'an encryption names no mode',
      { id: named('kafka'), plaintext: PLAINTEXT, type: 'name' },
      allOf(sealed, { id: '{{first}}', version: 0 }),
      kept('edek', GCM),
    ),
    post(
      'the key is rotated',
      `${KEYS}/${named('kafka')}/versions/?type=name`,
      {},
      [200, 201],
      { version: 1, id: someText },
      { keep: { second: 'id' } },
    ),
    get('by name the newest version is found', `${KEYS}/${named('kafka')}?type=name`, 200, {
      version: 1,
      id: '{{second}}',
    }),
    encrypt(
      'what is encrypted now is of the new version',
      { id: named('kafka'), plaintext: PLAINTEXT, type: 'name' },
      allOf(sealed, { id: '{{second}}', version: 1 }),
    ),
    decrypt('the old ciphertext opens by the id of its version', again('edek', GCM)),
  ],
  tidy: [
    del('the second version goes', `${KEYS}/{{second}}?type=id`, [200, 204, 404]),
    del('and the first', `${KEYS}/{{first}}?type=id`, [200, 204, 404]),
  ],
}

const spire: Scenario = {
  name: 'the SPIRE plugin signs digests with a P-256 key, and with its next version',
  exchanges: [
    makeKey(
      'spire',
      {
        algorithm: 'ec',
        curveid: 'prime256v1',
        usageMask: 3,
        labels: { 'spire-run': '{{run}}' },
      },
      { publickey: /^-----BEGIN PUBLIC KEY-----/ },
    ),
    raw(
      'a digest is signed as it is',
      `/crypto/sign?keyName=${named('spire')}&version=0&hashAlgo=none&signAlgo=ECDSA`,
      '01234567890123456789012345678901',
      200,
      { data: /^30[0-9a-f]{130,142}$/, keyId: '{{spire}}', keyVersion: 0 },
      { keep: { der: 'data' } },
    ),
    raw(
      'and its signature, in DER, holds',
      `/crypto/signv?keyName=${named('spire')}-pub&hashAlgo=none&signAlgo=ECDSA&signature={{der}}`,
      '01234567890123456789012345678901',
      200,
      { verified: true },
    ),
    post(
      'a version without a body',
      `${KEYS}/${named('spire')}/versions/`,
      undefined,
      201,
      { version: 1, publickey: /^-----BEGIN PUBLIC KEY-----/ },
      { keep: { next: 'id' } },
    ),
    raw(
      'signs as well',
      `/crypto/sign?keyName=${named('spire')}&version=1&hashAlgo=none&signAlgo=ECDSA`,
      '01234567890123456789012345678901',
      200,
      { data: HEX, keyId: '{{next}}', keyVersion: 1 },
    ),
  ],
  tidy: [removeKey('next'), removeKey('spire')],
}

export const crypto: readonly Scenario[] = [
  conventions,
  ciphers,
  signatures,
  hiding,
  hashing,
  tink,
  kafka,
  spire,
]
