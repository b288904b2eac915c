/**
 * Reference section 12: what each client sends, call by call as it was recorded, and what it needs back.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | Terraform provider | terraform |
 * | Ansible collection, its 1.0.2, its form of 2026 | ansible, ansibleNow |
 * | Tink (Java) | tink |
 * | SPIRE plugin | spire |
 * | CLI wrapper | its calls are all of sections 7 to 11: the other files; the blob that it keeps: cli |
 * | PowerShell module | powershell |
 * | Java REST sample class, demo UI | java |
 * | Morpheus plugin | morpheus |
 * | inventory and health scripts | inventory |
 * | Kafka record-encryption proxy | kafka |
 * | KMIP demo client | not here: KMIP is a protocol of its own |
 * | k6 client | nothing in this area: it calls the endpoints of clouds alone |
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import {
  absent,
  allOf,
  array,
  atLeast,
  containing,
  integer,
  sized,
  someText,
  time,
} from '../expect.ts'
import {
  assumed,
  badRequest,
  list,
  makeUser,
  named,
  notFound,
  only,
  ours,
  PASSWORD,
  removeUser,
  tokenAnswer,
  unauthorized,
} from '../identity/common.ts'
import {
  again,
  BASE64,
  conflict,
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

/** All that a client sends as one user, with the headers that it sends. */
const by =
  (user: string, headers: Exchange['headers'] = {}) =>
  (exchange: Exchange): Exchange => ({
    ...exchange,
    as: user,
    headers: { ...headers, ...exchange.headers },
  })

const signInOf = (user: string, json: object, rest: Partial<Exchange> = {}): Exchange =>
  post(
    'signs in',
    '/auth/tokens',
    { grant_type: 'password', username: '{{adminName}}', password: '{{adminPassword}}', ...json },
    200,
    tokenAnswer,
    { as: 'none', opens: user, ...rest },
  )

