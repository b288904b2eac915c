import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Empty, pageOf, TextFilter, Time, text } from '../../kit/wire.ts'
import { maybe, maybeText } from '../../vault/contract.ts'
import {
  AGENTS_TOO,
  bodyRules,
  changeFields,
  changeRules,
  createFields,
  idParams,
  ListQuery,
  maybeFlag,
  maybeList,
  maybeReference,
  named,
} from '../contract.ts'
import { maybeSecret, oneOf, wholeNumber } from '../fields/contract.ts'

const MAX_INT = 2_147_483_647
const count = z.number().int()
const flag = z.boolean()
const word = (max = 64) => z.string().max(max)

const Threshold = oneOf('DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL')

const LoggerIn = maybe(
  z.object({
    duplicates: oneOf('ALLOW', 'SUPPRESS'),
    file_enabled: maybeFlag,
    syslog_enabled: maybeFlag,
    threshold: Threshold,
    upload_enabled: maybeFlag,
  }),
)
const Logger = z.object({
  duplicates: word(),
  file_enabled: flag,
  syslog_enabled: flag,
  threshold: word(),
  upload_enabled: flag,
})

const Weekday = maybe(z.union([text(16), z.number().int().min(0).max(7)]))
const ScheduleIn = z.object({
  start_weekday: Weekday,
  end_weekday: Weekday,
  start_time_hour: wholeNumber(0, 23),
  end_time_hour: wholeNumber(0, 23),
  start_time_minute: wholeNumber(0, 59),
  end_time_minute: wholeNumber(0, 59),
  start_time_min: wholeNumber(0, 59).meta({ description: 'Another name of `start_time_minute`.' }),
  end_time_min: wholeNumber(0, 59).meta({ description: 'Another name of `end_time_minute`.' }),
})
const WeekdayOut = z.union([word(16), count])
const Schedule = z.object({
  start_weekday: WeekdayOut,
  end_weekday: WeekdayOut,
  start_time_hour: count,
  end_time_hour: count,
  start_time_minute: count,
  end_time_minute: count,
})

const Pem = maybeText(65_536)
const SyslogServerIn = z.object({
  name: text(256).min(1),
  port: wholeNumber(1, 65_535),
  protocol: oneOf('TCP', 'UDP', 'TLS'),
  message_format: oneOf('CEF', 'LEEF', 'RFC5424', 'PLAIN'),
  caCertificate: Pem,
  certificate: Pem,
  privateKey: maybeSecret(65_536).meta({
    secret: true,
    description: 'PEM. Never answered; left out for a server that is there already, its key stays.',
  }),
})
const SyslogServer = z.object({
  name: word(256),
  port: count,
  protocol: word(),
  message_format: word(),
  caCertificate: z.string().max(65_536),
  certificate: z.string().max(65_536),
})
export type SyslogServer = z.output<typeof SyslogServer>
export type SyslogServerIn = z.output<typeof SyslogServerIn>

/** What a profile sets (reference 8), but for its syslog servers and what it names. */
const settingsIn = {
  cache_settings: maybe(
    z.object({ max_files: wholeNumber(200, MAX_INT), max_space: wholeNumber(100, MAX_INT) }),
  ),
  connect_timeout: wholeNumber(5, 150),
  concise_logging: maybeFlag,
  duplicate_settings: maybe(
    z.object({ suppress_interval: wholeNumber(1, 1000), suppress_threshold: wholeNumber(1, 100) }),
  ),
  file_settings: maybe(
    z.object({
      allow_purge: maybeFlag,
      file_threshold: Threshold,
      max_file_size: wholeNumber(1000, 1_000_000_000),
      max_old_files: wholeNumber(1, 100),
    }),
  ),
  ldt_qos_cap_cpu_allocation: maybeFlag,
  ldt_qos_cpu_percent: wholeNumber(0, 100),
  ldt_qos_rekey_option: oneOf('RekeyRate', 'CPU'),
  ldt_qos_rekey_rate: wholeNumber(0, 32_767),
  ldt_qos_schedule: oneOf('CUSTOM', 'CUSTOM_WITH_OVERWRITE', 'ANY_TIME', 'WEEKNIGHTS', 'WEEKENDS'),
  ldt_qos_status_check_rate: wholeNumber(600, 86_400),
  management_service_logger: LoggerIn,
  policy_evaluation_logger: LoggerIn,
  security_admin_logger: LoggerIn,
  system_admin_logger: LoggerIn,
  metadata_scan_interval: wholeNumber(1, MAX_INT),
  qos_schedules: maybeList(ScheduleIn, 100),
  rwp_operation: oneOf('permit', 'deny', 'disable'),
  server_response_rate: wholeNumber(0, 100),
  server_settings: maybeList(
    z.object({ hostName: text(256).min(1), priority: wholeNumber(1, 100) }),
    100,
  ),
  upload_settings: maybe(
    z.object({
      connection_timeout: wholeNumber(1, MAX_INT),
      drop_if_busy: maybeFlag,
      job_completion_timeout: wholeNumber(1, MAX_INT),
      max_interval: wholeNumber(1, MAX_INT),
      max_messages: wholeNumber(1, MAX_INT),
      min_interval: wholeNumber(1, MAX_INT),
      upload_threshold: Threshold,
    }),
  ),
}
const SettingsIn = z.object(settingsIn)
export type SettingsIn = z.output<typeof SettingsIn>

