/**
 * Reference sections 1 to 3.2 and 10: keys for CTE, and policies as they are made, read, changed and deleted.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 2 rules that a key must meet, by type of policy | fitness, fitnessOfTypes |
 * | 2 is_used, deletion, a PATCH of meta.cte | use |
 * | 2 rotation of a versioned key | rotation |
 * | 2 clear_key | clear |
 * | 3.1 endpoints, fields, filters | reading |
 * | 3.1 PATCH, section 1's table | changing |
 * | 3.2 body, types, needed rules, order and number of rules in the answer | creating, types |
 * | 3.2 metadata.restrict_update | restricting |
 * | 10 tear-down in reverse, DELETE on the bare collection, groups | run, rights |
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import { allOf, anyOf, type Expected, exactly, integer, sized, uuid } from '../expect.ts'
import { assumed, named, ours } from '../identity/common.ts'
import { KEYS, removeKey } from '../keys/common.ts'
import {
  CLIENTS,
  commonNamed,
  conflict,
  makeClient,
  removeClient,
  removePolicy,
  TE,
  unguardAll,
  wrongValue,
} from './machines.ts'
import { makeSet, removeSet } from './sets.ts'

export const POLICIES = `${TE}/policies`
export const PERMIT = { action: 'all_ops', effect: 'permit,audit,applykey', partial_match: true }

const AGENTS = ['CTE Clients']

/** A key as the samples have it. */
export const makeCteKey = (
  key: string,
  cte: object = {},
  fields: object = {},
  meta: object = {},
): Exchange =>
  post(
    `a key for CTE is made: ${key}`,
    KEYS,
    {
      name: named(key),
      algorithm: 'aes',
      size: 256,
      undeletable: false,
      unexportable: false,
      xts: false,
      ...fields,
      meta: {
        permissions: { ReadKey: AGENTS, ExportKey: AGENTS },
        cte: {
          persistent_on_client: true,
          encryption_mode: 'CBC_CS1',
          cte_versioned: false,
          ...cte,
        },
        ...meta,
      },
    },
    201,
    { name: named(key) },
    { keep: { [key]: 'id' } },
  )

export const policyShape: Expected = allOf(commonNamed, {
  policy_type: /./,
  metadata: { restrict_update: anyOf(true, false) },
  never_deny: anyOf(true, false),
  policy_version: integer,
  policy_key_version: integer,
  updated_by: 'admin',
  migrated_policy_id: '',
})

export const policyMade = (key: string, fields: object, body: Expected = {}): Exchange =>
  post(
    `the policy ${key} is made`,
    `${POLICIES}/`,
    { name: named(key), policy_type: 'Standard', ...fields },
    201,
    allOf(policyShape, { name: named(key) }, body),
    {
      keep: { [key]: 'id', [`${key}-uri`]: 'uri' },
    },
  )

const refused = (why: string, fields: object, says: RegExp = /./, status = 400): Exchange =>
  post(
    why,
    POLICIES,
    { name: named('refused'), policy_type: 'Standard', ...fields },
    status,
    status === 400 ? { code: 9, codeDesc: says } : {},
  )

const withKey = (key: string) => ({ key_rules: [{ key_id: named(key) }] })

