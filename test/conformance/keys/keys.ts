/**
 * Reference sections 1 to 7 for keys.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 1 trailing slash, empty JSON body, unknown fields, enum case, unknown query parameters | conventions |
 * | 1.1 errors and the texts that clients search for | errors |
 * | 2 fields, 3 create, 3.1 algorithms | creating, by `keyShape` |
 * | 2.1 pairs and links | pairs |
 * | 6 states | states |
 * | 7 references, versions | references, rotation |
 * | 7.1, 7.4 lists | lists |
 * | 7.2 PATCH | changing |
 */
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, allOf, sized, someText, time } from '../expect.ts'
import { assumed, list, named, noRows, notFound, only, ours } from '../identity/common.ts'
import { conflict, KEYS, keyShape, makeKey, removeKey, wrongValue } from './common.ts'

const creating: Scenario = {
  name: 'keys are created with what clients send',
  exchanges: [
    makeKey(
      'kek',
      {
        algorithm: 'aes',
        size: 256,
        usageMask: 12,
        unexportable: true,
        labels: { env: 'test' },
        meta: { ownerId: 'local|f02d8ec9-34dd-42fd-99e7-85cb7f18180c' },
      },
      {
        algorithm: 'AES',
        size: 256,
        usageMask: 12,
        unexportable: true,
        neverExported: true,
        neverExportable: true,
        labels: { env: 'test' },
        objectType: 'Symmetric Key',
        state: 'Active',
        activationDate: time,
        aliases: [{ alias: named('kek'), type: 'string', index: 0 }],
        meta: { ownerId: 'local|f02d8ec9-34dd-42fd-99e7-85cb7f18180c' },
      },
    ),
    post('its name is taken', KEYS, { name: named('kek') }, 409, conflict),
    post(
      'unless the key that is there is wanted',
      `${KEYS}?returnExisting=true`,
      { name: named('kek') },
      [200, 201],
      { id: '{{kek}}' },
    ),
    makeKey(
      'shown',
      { algorithm: 'AES', size: 128 },
      { material: /^[0-9a-fA-F]{32}$/, neverExported: false },
      { query: '?includeMaterial=true' },
    ),
    makeKey(
      'mac',
      { algorithm: 'hmac-sha256' },
      { algorithm: 'HMAC-SHA256', size: 256, objectType: 'Symmetric Key' },
    ),
    makeKey('defaults', {}, { algorithm: 'AES', size: 256 }),
    post('a size that is none', KEYS, { algorithm: 'aes', size: 100 }, 400, wrongValue),
    post('a name with a bracket', KEYS, { name: 'a<b' }, 400),
    post(
      'an owner twice',
      KEYS,
      { assignSelfAsOwner: true, meta: { ownerId: 'local|f02d8ec9-34dd-42fd-99e7-85cb7f18180c' } },
      400,
    ),
  ],
  tidy: ['kek', 'shown', 'mac', 'defaults'].map(removeKey),
}

const conventions: Scenario = {
  name: 'paths, bodies and parameters are read as clients write them',
  exchanges: [
    post(
      'with a slash at the end, null fields and a field that nobody knows',
      `${KEYS}/`,
      { name: named('loose'), ALGORITHM: 'aes', format: null, meta: null, colour: 'red' },
      201,
      keyShape,
      { keep: { loose: 'id' } },
    ),
    get(
      'an empty body of JSON',
      `${KEYS}/{{loose}}/`,
      200,
      { id: '{{loose}}' },
      {
        headers: { 'content-type': 'application/json' },
      },
    ),
    get('two slashes', `/api//v1/vault/keys2/{{loose}}`, 200, { id: '{{loose}}' }),
    get(
      'text wanted',
      `${KEYS}/{{loose}}`,
      200,
      { id: '{{loose}}' },
      {
        headers: { accept: 'text/plain' },
      },
    ),
    get('an unknown parameter', `${KEYS}?colour=red&limit=1`, 200, { messages: sized(1) }),
    get('limit 0', `${KEYS}?limit=0&name=${named('loose')}`, 200, only({ id: '{{loose}}' })),
    del('no collection is deleted', KEYS, [404, 405]),
    del('with a slash neither', `${KEYS}/`, [404, 405]),
  ],
  tidy: [removeKey('loose')],
}

