import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import type { ExternalCaRow } from '../../store/schema.ts'
import { demandNotRegistering } from '../client-management/uses.ts'
import { columnsOf, presentFingerprints, presentNames } from '../columns.ts'
import { demandUnused } from '../interfaces/trust.ts'
import { findParent } from '../issuers.ts'
import { x509 } from '../library.ts'
import { certificateFilter, withLineEnds } from '../pem.ts'
import { changedPurposes, presentPurposes } from '../purposes.ts'
import { accountUri, idInUri, nameFor, uriOf } from '../reference.ts'
import type { ExternalCa, externalCas } from './contract.ts'
import * as store from './store.ts'

export const externalCaHandlers: Handlers<Context, typeof externalCas> = {
  async list(context, { query }) {
    const { caller, read } = context
    const { rows, total, messages } = await store.page(read, caller.domain, query, {
      subject: query.subject,
      issuer: query.issuer,
      name: query.name,
      serialNumber: query.serialNumber,
      ...(query.id && { id: idInUri('external_ca', caller.domain, query.id) ?? query.id }),
      ...(await certificateFilter(query.cert)),
    })
    for (const message of messages) context.say(message)
    return { skip: query.skip, limit: query.limit, total, resources: rows.map(present) }
  },

  async create(context, { body }) {
    const { caller, now, transact } = context
    const id = randomUUID()
    const name = nameFor('external_ca', id, body.name)
    context.note({ id, name })
    const { readCertificate } = await x509()
    const { pem, facts } = readCertificate(withLineEnds(body.cert))
    if (!facts.isCa)
      throw new Fault(
        'invalid-parameter',
        'cert: the basic constraints do not say that this is a CA',
      )
    context.note({ subject: facts.subject, serial: facts.serialNumber })
    const parent = body.parent === undefined ? null : await parentUri(context, body.parent)
    const at = stamp(now())
    const row = await transact((tx) => {
      tx.count(caller.domain, 'external_cas', 1)
      return tx.insert(
        'external_cas',
        {
          id,
          domain_id: caller.domain,
          name,
          cert: pem,
          parent,
          ...columnsOf(facts),
          client_authentication: 1,
          user_authentication: 1,
          created_at: at,
          updated_at: at,
        },
        { duplicate: new Fault('conflict', `the external CA ${quote(name)} already exists`) },
      )
    })
    return present(row)
  },

  async get(context, { params }) {
    return present(await existing(context, params.id))
  },

  async update(context, { params, query, body }) {
    const { now, transact } = context
    const changes = changedPurposes(query, body)
    context.note({ external_ca: params.id, ...changes })
    const row = await transact(async (tx) => {
      const ca = await existing(context, params.id)
      if (Object.keys(changes).length === 0) return ca
      return tx.update('external_cas', ca, { ...changes, updated_at: stamp(now()) })
    })
    return present(row)
  },

  async delete(context, { params }) {
    context.note({ external_ca: params.id })
    await context.transact(async (tx) => {
      const ca = await existing(context, params.id)
      context.note({ id: ca.id, name: ca.name, subject: ca.subject })
      await demandUnused(tx, context.read, 'external', ca)
      tx.remove('external_cas', ca)
      demandNotRegistering(tx, ca)
      tx.count(ca.domain_id, 'external_cas', -1)
    })
    return undefined
  },
}

async function existing({ caller, read }: Context, text: string): Promise<ExternalCaRow> {
  const row = await store.find(read, caller.domain, text)
  if (!row) throw notFound('external CA', text)
  return row
}

async function parentUri(context: Context, text: string): Promise<string> {
  const parent = await findParent(context, text)
  if (!parent) throw notFound('CA', text)
  return parent.uri
}

/** The one place where an external CA becomes JSON. */
const present = (row: ExternalCaRow): ExternalCa => ({
  id: row.id,
  uri: uriOf('external_ca', row),
  account: accountUri(row.domain_id),
  createdAt: wireTime(row.created_at),
  updatedAt: wireTime(row.updated_at),
  name: row.name,
  ...(row.parent !== null && { parent: row.parent }),
  cert: row.cert,
  purpose: presentPurposes(row),
  ...presentNames(row),
  ...presentFingerprints(row),
})
