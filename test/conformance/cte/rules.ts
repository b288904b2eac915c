/**
 * Reference sections 3.3 to 3.6: rules of a policy.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 3.3 endpoints, common fields, order_number, moving | security |
 * | 3.3 effects and actions, sets and their exclusion | effects, sets |
 * | 3.4 key and data transformation rules, key_type | keys, references |
 * | 3.5 LDT key rules, exclusion | ldt |
 * | 3.6 IDT key rules, no POST and no DELETE | idt |
 * | 3.6 signature rules | signatures |
 * | 10 a GET of a rule never fails for the newer provider | security |
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, allOf, bool, type Expected, someText, text, uuid } from '../expect.ts'
import { assumed, named, ours } from '../identity/common.ts'
import { KEYS, removeKey } from '../keys/common.ts'
import { common, removePolicy, wrongValue } from './machines.ts'
import { makeCteKey, PERMIT, POLICIES, policyMade } from './policies.ts'
import { makeSet, removeSet } from './sets.ts'

const ruleShape: Expected = allOf(common, { policy_id: uuid })

const securityShape: Expected = allOf(ruleShape, {
  action: text,
  effect: someText,
  user_set_id: text,
  process_set_id: text,
  resource_set_id: text,
  exclude_user_set: bool,
  exclude_process_set: bool,
  exclude_resource_set: bool,
  partial_match: bool,
  process_signed: text,
  generation: text,
})

const at = (policy: string, kind: string, rule = ''): string =>
  `${POLICIES}/{{${policy}}}/${kind}${rule && `/{{${rule}}}`}`

const added = (key: string, policy: string, kind: string, json: object, body: Expected): Exchange =>
  post(`the rule ${key} is added`, at(policy, kind), json, 201, allOf(ruleShape, body), {
    keep: { [key]: 'id' },
  })

const order = (name: string, ...actions: readonly string[]): Exchange =>
  get(name, `${at('moving', 'securityrules')}/?limit=10`, 200, {
    total: actions.length,
    resources: actions.map((action, index) => ({ action, order_number: index + 1 })),
  })

const security: Scenario = {
  name: 'security rules are added, read, moved and deleted',
  exchanges: [
    policyMade(
      'moving',
      { security_rules: ['a', 'b'].map((action) => ({ ...PERMIT, action })) },
      {},
    ),
    added(
      'third',
      'moving',
      'securityrules',
      { ...PERMIT, action: 'c', order_number: 0 },
      allOf(securityShape, { order_number: 3, action: 'c', policy_id: '{{moving}}' }),
    ),
    get(
      'one is read',
      at('moving', 'securityrules', 'third'),
      200,
      allOf(securityShape, { id: '{{third}}', order_number: 3 }),
    ),
    patch(
      'it moves to the front',
      at('moving', 'securityrules', 'third'),
      { order_number: 1 },
      200,
      { id: '{{third}}', order_number: 1 },
    ),
    assumed(order('and the others make room', 'c', 'a', 'b')),
    patch(
      'back behind the next',
      `${at('moving', 'securityrules', 'third')}/`,
      { order_number: 2 },
      200,
      { id: '{{third}}' },
    ),
    assumed(order('as well', 'a', 'c', 'b')),
    del('it is deleted', at('moving', 'securityrules', 'third'), [200, 204]),
    assumed(order('and they close up', 'a', 'b')),
    get('a missing rule is 404', at('moving', 'securityrules', 'third'), 404, { code: 16 }),
    get('and so is that of a missing policy', `${POLICIES}/${named('nobody')}/securityrules/`, 404),
    ours(get('each change was counted', `${POLICIES}/{{moving}}`, 200, { policy_version: 4 })),
  ],
  tidy: [removePolicy('moving')],
}

const effects: Scenario = {
  name: 'effects are made of four words, and actions of any',
  exchanges: [
    policyMade('words', { never_deny: false, security_rules: [PERMIT] }),
    policyMade('learning', { never_deny: true, security_rules: [PERMIT] }),
    ...['permit', 'permit,applykey', 'permit,audit,applykey', 'deny', 'deny,audit'].map((effect) =>
      post(`the effect ${effect}`, at('words', 'securityrules'), { ...PERMIT, effect }, 201, {
        effect,
      }),
    ),
    post(
      'a denied call gets no key',
      at('words', 'securityrules'),
      { ...PERMIT, effect: 'deny,applykey' },
      201,
      { effect: 'deny' },
    ),
    assumed(
      post(
        'in learn mode it does',
        at('learning', 'securityrules'),
        { ...PERMIT, effect: 'deny,applykey' },
        201,
        { effect: 'deny,applykey' },
      ),
    ),
    post(
      'another word is none',
      at('words', 'securityrules'),
      { ...PERMIT, effect: 'allow' },
      400,
      wrongValue,
    ),
    post('an effect is needed', at('words', 'securityrules'), { action: 'read' }, 400, wrongValue),
    ...['read,write', 'key_op', 'f_rd,d_rd'].map((action) =>
      post(`the actions ${action}`, at('words', 'securityrules'), { ...PERMIT, action }, 201, {
        action,
      }),
    ),
  ],
  tidy: [removePolicy('words'), removePolicy('learning')],
}

const sets: Scenario = {
  name: 'a security rule names sets, gives them back as sent, and lets go of them',
  exchanges: [
    makeSet('user', 'who', { users: [{ uname: 'root', uid: 0 }] }),
    makeSet('process', 'what', { processes: [{ file: 'sh' }] }),
    policyMade('choosy', { security_rules: [PERMIT] }),
    added(
      'chooser',
      'choosy',
      'securityrules',
      {
        ...PERMIT,
        user_set_id: named('who'),
        process_set_id: '{{what}}',
        resource_set_id: '',
        exclude_user_set: true,
      },
      {
        user_set_id: named('who'),
        process_set_id: '{{what}}',
        resource_set_id: '',
        exclude_user_set: true,
        exclude_process_set: false,
      },
    ),
    get('the set tells its policies', '/transparent-encryption/usersets/{{who}}/policies', 200, {
      total: 1,
      resources: [{ id: '{{choosy}}' }],
    }),
    patch(
      'what is left out stays',
      at('choosy', 'securityrules', 'chooser'),
      { effect: 'deny' },
      200,
      { user_set_id: named('who'), effect: 'deny' },
    ),
    assumed(del('a set in use stays', '/transparent-encryption/usersets/{{who}}', 409)),
    ours(
      patch(
        'an empty text takes a set away',
        at('choosy', 'securityrules', 'chooser'),
        { user_set_id: '' },
        200,
        { user_set_id: '', process_set_id: '{{what}}' },
      ),
    ),
    del('free, it goes', '/transparent-encryption/usersets/{{who}}', [200, 204]),
  ],
  tidy: [removePolicy('choosy'), removeSet('user', 'who'), removeSet('process', 'what')],
}

const keys: Scenario = {
  name: 'key and data transformation rules are added, read, changed and deleted',
  exchanges: [
    makeCteKey('first'),
    makeCteKey('second'),
    makeSet('resource', 'of-key'),
    policyMade('keyed', { security_rules: [PERMIT] }),
    ...['keyrules', 'datatxrules'].flatMap((kind) => [
      added(
        kind,
        'keyed',
        kind,
        { key_id: named('first'), key_type: 'name', resource_set_id: '' },
        {
          order_number: 1,
          key_id: named('first'),
          key_type: 'name',
          resource_set_id: '',
          ...(kind === 'datatxrules' && { new_key_rule: bool }),
        },
      ),
      get(`${kind} are listed`, `${at('keyed', kind)}/`, 200, {
        total: 1,
        resources: [{ id: `{{${kind}}}` }],
      }),
      get(
        `one of ${kind}`,
        at('keyed', kind, kind),
        200,
        allOf(ruleShape, { key_id: named('first') }),
      ),
      patch(
        `${kind} take another key`,
        at('keyed', kind, kind),
        { key_id: '{{second}}', key_type: 'id', resource_set_id: named('of-key') },
        200,
        {
          id: `{{${kind}}}`,
          key_id: '{{second}}',
          key_type: 'id',
          resource_set_id: named('of-key'),
        },
      ),
      post(`${kind} need a key`, at('keyed', kind), { resource_set_id: '' }, 400, wrongValue),
      del(`${kind} are deleted`, at('keyed', kind, kind), [200, 204]),
      get(`${kind} are gone`, at('keyed', kind, kind), 404),
    ]),
  ],
  tidy: [
    removePolicy('keyed'),
    removeSet('resource', 'of-key'),
    removeKey('first'),
    removeKey('second'),
  ],
}

const references: Scenario = {
  name: 'key_type says how a key is named, and without it that is inferred',
  exchanges: [
    makeCteKey('named'),
    get(
      'the key tells its other names',
      `${KEYS}/{{named}}`,
      200,
      {},
      { keep: { 'key-uri': 'uri', 'key-uuid': 'uuid', 'key-muid': 'muid', 'key-number': 'keyId' } },
    ),
    policyMade('naming-keys', { security_rules: [PERMIT] }),
    ...(
      [
        ['name', named('named')],
        ['id', '{{named}}'],
        ['slug', '{{named}}'],
        ['alias', named('named')],
        ['uri', '{{key-uri}}'],
        ['uuid', '{{key-uuid}}'],
        ['muid', '{{key-muid}}'],
        ['key_id', '{{key-number}}'],
      ] as const
    ).map(([key_type, key_id]) =>
      post(`by ${key_type}`, at('naming-keys', 'keyrules'), { key_id, key_type }, 201, {
        key_id,
        key_type,
      }),
    ),
    ...[named('named'), '{{named}}', '{{key-uri}}'].map((key_id) =>
      post(
        `${key_id} without a type`,
        at('naming-keys', 'keyrules'),
        { key_id, key_type: '' },
        201,
        { key_id, key_type: '' },
      ),
    ),
    post(
      'a key of another kind of name',
      at('naming-keys', 'keyrules'),
      { key_id: named('named'), key_type: 'uuid' },
      404,
    ),
    post(
      'a kind of name that is none',
      at('naming-keys', 'keyrules'),
      { key_id: named('named'), key_type: 'colour' },
      400,
      wrongValue,
    ),
  ],
  tidy: [removePolicy('naming-keys'), removeKey('named')],
}

const ldt: Scenario = {
  name: 'LDT key rules hold two keys, and both are always there',
  exchanges: [
    makeCteKey('now'),
    makeCteKey('next', { cte_versioned: true }),
    policyMade('living', { policy_type: 'LDT' }),
    added(
      'transforming',
      'living',
      'ldtkeyrules',
      {
        current_key: { key_id: named('now'), key_type: 'name' },
        transformation_key: { key_id: named('next'), key_type: 'name' },
        is_exclusion_rule: false,
        resource_set_id: '',
      },
      {
        order_number: 1,
        current_key: { key_id: named('now'), key_type: absent },
        transformation_key: { key_id: named('next'), key_type: absent },
        is_exclusion_rule: false,
        resource_set_id: '',
      },
    ),
    added(
      'excluding',
      'living',
      'ldtkeyrules',
      { current_key: { key_id: 'clear_key' }, transformation_key: {}, is_exclusion_rule: true },
      {
        order_number: 2,
        transformation_key: { key_id: '' },
        is_exclusion_rule: true,
      },
    ),
    post(
      'otherwise a key to transform to is needed',
      at('living', 'ldtkeyrules'),
      { current_key: { key_id: 'clear_key' } },
      400,
      wrongValue,
    ),
    get(
      'one is read',
      at('living', 'ldtkeyrules', 'transforming'),
      200,
      allOf(ruleShape, { transformation_key: { key_id: named('next') } }),
    ),
    patch(
      'one is changed',
      at('living', 'ldtkeyrules', 'transforming'),
      { current_key: { key_id: 'clear_key' }, transformation_key: {} },
      200,
      {
        id: '{{transforming}}',
        current_key: { key_id: 'clear_key' },
        transformation_key: { key_id: named('next') },
      },
    ),
    patch(
      'or becomes an exclusion, without a key to transform to',
      at('living', 'ldtkeyrules', 'transforming'),
      { is_exclusion_rule: true, transformation_key: {} },
      200,
      { is_exclusion_rule: true, transformation_key: { key_id: '' } },
      { ours: true },
    ),
    patch('or moved', at('living', 'ldtkeyrules', 'excluding'), { order_number: 1 }, 200, {
      id: '{{excluding}}',
      order_number: 1,
    }),
    del('and deleted', at('living', 'ldtkeyrules', 'excluding'), [200, 204]),
    get('one is left', `${at('living', 'ldtkeyrules')}/`, 200, {
      total: 1,
      resources: [{ order_number: 1 }],
    }),
  ],
  tidy: [removePolicy('living'), removeKey('now'), removeKey('next')],
}

const XTS = { encryption_mode: 'XTS' }

const idt: Scenario = {
  name: 'the IDT key rule is neither added nor deleted',
  exchanges: [
    makeCteKey('x', XTS, { xts: true }),
    makeCteKey('y', XTS, { xts: true }),
    post(
      'it is made with its policy',
      POLICIES,
      {
        name: named('device'),
        policy_type: 'IDT',
        idt_key_rules: [
          {
            current_key: 'clear_key',
            current_key_type: 'name',
            transformation_key: named('x'),
            transformation_key_type: '',
          },
        ],
      },
      201,
      {
        idt_key_rules: [
          {
            id: uuid,
            order_number: absent,
            current_key: 'clear_key',
            current_key_type: 'name',
            transformation_key: named('x'),
          },
        ],
      },
      { keep: { device: 'id', 'idt-rule': 'idt_key_rules.0.id' } },
    ),
    get('it is listed', `${at('device', 'idtkeyrules')}/`, 200, { total: 1 }),
    get(
      'and read',
      at('device', 'idtkeyrules', 'idt-rule'),
      200,
      allOf(ruleShape, { transformation_key: named('x') }),
    ),
    patch(
      'and changed',
      at('device', 'idtkeyrules', 'idt-rule'),
      { transformation_key: named('y') },
      200,
      { id: '{{idt-rule}}', transformation_key: named('y') },
    ),
    del('and not deleted', at('device', 'idtkeyrules', 'idt-rule'), 405),
    post(
      'and there is no other',
      at('device', 'idtkeyrules'),
      { current_key: 'clear_key', transformation_key: named('x') },
      405,
    ),
  ],
  tidy: [removePolicy('device'), removeKey('x'), removeKey('y')],
}

const signatures: Scenario = {
  name: 'signature rules are made for a list of sets, in its order',
  exchanges: [
    makeSet('signature', 'sig-a'),
    makeSet('signature', 'sig-b'),
    policyMade(
      'signed',
      { security_rules: [PERMIT], signature_rules: [{ signature_set_id: named('sig-a') }] },
      {
        signature_rules: [
          {
            id: uuid,
            order_number: absent,
            signature_set_id: named('sig-a'),
            signature_set_name: named('sig-a'),
          },
        ],
      },
    ),
    post(
      'two are added',
      at('signed', 'signaturerules'),
      { signature_set_id_list: ['{{sig-b}}', named('sig-a')] },
      201,
      {
        success_signature_rules: [
          {
            signature_rule: allOf(ruleShape, {
              signature_set_id: '{{sig-b}}',
              signature_set_name: named('sig-b'),
            }),
          },
          { signature_rule: { signature_set_id: named('sig-a') } },
        ],
      },
      { keep: { 'sig-rule': 'success_signature_rules.0.signature_rule.id' } },
    ),
    get('one is read', at('signed', 'signaturerules', 'sig-rule'), 200, {
      signature_set_id: '{{sig-b}}',
      signature_set_name: named('sig-b'),
    }),
    patch(
      'and changed',
      at('signed', 'signaturerules', 'sig-rule'),
      { signature_set_id: named('sig-a') },
      200,
      { id: '{{sig-rule}}', signature_set_name: named('sig-a') },
    ),
    ours(
      post(
        'all or none',
        at('signed', 'signaturerules'),
        { signature_set_id_list: [named('sig-a'), named('nobody')] },
        404,
      ),
    ),
    get('three are there', at('signed', 'signaturerules'), 200, { total: 3 }),
    del('one is deleted', at('signed', 'signaturerules', 'sig-rule'), [200, 204]),
    get('two are left', `${at('signed', 'signaturerules')}/`, 200, { total: 2 }),
  ],
  tidy: [removePolicy('signed'), removeSet('signature', 'sig-a'), removeSet('signature', 'sig-b')],
}

export const ruleScenarios: readonly Scenario[] = [
  security,
  effects,
  sets,
  keys,
  references,
  ldt,
  idt,
  signatures,
]
