import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Fault, notBuilt } from '../kit/fault.ts'
import { credential } from './gate.ts'
import { fail, type MountOptions } from './mount.ts'

/** Areas of the API that this server does not have yet. They answer 501, so that a client can tell "not yet" from "not there". */
export const missing: readonly {
  readonly under: string
  readonly what: string
  /** Part of signing in, so asked without a token. */
  readonly anonymous?: true
}[] = [
  { under: '/v1/ca', what: 'The certificate authority' },
  { under: '/v1/vault', what: 'The key vault' },
  { under: '/v1/crypto', what: 'Cryptography over REST' },
  { under: '/v1/transparent-encryption', what: 'Transparent encryption' },
  { under: '/v1/cckm', what: 'Cloud key management' },
  { under: '/v1/connectionmgmt', what: 'Connection management' },
  { under: '/v1/domains', what: 'Domain management' },
  { under: '/v1/domain', what: 'Domain management' },
  { under: '/v1/domain-syslog-redirection', what: 'Domain management' },
  { under: '/v1/client-management', what: 'Client management' },
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
  { under: '/v1/trusted-cas', what: 'The trust store' },
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
export function missingAreas(server: FastifyInstance, { authority }: MountOptions): void {
  const answerFor =
    (what: string, anonymous: boolean) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      try {
        if (!anonymous) {
          const token = credential(request)
          if (token === undefined)
            throw new Fault('unauthenticated', 'Authorization header is missing')
          await authority.authenticate(token)
        }
        throw notBuilt(what)
      } catch (error) {
        return fail(request, reply, error)
      }
    }
  const method = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']
  for (const { under, what, anonymous } of missing) {
    const handler = answerFor(what, anonymous === true)
    server.route({ method, url: `/api${under}/*`, handler })
    if (!server.hasRoute({ method: 'GET', url: `/api${under}` }))
      server.route({ method, url: `/api${under}`, handler })
  }
}
