import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import type { CertificateRow, LocalCaRow, Schema } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { readReference } from '../reference.ts'

type Ca = Pick<LocalCaRow, 'id' | 'domain_id'>

/** The certificate of this CA that a text means: by id or URI, never by name. */
export async function find(db: Reader, ca: Ca, text: string): Promise<CertificateRow | undefined> {
  const reference = readReference('certs', ca.domain_id, text)
  if (!('id' in reference)) return undefined
  return db.row('certificates', { domain_id: ca.domain_id, ca_id: ca.id, id: reference.id })
}

/** How many certificates a CA has on record. */
export async function countOf(db: Reader, ca: Ca): Promise<number> {
  const { total } = await db
    .selectFrom('certificates')
    .select((eb) => eb.fn.countAll<number | string>().as('total'))
    .where('domain_id', '=', ca.domain_id)
    .where('ca_id', '=', ca.id)
    .executeTakeFirstOrThrow()
  return Number(total)
}

const certificateList = listing({
  table: 'certificates',
  sort: {
    updatedAt: { column: 'updated_at' },
    createdAt: { column: 'created_at' },
    subject: { column: 'subject' },
    notAfter: { column: 'not_after' },
  },
  filters: {
    id: { column: 'id', exact: true },
    name: { column: 'name', exact: true },
    subject: { column: 'subject', exact: true },
    issuer: { column: 'issuer', exact: true },
    serialNumber: { column: 'serial_number', exact: true },
    sha256: { column: 'sha256_fingerprint', exact: true },
  },
  order: '-updatedAt',
})

export interface Filters {
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly subject?: string | undefined
  readonly issuer?: string | undefined
  readonly serialNumber?: string | undefined
  readonly sha256?: string | undefined
}

/** One page of what a CA has issued, changed last first. `now` is stored text; it parts active from expired. */
export const page = (
  db: Reader,
  ca: Ca,
  page: Page,
  filters: Filters,
  state: string | undefined,
  now: string,
): Promise<Listed<CertificateRow>> =>
  list(db, certificateList, {
    domain: ca.domain_id,
    page,
    filters,
    where: (eb) =>
      eb.and([
        eb('certificates.ca_id', '=', ca.id),
        ...(state === undefined ? [] : [inState(eb, state, now)]),
      ]),
  })

type Certificates = ExpressionBuilder<Schema, 'certificates'>

/** A revoked certificate stays revoked when it ends. */
function inState(eb: Certificates, state: string, now: string): Expression<SqlBool> {
  const good = eb('certificates.revoked_at', 'is', null)
  switch (state) {
    case 'revoked':
      return eb('certificates.revoked_at', 'is not', null)
    case 'active':
      return eb.and([good, eb('certificates.not_after', '>', now)])
    case 'expired':
      return eb.and([good, eb('certificates.not_after', '<=', now)])
    default:
      return eb('certificates.id', '=', 'none')
  }
}
