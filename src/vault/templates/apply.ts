import { Fault } from '../../kit/fault.ts'
import type { CreateBody } from '../keys/contract-bodies.ts'
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
    if (sent[name] === undefined) merged[name] = value
    else if (!mayOverride && !sameJson(sent[name], value))
      throw new Fault('forbidden', `${name}: is set by the key template`)
  }
  const meta = body.meta ? mergeMeta(attributes.meta, body.meta) : attributes.meta
  if (!mayOverride && attributes.meta && !sameJson(mergeMeta(meta, attributes.meta), meta))
    throw new Fault('forbidden', 'meta: is set by the key template')
  return {
    ...(merged as CreateBody),
    meta,
    labels: attributes.labels || body.labels ? { ...attributes.labels, ...body.labels } : undefined,
  }
}