/** The provider sends every field of its structs, and PATCHes to `{collection}/{id}` with two slashes where one was given. */
const terraform: Scenario = {
  name: 'Terraform makes, reads, changes and removes keys',
  exchanges: [
    signInOf('terraform', { domain: '', auth_domain: '' }),
    ...[
      post(
        'creates, with the members that its structs have',
        `${KEYS}/`,
        {
          name: named('tf'),
          algorithm: 'aes',
          size: 256,
          usageMask: 12,
          unexportable: false,
          undeletable: true,
          xts: false,
          emptyMaterial: false,
          assignSelfAsOwner: false,
          generateKeyId: false,
          curveid: '',
          format: '',
          encoding: '',
          material: '',
          password: '',
          state: '',
          activationDate: '',
          deactivationDate: '',
          rotationFrequencyDays: '',
          templateId: '',
          usage: '',
          description: '',
          defaultIV: '',
          id: '',
          uuid: '',
          muid: '',
          keyId: '',
          idSize: 0,
          padded: false,
          macSignKeyIdentifier: '',
          wrapKeyName: '',
          wrapPublicKey: '',
          wrappingMethod: '',
          wrappingEncryptionAlgo: '',
          signingAlgo: '',
          labels: { env: 'test' },
          aliases: null,
          publicKeyParameters: null,
          hkdfCreateParameters: null,
          wrapHKDF: null,
          wrapPBE: null,
          wrapRSAAES: null,
          meta: {
            owner_id: '',
            permissions: {
              DecryptWithKey: null,
              EncryptWithKey: null,
              ExportKey: null,
              MACVerifyWithKey: null,
              MACWithKey: null,
              ReadKey: null,
              SignVerifyWithKey: null,
              SignWithKey: null,
              UseKey: null,
            },
            cte: null,
          },
        },
        201,
        { id: someText, name: named('tf'), undeletable: true, usageMask: 12 },
        { keep: { tf: 'id' } },
      ),
      get('reads it back', `${KEYS}/{{tf}}`, 200, {
        id: '{{tf}}',
        uri: someText,
        account: someText,
        application: someText,
        devAccount: someText,
        createdAt: time,
        updatedAt: time,
        name: named('tf'),
        algorithm: 'AES',
        size: 256,
        objectType: 'Symmetric Key',
        state: 'Active',
        labels: { env: 'test' },
      }),
      get('lists, without a query', KEYS, 200, {
        resources: allOf(array, atLeast(1)),
        skip: 0,
        limit: 10,
        total: integer,
      }),
      patch(
        'changes labels and dates',
        `${KEYS}/{{tf}}`,
        {
          labels: { env: 'live' },
          deactivationDate: '2040-01-01T00:00:00+02:00',
          rotationFrequencyDays: '',
          description: '',
          aliases: null,
          meta: null,
          unexportable: false,
          undeletable: true,
          allVersions: false,
        },
        200,
        {
          id: '{{tf}}',
          labels: { env: 'live' },
          deactivationDate: '2039-12-31T22:00:00Z',
          undeletable: true,
        },
      ),
      patch(
        'sends the revocation with its names swapped, and is refused',
        `${KEYS}/{{tf}}`,
        { revocationReason: 'no longer needed', revocationMessage: 'CessationOfOperation' },
        400,
        wrongValue,
      ),
      get('nothing came of it', `${KEYS}/{{tf}}`, 200, {
        state: 'Active',
        revocationReason: absent,
      }),
      del('an undeletable key is told by its words', `${KEYS}/{{tf}}`, 400, {
        codeDesc: someText,
        message: /key is not deletable/i,
      }),
      patch('turns that off', `${KEYS}/{{tf}}`, { undeletable: false }, 200, {
        undeletable: false,
      }),
      del('removes', `${KEYS}/{{tf}}`, 204),
      get('reads what is gone', `${KEYS}/{{tf}}`, 404, notFound),
      del('removes what is gone', `${KEYS}/{{tf}}`, 404, notFound),
      post(
        'a pair',
        `${KEYS}/`,
        {
          name: named('pair'),
          algorithm: 'ec',
          curveid: 'secp384r1',
          publicKeyParameters: {
            name: `${named('pair')}-p`,
            meta: null,
            aliases: null,
            undeletable: false,
          },
        },
        201,
        { id: someText, publickey: someText },
        { keep: { pair: 'id' } },
      ),
      get(
        'its public key',
        `${KEYS}/${named('pair')}-p`,
        200,
        { objectType: 'Public Key' },
        { keep: { half: 'id' } },
      ),
      post(
        'the newest post-quantum one',
        `${KEYS}/`,
        { name: named('pq'), algorithm: 'ml-dsa', size: 65 },
        201,
        { algorithm: 'ML-DSA', size: 65 },
        { keep: { pq: 'id' } },
      ),
    ].map(by('terraform', { Accept: '*/*' })),
    get('is told that its token is no good', KEYS, 401, unauthorized, {
      as: 'none',
      headers: { Authorization: 'Bearer ' },
    }),
  ],
  tidy: [
    patch('it may go', `${KEYS}/{{tf}}`, { undeletable: false }, [200, 404]),
    ...['tf', 'pair', 'half', 'pq'].map(removeKey),
    removePublic('pq'),
  ],
}