const settings = {
  cache_settings: z.object({ max_files: count, max_space: count }),
  connect_timeout: count,
  concise_logging: flag,
  duplicate_settings: z.object({ suppress_interval: count, suppress_threshold: count }),
  file_settings: z.object({
    allow_purge: flag,
    file_threshold: word(),
    max_file_size: count,
    max_old_files: count,
  }),
  ldt_qos_cap_cpu_allocation: flag,
  ldt_qos_cpu_percent: count,
  ldt_qos_rekey_option: word(),
  ldt_qos_rekey_rate: count,
  ldt_qos_schedule: word(),
  ldt_qos_status_check_rate: count,
  management_service_logger: Logger,
  policy_evaluation_logger: Logger,
  security_admin_logger: Logger,
  system_admin_logger: Logger,
  metadata_scan_interval: count,
  qos_schedules: z.array(Schedule).max(100),
  rwp_operation: word(),
  server_response_rate: count,
  server_settings: z.array(z.object({ hostName: word(256), priority: count })).max(100),
  upload_settings: z.object({
    connection_timeout: count,
    drop_if_busy: flag,
    job_completion_timeout: count,
    max_interval: count,
    max_messages: count,
    min_interval: count,
    upload_threshold: word(),
  }),
}
const Settings = z.object(settings)
export type Settings = z.output<typeof Settings>

const given = {
  ...settingsIn,
  syslog_settings: maybe(
    z.object({
      local: maybeFlag,
      syslog_threshold: Threshold,
      servers: maybeList(SyslogServerIn, 10),
    }),
  ),
  mfa_exempt_user_set_id: maybe(text(512)).meta({
    description: 'A user set: its id, name, URI or slug. An empty text takes it out.',
  }),
  oidc_connection_id: maybeReference,
  rwp_process_set: maybe(text(512)).meta({
    description: 'A process set: its id, name, URI or slug. An empty text takes it out.',
  }),
}

const Profile = z.object({
  ...named,
  created_at: Time,
  updated_at: Time,
  ...settings,
  syslog_settings: z.object({
    local: flag,
    syslog_threshold: word(),
    servers: z.array(SyslogServer).max(10),
  }),
  mfa_exempt_user_set_id: word(),
  mfa_exempt_user_set_name: word(256),
  oidc_connection_id: word(),
  oidc_connection_name: word(256),
  rwp_process_set: word(512),
})
export type Profile = z.output<typeof Profile>

const ref = { resource: 'transparent-encryption:profiles' }
const PATH = '/v1/transparent-encryption/profiles'

export const cteProfiles = {
  list: endpoint({
    method: 'GET',
    path: PATH,
    summary: 'List client profiles',
    access: AGENTS_TOO,
    audit: false,
    query: ListQuery,
    status: 200,
    reply: pageOf(Profile),
  }),
  create: endpoint({
    method: 'POST',
    path: PATH,
    summary: 'Create a client profile',
    access: { ...ref, action: 'CreateProfileCTE' },
    audit: 'Create client profile',
    ...bodyRules,
    body: z.object({ ...createFields, ...given }),
    status: 201,
    reply: Profile,
  }),
  get: endpoint({
    method: 'GET',
    path: `${PATH}/:id`,
    summary: 'Read one client profile',
    access: AGENTS_TOO,
    audit: false,
    params: idParams,
    status: 200,
    reply: Profile,
  }),
  update: endpoint({
    method: 'PATCH',
    path: `${PATH}/:id`,
    summary: 'Change a client profile',
    access: { ...ref, action: 'UpdateProfileCTE' },
    audit: 'Update client profile',
    ...changeRules,
    params: idParams,
    body: z.object({ ...changeFields, ...given }),
    status: 200,
    reply: Profile,
  }),
  delete: endpoint({
    method: 'DELETE',
    path: `${PATH}/:id`,
    summary: 'Delete a client profile',
    access: { ...ref, action: 'DeleteProfileCTE' },
    audit: 'Delete client profile',
    params: idParams,
    status: 204,
    reply: Empty,
  }),
  deleteSyslogServer: endpoint({
    method: 'DELETE',
    path: `${PATH}/:id/syslogserver/:name`,
    summary: 'Take a syslog server out of a client profile',
    access: { ...ref, action: 'UpdateProfileCTE' },
    audit: 'Delete syslog server of client profile',
    params: idParams.extend({ name: TextFilter }),
    status: 204,
    reply: Empty,
  }),
}
