/**
 * Reference section 8, client profiles.
 *
 * | Row | Scenario |
 * | --- | --- |
 * | the default profile | default |
 * | fields and their limits | settings, limits |
 * | PATCH, section 1 | changing |
 * | private keys are never returned | settings |
 */
import { del, get, patch, post, type Scenario } from '../exchange.ts'
import { absent, allOf, atLeast, containing, exactly, text, time, uuid } from '../expect.ts'
import { list, named, notFound, only } from '../identity/common.ts'
import { commonNamed, conflict, PROFILES, remove, wrongValue } from './machines.ts'

const byDefault: Scenario = {
  name: 'every domain has a default client profile',
  exchanges: [
    get(
      'it is found by its name',
      `${PROFILES}/?name=DefaultClientProfile`,
      200,
      only(allOf(commonNamed, { name: 'DefaultClientProfile', created_at: time })),
      { keep: { default: 'resources.0.id' } },
    ),
    get('and by its id', `${PROFILES}/{{default}}`, 200, {
      name: 'DefaultClientProfile',
      ldt_qos_status_check_rate: 3600,
      metadata_scan_interval: 600,
      rwp_operation: 'deny',
      server_response_rate: 0,
    }),
    del('it cannot be deleted', `${PROFILES}/{{default}}`, 409, conflict, { assumed: true }),
    get('it is still there', `${PROFILES}/DefaultClientProfile`, 200, { id: '{{default}}' }),
  ],
}

const logger = {
  duplicates: 'ALLOW',
  file_enabled: true,
  syslog_enabled: true,
  threshold: 'WARN',
  upload_enabled: false,
}
const settings = {
  cache_settings: { max_files: 300, max_space: 150 },
  connect_timeout: 60,
  concise_logging: true,
  duplicate_settings: { suppress_interval: 500, suppress_threshold: 7 },
  file_settings: {
    allow_purge: false,
    file_threshold: 'ERROR',
    max_file_size: 2000,
    max_old_files: 3,
  },
  ldt_qos_cap_cpu_allocation: true,
  ldt_qos_cpu_percent: 40,
  ldt_qos_rekey_option: 'CPU',
  ldt_qos_rekey_rate: 12,
  ldt_qos_schedule: 'CUSTOM',
  ldt_qos_status_check_rate: 700,
  management_service_logger: logger,
  policy_evaluation_logger: logger,
  security_admin_logger: logger,
  system_admin_logger: logger,
  metadata_scan_interval: 900,
  rwp_operation: 'permit',
  server_response_rate: 50,
  server_settings: [{ hostName: 'cm1.example.com', priority: 2 }],
  upload_settings: {
    connection_timeout: 11,
    drop_if_busy: true,
    job_completion_timeout: 12,
    max_interval: 13,
    max_messages: 14,
    min_interval: 15,
    upload_threshold: 'FATAL',
  },
}
const server = { name: 'log1.example.com', port: 6514, protocol: 'TCP', message_format: 'CEF' }

const all: Scenario = {
  name: 'a client profile keeps what is set',
  exchanges: [
    post(
      'with every field',
      PROFILES,
      {
        id: '',
        name: named('full'),
        description: 'whole',
        labels: { env: 'test' },
        ...settings,
        qos_schedules: [
          {
            start_weekday: 'MONDAY',
            end_weekday: 'FRIDAY',
            start_time_hour: 22,
            start_time_min: 30,
            end_time_hour: 5,
            end_time_minute: 15,
          },
        ],
        syslog_settings: { local: true, syslog_threshold: 'ERROR', servers: [server] },
        mfa_exempt_user_set_id: '',
        oidc_connection_id: null,
      },
      201,
      allOf(commonNamed, {
        name: named('full'),
        description: 'whole',
        labels: { env: 'test' },
        created_at: time,
        updated_at: time,
        ...settings,
        qos_schedules: [
          {
            start_weekday: 'MONDAY',
            end_weekday: 'FRIDAY',
            start_time_hour: 22,
            start_time_minute: 30,
            end_time_hour: 5,
            end_time_minute: 15,
            start_time_min: absent,
          },
        ],
        syslog_settings: { local: true, syslog_threshold: 'ERROR', servers: [server] },
        mfa_exempt_user_set_id: '',
        mfa_exempt_user_set_name: '',
      }),
      { keep: { full: 'id', 'full.uri': 'uri' } },
    ),
    post('its name is taken', PROFILES, { name: named('full') }, 409, conflict),
    get('by its name', `${PROFILES}/${named('full')}`, 200, { id: '{{full}}' }),
    get('by its URI', `${PROFILES}/{{enc:full.uri}}`, 200, { id: '{{full}}' }),
    get('among others', `${PROFILES}?sort=-name,createdAt&limit=100`, 200, list(atLeast(2))),
    post(
      'with nothing but a name, as Go clients send it',
      `${PROFILES}/`,
      {
        name: named('zeros'),
        description: '',
        connect_timeout: 0,
        cache_settings: { max_files: 0, max_space: 0 },
        server_settings: null,
        qos_schedules: null,
        syslog_settings: null,
        ldt_qos_schedule: '',
      },
      201,
      {
        cache_settings: { max_files: 200, max_space: 100 },
        server_settings: [],
        qos_schedules: [],
        ldt_qos_schedule: text,
      },
      { keep: { zeros: 'id' } },
    ),
    del('the second syslog server is none', `${PROFILES}/{{full}}/syslogserver/nobody`, 404),
    del('a syslog server is taken out', `${PROFILES}/{{full}}/syslogserver/log1.example.com`, 204),
    get('and is gone', `${PROFILES}/{{full}}`, 200, { syslog_settings: { servers: [] } }),
  ],
  tidy: [remove('the profile', PROFILES, 'full'), remove('the profile', PROFILES, 'zeros')],
}

