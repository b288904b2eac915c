import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { quote } from '../../kit/fault.ts'
import { pageFrom } from '../../kit/wire.ts'
import { fits } from '../glob.ts'
import { type cteReports, type ReportName, type RowOf, rows as shapes } from './contract.ts'
import { csvOf } from './csv.ts'
import { makers } from './make.ts'

type Value = string | number | boolean
type AnyRow = Readonly<Record<string, Value>>

interface Asked {
  readonly sort?: string | undefined
  readonly [filter: string]: unknown
}

const columnsOf = (name: ReportName): string[] => Object.keys(shapes[name].shape)

/** The rows of a report that the query asks for, in its order. */
async function report<Name extends ReportName>(
  context: Context,
  name: Name,
  asked: Asked,
): Promise<RowOf<Name>[]> {
  const columns = columnsOf(name)
  const filters = columns.flatMap((column) => {
    const filter = asked[column]
    return typeof filter === 'string' ? [[column, filter] as const] : []
  })
  const all = (await makers[name](context)) as unknown as AnyRow[]
  const found = all.filter((row) =>
    filters.every(([column, filter]) => fits(filter, String(row[column]))),
  )
  const order = orderOf(context, columns, asked.sort)
  return found.sort((one, other) => compared(one, other, order)) as unknown as RowOf<Name>[]
}

interface By {
  readonly column: string
  readonly down: boolean
}

/** By what was asked for, then by all columns from the first, so that pages fit each other. */
function orderOf(context: Context, columns: readonly string[], sort = ''): By[] {
  const asked = sort
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => ({ column: part.replace(/^-/, ''), down: part.startsWith('-') }))
    .filter(({ column }) => {
      const isKnown = columns.includes(column)
      if (!isKnown) context.say(`sort field ${quote(column)} is not known and was ignored`)
      return isKnown
    })
  const names = columns.filter((column) => column.endsWith('_name'))
  return [...asked, ...[...names, ...columns].map((column) => ({ column, down: false }))]
}

function compared(one: AnyRow, other: AnyRow, order: readonly By[]): number {
  for (const { column, down } of order) {
    const [left, right] = [one[column] ?? '', other[column] ?? '']
    if (left !== right) return left < right === down ? 1 : -1
  }
  return 0
}

const page =
  <Name extends ReportName>(name: Name) =>
  async (
    context: Context,
    { query }: { readonly query: Asked & { readonly skip: number; readonly limit: number } },
  ) =>
    pageFrom(await report(context, name, query), query)

const file =
  (name: ReportName) =>
  async (context: Context, { query }: { readonly query: Asked }): Promise<string> =>
    csvOf(columnsOf(name), (await report(context, name, query)) as unknown as AnyRow[])

export const reportHandlers: Handlers<Context, typeof cteReports> = {
  clientsGuardStatus: page('clientsGuardStatus'),
  clientsGuardStatusDownload: file('clientsGuardStatus'),
  clientsKeys: page('clientsKeys'),
  clientsKeysDownload: file('clientsKeys'),
  clientsPolicies: page('clientsPolicies'),
  clientsPoliciesDownload: file('clientsPolicies'),
  clientsProfiles: page('clientsProfiles'),
  clientsProfilesDownload: file('clientsProfiles'),
  clients: page('clients'),
  clientsDownload: file('clients'),
  guardPoints: page('guardPoints'),
  guardPointsDownload: file('guardPoints'),
  policiesKeys: page('policiesKeys'),
  policiesKeysDownload: file('policiesKeys'),
}
