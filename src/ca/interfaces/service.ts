import { X509Certificate } from 'node:crypto'
import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notBuilt, notFound, quote } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import type { InterfaceRow } from '../../store/schema.ts'
import { insertPrepared, prepareRequest, splitChain } from './certificates.ts'
import { demandWebFields, namesToKeep, readChanges } from './changes.ts'
import type { interfaces } from './contract.ts'
import type { Interface } from './contract-fields.ts'
import { openKey } from './keys.ts'
import { presentAttributes } from './names.ts'
import { certificateOf, existing, placements, shown, unchanged } from './placements.ts'
import * as store from './store.ts'
import { presentGroups, presentSuites, readMode } from './tls.ts'
import { trustedCasOf } from './trust.ts'
import type { WebInterface } from './web.ts'

/** `port`: where this node listens. */
export function interfaceHandlers(
  web: WebInterface,
  port: () => number,
): Handlers<Context, typeof interfaces> {
  const { making } = web
  const { change, put, rehearseWith } = placements(web)

  const present = (row: InterfaceRow): Interface => ({
    id: row.id,
    name: row.name,
    mode: row.mode,
    auto_gen_ca_id: row.auto_gen_ca_id,
    auto_gen_days_before_expiry: row.auto_gen_days_before_expiry,
    trusted_cas: presentTrust(row),
    createdAt: wireTime(row.created_at),
    updatedAt: wireTime(row.updated_at),
    default_connection: 'local_account',
    port: port(),
    network_interface: 'all',
    interface_type: row.interface_type,
    minimum_tls_version: row.minimum_tls_version,
    maximum_tls_version: row.maximum_tls_version,
    enabled: true,
    local_auto_gen_attributes: presentAttributes(row),
    tls_ciphers: presentSuites(row),
    tls_groups: presentGroups(row),
  })

  return {
    async list(context, { query }) {
      const { name, interface_type } = query
      const { rows, total, messages } = await store.page(context.read, query, {
        name,
        interface_type,
      })
      for (const message of messages) context.say(message)
      return { skip: query.skip, limit: query.limit, total, resources: rows.map(present) }
    },

    async create(context, { body }) {
      const type = body.interface_type || 'nae'
      context.note({ interface_type: type, port: body.port })
      if (!['web', 'nae', 'kmip', 'snmp', 'ssh'].includes(type))
        throw new Fault('invalid-parameter', `interface_type: ${quote(type)} is not known`)
      if ((type === 'nae' || type === 'kmip') && body.name !== undefined)
        throw new Fault('invalid-parameter', `name: the server names ${type} interfaces itself`)
      if (type === 'kmip' && body.meta !== undefined)
        throw new Fault('invalid-parameter', 'meta: KMIP interfaces have none')
      if (type === 'web' && body.mode) readMode(body.mode)
      if (body.port === port())
        throw new Fault('conflict', `the port ${body.port} is taken by the interface "web"`)
      throw notBuilt(type === 'web' ? 'A second web interface' : `An interface of the type ${type}`)
    },

    async get(context, { params }) {
      return present(await existing(context, params.name))
    },

    async update(context, { params, body }) {
      const row = await existing(context, params.name)
      const { registration_token: _, ...told } = body
      context.note({ interface: row.name, changes: Object.keys(told) })
      demandWebFields(body, row, port())
      // Who decides whom the server believes could sign in as anybody: administering interfaces is not enough for it.
      if (body.trusted_cas) context.authorize('CreateTrustedCA', 'trusted-cas')
      return present(await change(context, row.name, await readChanges(making, body)))
    },

    async delete(context, { params }) {
      const { name } = await existing(context, params.name)
      throw new Fault('invalid-parameter', `the interface ${quote(name)} is built in and stays`)
    },

    async enable(context, { params }) {
      context.note({ interface: params.name })
      return present(await existing(context, params.name))
    },

    async disable(context, { params }) {
      const { name } = await existing(context, params.name)
      throw new Fault(
        'invalid-parameter',
        `without the interface ${quote(name)} nobody could enable it again`,
      )
    },

    async getCertificate(context, { params }) {
      return shown(context, await existing(context, params.name), 'certificate_id')
    },

    putCertificate: (context, { params, body }) =>
      put(context, params.name, 'certificate_id', body),

    generateCertificate: (context, { params }) =>
      put(context, params.name, 'certificate_id', { generate: true }),

    async getRequest(context, { params }) {
      const row = await existing(context, params.name)
      const request =
        row.request_id === null ? undefined : await certificateOf(context, row, row.request_id)
      if (!request?.csr) throw notFound('certificate request of the interface', row.name)
      return { csr: request.csr }
    },

    async createRequest(context, { params, body }) {
      context.note({ interface: params.name, subject: body.cn })
      const row = await existing(context, params.name)
      const some = (list: readonly string[] | null | undefined) =>
        (list ?? []).filter((text) => text !== '')
      const prepared = await prepareRequest(making, row, {
        cn: body.cn,
        names: namesToKeep(body.names),
        dnsNames: some(body.dns_names),
        emailAddresses: some(body.email_addresses),
        ipAddresses: some(body.ip_addresses),
      })
      await context.transact(async (tx) => {
        const fresh = await existing(context, params.name)
        if (fresh.request_id !== null)
          tx.remove('interface_certificates', await certificateOf(context, fresh, fresh.request_id))
        insertPrepared(tx, prepared)
        tx.update('interfaces', fresh, {
          request_id: prepared.row.id,
          updated_at: stamp(context.now()),
        })
      })
      return { csr: prepared.row.csr ?? '' }
    },

    /** There is one interface yet, and its own certificate it uses already. */
    async useCertificate(context, { params, body }) {
      context.note({ interface: params.name, copy_from: body.copy_from })
      const row = await existing(context, params.name)
      const { name } = await existing(context, body.copy_from)
      if (name !== row.name) throw notBuilt('Copying certificates between interfaces')
      return shown(context, row, 'certificate_id')
    },

    async getUpcoming(context, { params }) {
      const row = await existing(context, params.name)
      demandUpcoming(row)
      return shown(context, row, 'upcoming_id')
    },

    putUpcoming: (context, { params, body }) => put(context, params.name, 'upcoming_id', body),

    async deleteUpcoming(context, { params }) {
      context.note({ interface: params.name })
      await context.transact(async (tx) => {
        const row = await existing(context, params.name)
        const upcoming = await certificateOf(context, row, demandUpcoming(row))
        tx.remove('interface_certificates', upcoming)
        tx.update('interfaces', row, { upcoming_id: null, updated_at: stamp(context.now()) })
      })
      return undefined
    },

    async applyUpcoming(context, { params }) {
      context.note({ interface: params.name })
      const before = await existing(context, params.name)
      const upcoming = await certificateOf(context, before, demandUpcoming(before))
      const key = openKey(context.services.envelope, upcoming)
      // The interface may have changed since it was prepared.
      await rehearseWith(context, before, { row: upcoming, key })
      const updated = await context.transact(async (tx) => {
        const row = await unchanged(context, before)
        const next = demandUpcoming(row)
        tx.remove('interface_certificates', await certificateOf(context, row, row.certificate_id))
        return tx.update('interfaces', row, {
          certificate_id: next,
          upcoming_id: null,
          updated_at: stamp(context.now()),
        })
      })
      await web.refresh()
      return shown(context, updated, 'certificate_id')
    },

    async restoreTls(context, { params }) {
      context.note({ interface: params.name })
      const columns = { tls_ciphers: null, tls_groups: null }
      return present(await change(context, params.name, { columns, anchors: [] }))
    },

    async webFingerprint() {
      const [own = ''] = splitChain(web.certificate())
      const fingerprint = new X509Certificate(own).fingerprint256.replaceAll(':', '')
      return { fingerprint }
    },
  }
}

function demandUpcoming({ name, upcoming_id }: InterfaceRow): string {
  if (upcoming_id === null) throw notFound('upcoming certificate of the interface', name)
  return upcoming_id
}

function presentTrust(row: InterfaceRow): Interface['trusted_cas'] {
  const { local, external } = trustedCasOf(row)
  return { local: [...local], ...(external.length > 0 && { external: [...external] }) }
}
