import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '../../../context.ts'
import type { Input } from '../../../kit/endpoint.ts'
import { Fault } from '../../../kit/fault.ts'
import { stamp } from '../../../kit/time.ts'
import { createTurns } from '../../../kit/turns.ts'
import type {
  ClientProfileRow,
  RegisteredClientRow,
  RegistrationTokenRow,
} from '../../../store/schema.ts'
import type { Issuing } from '../../certificates/issued.ts'
import { signingCa } from '../authority.ts'
import { defaultsOf } from '../csr-parameters.ts'
import { storedMembers } from '../members.ts'
import { addDefault, daysBy, demandProfileStays, findDefault } from '../profiles/service.ts'
import { admit, type Guess, refused, usableToken } from './admission.ts'
import { keep, keyOnce, obtain } from './certificate.ts'
import type { NewClient, registeredClients } from './contract.ts'
import { nameOfClient, nameTaken } from './naming.ts'
import { present } from './present.ts'
import { withFingerprint } from './store.ts'
import { type Wish, wishOf } from './wish.ts'

type Body = Input<typeof registeredClients.register>['body']

/** Another registration with the same token was faster, on another node, or somebody changed the token; looked at again. */
class Meanwhile extends Fault {
  constructor() {
    super('conflict', 'this was changed by others at the same time, try again')
  }
}

const MOST_RUNS = 50
const inTurn = createTurns()

/**
 * Registers whoever shows a token. Its place is taken in the unit that writes the client, on the token's row as it was
 * read: so a token for N clients is for exactly N, on however many nodes they come, and what fails takes no place. On one
 * node the clients of a token wait for each other, rather than on the database.
 */
export async function register(
  context: Context,
  body: Body,
  guess: Guess,
  issuing: Issuing,
): Promise<NewClient> {
  const admitted = await admit(context, body.reg_token, guess)
  context.note({ registration_token: admitted.id })
  const { domain_id: domain } = admitted
  const here: Context = { ...context, caller: { ...context.caller, domain } }
  const profile = await profileOf(here, admitted)
  const defaults = defaultsOf(profile?.csr_parameters ?? null)
  const wish = await wishOf(here, body, defaults, issuing.rules)
  const client_metadata = storedMembers('client_metadata', body.client_metadata)
  return inTurn(admitted.id, async () => {
    for (let run = 1; ; run++) {
      const token = await usableToken(here, body.reg_token)
      if (!token) throw refused()
      try {
        return await registerOnce(here, { token, body, wish, client_metadata }, issuing)
      } catch (error) {
        if (!(error instanceof Meanwhile)) throw error
        if (run === MOST_RUNS)
          throw new Fault('too-many-requests', 'too many clients are registering, try again')
        await pause(Math.random() * 20)
      }
    }
  })
}

interface Registration {
  readonly token: RegistrationTokenRow
  readonly body: Body
  readonly wish: Wish
  readonly client_metadata: string | null
}

async function registerOnce(
  context: Context,
  { token, body, wish, client_metadata }: Registration,
  issuing: Issuing,
): Promise<NewClient> {
  const { caller, now, read, transact } = context
  const profile = await profileOf(context, token)
  const id = randomUUID()
  const name = await nameOfClient(context, id, token, body.name)
  const field = body.do_not_modify_subject_dn ? null : (body.subject_dn_field_to_modify ?? 'OU')
  const obtained = await obtain(
    context,
    wish,
    {
      id,
      name,
      field,
      days: daysBy(token, profile),
      ca: () => signingCa(context, [token.ca_id, profile?.ca_id]),
    },
    issuing,
  )
  const { columns } = obtained
  if (await withFingerprint(read, caller.domain, columns.sha256_fingerprint))
    throw new Fault('conflict', 'a client is registered with this certificate already')
  context.note({
    id,
    name,
    ca: columns.ca_id,
    subject: columns.subject,
    serial: columns.serial_number,
  })
  const at = stamp(now())
  const meanwhile = new Meanwhile()
  const row: RegisteredClientRow = await transact(async (tx) => {
    const { clients_registered } = token
    tx.update(
      'registration_tokens',
      token,
      { clients_registered: clients_registered + 1 },
      { otherwise: meanwhile },
    )
    if (profile) demandProfileStays(tx, profile)
    const { groups, id: profile_id } = profile ?? addDefault(tx, context, meanwhile)
    await keep(context, tx, obtained, at, issuing)
    tx.count(caller.domain, 'registered_clients', 1)
    return tx.insert(
      'registered_clients',
      {
        id,
        domain_id: caller.domain,
        name,
        client_type: body.client_type ?? 'confidential',
        token_id: token.id,
        profile_id,
        ...columns,
        groups,
        client_metadata,
        revoked_at: null,
        revoked_reason: null,
        created_at: at,
        updated_at: at,
      },
      // A number that another client has meanwhile is left to it.
      { duplicate: body.name === undefined ? meanwhile : nameTaken(name) },
    )
  })
  return {
    ...present(row, { state: 'registered' }),
    ...(await keyOnce(wish, body)),
    client_ca: obtained.client_ca,
  }
}

/** The profile that a token names, or the default one; undefined as long as nobody needed that. */
async function profileOf(
  context: Context,
  { domain_id, profile_id }: RegistrationTokenRow,
): Promise<ClientProfileRow | undefined> {
  if (profile_id === null) return findDefault(context)
  const row = await context.read.row('client_profiles', { domain_id, id: profile_id })
  // A profile goes only after its tokens name another one.
  if (!row) throw new Meanwhile()
  return row
}
