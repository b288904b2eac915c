import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { stamp, timeText, wireTime } from '../../kit/time.ts'
import type { LocalCaRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { distributionOf, type PkiAddress } from '../addresses.ts'
import * as certificates from '../certificates/store.ts'
import { demandNotRegistering } from '../client-management/uses.ts'
import { columnsOf, presentFingerprints, presentNames } from '../columns.ts'
import { demandUnused } from '../interfaces/trust.ts'
import { chainOf, findParent } from '../issuers.ts'
import { keyToMake } from '../keys.ts'
import { x509 } from '../library.ts'
import { certificateFilter, withLineEnds } from '../pem.ts'
import { forgetKey, openKey } from '../private-keys.ts'
import { changedPurposes, presentPurposes } from '../purposes.ts'
import { accountUri, idInUri, nameFor, uriOf } from '../reference.ts'
import { forgetCa } from '../revocation/record.ts'
import { openScope } from '../revocation/scope.ts'
import { openTally } from '../revocation/tally.ts'
import { subjectOf } from '../subject.ts'
import { hasEnded, NO_TIME, validityFor } from '../validity.ts'
import type { KeyRules, SubjectFields } from '../x509/index.ts'
import type { LocalCa, localCas } from './contract.ts'
import { preparePending } from './pending.ts'
import * as store from './store.ts'

export function localCaHandlers(
  rules: KeyRules,
  pkiUrl?: PkiAddress,
): Handlers<Context, typeof localCas> {
  return {
    async list(context, { query }) {
      const { caller, now, read } = context
      const { rows, total, messages } = await store.page(
        read,
        caller.domain,
        query,
        {
          subject: query.subject,
          issuer: query.issuer,
          name: query.name,
          serialNumber: query.serialNumber,
          ...(query.id && { id: idInUri('localca', caller.domain, query.id) ?? query.id }),
          ...(await certificateFilter(query.cert)),
        },
        query.state,
        timeText(now()),
      )
      for (const message of messages) context.say(message)
      const resources = rows.map((row) => present(row, now()))
      return { skip: query.skip, limit: query.limit, total, resources }
    },

    async create(context, { body }) {
      const { caller, now, services, transact } = context
      const id = randomUUID()
      const name = nameFor('localca', id, body.name)
      context.note({ id, name, subject: body.cn })
      const subject = subjectOf(body, await subjectToCopy(context, body.copy_from_ca))
      const pending = await preparePending(
        services.envelope,
        { id, domain_id: caller.domain, name },
        keyToMake(body),
        subject,
        rules,
      )
      const at = stamp(now())
      const row = await transact((tx) => {
        tx.count(caller.domain, 'local_cas', 1)
        return tx.insert(
          'local_cas',
          { ...pending, created_at: at, updated_at: at },
          { duplicate: taken(name) },
        )
      })
      return present(row, now())
    },

    async get(context, { params, query }) {
      const row = await existing(context, params.id)
      const shown = present(row, context.now())
      if (!query.chained || row.cert === null) return shown
      return { ...shown, cert: await chainOf(context, { cert: row.cert, parent: row.parent }) }
    },

    async update(context, { params, query, body }) {
      const { now, transact } = context
      const changes = changedPurposes(query, body)
      context.note({ local_ca: params.id, ...changes })
      const row = await transact(async (tx) => {
        const ca = await existing(context, params.id)
        if (Object.keys(changes).length === 0) return ca
        return tx.update('local_cas', ca, { ...changes, updated_at: stamp(now()) })
      })
      return present(row, now())
    },

    /** Neither what it issued nor the CAs below it hold it back: XSOAR deletes a root before the CA that it signed. */
    async delete(context, { params }) {
      const { read, services, transact } = context
      context.note({ local_ca: params.id })
      const gone = await transact(async (tx) => {
        const ca = await existing(context, params.id)
        const issued = await certificates.countOf(read, ca)
        context.note({ id: ca.id, name: ca.name, certificates: issued })
        await demandUnused(tx, read, 'local', ca)
        // Whoever issues a certificate touches the row of the CA, so from here on there are no new ones.
        tx.remove('local_cas', ca)
        demandNotRegistering(tx, ca)
        tx.run(tx.deleteFrom('certificates').where('ca_id', '=', ca.id), { rows: issued })
        tx.count(ca.domain_id, 'certificates', -issued)
        forgetCa(tx, ca)
        tx.count(ca.domain_id, 'local_cas', -1)
        return ca
      })
      forgetKey(services.envelope, gone)
      return undefined
    },

    async selfSign(context, { params, body }) {
      const { now, services, transact } = context
      context.note({ local_ca: params.id })
      const validity = validityFor(body, now())
      const { issue, prepareSelfSigned } = await x509()
      const ca = await existingPending(context, params.id)
      const key = await openKey(services.envelope, ca)
      const draft = await prepareSelfSigned(
        ca.csr,
        key,
        validity,
        distributionOf(pkiUrl, ca.id),
        rules,
      )
      const cert = await issue(draft, key)
      const row = await transact((tx) => activate(context, tx, ca, { cert, parent: null }, pkiUrl))
      return present(row, now())
    },

    async install(context, { params, body }) {
      const { now, transact } = context
      const parentId = body.parent_id ?? body.parentId
      context.note({ local_ca: params.id, parent: parentId })
      if (parentId === undefined)
        throw new Fault('invalid-parameter', 'parent_id: the CA that signed is needed')
      const { checkInstall, readCertificate } = await x509()
      const ca = await existingPending(context, params.id)
      const parent = await findParent(context, parentId)
      if (!parent) throw notFound('CA', parentId)
      if (parent.cert === null)
        throw new Fault('invalid', `the CA ${quote(parentId)} is pending and has signed nothing`)
      const { pem } = readCertificate(withLineEnds(body.cert))
      checkInstall(pem, ca.csr, parent.cert)
      const row = await transact((tx) =>
        activate(context, tx, ca, { cert: pem, parent: parent.uri }, pkiUrl),
      )
      return present(row, now())
    },
  }
}

async function subjectToCopy(
  context: Context,
  from: string | undefined,
): Promise<SubjectFields | undefined> {
  if (from === undefined) return undefined
  const { subjectFieldsOf } = await x509()
  return subjectFieldsOf((await existing(context, from)).csr)
}

/** The unit that makes a pending CA active; whoever else was first with it makes this a wrong state. */
async function activate(
  context: Context,
  tx: Writer,
  pending: LocalCaRow,
  { cert, parent }: { readonly cert: string; readonly parent: string | null },
  pkiUrl: PkiAddress,
): Promise<LocalCaRow> {
  const { factsOf } = await x509()
  const facts = factsOf(cert)
  const ca = await existingPending(context, pending.id)
  context.note({ id: ca.id, name: ca.name, subject: facts.subject, serial: facts.serialNumber })
  // First, since it is what shows that somebody else was faster; what is opened below would only clash.
  const active = tx.update('local_cas', ca, {
    ...columnsOf(facts),
    state: 'active',
    cert,
    parent,
    client_authentication: ca.client_authentication ?? 1,
    user_authentication: ca.user_authentication ?? 1,
    updated_at: stamp(context.now()),
  })
  openScope(tx, ca, pkiUrl, stamp(context.now()))
  openTally(tx, ca)
  return active
}

/** The CA that a text means. Throws 'not-found'. */
export async function existing({ caller, read }: Context, text: string): Promise<LocalCaRow> {
  const row = await store.find(read, caller.domain, text)
  if (!row) throw notFound('local CA', text)
  return row
}

async function existingPending(context: Context, text: string): Promise<LocalCaRow> {
  const row = await existing(context, text)
  if (row.state !== 'pending')
    throw new Fault(
      'invalid',
      `the local CA ${quote(row.name)} is not pending: it has its certificate`,
    )
  return row
}

/** A CA with its certificate, or a fault that says why it cannot sign now. */
export async function existingActive(
  context: Context,
  text: string,
): Promise<LocalCaRow & { cert: string; not_after: string }> {
  const row = await existing(context, text)
  const state = stateOf(row, context.now())
  const { cert, not_after } = row
  if (state !== 'active' || cert === null || not_after === null)
    throw new Fault('invalid', `the local CA ${quote(row.name)} is ${state} and cannot issue`)
  return { ...row, cert, not_after }
}

function stateOf({ state, not_after }: LocalCaRow, now: Date): LocalCa['state'] {
  if (state === 'pending' || not_after === null) return 'pending'
  return hasEnded(not_after, now) ? 'expired' : 'active'
}

const taken = (name: string): Fault =>
  new Fault('conflict', `the local CA ${quote(name)} already exists`)

/** The one place where a local CA becomes JSON. */
function present(row: LocalCaRow, now: Date): LocalCa {
  const { cert, issuer, serial_number, not_before, not_after } = row
  const isPatched = row.client_authentication !== null || row.user_authentication !== null
  const head = {
    id: row.id,
    uri: uriOf('localca', row),
    account: accountUri(row.domain_id),
    createdAt: wireTime(row.created_at),
    updatedAt: wireTime(row.updated_at),
    name: row.name,
    state: stateOf(row, now),
  }
  if (
    cert === null ||
    issuer === null ||
    serial_number === null ||
    not_before === null ||
    not_after === null
  )
    return {
      ...head,
      csr: row.csr,
      subject: row.subject,
      notBefore: NO_TIME,
      notAfter: NO_TIME,
      ...presentFingerprints(row),
      ...(isPatched && { purpose: presentPurposes(row) }),
    }
  return {
    ...head,
    ...(row.parent !== null && { parent: row.parent }),
    csr: '',
    cert,
    ...presentNames({ ...row, issuer, serial_number, not_before, not_after }),
    ...presentFingerprints(row),
    purpose: presentPurposes(row),
  }
}