const ansible: Scenario = {
  name: 'Ansible (thalesgroup.ciphertrust) works with keys, and needs JSON from each call',
  exchanges: [
    signInOf('ansible', { connection: 'local_account', cookies: false }),
    ...[
      post(
        'key_save create',
        `${KEYS}/`,
        {
          name: named('ans'),
          algorithm: 'AES',
          size: 256,
          usageMask: 3145740,
          unexportable: false,
          undeletable: false,
          meta: { versionedKey: true, permissions: { ReadKey: ['Key Users'] } },
          labels: {},
          aliases: [{ alias: named('ans-alias'), type: 'string', index: 0 }],
        },
        201,
        { id: someText },
        { keep: { ans: 'id' } },
      ),
      get('looks the id up by name', `${KEYS}/?skip=0&limit=1&name=${named('ans')}`, 200, {
        resources: [{ id: '{{ans}}' }],
      }),
      patch(
        'key_save patch',
        `${KEYS}/{{ans}}`,
        { labels: { a: 'b' }, usageMask: 12, allVersions: false },
        200,
        { id: '{{ans}}' },
      ),
      post(
        'key_save create_version',
        `${KEYS}/{{ans}}/versions`,
        { offset: 0 },
        [200, 201],
        { id: someText },
        { keep: { ans1: 'id' } },
      ),
      post('key_operation export', `${KEYS}/{{ans}}/export`, {}, 200, {
        id: '{{ans}}',
        material: HEX,
      }),
      post(
        'key_operation clone',
        `${KEYS}/{{ans}}/clone`,
        { newKeyName: named('clone'), meta: { versionedKey: false } },
        [200, 201],
        { id: someText },
        { keep: { clone: 'id' } },
      ),
      post('key_operation archive', `${KEYS}/{{ans}}/archive`, {}, 200, { id: '{{ans}}' }),
      post('key_operation recover', `${KEYS}/{{ans}}/recover`, {}, 200, { id: '{{ans}}' }),
      post(
        'key_operation revoke',
        `${KEYS}/{{ans}}/revoke`,
        { reason: 'Unspecified', message: 'x' },
        200,
        { id: '{{ans}}' },
      ),
      post(
        'key_operation reactivate',
        `${KEYS}/{{ans}}/reactivate`,
        { reason: 'DeactivatedToActive', message: 'x' },
        200,
        { id: '{{ans}}' },
      ),
      post('key_operation destroy', `${KEYS}/{{ans}}/destroy`, {}, 200, {
        id: '{{ans}}',
        state: 'Destroyed',
      }),
      del('resource_delete of 1.0.2 sends no id', KEYS, [404, 405]),
      del('nor with a slash', `${KEYS}/`, [404, 405]),
      get('nothing came of it', `${KEYS}?name=${named('ans')}`, 200, list(sized(2), 2)),
      del('resource_delete of 1.0.1 does', `${KEYS}/{{ans}}`, 204),
    ].map(by('ansible')),
  ],
  tidy: ['ans', 'ans1', 'clone'].map(removeKey),
}

const ansibleNow: Scenario = {
  name: 'Ansible in its form of 2026 looks before it makes, and compares before it changes',
  exchanges: [
    signInOf('ansible', {}),
    ...[
      get('there is none', `${KEYS}?skip=0&limit=1&name=${named('ans')}`, 200, {
        resources: [],
        total: 0,
      }),
      post(
        'makes it',
        KEYS,
        {
          name: named('ans'),
          algorithm: 'AES',
          size: 256,
          meta: { permissions: { ReadKey: ['Key Users'] } },
          labels: { a: '1' },
        },
        201,
        { id: someText },
        { keep: { ans: 'id' } },
      ),
      get(
        'there is one, with the name that was asked for',
        `${KEYS}?skip=0&limit=1&name=${named('ans')}`,
        200,
        { resources: [{ id: '{{ans}}', name: named('ans') }] },
      ),
      get('reads what it compares with', `${KEYS}/{{ans}}`, 200, {
        algorithm: 'AES',
        size: 256,
        labels: { a: '1' },
        meta: { permissions: { ReadKey: ['Key Users'] } },
      }),
      patch('changes what differs', `${KEYS}/{{ans}}`, { labels: { a: '2' } }, 200, {
        id: '{{ans}}',
      }),
      get('reads it again', `${KEYS}/{{ans}}`, 200, { labels: { a: '2' } }),
      get('of one that is not there', `${KEYS}/${named('none')}`, 404, notFound),
      del('removes it', `${KEYS}/{{ans}}`, 204),
    ].map(by('ansible')),
  ],
  tidy: [removeKey('ans')],
}

