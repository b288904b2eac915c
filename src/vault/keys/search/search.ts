import { ALL_ROWS, type Page } from '../../../kit/wire.ts'
import { type Listed, list, listing, unknownSort } from '../../../store/list.ts'
import type { KeyRow } from '../../../store/schema.ts'
import type { Reader } from '../../../store/store.ts'
import { type KeyContext, vaultOf } from '../../vault.ts'
import { containsJson, readMeta } from '../meta.ts'
import { hasPermission, labelsOf } from '../rights.ts'
import { matches } from '../selector.ts'
import { candidates, FEW, fewThatFit, hasIndex } from './candidates.ts'
import { conditionsOf, type KeyCondition } from './conditions.ts'
import type { KeyQuery } from './query.ts'
import { mayContain, type Sortable, scan, scanInside } from './scan.ts'
import { visible, visibleKeys } from './visible.ts'

const keyList = listing({
  table: 'keys',
  sort: {
    createdAt: { column: 'created_at' },
    updatedAt: { column: 'updated_at' },
    name: { column: 'name' },
    version: { column: 'key_version' },
  },
  filters: {},
  order: '-createdAt',
})

/**
 * One page of the keys that the caller may read. What only helps to find rows is not believed: each row, once read and
 * checked against its seal, is asked itself whether it belongs there.
 */
export async function search(
  context: KeyContext,
  query: KeyQuery,
  page: Page,
  now: string,
): Promise<Listed<KeyRow>> {
  const { caller, read, services } = context
  const seen = query.linkTypes?.length ? await visibleKeys(context) : undefined
  const conditions = conditionsOf(query, caller.domain, now, seen?.(read))
  const limits = await visible(context)
  if (limits) conditions.push(limits)
  const where: KeyCondition | undefined =
    conditions.length === 0 ? undefined : (eb) => eb.and(conditions.map((make) => make(eb)))
  const found =
    query.metaContains !== undefined || query.certFields !== undefined
      ? await searchInside(read, caller.domain, query, page, where)
      : where
        ? await searchWhere(read, caller.domain, query, page, where)
        : await list(read, keyList, { domain: caller.domain, page })
  const policies = await vaultOf(services).policies(caller.domain)
  const rows = found.rows.filter(
    (row) =>
      hasPermission(context, row, 'ReadKey', policies) &&
      (query.selectors ?? []).every((selector) => matches(selector, labelsOf(row))),
  )
  return { ...found, rows }
}

async function searchWhere(
  read: Reader,
  domain: string,
  query: KeyQuery,
  page: Page,
  where: KeyCondition,
): Promise<Listed<KeyRow>> {
  const named = await candidates(read, domain, query)
  if (named) return searchAmong(read, domain, named, page, where)
  const { few, total } = hasIndex(query)
    ? { few: await fewThatFit(read, domain, where), total: undefined }
    : await scan(read, domain, where, FEW)
  return few
    ? searchAmong(read, domain, few, page, where)
    : list(read, keyList, { domain, page, where, ...(total !== undefined && { total }) })
}

/** One page of these rows, of those that fit. */
async function searchAmong(
  read: Reader,
  domain: string,
  ids: readonly string[],
  { skip, limit, sort }: Page,
  where: KeyCondition | undefined,
): Promise<Listed<KeyRow>> {
  if (ids.length === 0) return { rows: [], total: 0, messages: [] }
  let among = read
    .selectFrom('keys')
    .selectAll()
    .where('keys.id', 'in', [...ids])
  if (where) among = among.where(where)
  const fitting = (await among.execute()).filter(({ domain_id }) => domain_id === domain)
  const newest = fitting.toSorted((one, other) =>
    one.created_at === other.created_at
      ? one.id < other.id
        ? 1
        : -1
      : one.created_at < other.created_at
        ? 1
        : -1,
  )
  const { rows, messages } = sorted(newest, sort)
  return {
    rows: rows.slice(skip, limit === ALL_ROWS ? undefined : skip + limit),
    total: rows.length,
    messages,
  }
}

/** Rows that come newest first, in another order when one is asked for. */
function sorted<Row extends Sortable>(
  rows: readonly Row[],
  sort: string | undefined,
): { readonly rows: Row[]; readonly messages: string[] } {
  const messages: string[] = []
  const by = (sort ?? '').split(',').flatMap((part) => {
    const name = part.trim().replace(/^-/, '')
    const known = Object.hasOwn(keyList.sort, name) ? keyList.sort[name] : undefined
    const sign = part.trim().startsWith('-') ? -1 : 1
    if (!known && name !== '') messages.push(unknownSort(name))
    return known ? [{ column: known.column as keyof Sortable, sign }] : []
  })
  const inOrder = rows.toSorted((one, other) => {
    for (const { column, sign } of by) {
      const [a, b] = [one[column], other[column]]
      if (a !== b) return a < b ? -sign : sign
    }
    return 0
  })
  return { rows: inOrder, messages }
}

/** What is inside of metadata has no index: every row that fits otherwise, and may hold the texts, is looked into. */
async function searchInside(
  read: Reader,
  domain: string,
  { metaContains, certFields }: KeyQuery,
  { skip, limit, sort }: Page,
  where: KeyCondition | undefined,
): Promise<Listed<KeyRow>> {
  const conditions = [
    ...(where ? [where] : []),
    ...(metaContains === undefined ? [] : [mayContain('meta', metaContains)]),
    ...(certFields === undefined ? [] : [mayContain('cert_fields', certFields)]),
  ]
  const found = await scanInside(
    read,
    domain,
    (eb) => eb.and(conditions.map((make) => make(eb))),
    ({ meta, cert_fields }) =>
      (metaContains === undefined || containsJson(readMeta(meta) ?? {}, metaContains)) &&
      (certFields === undefined || containsJson(readMeta(cert_fields) ?? {}, certFields)),
  )
  const { rows: inOrder, messages } = sorted(found, sort)
  const wanted = inOrder
    .map(({ id }) => id)
    .slice(skip, limit === ALL_ROWS ? undefined : skip + limit)
  const byId = await read.byId('keys', domain, wanted)
  const rows = wanted.flatMap((id) => byId.get(id) ?? [])
  return { rows, total: found.length, messages }
}