const creating: Scenario = {
  name: 'a policy comes back with every rule that was sent, in order and numbered',
  exchanges: [
    makeCteKey('Standard_pol_key'),
    makeSet('resource', 'RS1', { resources: [{ directory: '/data', file: '*' }] }),
    policyMade(
      'P1',
      {
        id: '',
        description: '',
        never_deny: false,
        metadata: null,
        security_rules: [
          { action: 'key_op', effect: 'permit,applykey', partial_match: true },
          {
            resource_set_id: named('RS1'),
            user_set_id: '',
            process_set_id: '',
            action: 'all_ops',
            effect: 'permit,audit,applykey',
            exclude_resource_set: false,
            partial_match: true,
          },
        ],
        key_rules: [{ key_id: named('Standard_pol_key'), resource_set_id: named('RS1') }],
        data_transform_rules: [
          { key_id: named('Standard_pol_key'), resource_set_id: named('RS1') },
        ],
        ldt_key_rules: null,
        idt_key_rules: null,
        signature_rules: null,
      },
      {
        policy_type: 'Standard',
        security_rules: [
          { id: uuid, order_number: 1, action: 'key_op' },
          { id: uuid, order_number: 2, action: 'all_ops', resource_set_id: named('RS1') },
        ],
        key_rules: [
          {
            id: uuid,
            order_number: 1,
            key_id: named('Standard_pol_key'),
            resource_set_id: named('RS1'),
          },
        ],
        data_transform_rules: [{ id: uuid, order_number: 1, key_id: named('Standard_pol_key') }],
        ldt_key_rules: sized(0),
        idt_key_rules: sized(0),
        signature_rules: sized(0),
      },
    ),
    post(
      'its name is taken',
      POLICIES,
      { name: named('P1'), policy_type: 'Standard', security_rules: [PERMIT] },
      409,
      conflict,
    ),
    refused('a name is needed', { name: '', security_rules: [PERMIT] }),
    refused('a type is needed', { policy_type: '', security_rules: [PERMIT] }),
    refused('a Standard policy needs rules', {}, /security_rules or key_rules/),
    refused(
      'a set that there is not',
      { security_rules: [{ ...PERMIT, resource_set_id: named('nobody') }] },
      /./,
      404,
    ),
    refused('a key that there is not', withKey('nobody'), /./, 404),
  ],
  tidy: [removePolicy('P1'), removeSet('resource', 'RS1'), removeKey('Standard_pol_key')],
}

const reading: Scenario = {
  name: 'policies are read by name, id and URI, and listed with filters',
  exchanges: [
    policyMade('read-a', { security_rules: [PERMIT] }),
    policyMade(
      'read-b',
      { policy_type: 'Cloud_Object_Storage', never_deny: true, security_rules: [PERMIT] },
      { policy_type: 'Cloud_Object_Storage' },
    ),
    ...['{{read-a}}', named('read-a'), '{{enc:read-a-uri}}', '{{read-a}}/'].map((id) =>
      get(
        `as ${id}`,
        `${POLICIES}/${id}`,
        200,
        allOf(policyShape, { id: '{{read-a}}', security_rules: [{ order_number: 1 }] }),
      ),
    ),
    get('a missing one is 404', `${POLICIES}/${named('nobody')}`, 404, { code: 16 }),
    get('the health script lists all', `${POLICIES}/?limit=100`, 200, { skip: 0, limit: 100 }),
    ...(
      [
        [`name=${named('read-a')}`, ['read-a']],
        ['policy_type=Cloud_Object_Storage', ['read-b']],
        ['policy_type=CLOUD_OBJECT_STORAGE', ['read-b']],
        ['never_deny=true', ['read-b']],
        ['sort=-name', ['read-b', 'read-a']],
        ['sort=policy_type,-name', ['read-b', 'read-a']],
      ] as const
    ).map(([query, names]) =>
      get(
        `by ${query}`,
        `${POLICIES}/?limit=10&${query.includes('name=conf') ? '' : 'name=conf-read-*-{{run}}&'}${query}`,
        200,
        {
          total: names.length,
          resources: names.map((name) => ({ name: named(name) })),
        },
      ),
    ),
  ],
  tidy: [removePolicy('read-a'), removePolicy('read-b')],
}

const changing: Scenario = {
  name: 'a PATCH of a policy changes what was sent, and neither name nor type',
  exchanges: [
    policyMade(
      'changed',
      { security_rules: [PERMIT], description: 'd', labels: { a: 'b' } },
      { policy_version: 0 },
    ),
    ...(
      [
        [
          'name and type stay',
          { name: named('other'), policy_type: 'LDT' },
          { name: named('changed'), policy_type: 'Standard' },
        ],
        [
          'empty labels change nothing',
          { labels: {} },
          { labels: exactly({ a: 'b' }), description: 'd' },
        ],
        ['null takes labels away', { labels: null }, { labels: exactly({}) }],
        ['an empty description clears it', { description: '' }, { description: '' }],
        ['learn mode', { never_deny: true }, { never_deny: true }],
        [
          'restrictions',
          { metadata: { restrict_update: true } },
          { metadata: { restrict_update: true }, never_deny: true },
        ],
      ] as const
    ).map(([name, json, body]) =>
      patch(
        name,
        `${POLICIES}/{{changed}}`,
        json,
        200,
        allOf(policyShape, { id: '{{changed}}', security_rules: sized(1) }, body),
      ),
    ),
    get('each change was counted', `${POLICIES}/{{changed}}`, 200, {
      policy_version: 6,
      policy_key_version: 0,
    }),
  ],
  tidy: [removePolicy('changed')],
}

