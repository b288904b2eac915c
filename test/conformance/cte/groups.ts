/**
 * Reference sections 7 and 9 for groups.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 7 create, PATCH, GET, DELETE | client groups |
 * | 7 clients: POST, PATCH, list, DELETE; inherit_attributes | members |
 * | 7 auth-binaries, password, resetpassword, ldtpause | actions |
 * | 7 dps | primary sets |
 * | 9 CSI | storage groups |
 * | 9 LDT | LDT groups |
 */
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, allOf, array, atLeast, bool, exactly, sized, text, uuid } from '../expect.ts'
import { list, named, noRows, notFound, only } from '../identity/common.ts'
import {
  CLIENTS,
  CSI,
  common,
  commonNamed,
  conflict,
  GROUPS,
  LDT,
  makeClient,
  makeGroup,
  makePolicy,
  PROFILES,
  remove,
  removeClient,
  removePolicy,
  TE,
  wrongValue,
} from './machines.ts'

const PASSWORD = 'Group-Pass-1!'

const clientGroups: Scenario = {
  name: 'client groups are made, changed and deleted',
  exchanges: [
    post(
      'as a Go client sends it',
      GROUPS,
      {
        id: '',
        name: named('group'),
        cluster_type: 'NON-CLUSTER',
        description: 'before',
        password: '',
        password_creation_method: '',
        profile_id: '',
        communication_enabled: false,
        ldt_designated_primary_set: '',
        shared_domain_list: null,
      },
      201,
      allOf(commonNamed, {
        name: named('group'),
        cluster_type: 'NON-CLUSTER',
        communication_enabled: false,
        domain_list: text,
        account_list: text,
        native_domain: text,
        capabilities: text,
        auth_binaries: text,
        profile_name: 'DefaultClientProfile',
        profile_id: uuid,
        ldt_status: text,
        enable_ldt_passive: bool,
        password: absent,
      }),
      { keep: { group: 'id' } },
    ),
    post(
      'its name is taken',
      GROUPS,
      { name: named('group'), cluster_type: 'HDFS' },
      409,
      conflict,
    ),
    post(
      'a type that is none',
      GROUPS,
      { name: named('never'), cluster_type: 'LOOSE' },
      400,
      wrongValue,
    ),
    post(
      'a weak password',
      GROUPS,
      { name: named('never'), password_creation_method: 'MANUAL', password: 'short' },
      400,
      wrongValue,
    ),
    patch(
      'changed',
      `${GROUPS}/{{group}}`,
      {
        name: 'other',
        cluster_type: 'HDFS',
        description: '',
        communication_enabled: true,
        client_locked: true,
        system_locked: true,
        enable_domain_sharing: true,
        shared_domain_list: ['a', 'b'],
        enabled_capabilities: 'RESIGN',
      },
      200,
      {
        id: '{{group}}',
        name: named('group'),
        cluster_type: 'NON-CLUSTER',
        description: '',
        communication_enabled: true,
        client_locked: true,
        system_locked: true,
        enable_domain_sharing: true,
        shared_domain_list: ['a', 'b'],
        domain_list: 'a,b',
        enabled_capabilities: 'RESIGN',
      },
    ),
    patch(
      'a capability that groups have not',
      `${GROUPS}/{{group}}`,
      { enabled_capabilities: 'LDT' },
      400,
      wrongValue,
    ),
    get(
      'by its name',
      `${GROUPS}/?name=${named('group')}&skip=0&limit=1`,
      200,
      only({ id: '{{group}}' }),
    ),
    del('no collection is deleted', `${GROUPS}/`, [404, 405]),
    del('it goes', `${GROUPS}/{{group}}`, 204),
    get('and is gone', `${GROUPS}/{{group}}`, 404, notFound),
  ],
  tidy: [remove('the group', GROUPS, 'group')],
}

