/**
 * Reference section 5, clients.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | 5 methods and paths, 5.2 answer | creating, deleting |
 * | 5.1 fields and defaults | creating, rules |
 * | section 1, PATCH | changing |
 * | 5 ldtpause, auth-binaries, unenroll | waiting |
 */
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, atLeast, containing, exactly, text, uuid } from '../expect.ts'
import { list, named, noRows, notFound, only } from '../identity/common.ts'
import {
  CLIENTS,
  clientShape,
  conflict,
  makeClient,
  PROFILES,
  remove,
  removeClient,
  TE,
  wrongValue,
} from './machines.ts'

const PASSWORD = 'Host-Pass-1!'

const creating: Scenario = {
  name: 'clients are created with what clients of the API send',
  exchanges: [
    post(
      'as a Go client sends it, and its name comes back in lower case',
      CLIENTS,
      {
        id: '',
        name: 'Conf-HOST-{{run}}',
        description: '',
        client_type: '',
        password: '',
        password_creation_method: 'GENERATE',
        profile_identifier: '',
        shared_domain_list: null,
        labels: null,
        max_num_cache_log: 0,
      },
      201,
      clientShape,
      { keep: { host: 'id', 'host.uri': 'uri', 'host.profile': 'profile_id' } },
    ),
    get('with its defaults', `${CLIENTS}/{{host}}`, 200, {
      name: 'conf-host-{{run}}',
      client_type: 'FS',
      password_creation_method: 'GENERATE',
      registration_allowed: false,
      communication_enabled: false,
      client_locked: false,
      system_locked: false,
      client_mfa_enabled: false,
      del_client: false,
      enable_domain_sharing: false,
      lgcs_access_only: false,
      profile_name: 'DefaultClientProfile',
      protection_mode: 'CTE',
      client_health_status: 'UNREGISTERED',
      ldt_enabled: false,
      password: absent,
    }),
    get('by its name in any case', `${CLIENTS}/CONF-HOST-{{run}}`, 200, { id: '{{host}}' }),
    get('by its URI', `${CLIENTS}/{{enc:host.uri}}`, 200, { id: '{{host}}' }),
    post('its name is taken in any case', CLIENTS, { name: 'CONF-host-{{run}}' }, 409, conflict),
    makeClient(
      'manual',
      {
        client_type: 'CTE-U',
        password_creation_method: 'MANUAL',
        password: PASSWORD,
        registration_allowed: true,
        communication_enabled: true,
        enabled_capabilities: 'LDT,EKP',
        labels: { env: 'test' },
        profile_identifier: 'DefaultClientProfile',
        shared_domain_list: ['other'],
        dynamic_parameters: '{"a":1}',
      },
      {
        client_type: 'CTE-U',
        password_creation_method: 'MANUAL',
        registration_allowed: true,
        communication_enabled: true,
        enabled_capabilities: 'LDT,EKP',
        ldt_enabled: true,
        labels: { env: 'test' },
        profile_id: '{{host.profile}}',
        shared_domain_list: ['other'],
        dynamic_parameters: '{"a":1}',
      },
    ),
    get('the health script', `${CLIENTS}/?limit=100`, 200, list(atLeast(2))),
    get(
      'by a field',
      `${CLIENTS}/?name=${named('manual')}&skip=0&limit=10`,
      200,
      only({ id: '{{manual}}' }),
    ),
    get(
      'by its type',
      `${CLIENTS}/?client_type=CTE-U&name=conf-*&limit=-1`,
      200,
      list(containing({ id: '{{manual}}' })),
    ),
    get(
      'by a switch',
      `${CLIENTS}?registration_allowed=true&ldt_enabled=true&name=${named('manual')}`,
      200,
      only({ id: '{{manual}}' }),
    ),
    get(
      'by a switch that is off',
      `${CLIENTS}?registration_allowed=false&name=${named('manual')}`,
      200,
      noRows,
    ),
    get(
      'by its health',
      `${CLIENTS}?client_health_status=UNREGISTERED&name=${named('manual')}`,
      200,
      only({ id: '{{manual}}' }),
    ),
    get('by a health that it has not', `${CLIENTS}?client_health_status=HEALTHY`, 200, noRows),
    get(
      'by its profile',
      `${CLIENTS}?profile_name=DefaultClientProfile&name=${named('manual')}`,
      200,
      only({ id: '{{manual}}' }),
    ),
    get('one that is none', `${CLIENTS}/nobody`, 404, notFound),
    del('no collection is deleted', CLIENTS, [404, 405]),
    del('and no client by DELETE', `${CLIENTS}/{{host}}`, [404, 405]),
  ],
  tidy: ['host', 'manual'].map(removeClient),
}

