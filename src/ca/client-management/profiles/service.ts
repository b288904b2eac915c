import { randomUUID } from 'node:crypto'
import type { Context } from '../../../context.ts'
import { APPLICATION, accountUri, DEV_ACCOUNT } from '../../../kit/domain.ts'
import type { Handlers } from '../../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../../kit/fault.ts'
import { stamp, wireTime } from '../../../kit/time.ts'
import type { ClientProfileRow, RegistrationTokenRow } from '../../../store/schema.ts'
import type { Writer } from '../../../store/store.ts'
import { idInUri, nameFor, uriOf } from '../../reference.ts'
import { demandNamedStays, namedCa } from '../authority.ts'
import { storedParameters } from '../csr-parameters.ts'
import { changedIn } from '../members.ts'
import type { ClientProfile, clientProfiles } from './contract.ts'
import * as store from './store.ts'

/** What a client's certificate holds for when nobody says (reference 8.1). */
const USUAL_DAYS = 730

/** How long a client's certificate holds: as its token says, if there is one that does, else as its profile says. */
export const daysBy = (
  token: Pick<RegistrationTokenRow, 'cert_duration'> | undefined,
  profile: Pick<ClientProfileRow, 'cert_duration'> | undefined,
): number => token?.cert_duration || (profile?.cert_duration ?? USUAL_DAYS)

/** The profile of tokens that name none; made when a client first comes with one. */
const DEFAULT_PROFILE = 'default'

/** Says whether the caller may give others these groups, and how they are called. Throws when not. */
export type GivableGroups = (context: Context, names: readonly string[]) => Promise<string[]>

export function clientProfileHandlers(
  givable: GivableGroups,
): Handlers<Context, typeof clientProfiles> {
  return {
    async list(context, { query }) {
      const { caller, read } = context
      const { rows, total, messages } = await store.page(read, caller.domain, query, {
        name: query.name,
        ...(query.id && { id: idInUri('client_profiles', caller.domain, query.id) ?? query.id }),
        ...(query.ca_id && {
          ca_id: idInUri('localca', caller.domain, query.ca_id) ?? query.ca_id,
        }),
      })
      for (const message of messages) context.say(message)
      return { skip: query.skip, limit: query.limit, total, resources: rows.map(present) }
    },

    async create(context, { body }) {
      const { caller, now, transact } = context
      const id = randomUUID()
      const name = nameFor('client_profiles', id, body.name)
      context.note({ id, name, ca_id: body.ca_id })
      const groups = await givable(context, body.groups ?? [])
      const ca = body.ca_id === undefined ? undefined : await namedCa(context, body.ca_id)
      const at = stamp(now())
      const row = await transact((tx) => {
        demandNamedStays(tx, ca)
        tx.count(caller.domain, 'client_profiles', 1)
        return tx.insert(
          'client_profiles',
          {
            id,
            domain_id: caller.domain,
            name,
            ca_id: ca?.ca_id ?? null,
            ca_ref: ca?.ca_ref ?? null,
            cert_duration: body.cert_duration || USUAL_DAYS,
            csr_parameters: storedParameters(body.csr_parameters ?? {}),
            groups: JSON.stringify(groups),
            created_at: at,
            updated_at: at,
          },
          { duplicate: taken(name) },
        )
      })
      return present(row)
    },

    async get(context, { params }) {
      return present(await existingProfile(context, params.id))
    },

    async update(context, { params, body }) {
      const { now, transact } = context
      context.note({ profile: params.id, changed: changedIn(body) })
      const groups = body.groups && (await givable(context, body.groups))
      const ca = body.ca_id === undefined ? undefined : await namedCa(context, body.ca_id)
      const row = await transact(async (tx) => {
        const profile = await existingProfile(context, params.id)
        const name = body.name && nameFor('client_profiles', profile.id, body.name)
        demandNamedStays(tx, ca)
        return tx.update(
          'client_profiles',
          profile,
          {
            ...(name && { name }),
            ...ca,
            ...(body.cert_duration && { cert_duration: body.cert_duration }),
            ...(body.csr_parameters && { csr_parameters: storedParameters(body.csr_parameters) }),
            ...(groups && { groups: JSON.stringify(groups) }),
            updated_at: stamp(now()),
          },
          { duplicate: taken(name ?? profile.name) },
        )
      })
      return present(row)
    },

    async delete(context, { params }) {
      context.note({ profile: params.id })
      await context.transact(async (tx) => {
        const profile = await existingProfile(context, params.id)
        context.note({ id: profile.id, name: profile.name })
        const inUse = (by: string) => ({
          rows: 0,
          otherwise: new Fault(
            'conflict',
            `the client profile ${quote(profile.name)} is in use: ${by} it`,
          ),
        })
        // Whoever uses it touches its row, so from here on there are no new ones.
        tx.remove('client_profiles', profile)
        tx.run(
          tx.deleteFrom('registration_tokens').where('profile_id', '=', profile.id),
          inUse('a registration token names'),
        )
        tx.run(
          tx.deleteFrom('registered_clients').where('profile_id', '=', profile.id),
          inUse('clients were registered by'),
        )
        tx.count(profile.domain_id, 'client_profiles', -1)
      })
      return undefined
    },
  }
}

/** The profile that a text means. Throws 'not-found'. */
async function existingProfile({ caller, read }: Context, text: string): Promise<ClientProfileRow> {
  const row = await store.find(read, caller.domain, text)
  if (!row) throw notFound('client profile', text)
  return row
}

const taken = (name: string): Fault =>
  new Fault('conflict', `the client profile ${quote(name)} already exists`)

/** The profile of a token that names none: as it is, or undefined as long as nobody needed it. */
export const findDefault = ({ caller, read }: Context): Promise<ClientProfileRow | undefined> =>
  store.find(read, caller.domain, DEFAULT_PROFILE)

/** Part of a unit that needs it first. `meanwhile`: thrown when another one was faster. */
export function addDefault(
  tx: Writer,
  { caller, now }: Context,
  meanwhile: Fault,
): ClientProfileRow {
  const at = stamp(now())
  tx.count(caller.domain, 'client_profiles', 1)
  return tx.insert(
    'client_profiles',
    {
      id: randomUUID(),
      domain_id: caller.domain,
      name: DEFAULT_PROFILE,
      ca_id: null,
      ca_ref: null,
      cert_duration: USUAL_DAYS,
      csr_parameters: null,
      groups: '[]',
      created_at: at,
      updated_at: at,
    },
    { duplicate: meanwhile },
  )
}

/** Part of a unit that uses a profile: fails when it was deleted meanwhile. */
export const demandProfileStays = (
  tx: Writer,
  { id, name }: Pick<ClientProfileRow, 'id' | 'name'>,
): void =>
  tx.set(
    'client_profiles',
    { id },
    { id },
    { rows: 1, otherwise: notFound('client profile', name) },
  )

/** The one place where a profile becomes JSON. */
const present = (row: ClientProfileRow): ClientProfile => ({
  id: row.id,
  uri: uriOf('client_profiles', row),
  account: accountUri(row.domain_id),
  application: APPLICATION,
  devAccount: DEV_ACCOUNT,
  createdAt: wireTime(row.created_at),
  updatedAt: wireTime(row.updated_at),
  name: row.name,
  ...(row.ca_ref !== null && { ca_id: row.ca_ref }),
  cert_duration: row.cert_duration,
  ...(row.csr_parameters !== null && {
    csr_parameters: JSON.parse(row.csr_parameters) as Record<string, unknown>,
  }),
  groups: JSON.parse(row.groups) as string[],
})