const xts = { encryption_mode: 'XTS' }

const fitness: Scenario = {
  name: 'a key that breaks a rule is put into no policy, and the answer says which',
  exchanges: [
    makeCteKey('fit'),
    makeCteKey('fit-cbc', { encryption_mode: 'CBC' }),
    makeCteKey('versioned', { cte_versioned: true }),
    makeCteKey('unexportable', {}, { unexportable: true }),
    makeCteKey('ungranted', {}, {}, { permissions: { ReadKey: AGENTS } }),
    makeCteKey('pair', {}, { algorithm: 'rsa', size: 2048 }),
    makeCteKey('modeless', { encryption_mode: '' }),
    makeCteKey('gcm', { encryption_mode: 'GCM' }),
    makeCteKey('half', xts),
    makeCteKey('asleep', {}, { state: 'Pre-Active' }),
    ...(
      [
        ['versioned', /must not be versioned/],
        ['unexportable', /must be exportable/],
        ['ungranted', /must grant ReadKey and ExportKey to the group CTE Clients/],
        ['pair', /must be a symmetric AES key/],
        ['modeless', /encryption_mode/],
        ['gcm', /encryption_mode/],
        ['half', /xts/],
      ] as const
    ).map(([key, says]) => refused(`the key ${key}`, withKey(key), says)),
    assumed(refused('the key asleep', withKey('asleep'), /must be active/)),
    policyMade(
      'fitting',
      { key_rules: [{ key_id: named('fit') }, { key_id: '{{fit-cbc}}', key_type: 'id' }] },
      { key_rules: sized(2) },
    ),
  ],
  tidy: [
    removePolicy('fitting'),
    ...[
      'fit',
      'fit-cbc',
      'versioned',
      'unexportable',
      'ungranted',
      'pair',
      'modeless',
      'gcm',
      'half',
      'asleep',
    ].map(removeKey),
    del('and the public half', `${KEYS}/${named('pair')}-pub`, [200, 204, 404]),
  ],
}

const ldtRule = (current: string, transformation: string) => ({
  ldt_key_rules: [
    { current_key: { key_id: current }, transformation_key: { key_id: transformation } },
  ],
})
const idtRule = (current_key: string, transformation_key: string) => ({
  current_key,
  transformation_key,
})

const fitnessOfTypes: Scenario = {
  name: 'each type of policy asks something else of its keys',
  exchanges: [
    makeCteKey('plain'),
    makeCteKey('rotating', { cte_versioned: true }),
    makeCteKey('xts-1', xts, { xts: true }),
    makeCteKey('xts-2', xts, { xts: true }),
    refused(
      'LDT transforms to a versioned key',
      { policy_type: 'LDT', ...ldtRule(named('plain'), named('plain')) },
      /must be versioned/,
    ),
    refused(
      'from one without versions',
      { policy_type: 'LDT', ...ldtRule(named('rotating'), named('rotating')) },
      /must not be versioned/,
    ),
    refused(
      'and never with XTS',
      { policy_type: 'LDT', ...ldtRule(named('xts-1'), named('rotating')) },
      /encryption_mode/,
    ),
    policyMade(
      'ldt',
      { policy_type: 'LDT', ...ldtRule(named('plain'), named('rotating')) },
      { ldt_key_rules: [{ order_number: 1 }] },
    ),
    refused(
      'IDT takes XTS keys',
      { policy_type: 'IDT', idt_key_rules: [idtRule(named('plain'), named('xts-1'))] },
      /encryption_mode XTS/,
    ),
    policyMade(
      'idt',
      { policy_type: 'IDT', idt_key_rules: [idtRule(named('xts-1'), named('xts-2'))] },
      { idt_key_rules: [{ id: uuid, current_key: named('xts-1') }] },
    ),
    refused(
      'and has one rule',
      {
        policy_type: 'IDT',
        idt_key_rules: [
          idtRule(named('xts-1'), named('xts-2')),
          idtRule(named('xts-1'), named('xts-2')),
        ],
      },
      /./,
      422,
    ),
    policyMade('esg', withKey('xts-1'), { key_rules: [{ key_id: named('xts-1') }] }),
    assumed(
      refused(
        'object storage takes keys without versions',
        { policy_type: 'Cloud_Object_Storage', ...withKey('rotating') },
        /must not be versioned/,
      ),
    ),
    policyMade('cos', { policy_type: 'Cloud_Object_Storage', ...withKey('plain') }),
    assumed(policyMade('csi', { policy_type: 'CSI', ...withKey('plain') })),
  ],
  tidy: [
    ...['ldt', 'idt', 'esg', 'cos', 'csi'].map(removePolicy),
    ...['plain', 'rotating', 'xts-1', 'xts-2'].map(removeKey),
  ],
}

