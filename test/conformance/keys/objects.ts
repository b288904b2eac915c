/**
 * Reference section 2: what a key looks like, its links, what its certificate says.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 2 every field, with its type | whole, dated, imported |
 * | 2 fields in no answer: `xts`, `publicKeyParameters` | `keyShape`, xts |
 * | 2 alias of the name, reserved labels, `meta` in lists | aliases, xts, whole |
 * | 2.1 types of links, CRUD, filters | links |
 * | 2.1 pairs | pairs |
 * | 2.2 certFields | certificates |
 */
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import {
  absent,
  allOf,
  containing,
  inAnyOrder,
  integer,
  object,
  sized,
  someText,
  time,
} from '../expect.ts'
import { assumed, list, named, notFound, only, ours } from '../identity/common.ts'
import { KEYS, keyShape, makeKey, removeKey, removePublic, wrongValue } from './common.ts'
import {
  AES_128,
  certificate,
  ecKey,
  PUBLIC_ID,
  rsaKey,
  SOME_NUMBER,
  SOME_UUID,
  sha1,
  sha256,
} from './materials.ts'

const whole: Scenario = {
  name: 'a key is answered with every field that it has',
  exchanges: [
    makeKey(
      'full',
      {
        algorithm: 'aes',
        material: AES_128,
        usageMask: 76,
        description: 'of the conformance suite',
        labels: { env: 'test' },
        defaultIV: '00112233445566778899aabbccddeeff',
        rotationFrequencyDays: '30',
        uuid: SOME_UUID,
        muid: 'muid-{{run}}',
        keyId: SOME_NUMBER,
        meta: { versionedKey: true, some: { thing: [1, 'two', null] } },
      },
      {
        algorithm: 'AES',
        size: 128,
        usageMask: 76,
        description: 'of the conformance suite',
        labels: { env: 'test' },
        defaultIV: '00112233445566778899aabbccddeeff',
        rotationFrequencyDays: '30',
        rotationDate: time,
        rotationDateReached: false,
        uuid: SOME_UUID,
        muid: 'muid-{{run}}',
        keyId: SOME_NUMBER,
        meta: { versionedKey: true, some: { thing: [1, 'two', null] } },
        objectType: 'Symmetric Key',
        state: 'Active',
        sha1Fingerprint: sha1(AES_128),
        sha256Fingerprint: sha256(AES_128),
        activationDate: time,
        deactivationDate: absent,
        revocationReason: absent,
        material: absent,
        format: absent,
        encoding: absent,
        links: absent,
        certFields: absent,
        publickey: absent,
        curveid: absent,
      },
    ),
    get(
      'GET says the same',
      `${KEYS}/{{full}}`,
      200,
      allOf(keyShape, { usageMask: 76, meta: object, rotationFrequencyDays: '30' }),
    ),
    get(
      'a row of a list has no meta',
      `${KEYS}?name=${named('full')}`,
      200,
      only(allOf(keyShape, { meta: absent, labels: { env: 'test' } })),
    ),
    get(
      'unless it is asked for',
      `${KEYS}/?fields=meta&name=${named('full')}`,
      200,
      only({ meta: { versionedKey: true } }),
    ),
    patch('a usage mask of 0 is left out', `${KEYS}/{{full}}`, { usageMask: 0 }, 200, {
      usageMask: absent,
    }),
    makeKey(
      'plain',
      {},
      {
        meta: null,
        description: '',
        labels: {},
        rotationFrequencyDays: absent,
        rotationDate: absent,
        defaultIV: absent,
      },
    ),
    get('a second version has a URI of its own', `${KEYS}/{{plain}}`, 200, {
      uri: '{{plain.uri}}',
    }),
    makeKey('Upper', {}, { uri: /^kylo:kylo:vault:keys:conf-upper-/ }),
  ],
  tidy: ['full', 'plain', 'Upper'].map(removeKey),
}

const xts: Scenario = {
  name: 'a key in two halves is marked by the server, and nobody else',
  exchanges: [
    makeKey(
      'halves',
      { algorithm: 'aes', xts: true, labels: { mine: '1' } },
      {
        xts: absent,
        size: 256,
        labels: { 'ncryptify-reserved/composite-key': '', mine: '1' },
      },
    ),
    assumed(
      patch(
        'the mark cannot be taken away',
        `${KEYS}/{{halves}}`,
        { labels: { 'ncryptify-reserved/composite-key': null } },
        400,
        wrongValue,
      ),
    ),
    assumed(
      post(
        'nor given',
        KEYS,
        { name: named('forged'), labels: { 'ncryptify-reserved/composite-key': '' } },
        400,
        wrongValue,
      ),
    ),
    patch(
      'what was read can be sent back',
      `${KEYS}/{{halves}}`,
      { labels: { 'ncryptify-reserved/composite-key': '', mine: '2' } },
      200,
      {
        labels: { 'ncryptify-reserved/composite-key': '', mine: '2' },
      },
    ),
  ],
  tidy: [removeKey('halves')],
}

