import { randomUUID } from 'node:crypto'
import type { Context } from '../../context.ts'
import { accountOf, accountUri } from '../../kit/domain.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { stamp, wireTime } from '../../kit/time.ts'
import { list, listing } from '../../store/list.ts'
import type { KeyTemplateRow } from '../../store/schema.ts'
import { daysOf, timeOf } from '../keys/dates.ts'
import { readState } from '../keys/first-state.ts'
import { mergeLabels, storedLabels } from '../keys/labels.ts'
import { demandTemplateReader } from '../keys/makers.ts'
import { checkMeta, mergeMeta, readMeta, storedMeta } from '../keys/meta.ts'
import { nameFor } from '../keys/names.ts'
import { labelsOf } from '../keys/rights.ts'
import { readSpec } from '../material/index.ts'
import { vaultOf } from '../vault.ts'
import type { KeyAttributes, KeyTemplate, keyTemplates } from './contract.ts'
import { existingTemplate } from './store.ts'

const templateList = listing({
  table: 'key_templates',
  sort: {
    updatedAt: { column: 'updated_at' },
    createdAt: { column: 'created_at' },
    name: { column: 'name', unique: true },
  },
  filters: {
    id: { column: 'id' },
    name: { column: 'name' },
    description: { column: 'description' },
  },
  order: '-updatedAt',
})

export const keyTemplateHandlers: Handlers<Context, typeof keyTemplates> = {
  async list(context, { query }) {
    demandTemplateReader(context)
    const { rows, total, messages } = await list(context.read, templateList, {
      domain: context.caller.domain,
      page: query,
      filters: { id: query.id, name: query.name, description: query.description },
    })
    for (const message of messages) context.say(message)
    return { skip: query.skip, limit: query.limit, total, resources: rows.map(present) }
  },

  async create(context, { body }) {
    const { caller, now, transact } = context
    const name = nameFor(body.name)
    context.note({ name })
    const at = stamp(now())
    const row = await transact((tx) => {
      tx.count(caller.domain, 'key_templates', 1)
      return tx.insert(
        'key_templates',
        {
          id: randomUUID(),
          domain_id: caller.domain,
          name,
          description: body.description ?? '',
          labels: storedLabels(mergeLabels({}, body.labels ?? {})),
          meta: storedMeta(body.meta),
          key_attributes: checkedAttributes(context, body.keyAttributes),
          created_at: at,
          updated_at: at,
        },
        { duplicate: new Fault('conflict', `the key template ${quote(name)} already exists`) },
      )
    })
    return present(row)
  },

  async get(context, { params }) {
    demandTemplateReader(context)
    return present(await existingTemplate(context, params.id))
  },

  async update(context, { params, body }) {
    const { now, transact } = context
    context.note({ template: params.id, changed: Object.keys(body) })
    const row = await transact(async (tx) => {
      const template = await existingTemplate(context, params.id)
      return tx.update('key_templates', template, {
        ...(body.description !== undefined && { description: body.description }),
        ...(body.labels && { labels: storedLabels(mergeLabels(labelsOf(template), body.labels)) }),
        ...(body.meta && { meta: storedMeta(mergeMeta(readMeta(template.meta), body.meta)) }),
        ...(body.keyAttributes && {
          key_attributes: checkedAttributes(context, body.keyAttributes),
        }),
        updated_at: stamp(now()),
      })
    })
    return present(row)
  },

  async delete(context, { params }) {
    context.note({ template: params.id })
    await context.transact(async (tx) => {
      const template = await existingTemplate(context, params.id)
      context.note({ id: template.id, name: template.name })
      tx.remove('key_templates', template)
      tx.count(template.domain_id, 'key_templates', -1)
    })
    return undefined
  },
}

/** A template with which no key can be made is refused now, not when somebody needs a key. */
function checkedAttributes(context: Context, given: KeyAttributes): string {
  readSpec(given, vaultOf(context.services).rules)
  readState(given.state)
  daysOf(given.rotationFrequencyDays)
  for (const field of ['activationDate', 'deactivationDate', 'processStartDate'] as const)
    timeOf(field, given[field])
  for (const field of ['protectStopDate', 'archiveDate'] as const) timeOf(field, given[field])
  if (given.meta) checkMeta(given.meta)
  mergeLabels({}, given.labels ?? {})
  return JSON.stringify(given)
}

/** The one place where a key template becomes JSON. */
const present = (row: KeyTemplateRow): KeyTemplate => ({
  id: row.id,
  uri: `kylo:${accountOf(row.domain_id)}:vault:templates:${row.id}`,
  account: accountUri(row.domain_id),
  createdAt: wireTime(row.created_at),
  updatedAt: wireTime(row.updated_at),
  name: row.name,
  description: row.description,
  ...(row.labels !== null && { labels: { ...labelsOf(row) } }),
  ...(row.meta !== null && { meta: { ...readMeta(row.meta) } }),
  keyAttributes: JSON.parse(row.key_attributes) as KeyTemplate['keyAttributes'],
})