const never = (name: string, fields: object) =>
  post(name, CLIENTS, { name: named('never'), ...fields }, 400, wrongValue)

const rules: Scenario = {
  name: 'what does not go together is refused',
  exchanges: [
    never('a manual password that is missing', { password_creation_method: 'MANUAL' }),
    never('a short one', { password_creation_method: 'MANUAL', password: 'Ab1!' }),
    never('one without a sign', { password_creation_method: 'MANUAL', password: 'Abcdefgh1' }),
    never('one without a digit', { password_creation_method: 'MANUAL', password: 'Abcdefgh!' }),
    never('communication without registration', { communication_enabled: true }),
    never('locks of CTE-U', { client_type: 'CTE-U', client_locked: true }),
    never('a capability that is none', { enabled_capabilities: 'LDT,XYZ' }),
    never('a type that is none', { client_type: 'PC' }),
    never('parameters that are no JSON', { dynamic_parameters: '{' }),
    post(
      'a profile that is none',
      CLIENTS,
      { name: named('never'), profile_id: 'nobody' },
      404,
      notFound,
    ),
    get('nothing of this was made', `${CLIENTS}?name=${named('never')}`, 200, noRows),
  ],
}

const changing: Scenario = {
  name: 'clients are changed',
  exchanges: [
    makeClient('change', { description: 'before', labels: { a: '1' } }),
    post(
      'a profile',
      PROFILES,
      { name: named('mine') },
      201,
      { id: uuid },
      { keep: { mine: 'id' } },
    ),
    patch(
      'with all that a Go client sends',
      `${CLIENTS}/{{change}}`,
      {
        name: 'other',
        client_type: 'CTE-U',
        description: 'after',
        profile_id: '{{mine}}',
        registration_allowed: true,
        communication_enabled: true,
        client_locked: true,
        system_locked: true,
        client_mfa_enabled: true,
        lgcs_access_only: true,
        enable_domain_sharing: true,
        shared_domain_list: ['one', 'two'],
        enabled_capabilities: 'EKP',
        max_num_cache_log: 0,
        max_space_cache_log: 0,
        password: '',
        labels: {},
      },
      200,
      {
        id: '{{change}}',
        name: named('change'),
        client_type: 'FS',
        description: 'after',
        profile_name: named('mine'),
        registration_allowed: true,
        communication_enabled: true,
        client_locked: true,
        system_locked: true,
        client_mfa_enabled: true,
        lgcs_access_only: true,
        enable_domain_sharing: true,
        shared_domain_list: ['one', 'two'],
        enabled_capabilities: 'EKP',
        labels: { a: '1' },
      },
    ),
    patch('a capability more', `${CLIENTS}/{{change}}`, { enabled_capabilities: 'LDT' }, 200, {
      enabled_capabilities: 'LDT,EKP',
    }),
    patch('and one less', `${CLIENTS}/{{change}}`, { disable_capability: 'EKP' }, 200, {
      enabled_capabilities: 'LDT',
    }),
    patch('only EKP goes', `${CLIENTS}/{{change}}`, { disable_capability: 'LDT' }, 400, wrongValue),
    patch(
      'cache settings are taken and not kept',
      `${CLIENTS}/{{change}}`,
      { max_num_cache_log: 5000, max_space_cache_log: 200 },
      200,
      {
        max_num_cache_log: 0,
        max_space_cache_log: 0,
      },
    ),
    patch(
      'ransomware protection comes',
      `${CLIENTS}/{{change}}`,
      { protection_mode: 'CTE RWP' },
      200,
      {
        protection_mode: 'CTE RWP',
      },
    ),
    patch('and stays', `${CLIENTS}/{{change}}`, { protection_mode: 'CTE' }, 400, wrongValue),
    patch(
      'a list that is cleared, a text that is cleared',
      `${CLIENTS}/{{change}}`,
      { shared_domain_list: [], description: '', labels: null },
      200,
      {
        shared_domain_list: [],
        description: '',
        labels: exactly({}),
      },
    ),
    del('its profile stays', `${PROFILES}/{{mine}}`, 409, conflict, { assumed: true }),
    patch(
      'a password',
      `${CLIENTS}/{{change}}/password`,
      { password: PASSWORD, password_creation_method: 'MANUAL' },
      200,
      { password_creation_method: 'MANUAL' },
      { silentAbout: [PASSWORD] },
    ),
    patch('a password of the agent’s own', `${CLIENTS}/{{change}}/resetpassword`, {}, 200, {
      password_creation_method: 'GENERATE',
    }),
  ],
  tidy: [removeClient('change'), remove('the profile', PROFILES, 'mine')],
}