const aliases: Scenario = {
  name: 'the name of a key is its first alias',
  exchanges: [
    makeKey(
      'called',
      {
        aliases: [
          { alias: named('other'), type: 'string' },
          { alias: 'https://x.example/{{run}}', type: 'uri' },
        ],
      },
      {
        aliases: [
          { alias: named('called'), type: 'string', index: 0 },
          { alias: named('other'), type: 'string', index: 1 },
          { alias: 'https://x.example/{{run}}', type: 'uri', index: 2 },
        ],
      },
    ),
    makeKey(
      'twice',
      { aliases: [{ alias: named('twice'), type: 'string' }] },
      { aliases: sized(1) },
    ),
    ours(
      post(
        'an alias is one key',
        KEYS,
        { name: named('third'), aliases: [{ alias: named('other'), type: 'string' }] },
        409,
      ),
    ),
    post(
      'a type that is none',
      KEYS,
      { name: named('third'), aliases: [{ alias: 'x', type: 'number' }] },
      400,
      wrongValue,
    ),
  ],
  tidy: ['called', 'twice'].map(removeKey),
}

const TYPES = [
  'privateKey',
  'publicKey',
  'certificate',
  'derivationBaseObject',
  'derivedKey',
  'replacementObject',
  'replacedObject',
  'parent',
  'child',
  'previous',
  'next',
  'pkcs12Certificate',
  'pkcs12Password',
]

const links: Scenario = {
  name: 'keys are linked, by each type that there is',
  exchanges: [
    makeKey('from'),
    makeKey('to'),
    ...TYPES.map((type, at) =>
      post(
        `as ${type}`,
        '/vault/links',
        {
          type,
          source: at % 2 === 0 ? '{{from}}' : named('from'),
          idTypeSource: at % 2 === 0 ? 'id' : 'name',
          target: at % 2 === 0 ? '{{to}}' : named('to'),
          idTypeTarget: at % 2 === 0 ? 'id' : 'name',
        },
        201,
        {
          id: someText,
          uri: someText,
          type,
          source: '{{from.uri}}',
          sourceID: '{{from}}',
          target: '{{to.uri}}',
          targetID: '{{to}}',
          index: integer,
          updatedAt: time,
        },
        { keep: { [`link.${type}`]: 'id' } },
      ),
    ),
    post(
      'as nothing that there is',
      '/vault/links',
      { type: 'uncle', source: '{{from}}', target: '{{to}}' },
      400,
      wrongValue,
    ),
    post(
      'to a key that is not there',
      '/vault/links',
      { type: 'next', source: '{{from}}', target: named('none') },
      404,
      notFound,
    ),
    get('one', '/vault/links/{{link.parent}}', 200, { id: '{{link.parent}}', type: 'parent' }),
    get('by source', '/vault/links?source={{from}}&limit=50', 200, list(sized(13), 13)),
    get('by target', '/vault/links?target={{enc:to.name}}&limit=50', 200, list(sized(13), 13)),
    get('by type', '/vault/links?source={{from}}&type=next', 200, only({ id: '{{link.next}}' })),
    get('a page', '/vault/links?source={{from}}&skip=10&limit=10', 200, {
      total: 13,
      resources: sized(3),
    }),
    patch('changed', '/vault/links/{{link.next}}', { index: 7 }, 200, {
      id: '{{link.next}}',
      index: 7,
    }),
    get('by index', '/vault/links?source={{from}}&index=7', 200, only({ id: '{{link.next}}' })),
    get('with the key', `${KEYS}/{{from}}?fields=links`, 200, { links: sized(13) }),
    get('with its row in a list', `${KEYS}?name=${named('from')}&fields=links,meta`, 200, {
      resources: [{ links: sized(13), meta: null }],
    }),
    get(
      'keys by the type of a link',
      `${KEYS}?linkType=child&name=conf-*-{{run}}`,
      200,
      only({ id: '{{from}}' }),
    ),
    del('deleted', '/vault/links/{{link.next}}', 204),
    get('and gone', '/vault/links/{{link.next}}', 404, notFound),
    del('they go with a key', `${KEYS}/{{to}}`, 204),
    get('of the other', '/vault/links?source={{from}}', 200, list(sized(0), 0)),
  ],
  tidy: ['from', 'to'].map(removeKey),
}

