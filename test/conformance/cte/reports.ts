/**
 * Reference section 9, reports. Files of comma separated values are no JSON and are tested beside the code.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | clients-guard-status, clients-keys with their filters | reports |
 * | the other reports of the product | reports |
 */
import { get, post, type Scenario } from '../exchange.ts'
import { inAnyOrder, uuid } from '../expect.ts'
import { list, named, noRows, only } from '../identity/common.ts'
import { makeKey, removeKey } from '../keys/common.ts'
import {
  CLIENTS,
  GROUPS,
  makeClient,
  makeGroup,
  makePolicy,
  REPORTS,
  remove,
  removeClient,
  removePolicy,
  unguardAll,
} from './machines.ts'

const cteKey = {
  algorithm: 'aes',
  size: 256,
  meta: {
    permissions: { ReadKey: ['CTE Clients'], ExportKey: ['CTE Clients'] },
    cte: { persistent_on_client: true, encryption_mode: 'CBC_CS1', cte_versioned: false },
  },
}

const guard = (owner: string, path: string, keep: string) =>
  post(
    `${path} is guarded`,
    `${owner}/guardpoints`,
    {
      guard_paths: [path],
      guard_point_params: { guard_point_type: 'directory_manual', policy_id: '{{policy}}' },
    },
    201,
    { guardpoints: [{ guardpoint: { id: uuid } }] },
    { keep: { [keep]: 'guardpoints.0.guardpoint.id' } },
  )

const mine = `client_name=${named('host')}`

const reports: Scenario = {
  name: 'reports join clients, guard points, policies and keys',
  exchanges: [
    makeKey('key', cteKey),
    makePolicy('policy', { key_rules: [{ key_id: named('key') }] }),
    makeClient('host'),
    makeClient('idle'),
    makeGroup('team'),
    post(
      'one joins',
      `${GROUPS}/{{team}}/clients`,
      { client_list: ['{{host}}'], inherit_attributes: false },
      200,
    ),
    guard(`${CLIENTS}/{{host}}`, '/own', 'own'),
    guard(`${GROUPS}/{{team}}`, '/shared', 'shared'),
    get(
      'what is guarded on a client',
      `${REPORTS}/clients-guard-status/?${mine}&skip=0&limit=10`,
      200,
      list(
        inAnyOrder(
          {
            client_name: named('host'),
            guard_path: '/own',
            guard_point_id: '{{own}}',
            policy_name: named('policy'),
            guard_enabled: true,
          },
          {
            client_name: named('host'),
            guard_path: '/shared',
            guard_point_id: '{{shared}}',
            client_group_name: named('team'),
          },
        ),
        2,
      ),
    ),
    get(
      'in an order',
      `${REPORTS}/clients-guard-status?${mine}&sort=-guard_path&limit=1`,
      200,
      list([{ guard_path: '/shared' }], 2),
    ),
    get(
      'by path and state',
      `${REPORTS}/clients-guard-status?${mine}&guard_path=/o*&guard_enabled=true&policy_name=${named('policy')}`,
      200,
      only({ guard_path: '/own' }),
    ),
    get(
      'by a state that none has',
      `${REPORTS}/clients-guard-status?${mine}&guard_point_state=ACTIVE`,
      200,
      noRows,
    ),
    get(
      'of a client without',
      `${REPORTS}/clients-guard-status?client_name=${named('idle')}`,
      200,
      noRows,
    ),
    get(
      'its keys',
      `${REPORTS}/clients-keys/?${mine}&key_name=${named('key')}&sort=key_name`,
      200,
      only({ client_name: named('host'), key_name: named('key') }),
    ),
    get(
      'its policies',
      `${REPORTS}/clients-policies/?${mine}`,
      200,
      only({ policy_name: named('policy'), policy_type: 'Standard' }),
      { assumed: true },
    ),
    get(
      'its profile',
      `${REPORTS}/clients-profiles/?${mine}`,
      200,
      only({ profile_name: 'DefaultClientProfile' }),
      { assumed: true },
    ),
    get(
      'the client',
      `${REPORTS}/clients/?${mine}`,
      200,
      only({ guard_points: 2, client_groups: named('team'), client_health_status: 'UNREGISTERED' }),
      { assumed: true },
    ),
    get(
      'guard points as they were made',
      `${REPORTS}/guardpoints/?policy_name=${named('policy')}`,
      200,
      list(
        inAnyOrder(
          { guard_path: '/own', client_name: named('host') },
          { guard_path: '/shared', client_group_name: named('team'), client_name: '' },
        ),
        2,
      ),
      { assumed: true },
    ),
    get(
      'keys of a policy',
      `${REPORTS}/policies-keys/?policy_name=${named('policy')}`,
      200,
      only({ key_name: named('key'), rule: 'key' }),
      { assumed: true },
    ),
  ],
  tidy: [
    unguardAll(`${GROUPS}/{{team}}`, 'shared'),
    remove('the group', GROUPS, 'team'),
    removeClient('host'),
    removeClient('idle'),
    removePolicy('policy'),
    removeKey('key'),
  ],
}

export const machineReports: readonly Scenario[] = [reports]
