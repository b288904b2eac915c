/**
 * Reference section 6, guard points.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | methods and paths, create answer, spelling of paths, list fields | guarding |
 * | PATCH, unguard, early-access | changing |
 * | params and their policy types | rules |
 * | on a group, section 7 | groups |
 * | a policy in use, section 3.1 | use |
 */
import { del, type Exchange, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, allOf, exactly, inAnyOrder, sized, text, uuid } from '../expect.ts'
import { list, named, noRows, notFound, only } from '../identity/common.ts'
import {
  CLIENTS,
  conflict,
  GROUPS,
  guardPointShape,
  makeClient,
  makeGroup,
  makePolicy,
  remove,
  removeClient,
  removePolicy,
  TE,
  unguardAll,
  wrongValue,
} from './machines.ts'

const PARAMS = { guard_point_type: 'directory_auto', policy_id: '{{policy}}' }

const guarding: Scenario = {
  name: 'paths of a client are guarded',
  exchanges: [
    makePolicy('policy'),
    makeClient('guarded'),
    post(
      'several at once, each under its own spelling',
      `${CLIENTS}/{{guarded}}/guardpoints`,
      {
        guard_paths: ['/data/', '/srv/one', 'C:\\Data\\'],
        guard_point_params: {
          ...PARAMS,
          disk_name: '',
          dps_id: '',
          network_share_credentials_id: '',
        },
      },
      201,
      {
        guardpoints: [
          {
            guardpoint: allOf(guardPointShape, {
              guard_path: '/data/',
              guard_point_type: 'directory_auto',
              policy_id: '{{policy}}',
              policy_name: named('policy'),
              client_id: '{{guarded}}',
              client_name: named('guarded'),
              client_group_id: '',
              guard_enabled: true,
              preserve_sparse_regions: true,
              automount_enabled: false,
            }),
          },
          { guardpoint: { guard_path: '/srv/one' } },
          { guardpoint: { guard_path: 'C:\\Data\\' } },
        ],
      },
      {
        keep: {
          data: 'guardpoints.0.guardpoint.id',
          srv: 'guardpoints.1.guardpoint.id',
          win: 'guardpoints.2.guardpoint.id',
        },
      },
    ),
    post(
      'a path that is guarded has an error of its own, the others are guarded',
      `${CLIENTS}/{{guarded}}/guardpoints/`,
      {
        guard_paths: ['/data', '/more'],
        guard_point_params: { ...PARAMS, policy_id: named('policy') },
      },
      201,
      {
        guardpoints: [
          { guard_path: '/data', error: /guarded/, guardpoint: absent },
          { guardpoint: { guard_path: '/more', policy_id: named('policy') } },
        ],
      },
      { assumed: true, keep: { more: 'guardpoints.1.guardpoint.id' } },
    ),
    post(
      'when none is left, all fails',
      `${CLIENTS}/{{guarded}}/guardpoints`,
      { guard_paths: ['/data', '/srv/one/'], guard_point_params: PARAMS },
      409,
      conflict,
      { assumed: true },
    ),
    get(
      'the health script',
      `${CLIENTS}/{{guarded}}/guardpoints/?limit=100`,
      200,
      list(allOf(sized(4)), 4),
    ),
    get(
      'in order of their paths',
      `${CLIENTS}/${named('guarded')}/guardpoints?sort=-guard_path&limit=1`,
      200,
      list([{ guard_path: 'C:\\Data\\' }], 4),
      { assumed: true },
    ),
    get(
      'by policy',
      `${CLIENTS}/{{guarded}}/guardpoints?policy_id={{policy}}&skip=3`,
      200,
      list(sized(1), 4),
    ),
    get(
      'by a policy that is none',
      `${CLIENTS}/{{guarded}}/guardpoints?policy_id=nobody`,
      200,
      noRows,
    ),
    get('one', `${CLIENTS}/{{guarded}}/guardpoints/{{data}}`, 200, guardPointShape),
    get('its state', `${CLIENTS}/{{guarded}}/guardpoints/{{data}}/status`, 200, {
      id: '{{data}}',
      guard_point_state: text,
    }),
    get('of a client that is none', `${CLIENTS}/nobody/guardpoints`, 404, notFound),
    get(
      'one that is none',
      `${CLIENTS}/{{guarded}}/guardpoints/00000000-0000-4000-8000-000000000000`,
      404,
      notFound,
    ),
    patch(
      'two are let go',
      `${CLIENTS}/{{guarded}}/guardpoints/unguard/`,
      { guard_point_id_list: ['{{data}}', '{{win}}'] },
      200,
      { guardpoints: [{ id: '{{data}}' }, { id: '{{win}}' }] },
    ),
    patch('one by itself', `${CLIENTS}/{{guarded}}/guardpoints/{{srv}}/unguard`, undefined, 200, {
      guardpoints: [{ id: '{{srv}}' }],
    }),
    patch(
      'not twice',
      `${CLIENTS}/{{guarded}}/guardpoints/unguard`,
      { guard_point_id_list: ['{{more}}', '{{srv}}'] },
      404,
      notFound,
    ),
    get('one is left', `${CLIENTS}/{{guarded}}/guardpoints`, 200, only({ id: '{{more}}' })),
    del('there is no DELETE', `${CLIENTS}/{{guarded}}/guardpoints/{{more}}`, [404, 405]),
  ],
  tidy: [removeClient('guarded'), removePolicy('policy')],
}

