import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import type { ExternalCaRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { readReference } from '../reference.ts'

/** The CA that a text means: by id, URI or name. */
export const find = (
  db: Reader,
  domain: string,
  text: string,
): Promise<ExternalCaRow | undefined> =>
  db.row('external_cas', { domain_id: domain, ...readReference('external_ca', domain, text) })

const externalCaList = listing({
  table: 'external_cas',
  sort: {
    updatedAt: { column: 'updated_at' },
    name: { column: 'name', unique: true },
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

/** One page of a domain's external CAs, those changed last first. */
export const page = (
  db: Reader,
  domain: string,
  page: Page,
  filters: Filters,
): Promise<Listed<ExternalCaRow>> => list(db, externalCaList, { domain, page, filters })