const clear: Scenario = {
  name: 'clear_key stands for no key where data was or will be in the clear',
  exchanges: [
    makeCteKey('to', { cte_versioned: true }),
    makeCteKey('to-xts', xts, { xts: true }),
    policyMade(
      'clear-standard',
      { key_rules: [{ key_id: 'clear_key' }], data_transform_rules: [{ key_id: 'clear_key' }] },
      { key_rules: [{ key_id: 'clear_key' }] },
    ),
    policyMade(
      'clear-ldt',
      { policy_type: 'LDT', ...ldtRule('clear_key', named('to')) },
      { ldt_key_rules: [{ current_key: { key_id: 'clear_key' } }] },
    ),
    policyMade('clear-idt', {
      policy_type: 'IDT',
      idt_key_rules: [idtRule('clear_key', named('to-xts'))],
    }),
    refused('LDT transforms to a key', {
      policy_type: 'LDT',
      ...ldtRule('clear_key', 'clear_key'),
    }),
    get('it is no stored key', `${KEYS}/clear_key`, 404),
  ],
  tidy: [
    ...['clear-standard', 'clear-ldt', 'clear-idt'].map(removePolicy),
    removeKey('to'),
    removeKey('to-xts'),
  ],
}

const use: Scenario = {
  name: 'a key says whether a policy uses it, and stays as long as one does',
  exchanges: [
    makeCteKey('used'),
    get('it is not in use', `${KEYS}/{{used}}`, 200, { meta: { cte: { is_used: false } } }),
    policyMade('using', { key_rules: [{ key_id: named('used') }], security_rules: [PERMIT] }, {}),
    get('now it is', `${KEYS}/{{used}}`, 200, { meta: { cte: { is_used: true } } }),
    assumed(del('so it stays', `${KEYS}/{{used}}`, 409, conflict)),
    patch(
      'what CTE counts on stays as well',
      `${KEYS}/{{used}}`,
      { meta: { cte: { encryption_mode: 'CBC' } } },
      400,
    ),
    get(
      'its rule is listed',
      `${POLICIES}/{{using}}/keyrules/`,
      200,
      { total: 1 },
      { keep: { rule: 'resources.0.id' } },
    ),
    del('with the last rule', `${POLICIES}/{{using}}/keyrules/{{rule}}`, [200, 204]),
    assumed(get('it is free', `${KEYS}/{{used}}`, 200, { meta: { cte: { is_used: false } } })),
    del('and goes', `${KEYS}/{{used}}`, [200, 204]),
  ],
  tidy: [removePolicy('using'), removeKey('used')],
}

const rotation: Scenario = {
  name: 'rotating a versioned key is a change of the LDT policies that name it',
  exchanges: [
    makeCteKey('from'),
    makeCteKey('turning', { cte_versioned: true }),
    policyMade(
      'turned',
      { policy_type: 'LDT', ...ldtRule(named('from'), named('turning')) },
      { policy_key_version: 0 },
    ),
    post('a version is made', `${KEYS}/{{turning}}/versions/`, {}, 201),
    ours(get('the policy counts it', `${POLICIES}/{{turned}}`, 200, { policy_key_version: 1 })),
  ],
  tidy: [
    removePolicy('turned'),
    removeKey('from'),
    del('old and new', `${KEYS}/${named('turning')}`, [200, 204, 404]),
    removeKey('turning'),
  ],
}

