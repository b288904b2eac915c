import { ROOT_DOMAIN } from '../../kit/domain.ts'
import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import type { TrustedCaRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

export const find = (read: Reader, id: string): Promise<TrustedCaRow | undefined> =>
  read.row('trusted_cas', { domain_id: ROOT_DOMAIN, id })

export const ofService = (read: Reader, service: string): Promise<TrustedCaRow[]> =>
  read.rows('trusted_cas', { domain_id: ROOT_DOMAIN, service })

const trustedCaList = listing({
  table: 'trusted_cas',
  sort: { updatedAt: { column: 'updated_at' } },
  filters: {
    id: { column: 'id', exact: true },
    service: { column: 'service', exact: true },
    ca_id: { column: 'ca_id', exact: true },
    ca_type: { column: 'ca_type', exact: true },
  },
  order: '-updatedAt',
})

export interface Filters {
  readonly id?: string | undefined
  readonly service?: string | undefined
  readonly ca_id?: string | undefined
  readonly ca_type?: string | undefined
}

/** One page of what services trust, those changed last first. */
export const page = (read: Reader, page: Page, filters: Filters): Promise<Listed<TrustedCaRow>> =>
  list(read, trustedCaList, { domain: ROOT_DOMAIN, page, filters })
