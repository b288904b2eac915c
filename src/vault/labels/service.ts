import { type SqlBool, sql } from 'kysely'
import type { Context } from '../../context.ts'
import type { Handlers } from '../../kit/endpoint.ts'
import { pageFrom } from '../../kit/wire.ts'
import { matchOf } from '../../store/pattern.ts'
import { labelsOf } from '../keys/rights.ts'
import { visibleKeys } from '../keys/search/visible.ts'
import type { keyLabels } from './contract.ts'

const MAX_VALUES = 1000

export const keyLabelHandlers: Handlers<Context, typeof keyLabels> = {
  async list(context, { query }) {
    const { caller, read } = context
    let labels = read
      .selectFrom('key_labels')
      .select(({ fn }) => [
        'key_labels.label',
        'key_labels.value',
        fn.min('key_labels.key_row').as('example'),
      ])
      .where('key_labels.domain_id', '=', caller.domain)
      .groupBy(['key_labels.label', 'key_labels.value'])
      .orderBy('key_labels.label')
      .orderBy('key_labels.value')
    const visible = await visibleKeys(context)
    if (visible) labels = labels.where('key_labels.key_row', 'in', visible(read))
    if (query.label) {
      const match = matchOf(query.label, (text) => text)
      labels = labels.where(
        'equals' in match
          ? sql<SqlBool>`key_labels.label = ${match.equals}`
          : sql<SqlBool>`key_labels.label like ${match.like} escape '\\'`,
      )
    }
    const found = new Map<string, { value: string; example: string }[]>()
    for (const { label, value, example } of await labels.execute()) {
      const values = found.get(label) ?? []
      if (values.length < MAX_VALUES) values.push({ value, example })
      found.set(label, values)
    }
    const page = pageFrom([...found], query)
    const resources = await Promise.all(
      page.resources.map(async ([label, values]) => ({ label, values: await real(label, values) })),
    )
    return { ...page, resources: resources.filter(({ values }) => values.length > 0) }

    /** The table only helps to find labels; that a key has one is asked of a sealed row. */
    async function real(label: string, values: readonly { value: string; example: string }[]) {
      const rows = await read
        .selectFrom('keys')
        .selectAll()
        .where('domain_id', '=', caller.domain)
        .where(
          'id',
          'in',
          values.map(({ example }) => example),
        )
        .execute()
      const labelled = new Set(rows.map((row) => labelsOf(row)[label]))
      return values.flatMap(({ value }) => (labelled.has(value) ? [value] : []))
    }
  },
}