const types: Scenario = {
  name: 'the type of a policy is one of five in any case, comes back as sent, and decides on its rules',
  exchanges: [
    ...['STANDARD', 'ldt', 'cloud_object_storage', 'Csi'].map((policy_type) =>
      policyMade(policy_type, { policy_type, security_rules: [PERMIT] }, { policy_type }),
    ),
    get('an LDT policy begins with the rule of the server', `${POLICIES}/{{ldt}}`, 200, {
      security_rules: [
        { order_number: 1, action: 'key_op', effect: 'permit,applykey' },
        { order_number: 2, action: 'all_ops' },
      ],
    }),
    refused(
      'there is no other type',
      { policy_type: 'Other', security_rules: [PERMIT] },
      /is not one of/,
    ),
    ours(
      refused(
        'LDT has no key rules',
        { policy_type: 'LDT', key_rules: [{ key_id: 'clear_key' }] },
        /has no key rules/,
      ),
    ),
    ours(
      refused(
        'Standard has no LDT rules',
        { ...ldtRule('clear_key', 'x'), security_rules: [PERMIT] },
        /has no LDT key rules/,
      ),
    ),
    ours(
      refused(
        'CSI has no learn mode',
        { policy_type: 'CSI', never_deny: true, security_rules: [PERMIT] },
        /never_deny/,
      ),
    ),
  ],
  tidy: ['STANDARD', 'ldt', 'cloud_object_storage', 'Csi'].map(removePolicy),
}

const restricting: Scenario = {
  name: 'a policy that restricts changes stays while it guards something, and one that guards is not deleted',
  exchanges: [
    policyMade('strict', { security_rules: [PERMIT], metadata: { restrict_update: true } }),
    makeClient('strict-host'),
    post(
      'it guards a path',
      `${CLIENTS}/{{strict-host}}/guardpoints`,
      {
        guard_paths: ['/data'],
        guard_point_params: { guard_point_type: 'directory_auto', policy_id: '{{strict}}' },
      },
      201,
      {},
      { keep: { 'strict-gp': 'guardpoints.0.guardpoint.id' } },
    ),
    assumed(
      patch('it is not changed', `${POLICIES}/{{strict}}`, { description: 'x' }, 409, conflict),
    ),
    ours(post('nor are its rules', `${POLICIES}/{{strict}}/securityrules`, PERMIT, 409, conflict)),
    patch(
      'unless it is forced',
      `${POLICIES}/{{strict}}`,
      { description: 'x', force_restrict_update: true },
      200,
      { description: 'x' },
    ),
    assumed(del('it is not deleted', `${POLICIES}/{{strict}}`, 409, conflict)),
    unguardAll(`${CLIENTS}/{{strict-host}}`, 'strict-gp'),
    del('afterwards it is', `${POLICIES}/{{strict}}`, [200, 204]),
    get('and is gone', `${POLICIES}/{{strict}}`, 404),
  ],
  tidy: [removeClient('strict-host'), removePolicy('strict')],
}

const traps: Scenario = {
  name: 'the collection is never deleted, whatever an old module sends',
  exchanges: [
    del('bare', POLICIES, 405),
    del('with a slash', `${POLICIES}/`, 405),
    post('a policy has no other verbs', `${POLICIES}/${named('nobody')}`, {}, 405),
    patch('what is not there cannot be changed', `${POLICIES}/${named('nobody')}`, {}, 404),
    del('nor deleted', `${POLICIES}/${named('nobody')}`, 404),
    get('nobody reads without a token', POLICIES, 401, {}, { as: 'none' }),
    post(
      'an array of too many rules',
      POLICIES,
      {
        name: named('refused'),
        policy_type: 'Standard',
        security_rules: Array.from({ length: 1001 }, () => PERMIT),
      },
      400,
      wrongValue,
    ),
  ],
}

export const policyScenarios: readonly Scenario[] = [
  creating,
  reading,
  changing,
  fitness,
  fitnessOfTypes,
  clear,
  use,
  rotation,
  types,
  restricting,
  traps,
]
