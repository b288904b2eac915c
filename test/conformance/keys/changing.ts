/**
 * Reference sections 7.2 and 7.3: PATCH, and new versions.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 7.2 each field that is accepted | fields, dates |
 * | 7.2 each that is immutable | immutable |
 * | 7.2 meta merged, allVersions; labels merged; aliases a delta | merging, everyVersion, aliases |
 * | 7.2 the SPIRE plugin; revocationReason; what is left out; false as a value | spire in clients.ts, immutable, fields |
 * | 7.2 `meta.cte` in use | cte.ts |
 * | 7.3 each field of a new version | rotation |
 * | 7.3 encrypt uses the newest, old ones stay readable; links; offset | rotation, pairs |
 * | 7.3 rotation by schedule | lifecycle.ts |
 */
import { get, patch, post, type Scenario } from '../exchange.ts'
import { absent, containing, sized, time } from '../expect.ts'
import { assumed, named, only, ours } from '../identity/common.ts'
import {
  again,
  conflict,
  decrypt,
  encrypt,
  GCM,
  KEYS,
  kept,
  makeKey,
  PLAINTEXT,
  removeKey,
  removePublic,
  wrongValue,
} from './common.ts'
import { AES_128, AES_256, certificate, ecKey, sha256 } from './materials.ts'

const at = (key: string) => `${KEYS}/{{${key}}}`

const fields: Scenario = {
  name: 'PATCH changes what it names, and leaves the rest',
  exchanges: [
    makeKey('key', {
      description: 'd',
      labels: { a: '1' },
      meta: { m: 1 },
      usageMask: 12,
      rotationFrequencyDays: '30',
    }),
    patch('nothing', at('key'), {}, 200, {
      id: '{{key}}',
      description: 'd',
      labels: { a: '1' },
      meta: { m: 1 },
      usageMask: 12,
      rotationFrequencyDays: '30',
    }),
    patch('a description', at('key'), { description: 'e' }, 200, {
      description: 'e',
      labels: { a: '1' },
      usageMask: 12,
    }),
    patch('cleared', at('key'), { description: '' }, 200, { description: '' }),
    patch('a usage mask', at('key'), { usageMask: 4 }, 200, { usageMask: 4 }),
    patch('protection', at('key'), { undeletable: true, unexportable: true }, 200, {
      undeletable: true,
      unexportable: true,
    }),
    patch('leaving it out keeps it', at('key'), { description: 'f' }, 200, {
      undeletable: true,
      unexportable: true,
      description: 'f',
    }),
    patch('null keeps it', at('key'), { undeletable: null, unexportable: null }, 200, {
      undeletable: true,
      unexportable: true,
    }),
    patch('false is a value', at('key'), { undeletable: false, unexportable: false }, 200, {
      undeletable: false,
      unexportable: false,
      neverExportable: false,
    }),
    patch('identifiers', at('key'), { muid: 'patched-{{run}}' }, 200, { muid: 'patched-{{run}}' }),
    patch('a number that is none', at('key'), { keyId: 'x' }, 400, wrongValue),
    patch(
      'rotation',
      at('key'),
      { rotationFrequencyDays: '7', rotationDate: '2030-01-01T00:00:00Z' },
      200,
      { rotationFrequencyDays: '7', rotationDate: '2030-01-01T00:00:00Z' },
    ),
    patch('turned off by 0', at('key'), { rotationFrequencyDays: '0' }, 200, {
      rotationFrequencyDays: absent,
    }),
    patch('turned on', at('key'), { rotationFrequencyDays: '7' }, 200, {
      rotationFrequencyDays: '7',
      rotationDate: time,
    }),
    patch('turned off by an empty text', at('key'), { rotationFrequencyDays: '' }, 200, {
      rotationFrequencyDays: absent,
      rotationDate: absent,
    }),
    patch('a rotation that was due', at('key'), { rotationDate: '2020-01-01T00:00:00Z' }, 200, {
      rotationDate: '2020-01-01T00:00:00Z',
      rotationDateReached: true,
    }),
    post(
      'is found by that',
      '/vault/query-keys',
      { name: '{{key.name}}', rotationDateReached: true },
      200,
      only({ id: '{{key}}' }),
    ),
    patch('by name', `${KEYS}/{{enc:key.name}}?type=name`, { description: 'g' }, 200, {
      id: '{{key}}',
      description: 'g',
    }),
    patch('a field of the wrong type', at('key'), { labels: 'x' }, 400, wrongValue),
    get('the same is read back', at('key'), 200, {
      description: 'g',
      usageMask: 4,
      labels: { a: '1' },
      meta: { m: 1 },
      muid: 'patched-{{run}}',
    }),
  ],
  tidy: [removeKey('key')],
}

