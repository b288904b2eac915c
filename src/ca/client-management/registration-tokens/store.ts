import type { Page } from '../../../kit/wire.ts'
import { type Listed, list, listing } from '../../../store/list.ts'
import type { RegistrationTokenRow } from '../../../store/schema.ts'
import type { Reader } from '../../../store/store.ts'
import { readReference } from '../../reference.ts'
import { holds, type Members } from '../members.ts'

/** The token that a text means, by id or URI: it has no name. */
export async function find(
  db: Reader,
  domain: string,
  text: string,
): Promise<RegistrationTokenRow | undefined> {
  const reference = readReference('regtokens', domain, text)
  if (!('id' in reference)) return undefined
  return db.row('registration_tokens', { domain_id: domain, id: reference.id })
}

export const findByHash = (db: Reader, hash: string): Promise<RegistrationTokenRow | undefined> =>
  db.row('registration_tokens', { token_hash: hash })

const tokenList = listing({
  table: 'registration_tokens',
  sort: {
    updatedAt: { column: 'updated_at' },
    createdAt: { column: 'created_at' },
    name_prefix: { column: 'name_prefix' },
  },
  filters: {
    id: { column: 'id', exact: true },
    hash: { column: 'token_hash', exact: true },
    name_prefix: { column: 'name_prefix' },
    ca_id: { column: 'ca_id', exact: true },
    profile_id: { column: 'profile_id', exact: true },
  },
  order: '-updatedAt',
})

export interface Filters {
  readonly id?: string | undefined
  readonly hash?: string | undefined
  readonly name_prefix?: string | undefined
  readonly ca_id?: string | undefined
  readonly profile_id?: string | undefined
}

/** What is asked for beside the columns. */
export interface Beside {
  readonly max_clients?: number | undefined
  readonly label?: Members | undefined
  readonly labels?: Members | undefined
}

/** One page of a domain's tokens, those changed last first. */
export const page = (
  db: Reader,
  domain: string,
  page: Page,
  filters: Filters,
  { max_clients, label, labels }: Beside,
): Promise<Listed<RegistrationTokenRow>> =>
  list(db, tokenList, {
    domain,
    page,
    filters,
    where:
      max_clients === undefined && !label && !labels
        ? undefined
        : (eb) =>
            eb.and([
              ...(max_clients === undefined ? [] : [eb('max_clients', '=', max_clients)]),
              ...holds(eb.ref('registration_tokens.label'), label ?? {}),
              ...holds(eb.ref('registration_tokens.labels'), labels ?? {}),
            ]),
  })
