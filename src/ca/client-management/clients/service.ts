import type { Context } from '../../../context.ts'
import type { Handlers } from '../../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../../kit/fault.ts'
import { stamp, timeText } from '../../../kit/time.ts'
import type { RegisteredClientRow } from '../../../store/schema.ts'
import type { Issuing } from '../../certificates/issued.ts'
import { x509 } from '../../library.ts'
import { idInUri } from '../../reference.ts'
import { statingOf } from '../../revocation/record.ts'
import { namedCa, signingCa } from '../authority.ts'
import { defaultsOf } from '../csr-parameters.ts'
import { membersAsked } from '../members.ts'
import { daysBy } from '../profiles/service.ts'
import * as profiles from '../profiles/store.ts'
import type { Guess } from './admission.ts'
import { keep, keyOnce, obtain } from './certificate.ts'
import type { Certified, registeredClients } from './contract.ts'
import { present } from './present.ts'
import { register } from './register.ts'
import { endCertificate, HOLD, standingOf, standingsOf } from './standing.ts'
import * as store from './store.ts'
import { asksForSame, type Wish, wishOf } from './wish.ts'

export function registeredClientHandlers(
  guess: Guess,
  issuing: Issuing,
): Handlers<Context, typeof registeredClients> {
  return {
    async list(context, { query }) {
      const { caller, now, read } = context
      const asked = query.client_mgmt_profile_id ?? query.client_management_profile_id
      const profile =
        asked === undefined ? undefined : await profiles.find(read, caller.domain, asked)
      const idOf = (text: string) => idInUri('clients', caller.domain, text) ?? text
      const { rows, total, messages } = await store.page(
        read,
        caller.domain,
        query,
        {
          name: query.name,
          ...(query.id && { id: idOf(query.id) }),
          ...(query.ca_id && { ca_id: caIdOf(caller.domain, query.ca_id) }),
          ...(asked !== undefined && { profile_id: profile?.id ?? 'none' }),
          ...(query.sha256_fingerprint && {
            sha256: query.sha256_fingerprint.replaceAll(':', '').toUpperCase(),
          }),
        },
        {
          client_id: query.client_id && idOf(query.client_id),
          state: query.state,
          metadata:
            query.client_metadata === undefined
              ? undefined
              : (membersAsked(query.client_metadata) ?? { '': query.client_metadata }),
        },
        timeText(now()),
      )
      for (const message of messages) context.say(message)
      const standings = await standingsOf(read, rows, now())
      const resources = standings.map(({ client, standing }) => present(client, standing))
      return { skip: query.skip, limit: query.limit, total, resources }
    },

    register: (context, { body }) => register(context, body, guess, issuing),

    async get(context, { params }) {
      return presentNow(context, await existing(context, params.id))
    },

    async delete(context, { params }) {
      const { now, read, transact } = context
      context.note({ client: params.id })
      await statingOf({ id: (await existing(context, params.id)).ca_id }, () =>
        transact(async (tx) => {
          const client = await existing(context, params.id)
          context.note({ id: client.id, name: client.name, serial: client.serial_number })
          const { revoked } = await standingOf(read, client, now())
          // What is on hold could be good again, when there is nobody left whose it is.
          if (!revoked || revoked.reason === HOLD)
            await endCertificate(tx, read, client, {
              reason: 'cessationOfOperation',
              at: stamp(now()),
            })
          tx.remove('registered_clients', client)
          tx.count(client.domain_id, 'registered_clients', -1)
        }),
      )
      return undefined
    },

    /** As of any certificate: a hold may become a revocation for good, and anything else stays as it is. */
    async revoke(context, { params, body }) {
      const { now, read, transact } = context
      const reason = body.reason ?? 'unspecified'
      context.note({ client: params.id, revocation: reason })
      const row = await statingOf({ id: (await existing(context, params.id)).ca_id }, () =>
        transact(async (tx) => {
          const client = await existing(context, params.id)
          context.note({ id: client.id, name: client.name, serial: client.serial_number })
          const { revoked } = await standingOf(read, client, now())
          if (revoked && revoked.reason !== HOLD)
            throw new Fault('invalid', `the client is revoked already: ${revoked.reason}`)
          const at = stamp(now())
          const own = await endCertificate(tx, read, client, { reason, at })
          return tx.update('registered_clients', client, { ...own, updated_at: at })
        }),
      )
      return presentNow(context, row)
    },

    async renew(context, { params, body }) {
      const { now, read, transact } = context
      context.note({ client: params.id })
      const before = await existing(context, params.id)
      context.note({ id: before.id, name: before.name })
      await demandNotRevoked(context, before)
      const profile = await read.row('client_profiles', {
        domain_id: before.domain_id,
        id: before.profile_id,
      })
      const isSame = asksForSame(body)
      const token = await read.row('registration_tokens', {
        domain_id: before.domain_id,
        id: before.token_id,
      })
      const wish = isSame
        ? await sameAgain(before)
        : await wishOf(context, body, defaultsOf(profile?.csr_parameters ?? null), issuing.rules)
      const named = body.ca_id === undefined ? undefined : await namedCa(context, body.ca_id)
      const own = before.ca_type === 'local' ? before.ca_id : undefined
      const obtained = await obtain(
        context,
        wish,
        {
          id: before.id,
          name: before.name,
          field: isSame ? null : fieldOf(before, body),
          days: body.cert_duration || daysBy(token, profile),
          ca: () => signingCa(context, [named?.ca_id, own, profile?.ca_id]),
        },
        issuing,
      )
      const { columns } = obtained
      await demandUnregistered(context, before, columns.sha256_fingerprint)
      context.note({ ca: columns.ca_id, subject: columns.subject, serial: columns.serial_number })
      const row = await statingOf({ id: before.ca_id }, () =>
        transact(async (tx) => {
          const client = await existing(context, before.id)
          if (client.version !== before.version)
            throw new Fault('conflict', `the client ${quote(client.name)} was changed meanwhile`)
          await demandNotRevoked(context, client)
          const at = stamp(now())
          await endCertificate(tx, read, client, { reason: 'superseded', at })
          await keep(context, tx, obtained, at, issuing)
          return tx.update('registered_clients', client, {
            ...columns,
            ...(isSame && { subject_field: client.subject_field }),
            revoked_at: null,
            revoked_reason: null,
            updated_at: at,
          })
        }),
      )
      return {
        ...(await presentNow(context, row)),
        ...(await keyOnce(wish, body)),
        client_ca: obtained.client_ca,
      }
    },
  }
}