const dates: Scenario = {
  name: 'PATCH moves the dates of a key',
  exchanges: [
    makeKey('key', { state: 'Pre-Active' }),
    patch(
      'planned',
      at('key'),
      {
        activationDate: '{{in:3600}}',
        processStartDate: '{{in:3600}}',
        protectStopDate: '{{in:5000}}',
        deactivationDate: '{{in:7200}}',
        archiveDate: '{{in:9000}}',
      },
      200,
      {
        state: 'Pre-Active',
        activationDate: time,
        processStartDate: time,
        protectStopDate: time,
        deactivationDate: time,
        archiveDate: time,
      },
    ),
    patch(
      'with an offset',
      at('key'),
      { activationDate: '2035-01-01T02:00:00+02:00', deactivationDate: '2036-01-01T00:00:00Z' },
      200,
      { activationDate: '2035-01-01T00:00:00Z' },
    ),
    patch(
      'an end before the beginning',
      at('key'),
      { deactivationDate: '2034-01-01T00:00:00Z' },
      400,
      wrongValue,
    ),
    patch('what is no time', at('key'), { activationDate: 'soon' }, 400, wrongValue),
    patch('nothing came of it', at('key'), {}, 200, {
      activationDate: '2035-01-01T00:00:00Z',
      deactivationDate: '2036-01-01T00:00:00Z',
    }),
    patch('Active from now on', at('key'), { activationDate: '{{in:0}}' }, 200, {
      state: 'Active',
    }),
    patch('and Deactivated', at('key'), { deactivationDate: '{{in:0}}' }, 200, {
      state: 'Deactivated',
    }),
    patch(
      'no compromise to date',
      at('key'),
      { compromiseOccurrenceDate: '2024-01-01T00:00:00Z' },
      400,
      wrongValue,
    ),
  ],
  tidy: [removeKey('key')],
}

const immutable: Scenario = {
  name: 'PATCH does not change what a key is',
  exchanges: [
    makeKey('key', { material: AES_128 }),
    patch(
      'name, algorithm, size, curve, kind and material stay',
      at('key'),
      {
        name: 'other',
        algorithm: 'aria',
        size: 256,
        curveid: 'prime256v1',
        objectType: 'Opaque Object',
        material: AES_256,
        state: 'Destroyed',
        version: 5,
        id: 'x',
      },
      [200, 400],
    ),
    get('as they were', at('key'), 200, {
      id: '{{key}}',
      name: '{{key.name}}',
      algorithm: 'AES',
      size: 128,
      curveid: absent,
      objectType: 'Symmetric Key',
      sha256Fingerprint: sha256(AES_128),
      state: 'Active',
      version: 0,
    }),
    ...[
      { revocationReason: 'Superseded' },
      { revocationMessage: 'old' },
      { revocationReason: 'old', revocationMessage: 'Superseded', description: 'x' },
    ].map((body) => patch('revoking is a call of its own', at('key'), body, 400, wrongValue)),
    get('nothing was changed by them', at('key'), 200, {
      description: '',
      revocationReason: absent,
      state: 'Active',
    }),
  ],
  tidy: [removeKey('key')],
}

const merging: Scenario = {
  name: 'PATCH merges metadata and labels',
  exchanges: [
    makeKey('key', {
      labels: { a: '1', b: '2' },
      meta: { one: { x: 1 }, two: [1, 2], permissions: { ReadKey: ['Key Users'] } },
    }),
    patch('labels', at('key'), { labels: { a: null, c: '3' } }, 200, {
      labels: { a: absent, b: '2', c: '3' },
    }),
    patch('metadata, member by member', at('key'), { meta: { one: { y: 2 }, three: 3 } }, 200, {
      meta: { one: { x: 1, y: 2 }, two: [1, 2], three: 3 },
    }),
    patch('a list is replaced', at('key'), { meta: { two: [3] } }, 200, {
      meta: { two: [3], three: 3 },
    }),
    ours(
      patch('null takes a member away', at('key'), { meta: { three: null } }, 200, {
        meta: { three: absent, two: [3] },
      }),
    ),
    patch('another permission', at('key'), { meta: { permissions: { UseKey: ['ops'] } } }, 200, {
      meta: { permissions: { ReadKey: ['Key Users'], UseKey: ['ops'] } },
    }),
    patch(
      'in another spelling, kept beside',
      at('key'),
      { meta: { permissions: { read_key: ['ops'] } } },
      200,
      { meta: { permissions: { ReadKey: ['Key Users'], read_key: ['ops'] } } },
    ),
    patch('null is an empty list', at('key'), { meta: { permissions: { UseKey: null } } }, 200, {
      meta: { permissions: { ReadKey: ['Key Users'] } },
    }),
    patch(
      'an owner',
      at('key'),
      { meta: { ownerId: 'local|f02d8ec9-34dd-42fd-99e7-85cb7f18180c' } },
      200,
      { meta: { ownerId: 'local|f02d8ec9-34dd-42fd-99e7-85cb7f18180c', two: [3] } },
    ),
    patch('left out, it stays', at('key'), { meta: { four: 4 } }, 200, {
      meta: { ownerId: 'local|f02d8ec9-34dd-42fd-99e7-85cb7f18180c', four: 4 },
    }),
    patch(
      'null for it leaves it',
      at('key'),
      { meta: { ownerId: null, permissions: null, cte: null } },
      200,
      {
        meta: {
          ownerId: 'local|f02d8ec9-34dd-42fd-99e7-85cb7f18180c',
          permissions: { ReadKey: ['Key Users'] },
        },
      },
    ),
    patch(
      'a label that no selector can name',
      at('key'),
      { labels: { 'a=b': '1' } },
      400,
      wrongValue,
    ),
  ],
  tidy: [removeKey('key')],
}