const members: Scenario = {
  name: 'clients join client groups and leave them',
  exchanges: [
    post(
      'a profile',
      PROFILES,
      { name: named('mine') },
      201,
      { id: uuid },
      { keep: { mine: 'id' } },
    ),
    makeGroup('team', { profile_id: named('mine'), communication_enabled: true }),
    makeClient('one', { registration_allowed: true }),
    makeClient('two'),
    post(
      'one that is none, and so none',
      `${GROUPS}/{{team}}/clients`,
      { client_list: ['{{one}}', 'nobody'], inherit_attributes: true },
      404,
      notFound,
    ),
    post(
      'with what the group has',
      `${GROUPS}/{{team}}/clients`,
      { client_list: ['{{one}}'], inherit_attributes: true },
      200,
      { association_response: [{ client_id: '{{one}}', client_name: named('one') }] },
    ),
    get('taken over', `${CLIENTS}/{{one}}`, 200, {
      profile_name: named('mine'),
      communication_enabled: true,
    }),
    patch(
      'by the other verb, without',
      `${GROUPS}/{{team}}/clients`,
      { client_list: [named('two')], inherit_attributes: false },
      200,
      { association_response: sized(1) },
    ),
    get('kept', `${CLIENTS}/{{two}}`, 200, {
      profile_name: 'DefaultClientProfile',
      communication_enabled: false,
    }),
    post(
      'again is no harm',
      `${GROUPS}/{{team}}/clients`,
      { client_list: ['{{two}}'], inherit_attributes: false },
      200,
      { association_response: sized(1) },
      { assumed: true },
    ),
    get(
      'both are listed',
      `${GROUPS}/{{team}}/clients/?sort=name`,
      200,
      list([{ name: named('one') }, { name: named('two') }], 2),
    ),
    get('how one belongs', `${GROUPS}/{{team}}/clients/{{one}}`, 200, {
      client_id: '{{one}}',
      inherit_attributes: true,
    }),
    get('from the client', `${CLIENTS}/{{one}}/clientgroups`, 200, only({ id: '{{team}}' })),
    patch(
      'the group changes, and who inherits',
      `${GROUPS}/{{team}}`,
      { client_locked: true },
      200,
      { client_locked: true },
    ),
    get('one', `${CLIENTS}/{{one}}`, 200, { client_locked: true }, { assumed: true }),
    get('and not the other', `${CLIENTS}/{{two}}`, 200, { client_locked: false }),
    del('one leaves', `${GROUPS}/{{team}}/clients/${named('one')}`, 204),
    del('not twice', `${GROUPS}/{{team}}/clients/{{one}}`, 404, notFound),
    removeClient('two'),
    get('nobody is left', `${GROUPS}/{{team}}/clients`, 200, noRows),
  ],
  tidy: [
    remove('the group', GROUPS, 'team'),
    removeClient('one'),
    removeClient('two'),
    remove('the profile', PROFILES, 'mine'),
  ],
}

const actions: Scenario = {
  name: 'client groups take what goes to all of their clients',
  exchanges: [
    makeGroup('team'),
    patch(
      'binaries',
      `${GROUPS}/{{team}}/auth-binaries`,
      { auth_binaries: '[]', re_sign: false },
      200,
      { id: '{{team}}', auth_binaries: '[]' },
    ),
    patch(
      'a password',
      `${GROUPS}/{{team}}/password`,
      { password: PASSWORD, password_creation_method: 'MANUAL' },
      200,
      { password_creation_method: 'MANUAL', password: absent },
      { silentAbout: [PASSWORD] },
    ),
    patch('a password that is none', `${GROUPS}/{{team}}/password`, {}, 400, wrongValue),
    patch('reset, with no body', `${GROUPS}/{{team}}/resetpassword`, undefined, 200, {
      password_creation_method: 'GENERATE',
    }),
    patch(
      'reset, as the released provider does',
      `${GROUPS}/{{team}}/resetpassword`,
      { password: PASSWORD, password_creation_method: 'MANUAL' },
      200,
      { password_creation_method: 'MANUAL' },
    ),
    post('suspended', `${GROUPS}/{{team}}/ldtpause`, { paused: true }, 200, { status: /agent/ }),
    patch('resumed by the other verb', `${GROUPS}/{{team}}/ldtpause`, { paused: false }, 200, {
      status: /agent/,
    }),
  ],
  tidy: [remove('the group', GROUPS, 'team')],
}