const pairs: Scenario = {
  name: 'a pair is two keys, linked both ways',
  exchanges: [
    makeKey(
      'pair',
      { algorithm: 'rsa', material: rsaKey.pkcs8 },
      {
        algorithm: 'RSA',
        size: 2048,
        objectType: 'Private Key',
        publickey: /^-----BEGIN PUBLIC KEY-----\n/,
        sha256Fingerprint: rsaKey.sha256,
      },
    ),
    get(
      'the public key',
      `${KEYS}/${named('pair')}-pub?fields=links`,
      200,
      allOf(keyShape, {
        objectType: 'Public Key',
        publickey: /^-----BEGIN PUBLIC KEY-----\n/,
        links: [
          {
            type: 'privateKey',
            targetID: '{{pair}}',
            target: '{{pair.uri}}',
          },
        ],
      }),
      { keep: { half: 'id' } },
    ),
    get('and back', `${KEYS}/{{pair}}?fields=links`, 200, {
      links: [{ type: 'publicKey', targetID: '{{half}}' }],
    }),
    makeKey(
      'named',
      {
        algorithm: 'EC',
        curveid: 'secp384r1',
        publicKeyParameters: {
          name: `${named('named')}.public`,
          usageMask: 2,
          meta: { side: 'public' },
          aliases: [{ alias: `${named('named')}.verify`, type: 'string' }],
          undeletable: true,
          unexportable: true,
          state: 'Pre-Active',
        },
      },
      { objectType: 'Private Key', undeletable: false, publicKeyParameters: absent },
    ),
    get(
      'the public key as it was wanted',
      `${KEYS}/${named('named')}.verify?type=alias`,
      200,
      {
        name: `${named('named')}.public`,
        usageMask: 2,
        meta: { side: 'public' },
        undeletable: true,
        unexportable: true,
        state: 'Pre-Active',
      },
      { keep: { 'named-half': 'id' } },
    ),
    makeKey('dated', {
      algorithm: 'EC',
      curveid: 'prime256v1',
      publicKeyParameters: {
        id: PUBLIC_ID,
        activationDate: '{{in:3600}}',
        deactivationDate: '2040-01-01T00:00:00Z',
        archiveDate: '2041-01-01T00:00:00Z',
      },
    }),
    get('a public key with dates and an id of its own', `${KEYS}/${PUBLIC_ID}`, 200, {
      name: `${named('dated')}-pub`,
      state: 'Pre-Active',
      activationDate: time,
      deactivationDate: '2040-01-01T00:00:00Z',
      archiveDate: '2041-01-01T00:00:00Z',
    }),
    del('one goes', `${KEYS}/{{named}}`, 204),
    get('the other stays', `${KEYS}/{{named-half}}?fields=links`, 200, { links: sized(0) }),
    patch('and may go', `${KEYS}/{{named-half}}`, { undeletable: false }, 200, {
      undeletable: false,
    }),
    del('by its own name', `${KEYS}/${named('named')}.public`, 204),
  ],
  tidy: [
    removeKey('dated'),
    removePublic('dated'),
    removeKey('pair'),
    removeKey('half'),
    removeKey('named'),
    removeKey('named-half'),
  ],
}

const certificates: Scenario = {
  name: 'what a certificate says is shown when it is asked for',
  exchanges: [
    makeKey(
      'cert',
      { objectType: 'Certificate', certType: 'x509-pem', material: certificate.pem },
      {
        objectType: 'Certificate',
        publickey: /^-----BEGIN PUBLIC KEY-----/,
        certFields: absent,
      },
    ),
    get('its fields', `${KEYS}/{{cert}}?fields=certFields`, 200, {
      certFields: {
        certType: 'X.509',
        certLength: certificate.der.length,
        x509SerialNumber: '81985529216486895',
        serialNumber: someText,
        dsalg: someText,
        subjectDNFields: {
          cn: 'conformance',
          o: ['Example'],
          ou: inAnyOrder('Keys', 'Conformance'),
          c: ['US'],
          st: ['TX'],
          l: ['Austin'],
        },
        issuerDNFields: { cn: 'conformance' },
        subjectANFields: {
          dns: ['conformance.example.com'],
          ipAddress: ['192.0.2.7'],
          emailAddress: ['keys@example.com'],
        },
      },
    }),
    get(
      'in a list',
      `${KEYS}?name=${named('cert')}&fields=certFields`,
      200,
      only({ certFields: { certType: 'X.509' } }),
    ),
    post(
      'found by them',
      '/vault/query-keys',
      { names: ['{{cert.name}}'], certFields: { subjectDNFields: { cn: 'conformance' } } },
      200,
      only({ id: '{{cert}}' }),
    ),
    post(
      'and not by others',
      '/vault/query-keys',
      { names: ['{{cert.name}}'], certFields: { subjectDNFields: { cn: 'other' } } },
      200,
      list(sized(0), 0),
    ),
    makeKey(
      'der',
      {
        objectType: 'certificate',
        certType: 'x509-der',
        material: certificate.der.toString('hex'),
      },
      { objectType: 'Certificate' },
    ),
    post('exported as it came: DER in hexadecimal', `${KEYS}/{{der}}/export`, {}, 200, {
      material: certificate.der.toString('hex'),
    }),
    post('or PEM', `${KEYS}/{{cert}}/export`, {}, 200, {
      material: /^-----BEGIN CERTIFICATE-----\n/,
    }),
    post(
      'a certificate needs material',
      KEYS,
      { name: named('none'), objectType: 'Certificate' },
      400,
      wrongValue,
    ),
    post(
      'that is one',
      KEYS,
      { name: named('none'), objectType: 'Certificate', material: ecKey.spki },
      400,
      wrongValue,
    ),
    get(
      'the list by kind',
      `${KEYS}?objectType=Certificate&name=conf-*-{{run}}`,
      200,
      list(containing({ id: '{{cert}}' }, { id: '{{der}}' }), 2),
    ),
  ],
  tidy: [removeKey('cert'), removeKey('der'), removePublic('cert')],
}

export const objects: readonly Scenario[] = [whole, xts, aliases, links, pairs, certificates]