const changing: Scenario = {
  name: 'guard points are changed',
  exchanges: [
    makePolicy('policy'),
    makeClient('host'),
    post(
      'with what is off',
      `${CLIENTS}/{{host}}/guardpoints`,
      {
        guard_paths: ['/a'],
        guard_point_params: {
          ...PARAMS,
          guard_enabled: false,
          automount_enabled: true,
          intelligent_protection: true,
        },
      },
      201,
      {
        guardpoints: [
          {
            guardpoint: {
              guard_enabled: false,
              guard_point_state: 'DISABLED',
              automount_enabled: true,
              intelligent_protection: true,
            },
          },
        ],
      },
      { keep: { a: 'guardpoints.0.guardpoint.id' } },
    ),
    patch(
      'what may change',
      `${CLIENTS}/{{host}}/guardpoints/{{a}}`,
      {
        guard_enabled: true,
        mfa_enabled: true,
        data_classification_enabled: true,
        data_lineage_enabled: true,
        network_share_credentials_id: '',
        policy_id: 'other',
        guard_point_type: 'rawdevice_auto',
      },
      200,
      {
        id: '{{a}}',
        guard_enabled: true,
        mfa_enabled: true,
        data_classification_enabled: true,
        data_lineage_enabled: true,
        policy_id: '{{policy}}',
        guard_point_type: 'directory_auto',
      },
    ),
    patch(
      'lineage needs classification',
      `${CLIENTS}/{{host}}/guardpoints/{{a}}`,
      { data_classification_enabled: false },
      400,
      wrongValue,
    ),
    patch(
      'early access',
      `${CLIENTS}/{{host}}/guardpoints/{{a}}/early-access`,
      { early_access: true },
      200,
      { early_access: true },
    ),
    patch(
      'sparse regions',
      `${CLIENTS}/{{host}}/guardpoints/{{a}}/preserve-sparse-regions-off`,
      undefined,
      200,
      { preserve_sparse_regions: false },
    ),
    patch(
      'off',
      `${CLIENTS}/{{host}}/guardpoints/enable`,
      { guard_point_id_list: ['{{a}}'], guard_enabled: false },
      200,
      { guardpoints: [{ id: '{{a}}', guard_enabled: false, guard_point_state: 'DISABLED' }] },
    ),
  ],
  tidy: [removeClient('host'), removePolicy('policy')],
}

const refused = (name: string, fields: object, paths: readonly string[] = ['/x']): Exchange =>
  post(
    name,
    `${CLIENTS}/{{host}}/guardpoints`,
    { guard_paths: paths, guard_point_params: { ...PARAMS, ...fields } },
    400,
    wrongValue,
  )