const primarySets: Scenario = {
  name: 'client groups have primary sets',
  exchanges: [
    makeGroup('team'),
    makeClient('one'),
    makeClient('two'),
    makeClient('other'),
    post(
      'two join',
      `${GROUPS}/{{team}}/clients`,
      { client_list: ['{{one}}', '{{two}}'], inherit_attributes: false },
      200,
      { association_response: sized(2) },
    ),
    post(
      'an LDT group',
      LDT,
      { name: named('talk'), description: '', client_list: null },
      201,
      { id: uuid },
      { keep: { talk: 'id' } },
    ),
    post(
      'who is not in the group is in no set of it',
      `${GROUPS}/{{team}}/dps`,
      {
        name: named('set'),
        client_list: '{{one}},{{other}}',
        ldt_comm_group_service_id: '{{talk}}',
      },
      400,
      wrongValue,
    ),
    post(
      'a set',
      `${GROUPS}/{{team}}/dps/`,
      {
        name: named('set'),
        client_list: `{{one}},${named('two')}`,
        ldt_comm_group_service_id: '{{talk}}',
      },
      201,
      { dps_id: uuid },
      { keep: { set: 'dps_id' } },
    ),
    get(
      'it is listed',
      `${GROUPS}/{{team}}/dps`,
      200,
      only({
        id: '{{set}}',
        name: named('set'),
        client_group_id: '{{team}}',
        ldt_comm_group_service_id: '{{talk}}',
        primary_client_id_list: '{{one}},{{two}}',
        primary_client_name_list: `${named('one')},${named('two')}`,
      }),
    ),
    get('a client of it says so', `${CLIENTS}/{{one}}`, 200, { dps_enabled: true }),
    del('the LDT group stays', `${LDT}/{{talk}}`, 409, conflict, { ours: true }),
    makePolicy('policy'),
    post(
      'a guard point for it',
      `${GROUPS}/{{team}}/guardpoints`,
      {
        guard_paths: ['/d'],
        guard_point_params: {
          guard_point_type: 'directory_auto',
          policy_id: '{{policy}}',
          dps_id: '{{set}}',
        },
      },
      201,
      { guardpoints: [{ guardpoint: { dps_id: '{{set}}', dps_name: named('set') } }] },
      { keep: { gp: 'guardpoints.0.guardpoint.id' } },
    ),
    del('the set stays', `${GROUPS}/{{team}}/dps/{{set}}`, 409, conflict, { ours: true }),
    patch(
      'an empty text takes it off',
      `${GROUPS}/{{team}}/guardpoints/{{gp}}`,
      { dps_id: '' },
      200,
      { id: '{{gp}}', dps_id: '', dps_name: '' },
      { ours: true },
    ),
    patch(
      'let go',
      `${GROUPS}/{{team}}/guardpoints/unguard`,
      { guard_point_id_list: ['{{gp}}'] },
      200,
    ),
    patch('other clients', `${GROUPS}/{{team}}/dps/{{set}}`, { client_list: '{{two}}' }, 200, {
      primary_client_id_list: '{{two}}',
    }),
    get('one', `${GROUPS}/{{team}}/dps/${named('set')}`, 200, {
      primary_client_name_list: named('two'),
    }),
    del('it goes', `${GROUPS}/{{team}}/dps/{{set}}`, 204),
    get('and is gone', `${GROUPS}/{{team}}/dps/{{set}}`, 404, notFound),
  ],
  tidy: [
    patch(
      'let go',
      `${GROUPS}/{{team}}/guardpoints/unguard`,
      { guard_point_id_list: ['{{gp}}'] },
      [200, 404],
    ),
    remove('the group', GROUPS, 'team'),
    remove('the LDT group', LDT, 'talk'),
    ...['one', 'two', 'other'].map(removeClient),
    removePolicy('policy'),
  ],
}

