import { Fault, quote } from '../../kit/fault.ts'
import type { CreateBody } from '../keys/contract-bodies.ts'
import { ZERO_TIME } from '../keys/dates.ts'
import { mergeMeta, sameJson } from '../keys/meta.ts'
import type { KeyContext } from '../vault.ts'
import type { KeyAttributes } from './contract.ts'
import { existingTemplate } from './store.ts'

/**
 * The request with what its template says where it says nothing itself. Whoever manages keys may override a template;
 * for anybody else its word holds, and a request that says otherwise is refused.
 */
export async function withTemplate(context: KeyContext, body: CreateBody): Promise<CreateBody> {
  if (body.templateId === undefined) return body
  const row = await existingTemplate(context, body.templateId)
  const attributes = JSON.parse(row.key_attributes) as KeyAttributes
  const mayOverride = context.may('UpdateKey', 'vault:keys')
  const sent: Readonly<Record<string, unknown>> = body
  const merged: Record<string, unknown> = { ...body }
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'meta' || name === 'labels') continue
    if (isLeftOut(name, sent[name])) merged[name] = value
    else if (!mayOverride && !isSame(name, sent[name], value))
      throw new Fault('forbidden', `${name}: is set by the key template`)
  }
  const meta = body.meta ? mergeMeta(attributes.meta, body.meta) : attributes.meta
  if (!mayOverride && attributes.meta && !sameJson(mergeMeta(meta, attributes.meta), meta))
    throw new Fault('forbidden', 'meta: is set by the key template')
  if (!mayOverride) demandKept(attributes.labels, body.labels)
  return {
    ...(merged as CreateBody),
    meta,
    labels: attributes.labels || body.labels ? { ...attributes.labels, ...body.labels } : undefined,
  }
}

/** Of these the case of letters says nothing. */
const ANY_CASE = new Set(['algorithm', 'curveid', 'objectType', 'usage', 'state'])

/** Numbers may come as text. */
function isSame(name: string, sent: unknown, own: unknown): boolean {
  if (typeof sent === 'object' || typeof own === 'object') return sameJson(sent, own)
  const [one, other] = [String(sent), String(own)]
  return ANY_CASE.has(name) ? one.toLowerCase() === other.toLowerCase() : one === other
}

/** Numbers of which 0 is none; of a rotation it says that there is none. */
const ZERO_IS_NONE = new Set(['size', 'usageMask', 'idSize'])

/** Go clients send 0, an empty text and the first of all moments for what was not set. */
const isLeftOut = (name: string, value: unknown): boolean =>
  value === undefined ||
  value === '' ||
  (value === 0 && ZERO_IS_NONE.has(name)) ||
  (typeof value === 'string' && ZERO_TIME.test(value))

/** Labels decide which key policies hold for a key, so those of the template stay as they are; others may join them. */
function demandKept(own: KeyAttributes['labels'], sent: CreateBody['labels']): void {
  for (const [label, value] of Object.entries(own ?? {}))
    if (value !== null && sent && Object.hasOwn(sent, label) && sent[label] !== value)
      throw new Fault('forbidden', `labels: ${quote(label)} is set by the key template`)
}
