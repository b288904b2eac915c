/**
 * Reference section 10: key policies and templates.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | key policy: fields, operators, required ones, filters, who may | policyObjects |
 * | key policy: evaluated with every operation on a key | policyGrants |
 * | template: attributes, what it fills in, who may override | templates |
 * | quorum | not here: quorums are not built; DELETE runs at once |
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, sized, someText, time, uuid } from '../expect.ts'
import {
  addMember,
  assumed,
  forbidden,
  list,
  makeGroup,
  makeUser,
  named,
  notFound,
  only,
  removeGroup,
  removeUser,
  signIn,
} from '../identity/common.ts'
import { KEYS, makeKey, PLAINTEXT, removeKey, wrongValue } from './common.ts'

const POLICIES = '/vault/key-policies'
const TEMPLATES = '/vault/templates'
const as = (user: string, exchange: Exchange): Exchange => ({
  ...exchange,
  as: user,
  name: `${user}: ${exchange.name}`,
})
const remove = (path: string, key: string): Exchange =>
  del(`${key} is deleted`, `${path}/{{${key}}}`, [204, 404])

const policyObjects: Scenario = {
  name: 'key policies are made, listed, changed and deleted',
  exchanges: [
    post(
      'one',
      POLICIES,
      {
        name: named('one'),
        labelSelector: 'env=test,tier in (gold,silver)',
        permissions: {
          groups: { ReadKey: ['ops'], use_key: ['ops'] },
          users: { UploadKey: ['jo'] },
          clients: null,
        },
        description: 'for tests',
        labels: { run: '{{run}}' },
      },
      201,
      {
        id: uuid,
        uri: someText,
        account: someText,
        createdAt: time,
        updatedAt: time,
        name: named('one'),
        labelSelector: 'env=test,tier in (gold,silver)',
        permissions: { groups: { ReadKey: ['ops'] }, users: { UploadKey: ['jo'] } },
        description: 'for tests',
        labels: { run: '{{run}}' },
      },
      { keep: { one: 'id' } },
    ),
    post(
      'another',
      POLICIES,
      {
        name: named('two'),
        labelSelector: 'env=other',
        permissions: { groups: { ExportKey: [] } },
      },
      201,
      { description: '' },
      { keep: { two: 'id' } },
    ),
    get('by id', `${POLICIES}/{{one}}`, 200, { id: '{{one}}' }),
    get('by name', `${POLICIES}/${named('one')}`, 200, { id: '{{one}}' }),
    get('by no name', `${POLICIES}/${named('none')}`, 404, notFound),
    ...[
      ['id', '{{one}}'],
      ['name', named('one')],
      ['description', 'for%20tests&name=conf-*-{{run}}'],
      ['labels', 'run%3D{{run}}'],
      ['permissionsContains', 'UploadKey&name=conf-*-{{run}}'],
      ['createdAfter', '2020-01-01T00:00:00Z&name=conf-one-{{run}}'],
    ].map(([filter, value]) =>
      get(`by ${filter}`, `${POLICIES}?${filter}=${value}`, 200, only({ id: '{{one}}' })),
    ),
    get('created before', `${POLICIES}?createdBefore=2020-01-01T00:00:00Z`, 200, list([], 0)),
    get('a page', `${POLICIES}/?name=conf-*-{{run}}&skip=1&limit=1`, 200, {
      total: 2,
      resources: sized(1),
    }),
    patch(
      'changed',
      `${POLICIES}/{{one}}`,
      {
        labelSelector: 'env=live',
        description: '',
        permissions: { groups: { ReadKey: ['ops', 'dev'] } },
      },
      200,
      {
        labelSelector: 'env=live',
        description: '',
        permissions: { groups: { ReadKey: ['ops', 'dev'] } },
        name: named('one'),
      },
    ),
    ...(
      [
        ['no name', { labelSelector: 'a=b', permissions: { groups: {} } }],
        ['no selector', { name: named('bad'), permissions: { groups: {} } }],
        ['no permissions', { name: named('bad'), labelSelector: 'a=b' }],
        [
          'an operator that is not for policies',
          {
            name: named('bad'),
            labelSelector: 'a!=b',
            permissions: { groups: { ReadKey: ['x'] } },
          },
        ],
        [
          'a permission that is none',
          { name: named('bad'), labelSelector: 'a=b', permissions: { groups: { BurnKey: ['x'] } } },
        ],
        [
          'a selector that is none',
          {
            name: named('bad'),
            labelSelector: 'a in (b',
            permissions: { groups: { ReadKey: ['x'] } },
          },
        ],
      ] as const
    ).map(([name, body]) => post(name, POLICIES, body, 400, wrongValue)),
    assumed(
      post(
        'its name is taken',
        POLICIES,
        { name: named('one'), labelSelector: 'a=b', permissions: { groups: { ReadKey: ['x'] } } },
        409,
      ),
    ),
    del('deleted', `${POLICIES}/{{two}}`, 204),
    get('and gone', `${POLICIES}/{{two}}`, 404, notFound),
    makeUser('user'),
    addMember('user', 'Key%20Users'),
    signIn('user'),
    as('user', get('reads no policies', POLICIES, 403, forbidden)),
    as(
      'user',
      post(
        'makes none',
        POLICIES,
        { name: named('bad'), labelSelector: 'a=b', permissions: { groups: { ReadKey: ['x'] } } },
        403,
        forbidden,
      ),
    ),
    as('user', del('deletes none', `${POLICIES}/{{one}}`, 403, forbidden)),
  ],
  tidy: [remove(POLICIES, 'one'), remove(POLICIES, 'two'), removeUser('user')],
}

const policyGrants: Scenario = {
  name: 'key policies grant what they say on all keys whose labels they select',
  exchanges: [
    makeGroup('group'),
    makeUser('member'),
    addMember('member', named('group')),
    makeUser('named'),
    signIn('member'),
    signIn('named'),
    makeKey('gold', { labels: { tier: 'gold-{{run}}', env: 'test' } }),
    makeKey('silver', { labels: { tier: 'silver-{{run}}', env: 'test' } }),
    as('member', get('sees nothing yet', `${KEYS}/{{gold}}`, 404, notFound)),
    post(
      'a policy for the group',
      POLICIES,
      {
        name: named('one'),
        labelSelector: 'tier=gold-{{run}},env=test',
        permissions: {
          groups: {
            ReadKey: [named('group')],
            UseKey: [named('group')],
            EncryptWithKey: [named('group')],
          },
        },
      },
      201,
      {},
      { keep: { one: 'id' } },
    ),
    as('member', get('reads the key', `${KEYS}/{{gold}}`, 200, { id: '{{gold}}' })),
    as('member', get('and not the other', `${KEYS}/{{silver}}`, 404, notFound)),
    as(
      'member',
      get('lists it alone', `${KEYS}?name=conf-*-{{run}}`, 200, only({ id: '{{gold}}' })),
    ),
    as(
      'member',
      post('encrypts', '/crypto/encrypt', { id: '{{gold}}', plaintext: PLAINTEXT }, 200),
    ),
    as('member', post('does not export', `${KEYS}/{{gold}}/export`, {}, 403, forbidden)),
    as('named', get('is in no group', `${KEYS}/{{gold}}`, 404, notFound)),
    post(
      'a second policy, for a user',
      POLICIES,
      {
        name: named('two'),
        labelSelector: 'tier in (gold-{{run}}, silver-{{run}})',
        permissions: { users: { ReadKey: ['{{named}}'], ExportKey: [named('named')] } },
      },
      201,
      {},
      { keep: { two: 'id' } },
    ),
    as('named', get('reads both', `${KEYS}?name=conf-*-{{run}}`, 200, list(sized(2), 2))),
    as('named', post('exports', `${KEYS}/{{silver}}/export`, {}, 200, { material: someText })),
    as(
      'named',
      post(
        'does not encrypt',
        '/crypto/encrypt',
        { id: '{{gold}}', plaintext: PLAINTEXT },
        403,
        forbidden,
      ),
    ),
    patch('a label goes', `${KEYS}/{{gold}}`, { labels: { env: null } }, 200),
    as('member', get('and with it the grant', `${KEYS}/{{gold}}`, 404, notFound)),
    patch('the policy follows', `${POLICIES}/{{one}}`, { labelSelector: 'tier=gold-{{run}}' }, 200),
    as('member', get('reads it again', `${KEYS}/{{gold}}`, 200)),
    del('the policy goes', `${POLICIES}/{{one}}`, 204),
    as('member', get('and with it the grant', `${KEYS}/{{gold}}`, 404, notFound)),
  ],
  tidy: [
    remove(POLICIES, 'one'),
    remove(POLICIES, 'two'),
    ...['gold', 'silver'].map(removeKey),
    removeUser('member'),
    removeUser('named'),
    removeGroup('group'),
  ],
}

const ATTRIBUTES = {
  algorithm: 'aes',
  size: 128,
  usageMask: 12,
  unexportable: true,
  undeletable: false,
  description: 'made from a template',
  labels: { env: 'test' },
  meta: { purpose: 'test' },
  rotationFrequencyDays: '30',
  aliases: null,
  curveid: null,
  xts: false,
}

const templates: Scenario = {
  name: 'keys are made from templates',
  exchanges: [
    ...[
      post(
        'one',
        TEMPLATES,
        {
          name: named('one'),
          description: 'for tests',
          labels: { run: '{{run}}' },
          meta: { a: 1 },
          keyAttributes: ATTRIBUTES,
        },
        201,
        {
          id: uuid,
          name: named('one'),
          description: 'for tests',
          labels: { run: '{{run}}' },
          meta: { a: 1 },
          keyAttributes: { algorithm: 'aes', size: 128, usageMask: 12, unexportable: true },
          createdAt: time,
          updatedAt: time,
        },
        { keep: { one: 'id' } },
      ),
      get('by id', `${TEMPLATES}/{{one}}`, 200, { id: '{{one}}' }),
      get('by name', `${TEMPLATES}/${named('one')}`, 200, { id: '{{one}}' }),
      get(
        'in the list',
        `${TEMPLATES}/?name=${named('one')}&skip=0&limit=5`,
        200,
        only({ id: '{{one}}' }),
      ),
      post(
        'a key, by the name of the template',
        KEYS,
        { name: named('key'), templateId: named('one') },
        201,
        {
          algorithm: 'AES',
          size: 128,
          usageMask: 12,
          unexportable: true,
          description: 'made from a template',
          labels: { env: 'test' },
          meta: { purpose: 'test' },
          rotationFrequencyDays: '30',
        },
        { keep: { key: 'id' } },
      ),
      post(
        'by its id, with values of its own',
        KEYS,
        {
          name: named('key2'),
          templateId: '{{one}}',
          size: 256,
          unexportable: false,
          labels: { more: '1' },
          meta: { more: 1 },
        },
        201,
        {
          size: 256,
          unexportable: false,
          labels: { env: 'test', more: '1' },
          meta: { purpose: 'test', more: 1 },
        },
        { keep: { key2: 'id' } },
      ),
      post(
        'a template that is not there',
        KEYS,
        { name: named('none'), templateId: named('none') },
        404,
        notFound,
      ),
      post(
        'one that makes no key',
        TEMPLATES,
        { name: named('bad'), keyAttributes: { algorithm: 'aes', size: 100 } },
        400,
        wrongValue,
      ),
      post('its name is taken', TEMPLATES, { name: named('one'), keyAttributes: {} }, 409),
    ].map(assumed),
    makeUser('user'),
    addMember('user', 'Key%20Users'),
    makeUser('stranger'),
    signIn('user'),
    signIn('stranger'),
    ...[
      as('user', get('reads them', `${TEMPLATES}/{{one}}`, 200)),
      as(
        'user',
        post(
          'makes a key by one',
          KEYS,
          { name: named('key3'), templateId: named('one'), meta: { ownerId: '{{user}}' } },
          201,
          { size: 128, meta: { purpose: 'test', ownerId: '{{user}}' } },
          { keep: { key3: 'id' } },
        ),
      ),
      as(
        'user',
        post(
          'overrides nothing',
          KEYS,
          { name: named('key4'), templateId: named('one'), size: 256 },
          403,
          forbidden,
        ),
      ),
      as(
        'user',
        post(
          'makes no template',
          TEMPLATES,
          { name: named('bad'), keyAttributes: {} },
          403,
          forbidden,
        ),
      ),
      as('stranger', get('reads none', TEMPLATES, 403, forbidden)),
    ].map(assumed),
    patch(
      'changed',
      `${TEMPLATES}/{{one}}`,
      { description: '', keyAttributes: { algorithm: 'aria' } },
      200,
      { description: '', keyAttributes: { algorithm: 'aria', size: absent } },
    ),
    get('a key that was made stays', `${KEYS}/{{key}}`, 200, { algorithm: 'AES', size: 128 }),
    del('deleted', `${TEMPLATES}/{{one}}`, 204),
    get('and gone', `${TEMPLATES}/{{one}}`, 404, notFound),
  ],
  tidy: [
    remove(TEMPLATES, 'one'),
    ...['key', 'key2', 'key3'].map(removeKey),
    removeUser('user'),
    removeUser('stranger'),
  ],
}

export const policies: readonly Scenario[] = [policyObjects, policyGrants, templates]