const waiting: Scenario = {
  name: 'what needs an agent says that it waits for one',
  exchanges: [
    makeClient('waits', { registration_allowed: true, communication_enabled: true }),
    post(
      'data transformation is suspended',
      `${CLIENTS}/{{waits}}/ldtpause`,
      { paused: true },
      200,
      { status: /agent/ },
    ),
    patch(
      'binaries',
      `${CLIENTS}/{{waits}}/auth-binaries`,
      { auth_binaries: '[{"path":"/bin/x"}]', re_sign: true },
      200,
      { auth_binaries: '[{"path":"/bin/x"}]', status: /agent/ },
    ),
    makeClient('copies'),
    patch(
      'binaries of another client',
      `${CLIENTS}/{{copies}}/auth-binaries`,
      { client_auth_binaries_from: '{{waits}}', auth_binaries: '' },
      200,
      { auth_binaries: '[{"path":"/bin/x"}]' },
    ),
    patch(
      'binaries that are no JSON',
      `${CLIENTS}/{{copies}}/auth-binaries`,
      { auth_binaries: '[' },
      400,
      wrongValue,
    ),
    post('unenrolled', `${TE}/unenroll`, { name: named('waits') }, 200, { name: named('waits') }),
    get(
      'it may not come back by itself',
      `${CLIENTS}/{{waits}}`,
      200,
      { registration_allowed: false, communication_enabled: false },
      { ours: true },
    ),
    post('nobody is unenrolled', `${TE}/unenroll`, { name: 'nobody' }, 404, notFound),
    get('what only agents could tell', `${CLIENTS}/{{waits}}/challenge-response/AAAA`, 501),
    get('nor what they log', `${CLIENTS}/{{waits}}/check-agentinfo`, 501),
  ],
  tidy: ['waits', 'copies'].map(removeClient),
}

const deleting: Scenario = {
  name: 'clients are deleted by PATCH',
  exchanges: [
    makeClient('marked'),
    patch(
      'marked first',
      `${CLIENTS}/{{marked}}/delete`,
      { del_client: true, force_del_client: false },
      200,
      { status: /agent/ },
    ),
    get('it waits for its agent', `${CLIENTS}/{{marked}}`, 200, { del_client: true }),
    patch(
      'a Go client that changes something else takes no mark away',
      `${CLIENTS}/{{marked}}`,
      { description: 'changed', del_client: false },
      200,
      { description: 'changed', del_client: true },
      { ours: true },
    ),
    patch(
      'by force it goes at once',
      `${CLIENTS}/{{marked}}/delete`,
      { del_client: true, force_del_client: true },
      200,
      { id: '{{marked}}' },
    ),
    get('and is gone', `${CLIENTS}/{{marked}}`, 404, notFound),
    makeClient('one'),
    makeClient('two'),
    patch(
      'several, of which one is none',
      `${CLIENTS}/delete`,
      { client_id_list: ['{{one}}', 'nobody'] },
      404,
      notFound,
    ),
    get('nothing was deleted', `${CLIENTS}/{{one}}`, 200, { id: '{{one}}' }),
    patch('several', `${CLIENTS}/delete/`, { client_id_list: ['{{one}}', named('two')] }, 200, {
      clients: [{ id: '{{one}}' }, { id: '{{two}}' }],
    }),
    get('one is gone', `${CLIENTS}/{{one}}`, 404, notFound),
    get('and the other', `${CLIENTS}/{{two}}`, 404, notFound),
    makeClient('bare', {}, { name: text }),
    patch('without a word', `${CLIENTS}/{{bare}}/delete`, {}, 200, { id: '{{bare}}' }),
    get('it is gone as well', `${CLIENTS}/{{bare}}`, 404, notFound, { assumed: true }),
  ],
  tidy: ['marked', 'one', 'two', 'bare'].map(removeClient),
}

export const clients: readonly Scenario[] = [creating, rules, changing, waiting, deleting]
