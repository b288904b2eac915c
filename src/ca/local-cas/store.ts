import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import { notFound } from '../../kit/fault.ts'
import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import type { LocalCaRow, Schema } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { readReference } from '../reference.ts'

/** The CA that a text means: by id, URI or name. */
export const find = (db: Reader, domain: string, text: string): Promise<LocalCaRow | undefined> =>
  db.row('local_cas', { domain_id: domain, ...readReference('localca', domain, text) })

/** Fails the unit when the CA was deleted meanwhile. Nothing changes, so those who use it do not hinder each other. */
export function demandStays(tx: Writer, ca: Pick<LocalCaRow, 'id' | 'name' | 'state'>): void {
  tx.run(
    tx
      .updateTable('local_cas')
      .set({ state: ca.state })
      .where('id', '=', ca.id)
      .where('state', '=', ca.state),
    { rows: 1, otherwise: notFound('local CA', ca.name) },
  )
}

/** Whether the domain has any. */
export async function hasAny(db: Reader, domain: string): Promise<boolean> {
  const row = await db
    .selectFrom('local_cas')
    .select('id')
    .where('domain_id', '=', domain)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

const localCaList = listing({
  table: 'local_cas',
  sort: {
    updatedAt: { column: 'updated_at' },
    name: { column: 'name', unique: true },
    subject: { column: 'subject' },
    notAfter: { column: 'not_after', nullable: true },
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

/** One page of a domain's local CAs, those changed last first. `now` is stored text; it parts active from expired. */
export const page = (
  db: Reader,
  domain: string,
  page: Page,
  filters: Filters,
  state: string | undefined,
  now: string,
): Promise<Listed<LocalCaRow>> =>
  list(db, localCaList, {
    domain,
    page,
    filters,
    where: state === undefined ? undefined : (eb) => inState(eb, state, now),
  })

type LocalCas = ExpressionBuilder<Schema, 'local_cas'>

function inState(eb: LocalCas, state: string, now: string): Expression<SqlBool> {
  const active = eb('local_cas.state', '=', 'active')
  if (state === 'active') return eb.and([active, eb('local_cas.not_after', '>', now)])
  if (state === 'expired') return eb.and([active, eb('local_cas.not_after', '<=', now)])
  return eb('local_cas.state', '=', state === 'pending' ? state : 'none')
}
