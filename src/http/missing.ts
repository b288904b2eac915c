import type { FastifyInstance } from 'fastify'
import { notBuilt } from '../kit/fault.ts'
import { Empty } from '../kit/wire.ts'
import { METHODS, type MountOptions, passageFor } from './mount.ts'

/** Areas of the API that this server does not have yet. They answer 501, so that a client can tell "not yet" from "not there". */
export const missing: readonly {
  readonly under: `/v1/${string}`
  readonly what: string
  /** Part of signing in, so asked without a token. */
  readonly anonymous?: true
}[] = [
  { under: '/v1/vault/keys-bulk-export', what: 'Export of many keys at once' },
  { under: '/v1/vault/keys2/:id/attributes', what: 'Attributes of keys by name' },
  { under: '/v1/crypto', what: 'This part of cryptography' },
  { under: '/v1/transparent-encryption/fam', what: 'File activity monitoring' },
  {
    under: '/v1/transparent-encryption/compatibility-matrix',
    what: 'The compatibility matrix of agents',
  },
  { under: '/v1/transparent-encryption', what: 'This part of transparent encryption' },
  { under: '/v1/cckm', what: 'Cloud key management' },
  { under: '/v1/connectionmgmt', what: 'Connection management' },
  { under: '/v1/domains', what: 'Domain management' },
  { under: '/v1/domain', what: 'Domain management' },
  { under: '/v1/domain-syslog-redirection', what: 'Domain management' },
  { under: '/v1/client-management', what: 'This part of client management' },
  { under: '/v1/usermgmt/connections', what: 'Identity connections' },
  { under: '/v1/usermgmt/connection-test', what: 'Identity connections' },
  { under: '/v1/usermgmt/ldap-browse', what: 'Identity connections' },
  { under: '/v1/usermgmt/groupmaps', what: 'Group maps' },
  { under: '/v1/auth/id-providers', what: 'Sign-in through identity providers', anonymous: true },
  { under: '/v1/auth/oidc-callback', what: 'Sign-in through identity providers', anonymous: true },
  { under: '/v1/auth/akeyless', what: 'Akeyless sign-in' },
  { under: '/v1/admin', what: 'Policy management' },
  { under: '/v1/audit/client-records', what: 'Records of agents' },
  { under: '/v1/audit/alarm-configs', what: 'Alarm management' },
  { under: '/v1/audit/loki', what: 'The Loki query interface' },
  { under: '/v1/system', what: 'This part of system management' },
  { under: '/v1/configs', what: 'Configuration over REST' },
  { under: '/v1/licensing', what: 'Licensing' },
  { under: '/v1/nodes', what: 'Cluster management' },
  { under: '/v1/cluster', what: 'Cluster management' },
  { under: '/v1/locker', what: 'Disk encryption' },
  { under: '/v1/backups', what: 'Backup' },
  { under: '/v1/backupkeys', what: 'Backup' },
  { under: '/v1/backupStatus', what: 'Backup' },
  { under: '/v1/scheduler', what: 'The scheduler' },
  { under: '/v1/notification', what: 'Notification' },
  { under: '/v1/reports', what: 'Reporting' },
  { under: '/v1/quorum-mgmt', what: 'Quorum management' },
  { under: '/v1/kmip', what: 'KMIP' },
  { under: '/v1/logs', what: 'Log management' },
  { under: '/v1/data-protection', what: 'Application data protection' },
]

/** Only a signed-in caller learns what is missing; anybody else gets the 401 that every call of the API gives. */
export function missingAreas(server: FastifyInstance, options: MountOptions): void {
  for (const { under, what, anonymous } of missing)
    for (const method of METHODS) {
      const endpoint = {
        method,
        path: under,
        summary: what,
        access: anonymous ? ('public' as const) : ('self' as const),
        audit: false as const,
        status: 200 as const,
        reply: Empty,
      }
      const [, , area] = under.split('/')
      const route = { name: `${area}.missing`, endpoint, handler: async () => refuse(what) }
      const handler = passageFor(route, options)
      server.route({ method, url: `/api${under}/*`, handler })
      if (!server.hasRoute({ method, url: `/api${under}` }))
        server.route({ method, url: `/api${under}`, handler })
    }
}

function refuse(what: string): never {
  throw notBuilt(what)
}
