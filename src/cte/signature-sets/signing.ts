import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, quote } from '../../kit/fault.ts'
import type { CteSetRow } from '../../store/schema.ts'
import { clients } from '../clients/find.ts'
import { hold } from '../hold.ts'
import { existing } from '../records.ts'
import { elementsOf } from '../sets/elements.ts'
import { signatureSets } from '../sets/kinds.ts'
import { updateSet } from '../sets/write.ts'
import type { cteSignatureSets } from './contract.ts'

/** What a client's agent was asked to sign waits for the agent; the set says so until it is taken back. */
const NOT_SIGNED = 'NOT_SIGNED'
const PENDING = 'PENDING'
const CANCELLED = 'CANCELLED'

type Signing = 'sign' | 'querySigning' | 'cancelSigning'

interface Input {
  readonly params: { readonly id: string }
  readonly body: { readonly client_id: string }
}

export const signingHandlers: Pick<Handlers<Context, typeof cteSignatureSets>, Signing> = {
  async sign(context, input) {
    return changed(context, input, (set, clientId) => {
      if (elementsOf(set).length === 0)
        throw new Fault('conflict', `signature set ${quote(set.name)} has no sources to sign`)
      return { signing_status: PENDING, signing_client: clientId }
    })
  },

  async querySigning(context, { params, body }) {
    const set = await existing(context, signatureSets, params.id)
    const client = await existing(context, clients, body.client_id)
    return answer(set, body.client_id, client.id)
  },

  async cancelSigning(context, input) {
    return changed(context, input, (set, clientId) => {
      if (set.signing_client !== clientId || set.signing_status !== PENDING)
        throw new Fault(
          'conflict',
          `client ${quote(input.body.client_id)} was not asked to sign signature set ${quote(set.name)}`,
        )
      return { signing_status: CANCELLED }
    })
  },
}

/** How far signing has come; only an agent could report more than its beginning. */
export const statusOf = ({ signing_status }: Pick<CteSetRow, 'signing_status'>) => ({
  signing_status: signing_status || NOT_SIGNED,
  percentage_complete: 0,
})

async function changed(
  context: Context,
  { params, body }: Input,
  decide: (
    set: CteSetRow,
    clientId: string,
  ) => Partial<Pick<CteSetRow, 'signing_status' | 'signing_client'>>,
) {
  return context.transact(async (tx) => {
    const set = await existing(context, signatureSets, params.id)
    const client = await existing(context, clients, body.client_id)
    context.note({ id: set.id, name: set.name, client: client.name })
    hold(tx, 'cte_clients', client)
    const after = await updateSet(tx, context, set, decide(set, client.id))
    return answer(after, body.client_id, client.id)
  })
}

const answer = (set: CteSetRow, client_id: string, clientId: string) => ({
  signature_set_id: set.id,
  client_id,
  status: set.signing_client === clientId ? statusOf(set).signing_status : NOT_SIGNED,
})
