import { randomUUID } from 'node:crypto'
import type { Context } from '../../../context.ts'
import type { Envelope } from '../../../crypto/envelope.ts'
import { invalid } from '../../../crypto/refuse.ts'
import { APPLICATION, accountUri, DEV_ACCOUNT } from '../../../kit/domain.ts'
import type { Handlers } from '../../../kit/endpoint.ts'
import { notFound, quote } from '../../../kit/fault.ts'
import { stamp, timeText, wireTime } from '../../../kit/time.ts'
import type { ClientProfileRow, RegistrationTokenRow } from '../../../store/schema.ts'
import { idInUri, nameFor, uriOf } from '../../reference.ts'
import { demandNamedStays, namedCa } from '../authority.ts'
import { changedIn, type Members, membersAsked, membersIn, storedMembers } from '../members.ts'
import { demandProfileStays } from '../profiles/service.ts'
import * as profiles from '../profiles/store.ts'
import type { ListedToken, RegistrationToken, registrationTokens } from './contract.ts'
import * as store from './store.ts'
import { hashToken, isToken, newToken, openToken, wrapToken } from './token.ts'

export const registrationTokenHandlers: Handlers<Context, typeof registrationTokens> = {
  async list(context, { query }) {
    const { caller, read, services } = context
    const asked = query.client_management_profile_id ?? query.client_mgmt_profile_id
    const profile =
      asked === undefined ? undefined : await profiles.find(read, caller.domain, asked)
    const { rows, total, messages } = await store.page(
      read,
      caller.domain,
      query,
      {
        name_prefix: query.name_prefix,
        ...(query.id && { id: idInUri('regtokens', caller.domain, query.id) ?? query.id }),
        ...(query.token && { hash: hashToken(services, query.token) }),
        ...(query.ca_id && {
          ca_id: idInUri('localca', caller.domain, query.ca_id) ?? query.ca_id,
        }),
        ...(asked !== undefined && { profile_id: profile?.id ?? 'none' }),
      },
      {
        max_clients: query.max_clients === undefined ? undefined : numberOr(-1, query.max_clients),
        label: asMembers(query.label),
        labels: asMembers(query.labels),
      },
    )
    for (const message of messages) context.say(message)
    const resources = rows.map((row) => presentListed(services.envelope, row))
    return { skip: query.skip, limit: query.limit, total, resources }
  },

  async create(context, { body }) {
    const { caller, now, services, transact } = context
    const id = randomUUID()
    context.note({ id, name_prefix: body.name_prefix, max_clients: body.max_clients })
    const ca = body.ca_id === undefined ? undefined : await namedCa(context, body.ca_id)
    const profile = await namedProfile(context, body.client_management_profile_id)
    const owner = { id, domain_id: caller.domain }
    const token = newToken()
    const at = stamp(now())
    const row = await transact((tx) => {
      demandNamedStays(tx, ca)
      if (profile) demandProfileStays(tx, profile.row)
      tx.count(caller.domain, 'registration_tokens', 1)
      return tx.insert('registration_tokens', {
        ...owner,
        token: wrapToken(services.envelope, owner, token),
        token_hash: hashToken(services, token),
        name_prefix: checkedPrefix(body.name_prefix),
        ...lifetimeOf(body.lifetime || undefined, now()),
        max_clients: body.max_clients ?? 0,
        clients_registered: 0,
        ca_id: ca?.ca_id ?? null,
        ca_ref: ca?.ca_ref ?? null,
        profile_id: profile?.row.id ?? null,
        profile_ref: profile?.ref ?? null,
        cert_duration: body.cert_duration ?? 0,
        label: storedMembers('label', body.label),
        labels: storedMembers('labels', body.labels),
        created_at: at,
        updated_at: at,
      })
    })
    return present(services.envelope, row)
  },

  async get(context, { params }) {
    return present(context.services.envelope, await existing(context, params.id))
  },

  /** Terraform sends the whole resource again: what is the same, or empty where there is no way to empty it, stays. */
  async update(context, { params, body }) {
    const { now, services, transact } = context
    context.note({ changed: changedIn(body) })
    const ca = body.ca_id === undefined ? undefined : await namedCa(context, body.ca_id)
    const profile = await namedProfile(context, body.client_management_profile_id)
    const row = await transact(async (tx) => {
      const token = await existing(context, params.id)
      context.note({ id: token.id })
      demandNamedStays(tx, ca)
      if (profile) demandProfileStays(tx, profile.row)
      const { lifetime } = body
      return tx.update('registration_tokens', token, {
        ...(body.name_prefix && { name_prefix: checkedPrefix(body.name_prefix) }),
        ...(lifetime !== undefined &&
          lifetime !== (token.lifetime ?? '') &&
          lifetimeOf(lifetime || undefined, now())),
        ...(body.max_clients !== undefined && { max_clients: body.max_clients }),
        ...(body.cert_duration !== undefined && { cert_duration: body.cert_duration }),
        ...ca,
        ...(profile && { profile_id: profile.row.id, profile_ref: profile.ref }),
        ...(body.label && { label: storedMembers('label', body.label) }),
        ...(body.labels && { labels: storedMembers('labels', body.labels) }),
        updated_at: stamp(now()),
      })
    })
    return present(services.envelope, row)
  },

  async delete(context, { params }) {
    await context.transact(async (tx) => {
      const token = await existing(context, params.id)
      context.note({ id: token.id, clients_registered: token.clients_registered })
      tx.remove('registration_tokens', token)
      tx.count(token.domain_id, 'registration_tokens', -1)
    })
    return undefined
  },
}

