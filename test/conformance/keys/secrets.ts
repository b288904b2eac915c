/**
 * Reference section 11: secrets.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | POST: name, dataType, material, unexportable, undeletable, meta, idSize; includeMaterial, returnExisting | kinds, made |
 * | list and its filters | listed |
 * | GET, PATCH, DELETE, export, destroy, versions | life |
 * | shared with keys: states, owner, key endpoints by objectType | shared |
 * | a password from a password configuration | made: random, since the configurations' path is unknown |
 * | SSH keys and certificates as secrets | no source; a blob takes them |
 */
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, containing, sized, time } from '../expect.ts'
import { assumed, list, named, notFound, only, ours } from '../identity/common.ts'
import { conflict, KEYS, keyShape, makeKey, raw, removeKey, wrongValue } from './common.ts'

const SECRETS = '/vault/secrets'
const at = (key: string) => `${SECRETS}/{{${key}}}`
const remove = (key: string) => del(`the secret ${key} is deleted`, at(key), [204, 404])

const KINDS = [
  ['blob', 'AP-_', 'Opaque Object'],
  ['password', 'open sesame ü', 'Secret Data'],
  ['seed', '00ff10', 'Secret Data'],
] as const

const kinds: Scenario = {
  name: 'a secret of each kind is stored, and given back as it came',
  exchanges: [
    ...KINDS.flatMap(([dataType, material, objectType]) => [
      post(
        `a ${dataType}`,
        SECRETS,
        { name: named(dataType), dataType, material, labels: { run: '{{run}}' } },
        201,
        {
          name: named(dataType),
          objectType,
          material: absent,
          state: 'Active',
          version: 0,
          meta: null,
          unexportable: false,
        },
        { keep: { [dataType]: 'id' } },
      ),
      get('what is known of it', `${at(dataType)}`, 200, {
        id: `{{${dataType}}}`,
        objectType,
        material: absent,
      }),
      raw(
        'read by name, with an empty body of octets',
        `${SECRETS}/${named(dataType)}/export?type=name`,
        '',
        200,
        { material, neverExported: false },
      ),
      post('read by id, without a body', `${at(dataType)}/export`, undefined, 200, {
        id: `{{${dataType}}}`,
        material,
      }),
    ]),
    post(
      'a blob unless it is said',
      SECRETS,
      { name: named('plain'), material: 'AAAA' },
      201,
      { objectType: 'Opaque Object' },
      { keep: { plain: 'id' } },
    ),
    ours(
      post(
        'base64 is taken for base64url',
        SECRETS,
        { name: named('usual'), material: 'AP+/' },
        201,
        {},
        { keep: { usual: 'id' } },
      ),
    ),
    post(
      'a kind that is none',
      SECRETS,
      { name: named('bad'), dataType: 'ssh', material: 'x' },
      400,
      wrongValue,
    ),
    post(
      'a seed that is no hexadecimal',
      SECRETS,
      { name: named('bad'), dataType: 'seed', material: 'xyz' },
      400,
      wrongValue,
    ),
    post(
      'a blob that is no base64',
      SECRETS,
      { name: named('bad'), dataType: 'blob', material: '***' },
      400,
      wrongValue,
    ),
    get('nothing came of them', `${SECRETS}?name=${named('bad')}`, 200, list([], 0)),
    get(
      'the list of both kinds',
      `${SECRETS}/?labels=run%3D{{run}}&skip=0&limit=10`,
      200,
      list(sized(3), 3),
    ),
    get(
      'of one',
      `${SECRETS}?labels=run%3D{{run}}&objectType=Opaque%20Object`,
      200,
      only({ id: '{{blob}}' }),
    ),
    get('by name', `${SECRETS}?name=${named('seed')}`, 200, only({ id: '{{seed}}' })),
    get('by version', `${SECRETS}?labels=run%3D{{run}}&version=1`, 200, list([], 0)),
    get(
      'what it is the fingerprint of',
      at('seed'),
      200,
      {},
      { keep: { print: 'sha256Fingerprint', print1: 'sha1Fingerprint' } },
    ),
    get('by fingerprint', `${SECRETS}?sha256Fingerprint={{print}}`, 200, {
      resources: containing({ id: '{{seed}}' }),
    }),
    get('by the shorter one', `${SECRETS}?sha1Fingerprint={{print1}}`, 200, {
      resources: containing({ id: '{{seed}}' }),
    }),
  ],
  tidy: ['blob', 'password', 'seed', 'plain', 'usual'].map(remove),
}