const tink: Scenario = {
  name: 'Tink (Java) wraps envelope keys by the name of a key, and signs in anew once on 401',
  exchanges: [
    makeKey('tink', { usageMask: 12 }),
    signInOf('tink', {}, { body: { jwt: someText, duration: 300, token_type: 'Bearer' } }),
    ...[
      encrypt(
        'encrypts',
        { id: named('tink'), type: 'name', plaintext: PLAINTEXT, mode: 'gcm', aad: 'YWQ=' },
        allOf(sealed, { id: '{{tink}}', version: 0 }),
        kept('tink', GCM),
      ),
      decrypt('decrypts by name', {
        ...again('tink', ['ciphertext', 'iv', 'tag', 'mode']),
        id: named('tink'),
        type: 'name',
        aad: 'YWQ=',
      }),
      decrypt('and by the version that it was told', {
        ...again('tink', ['ciphertext', 'iv', 'tag', 'mode', 'version']),
        id: named('tink'),
        type: 'name',
        aad: 'YWQ=',
      }),
      encrypt(
        'empty additional data',
        { id: named('tink'), type: 'name', plaintext: PLAINTEXT, mode: 'gcm', aad: '' },
        sealed,
        kept('bare', GCM),
      ),
      decrypt('is none', {
        ...again('bare', ['ciphertext', 'iv', 'tag', 'mode']),
        id: named('tink'),
        type: 'name',
      }),
      encrypt(
        'an empty plaintext',
        { id: named('tink'), type: 'name', plaintext: '', mode: 'gcm', aad: 'YWQ=' },
        { ciphertext: '' },
        kept('empty', GCM),
      ),
      decrypt(
        'comes back empty',
        {
          ...again('empty', ['ciphertext', 'iv', 'tag', 'mode']),
          id: named('tink'),
          type: 'name',
          aad: 'YWQ=',
        },
        '',
      ),
      post(
        'other additional data is told as what does not open',
        '/crypto/decrypt',
        {
          ...again('tink', ['ciphertext', 'iv', 'tag', 'mode']),
          id: named('tink'),
          type: 'name',
          aad: 'YWU=',
        },
        400,
        failedToOpen,
      ),
      post(
        'a key that is not there',
        '/crypto/encrypt',
        { id: named('none'), type: 'name', plaintext: PLAINTEXT, mode: 'gcm' },
        404,
        notFound,
      ),
    ].map(by('tink')),
    post(
      'a token that is no good is a 401, and the call is sent again with a new one',
      '/crypto/encrypt',
      { id: named('tink'), type: 'name', plaintext: PLAINTEXT, mode: 'gcm' },
      401,
      unauthorized,
      { as: 'none', headers: { Authorization: 'Bearer x.y.z' } },
    ),
  ],
  tidy: [removeKey('tink')],
}

const DIGEST = '01234567890123456789012345678901'
const TEXT = { Accept: 'text/plain' }
const LABELS = {
  'spire-server-id': 'server-{{run}}',
  'spire-trust-domain': 'example.org',
  'spire-active': 'true',
}
const SELECTOR =
  'spire-server-id%3Dserver-{{run}},spire-trust-domain%3Dexample.org,spire-active%3Dtrue'

