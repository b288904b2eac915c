import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { Page } from '../../../kit/wire.ts'
import { type Listed, list, listing } from '../../../store/list.ts'
import type { RegisteredClientRow, Schema } from '../../../store/schema.ts'
import type { Reader } from '../../../store/store.ts'
import { readReference } from '../../reference.ts'
import { holds, type Members } from '../members.ts'

/** The client that a text means: by id, URI or name. */
export const find = (
  db: Reader,
  domain: string,
  text: string,
): Promise<RegisteredClientRow | undefined> =>
  db.row('registered_clients', { domain_id: domain, ...readReference('clients', domain, text) })

export const isNameTaken = async (db: Reader, domain: string, name: string): Promise<boolean> =>
  (await db.row('registered_clients', { domain_id: domain, name })) !== undefined

export const withFingerprint = (
  db: Reader,
  domain: string,
  sha256: string,
): Promise<RegisteredClientRow | undefined> =>
  db.row('registered_clients', { domain_id: domain, sha256_fingerprint: sha256 })

const clientList = listing({
  table: 'registered_clients',
  sort: {
    updatedAt: { column: 'updated_at' },
    createdAt: { column: 'created_at' },
    name: { column: 'name', unique: true },
    notAfter: { column: 'not_after' },
  },
  filters: {
    id: { column: 'id', exact: true },
    name: { column: 'name' },
    ca_id: { column: 'ca_id', exact: true },
    profile_id: { column: 'profile_id', exact: true },
    sha256: { column: 'sha256_fingerprint', exact: true },
  },
  order: '-updatedAt',
})

export interface Filters {
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly ca_id?: string | undefined
  readonly profile_id?: string | undefined
  readonly sha256?: string | undefined
}

/** What is asked for beside the columns. */
export interface Beside {
  readonly client_id?: string | undefined
  readonly state?: string | undefined
  readonly metadata?: Members | undefined
}

/** One page of a domain's clients, those changed last first. `now` is stored text; it parts registered from expired. */
export const page = (
  db: Reader,
  domain: string,
  page: Page,
  filters: Filters,
  { client_id, state, metadata }: Beside,
  now: string,
): Promise<Listed<RegisteredClientRow>> =>
  list(db, clientList, {
    domain,
    page,
    filters,
    where:
      client_id === undefined && state === undefined && !metadata
        ? undefined
        : (eb) =>
            eb.and([
              ...(client_id === undefined ? [] : [eb('registered_clients.id', '=', client_id)]),
              ...(state === undefined ? [] : [inState(eb, state, now)]),
              ...holds(eb.ref('registered_clients.client_metadata'), metadata ?? {}),
            ]),
  })

type Clients = ExpressionBuilder<Schema, 'registered_clients'>

/** A revoked client stays revoked when its certificate ends. */
function inState(eb: Clients, state: string, now: string): Expression<SqlBool> {
  switch (state) {
    case 'revoked':
      return isRevoked(eb)
    case 'registered':
      return eb.and([eb.not(isRevoked(eb)), eb('registered_clients.not_after', '>', now)])
    case 'expired':
      return eb.and([eb.not(isRevoked(eb)), eb('registered_clients.not_after', '<=', now)])
    default:
      return eb('registered_clients.id', '=', 'none')
  }
}

/** As `standingOf` reads it off rows: what was said here of an external CA's certificate, and what a local CA says itself. */
const isRevoked = (eb: Clients): Expression<SqlBool> =>
  eb.or([
    eb('registered_clients.revoked_at', 'is not', null),
    eb.exists(
      eb
        .selectFrom('revocations')
        .select('revocations.serial_number')
        .whereRef('revocations.ca_id', '=', 'registered_clients.ca_id')
        .whereRef('revocations.serial_number', '=', 'registered_clients.serial_number')
        .where('revocations.state', '=', 'revoked'),
    ),
    eb.exists(
      eb
        .selectFrom('certificates')
        .select('certificates.id')
        .whereRef('certificates.ca_id', '=', 'registered_clients.ca_id')
        .whereRef('certificates.serial_number', '=', 'registered_clients.serial_number')
        .where('certificates.revoked_at', 'is not', null),
    ),
  ])
