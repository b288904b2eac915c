import type { Context } from '../../context.ts'
import { timeText } from '../../kit/time.ts'
import type { Key } from '../contract.ts'
import { linksIfAsked } from './answer.ts'
import { present } from './present.ts'
import { search } from './search/search.ts'

type Paging = Parameters<typeof search>[2]

export async function listPage(
  context: Context,
  paging: Paging,
  wanted: Parameters<typeof search>[1],
  fields: readonly string[] | undefined,
): Promise<{ skip: number; limit: number; total: number; resources: Key[] }> {
  const now = timeText(context.now())
  const { rows, total, messages } = await search(context, wanted, paging, now)
  for (const message of messages) context.say(message)
  const links = await linksIfAsked(context, rows, fields)
  const shown = {
    meta: fields?.includes('meta') ?? false,
    certFields: fields?.includes('certFields') ?? false,
  }
  return {
    skip: paging.skip,
    limit: paging.limit,
    total,
    resources: rows.map((row) =>
      present(row, now, links ? { ...shown, links: links.get(row.id) ?? [] } : shown),
    ),
  }
}