const spire: Scenario = {
  name: 'the SPIRE plugin keeps its signing keys here, and signs digests with them',
  exchanges: [
    post('signs in with a form', '/auth/tokens', undefined, 200, tokenAnswer, {
      as: 'none',
      opens: 'spire',
      form: { grant_type: 'password', username: '{{adminName}}', password: '{{adminPassword}}' },
    }),
    ...[
      get(
        'looks for its keys',
        `${KEYS}?skip=0&curveid=prime256v1&algorithm=EC&labels=${SELECTOR}`,
        200,
        list([], 0),
      ),
      get('and for one by name', `${KEYS}?limit=0&name=${named('spire')}`, 200, {
        resources: [],
        total: 0,
      }),
      post(
        'makes a key',
        KEYS,
        {
          name: named('spire'),
          algorithm: 'ec',
          curveid: 'prime256v1',
          usageMask: 3,
          deactivationDate: '{{in:86400}}',
          aliases: [{ alias: named('spire'), type: 'string' }],
          labels: LABELS,
        },
        201,
        {
          id: someText,
          name: named('spire'),
          version: 0,
          publickey: /^-----BEGIN PUBLIC KEY-----\n[\s\S]+-----END PUBLIC KEY-----\n?$/,
          deactivationDate: time,
          labels: LABELS,
          aliases: [{ alias: named('spire') }],
        },
        { keep: { spire: 'id' } },
      ),
      get(
        'finds it by its labels, the public key beside it',
        `${KEYS}?skip=0&curveid=prime256v1&algorithm=EC&labels=${SELECTOR}`,
        200,
        { resources: containing({ id: '{{spire}}', publickey: someText }), total: integer },
      ),
      get('by its name', `${KEYS}?limit=0&name=${named('spire')}`, 200, {
        resources: [{ id: '{{spire}}', version: 0, name: named('spire') }],
        total: 1,
      }),
      get('by its id', `${KEYS}/{{spire}}`, 200, {
        id: '{{spire}}',
        publickey: /BEGIN PUBLIC KEY/,
      }),
      raw(
        'signs a digest',
        `/crypto/sign?keyName=${named('spire')}&version=0&hashAlgo=none&signAlgo=ECDSA`,
        DIGEST,
        200,
        { data: /^30[0-9a-f]{130,142}$/, keyId: '{{spire}}', keyVersion: 0 },
        { keep: { der: 'data' } },
      ),
      raw(
        'whose signature, in DER, holds',
        `/crypto/signv?keyName=${named('spire')}-pub&hashAlgo=none&signAlgo=ECDSA&signature={{der}}`,
        DIGEST,
        200,
        { verified: true },
      ),
      post(
        'rotates without a body',
        `${KEYS}/${named('spire')}/versions/`,
        undefined,
        201,
        {
          id: someText,
          version: 1,
          name: named('spire'),
          publickey: /^-----BEGIN PUBLIC KEY-----/,
        },
        { keep: { next: 'id' } },
      ),
      raw(
        'signs with the new version',
        `/crypto/sign?keyName=${named('spire')}&version=1&hashAlgo=none&signAlgo=ECDSA`,
        DIGEST,
        200,
        { data: HEX, keyId: '{{next}}', keyVersion: 1 },
      ),
      raw(
        'and with the old one still',
        `/crypto/sign?keyName=${named('spire')}&version=0&hashAlgo=none&signAlgo=ECDSA`,
        DIGEST,
        200,
        { data: HEX, keyId: '{{spire}}', keyVersion: 0 },
      ),
      patch(
        'puts the old one aside: its alias, its labels',
        `${KEYS}/{{spire}}`,
        { aliases: [{ index: 0 }], labels: { ...LABELS, 'spire-active': 'false' } },
        200,
        { aliases: sized(0), labels: { 'spire-active': 'false' } },
      ),
      patch(
        'its id becomes its alias',
        `${KEYS}/{{spire}}`,
        { aliases: [{ alias: '{{spire}}', type: 'string' }] },
        200,
        { aliases: [{ alias: '{{spire}}', type: 'string' }] },
      ),
      get(
        'the active one is the new one',
        `${KEYS}?skip=0&curveid=prime256v1&algorithm=EC&objectType=Private%20Key&labels=${SELECTOR}`,
        200,
        only({ id: '{{next}}', version: 1 }),
      ),
    ].map(by('spire', TEXT)),
  ],
  tidy: [removePublic('spire'), removePublic('spire'), removeKey('next'), removeKey('spire')],
}

const cli: Scenario = {
  name: 'a command line keeps the whole answer of an encryption, and posts it back as it is',
  exchanges: [
    makeKey('cli', { usageMask: 12 }),
    encrypt(
      'encrypts',
      { id: named('cli'), plaintext: PLAINTEXT, mode: 'gcm', aad: 'YWQ=' },
      allOf(sealed, { aad: 'YWQ=' }),
      kept('blob', [...GCM, 'aad']),
    ),
    decrypt('opens it', again('blob', [...GCM, 'aad'])),
    encrypt(
      'by another mode',
      { id: named('cli'), plaintext: PLAINTEXT, mode: 'cbc' },
      { mode: 'cbc' },
      kept('cbc', ['ciphertext', 'iv', 'id', 'version', 'mode', 'pad']),
    ),
    decrypt('opens it', again('cbc', ['ciphertext', 'iv', 'id', 'version', 'mode', 'pad'])),
  ],
  tidy: [removeKey('cli')],
}

