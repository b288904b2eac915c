import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import { matchOf } from '../../store/pattern.ts'
import type { CteClientRow } from '../../store/schema.ts'
import { fits } from '../glob.ts'
import { idIn, namedFilters, namedSort, sameLetters } from '../records.ts'
import type { ClientFilters } from './contract.ts'
import { clients } from './find.ts'
import { UNREGISTERED } from './present.ts'

const clientList = listing({
  table: 'cte_clients',
  sort: {
    ...namedSort,
    client_type: { column: 'client_type' },
    protection_mode: { column: 'protection_mode' },
    profile_id: { column: 'profile_id' },
    registration_allowed: { column: 'registration_allowed' },
    communication_enabled: { column: 'communication_enabled' },
  },
  filters: {
    ...namedFilters,
    name: { column: 'name', fold: clients.fold },
    client_type: { column: 'client_type', lower: true },
    profile_id: { column: 'profile_id' },
    protection_mode: { column: 'protection_mode', lower: true },
    password_creation_method: { column: 'password_creation_method', lower: true },
    enabled_capabilities: { column: 'enabled_capabilities', lower: true },
  },
  order: '-updatedAt',
})

const FLAGS = [
  'registration_allowed',
  'communication_enabled',
  'client_locked',
  'system_locked',
  'client_mfa_enabled',
  'del_client',
  'enable_domain_sharing',
  'lgcs_access_only',
] as const

/** Whether a name fits a filter, as where a list has a column for it. */
function named(column: string, filter: string): RawBuilder<SqlBool> {
  const wanted = matchOf(filter, sameLetters)
  return 'equals' in wanted
    ? sql`${sql.ref(column)} = ${wanted.equals}`
    : sql`${sql.ref(column)} like ${wanted.like} escape '\\'`
}

const nothing: Listed<CteClientRow> = { rows: [], total: 0, messages: [] }

/** One page of clients, by any field of one value that an answer has. */
export async function listClients(
  { caller, read }: Pick<Context, 'caller' | 'read'>,
  page: Page,
  given: Partial<ClientFilters>,
  /** Only those in this group. */
  group?: { readonly id: string },
): Promise<Listed<CteClientRow>> {
  for (const [field, value] of Object.entries(UNREGISTERED)) {
    const asked = given[field as keyof ClientFilters]
    if (asked !== undefined && !fits(String(asked), String(value))) return nothing
  }
  const { profile_name, ldt_enabled } = given
  const flags = FLAGS.filter((flag) => given[flag] !== undefined)
  const isPlain =
    flags.length === 0 && ldt_enabled === undefined && profile_name === undefined && !group
  return list(read, clientList, {
    domain: caller.domain,
    page,
    filters: {
      id: given.id,
      name: given.name,
      description: given.description,
      client_type: given.client_type,
      profile_id: given.profile_id,
      protection_mode: given.protection_mode,
      password_creation_method: given.password_creation_method,
      enabled_capabilities: given.enabled_capabilities,
    },
    where: isPlain
      ? undefined
      : (eb) =>
          eb.and([
            ...flags.map((flag) => eb(`cte_clients.${flag}`, '=', given[flag] ? 1 : 0)),
            // No other capability has these letters in it.
            ...(ldt_enabled === undefined
              ? []
              : [
                  eb(
                    'cte_clients.enabled_capabilities',
                    ldt_enabled ? 'like' : 'not like',
                    '%LDT%',
                  ),
                ]),
            ...(profile_name === undefined
              ? []
              : [
                  eb(
                    'cte_clients.profile_id',
                    'in',
                    eb
                      .selectFrom('cte_profiles')
                      .select('cte_profiles.id')
                      .where('cte_profiles.domain_id', '=', caller.domain)
                      .where((profile) =>
                        profile.or([
                          named('cte_profiles.name', profile_name),
                          profile('cte_profiles.id', '=', idIn(profile_name) ?? ''),
                        ]),
                      ),
                  ),
                ]),
            ...(group
              ? [
                  eb(
                    'cte_clients.id',
                    'in',
                    eb
                      .selectFrom('cte_memberships')
                      .select('cte_memberships.client_id')
                      .where('cte_memberships.domain_id', '=', caller.domain)
                      .where('cte_memberships.owner_id', '=', group.id),
                  ),
                ]
              : []),
          ]),
  })
}