const rules: Scenario = {
  name: 'a guard point goes with its policy and its client',
  exchanges: [
    makePolicy('policy'),
    makePolicy('cos', { policy_type: 'Cloud_Object_Storage' }),
    makePolicy('csi', { policy_type: 'CSI' }),
    makeClient('host'),
    makeClient('user', { client_type: 'CTE-U' }),
    refused('no type', { guard_point_type: '' }),
    refused('a type that is none', { guard_point_type: 'floppy' }),
    refused('no policy', { policy_id: '' }),
    refused('a cloud policy on a directory', { policy_id: '{{cos}}' }),
    refused('a directory’s policy in the cloud', { guard_point_type: 'cloudstorage_auto' }),
    refused('a policy of storage groups', { policy_id: '{{csi}}' }),
    refused('CIFS without LDT', { cifs_enabled: true }),
    refused('a device for IDT without IDT', { is_idt_capable_device: true }),
    refused('lineage without classification', { data_lineage_enabled: true }),
    refused('a primary set of a client', { dps_id: 'any' }),
    refused('a path that is not absolute', {}, ['data']),
    refused('ransomware protection with a policy', { guard_point_type: 'ransomware_protection' }),
    refused('or with what policies are for', {
      guard_point_type: 'ransomware_protection',
      policy_id: '',
      cifs_enabled: true,
    }),
    post(
      'a policy that is none',
      `${CLIENTS}/{{host}}/guardpoints`,
      { guard_paths: ['/x'], guard_point_params: { ...PARAMS, policy_id: 'nobody' } },
      404,
      notFound,
    ),
    get('nothing is guarded', `${CLIENTS}/{{host}}/guardpoints`, 200, noRows),
    post(
      'ransomware protection needs none',
      `${CLIENTS}/{{host}}/guardpoints`,
      {
        guard_paths: ['/rwp'],
        guard_point_params: {
          guard_point_type: 'ransomware_protection',
          policy_id: '',
          automount_enabled: false,
          cifs_enabled: false,
          early_access: false,
        },
      },
      201,
      { guardpoints: [{ guardpoint: { policy_id: '', policy_name: '' } }] },
    ),
    post(
      'the cloud with its policy',
      `${CLIENTS}/{{host}}/guardpoints`,
      {
        guard_paths: ['/bucket'],
        guard_point_params: { guard_point_type: 'cloudstorage_manual', policy_id: '{{cos}}' },
      },
      201,
      { guardpoints: [{ guardpoint: { policy_id: '{{cos}}' } }] },
      { assumed: true },
    ),
    post(
      'the user-space edition takes Standard',
      `${CLIENTS}/{{user}}/guardpoints`,
      { guard_paths: ['/x'], guard_point_params: PARAMS },
      201,
      { guardpoints: [{ guardpoint: { guard_path: '/x' } }] },
    ),
    post(
      'and nothing else',
      `${CLIENTS}/{{user}}/guardpoints`,
      {
        guard_paths: ['/y'],
        guard_point_params: { guard_point_type: 'cloudstorage_auto', policy_id: '{{cos}}' },
      },
      400,
      wrongValue,
    ),
  ],
  tidy: [
    removeClient('host'),
    removeClient('user'),
    removePolicy('policy'),
    removePolicy('cos'),
    removePolicy('csi'),
  ],
}

const use: Scenario = {
  name: 'a policy that guards something stays',
  exchanges: [
    makePolicy('policy'),
    makeClient('host'),
    post(
      'guarded',
      `${CLIENTS}/{{host}}/guardpoints`,
      { guard_paths: ['/used'], guard_point_params: PARAMS },
      201,
      { guardpoints: sized(1) },
      { keep: { used: 'guardpoints.0.guardpoint.id' } },
    ),
    del('the policy stays', `${TE}/policies/{{policy}}`, 409, conflict, { assumed: true }),
    unguardAll(`${CLIENTS}/{{host}}`, 'used'),
    del('then it goes', `${TE}/policies/{{policy}}`, 204),
  ],
  tidy: [removeClient('host'), removePolicy('policy')],
}

