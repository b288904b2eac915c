import { z } from 'zod'

/**
 * The forms that values take on the wire, read as CM's clients send them: `null` is absent, query values are text,
 * booleans come as true and false in any case.
 */

export const MAX_LIMIT = 2000
export const DEFAULT_LIMIT = 10
/** `limit=-1` asks for every row. */
export const ALL_ROWS = -1

/** What both databases keep as it is: PostgreSQL takes no NUL in text, and neither keeps half a surrogate pair. */
export const isStorable = (value: string): boolean => value.isWellFormed() && !value.includes('\0')

/** Text that ends in the store or in a query, at most `max` UTF-16 units long. */
export const text = (max: number) =>
  z.string().max(max).refine(isStorable, 'must be valid Unicode without NUL characters')

const integer = (name: string) =>
  z
    .string()
    .max(20)
    .regex(/^-?\d+$/, `${name} must be a whole number`)
    .transform(Number)

/** skip, limit and sort of every list (reference 1.4). limit 0 means the default; above 2000 it is clamped. */
export const Page = z.object({
  skip: integer('skip')
    .pipe(z.number().int().min(0).max(Number.MAX_SAFE_INTEGER))
    .default(0)
    .meta({ description: 'Rows to leave out before the first one.' }),
  limit: integer('limit')
    .pipe(z.number().int().min(ALL_ROWS).max(Number.MAX_SAFE_INTEGER))
    .transform((limit) => (limit === 0 ? DEFAULT_LIMIT : Math.min(limit, MAX_LIMIT)))
    .default(DEFAULT_LIMIT)
    .meta({ description: 'Rows to return, at most 2000; -1 returns all.' }),
  sort: z
    .string()
    .max(200)
    .optional()
    .meta({ description: 'Field names, comma separated; a leading - sorts downwards.' }),
})
export type Page = z.output<typeof Page>

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    skip: z.number().int(),
    limit: z.number().int(),
    total: z.number().int(),
    messages: z.array(z.string().max(500)).optional(),
    resources: z.array(item),
  })

/** The page of a list that is short enough to be had whole. */
export const pageFrom = <Row>(all: readonly Row[], { skip, limit }: Page) => ({
  skip,
  limit,
  total: all.length,
  resources: all.slice(skip, limit === ALL_ROWS ? undefined : skip + limit),
})

export const QueryBoolean = z
  .string()
  .max(5)
  .regex(/^(true|false)$/i, 'must be true or false')
  .transform((text) => text.toLowerCase() === 'true')

/** A text filter of a list: `*` and `?` are wildcards, a backslash takes them literally. */
export const TextFilter = text(512)

/** A comma-separated list in a query, empty parts left out. */
export const CommaList = text(4096).transform((list) =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

/** A free JSON object, kept as it comes. */
export const Metadata = z.record(z.string().max(256), z.unknown())

/** Answers carry at most six fraction digits with trailing zeros cut (XSOAR dies on more). */
export const Time = z.string().max(40).meta({ format: 'date-time' })

export const Empty = z.undefined()