const errors: Scenario = {
  name: 'failures carry the words that clients search for',
  exchanges: [
    get('an unknown key', `${KEYS}/${named('none')}`, 404, notFound),
    del('is not deleted', `${KEYS}/${named('none')}`, 404, notFound),
    makeKey('kept', { undeletable: true }, { undeletable: true }),
    del('an undeletable key', `${KEYS}/{{kept}}`, 400, { codeDesc: someText }),
    patch('false is a value', `${KEYS}/{{kept}}`, { undeletable: false }, 200, {
      id: '{{kept}}',
      undeletable: false,
    }),
    makeKey('kept-in', { unexportable: true }),
    assumed(post('an unexportable key', `${KEYS}/{{kept-in}}/export`, {}, 403)),
  ],
  tidy: [removeKey('kept'), removeKey('kept-in')],
}

const pairs: Scenario = {
  name: 'a pair is two keys, linked with each other',
  exchanges: [
    makeKey(
      'pair',
      { algorithm: 'ec', curveid: 'prime256v1' },
      {
        algorithm: 'EC',
        curveid: 'prime256v1',
        objectType: 'Private Key',
        publickey: /^-----BEGIN PUBLIC KEY-----/,
      },
    ),
    get(
      'the public key',
      `${KEYS}/${named('pair')}-pub?fields=links`,
      200,
      allOf(keyShape, {
        objectType: 'Public Key',
        links: [{ type: 'privateKey', targetID: '{{pair}}', target: '{{pair.uri}}' }],
      }),
      { keep: { half: 'id' } },
    ),
    get('and back', `${KEYS}/{{pair}}?fields=links`, 200, {
      links: [{ type: 'publicKey', targetID: '{{half}}' }],
    }),
    del('one goes', `${KEYS}/{{pair}}`, [200, 204]),
    get('the other stays', `${KEYS}/{{half}}`, 200, { id: '{{half}}' }),
  ],
  tidy: [removeKey('pair'), removeKey('half')],
}

const references: Scenario = {
  name: 'a key is found by each of its names',
  exchanges: [
    makeKey('found', { aliases: [{ alias: named('alias'), type: 'string' }] }),
    ...[
      ['id', '{{found}}'],
      ['name', '{{enc:found.name}}'],
      ['uri', '{{enc:found.uri}}'],
      ['alias', named('alias')],
    ].flatMap(([type, text]) => [
      get(`by its ${type}`, `${KEYS}/${text}?type=${type}`, 200, { id: '{{found}}' }),
      get(`by its ${type}, inferred`, `${KEYS}/${text}`, 200, { id: '{{found}}' }),
    ]),
    get('its name is no id', `${KEYS}/${named('found')}?type=id`, 404, notFound),
    get('a use that it allows', `${KEYS}/{{found}}?usageMask=4`, 200, { id: '{{found}}' }),
    assumed(get('one that it does not', `${KEYS}/{{found}}?usageMask=1`, 404, notFound)),
  ],
  tidy: [removeKey('found')],
}

const rotation: Scenario = {
  name: 'a key has versions, each a row with an id of its own',
  exchanges: [
    makeKey('rotated', { labels: { app: 'x' } }),
    post(
      'a new version',
      `${KEYS}/{{rotated.name}}/versions/?type=name`,
      {},
      [200, 201],
      {
        version: 1,
        name: '{{rotated.name}}',
        labels: { app: 'x' },
      },
      { keep: { second: 'id' } },
    ),
    get('is the key from then on', `${KEYS}/{{rotated.name}}?type=name`, 200, {
      id: '{{second}}',
      version: 1,
    }),
    get('the first is there', `${KEYS}/{{rotated.name}}?version=0`, 200, { id: '{{rotated}}' }),
    get('both are listed', `${KEYS}/{{rotated.name}}/versions/`, 200, list(sized(2), 2)),
    get('and found by name', `${KEYS}?name={{rotated.name}}`, 200, list(sized(2), 2)),
    get('an unknown version', `${KEYS}/{{rotated.name}}?version=5`, 404, notFound),
    del('the first goes by its id', `${KEYS}/{{rotated}}?type=id`, [200, 204]),
  ],
  tidy: [removeKey('rotated'), removeKey('second')],
}

