import { z } from 'zod'
import { Page, TextFilter, Time, text } from '../kit/wire.ts'
import { maybe, maybeText } from '../vault/contract.ts'

/** What the endpoints of transparent encryption share on the wire. Go clients send every member of their structs. */

/** Names another object: its name, UUID, URI or slug. */
export const Reference = text(512).min(1)

/** The same in a body, where null and an empty text stand for nothing. */
export const maybeReference = maybeText(512)

/** Null stands for nothing; an empty list is one. */
export const maybeList = <Item extends z.ZodType>(item: Item, max: number) =>
  maybe(z.array(item).max(max))

export const maybeFlag = maybe(z.boolean())

/** As it is given to a new object. */
export const ObjectName = text(256).min(1)

export const Description = text(4096)

/** As long as paths are that are kept. */
const MAX_PATH = 4096

/**
 * The text filter for paths, where a backslash is a letter like others and takes nothing literally: `C:\data\*` is
 * what is below that folder.
 */
export const PathFilter = text(MAX_PATH).transform((filter) => filter.replaceAll('\\', '\\\\'))

const LabelMap = z.record(text(256), text(256).nullable())

/** Labels of a new object. */
export const maybeLabels = maybe(LabelMap)

/**
 * Labels of a change, where null takes them all away and an empty map changes nothing. The endpoint says
 * `nulls: ['labels']`, or the null would be gone before it is seen.
 */
export const changedLabels = LabelMap.nullish()

/** What every new object may be given beside its own fields. */
export const createFields = {
  name: ObjectName,
  description: maybe(Description),
  labels: maybeLabels,
}

/**
 * What every object may be changed in. `name` is taken and changes nothing, as clients see it from CM: so no schema has
 * it, and it is dropped like any other unknown field.
 */
export const changeFields = {
  description: maybe(Description).meta({ description: 'An empty text clears it.' }),
  labels: changedLabels.meta({
    description: 'Replaces those before; null takes all away, an empty map changes nothing.',
  }),
}

/** What bodies of endpoints have in common: see `Endpoint`. */
export const bodyRules = { wrongBody: 'invalid-parameter', anyCase: true } as const
export const changeRules = { ...bodyRules, nulls: ['labels'] } as const

export const idParams = z.object({
  id: Reference.meta({ description: 'Id, name, URI or slug.' }),
})

/** Fields of every answer. */
export const identified = {
  id: z.uuid(),
  uri: z.string().max(512),
  account: z.string().max(256),
  application: z.string().max(256),
  devAccount: z.string().max(256),
  createdAt: Time,
  updatedAt: Time,
}

/** Fields of the answer for everything that has a name. */
export const named = {
  ...identified,
  name: z.string().max(256),
  description: z.string().max(4096),
  labels: z.record(z.string().max(256), z.string().max(256)),
}

/** The query of every list. */
export const ListQuery = Page.extend({
  id: TextFilter.optional(),
  name: TextFilter.optional(),
  description: TextFilter.optional(),
})

/** Those with the duty to read it and agents, as the handler sees to (readers.ts). */
export const AGENTS_TOO = 'self'
