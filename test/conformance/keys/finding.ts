/**
 * Reference sections 7, 7.1 and 7.4: how one key is named, and how many are found.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 7 `{id}` by each type, inferred, with a version | references, versions |
 * | 7 `GET …/versions` with its filters | versions |
 * | 7 clone, kcv, orphaned-resources; key-labels | actions; labelled |
 * | 7.1 each filter | filters, identities, labelled, meta |
 * | 7.4 each field of query-keys | queries, moments, identities, labelled, meta |
 * | 7 the other endpoints | conventions.ts, lifecycle.ts, changing.ts, exporting.ts |
 */
import { del, get, post, type Scenario } from '../exchange.ts'
import { absent, array, containing, integer, sized, someText, time } from '../expect.ts'
import { assumed, list, named, noRows, notFound, only, ours } from '../identity/common.ts'
import { KEYS, keyShape, makeKey, removeKey, removePublic, wrongValue } from './common.ts'
import { AES_128, AES_256, ecKey, rsaKey, sha256 } from './materials.ts'

const references: Scenario = {
  name: 'a key is found by each of its names',
  exchanges: [
    makeKey('Found', { aliases: [{ alias: named('alias'), type: 'string' }] }),
    ...[
      ['id', '{{Found}}'],
      ['slug', '{{Found}}'],
      ['name', '{{enc:Found.name}}'],
      ['uri', '{{enc:Found.uri}}'],
      ['alias', named('alias')],
      ['ID', '{{Found}}'],
    ].flatMap(([type, text]) => [
      get(`by its ${type}`, `${KEYS}/${text}?type=${type}`, 200, { id: '{{Found}}' }),
      get(`by its ${type}, inferred`, `${KEYS}/${text}`, 200, { id: '{{Found}}' }),
    ]),
    get('an id in capitals is the same', `${KEYS}/{{upper:Found}}`, 200, { id: '{{Found}}' }),
    get('its name is no id', `${KEYS}/{{Found.name}}?type=id`, 404, notFound),
    get('its id is no name', `${KEYS}/{{Found}}?type=name`, 404, notFound),
    get(
      'a name in another case is another',
      `${KEYS}/{{upper:Found.name}}?type=name`,
      404,
      notFound,
    ),
    get('a type that is none', `${KEYS}/{{Found}}?type=shoe`, 400, wrongValue),
    post(
      'a name that has to be encoded',
      KEYS,
      { name: 'Conf/ä key+100% {{run}}' },
      201,
      keyShape,
      { keep: { odd: 'id', 'odd.name': 'name' } },
    ),
    get('is found encoded', `${KEYS}/{{enc:odd.name}}?type=name`, 200, {
      id: '{{odd}}',
      name: 'Conf/ä key+100% {{run}}',
    }),
  ],
  tidy: ['Found', 'odd'].map(removeKey),
}