const powershell: Scenario = {
  name: 'the PowerShell module makes keys and searches for them',
  exchanges: [
    post(
      'makes one',
      `${KEYS}`,
      {
        name: named('ps'),
        algorithm: 'aes',
        size: 256,
        usageMask: 3145740,
        unexportable: false,
        undeletable: false,
        meta: {
          ownerId: null,
          versionedKey: true,
          permissions: { ReadKey: ['Key Users'], UseKey: ['Key Users'] },
        },
      },
      201,
      { id: someText, meta: { versionedKey: true } },
      { keep: { ps: 'id' } },
    ),
    post('its name is taken', `${KEYS}`, { name: named('ps'), algorithm: 'aes' }, 409, conflict),
    post(
      'searches',
      '/vault/query-keys/',
      { name: named('ps'), skip: 0, limit: 10 },
      200,
      only({ id: '{{ps}}', name: named('ps') }),
    ),
    post('and finds nothing', '/vault/query-keys/', { name: named('none'), limit: 10 }, 200, {
      total: 0,
      resources: sized(0),
    }),
    post(
      'what it meant for a path with a query is none',
      '/vault/query-keys/&skip=0&limit=10',
      {},
      404,
      notFound,
    ),
    del('removes it', `${KEYS}/{{ps}}`, 204),
  ],
  tidy: [removeKey('ps')],
}

const java: Scenario = {
  name: 'the Java sample class and the demonstration UI use every operation',
  exchanges: [
    makeKey('aes', { usageMask: 3145740 }),
    makeKey('hmac', { algorithm: 'hmac-sha256', usageMask: 384 }),
    makeKey('rsa', { algorithm: 'rsa', size: 2048 }),
    get('reads the size of a key', `${KEYS}/${named('aes')}`, 200, { size: 256 }),
    encrypt(
      'encrypts',
      {
        id: named('aes'),
        plaintext: PLAINTEXT,
        mode: 'cbc',
        pad: 'pkcs7',
        iv: 'AAECAwQFBgcICQoLDA0ODw==',
      },
      { ciphertext: BASE64, iv: 'AAECAwQFBgcICQoLDA0ODw==' },
      { keep: { ciphertext: 'ciphertext' } },
    ),
    decrypt('decrypts', {
      id: named('aes'),
      ciphertext: '{{ciphertext}}',
      mode: 'CBC',
      pad: 'PKCS7',
      iv: 'AAECAwQFBgcICQoLDA0ODw==',
    }),
    encrypt(
      'encrypts under RSA',
      { id: `${named('rsa')}-pub`, plaintext: PLAINTEXT, pad: 'oaep' },
      { ciphertext: BASE64 },
      { keep: { rsa1: 'ciphertext' } },
    ),
    decrypt('and decrypts', { id: named('rsa'), ciphertext: '{{rsa1}}', pad: 'oaep' }),
    raw(
      'hides',
      `/crypto/hide2?keyName=${named('aes')}&version=0&hint=digit`,
      '4111111111111111',
      200,
      { data: /^\d{16}$/ },
      { keep: { hidden: 'data' } },
      'text/plain',
    ),
    raw(
      'unhides',
      `/crypto/unhide2?keyName=${named('aes')}&version=0&hint=digit`,
      '{{hidden}}',
      200,
      { data: '4111111111111111' },
      {},
      'text/plain',
    ),
    raw(
      'signs',
      `/crypto/sign?keyName=${named('rsa')}&version=0&hashAlgo=SHA-256&signAlgo=RSA`,
      'data',
      200,
      { data: HEX },
      { keep: { signature: 'data' } },
    ),
    raw(
      'verifies',
      `/crypto/signv?keyName=${named('rsa')}-pub&version=0&hashAlgo=SHA-256&signAlgo=RSA&signature={{signature}}`,
      'data',
      200,
      { verified: true },
    ),
    raw(
      'makes a MAC',
      `/crypto/mac?keyName=${named('hmac')}&version=0`,
      'data',
      200,
      { data: HEX },
      { keep: { mac: 'data' } },
    ),
    raw(
      'verifies it',
      `/crypto/macv?keyName=${named('hmac')}&version=0&hash={{mac}}`,
      'data',
      200,
      { verified: true },
    ),
    assumed(
      post('hashes', '/crypto/hash', { data: 'YWJj', algorithm: 'SHA-256' }, 200, { data: HEX }),
    ),
    get('random bytes', '/vault/random?bytes=16', 200, { bytes: BASE64 }),
    post(
      'reads code and codeDesc of a failure',
      '/crypto/encrypt',
      { id: named('none'), plaintext: PLAINTEXT },
      404,
      { code: integer, codeDesc: someText },
    ),
    post('sent without Accept it is refused', '/crypto/hash', { data: '' }, 400, badRequest, {
      headers: { Accept: null },
    }),
  ],
  tidy: ['aes', 'hmac', 'rsa'].map(removeKey).concat(removePublic('rsa')),
}