/** The client that a text means. Throws 'not-found'. */
async function existing({ caller, read }: Context, text: string): Promise<RegisteredClientRow> {
  const row = await store.find(read, caller.domain, text)
  if (!row) throw notFound('client', text)
  return row
}

const presentNow = async ({ now, read }: Context, row: RegisteredClientRow) =>
  present(row, await standingOf(read, row, now()))

async function demandNotRevoked(
  { now, read }: Context,
  client: RegisteredClientRow,
): Promise<void> {
  const { revoked } = await standingOf(read, client, now())
  if (revoked)
    throw new Fault('invalid', `the client ${quote(client.name)} is revoked: ${revoked.reason}`)
}

async function demandUnregistered(
  { caller, read }: Context,
  { id }: RegisteredClientRow,
  sha256: string,
): Promise<void> {
  const other = await store.withFingerprint(read, caller.domain, sha256)
  if (other)
    throw new Fault(
      'conflict',
      other.id === id
        ? 'the client has this certificate already'
        : 'another client is registered with this certificate',
    )
}

/** The same key and names once more; who brought a certificate brings the next one too. */
async function sameAgain({ ca_type, cert }: RegisteredClientRow): Promise<Wish> {
  if (ca_type !== 'local')
    throw new Fault('invalid-parameter', 'cert: the new certificate of the external CA is needed')
  const { requestOfCertificate } = await x509()
  const request = requestOfCertificate(cert)
  return { kind: 'request', request: async () => request, key: undefined }
}

const fieldOf = (
  { subject_field }: RegisteredClientRow,
  { do_not_modify_subject_dn, subject_dn_field_to_modify }: Certified,
) =>
  do_not_modify_subject_dn
    ? null
    : (subject_dn_field_to_modify ?? (subject_field as 'OU' | 'UID' | 'CN' | null))

const caIdOf = (domain: string, text: string): string =>
  idInUri('localca', domain, text) ?? idInUri('external_ca', domain, text) ?? text
