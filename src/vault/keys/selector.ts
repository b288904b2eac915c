import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import { Fault, quote } from '../../kit/fault.ts'
import type { Schema } from '../../store/schema.ts'

/** One condition of a label selector: the label's value is one of these, is none of them, or there is any. */
export type Condition =
  | { readonly label: string; readonly op: 'in' | 'not in'; readonly values: readonly string[] }
  | { readonly label: string; readonly op: 'exists' }

/** Conditions that must all hold. */
export type Selector = readonly Condition[]

const MAX_CONDITIONS = 50

/**
 * Reads `k=v`, `k!=v`, `k=`, `k in (a,b)` and `k`, joined by commas (reference 7.1, 10). Throws 'invalid-parameter'
 * for anything else: a selector that was misread would let in whom nobody meant.
 */
export function parseSelector(field: string, text: string): Selector {
  const conditions = splitOutside(text).map((part) => condition(field, part.trim()))
  if (conditions.length > MAX_CONDITIONS)
    throw new Fault('invalid-parameter', `${field}: more than ${MAX_CONDITIONS} conditions`)
  return conditions
}

/** What rows have to be labelled with, all of it. */
export const labelled = (labels: Labels): Selector =>
  Object.entries(labels).map(([label, value]) => ({ label, op: 'in', values: [value] }))

/** At commas that are in no parentheses. */
function splitOutside(text: string): string[] {
  const parts: string[] = []
  let from = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)].filter((part) => part.trim() !== '')
}

function condition(field: string, text: string): Condition {
  const refused = new Fault(
    'invalid-parameter',
    `${field}: ${quote(text)} is no condition on labels`,
  )
  const list = /^([^\s=!(),]+)\s+in\s*\(([^()]*)\)$/i.exec(text)
  if (list) {
    const [, label = '', values = ''] = list
    return { label, op: 'in', values: values.split(',').map((value) => value.trim()) }
  }
  const at = text.indexOf('=')
  if (at < 0) {
    if (text === '' || /[\s!()]/.test(text)) throw refused
    return { label: text, op: 'exists' }
  }
  const not = text[at - 1] === '!'
  const label = text.slice(0, not ? at - 1 : at).trim()
  // Kubernetes writes `==` as well, and clients of labels learnt it there.
  const value = text.slice(text[at + 1] === '=' ? at + 2 : at + 1).trim()
  if (label === '' || /[\s!()]/.test(label)) throw refused
  return { label, op: not ? 'not in' : 'in', values: [value] }
}

export type Labels = Readonly<Record<string, string>>

export const matches = (selector: Selector, labels: Labels): boolean =>
  selector.every((one) => {
    const value = Object.hasOwn(labels, one.label) ? labels[one.label] : undefined
    if (one.op === 'exists') return value !== undefined
    const among = value !== undefined && one.values.includes(value)
    return one.op === 'in' ? among : !among
  })

type Keys = ExpressionBuilder<Schema, 'keys'>

/** The same as a condition on rows of keys, found by the index of labels. */
export function selectorCondition(
  eb: Keys,
  domain: string,
  selector: Selector,
): Expression<SqlBool> {
  if (selector.length === 0) return sql<SqlBool>`1 = 1`
  return eb.and(
    selector.map((one) => {
      let labelled = eb
        .selectFrom('key_labels')
        .select('key_labels.key_row')
        .where('key_labels.domain_id', '=', domain)
        .where('key_labels.label', '=', one.label)
      if (one.op !== 'exists') labelled = labelled.where('key_labels.value', 'in', [...one.values])
      return one.op === 'not in' ? eb('keys.id', 'not in', labelled) : eb('keys.id', 'in', labelled)
    }),
  )
}