const made: Scenario = {
  name: 'a secret is made here when none is brought',
  exchanges: [
    ...[
      ['blob', /^[A-Za-z0-9_-]{43}$/],
      ['password', /^.{24}$/],
      ['seed', /^[0-9a-f]{64}$/],
    ].map(([dataType, material]) =>
      ours(
        post(
          `a ${dataType}`,
          `${SECRETS}?includeMaterial=true`,
          { name: named(dataType as string), dataType },
          201,
          { material: material as RegExp, neverExported: false },
          { keep: { [dataType as string]: 'id' } },
        ),
      ),
    ),
    post('its name is taken', SECRETS, { name: named('seed'), dataType: 'seed' }, 409, conflict),
    post(
      'unless the one that is there is wanted',
      `${SECRETS}?returnExisting=true`,
      { name: named('seed'), dataType: 'seed' },
      [200, 201],
      { id: '{{seed}}' },
    ),
    post(
      'with all that may be said',
      SECRETS,
      {
        name: named('full'),
        dataType: 'password',
        material: 'x',
        unexportable: true,
        undeletable: true,
        meta: { a: 1 },
        idSize: 32,
        description: 'd',
        aliases: [{ alias: named('alias'), type: 'string' }],
        activationDate: '2020-01-01T00:00:00Z',
        deactivationDate: '2040-01-01T00:00:00Z',
      },
      201,
      {
        id: /^[0-9a-f]{32}$/,
        unexportable: true,
        undeletable: true,
        meta: { a: 1 },
        description: 'd',
        activationDate: '2020-01-01T00:00:00Z',
        deactivationDate: '2040-01-01T00:00:00Z',
      },
      { keep: { full: 'id' } },
    ),
    post('it is not read', `${at('full')}/export`, undefined, 403),
    del('nor deleted', at('full'), 400, { message: /key is not deletable/ }),
    patch(
      'until it may go',
      `${SECRETS}/${named('alias')}?type=alias`,
      { undeletable: false, unexportable: false },
      200,
      { undeletable: false, unexportable: false },
    ),
    post('it is read', `${at('full')}/export`, undefined, 200, { material: 'x' }),
    ours(
      post(
        'no answer holds what must stay',
        `${SECRETS}?includeMaterial=true`,
        { unexportable: true },
        403,
      ),
    ),
  ],
  tidy: [
    ...['blob', 'password', 'seed'].map(remove),
    patch('it may go', at('full'), { undeletable: false }, [200, 404]),
    remove('full'),
  ],
}

const life: Scenario = {
  name: 'a secret has versions and ends, as a key does',
  exchanges: [
    post(
      'one',
      SECRETS,
      { name: named('one'), dataType: 'password', material: 'first' },
      201,
      {},
      { keep: { one: 'id' } },
    ),
    post(
      'its next',
      `${SECRETS}/${named('one')}/versions?type=name`,
      { material: 'second' },
      201,
      { version: 1, material: absent, name: named('one') },
      { keep: { two: 'id' } },
    ),
    post(
      'and one that is made',
      `${at('one')}/versions?includeMaterial=true`,
      {},
      201,
      { version: 2, material: /^.{24}$/ },
      { keep: { three: 'id' } },
    ),
    get(
      'its versions',
      `${at('one')}/versions/`,
      200,
      list([{ version: 2 }, { version: 1 }, { version: 0 }], 3),
    ),
    post(
      'the name means the newest',
      `${SECRETS}/${named('one')}/export?type=name&version=1`,
      undefined,
      200,
      { material: 'second' },
    ),
    post('the old one is there', `${at('one')}/export`, undefined, 200, {
      material: 'first',
      version: 0,
    }),
    patch('changed', at('one'), { description: 'old', labels: { a: '1' }, meta: { b: 2 } }, 200, {
      description: 'old',
      labels: { a: '1' },
      meta: { b: 2 },
    }),
    post('destroyed', `${at('two')}/destroy`, undefined, 200, {
      state: 'Destroyed',
      emptyMaterial: true,
    }),
    post('it is not read', `${at('two')}/export`, undefined, 409, conflict),
    get('but known', at('two'), 200, { state: 'Destroyed', destroyDate: time }),
    del('deleted', at('three'), 204),
    get('gone', at('three'), 404, notFound),
    get('one that there never was', `${SECRETS}/${named('none')}`, 404, notFound),
    ...['export', 'destroy', 'versions'].map((action) =>
      post(`${action} of none`, `${SECRETS}/${named('none')}/${action}`, undefined, 404, notFound),
    ),
  ],
  tidy: ['one', 'two', 'three'].map(remove),
}

const shared: Scenario = {
  name: 'secrets are seen by the endpoints of keys, and keys not by those of secrets',
  exchanges: [
    post(
      'a secret',
      SECRETS,
      { name: named('secret'), dataType: 'seed', material: '00ff', labels: { run: '{{run}}' } },
      201,
      keyShape,
      { keep: { secret: 'id' } },
    ),
    makeKey('key', { labels: { run: '{{run}}' } }),
    get('the key endpoint shows it', `${KEYS}/{{secret}}`, 200, { objectType: 'Secret Data' }),
    get(
      'the list of keys by its kind',
      `${KEYS}?labels=run%3D{{run}}&objectType=Secret%20Data`,
      200,
      only({ id: '{{secret}}' }),
    ),
    get('and with the others', `${KEYS}?labels=run%3D{{run}}`, 200, list(sized(2), 2)),
    assumed(get('a key is no secret', `${SECRETS}/{{key}}`, 404, notFound)),
    get('nor in their list', `${SECRETS}?labels=run%3D{{run}}`, 200, only({ id: '{{secret}}' })),
    get(
      'not by its kind either',
      `${SECRETS}?labels=run%3D{{run}}&objectType=Symmetric%20Key`,
      200,
      list([], 0),
    ),
    assumed(del('nor deleted there', `${SECRETS}/{{key}}`, 404, notFound)),
    post(
      'it goes through the states of a key',
      `${KEYS}/{{secret}}/revoke`,
      { reason: 'Superseded' },
      200,
      { state: 'Deactivated' },
    ),
    post('exported there too', `${KEYS}/{{secret}}/export`, {}, 200, { material: '00ff' }),
    post(
      'and it encrypts nothing',
      '/crypto/encrypt',
      { id: '{{secret}}', plaintext: '' },
      [400, 409],
    ),
  ],
  tidy: ['secret', 'key'].map(removeKey),
}

export const secrets: readonly Scenario[] = [kinds, made, life, shared]
