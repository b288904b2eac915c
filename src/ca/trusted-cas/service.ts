import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notBuilt, notFound, quote } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import type { TrustedCaRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { presentFingerprints, presentNames } from '../columns.ts'
import { demandAnchorStays, findAnchor, type TrustedAnchor, WEB } from '../interfaces/trust.ts'
import { accountUri, idInUri, readReference, uriOf } from '../reference.ts'
import type { Entry, ListedCa, TrustedCa, trustedCas } from './contract.ts'
import * as store from './store.ts'

/** `changed`: whoever listens takes up what is trusted from now on. */
export function trustedCaHandlers(
  changed: () => Promise<void>,
): Handlers<Context, typeof trustedCas> {
  return {
    async list(context, { query }) {
      demandRootDomain(context)
      const { id, service, ca_id, ca_type } = query
      const { rows, total, messages } = await store.page(context.read, query, {
        service,
        ca_type,
        ...(id && { id: idInUri('trusted_ca', ROOT_DOMAIN, id) ?? id }),
        ...(ca_id && { ca_id: idOfCa(ca_id) }),
      })
      for (const message of messages) context.say(message)
      const resources: ListedCa[] = []
      for (const row of rows) {
        const anchor = await findAnchor(context.read, kindOf(row), row.ca_id)
        if (anchor) resources.push(presentListed(row, anchor))
      }
      return { skip: query.skip, limit: query.limit, total, resources }
    },

    async create(context, { body }) {
      context.note({ service: body.service, ca_id: body.ca_id })
      const [made] = await add(context, [body], changed)
      if (!made) throw new Error('nothing was made')
      return made
    },

    async createMany(context, { body }) {
      const entries = Array.isArray(body) ? body : body.trusted_cas
      context.note({ ca_ids: entries.map(({ ca_id }) => ca_id) })
      return { success: await add(context, entries, changed) }
    },

    async delete(context, { params }) {
      context.note({ trusted_ca: params.id })
      demandRootDomain(context)
      const meant = readReference('trusted_ca', ROOT_DOMAIN, params.id)
      await context.transact(async (tx) => {
        const row = 'id' in meant ? await store.find(context.read, meant.id) : undefined
        if (!row) throw notFound('trusted CA', params.id)
        context.note({ service: row.service, ca_id: row.ca_id })
        tx.remove('trusted_cas', row)
        tx.count(ROOT_DOMAIN, 'trusted_cas', -1)
      })
      await changed()
      return undefined
    },
  }
}

async function add(
  context: Context,
  entries: readonly Entry[],
  changed: () => Promise<void>,
): Promise<TrustedCa[]> {
  demandRootDomain(context)
  const found: (readonly [Entry, TrustedAnchor])[] = []
  for (const entry of entries) {
    demandService(entry.service)
    found.push([entry, await anchorFor(context, entry)])
  }
  const rows = await context.transact((tx) =>
    found.map(([{ service }, anchor]) => insert(context, tx, service, anchor)),
  )
  await changed()
  return rows.map(present)
}

function insert(
  { now }: Context,
  tx: Writer,
  service: string,
  anchor: TrustedAnchor,
): TrustedCaRow {
  demandAnchorStays(tx, anchor)
  const at = stamp(now())
  tx.count(ROOT_DOMAIN, 'trusted_cas', 1)
  return tx.insert('trusted_cas', {
    id: randomUUID(),
    domain_id: ROOT_DOMAIN,
    ca_id: anchor.row.id,
    ca_type: anchor.kind,
    service,
    created_at: at,
    updated_at: at,
  })
}

async function anchorFor({ read }: Context, { ca_id, ca_type }: Entry): Promise<TrustedAnchor> {
  for (const kind of ca_type ? [ca_type] : (['local', 'external'] as const)) {
    const anchor = await findAnchor(read, kind, ca_id)
    if (anchor) return anchor
  }
  throw new Fault('invalid-parameter', `ca_id: there is no CA ${quote(ca_id)} with a certificate`)
}

function demandService(service: string): void {
  if (service === WEB) return
  if (['nae', 'kmip', 'snmp', 'ssh'].includes(service)) throw notBuilt(`The service ${service}`)
  throw new Fault('invalid-parameter', `service: ${quote(service)} is not known`)
}

/** Whom services trust is the installation's own business (reference 10). */
function demandRootDomain({ caller }: Context): void {
  if (caller.domain !== ROOT_DOMAIN)
    throw new Fault('forbidden', 'trusted CAs belong to the root domain')
}

const idOfCa = (text: string): string =>
  idInUri('localca', ROOT_DOMAIN, text) ?? idInUri('external_ca', ROOT_DOMAIN, text) ?? text

const kindOf = ({ ca_type }: TrustedCaRow): 'local' | 'external' =>
  ca_type === 'local' ? 'local' : 'external'

/** The one place where an entry becomes JSON. */
const present = (row: TrustedCaRow): TrustedCa => ({
  id: row.id,
  uri: uriOf('trusted_ca', row),
  account: accountUri(row.domain_id),
  createdAt: wireTime(row.created_at),
  updatedAt: wireTime(row.updated_at),
  service: row.service,
  ca_type: kindOf(row),
})

function presentListed(row: TrustedCaRow, { row: ca }: TrustedAnchor): ListedCa {
  const { serialNumber, ...names } = presentNames({
    ...ca,
    issuer: ca.issuer ?? '',
    serial_number: ca.serial_number ?? '',
    not_before: ca.not_before ?? '',
    not_after: ca.not_after ?? '',
  })
  const details = {
    name: ca.name,
    serial_number: serialNumber,
    ...names,
    ...presentFingerprints(ca),
  }
  return { ...present(row), ...details, ca_details: details }
}