const storageGroups: Scenario = {
  name: 'storage groups guard volumes of containers',
  exchanges: [
    makePolicy('csi', { policy_type: 'CSI' }),
    makePolicy('std'),
    makeClient('node', { client_type: 'CSI' }),
    makeClient('host'),
    post(
      'a group',
      CSI,
      {
        name: named('vols'),
        k8s_namespace: 'ns',
        k8s_storage_class: 'fast',
        client_profile: '',
        description: '',
      },
      201,
      allOf(commonNamed, {
        k8s_namespace: 'ns',
        k8s_storage_class: 'fast',
        client_profile_name: 'DefaultClientProfile',
        client_profile_id: uuid,
      }),
      { keep: { vols: 'id' } },
    ),
    post(
      'without a namespace',
      CSI,
      { name: named('never'), k8s_storage_class: 'fast' },
      400,
      wrongValue,
    ),
    get('by its name', `${CSI}/?name=${named('vols')}`, 200, only({ id: '{{vols}}' })),
    patch(
      'changed',
      `${CSI}/{{vols}}`,
      { description: 'fast ones', client_profile: 'DefaultClientProfile', k8s_namespace: 'other' },
      200,
      { description: 'fast ones', k8s_namespace: 'ns' },
    ),
    post('a client', `${CSI}/{{vols}}/clients`, { client_list: ['{{node}}'] }, 200, {
      association_response: sized(1),
    }),
    patch('by the other verb', `${CSI}/{{vols}}/clients`, { client_list: [named('node')] }, 200, {
      association_response: sized(1),
    }),
    post(
      'one of another type',
      `${CSI}/{{vols}}/clients`,
      { client_list: ['{{host}}'] },
      400,
      wrongValue,
      { ours: true },
    ),
    get('who is in it', `${CSI}/{{vols}}/clients`, 200, only({ id: '{{node}}' })),
    get('how it belongs', `${CSI}/{{vols}}/clients/{{node}}`, 200, { client_id: '{{node}}' }),
    post(
      'policies',
      `${CSI}/{{vols}}/guardpoints`,
      { policy_list: [named('csi')] },
      201,
      {
        guardpoints: [
          { guardpoint: allOf(common, { policy_name: named('csi'), guard_enabled: true }) },
        ],
      },
      { keep: { gp: 'guardpoints.0.guardpoint.id' } },
    ),
    post('not twice', `${CSI}/{{vols}}/guardpoints`, { policy_list: ['{{csi}}'] }, 409, conflict, {
      assumed: true,
    }),
    post(
      'no other policy',
      `${CSI}/{{vols}}/guardpoints`,
      { policy_list: ['{{std}}'] },
      400,
      wrongValue,
      { assumed: true },
    ),
    get(
      'they are listed',
      `${CSI}/{{vols}}/guardpoints`,
      200,
      only({ id: '{{gp}}', policy_name: named('csi') }),
    ),
    del('the policy stays', `${TE}/policies/{{csi}}`, 409, conflict, { assumed: true }),
    patch('off', `${CSI}/guardpoints/{{gp}}`, { guard_enabled: false }, 200, {
      id: '{{gp}}',
      guard_enabled: false,
    }),
    get('one', `${CSI}/guardpoints/{{gp}}`, 200, { guard_enabled: false }),
    del('it goes', `${CSI}/guardpoints/{{gp}}`, 204),
    del('the client leaves', `${CSI}/{{vols}}/clients/{{node}}`, 204),
    post('guarded again', `${CSI}/{{vols}}/guardpoints`, { policy_list: ['{{csi}}'] }, 201, {
      guardpoints: [{ guardpoint: { policy_name: named('csi') } }],
    }),
    del('a group goes with what it guards', `${CSI}/{{vols}}`, 204),
    get('and is gone', `${CSI}/{{vols}}`, 404, notFound),
    del('no collection is deleted', CSI, [404, 405]),
  ],
  tidy: [
    remove('the storage group', CSI, 'vols'),
    removeClient('node'),
    removeClient('host'),
    removePolicy('csi'),
    removePolicy('std'),
  ],
}

const ldtGroups: Scenario = {
  name: 'LDT communication groups have clients',
  exchanges: [
    makeClient('one'),
    makeClient('two'),
    post(
      'with its first client',
      LDT,
      { name: named('talk'), description: 'x', client_list: [named('one')] },
      201,
      allOf(commonNamed, { health_status: text }),
      { keep: { talk: 'id' } },
    ),
    get(
      'by its name',
      `${LDT}?name=${named('talk')}`,
      200,
      only({ id: '{{talk}}', health_status: text }),
    ),
    patch('changed', `${LDT}/{{talk}}`, { name: 'other', description: '', labels: null }, 200, {
      name: named('talk'),
      description: '',
      labels: exactly({}),
    }),
    post('another client', `${LDT}/{{talk}}/clients`, { client_list: ['{{two}}'] }, 200, {
      association_response: array,
    }),
    get(
      'both',
      `${LDT}/{{talk}}/clients?sort=name`,
      200,
      list([{ id: '{{one}}' }, { id: '{{two}}' }], 2),
    ),
    get('how they are', `${LDT}/{{talk}}/status-details`, 200, list(atLeast(2))),
    patch('one leaves', `${LDT}/{{talk}}/clients/delete/`, { client_list: ['{{one}}'] }, 200, {
      id: '{{talk}}',
    }),
    get('the other is left', `${LDT}/{{talk}}/clients/`, 200, only({ id: '{{two}}' })),
    del('it leaves', `${LDT}/{{talk}}/clients/{{two}}`, 204),
    patch(
      'nobody is left to leave',
      `${LDT}/{{talk}}/clients/delete/`,
      { client_list: [] },
      200,
      { id: '{{talk}}' },
      { ours: true },
    ),
    del('the group goes', `${LDT}/{{talk}}`, 204),
    get('and is gone', `${LDT}/{{talk}}`, 404, notFound),
  ],
  tidy: [remove('the LDT group', LDT, 'talk'), removeClient('one'), removeClient('two')],
}

export const groups: readonly Scenario[] = [
  clientGroups,
  members,
  actions,
  primarySets,
  storageGroups,
  ldtGroups,
]
