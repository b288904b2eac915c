import { z } from 'zod'

/** Below this there is nothing to gain. */
const LEAST_OPTIONAL = 8
const MOST_KEPT = 64

interface Lean {
  /** Fields that contribute nothing when they are left out. */
  readonly optional: ReadonlySet<string>
  readonly kept: Map<string, z.ZodType>
}

/**
 * A schema that says of this value what `schema` says of it, without asking the optional fields that were not sent: of
 * sixty fields of a key most requests bring three. Each choice of fields has its schema made once; whoever sends ever
 * new choices is checked by the whole schema from then on.
 */
export function leanFor(schema: z.ZodType, value: unknown): z.ZodType {
  const lean = leanOf(schema)
  // The names of a long list would be as many texts.
  if (!lean || typeof value !== 'object' || value === null || Array.isArray(value)) return schema
  // Of known names only, which hold no blank: what else was sent cannot make two choices look the same.
  const sent = Object.keys(value).filter((field) => lean.optional.has(field))
  const name = sent.join(' ')
  const known = lean.kept.get(name)
  if (known) return known
  if (lean.kept.size >= MOST_KEPT) return schema
  const made = withOptional(schema as z.ZodObject, lean, new Set(sent))
  lean.kept.set(name, made)
  return made
}

const leans = new WeakMap<z.ZodType, { readonly lean: Lean | undefined }>()

function leanOf(schema: z.ZodType): Lean | undefined {
  const known = leans.get(schema)
  if (known) return known.lean
  const lean = prepare(schema)
  leans.set(schema, { lean })
  return lean
}

function prepare(schema: z.ZodType): Lean | undefined {
  // A rule over the whole object may look at any field.
  if (!(schema instanceof z.ZodObject) || (schema.def.checks?.length ?? 0) > 0) return undefined
  const optional = new Set(
    Object.entries(schema.shape)
      .filter(([name, field]) => !name.includes(' ') && isSilent(field as z.ZodType))
      .map(([name]) => name),
  )
  return optional.size < LEAST_OPTIONAL ? undefined : { optional, kept: new Map() }
}

/** Whether the field may be left out and puts nothing in its place. */
function isSilent(field: z.ZodType): boolean {
  if (field._zod.optin !== 'optional') return false
  const left = field.safeParse(undefined)
  return left.success && left.data === undefined
}

function withOptional(
  schema: z.ZodObject,
  { optional }: Lean,
  sent: ReadonlySet<string>,
): z.ZodType {
  const mask: Record<string, true> = {}
  for (const name in schema.shape) if (!optional.has(name) || sent.has(name)) mask[name] = true
  return schema.pick(mask as Record<never, true>)
}
