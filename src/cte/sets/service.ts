import type { Context } from '../../context.ts'
import { type Page, pageFrom } from '../../kit/wire.ts'
import { list, listing } from '../../store/list.ts'
import type { CteSetRow } from '../../store/schema.ts'
import { listPolicies } from '../policies/list.ts'
import { demandReader } from '../readers.ts'
import {
  type Collection,
  changedColumns,
  existing,
  type LabelsIn,
  namedFilters,
  namedSort,
} from '../records.ts'
import { demandUnused, policiesNaming } from './uses.ts'
import { type Content, indexed, insertSet, removeSet, type UsesIn, updateSet } from './write.ts'

const READ = 'ReadPolicyElementsCTE'

const sets = listing({
  table: 'cte_sets',
  sort: namedSort,
  filters: { ...namedFilters, kind: { column: 'kind', exact: true } },
  order: '-createdAt',
})

interface Common {
  readonly description?: string | undefined
}
type Creation = Common & { readonly name: string; readonly labels?: LabelsIn | undefined }
type Change = Common & { readonly labels?: LabelsIn | null | undefined }

/** One kind of set: what its elements are, and how it is shown. */
export interface SetKind<Create, Changed, Answer> {
  readonly collection: Collection<'cte_sets'>
  readonly usesIn?: UsesIn
  present(row: CteSetRow): Answer
  /** What a new set holds. */
  made(context: Context, body: Create): Content | Promise<Content>
  /** What a PATCH makes of it: elements that were left out stay. */
  changed(context: Context, row: CteSetRow, body: Changed): Content | Promise<Content>
}

interface Which {
  readonly params: { readonly id: string }
}

/** What every kind of set does in the same way. */
export function setHandlers<Create, Changed, Answer>(kind: SetKind<Create, Changed, Answer>) {
  const { collection, present, usesIn } = kind
  return {
    async list(
      context: Context,
      {
        query,
      }: {
        query: Page & {
          readonly id?: string | undefined
          readonly name?: string | undefined
          readonly description?: string | undefined
        }
      },
    ) {
      demandReader(context, READ)
      const { id, name, description } = query
      const { rows, total, messages } = await list(context.read, sets, {
        domain: context.caller.domain,
        page: query,
        filters: { id, name, description, kind: collection.where?.kind },
      })
      for (const message of messages) context.say(message)
      return { skip: query.skip, limit: query.limit, total, resources: rows.map(present) }
    },

    async create(context: Context, { body }: { body: Create & Creation }) {
      context.note({ name: body.name })
      const row = await context.transact(async (tx) =>
        insertSet(tx, context, collection, body, await kind.made(context, body), usesIn),
      )
      context.note({ id: row.id })
      return present(row)
    },

    async get(context: Context, { params }: Which) {
      demandReader(context, READ)
      return present(await existing(context, collection, params.id))
    },

    async update(context: Context, { params, body }: Which & { body: Changed & Change }) {
      context.note({ changed: Object.keys(body) })
      return changeSet(context, kind, params.id, async (row) => ({
        ...changedColumns(body),
        ...(await kind.changed(context, row, body)),
      }))
    },

    async delete(context: Context, { params }: Which) {
      await context.transact(async (tx) => {
        const row = await existing(context, collection, params.id)
        context.note({ id: row.id, name: row.name })
        await demandUnused(context.read, row)
        await removeSet(tx, context.read, row)
      })
      return undefined
    },

    async listPolicies(context: Context, { params, query }: Which & { query: Page }) {
      demandReader(context, READ)
      const row = await existing(context, collection, params.id)
      return listPolicies(context, query, (eb) =>
        eb('cte_policies.id', 'in', policiesNaming(context.read, row)),
      )
    },
  }
}

/** One page of the elements, each with the place it has in the whole. */
export async function listElements<Element extends object>(
  context: Context,
  collection: Collection<'cte_sets'>,
  { params, query }: Which & { query: Page },
) {
  demandReader(context, READ)
  return pageFrom(indexed<Element>(await existing(context, collection, params.id)), query)
}

type Decided = Content & Partial<Pick<CteSetRow, 'description' | 'labels' | 'reference_version'>>

/** Changes a set in one unit: `decide` sees it as it is, and is asked again when somebody else was first. */
export async function changeSet<Answer>(
  context: Context,
  {
    collection,
    usesIn,
    present,
  }: Pick<SetKind<never, never, Answer>, 'collection' | 'usesIn' | 'present'>,
  reference: string,
  decide: (row: CteSetRow) => Decided | Promise<Decided>,
): Promise<Answer> {
  const row = await context.transact(async (tx) => {
    const before = await existing(context, collection, reference)
    context.note({ id: before.id, name: before.name })
    const { type: _, elements, named, ...columns } = await decide(before)
    return updateSet(
      tx,
      context,
      before,
      columns,
      { ...(elements && { elements }), ...(named && { named }) },
      usesIn,
    )
  })
  return present(row)
}