async function existing(
  { caller, read, services }: Context,
  text: string,
): Promise<RegistrationTokenRow> {
  const row = isToken(text)
    ? await store.findByHash(read, hashToken(services, text))
    : await store.find(read, caller.domain, text)
  // A token is repeated nowhere, whether it is one of ours or not.
  if (!row || row.domain_id !== caller.domain)
    throw notFound('registration token', isToken(text) ? '…' : text)
  return row
}

interface NamedProfile {
  readonly row: ClientProfileRow
  readonly ref: string
}

async function namedProfile(
  { caller, read }: Context,
  ref: string | undefined,
): Promise<NamedProfile | undefined> {
  if (ref === undefined) return undefined
  const row = await profiles.find(read, caller.domain, ref)
  if (!row) throw invalid(`client_management_profile_id: there is no client profile ${quote(ref)}`)
  return { row, ref }
}

/** A prefix is the beginning of a name, and keeps the rules of one. */
function checkedPrefix(given: string | undefined): string {
  if (given === undefined) return ''
  // A blank may stand inside the name that it becomes.
  nameFor('clients', '', `${given}1`)
  return given.normalize('NFC')
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
const LONGEST_SECONDS = 36_500 * 86_400

/** The columns of a lifetime that begins now. */
function lifetimeOf(
  given: string | undefined,
  now: Date,
): Pick<RegistrationTokenRow, 'lifetime' | 'valid_until'> {
  if (given === undefined) return { lifetime: null, valid_until: null }
  const [, count, unit = ''] = /^(\d{1,10})([smhd])$/.exec(given) ?? []
  const seconds = Number(count) * (SECONDS[unit] ?? Number.NaN)
  if (!(seconds > 0 && seconds <= LONGEST_SECONDS))
    throw invalid(
      `lifetime: ${quote(given)} is not a number of s, m, h or d between a second and a hundred years`,
    )
  return { lifetime: given, valid_until: timeText(new Date(now.getTime() + seconds * 1000)) }
}

const numberOr = (otherwise: number, text: string): number =>
  /^\d{1,10}$/.test(text) ? Number(text) : otherwise

/** What cannot be read is asked of nothing. */
const asMembers = (text: string | undefined): Members | undefined =>
  text === undefined ? undefined : (membersAsked(text) ?? { '': text })

/** The one place where a registration token becomes JSON. */
const present = (envelope: Envelope, row: RegistrationTokenRow): RegistrationToken => ({
  id: row.id,
  uri: uriOf('regtokens', row),
  account: accountUri(row.domain_id),
  application: APPLICATION,
  devAccount: DEV_ACCOUNT,
  createdAt: wireTime(row.created_at),
  updatedAt: wireTime(row.updated_at),
  token: openToken(envelope, row),
  name_prefix: row.name_prefix,
  ...(row.lifetime !== null && { lifetime: row.lifetime }),
  ...(row.valid_until !== null && { valid_until: wireTime(row.valid_until) }),
  max_clients: row.max_clients,
  clients_registered: row.clients_registered,
  ...(row.ca_ref !== null && { ca_id: row.ca_ref }),
  cert_duration: row.cert_duration,
  ...(row.profile_ref !== null && { client_management_profile_id: row.profile_ref }),
  label: membersIn(row.label) as RegistrationToken['label'],
  labels: membersIn(row.labels) as RegistrationToken['labels'],
})

const presentListed = (envelope: Envelope, row: RegistrationTokenRow): ListedToken => {
  const token = present(envelope, row)
  return {
    ...token,
    created_at: token.createdAt,
    updated_at: token.updatedAt,
    dev_account: token.devAccount,
  }
}
