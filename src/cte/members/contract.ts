import { z } from 'zod'
import { Time, text } from '../../kit/wire.ts'
import { maybe } from '../../vault/contract.ts'
import { MAX_CLIENTS, Waiting } from '../clients/contract.ts'
import { idParams, maybeFlag, Reference } from '../contract.ts'

/** What groups of clients have alike on the wire, whichever kind they are of. */

export const ClientList = z.array(text(512).min(1)).max(MAX_CLIENTS)

export const memberParams = z.object({
  id: idParams.shape.id,
  client_id: Reference.meta({ description: 'Id, name, URI or slug of the client.' }),
})

export const NewMembers = z.object({
  client_list: maybe(ClientList),
  inherit_attributes: maybeFlag,
})

const Association = z.object({
  id: z.uuid(),
  client_id: z.uuid(),
  client_name: z.string().max(256),
  status: z.string().max(64).meta({ description: '`added`, or `present` for one that was there.' }),
})
export type Association = z.output<typeof Association>

export const NewAssociations = z.object({
  association_response: z.array(Association).max(MAX_CLIENTS),
})

export const GroupWaiting = Waiting.extend({ paused: z.boolean() })

export const membershipFields = {
  id: z.uuid(),
  client_id: z.uuid(),
  client_name: z.string().max(256),
  createdAt: Time,
}
