import type { CteProfileRow } from '../../store/schema.ts'
import type { Settings, SettingsIn } from './contract.ts'

const logger = (threshold: string) => ({
  duplicates: 'SUPPRESS',
  file_enabled: true,
  syslog_enabled: false,
  threshold,
  upload_enabled: false,
})

/** What a profile sets besides: where the log goes, and a name as it was sent. */
export interface Stored extends Settings {
  readonly syslog: { readonly local: boolean; readonly syslog_threshold: string }
  readonly rwp_process_set: string
}

/** Of a profile in which nothing was set. The reference names four of these; the others are choices of ours. */
export const DEFAULTS: Stored = {
  cache_settings: { max_files: 200, max_space: 100 },
  connect_timeout: 30,
  concise_logging: false,
  duplicate_settings: { suppress_interval: 600, suppress_threshold: 5 },
  file_settings: {
    allow_purge: true,
    file_threshold: 'INFO',
    max_file_size: 1_000_000,
    max_old_files: 10,
  },
  ldt_qos_cap_cpu_allocation: false,
  ldt_qos_cpu_percent: 0,
  ldt_qos_rekey_option: 'RekeyRate',
  ldt_qos_rekey_rate: 0,
  ldt_qos_schedule: 'ANY_TIME',
  ldt_qos_status_check_rate: 3600,
  management_service_logger: logger('INFO'),
  policy_evaluation_logger: logger('ERROR'),
  security_admin_logger: logger('INFO'),
  system_admin_logger: logger('INFO'),
  metadata_scan_interval: 600,
  qos_schedules: [],
  rwp_operation: 'deny',
  server_response_rate: 0,
  server_settings: [],
  upload_settings: {
    connection_timeout: 30,
    drop_if_busy: false,
    job_completion_timeout: 600,
    max_interval: 300,
    max_messages: 1000,
    min_interval: 10,
    upload_threshold: 'ERROR',
  },
  syslog: { local: false, syslog_threshold: 'ERROR' },
  rwp_process_set: '',
}

export const settingsOf = ({ settings }: Pick<CteProfileRow, 'settings'>): Stored =>
  JSON.parse(settings) as Stored

type Loose = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The settings before, with those that were given. A list replaces the one before, an object changes the members it
 * has, and 0 is what Go clients send for a number that nobody set.
 */
function merged(before: Loose, given: Loose): Loose {
  const after: Record<string, unknown> = { ...before }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === 0 || !Object.hasOwn(before, name)) continue
    const stood = before[name]
    after[name] = isObject(stood) && isObject(value) ? merged(stood, value) : value
  }
  return after
}

type ScheduleIn = NonNullable<SettingsIn['qos_schedules']>[number]

const scheduleOf = (given: ScheduleIn): Settings['qos_schedules'][number] => ({
  start_weekday: given.start_weekday ?? '',
  end_weekday: given.end_weekday ?? '',
  start_time_hour: given.start_time_hour ?? 0,
  end_time_hour: given.end_time_hour ?? 0,
  start_time_minute: given.start_time_minute ?? given.start_time_min ?? 0,
  end_time_minute: given.end_time_minute ?? given.end_time_min ?? 0,
})

interface Given extends Partial<SettingsIn> {
  readonly syslog_settings?:
    | { readonly local?: boolean | undefined; readonly syslog_threshold?: string | undefined }
    | undefined
  readonly rwp_process_set?: string | undefined
}

export function changedSettings(before: Stored, given: Given): Stored {
  const { qos_schedules, server_settings, syslog_settings, ...plain } = given
  return merged(before as unknown as Loose, {
    ...plain,
    ...(qos_schedules && { qos_schedules: qos_schedules.map(scheduleOf) }),
    ...(server_settings && {
      server_settings: server_settings.map(({ hostName, priority }) => ({
        hostName,
        priority: priority || 1,
      })),
    }),
    ...(syslog_settings && {
      syslog: {
        local: syslog_settings.local,
        syslog_threshold: syslog_settings.syslog_threshold,
      },
    }),
  }) as unknown as Stored
}