const versions: Scenario = {
  name: 'a name has versions, each a row of its own',
  exchanges: [
    makeKey('many', { labels: { app: 'x' }, meta: { a: 1 } }),
    ...[1, 2].map((version) =>
      post(
        `version ${version}`,
        `${KEYS}/{{many.name}}/versions?type=name`,
        undefined,
        201,
        { version, name: '{{many.name}}' },
        { keep: { [`many-${version}`]: 'id', [`many-${version}.uri`]: 'uri' } },
      ),
    ),
    get('the name means the newest', `${KEYS}/{{many.name}}`, 200, {
      id: '{{many-2}}',
      version: 2,
    }),
    get('or the version that is asked', `${KEYS}/{{many.name}}?version=0`, 200, {
      id: '{{many}}',
      version: 0,
    }),
    get('with its type', `${KEYS}/{{many.name}}?type=name&version=1`, 200, { id: '{{many-1}}' }),
    get('an id means its own', `${KEYS}/{{many}}`, 200, { version: 0 }),
    assumed(get('a URI too', `${KEYS}/{{enc:many-1.uri}}`, 200, { id: '{{many-1}}' })),
    get('an unknown version', `${KEYS}/{{many.name}}?version=9`, 404, notFound),
    get(
      'all of them',
      `${KEYS}/{{many.name}}/versions`,
      200,
      list([{ version: 2 }, { version: 1 }, { version: 0 }], 3),
    ),
    get(
      'a page of them',
      `${KEYS}/{{many}}/versions?skip=1&limit=1`,
      200,
      list([{ version: 1 }], 3),
    ),
    get(
      'with what is asked for',
      `${KEYS}/{{many}}/versions?fields=meta,links&limit=1`,
      200,
      list([{ meta: { a: 1 }, links: sized(1) }], 3),
    ),
    get('by state', `${KEYS}/{{many}}/versions?state=Deactivated`, 200, noRows),
    get('by alias', `${KEYS}/{{many}}/versions?alias=${named('many')}`, 200, list(sized(3), 3)),
    get(
      'by the type of a link',
      `${KEYS}/{{many}}/versions?linkType=replacedObject`,
      200,
      list(sized(2), 2),
    ),
    get(
      'in the list every version is a row',
      `${KEYS}?name={{many.name}}`,
      200,
      list(containing({ id: '{{many}}' }, { id: '{{many-1}}' }, { id: '{{many-2}}' }), 3),
    ),
    get(
      'one version of them',
      `${KEYS}?name={{many.name}}&version=1`,
      200,
      only({ id: '{{many-1}}' }),
    ),
    post('destroyed by version', `${KEYS}/{{many.name}}/destroy?version=1`, undefined, 200, {
      id: '{{many-1}}',
      state: 'Destroyed',
    }),
    get('the others live', `${KEYS}?name={{many.name}}&state=Active`, 200, list(sized(2), 2)),
    del('deleted by version', `${KEYS}/{{many.name}}?type=name&version=0`, 204),
    get('that one', `${KEYS}/{{many}}`, 404, notFound),
    ours(del('by name the newest', `${KEYS}/{{many.name}}`, 204)),
    get('goes', `${KEYS}/{{many-2}}`, 404, notFound),
  ],
  tidy: ['many', 'many-1', 'many-2'].map(removeKey),
}

