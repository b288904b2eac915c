/**
 * Reference section 4: whose a key is, and who may do what with it.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | ownerId, owner_id, assignSelfAsOwner | owners |
 * | permissions, each operation; UseKey as well; null; spellings; order | permitted |
 * | admin, Key Admins, owner, Key Users, anybody else | roles |
 * | versionedKey, free members | objects.ts |
 * | cte | cte.ts |
 * | key policy by label | policies.ts |
 * | policy attached to a user or group | not here: such policies are not built yet |
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, type Expected, inAnyOrder } from '../expect.ts'
import {
  addMember,
  assumed,
  forbidden,
  list,
  makeGroup,
  makeUser,
  NOBODY,
  named,
  notFound,
  only,
  ours,
  removeGroup,
  removeUser,
  signIn,
} from '../identity/common.ts'
import {
  ALL_USES,
  again,
  encrypt,
  GCM,
  HEX,
  KEYS,
  kept,
  makeKey,
  PLAINTEXT,
  raw,
  removeKey,
} from './common.ts'

const as = (user: string, exchange: Exchange): Exchange => ({
  ...exchange,
  as: user,
  name: `${user}: ${exchange.name}`,
})

const owners: Scenario = {
  name: 'a key belongs to whom its meta names',
  exchanges: [
    makeUser('owner'),
    addMember('owner', 'Key%20Users'),
    signIn('owner'),
    makeKey('theirs', { meta: { ownerId: '{{owner}}' } }, { meta: { ownerId: '{{owner}}' } }),
    makeKey('older', { meta: { owner_id: '{{owner}}' } }, { meta: { owner_id: '{{owner}}' } }),
    makeKey('nobodys', { meta: { ownerId: NOBODY } }, { meta: { ownerId: NOBODY } }),
    makeKey('admins', { assignSelfAsOwner: true }, { meta: { ownerId: /^local\|/ } }),
    as('owner', get('reads it', `${KEYS}/{{theirs}}`, 200, { id: '{{theirs}}' })),
    as(
      'owner',
      get('and what the provider of 2025 made', `${KEYS}/{{older}}`, 200, { id: '{{older}}' }),
    ),
    as('owner', get('not that of another', `${KEYS}/{{nobodys}}`, 404, notFound)),
    as(
      'owner',
      post(
        'makes a key',
        KEYS,
        { name: named('own'), meta: { ownerId: '{{owner}}' } },
        201,
        { meta: { ownerId: '{{owner}}' } },
        { keep: { own: 'id' } },
      ),
    ),
    as(
      'owner',
      post(
        'makes one without saying whose',
        KEYS,
        { name: named('own2'), assignSelfAsOwner: true },
        201,
        { meta: { ownerId: '{{owner}}' } },
        { keep: { own2: 'id' } },
      ),
    ),
    ours(
      as(
        'owner',
        post(
          'or without any of that',
          KEYS,
          { name: named('own3') },
          201,
          { meta: { ownerId: '{{owner}}' } },
          { keep: { own3: 'id' } },
        ),
      ),
    ),
    ours(
      as(
        'owner',
        post(
          'but none for another',
          KEYS,
          { name: named('own4'), meta: { ownerId: NOBODY } },
          403,
          forbidden,
        ),
      ),
    ),
    as(
      'owner',
      get(
        'sees his own',
        `${KEYS}?name=conf-*-{{run}}&limit=20`,
        200,
        list(
          inAnyOrder(
            { id: '{{theirs}}' },
            { id: '{{older}}' },
            { id: '{{own}}' },
            { id: '{{own2}}' },
            { id: '{{own3}}' },
          ),
          5,
        ),
      ),
    ),
    as(
      'owner',
      patch('changes it', `${KEYS}/{{own}}`, { description: 'mine' }, 200, { description: 'mine' }),
    ),
    as('owner', post('exports it', `${KEYS}/{{own}}/export`, {}, 200, { material: HEX })),
    as('owner', post('uses it', '/crypto/encrypt', { id: '{{own}}', plaintext: PLAINTEXT }, 200)),
    as(
      'owner',
      post(
        'rotates it',
        `${KEYS}/{{own}}/versions`,
        {},
        201,
        { version: 1 },
        { keep: { 'own.1': 'id' } },
      ),
    ),
    as(
      'owner',
      post('revokes it', `${KEYS}/{{own}}/revoke`, { reason: 'Superseded' }, 200, {
        state: 'Deactivated',
      }),
    ),
    as('owner', del('deletes it', `${KEYS}/{{own}}`, 204)),
    patch('given to another', `${KEYS}/{{theirs}}`, { meta: { ownerId: NOBODY } }, 200, {
      meta: { ownerId: NOBODY },
    }),
    as('owner', get('it is his no more', `${KEYS}/{{theirs}}`, 404, notFound)),
  ],
  tidy: [
    ...['theirs', 'older', 'nobodys', 'admins', 'own', 'own2', 'own3', 'own.1'].map(removeKey),
    removeUser('owner'),
  ],
}

const OPERATIONS: readonly (readonly [
  permission: string,
  key: string,
  call: (status: number) => Exchange,
])[] = [
  [
    'EncryptWithKey',
    'aes',
    (status) =>
      post('encrypts', '/crypto/encrypt', { id: '{{aes}}', plaintext: PLAINTEXT }, status),
  ],
  [
    'EncryptWithKey',
    'aes',
    (status) =>
      raw(
        'hides',
        '/crypto/hide2?keyName={{aes}}&hint=digit',
        '1234567',
        status,
        {},
        {},
        'text/plain',
      ),
  ],
  [
    'DecryptWithKey',
    'aes',
    (status) => post('decrypts', '/crypto/decrypt', again('blob', GCM), status),
  ],
  [
    'DecryptWithKey',
    'aes',
    (status) =>
      raw(
        'unhides',
        '/crypto/unhide2?keyName={{aes}}&hint=digit',
        '1234567',
        status,
        {},
        {},
        'text/plain',
      ),
  ],
  ['SignWithKey', 'ec', (status) => raw('signs', '/crypto/sign?keyName={{ec}}', 'x', status, {})],
  [
    'SignVerifyWithKey',
    'ec',
    (status) => raw('verifies', '/crypto/signv?keyName={{ec}}&signature=00', 'x', status, {}),
  ],
  [
    'MACWithKey',
    'mac',
    (status) => raw('makes a MAC', '/crypto/mac?keyName={{mac}}', 'x', status, {}),
  ],
  [
    'MACVerifyWithKey',
    'mac',
    (status) => raw('verifies a MAC', '/crypto/macv?keyName={{mac}}&hash=00', 'x', status, {}),
  ],
]
const GROUP = named('group')
const allow = (
  key: string,
  permissions: Readonly<Record<string, unknown>>,
  body: Expected = {},
): Exchange =>
  patch(
    `${Object.keys(permissions).join(', ')}`,
    `${KEYS}/{{${key}}}`,
    { meta: { permissions } },
    200,
    { id: `{{${key}}}`, meta: body },
  )

const permitted: Scenario = {
  name: 'groups do with a key what its permissions say, each by its own name',
  exchanges: [
    makeGroup('group'),
    makeUser('member'),
    addMember('member', encodeURIComponent(GROUP).replaceAll('%7B', '{').replaceAll('%7D', '}')),
    makeUser('other'),
    signIn('member'),
    signIn('other'),
    makeKey('aes', { usageMask: ALL_USES }),
    makeKey('ec', { algorithm: 'ec', curveid: 'prime256v1', usageMask: 3 }),
    makeKey('mac', { algorithm: 'hmac-sha256' }),
    encrypt(
      'something is encrypted',
      { id: '{{aes}}', plaintext: PLAINTEXT },
      {},
      kept('blob', GCM),
    ),
    as('member', get('a key outside every grant is absent', `${KEYS}/{{aes}}`, 404, notFound)),
    ...OPERATIONS.map(([, , call]) => as('member', call(404))),
    ...['aes', 'ec', 'mac'].map((key) => allow(key, { UseKey: [GROUP] })),
    ...OPERATIONS.map(([, , call]) => as('member', call(403))),
    ...OPERATIONS.flatMap(([permission, key, call]) => [
      allow(key, { [permission]: [GROUP] }),
      as('member', call(200)),
    ]),
    ...OPERATIONS.map(([, , call]) => as('other', call(404))),
    ...['aes', 'ec', 'mac'].map((key) => allow(key, { UseKey: null })),
    ...OPERATIONS.map(([, , call]) => as('member', call(403))),
    as('member', get('does not read what he only uses', `${KEYS}/{{aes}}`, 403, forbidden)),
    allow('aes', { ReadKey: [GROUP] }),
    as('member', get('reads it', `${KEYS}/{{aes}}`, 200, { id: '{{aes}}', material: absent })),
    as(
      'member',
      get('finds it in the list', `${KEYS}?name=conf-*-{{run}}`, 200, only({ id: '{{aes}}' })),
    ),
    as('member', post('does not export it', `${KEYS}/{{aes}}/export`, {}, 403, forbidden)),
    as(
      'member',
      post('nor clone it', `${KEYS}/{{aes}}/clone`, { newKeyName: named('clone') }, 403, forbidden),
    ),
    allow(
      'aes',
      { export_key: [GROUP] },
      { permissions: { ReadKey: [GROUP], export_key: [GROUP] } },
    ),
    as(
      'member',
      post('exports it, by the other spelling', `${KEYS}/{{aes}}/export`, {}, 200, {
        material: HEX,
      }),
    ),
    allow('mac', { read_key: [GROUP] }),
    as('member', get('reads by the other spelling', `${KEYS}/{{mac}}`, 200, { id: '{{mac}}' })),
    as(
      'member',
      patch('does not change it', `${KEYS}/{{aes}}`, { description: 'x' }, 403, forbidden),
    ),
    as('member', del('nor delete it', `${KEYS}/{{aes}}`, 403, forbidden)),
    ...['archive', 'destroy', 'versions'].map((action) =>
      as('member', post(`nor ${action}`, `${KEYS}/{{aes}}/${action}`, {}, 403, forbidden)),
    ),
    as(
      'member',
      post('nor revoke', `${KEYS}/{{aes}}/revoke`, { reason: 'Superseded' }, 403, forbidden),
    ),
    as(
      'member',
      post(
        'nor link',
        '/vault/links',
        { type: 'next', source: '{{aes}}', target: '{{mac}}' },
        403,
        forbidden,
      ),
    ),
    allow(
      'aes',
      { ReadKey: [GROUP, 'ops', 'Key Users'] },
      { permissions: { ReadKey: inAnyOrder('ops', GROUP, 'Key Users') } },
    ),
    allow('aes', { ReadKey: [] }, { permissions: { ReadKey: [] } }),
    as('member', get('the list forgets it', `${KEYS}?name=${named('aes')}`, 200, list([], 0))),
    as(
      'other',
      get('and the other one never saw any', `${KEYS}?name=conf-*-{{run}}`, 200, list([], 0)),
    ),
    assumed(
      as(
        'member',
        post(
          'wrapping wants UseKey',
          '/crypto/wrap',
          { id: '{{aes}}', plaintext: 'AAAAAAAAAAAAAAAAAAAAAA==' },
          403,
          forbidden,
        ),
      ),
    ),
    allow('aes', { UseKey: [GROUP] }),
    assumed(
      as(
        'member',
        post(
          'and no more',
          '/crypto/wrap',
          { id: '{{aes}}', plaintext: 'AAAAAAAAAAAAAAAAAAAAAA==' },
          200,
        ),
      ),
    ),
  ],
  tidy: [
    ...['aes', 'ec', 'mac'].map(removeKey),
    del('a public key', `${KEYS}/${named('ec')}-pub`, [204, 404]),
    removeUser('member'),
    removeUser('other'),
    removeGroup('group'),
  ],
}

const roles: Scenario = {
  name: 'Key Admins manage all keys, Key Users make their own, others use what they are granted',
  exchanges: [
    makeUser('manager'),
    addMember('manager', 'Key%20Admins'),
    makeUser('user'),
    addMember('user', 'Key%20Users'),
    makeUser('stranger'),
    ...['manager', 'user', 'stranger'].map((user) => signIn(user)),
    as(
      'user',
      post('makes a key', KEYS, { name: named('users') }, 201, {}, { keep: { users: 'id' } }),
    ),
    as('manager', get('reads it', `${KEYS}/{{users}}`, 200, { id: '{{users}}' })),
    as('manager', post('exports it', `${KEYS}/{{users}}/export`, {}, 200, { material: HEX })),
    as(
      'manager',
      post('uses it', '/crypto/encrypt', { id: '{{users}}', plaintext: PLAINTEXT }, 200),
    ),
    as('manager', patch('changes it', `${KEYS}/{{users}}`, { description: 'seen' }, 200)),
    as(
      'manager',
      post(
        'makes a key for another',
        KEYS,
        { name: named('given'), meta: { ownerId: '{{user}}' } },
        201,
        { meta: { ownerId: '{{user}}' } },
        { keep: { given: 'id' } },
      ),
    ),
    as(
      'manager',
      post(
        'and one of nobody',
        KEYS,
        { name: named('free') },
        201,
        { meta: null },
        { keep: { free: 'id' } },
      ),
    ),
    as(
      'user',
      get('has the one that was made for him', `${KEYS}/{{given}}`, 200, { id: '{{given}}' }),
    ),
    as('user', get('and not that of nobody', `${KEYS}/{{free}}`, 404, notFound)),
    as(
      'user',
      post('asks for the name of one that he may not know', KEYS, { name: named('free') }, 409),
    ),
    as('user', post('nor gets it so', `${KEYS}?returnExisting=true`, { name: named('free') }, 409)),
    as('stranger', post('makes no key', KEYS, { name: named('none') }, 403, forbidden)),
    as(
      'stranger',
      post('and no secret', '/vault/secrets', { name: named('none') }, 403, forbidden),
    ),
    as('stranger', get('has an empty list', KEYS, 200, list([], 0))),
    as('stranger', get('with no labels', '/vault/key-labels', 200, list([], 0))),
    as('stranger', get('and no links', '/vault/links', 200, list([], 0))),
    as(
      'stranger',
      post('finds nothing', '/vault/query-keys', { names: [named('users')] }, 200, list([], 0)),
    ),
    as('stranger', get('has random bytes', '/vault/random?bytes=1', 200)),
    as('stranger', post('and hashes', '/crypto/hash', { data: '' }, 200)),
    as(
      'user',
      get('does not see whose keys are orphans', '/reports/orphaned-resources', 403, forbidden),
    ),
    as('manager', del('deletes it', `${KEYS}/{{users}}`, 204)),
  ],
  tidy: [
    ...['users', 'given', 'free'].map(removeKey),
    ...['manager', 'user', 'stranger'].map(removeUser),
  ],
}

export const rights: readonly Scenario[] = [owners, permitted, roles]