const everyVersion: Scenario = {
  name: 'PATCH changes one version, and the metadata of all when that is asked',
  exchanges: [
    makeKey('key', { meta: { a: 1 } }),
    post(
      'a second version',
      `${at('key')}/versions`,
      {},
      201,
      { version: 1, meta: { a: 1 } },
      { keep: { second: 'id' } },
    ),
    patch('one', at('second'), { meta: { b: 2 }, description: 'of one' }, 200, {
      meta: { a: 1, b: 2 },
    }),
    get('the other is as it was', at('key'), 200, { meta: { a: 1, b: absent }, description: '' }),
    patch(
      'all',
      at('second'),
      { meta: { c: 3 }, allVersions: true, description: 'of one still' },
      200,
      { meta: { a: 1, b: 2, c: 3 } },
    ),
    get('the other too', at('key'), 200, { meta: { a: 1, c: 3 }, description: '' }),
  ],
  tidy: ['key', 'second'].map(removeKey),
}

const aliases: Scenario = {
  name: 'aliases in a PATCH are a delta',
  exchanges: [
    makeKey('key', { aliases: [{ alias: named('one'), type: 'string' }] }),
    patch('added', at('key'), { aliases: [{ alias: named('two'), type: 'uri' }] }, 200, {
      aliases: [{ index: 0 }, { index: 1 }, { alias: named('two'), type: 'uri', index: 2 }],
    }),
    patch('deleted', at('key'), { aliases: [{ index: 1 }] }, 200, {
      aliases: [
        { alias: named('key'), index: 0 },
        { alias: named('two'), index: 2 },
      ],
    }),
    get('it is no name any more', `${KEYS}/${named('one')}?type=alias`, 404),
    patch(
      'modified',
      at('key'),
      { aliases: [{ index: 2, alias: named('three'), type: 'string' }] },
      200,
      { aliases: containing({ alias: named('three'), type: 'string', index: 2 }) },
    ),
    get('and found', `${KEYS}/${named('three')}?type=alias`, 200, { id: '{{key}}' }),
    patch(
      'one that is there',
      at('key'),
      { aliases: [{ alias: named('three'), type: 'string' }] },
      409,
      conflict,
    ),
    patch('one that there is not', at('key'), { aliases: [{ index: 9 }] }, 400, wrongValue),
    patch('none', at('key'), { aliases: [] }, 200, { aliases: sized(2) }),
    patch('the name as alias', at('key'), { aliases: [{ index: 0 }] }, 200, {
      aliases: [{ alias: named('three') }],
    }),
    get('the name stays', `${KEYS}/${named('key')}`, 200, { id: '{{key}}' }),
  ],
  tidy: [removeKey('key')],
}