const filters: Scenario = {
  name: 'the list of keys is filtered by what a key is',
  exchanges: [
    makeKey('one', {
      material: AES_128,
      labels: { run: '{{run}}' },
      aliases: [{ alias: named('other'), type: 'string' }],
    }),
    makeKey('two', {
      material: AES_256,
      labels: { run: '{{run}}' },
      usageMask: 3145728,
      state: 'Deactivated',
    }),
    makeKey('rsa', { algorithm: 'rsa', material: rsaKey.pkcs8, labels: { run: '{{run}}' } }),
    makeKey('ec', { algorithm: 'ec', material: ecKey.pkcs8, labels: { run: '{{run}}' } }),
    ...[
      ['name', '{{one.name}}', 'one'],
      ['alias', named('other'), 'one'],
      ['state', 'deactivated', 'two'],
      ['usageMask', '1048576', 'two'],
      ['objectType', 'symmetric%20key&size=128', 'one'],
      ['algorithm', 'rsa&objectType=Private%20Key', 'rsa'],
      ['size', '256&objectType=Symmetric%20Key', 'two'],
      ['curveid', 'prime256v1&objectType=Private+Key', 'ec'],
      ['id', '{{ec}}', 'ec'],
      ['sha256Fingerprint', sha256(AES_128), 'one'],
      ['sha256Fingerprint', `${rsaKey.sha256}&objectType=Private+Key`, 'rsa'],
      ['sha1Fingerprint', `${ecKey.sha1}&objectType=Private+Key`, 'ec'],
      ['kcv', 'c6a13b', 'one'],
    ].map(([filter, value, key]) =>
      get(
        `by ${filter}`,
        `${KEYS}?labels=run%3D{{run}}&${filter}=${value}`,
        200,
        only({ id: `{{${key}}}` }),
      ),
    ),
    get(
      'by the type of a link',
      `${KEYS}?labels=run%3D{{run}}&linkType=publicKey`,
      200,
      list(containing({ id: '{{rsa}}' }, { id: '{{ec}}' }), 2),
    ),
    get('by version', `${KEYS}?labels=run%3D{{run}}&version=0`, 200, list(sized(6), 6)),
    get('several sizes', `${KEYS}?labels=run%3D{{run}}&size=128&size=2048`, 200, list(sized(3), 3)),
    get(
      'several kinds',
      `${KEYS}?labels=run%3D{{run}}&objectType=Private%20Key&objectType=Public%20Key`,
      200,
      list(sized(4), 4),
    ),
    get(
      'several curves',
      `${KEYS}?labels=run%3D{{run}}&curveid=prime256v1&curveid=secp384r1`,
      200,
      list(sized(2), 2),
    ),
    ...['DESede', 'DES', '3DES', 'ECDSA'].map((algorithm) =>
      get(
        `by ${algorithm}, which is none`,
        `${KEYS}?labels=run%3D{{run}}&algorithm=${algorithm}`,
        200,
        noRows,
      ),
    ),
    get('by what is nobody', `${KEYS}?id=${'0'.repeat(64)}`, 200, noRows),
    get('filters all hold', `${KEYS}?labels=run%3D{{run}}&size=128&state=Deactivated`, 200, noRows),
    get(
      'an empty one is none',
      `${KEYS}?labels=run%3D{{run}}&algorithm=&state=&name=`,
      200,
      list(sized(6), 6),
    ),
    get('an unknown one is told of', `${KEYS}?labels=run%3D{{run}}&owner=jo`, 200, {
      total: 6,
      messages: sized(1),
    }),
  ],
  tidy: ['one', 'two', 'rsa', 'ec'].flatMap((key) => [removeKey(key), removePublic(key)]),
}

const identities: Scenario = {
  name: 'keys are found by their other identifiers',
  exchanges: [
    makeKey('key', {}, {}),
    get(
      'they are shown',
      `${KEYS}/{{key}}`,
      200,
      { uuid: someText, muid: someText, keyId: /^\d+$/ },
      { keep: { uuid: 'uuid', muid: 'muid', number: 'keyId' } },
    ),
    get('by UUID', `${KEYS}?uuid={{uuid}}`, 200, only({ id: '{{key}}' })),
    get('by MUID', `${KEYS}?muid={{muid}}`, 200, only({ id: '{{key}}' })),
    get('by number', `${KEYS}?keyId={{number}}`, 200, only({ id: '{{key}}' })),
    get(
      'the id is not the UUID',
      `${KEYS}?name={{key.name}}&compareIDWithUUID=notequal`,
      200,
      only({ id: '{{key}}' }),
    ),
    get('nor the same', `${KEYS}?name={{key.name}}&compareIDWithUUID=equal`, 200, noRows),
    post(
      'asked by a body',
      '/vault/query-keys',
      { name: '{{key.name}}', compareIDWithUUID: 'notequal' },
      200,
      only({ id: '{{key}}' }),
    ),
  ],
  tidy: [removeKey('key')],
}

