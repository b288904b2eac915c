import type { Context } from '../../context.ts'
import { stamp } from '../../kit/time.ts'
import type { CteSetRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { type Collection, type LabelsIn, nameTaken, newColumns } from '../records.ts'
import { elementsOf, storedElements } from './elements.ts'

/** What a request makes of a set beside its name, description and labels. */
export interface Content {
  readonly type?: string
  readonly elements?: readonly unknown[]
  /** Sets that the request names in elements. */
  readonly named?: readonly CteSetRow[]
}

/** Ids of the sets that elements name. */
export type UsesIn = (elements: readonly unknown[]) => readonly string[]
const noUses: UsesIn = () => []

interface Given {
  readonly name: string
  readonly description?: string | undefined
  readonly labels?: LabelsIn | undefined
}

/** Part of a unit that makes a set. */
export async function insertSet(
  tx: Writer,
  { caller, now, read }: Pick<Context, 'caller' | 'now' | 'read'>,
  collection: Collection<'cte_sets'>,
  given: Given,
  { type = '', elements = [], named = [] }: Content,
  usesIn: UsesIn = noUses,
): Promise<CteSetRow> {
  const columns = newColumns(caller.domain, collection, given, stamp(now()))
  const row = tx.insert(
    'cte_sets',
    {
      ...columns,
      kind: collection.where?.kind ?? '',
      type,
      elements: storedElements(elements),
      reference_version: 0,
      signing_status: '',
      signing_client: null,
      updated_by: caller.username,
    },
    { duplicate: nameTaken(collection, columns.name) },
  )
  tx.count(caller.domain, 'cte_sets', 1)
  await keepUses(tx, read, row, usesIn(elements), named)
  return row
}

type Changes = Partial<
  Pick<
    CteSetRow,
    'description' | 'labels' | 'reference_version' | 'signing_status' | 'signing_client'
  >
>

/** Part of a unit that changes a set. */
export async function updateSet(
  tx: Writer,
  { caller, now, read }: Pick<Context, 'caller' | 'now' | 'read'>,
  row: CteSetRow,
  changes: Changes,
  { elements, named = [] }: Content = {},
  usesIn: UsesIn = noUses,
): Promise<CteSetRow> {
  const updated = tx.update('cte_sets', row, {
    ...changes,
    ...(elements && { elements: storedElements(elements) }),
    updated_by: caller.username,
    updated_at: stamp(now()),
  })
  if (elements) await keepUses(tx, read, row, usesIn(elements), named)
  return updated
}

/** Part of a unit that deletes a set which nobody uses. */
export async function removeSet(tx: Writer, read: Reader, row: CteSetRow): Promise<void> {
  tx.remove('cte_sets', row)
  tx.count(row.domain_id, 'cte_sets', -1)
  await keepUses(tx, read, row, [], [])
  tx.run(tx.deleteFrom('cte_signatures').where('set_id', '=', row.id))
}

/**
 * Part of a unit that uses a set: raises its version, so that a deletion at the same moment is done again and sees the
 * use. Each set once, however often it is named.
 */
export function holdSets(tx: Writer, sets: readonly CteSetRow[]): void {
  for (const set of new Map(sets.map((row) => [row.id, row])).values())
    tx.update('cte_sets', set, {})
}

async function keepUses(
  tx: Writer,
  read: Reader,
  row: CteSetRow,
  uses: readonly string[],
  named: readonly CteSetRow[],
): Promise<void> {
  if (row.kind !== 'process') return
  const { domain_id } = row
  const known = await read.rows('cte_set_uses', { domain_id, process_set: row.id })
  const wanted = new Set(uses)
  for (const use of known) if (!wanted.delete(use.used_set)) tx.remove('cte_set_uses', use)
  holdSets(
    tx,
    named.filter(({ id }) => wanted.has(id)),
  )
  for (const used_set of wanted)
    tx.insert('cte_set_uses', { domain_id, process_set: row.id, used_set })
}

/** What every element is, with what was sent of it: null takes away, what was left out stays as it was before. */
export function merged<Element extends object>(
  blank: Element,
  before: Element,
  sent: { readonly [Field in keyof Element]?: Element[Field] | null | undefined },
): Element {
  const made: Element = { ...before }
  for (const field of Object.keys(blank) as (keyof Element)[]) {
    const value = sent[field]
    if (value === null) made[field] = blank[field]
    else if (value !== undefined) made[field] = value as Element[typeof field]
  }
  return made
}

/** Elements as answers show them, each with its place. */
export const indexed = <Element extends object>(
  row: CteSetRow,
): (Element & { readonly index: number })[] =>
  elementsOf<Element>(row).map((element, index) => ({ index, ...element }))
