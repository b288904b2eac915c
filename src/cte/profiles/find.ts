import { randomUUID } from 'node:crypto'
import type { Context, Services } from '../../context.ts'
import { ROOT_DOMAIN } from '../../kit/domain.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { CteProfileRow } from '../../store/schema.ts'
import { serverEntry } from '../../store/server-entry.ts'
import { type Collection, existing } from '../records.ts'
import { DEFAULTS } from './settings.ts'

export const profiles: Collection<'cte_profiles'> = {
  table: 'cte_profiles',
  segment: 'profiles',
  what: 'client profile',
}

/** Clients know it by this name. */
export const DEFAULT_PROFILE = 'DefaultClientProfile'

/** The profile of everything that names none. A domain has it from the first moment that somebody needs it. */
export async function defaultProfile(
  { store, now, nodeId }: Pick<Services, 'store' | 'now' | 'nodeId'>,
  domain: string,
): Promise<CteProfileRow> {
  const find = () => store.read.row('cte_profiles', { domain_id: domain, name: DEFAULT_PROFILE })
  const known = await find()
  if (known) return known
  const at = stamp(now())
  const taken = new Fault('conflict', 'somebody else has made the default client profile')
  try {
    return await store.transact((tx) => {
      tx.count(domain, 'cte_profiles', 1)
      tx.audit(serverEntry({ nodeId, now: now() }, 'Create default client profile', { domain }))
      return tx.insert(
        'cte_profiles',
        {
          id: randomUUID(),
          domain_id: domain,
          name: DEFAULT_PROFILE,
          description: '',
          labels: null,
          settings: JSON.stringify(DEFAULTS),
          mfa_user_set_id: null,
          rwp_process_set_id: null,
          built_in: 1,
          created_at: at,
          updated_at: at,
        },
        { duplicate: taken },
      )
    })
  } catch (failure) {
    if (failure !== taken) throw failure
    const made = await find()
    if (!made) throw failure
    return made
  }
}

/** The root domain has it before anybody asks. */
export async function seedDefaultProfile(services: Services): Promise<void> {
  await defaultProfile(services, ROOT_DOMAIN)
}

/** The profile that is named, or the default one. Throws 'not-found'. */
export const profileFor = (
  context: Pick<Context, 'caller' | 'read' | 'services'>,
  reference: string | undefined,
): Promise<CteProfileRow> =>
  reference === undefined || reference === DEFAULT_PROFILE
    ? defaultProfile(context.services, context.caller.domain)
    : existing(context, profiles, reference)

/** Names of profiles by id, for answers about what uses them. */
export async function profileNames(
  { read, caller }: Pick<Context, 'read' | 'caller'>,
  rows: readonly { readonly profile_id: string }[],
): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(rows.map(({ profile_id }) => profile_id))]
  const found = await Promise.all(
    ids.map((id) => read.row('cte_profiles', { domain_id: caller.domain, id })),
  )
  return new Map(found.flatMap((row) => (row ? [[row.id, row.name] as const] : [])))
}