const labelled: Scenario = {
  name: 'labels select keys, and are listed themselves',
  exchanges: [
    makeKey('a', { labels: { run: '{{run}}', tier: 'gold', 'ops/team': 'blue' } }),
    makeKey('b', { labels: { run: '{{run}}', tier: 'silver' } }),
    makeKey('c', { labels: { run: '{{run}}', tier: '' } }),
    ...[
      ['k=v', 'run={{run}},tier=gold', ['a']],
      ['k!=v', 'run={{run}},tier!=gold', ['c', 'b']],
      ['k=, the empty value', 'run={{run}},tier=', ['c']],
      ['three conditions', 'run={{run}},tier=gold,ops/team=blue', ['a']],
      ['a label that is not there', 'run={{run}},colour=red', []],
    ].map(([what, selector, keys]) =>
      get(
        `${what}`,
        `${KEYS}?labels=${encodeURIComponent(selector as string)
          .replaceAll('%7B', '{')
          .replaceAll('%7D', '}')}`,
        200,
        list(
          (keys as string[]).map((key) => ({ id: `{{${key}}}` })),
          (keys as string[]).length,
        ),
      ),
    ),
    ours(
      get(
        'k in (…)',
        `${KEYS}?labels=run={{run}},tier%20in%20(gold,silver)`,
        200,
        list(sized(2), 2),
      ),
    ),
    get('what is no selector', `${KEYS}?labels=run={{run}},(`, 400, wrongValue),
    get('the labels', '/vault/key-labels?label=tier', 200, {
      resources: [{ label: 'tier', values: containing('gold', 'silver') }],
    }),
    get('with a page', '/vault/key-labels/?skip=0&limit=1', 200, { limit: 1, resources: sized(1) }),
    get('one that is not there', '/vault/key-labels?label={{run}}', 200, noRows),
    post(
      'asked by a body',
      '/vault/query-keys',
      { labels: 'run={{run}},tier!=gold' },
      200,
      list([{ id: '{{c}}' }, { id: '{{b}}' }], 2),
    ),
  ],
  tidy: ['a', 'b', 'c'].map(removeKey),
}

const meta: Scenario = {
  name: 'keys are found by what their meta contains',
  exchanges: [
    makeKey('one', { meta: { app: { name: 'x-{{run}}', tags: ['a', 'b'] }, other: 1 } }),
    makeKey('two', { meta: { app: { name: 'x-{{run}}', tags: ['c'] } } }),
    get(
      'by one member',
      `${KEYS}?metaContains=%7B%22app%22%3A%7B%22name%22%3A%22x-{{run}}%22%7D%7D`,
      200,
      list([{ id: '{{two}}' }, { id: '{{one}}' }], 2),
    ),
    post(
      'as text',
      '/vault/query-keys',
      { metaContains: '{"app":{"name":"x-{{run}}","tags":["a"]}}' },
      200,
      only({ id: '{{one}}' }),
    ),
    post(
      'as an object',
      '/vault/query-keys',
      { metaContains: { app: { name: 'x-{{run}}', tags: ['c'] } } },
      200,
      only({ id: '{{two}}' }),
    ),
    post('what is neither', '/vault/query-keys', { metaContains: 'x' }, 400, wrongValue),
  ],
  tidy: ['one', 'two'].map(removeKey),
}

const QUERY = '/vault/query-keys'