const states: Scenario = {
  name: 'a key goes from state to state as it is told',
  exchanges: [
    makeKey('living'),
    post('revoked', `${KEYS}/{{living}}/revoke`, { reason: 'Superseded', message: 'old' }, 200, {
      id: '{{living}}',
      state: 'Deactivated',
      revocationReason: 'Superseded',
    }),
    post('reactivated', `${KEYS}/{{living}}/reactivate`, { reason: 'DeactivatedToActive' }, 200, {
      id: '{{living}}',
      state: 'Active',
    }),
    post('archived', `${KEYS}/{{living}}/archive`, undefined, 200, { archiveDate: time }),
    assumed(
      post('not exported while archived', `${KEYS}/{{living}}/export`, undefined, [400, 409]),
    ),
    post('recovered', `${KEYS}/{{living}}/recover`, undefined, 200, { archiveDate: absent }),
    post('compromised', `${KEYS}/{{living}}/revoke`, { reason: 'KeyCompromise' }, 200, {
      state: 'Compromised',
      compromiseDate: time,
    }),
    post('destroyed', `${KEYS}/{{living}}/destroy`, undefined, 200, {
      state: 'Destroyed Compromised',
      destroyDate: time,
    }),
    makeKey('later', { state: 'Pre-Active' }, { state: 'Pre-Active', activationDate: absent }),
    makeKey(
      'soon',
      { activationDate: '{{in:3600}}', deactivationDate: '{{in:7200}}' },
      { state: 'Pre-Active' },
    ),
    get('its day comes', `${KEYS}/{{soon}}`, 200, { state: 'Active' }, { laterBySeconds: 4000 }),
    get('and goes', `${KEYS}/{{soon}}`, 200, { state: 'Deactivated' }, { laterBySeconds: 4000 }),
  ],
  tidy: ['living', 'later', 'soon'].map(removeKey),
}

const changing: Scenario = {
  name: 'PATCH merges, and leaves what it does not name',
  exchanges: [
    makeKey('changed', { labels: { a: '1', b: '2' }, meta: { one: { x: 1 } }, description: 'd' }),
    patch(
      'labels and metadata',
      `${KEYS}/{{changed}}`,
      {
        labels: { a: null, c: '3' },
        meta: { one: { y: 2 }, permissions: { ReadKey: ['Key Users'] } },
      },
      200,
      {
        id: '{{changed}}',
        description: 'd',
        labels: { a: absent, b: '2', c: '3' },
        meta: { one: { x: 1, y: 2 }, permissions: { ReadKey: ['Key Users'] } },
      },
    ),
    patch(
      'another spelling of a permission is kept beside the first',
      `${KEYS}/{{changed}}`,
      { meta: { permissions: { export_key: ['Key Users'] } } },
      200,
      { meta: { permissions: { ReadKey: ['Key Users'], export_key: ['Key Users'] } } },
    ),
    patch('a description is cleared', `${KEYS}/{{changed}}`, { description: '' }, 200, {
      description: '',
    }),
    patch('no revocation', `${KEYS}/{{changed}}`, { revocationReason: 'Superseded' }, 400),
    patch('rotation turned off', `${KEYS}/{{changed}}`, { rotationFrequencyDays: '0' }, 200, {
      id: '{{changed}}',
    }),
    patch('an alias goes', `${KEYS}/{{changed}}`, { aliases: [{ index: 0 }] }, 200, {
      aliases: sized(0),
    }),
    patch(
      'and one comes',
      `${KEYS}/{{changed}}`,
      { aliases: [{ alias: '{{changed}}', type: 'string' }] },
      200,
      { aliases: [{ alias: '{{changed}}', type: 'string' }] },
    ),
    patch(
      'which is there once',
      `${KEYS}/{{changed}}`,
      { aliases: [{ alias: '{{changed}}', type: 'string' }] },
      409,
      conflict,
    ),
  ],
  tidy: [removeKey('changed')],
}

