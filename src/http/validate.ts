import type { z } from 'zod'
import { Fault } from '../kit/fault.ts'
import { leanFor } from './lean.ts'

/** Parses by the contract's schema; what does not fit is told field by field, never quoting a value. */
export function parseInput(
  schema: z.ZodType | undefined,
  value: unknown,
  kind: 'invalid' | 'invalid-parameter' = 'invalid',
): unknown {
  if (schema === undefined) return undefined
  const result = leanFor(schema, value).safeParse(value, { error: required })
  if (result.success) return result.data
  throw new Fault(
    kind,
    kind === 'invalid' ? validationSentence(result.error) : complaints(result.error).join('; '),
  )
}

/** Zod speaks of an expected type and `undefined`; a person has left something out. */
const required = (issue: {
  readonly code: string
  readonly input?: unknown
}): string | undefined =>
  issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : undefined

/** In the reference's form: `Validation errors:` and a line for each field. */
export const validationSentence = (error: z.ZodError): string =>
  ['Validation errors:', ...complaints(error).map((complaint) => ` ${complaint}`)].join('\n')

const complaints = (error: z.ZodError): string[] =>
  error.issues
    .slice(0, 20)
    .map(
      (issue) =>
        `${issue.path.length === 0 ? 'body' : issue.path.join('.').slice(0, 200)}: ${reason(issue)}`,
    )

/** Zod's own message, except where it repeats what was sent. */
function reason(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return 'has a field that is not known'
  return issue.message.slice(0, 300)
}

/** CM's clients send null for what they leave out; only inside metadata, and in the fields named, does null mean null. */
export function withoutNulls(body: unknown, meant: readonly string[] = []): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  let copy: Record<string, unknown> | undefined
  for (const [key, value] of Object.entries(body)) {
    if (value !== null || meant.includes(key)) continue
    copy ??= { ...(body as Record<string, unknown>) }
    delete copy[key]
  }
  return copy ?? body
}
