import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notBuilt, notFound, quote } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import { list, listing } from '../../store/list.ts'
import type { CteProfileRow, CteSetRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { hold } from '../hold.ts'
import { changedIn } from '../noted.ts'
import { demandReader } from '../readers.ts'
import {
  changedColumns,
  existing,
  namedFilters,
  namedSort,
  nameTaken,
  newColumns,
  presentNamed,
} from '../records.ts'
import { processSets, userSets } from '../sets/kinds.ts'
import type { cteProfiles, Profile } from './contract.ts'
import { defaultProfile, profileFor, profiles } from './find.ts'
import { changedSettings, DEFAULTS, settingsOf } from './settings.ts'
import { checkServers, presentServer, removeServers, replaceServers, serversOf } from './syslog.ts'
import { usingProfile } from './uses.ts'

const profileList = listing({
  table: 'cte_profiles',
  sort: namedSort,
  filters: namedFilters,
  order: '-updatedAt',
})

export const profileHandlers: Handlers<Context, typeof cteProfiles> = {
  async list(context, { query }) {
    demandReader(context, 'ReadProfileCTE')
    const { caller, read, services } = context
    await defaultProfile(services, caller.domain)
    const { rows, total, messages } = await list(read, profileList, {
      domain: caller.domain,
      page: query,
      filters: { id: query.id, name: query.name, description: query.description },
    })
    for (const message of messages) context.say(message)
    const resources = await Promise.all(rows.map((row) => present(read, row)))
    return { skip: query.skip, limit: query.limit, total, resources }
  },

  async create(context, { body }) {
    const { caller, now, read, services, transact } = context
    demandBuilt(body)
    const servers = body.syslog_settings?.servers ?? []
    checkServers(servers)
    await defaultProfile(services, caller.domain)
    const at = stamp(now())
    const columns = newColumns(caller.domain, profiles, body, at)
    context.note({ name: columns.name })
    const row = await transact(async (tx) => {
      const named = await namedSets(context, body)
      holdSets(tx, named)
      const made = tx.insert(
        'cte_profiles',
        {
          ...columns,
          settings: JSON.stringify(changedSettings(DEFAULTS, body)),
          mfa_user_set_id: named.mfa?.id ?? null,
          rwp_process_set_id: named.rwp?.id ?? null,
          built_in: 0,
        },
        { duplicate: nameTaken(profiles, columns.name) },
      )
      tx.count(caller.domain, 'cte_profiles', 1)
      replaceServers(tx, services.envelope, made, [], servers, at)
      return made
    })
    return present(read, row)
  },

  async get(context, { params }) {
    demandReader(context, 'ReadProfileCTE')
    return present(context.read, await profileOf(context, params.id))
  },

  async update(context, { params, body }) {
    const { now, read, services, transact } = context
    demandBuilt(body)
    const { mfa_exempt_user_set_id: mfa, rwp_process_set: rwp } = body
    const servers = body.syslog_settings?.servers
    if (servers) checkServers(servers)
    context.note({ profile: params.id, changed: changedIn(body) })
    const row = await transact(async (tx) => {
      const profile = await profileOf(context, params.id)
      const named = await namedSets(context, body)
      const at = stamp(now())
      holdSets(tx, named, profile)
      if (servers)
        replaceServers(tx, services.envelope, profile, await serversOf(read, profile), servers, at)
      return tx.update('cte_profiles', profile, {
        ...changedColumns(body),
        settings: JSON.stringify(changedSettings(settingsOf(profile), body)),
        ...(mfa !== undefined && { mfa_user_set_id: named.mfa?.id ?? null }),
        ...(rwp !== undefined && { rwp_process_set_id: named.rwp?.id ?? null }),
        updated_at: at,
      })
    })
    return present(read, row)
  },

  async delete(context, { params }) {
    const { read, transact } = context
    context.note({ profile: params.id })
    await transact(async (tx) => {
      const profile = await profileOf(context, params.id)
      const refused = (why: string) =>
        new Fault('conflict', `the client profile ${quote(profile.name)} cannot be deleted: ${why}`)
      if (profile.built_in === 1) throw refused('it is the default one')
      const user = await usingProfile(read, profile)
      if (user !== undefined) throw refused(user)
      context.note({ id: profile.id, name: profile.name })
      removeServers(tx, await serversOf(read, profile))
      tx.remove('cte_profiles', profile)
      tx.count(profile.domain_id, 'cte_profiles', -1)
    })
    return undefined
  },

  async deleteSyslogServer(context, { params }) {
    const { now, read, transact } = context
    context.note({ profile: params.id, server: params.name })
    await transact(async (tx) => {
      const profile = await profileOf(context, params.id)
      const server = (await serversOf(read, profile)).find(({ name }) => name === params.name)
      if (!server) throw notFound('syslog server', params.name)
      removeServers(tx, [server])
      tx.update('cte_profiles', profile, { updated_at: stamp(now()) })
    })
    return undefined
  },
}

/** The profile that a path names; the default one is there even before anybody has used it. */
const profileOf = (context: Context, reference: string): Promise<CteProfileRow> =>
  profileFor(context, reference)

/** What would be kept and never found again is refused. */
function demandBuilt({ oidc_connection_id }: { oidc_connection_id?: string | undefined }): void {
  if (oidc_connection_id !== undefined) throw notBuilt('An OIDC connection in a client profile')
}

interface Named {
  readonly mfa: CteSetRow | undefined
  readonly rwp: CteSetRow | undefined
}

/** An empty text names none. */
async function namedSets(
  context: Context,
  given: { mfa_exempt_user_set_id?: string | undefined; rwp_process_set?: string | undefined },
): Promise<Named> {
  const { mfa_exempt_user_set_id: mfa, rwp_process_set: rwp } = given
  return {
    mfa: mfa ? await existing(context, userSets, mfa) : undefined,
    rwp: rwp ? await existing(context, processSets, rwp) : undefined,
  }
}

/** Part of a unit: what the profile did not name before is held. */
function holdSets(tx: Writer, { mfa, rwp }: Named, before?: CteProfileRow): void {
  if (mfa && mfa.id !== before?.mfa_user_set_id) hold(tx, 'cte_sets', mfa)
  if (rwp && rwp.id !== before?.rwp_process_set_id) hold(tx, 'cte_sets', rwp)
}

/** The one place where a client profile becomes JSON. */
async function present(read: Reader, row: CteProfileRow): Promise<Profile> {
  const { syslog, ...settings } = settingsOf(row)
  const mfa =
    row.mfa_user_set_id === null
      ? undefined
      : await read.row('cte_sets', { domain_id: row.domain_id, id: row.mfa_user_set_id })
  return {
    ...presentNamed(profiles, row),
    created_at: wireTime(row.created_at),
    updated_at: wireTime(row.updated_at),
    ...settings,
    syslog_settings: { ...syslog, servers: (await serversOf(read, row)).map(presentServer) },
    mfa_exempt_user_set_id: mfa?.id ?? '',
    mfa_exempt_user_set_name: mfa?.name ?? '',
    oidc_connection_id: '',
    oidc_connection_name: '',
  }
}
