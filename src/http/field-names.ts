import { z } from 'zod'
import { Fault } from '../kit/fault.ts'

/**
 * A body with its fields named as the schema names them, whatever case they came in (reference 1): of the fields that
 * the schema knows, objects and lists inside them included. Records, whose names are data, stay as they are. Throws
 * 'invalid' for a field that comes in two spellings, since readers would each take another one.
 */
export function withKnownNames(schema: z.ZodType, value: unknown): unknown {
  const inner = unwrapped(schema)
  if (inner instanceof z.ZodArray)
    return Array.isArray(value)
      ? value.map((item) => withKnownNames(inner.element as z.ZodType, item))
      : value
  if (!(inner instanceof z.ZodObject)) return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const shape = inner.shape as Readonly<Record<string, z.ZodType>>
  const names = namesOf(shape)
  const named: Record<string, unknown> = {}
  for (const [given, held] of Object.entries(value)) {
    const name = Object.hasOwn(shape, given) ? given : (names.get(given.toLowerCase()) ?? given)
    if (Object.hasOwn(named, name))
      throw new Fault('invalid', `the field ${name} is given twice, in two spellings`)
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined
    named[name] = field ? withKnownNames(field, held) : held
  }
  return named
}

/** What is inside of `optional`, `nullish`, `default` and of a transformation of what comes in. */
function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in as z.ZodType)
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault
  )
    return unwrapped(schema.unwrap() as z.ZodType)
  return schema
}

const known = new WeakMap<object, ReadonlyMap<string, string>>()

function namesOf(shape: object): ReadonlyMap<string, string> {
  const found = known.get(shape)
  if (found) return found
  const names = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]))
  known.set(shape, names)
  return names
}