const morpheus: Scenario = {
  name: 'the Morpheus plugin makes, rotates, exports and removes keys by name',
  exchanges: [
    post(
      'makes one',
      KEYS,
      { description: 'by Morpheus', algorithm: 'AES', name: named('morpheus') },
      201,
      { id: someText, description: 'by Morpheus' },
      { keep: { first: 'id' } },
    ),
    post(
      'exports it without a body',
      `${KEYS}/${named('morpheus')}/export`,
      undefined,
      200,
      { material: /^[0-9a-f]{64}$/ },
      { keep: { material: 'material' } },
    ),
    post(
      'rotates it',
      `${KEYS}/${named('morpheus')}/versions`,
      undefined,
      201,
      { version: 1 },
      { keep: { second: 'id' } },
    ),
    post('exports the newest', `${KEYS}/${named('morpheus')}/export`, undefined, 200, {
      material: /^[0-9a-f]{64}$/,
      version: 1,
    }),
    del('removes it by name', `${KEYS}/${named('morpheus')}`, 204),
    del('and the version before', `${KEYS}/${named('morpheus')}`, 204),
    get('nothing is left', `${KEYS}?name=${named('morpheus')}`, 200, list([], 0)),
  ],
  tidy: ['first', 'second'].map(removeKey),
}

const inventory: Scenario = {
  name: 'inventory scripts page through all keys, and miss none',
  exchanges: [
    ...['a', 'b', 'c', 'd', 'e'].map((key) =>
      makeKey(key, { labels: { inventory: '{{run}}' }, meta: { key } }),
    ),
    ...[0, 2, 4].map((skip) =>
      get(
        `the page from ${skip}`,
        `${KEYS}/?fields=meta&labels=inventory%3D{{run}}&skip=${skip}&limit=2`,
        200,
        {
          total: 5,
          skip,
          limit: 2,
          resources: ['e', 'd', 'c', 'b', 'a']
            .slice(skip, skip + 2)
            .map((key) => ({ id: `{{${key}}}`, meta: { key } })),
        },
      ),
    ),
    get(
      'the page behind the last',
      `${KEYS}/?fields=meta&labels=inventory%3D{{run}}&skip=6&limit=2`,
      200,
      { total: 5, resources: sized(0) },
    ),
    get(
      'labels',
      '/vault/key-labels/?skip=0&limit=100&label=inventory',
      200,
      only({ label: 'inventory', values: containing('{{run}}') }),
    ),
    get(
      'links and certificates in one page',
      `${KEYS}/?fields=meta,links,certFields&labels=inventory%3D{{run}}&skip=0&limit=100`,
      200,
      { total: 5, resources: sized(5) },
    ),
  ],
  tidy: ['a', 'b', 'c', 'd', 'e'].map(removeKey),
}

