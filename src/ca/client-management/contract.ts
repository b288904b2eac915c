import { z } from 'zod'
import { Time, text } from '../../kit/wire.ts'
import { orEmpty, Reference, Uri } from '../contract.ts'

/** What the resources of client management share on the wire. */

export const head = {
  id: z.uuid(),
  uri: Uri,
  account: Uri,
  application: Uri,
  devAccount: Uri,
  createdAt: Time,
  updatedAt: Time,
}

/** Go clients send an empty text for what was not set. */
export const maybeReference = (what: string) =>
  orEmpty(Reference).meta({ description: `${what}: id, URI or name.` })

/** A client's certificate ends with its CA at the latest. */
const LONGEST_DAYS = 36_500

export const days = (otherwise: string) =>
  z
    .number()
    .int()
    .min(0)
    .max(LONGEST_DAYS)
    .optional()
    .meta({ description: `How long certificates of clients hold, in days; 0: ${otherwise}.` })

/** Names of groups that clients are given. */
export const GroupNames = z.array(text(256)).max(100)
