import { z } from 'zod'
import { endpoint } from '../../kit/endpoint.ts'
import { Page, pageOf, TextFilter } from '../../kit/wire.ts'
import { PathFilter } from '../contract.ts'

/** Reports join what the other calls tell one by one. Each is also had as a file. */

const words = (max = 256) => z.string().max(max)
const flag = z.boolean()
const count = z.number().int()
const filter = TextFilter.optional()
const path = PathFilter.optional()

const MAX_PATH = 4096
const MAX_FILE = 500_000_000

export const rows = {
  clientsGuardStatus: z.object({
    client_id: words(),
    client_name: words(),
    client_health_status: words(),
    os_type: words(),
    guard_point_id: words(),
    guard_path: words(MAX_PATH),
    guard_point_type: words(),
    guard_point_state: words(),
    guard_enabled: flag,
    policy_id: words(),
    policy_name: words(),
    client_group_name: words(),
  }),
  clientsKeys: z.object({
    client_id: words(),
    client_name: words(),
    key_id: words(),
    key_name: words(),
    policy_name: words(),
  }),
  clientsPolicies: z.object({
    client_id: words(),
    client_name: words(),
    policy_id: words(),
    policy_name: words(),
    policy_type: words(),
  }),
  clientsProfiles: z.object({
    client_id: words(),
    client_name: words(),
    profile_id: words(),
    profile_name: words(),
  }),
  clients: z.object({
    client_id: words(),
    client_name: words(),
    client_type: words(),
    client_health_status: words(),
    client_version: words(),
    os_type: words(),
    profile_name: words(),
    enabled_capabilities: words(),
    protection_mode: words(),
    guard_points: count,
    client_groups: words(100_000).meta({ description: 'Names of its groups, as a comma list.' }),
    created_at: words(),
  }),
  guardPoints: z.object({
    guard_point_id: words(),
    guard_path: words(MAX_PATH),
    guard_point_type: words(),
    guard_point_state: words(),
    guard_enabled: flag,
    policy_id: words(),
    policy_name: words(),
    client_name: words(),
    client_group_name: words(),
    csigroup_name: words(),
    created_at: words(),
  }),
  policiesKeys: z.object({
    policy_id: words(),
    policy_name: words(),
    policy_type: words(),
    key_id: words(),
    key_name: words(),
    rule: words(),
  }),
}
export type ReportName = keyof typeof rows
export type RowOf<Name extends ReportName> = z.output<(typeof rows)[Name]>

const filters = {
  clientsGuardStatus: {
    client_name: filter,
    policy_name: filter,
    guard_point_state: filter,
    guard_enabled: filter,
    guard_path: path,
    guard_point_type: filter,
  },
  clientsKeys: { client_name: filter, key_name: filter, policy_name: filter },
  clientsPolicies: { client_name: filter, policy_name: filter, policy_type: filter },
  clientsProfiles: { client_name: filter, profile_name: filter },
  clients: { client_name: filter, client_type: filter, client_health_status: filter },
  guardPoints: {
    guard_path: path,
    policy_name: filter,
    client_name: filter,
    client_group_name: filter,
    guard_enabled: filter,
    guard_point_state: filter,
  },
  policiesKeys: { policy_name: filter, policy_type: filter, key_name: filter },
} satisfies Record<ReportName, Record<string, typeof filter | typeof path>>

const Sort = Page.pick({ sort: true })
const PATH = '/v1/transparent-encryption/reports'
const access = { action: 'ReadReportCTE', resource: 'transparent-encryption:reports' }

const report = <Name extends ReportName>(
  name: Name,
  segment: string,
  what: string,
): {
  readonly get: ReturnType<typeof asPage<Name>>
  readonly download: ReturnType<typeof asFile<Name>>
} => ({ get: asPage(name, segment, what), download: asFile(name, segment, what) })

const asPage = <Name extends ReportName>(name: Name, segment: string, what: string) =>
  endpoint({
    method: 'GET',
    path: `${PATH}/${segment}`,
    summary: `Report ${what}`,
    access,
    audit: false,
    query: Page.extend(filters[name]),
    status: 200,
    reply: pageOf(rows[name]),
  })

const asFile = <Name extends ReportName>(name: Name, segment: string, what: string) =>
  endpoint({
    method: 'GET',
    path: `${PATH}/${segment}/download`,
    summary: `Report ${what}, as a file of comma separated values`,
    access,
    audit: false,
    query: Sort.extend(filters[name]),
    status: 200,
    answers: 'csv',
    reply: z.string().max(MAX_FILE),
  })

const guardStatus = report('clientsGuardStatus', 'clients-guard-status', 'guard points by client')
const keys = report('clientsKeys', 'clients-keys', 'keys by client')
const policies = report('clientsPolicies', 'clients-policies', 'policies by client')
const profiles = report('clientsProfiles', 'clients-profiles', 'profiles by client')
const clients = report('clients', 'clients', 'clients')
const guardPoints = report('guardPoints', 'guardpoints', 'guard points')
const policiesKeys = report('policiesKeys', 'policies-keys', 'keys by policy')

export const cteReports = {
  clientsGuardStatus: guardStatus.get,
  clientsGuardStatusDownload: guardStatus.download,
  clientsKeys: keys.get,
  clientsKeysDownload: keys.download,
  clientsPolicies: policies.get,
  clientsPoliciesDownload: policies.download,
  clientsProfiles: profiles.get,
  clientsProfilesDownload: profiles.download,
  clients: clients.get,
  clientsDownload: clients.download,
  guardPoints: guardPoints.get,
  guardPointsDownload: guardPoints.download,
  policiesKeys: policiesKeys.get,
  policiesKeysDownload: policiesKeys.download,
}
