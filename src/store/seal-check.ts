import {
  AliasNode,
  type KyselyPlugin,
  type OperationNode,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryId,
  type QueryResult,
  ReferenceNode,
  type RootOperationNode,
  SelectAllNode,
  SelectQueryNode,
  TableNode,
  type UnknownRow,
} from 'kysely'
import { Fault } from '../kit/fault.ts'
import { checkSeal, isSealedTable } from './sealing.ts'
import type { CryptoKeyHandle, SealedTable } from './store.ts'

/** A table as a query calls it, or a query within the query. */
interface Source {
  readonly name: string | undefined
  readonly node: OperationNode
}

/**
 * Checks every row that a query takes whole from a sealed table before the caller sees it. Which rows are whole is
 * read off the query itself: `selectAll()`, also inside a subquery that the rows come from.
 */
export class SealCheck implements KyselyPlugin {
  readonly #tables = new WeakMap<QueryId, SealedTable>()
  readonly #rowKey: () => CryptoKeyHandle | undefined

  constructor(rowKey: () => CryptoKeyHandle | undefined) {
    this.#rowKey = rowKey
  }

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    if (SelectQueryNode.is(node)) {
      const table = wholeRowsOf(node)
      if (table) this.#tables.set(queryId, table)
    }
    return node
  }

  async transformResult({
    result,
    queryId,
  }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    const table = this.#tables.get(queryId)
    if (!table) return result
    const rowKey = this.#rowKey()
    if (!rowKey) throw new Fault('unavailable', 'the store is sealed')
    for (const row of result.rows) checkSeal(rowKey, table, row)
    return result
  }
}

/** The sealed table whose whole rows the query returns. Throws when it would mix them with others. */
function wholeRowsOf(query: SelectQueryNode): SealedTable | undefined {
  const sources = sourcesOf(query)
  const whole = new Set<SealedTable>()
  let bare = false
  for (const { selection } of query.selections ?? []) {
    if (SelectAllNode.is(selection)) {
      bare = true
      for (const { node } of sources) note(whole, sealedIn(node, query))
    } else if (ReferenceNode.is(selection) && SelectAllNode.is(selection.column)) {
      const name = selection.table?.table.identifier.name
      const source = sources.find((candidate) => candidate.name === name)
      if (source) note(whole, sealedIn(source.node, query))
    }
  }
  const [table, other] = whole
  if (!table) return undefined
  if (other || (bare && sources.length > 1) || query.setOperations?.length)
    throw new Error(
      `whole rows of ${table} are read together with others: take one sealed table with selectAll('${table}')`,
    )
  return table
}

const note = (tables: Set<SealedTable>, table: SealedTable | undefined): void => {
  if (table) tables.add(table)
}

const sourcesOf = (query: SelectQueryNode): Source[] =>
  [...(query.from?.froms ?? []), ...(query.joins ?? []).map((join) => join.table)].map((node) => {
    if (AliasNode.is(node))
      return { name: 'name' in node.alias ? String(node.alias.name) : undefined, node: node.node }
    return { name: TableNode.is(node) ? node.table.identifier.name : undefined, node }
  })

function sealedIn(node: OperationNode, within: SelectQueryNode): SealedTable | undefined {
  if (SelectQueryNode.is(node)) return wholeRowsOf(node)
  if (!TableNode.is(node)) return undefined
  const name = node.table.identifier.name
  const common = within.with?.expressions.find(
    ({ name: given }) => given.table.table.identifier.name === name,
  )
  if (common)
    return SelectQueryNode.is(common.expression) ? wholeRowsOf(common.expression) : undefined
  return isSealedTable(name) ? name : undefined
}