const queries: Scenario = {
  name: 'query-keys takes every field, and lists as alternatives',
  exchanges: [
    makeKey('one', { material: AES_128, unexportable: true, labels: { run: '{{run}}' } }),
    makeKey('two', {
      material: AES_256,
      usageMask: 3145728,
      labels: { run: '{{run}}' },
      aliases: [{ alias: named('other'), type: 'string' }],
    }),
    makeKey('ec', { algorithm: 'ec', material: ecKey.pkcs8, labels: { run: '{{run}}' } }),
    ...(
      [
        ['name', '{{one.name}}', ['one']],
        ['names', ['{{one.name}}', '{{two.name}}'], ['two', 'one']],
        ['id', '{{two}}', ['two']],
        ['ids', ['{{two}}', '{{ec}}'], ['ec', 'two']],
        ['uri', '{{one.uri}}', ['one']],
        ['alias', named('other'), ['two']],
        ['aliases', [named('other'), '{{one.name}}'], ['two', 'one']],
        ['algorithm', 'ec', ['pub', 'ec']],
        ['algorithms', ['AES', 'RSA'], ['two', 'one']],
        ['size', 128, ['one']],
        ['sizes', [128, 521], ['one']],
        ['curveIDs', ['prime256v1'], ['pub', 'ec']],
        ['objectTypes', ['Private Key', 'Public Key'], ['pub', 'ec']],
        ['states', ['Active'], ['pub', 'ec', 'two', 'one']],
        ['usageMask', 1048576, ['two']],
        ['usageMasks', [1048576, 2097152], ['two']],
        ['version', 0, ['pub', 'ec', 'two', 'one']],
        ['versions', [0, 1], ['pub', 'ec', 'two', 'one']],
        ['linkTypes', ['publicKey'], ['ec']],
        ['sha1Fingerprint', ecKey.sha1, ['pub', 'ec']],
        ['sha1Fingerprints', [ecKey.sha1], ['pub', 'ec']],
        ['sha256Fingerprint', sha256(AES_128), ['one']],
        ['sha256Fingerprints', [sha256(AES_128), sha256(AES_256)], ['two', 'one']],
        ['unexportable', true, ['one']],
        ['neverExportable', true, ['one']],
        ['rotationDateReached', false, ['pub', 'ec', 'two', 'one']],
        ['revocationReason', 'Superseded', []],
        ['revocationReasons', ['Superseded'], []],
      ] as const
    ).map(([field, value, keys]) =>
      post(
        `by ${field}`,
        QUERY,
        { labels: 'run={{run}}', [field]: value },
        200,
        only(
          ...keys.map((key) =>
            key === 'pub' ? { name: '{{ec.name}}-pub' } : { id: `{{${key}}}` },
          ),
        ),
      ),
    ),
    post(
      'by what was exported',
      QUERY,
      { labels: 'run={{run}}', neverExported: false },
      200,
      list([], 0),
    ),
    post(
      'ids alone',
      QUERY,
      { names: ['{{one.name}}', '{{two.name}}'], returnOnlyIDs: true },
      200,
      { total: 2, resources: ['{{two}}', '{{one}}'] },
    ),
    post(
      'a page',
      `${QUERY}?skip=1&limit=2`,
      { labels: 'run={{run}}', algorithm: 'AES', skip: 1, limit: 2 },
      200,
      { skip: 1, limit: 2, total: 2, resources: [{ id: '{{one}}' }] },
    ),
    post(
      'values of several fields all hold',
      QUERY,
      { labels: 'run={{run}}', algorithm: 'AES', size: 256 },
      200,
      only({ id: '{{two}}' }),
    ),
    post('nothing asked is everything', QUERY, {}, 200, { total: integer }),
    post(
      'nulls are nothing asked',
      QUERY,
      { labels: 'run={{run}}', name: null, sizes: null, metaContains: null },
      200,
      { total: 4 },
    ),
    post('what nobody knows is ignored', QUERY, { labels: 'run={{run}}', colour: 'red' }, 200, {
      total: 4,
    }),
    post('a path that is none', `${QUERY}&skip=0&limit=10`, {}, 404, notFound),
  ],
  tidy: ['one', 'two', 'ec'].flatMap((key) => [removeKey(key), removePublic(key)]),
}

const EVENTS: Readonly<Record<string, string>> = {
  activation: 'activationDate',
  deactivation: 'deactivationDate',
  processStart: 'processStartDate',
  protectStop: 'protectStopDate',
  archive: 'archiveDate',
  destroy: 'destroyDate',
  compromise: 'compromiseDate',
  compromiseOccurrance: 'compromiseOccurrenceDate',
}
const MOMENT = '2024-05-06T07:08:09Z'