const rotation: Scenario = {
  name: 'a new version keeps what the key is, and has material of its own',
  exchanges: [
    makeKey('key', {
      size: 128,
      usageMask: 12,
      labels: { a: '1', b: '2' },
      meta: { m: 1 },
      unexportable: false,
      description: 'd',
      deactivationDate: '2040-01-01T00:00:00Z',
    }),
    encrypt(
      'something is encrypted',
      { id: named('key'), plaintext: PLAINTEXT },
      { id: '{{key}}', version: 0 },
      kept('blob', GCM),
    ),
    post(
      'a version of random material',
      `${KEYS}/{{key.name}}/versions/?type=name`,
      undefined,
      201,
      {
        version: 1,
        name: '{{key.name}}',
        algorithm: 'AES',
        size: 128,
        usageMask: 12,
        labels: { a: '1', b: '2' },
        meta: { m: 1 },
        description: 'd',
        state: 'Active',
        material: absent,
        deactivationDate: absent,
      },
      { keep: { second: 'id' } },
    ),
    encrypt(
      'the newest encrypts',
      { id: named('key'), plaintext: PLAINTEXT },
      { id: '{{second}}', version: 1 },
    ),
    encrypt(
      'or the one that is asked for',
      { id: named('key'), type: 'name', version: 0, plaintext: PLAINTEXT },
      { id: '{{key}}', version: 0 },
    ),
    decrypt('the old one opens by id', again('blob', GCM)),
    decrypt('and by name and version', {
      ...again('blob', ['ciphertext', 'iv', 'tag', 'mode']),
      id: named('key'),
      type: 'name',
      version: 0,
    }),
    assumed(
      get('they are linked', `${at('key')}?fields=links`, 200, {
        links: [{ type: 'replacementObject', targetID: '{{second}}' }],
      }),
    ),
    assumed(
      get('both ways', `${at('second')}?fields=links`, 200, {
        links: [{ type: 'replacedObject', targetID: '{{key}}' }],
      }),
    ),
    post(
      'a version with all that may be said',
      `${at('second')}/versions?includeMaterial=true`,
      {
        material: AES_128,
        format: 'raw',
        encoding: 'hex',
        defaultIV: '00112233445566778899aabbccddeeff',
        aliases: [{ alias: named('v2'), type: 'string' }],
        labels: { a: null, c: '3' },
        idSize: 32,
        muid: 'v2-{{run}}',
        offset: 60,
      },
      201,
      {
        version: 2,
        id: /^[0-9a-f]{32}$/,
        material: AES_128,
        defaultIV: '00112233445566778899aabbccddeeff',
        labels: { a: absent, b: '2', c: '3' },
        muid: 'v2-{{run}}',
        aliases: containing({ alias: named('v2') }),
        neverExported: false,
      },
      { keep: { third: 'id' } },
    ),
    post(
      'material in base64',
      `${at('third')}/versions`,
      { material: Buffer.from(AES_128, 'hex').toString('base64'), encoding: 'base64' },
      201,
      { version: 3, sha256Fingerprint: sha256(AES_128) },
      { keep: { fourth: 'id' } },
    ),
    post(
      'of another size is refused',
      `${at('key')}/versions`,
      { material: AES_256 },
      400,
      wrongValue,
    ),
    post(
      'an offset moves the dates',
      `${at('fourth')}/versions`,
      { offset: 3600 },
      201,
      { version: 4, activationDate: time, state: 'Pre-Active' },
      { keep: { fifth: 'id' } },
    ),
    makeKey('gone'),
    post('destroyed', `${at('gone')}/destroy`, undefined, 200),
    ours(post('a destroyed key has no next', `${at('gone')}/versions`, {}, 409, conflict)),
  ],
  tidy: ['key', 'second', 'third', 'fourth', 'fifth', 'gone'].map(removeKey),
}

const pairs: Scenario = {
  name: 'pairs and certificates have versions too',
  exchanges: [
    makeKey('pair', { algorithm: 'ec', curveid: 'prime256v1', usageMask: 3 }),
    post(
      'the private key',
      `${KEYS}/{{pair.name}}/versions/`,
      undefined,
      201,
      { version: 1, publickey: /^-----BEGIN PUBLIC KEY-----/, curveid: 'prime256v1' },
      { keep: { 'pair-1': 'id' } },
    ),
    ours(
      get(
        'takes its public key along',
        `${KEYS}/{{pair.name}}-pub`,
        200,
        { version: 1, objectType: 'Public Key' },
        { keep: { 'pub-1': 'id' } },
      ),
    ),
    ours(
      post('which has none of its own', `${KEYS}/{{pair.name}}-pub/versions`, {}, 400, wrongValue),
    ),
    post(
      'with material',
      `${KEYS}/{{pair.name}}/versions`,
      { material: ecKey.pkcs8 },
      201,
      { version: 2, sha256Fingerprint: ecKey.sha256 },
      { keep: { 'pair-2': 'id' } },
    ),
    makeKey('cert', { objectType: 'Certificate', certType: 'x509-pem', material: certificate.pem }),
    post('a certificate needs material', `${at('cert')}/versions`, {}, 400, wrongValue),
    post(
      'which is one',
      `${at('cert')}/versions`,
      { material: certificate.der.toString('hex'), certType: 'x509-der' },
      201,
      { version: 1, objectType: 'Certificate' },
      { keep: { 'cert-1': 'id' } },
    ),
    post('and is given back as it came', `${at('cert-1')}/export`, {}, 200, {
      material: certificate.der.toString('hex'),
    }),
  ],
  tidy: [
    ...['pair', 'pair-1', 'pair-2'].map(removeKey),
    ...[0, 1, 2].map(() => removePublic('pair')),
    ...['cert', 'cert-1'].map(removeKey),
  ],
}

export const changing: readonly Scenario[] = [
  fields,
  dates,
  immutable,
  merging,
  everyVersion,
  aliases,
  rotation,
  pairs,
]
