import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound } from '../../kit/fault.ts'
import { stamp, timeText, wireTime } from '../../kit/time.ts'
import type { CertificateRow } from '../../store/schema.ts'
import type { PkiAddress } from '../addresses.ts'
import { presentFingerprints, presentNames } from '../columns.ts'
import { x509 } from '../library.ts'
import { existing, existingActive } from '../local-cas/service.ts'
import { certificateFilter, withLineEnds } from '../pem.ts'
import { accountUri, idInUri, nameFor, uriOf } from '../reference.ts'
import { recordDeletion, recordStatement, statingOf } from '../revocation/record.ts'
import { hasEnded, NO_TIME, validityFor } from '../validity.ts'
import type { KeyRules } from '../x509/index.ts'
import type { Certificate, certificates } from './contract.ts'
import { record, sign } from './issued.ts'
import { forgetKey } from './of-key.ts'
import * as store from './store.ts'

const HOLD = 'certificateHold'

export function certificateHandlers(
  rules: KeyRules,
  pkiUrl?: PkiAddress,
): Handlers<Context, typeof certificates> {
  const issuing = { rules, pkiUrl }
  return {
    async list(context, { params, query }) {
      const { now, read } = context
      const ca = await existing(context, params.caid)
      const { rows, total, messages } = await store.page(
        read,
        ca,
        query,
        {
          subject: query.subject,
          issuer: query.issuer,
          name: query.name,
          serialNumber: query.serialNumber,
          ...(query.id && { id: idInUri('certs', ca.domain_id, query.id) ?? query.id }),
          ...(await certificateFilter(query.cert)),
        },
        query.state,
        timeText(now()),
      )
      for (const message of messages) context.say(message)
      const resources = rows.map((row) => present(row, now()))
      return { skip: query.skip, limit: query.limit, total, resources }
    },

    async issue(context, { params, body }) {
      const { now, transact } = context
      const id = randomUUID()
      const name = nameFor('certs', id, body.name)
      context.note({ local_ca: params.caid, id, name, purpose: body.purpose })
      const { readRequest } = await x509()
      const ca = await existingActive(context, params.caid)
      const validity = validityFor(body, now())
      const request = await readRequest(withLineEnds(body.csr), rules)
      const signed = await sign(context, ca, request, body.purpose, validity, issuing)
      context.note({ subject: signed.facts.subject, serial: signed.facts.serial_number })
      const at = stamp(now())
      const row = await transact((tx) => record(context, tx, signed, { id, name, at }, issuing))
      return present(row, now())
    },

    async get(context, { params }) {
      return present(await existingCertificate(context, params), context.now())
    },

    async delete(context, { params }) {
      context.note({ local_ca: params.caid, certificate: params.id })
      const ca = await existing(context, params.caid)
      await statingOf(ca, () =>
        context.transact(async (tx) => {
          const row = await existingCertificate(context, params)
          context.note({ subject: row.subject, serial: row.serial_number })
          tx.remove('certificates', row)
          forgetKey(tx, row)
          tx.count(row.domain_id, 'certificates', -1)
          await recordDeletion(tx, context.read, row, stamp(context.now()))
        }),
      )
      return undefined
    },

    /** A hold may become a revocation for good; anything else stays as it is (reference 6.3). */
    async revoke(context, { params, body }) {
      const { now, read, transact } = context
      const { reason } = body
      context.note({ local_ca: params.caid, certificate: params.id, revocation: reason })
      const row = await statingOf(await existing(context, params.caid), () =>
        transact(async (tx) => {
          const certificate = await existingCertificate(context, params)
          const { revoked_reason, subject, serial_number } = certificate
          context.note({ subject, serial: serial_number })
          if (revoked_reason !== null && revoked_reason !== HOLD)
            throw new Fault('invalid', `the certificate is revoked already: ${revoked_reason}`)
          const at = stamp(now())
          await recordStatement(tx, read, certificate, { state: 'revoked', reason, at })
          return tx.update('certificates', certificate, {
            revoked_reason: reason,
            revoked_at: at,
            updated_at: at,
          })
        }),
      )
      return present(row, now())
    },

    async resume(context, { params }) {
      const { now, read, transact } = context
      context.note({ local_ca: params.caid, certificate: params.id })
      const row = await statingOf(await existing(context, params.caid), () =>
        transact(async (tx) => {
          const certificate = await existingCertificate(context, params)
          const { revoked_reason, subject, serial_number } = certificate
          context.note({ subject, serial: serial_number })
          if (revoked_reason !== HOLD)
            throw new Fault('invalid', `only a certificate on ${HOLD} can be resumed`)
          const at = stamp(now())
          await recordStatement(tx, read, certificate, { state: 'resumed', at })
          return tx.update('certificates', certificate, {
            revoked_reason: null,
            revoked_at: null,
            updated_at: at,
          })
        }),
      )
      return present(row, now())
    },
  }
}

async function existingCertificate(
  context: Context,
  { caid, id }: { readonly caid: string; readonly id: string },
): Promise<CertificateRow> {
  const row = await store.find(context.read, await existing(context, caid), id)
  if (!row) throw notFound('certificate', id)
  return row
}

function stateOf(row: CertificateRow, now: Date): Certificate['state'] {
  if (row.revoked_at !== null) return 'revoked'
  return hasEnded(row.not_after, now) ? 'expired' : 'active'
}

/** The one place where a certificate becomes JSON. */
const present = (row: CertificateRow, now: Date): Certificate => ({
  id: row.id,
  uri: uriOf('certs', row),
  account: accountUri(row.domain_id),
  createdAt: wireTime(row.created_at),
  updatedAt: wireTime(row.updated_at),
  name: row.name,
  cert: row.cert,
  ca: uriOf('localca', { id: row.ca_id, domain_id: row.domain_id }),
  ...(row.revoked_reason !== null && {
    revoked_reason: row.revoked_reason as NonNullable<Certificate['revoked_reason']>,
  }),
  revoked_at: row.revoked_at === null ? NO_TIME : wireTime(row.revoked_at),
  state: stateOf(row, now),
  ...presentFingerprints(row),
  ...presentNames(row),
})