const lists: Scenario = {
  name: 'keys are listed by what clients filter by',
  exchanges: [
    makeKey('one', { labels: { run: '{{run}}', at: '1' } }),
    makeKey('two', { labels: { run: '{{run}}' }, size: 128 }),
    get('by name', `${KEYS}/?skip=0&limit=1&name=${named('one')}`, 200, only({ id: '{{one}}' })),
    get('by label', `${KEYS}?labels=run%3D{{run}}&skip=0&limit=100`, 200, list(sized(2), 2)),
    get('by two labels', `${KEYS}?labels=run%3D{{run}},at%3D1`, 200, only({ id: '{{one}}' })),
    get(
      'by a label that differs',
      `${KEYS}?labels=run%3D{{run}},at!%3D1`,
      200,
      only({ id: '{{two}}' }),
    ),
    get('by fingerprint', `${KEYS}?sha256Fingerprint={{one.print}}`, 200, only({ id: '{{one}}' })),
    get('by size', `${KEYS}?labels=run%3D{{run}}&size=128`, 200, only({ id: '{{two}}' })),
    get('by no such algorithm', `${KEYS}?labels=run%3D{{run}}&algorithm=DESede`, 200, noRows),
    get('metadata when asked', `${KEYS}?name=${named('one')}&fields=meta`, 200, {
      resources: [{ id: '{{one}}' }],
    }),
    get('and not otherwise', `${KEYS}?name=${named('one')}`, 200, {
      resources: [{ id: '{{one}}', meta: absent }],
    }),
    post(
      'a query with several names',
      '/vault/query-keys/',
      { names: ['{{one.name}}', '{{two.name}}'], algorithms: ['AES'] },
      200,
      list(sized(2), 2),
    ),
    post('ids alone', '/vault/query-keys', { names: ['{{one.name}}'], returnOnlyIDs: true }, 200, {
      resources: ['{{one}}'],
    }),
    get('labels', '/vault/key-labels/?label=run', 200, { resources: [{ label: 'run' }] }),
  ],
  tidy: [removeKey('one'), removeKey('two')],
}

const others: Scenario = {
  name: 'random bytes, secrets, clones, check values',
  exchanges: [
    get('random bytes', '/vault/random?bytes=32', 200, { bytes: /^[A-Za-z0-9+/]{43}=$/ }),
    post(
      'a secret',
      '/vault/secrets',
      { name: named('secret'), dataType: 'password', material: 'open sesame' },
      201,
      { objectType: 'Secret Data', material: absent },
      { keep: { secret: 'id' } },
    ),
    post('is read', `/vault/secrets/${named('secret')}/export?type=name`, undefined, 200, {
      material: 'open sesame',
    }),
    makeKey('source', { material: '00000000000000000000000000000000', algorithm: 'AES' }),
    post(
      'cloned',
      `${KEYS}/{{source}}/clone`,
      { newKeyName: named('clone') },
      [200, 201],
      {
        name: named('clone'),
        sha256Fingerprint: '{{source.print}}',
      },
      { keep: { clone: 'id' } },
    ),
    assumed(post('check value', `${KEYS}/{{source}}/kcv`, undefined, 200, { kcv: /^66e94b$/i })),
    ours(get('orphans', '/reports/orphaned-resources', 200, { truncated: false })),
  ],
  tidy: [removeKey('source'), removeKey('clone'), removeKey('secret')],
}

export const keys: readonly Scenario[] = [
  creating,
  conventions,
  errors,
  pairs,
  references,
  rotation,
  states,
  changing,
  lists,
  others,
]