const outside = (name: string, fields: object) =>
  post(name, PROFILES, { name: named('never'), ...fields }, 400, wrongValue)

const limits: Scenario = {
  name: 'a client profile has limits',
  exchanges: [
    outside('a short timeout', { connect_timeout: 4 }),
    outside('a long timeout', { connect_timeout: 151 }),
    outside('few files', { cache_settings: { max_files: 199 } }),
    outside('little space', { cache_settings: { max_space: 99 } }),
    outside('a long interval', { duplicate_settings: { suppress_interval: 1001 } }),
    outside('a high threshold', { duplicate_settings: { suppress_threshold: 101 } }),
    outside('a small file', { file_settings: { max_file_size: 999 } }),
    outside('many old files', { file_settings: { max_old_files: 101 } }),
    outside('more than all CPU', { ldt_qos_cpu_percent: 101 }),
    outside('a fast rekey', { ldt_qos_rekey_rate: 32_768 }),
    outside('a status check too often', { ldt_qos_status_check_rate: 599 }),
    outside('a schedule that is none', { ldt_qos_schedule: 'SOMETIMES' }),
    outside('a word that is no threshold', { file_settings: { file_threshold: 'LOUD' } }),
    outside('duplicates', { system_admin_logger: { duplicates: 'PERHAPS' } }),
    outside('an operation', { rwp_operation: 'maybe' }),
    outside('a response rate', { server_response_rate: 101 }),
    outside('a priority', { server_settings: [{ hostName: 'a', priority: 101 }] }),
    outside('a port', { syslog_settings: { servers: [{ ...server, port: 65_536 }] } }),
    outside('a protocol', { syslog_settings: { servers: [{ ...server, protocol: 'SMTP' }] } }),
    outside('a format', { syslog_settings: { servers: [{ ...server, message_format: 'XML' }] } }),
    outside('a key that is none', {
      syslog_settings: { servers: [{ ...server, certificate: 'x', privateKey: 'y' }] },
    }),
    post(
      'a user set that is none',
      PROFILES,
      { name: named('never'), mfa_exempt_user_set_id: 'nobody' },
      404,
      notFound,
    ),
    get('nothing of this was made', `${PROFILES}?name=${named('never')}`, 200, list([], 0)),
  ],
}

const changing: Scenario = {
  name: 'a client profile is changed',
  exchanges: [
    post(
      'one to change',
      PROFILES,
      {
        name: named('change'),
        description: 'before',
        labels: { a: '1' },
        connect_timeout: 33,
        server_settings: [{ hostName: 'one', priority: 1 }],
      },
      201,
      { id: uuid },
      { keep: { change: 'id' } },
    ),
    patch(
      'a new name changes nothing',
      `${PROFILES}/{{change}}`,
      { name: 'other', labels: {} },
      200,
      { id: '{{change}}', name: named('change'), labels: { a: '1' }, description: 'before' },
    ),
    patch(
      'members that are left out stay, and 0 is none',
      `${PROFILES}/{{change}}`,
      { cache_settings: { max_files: 500, max_space: 0 }, connect_timeout: 0 },
      200,
      {
        cache_settings: { max_files: 500, max_space: 100 },
        connect_timeout: 33,
        server_settings: [{ hostName: 'one', priority: 1 }],
      },
      { assumed: true },
    ),
    patch(
      'empty text and empty list clear, null labels too',
      `${PROFILES}/{{change}}/`,
      { description: '', server_settings: [], labels: null },
      200,
      { description: '', server_settings: [], labels: exactly({}) },
    ),
    patch('labels are set', `${PROFILES}/{{change}}`, { labels: { b: '2' } }, 200, {
      labels: exactly({ b: '2' }),
    }),
    patch('beyond a limit', `${PROFILES}/{{change}}`, { connect_timeout: 1 }, 400, wrongValue),
    patch('one that is none', `${PROFILES}/nobody`, { connect_timeout: 9 }, 404, notFound),
    get('by a client', `${PROFILES}/?limit=-1`, 200, list(containing({ id: '{{change}}' }))),
    del('it goes', `${PROFILES}/{{change}}`, 204),
    get('and is gone', `${PROFILES}/{{change}}`, 404, notFound),
    del('no collection is deleted', PROFILES, [404, 405]),
  ],
  tidy: [remove('the profile', PROFILES, 'change')],
}

export const profiles: readonly Scenario[] = [byDefault, all, limits, changing]
