import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import { createTurns } from '../../kit/turns.ts'
import type { CteClientRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import { hold } from '../hold.ts'
import { changedIn } from '../noted.ts'
import { profileFor } from '../profiles/find.ts'
import { demandReader } from '../readers.ts'
import { changedColumns, existing, nameTaken, newColumns } from '../records.ts'
import { demandJson } from './capabilities.ts'
import { changedClient, UNSAID } from './change.ts'
import type { cteClients, Waiting } from './contract.ts'
import { removeClient } from './delete.ts'
import { clients } from './find.ts'
import { listClients } from './list.ts'
import { type PasswordHash, passwordFrom, passwordOf } from './passwords.ts'
import { presentAll, presentOne } from './present.ts'

/** Clients with one profile are made one after the other: each of them holds it. */
const inTurn = createTurns()

export const WAITS = 'waits for the agent to connect'

export const clientHandlers: Handlers<Context, typeof cteClients> = {
  async list(context, { query }) {
    demandReader(context, 'ReadClientCTE')
    const { skip, limit } = query
    const { rows, total, messages } = await listClients(context, query, query)
    for (const message of messages) context.say(message)
    return { skip, limit, total, resources: await presentAll(context, rows) }
  },

  async create(context, { body }) {
    const { caller, now, services, transact } = context
    const columns = newColumns(caller.domain, clients, body, stamp(now()))
    const client_type = body.client_type ?? 'FS'
    context.note({ name: columns.name, client_type })
    const settings = changedClient({ ...UNSAID, client_type }, body)
    const password: PasswordHash = (await passwordFrom(services, body)) ?? {
      method: 'GENERATE',
      phc: null,
    }
    const reference = body.profile_id ?? body.profile_identifier
    const { id: profileId } = await profileFor(context, reference)
    const row = await inTurn(profileId, () =>
      transact(async (tx) => {
        const profile = await profileFor(context, reference)
        hold(tx, 'cte_profiles', profile)
        tx.count(caller.domain, 'cte_clients', 1)
        return tx.insert(
          'cte_clients',
          {
            ...columns,
            ...settings,
            client_type,
            profile_id: profile.id,
            ldt_paused: 0,
            ...passwordOf(services, 'cte_clients', columns, password),
          },
          { duplicate: nameTaken(clients, columns.name) },
        )
      }),
    )
    return presentOne(context, row)
  },

  async get(context, { params }) {
    demandReader(context, 'ReadClientCTE')
    return presentOne(context, await existing(context, clients, params.id))
  },

  async update(context, { params, body }) {
    context.note({ changed: changedIn(body) })
    const { services } = context
    const password = await passwordFrom(services, body)
    const reference = body.profile_id ?? body.profile_identifier
    const row = await change(context, params.id, async (tx, client) => {
      const profile = reference === undefined ? undefined : await profileFor(context, reference)
      if (profile && profile.id !== client.profile_id) hold(tx, 'cte_profiles', profile)
      return {
        ...changedColumns(body),
        ...changedClient(client, body),
        ...(profile && { profile_id: profile.id }),
        ...(password && passwordOf(services, 'cte_clients', client, password)),
      }
    })
    return presentOne(context, row)
  },

  async delete(context, { params, body }) {
    context.note({ client: params.id, ...body })
    return context.transact(async (tx) => {
      const client = await existing(context, clients, params.id)
      context.note({ id: client.id, name: client.name })
      return deleted(context, tx, client, body)
    })
  },

  async deleteMany(context, { body }) {
    const { client_id_list, ...how } = body
    context.note({ clients: client_id_list, ...how })
    return context.transact(async (tx) => {
      const found = new Map<string, CteClientRow>()
      for (const reference of client_id_list) {
        const client = await existing(context, clients, reference)
        found.set(client.id, client)
      }
      const answers = []
      for (const client of found.values()) answers.push(await deleted(context, tx, client, how))
      return { clients: answers }
    })
  },

  async authBinaries(context, { params, body }) {
    const { auth_binaries, client_auth_binaries_from: from, re_sign } = body
    if (auth_binaries !== undefined && from !== undefined)
      throw new Fault(
        'invalid-parameter',
        'auth_binaries and client_auth_binaries_from cannot be given together',
      )
    demandJson('auth_binaries', auth_binaries)
    const row = await change(context, params.id, async () => {
      const other = from === undefined ? undefined : await existing(context, clients, from)
      const binaries = other?.auth_binaries ?? auth_binaries
      return binaries === undefined ? {} : { auth_binaries: binaries }
    })
    return { ...(await presentOne(context, row)), status: re_sign ? WAITS : '' }
  },

  async ldtPause(context, { params, body: { paused } }) {
    const { id, name } = await change(context, params.id, async () => ({
      ldt_paused: paused ? 1 : 0,
    }))
    return { id, name, paused, status: WAITS }
  },

  async password(context, { params, body }) {
    const { services } = context
    const password = await passwordFrom(services, body)
    if (!password) throw new Fault('invalid-parameter', 'password: is required')
    const row = await change(context, params.id, async (_tx, client) =>
      passwordOf(services, 'cte_clients', client, password),
    )
    return presentOne(context, row)
  },

  async resetPassword(context, { params, body }) {
    const { services } = context
    const password = (await passwordFrom(services, body)) ?? { method: 'GENERATE', phc: null }
    const row = await change(context, params.id, async (_tx, client) =>
      passwordOf(services, 'cte_clients', client, password),
    )
    return { ...(await presentOne(context, row)), status: password.phc === null ? WAITS : '' }
  },

  async unenroll(context, { body }): Promise<Waiting> {
    const { id, name } = await change(context, body.name, async () => ({
      registration_allowed: 0,
      communication_enabled: 0,
    }))
    return { id, name, status: 'not enrolled' }
  },
}

type Changes = Partial<Omit<CteClientRow, 'id' | 'domain_id' | 'version' | 'seal'>>

/** Changes a client, under its id in the audit record. */
const change = (
  context: Context,
  reference: string,
  changes: (tx: Writer, client: CteClientRow) => Promise<Changes>,
): Promise<CteClientRow> => {
  context.note({ client: reference })
  return context.transact(async (tx) => {
    const client = await existing(context, clients, reference)
    context.note({ id: client.id, name: client.name })
    return tx.update('cte_clients', client, {
      ...(await changes(tx, client)),
      updated_at: stamp(context.now()),
    })
  })
}

interface How {
  readonly del_client?: boolean | undefined
  readonly force_del_client?: boolean | undefined
}

/**
 * Part of a unit. `del_client` alone waits for the agent, which has to let go of what it guards. Nobody waits where
 * no agent ever came, unless the caller says that he does.
 */
async function deleted(context: Context, tx: Writer, client: CteClientRow, how: How) {
  const { id, name } = client
  if (how.force_del_client || !how.del_client) {
    await removeClient(tx, context.read, client)
    return { id, name, del_client: true, status: 'deleted' }
  }
  tx.update('cte_clients', client, { del_client: 1, updated_at: stamp(context.now()) })
  return { id, name, del_client: true, status: WAITS }
}