const groups: Scenario = {
  name: 'what a group guards is guarded on each of its clients',
  exchanges: [
    makePolicy('policy'),
    makePolicy('cos', { policy_type: 'Cloud_Object_Storage' }),
    makeGroup('team'),
    makeClient('first'),
    makeClient('later'),
    makeClient('user', { client_type: 'CTE-U' }),
    post(
      'a client joins',
      `${GROUPS}/{{team}}/clients`,
      { client_list: ['{{first}}'], inherit_attributes: false },
      200,
      { association_response: [{ client_id: '{{first}}' }] },
    ),
    post(
      'a path of the group',
      `${GROUPS}/{{team}}/guardpoints`,
      { guard_paths: ['/shared'], guard_point_params: PARAMS },
      201,
      {
        guardpoints: [
          {
            guardpoint: allOf(guardPointShape, {
              guard_path: '/shared',
              client_id: '',
              client_group_id: '{{team}}',
              client_group_name: named('team'),
            }),
          },
        ],
      },
      { keep: { shared: 'guardpoints.0.guardpoint.id' } },
    ),
    get(
      'the client has it',
      `${CLIENTS}/{{first}}/guardpoints`,
      200,
      only({
        id: '{{shared}}',
        guard_path: '/shared',
        client_id: '{{first}}',
        client_name: named('first'),
        client_group_id: '{{team}}',
      }),
    ),
    get('by its id', `${CLIENTS}/{{first}}/guardpoints/{{shared}}`, 200, {
      client_id: '{{first}}',
    }),
    get('another client does not', `${CLIENTS}/{{later}}/guardpoints`, 200, noRows),
    patch(
      'it joins by the other verb',
      `${GROUPS}/{{team}}/clients`,
      { client_list: [named('later')], inherit_attributes: false },
      200,
      { association_response: sized(1) },
    ),
    get(
      'and has it as well',
      `${CLIENTS}/{{later}}/guardpoints`,
      200,
      only({ id: '{{shared}}', client_id: '{{later}}' }),
    ),
    patch(
      'it is not let go on one client alone',
      `${CLIENTS}/{{first}}/guardpoints/unguard`,
      { guard_point_id_list: ['{{shared}}'] },
      409,
      conflict,
      { ours: true },
    ),
    post(
      'nor guarded there once more',
      `${CLIENTS}/{{first}}/guardpoints`,
      { guard_paths: ['/shared/'], guard_point_params: PARAMS },
      409,
      conflict,
      { ours: true },
    ),
    del('a client leaves', `${GROUPS}/{{team}}/clients/{{first}}`, 204),
    get('and has it no more', `${CLIENTS}/{{first}}/guardpoints`, 200, noRows),
    post(
      'in the cloud',
      `${GROUPS}/{{team}}/guardpoints`,
      {
        guard_paths: ['/bucket'],
        guard_point_params: { guard_point_type: 'cloudstorage_auto', policy_id: '{{cos}}' },
      },
      201,
      { guardpoints: sized(1) },
      { keep: { bucket: 'guardpoints.0.guardpoint.id' } },
    ),
    post(
      'who cannot be guarded so does not join',
      `${GROUPS}/{{team}}/clients`,
      { client_list: ['{{user}}'], inherit_attributes: false },
      409,
      conflict,
      { ours: true },
    ),
    patch(
      'changed in the group',
      `${GROUPS}/{{team}}/guardpoints/{{shared}}`,
      { guard_enabled: false, dps_id: '' },
      200,
      { guard_enabled: false },
    ),
    get(
      'changed for the client',
      `${CLIENTS}/{{later}}/guardpoints?guard_enabled=false`,
      200,
      only({ id: '{{shared}}', guard_enabled: false }),
    ),
    get(
      'in two lists',
      `${GROUPS}/{{team}}/guardpoints/`,
      200,
      list(inAnyOrder({ id: '{{shared}}' }, { id: '{{bucket}}' }), 2),
    ),
    del('the group that guards something stays', `${GROUPS}/{{team}}`, 409, conflict, {
      ours: true,
    }),
    unguardAll(`${GROUPS}/{{team}}`, 'shared', 'bucket'),
    get('nothing is guarded', `${CLIENTS}/{{later}}/guardpoints`, 200, noRows),
    del('the group goes', `${GROUPS}/{{team}}`, 204),
    get('its client stays', `${CLIENTS}/{{later}}`, 200, {
      id: '{{later}}',
      labels: exactly({}),
      profile_id: uuid,
    }),
  ],
  tidy: [
    unguardAll(`${GROUPS}/{{team}}`, 'shared', 'bucket'),
    remove('the group', GROUPS, 'team'),
    removeClient('first'),
    removeClient('later'),
    removeClient('user'),
    removePolicy('policy'),
    removePolicy('cos'),
  ],
}

export const guardPoints: readonly Scenario[] = [guarding, changing, rules, use, groups]