/** The calls of its tests in their order; it wants exactly 200 from tokens, random, encrypt, decrypt and GET. */
const kafka: Scenario = {
  name: 'the Kafka record-encryption proxy rotates a key and decrypts by the id of the old version',
  exchanges: [
    makeUser('kafka'),
    post(
      'joins those who make keys',
      '/usermgmt/groups/Key%20Users/users/{{enc:kafka}}',
      undefined,
      200,
    ),
    post(
      'signs in',
      '/auth/tokens',
      { grant_type: 'password', username: named('kafka'), password: PASSWORD },
      200,
      tokenAnswer,
      { as: 'none', keep: { refresh: 'refresh_token' } },
    ),
    post(
      'and on with the refresh token',
      '/auth/tokens',
      { grant_type: 'refresh_token', refresh_token: '{{refresh}}' },
      200,
      { jwt: someText, token_type: 'Bearer', duration: 300 },
      { as: 'none', opens: 'kafka' },
    ),
    ours(
      post(
        'a client that nobody registered is refused',
        '/auth/tokens',
        { grant_type: 'client_credential', client_id: 'c0ffee00-0000-4000-8000-000000000000' },
        401,
        unauthorized,
        { as: 'none' },
      ),
    ),
    ...[
      post(
        'makes a key at the path with a slash',
        `${KEYS}/`,
        {
          name: 'Kafka key/{{run}}',
          algorithm: 'aes',
          usageMask: 12,
          labels: { kafka: '{{run}}' },
        },
        [200, 201],
        { id: someText, version: 0, name: 'Kafka key/{{run}}' },
        { keep: { first: 'id', 'key.name': 'name' } },
      ),
      get('random bytes', '/vault/random?bytes=32', 200, { bytes: /^[A-Za-z0-9+/]{43}=$/ }),
      get('finds it, its name percent-encoded', `${KEYS}/{{enc:key.name}}?type=name`, 200, {
        id: '{{first}}',
        version: 0,
        name: '{{key.name}}',
      }),
      encrypt(
        'encrypts without a mode',
        { id: '{{key.name}}', plaintext: PLAINTEXT, type: 'name' },
        allOf(sealed, { id: '{{first}}', version: 0 }),
        kept('edek', GCM),
      ),
      decrypt('decrypts with the six fields', again('edek', GCM)),
      post(
        'rotates it',
        `${KEYS}/{{enc:key.name}}/versions/?type=name`,
        {},
        [200, 201],
        { version: 1, id: someText },
        { keep: { second: 'id' } },
      ),
      get('by name the newest is found', `${KEYS}/{{enc:key.name}}?type=name`, 200, {
        version: 1,
        id: '{{second}}',
      }),
      encrypt(
        'encrypts with the new version',
        { id: '{{key.name}}', plaintext: PLAINTEXT, type: 'name' },
        allOf(sealed, { id: '{{second}}', version: 1 }),
        kept('next', GCM),
      ),
      decrypt('the old ciphertext opens by the id of its version', again('edek', GCM)),
      decrypt('the new one by its own', again('next', GCM)),
      get(
        'every row of the name',
        `${KEYS}?name={{enc:key.name}}`,
        200,
        list(containing({ id: '{{first}}', version: 0 }, { id: '{{second}}', version: 1 }), 2),
      ),
      get(
        'by its labels',
        `${KEYS}?labels=kafka%3D{{run}}&skip=0&limit=100`,
        200,
        list(sized(2), 2),
      ),
      get('a key that is not there', `${KEYS}/${named('none')}?type=name`, 404, notFound),
      post(
        'nor encrypts',
        '/crypto/encrypt',
        { id: named('none'), plaintext: PLAINTEXT, type: 'name' },
        404,
        notFound,
      ),
      del('each version is removed by its id', `${KEYS}/{{first}}?type=id`, [200, 204]),
      del('and the last', `${KEYS}/{{second}}?type=id`, [200, 204]),
      get('nothing is left', `${KEYS}?name={{enc:key.name}}`, 200, {
        resources: sized(0),
        total: 0,
      }),
    ].map(by('kafka')),
  ],
  tidy: [...['first', 'second'].map(removeKey), removeUser('kafka')],
}

export const clients: readonly Scenario[] = [
  terraform,
  ansible,
  ansibleNow,
  tink,
  spire,
  cli,
  powershell,
  java,
  morpheus,
  inventory,
  kafka,
]
