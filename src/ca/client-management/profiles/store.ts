import type { Page } from '../../../kit/wire.ts'
import { type Listed, list, listing } from '../../../store/list.ts'
import type { ClientProfileRow } from '../../../store/schema.ts'
import type { Reader } from '../../../store/store.ts'
import { readReference } from '../../reference.ts'

/** The profile that a text means: by id, URI or name. */
export const find = (
  db: Reader,
  domain: string,
  text: string,
): Promise<ClientProfileRow | undefined> =>
  db.row('client_profiles', {
    domain_id: domain,
    ...readReference('client_profiles', domain, text),
  })

const profileList = listing({
  table: 'client_profiles',
  sort: {
    updatedAt: { column: 'updated_at' },
    createdAt: { column: 'created_at' },
    name: { column: 'name', unique: true },
  },
  filters: {
    id: { column: 'id', exact: true },
    name: { column: 'name' },
    ca_id: { column: 'ca_id', exact: true },
  },
  order: '-updatedAt',
})

export interface Filters {
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly ca_id?: string | undefined
}

/** One page of a domain's profiles, those changed last first. */
export const page = (
  db: Reader,
  domain: string,
  page: Page,
  filters: Filters,
): Promise<Listed<ClientProfileRow>> => list(db, profileList, { domain, page, filters })
