import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { Fault, notFound, quote } from '../../kit/fault.ts'
import { list, listing } from '../../store/list.ts'
import type { CteSetRow } from '../../store/schema.ts'
import { demandReader } from '../readers.ts'
import { existing, idIn, presentNamed } from '../records.ts'
import { elementsOf } from '../sets/elements.ts'
import { signatureSets } from '../sets/kinds.ts'
import { changeSet, setHandlers } from '../sets/service.ts'
import { updateSet } from '../sets/write.ts'
import type { cteSignatureSets, SignatureSet } from './contract.ts'
import { insertSignatures, presentSignature } from './signatures.ts'
import { signingHandlers, statusOf } from './signing.ts'

type Type = SignatureSet['type']
const TYPES: readonly Type[] = ['Application', 'Container-Image']

const signatureList = listing({
  table: 'cte_signatures',
  sort: { createdAt: { column: 'created_at' }, file_name: { column: 'file_name' } },
  filters: { file_name: { column: 'file_name' }, hash_value: { column: 'hash_value' } },
  order: 'createdAt',
})

interface Body {
  readonly source_list?: readonly string[] | undefined
}

const kind = { collection: signatureSets, present }

export const signatureSetHandlers: Handlers<Context, typeof cteSignatureSets> = {
  ...setHandlers({
    ...kind,
    made: (_context, body: Body & { readonly type?: string | undefined }) => ({
      type: typeFor(body.type),
      elements: [...new Set(body.source_list)],
    }),
    changed: (_context, row, body: Body) => withSources(row, body.source_list ?? []),
  }),

  async deleteSources(context, { params, body }) {
    return changeSet(context, kind, params.id, (row) => {
      const sources = elementsOf<string>(row)
      const gone = new Set(body.source_list)
      const unknown = [...gone].find((source) => !sources.includes(source))
      if (unknown !== undefined) throw notFound('source', unknown)
      return {
        elements: sources.filter((source) => !gone.has(source)),
        reference_version: row.reference_version + 1,
      }
    })
  },

  async listElements(context, { params, query }) {
    demandReader(context, 'ReadPolicyElementsCTE')
    const set = await existing(context, signatureSets, params.id)
    const { rows, total, messages } = await list(context.read, signatureList, {
      domain: set.domain_id,
      page: query,
      filters: { file_name: query.file_name, hash_value: query.hash_value },
      where: (eb) => eb('cte_signatures.set_id', '=', set.id),
    })
    for (const message of messages) context.say(message)
    return { skip: query.skip, limit: query.limit, total, resources: rows.map(presentSignature) }
  },

  async addSignatures(context, { params, body }) {
    const row = await context.transact(async (tx) => {
      const set = await existing(context, signatureSets, params.id)
      context.note({ id: set.id, name: set.name, signatures: body.signatures.length })
      await insertSignatures(tx, context, set, body.signatures)
      return updateSet(tx, context, set, { reference_version: set.reference_version + 1 })
    })
    return present(row)
  },

  async deleteSignature(context, { params }) {
    await context.transact(async (tx) => {
      const set = await existing(context, signatureSets, params.id)
      context.note({ id: set.id, name: set.name, signature: params.signature_id })
      const { domain_id, id: set_id } = set
      const id = idIn(params.signature_id)
      const signature =
        id === undefined
          ? undefined
          : await context.read.row('cte_signatures', { domain_id, set_id, id })
      if (!signature) throw notFound('signature', params.signature_id)
      tx.remove('cte_signatures', signature)
      tx.count(set.domain_id, 'cte_signatures', -1)
      await updateSet(tx, context, set, { reference_version: set.reference_version + 1 })
    })
    return undefined
  },

  ...signingHandlers,
}

/** A PATCH adds sources; what is there already is no second one. */
function withSources(row: CteSetRow, given: readonly string[]) {
  const sources = elementsOf<string>(row)
  const added = [...new Set(given)].filter((source) => !sources.includes(source))
  return added.length === 0
    ? {}
    : { elements: [...sources, ...added], reference_version: row.reference_version + 1 }
}

function typeFor(text = 'Application'): Type {
  const type = TYPES.find((one) => one.toLowerCase() === text.toLowerCase())
  if (!type)
    throw new Fault('invalid-parameter', `type: ${quote(text)} is not one of ${TYPES.join(', ')}`)
  return type
}

/** The one place where a signature set becomes JSON. */
function present(row: CteSetRow): SignatureSet {
  return {
    ...presentNamed(signatureSets, row),
    type: row.type as Type,
    source_list: elementsOf<string>(row),
    reference_version: row.reference_version,
    ...statusOf(row),
    updated_by: row.updated_by,
    docker_img_id: '',
    docker_cont_id: '',
  }
}