const moments: Scenario = {
  name: 'query-keys finds keys by each of their dates',
  exchanges: [
    makeKey('living', {
      material: AES_128,
      labels: { run: '{{run}}' },
      ...Object.fromEntries(
        ['activationDate', 'processStartDate', 'protectStopDate', 'archiveDate'].map((field) => [
          field,
          MOMENT,
        ]),
      ),
      deactivationDate: MOMENT,
    }),
    post(
      'one that is gone',
      KEYS,
      {
        name: named('gone'),
        material: AES_128,
        labels: { run: '{{run}}' },
        state: 'Destroyed Compromised',
        destroyDate: MOMENT,
        compromiseDate: MOMENT,
        compromiseOccurrenceDate: MOMENT,
      },
      201,
      { state: 'Destroyed Compromised' },
      { keep: { gone: 'id' } },
    ),
    ...Object.keys(EVENTS).flatMap((event) => {
      const key = /destroy|compromise/.test(event) ? 'gone' : 'living'
      const ask = (when: string, at: string) => ({ ids: [`{{${key}}}`], [`${event}${when}`]: at })
      return [
        post(`${event}At`, QUERY, ask('At', MOMENT), 200, only({ id: `{{${key}}}` })),
        post(
          `${event}After`,
          QUERY,
          ask('After', '2024-05-06T07:08:08Z'),
          200,
          only({ id: `{{${key}}}` }),
        ),
        post(`not ${event}After`, QUERY, ask('After', MOMENT), 200, noRows),
        post(
          `${event}Before`,
          QUERY,
          ask('Before', '2024-05-06T09:08:10+02:00'),
          200,
          only({ id: `{{${key}}}` }),
        ),
      ]
    }),
    post(
      'created before',
      QUERY,
      { ids: ['{{living}}'], createdBefore: '2020-01-01T00:00:00Z' },
      200,
      noRows,
    ),
    post(
      'created after',
      QUERY,
      {
        ids: ['{{living}}'],
        createdAfter: '2020-01-01T00:00:00Z',
        updatedAfter: '2020-01-01T00:00:00Z',
      },
      200,
      only({ id: '{{living}}' }),
    ),
    post('a date that is none', QUERY, { createdAfter: 'once' }, 400, wrongValue),
  ],
  tidy: ['living', 'gone'].map(removeKey),
}

const actions: Scenario = {
  name: 'keys are cloned, checked and counted',
  exchanges: [
    makeKey('source', {
      algorithm: 'AES',
      material: '00000000000000000000000000000000',
      labels: { a: '1' },
      meta: { b: 2 },
      usageMask: 12,
    }),
    post(
      'a clone',
      `${KEYS}/{{source}}/clone`,
      { newKeyName: named('clone') },
      201,
      {
        name: named('clone'),
        version: 0,
        material: absent,
        sha256Fingerprint: '{{source.print}}',
        usageMask: 12,
        labels: { a: '1' },
        meta: { b: 2 },
        activationDate: time,
      },
      { keep: { clone: 'id' } },
    ),
    post(
      'with its material, metadata and the size of its id',
      `${KEYS}/{{source.name}}/clone?includeMaterial=true&type=name`,
      { newKeyName: named('clone2'), meta: { c: 3 }, idSize: 32 },
      201,
      { id: /^[0-9a-f]{32}$/, material: '00000000000000000000000000000000', meta: { b: 2, c: 3 } },
      { keep: { clone2: 'id' } },
    ),
    post('its name is taken', `${KEYS}/{{source}}/clone`, { newKeyName: named('clone') }, 409),
    post(
      'without a name it gets one',
      `${KEYS}/{{source}}/clone`,
      {},
      201,
      { name: someText },
      { keep: { clone3: 'id' } },
    ),
    assumed(
      post('a check value', `${KEYS}/{{source}}/generate-kcv`, undefined, 200, {
        kcv: /^66e94b$/i,
      }),
    ),
    get('is looked for', `${KEYS}?kcv=66e94b&name=conf-*-{{run}}`, 200, list(sized(3), 3)),
    makeKey('mac', { algorithm: 'hmac-sha256' }),
    ours(
      post(
        'keys without a cipher have none',
        `${KEYS}/{{mac}}/generate-kcv`,
        undefined,
        400,
        wrongValue,
      ),
    ),
    get('orphans are counted', '/reports/orphaned-resources?limit=5', 200, {
      total_orphaned_keys_count: integer,
      orphaned_keys_by_account: array,
      truncated: false,
    }),
  ],
  tidy: ['source', 'clone', 'clone2', 'clone3', 'mac'].map(removeKey),
}

export const finding: readonly Scenario[] = [
  references,
  versions,
  filters,
  identities,
  labelled,
  meta,
  queries,
  moments,
  actions,
]
