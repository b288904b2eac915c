import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import type { DomainKekRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

const kekList = listing({
  table: 'domain_keks',
  sort: {
    createdAt: { column: 'created_at' },
    version: { column: 'version', unique: true },
  },
  filters: {},
  order: '-version',
})

/** A handful of rows: they are counted, and no total is kept for them. */
export const page = (read: Reader, domain: string, page: Page): Promise<Listed<DomainKekRow>> =>
  list(read, kekList, {
    domain,
    page,
    where: (eb) => eb('domain_keks.domain_id', '=', domain),
  })

export const find = (read: Reader, domain: string, id: string): Promise<DomainKekRow | undefined> =>
  read
    .selectFrom('domain_keks')
    .selectAll()
    .where('domain_id', '=', domain)
    .where('id', '=', id)
    .executeTakeFirst()

/** Every domain has one from its first moment on. */
export const newest = (read: Reader, domain: string): Promise<DomainKekRow> =>
  read
    .selectFrom('domain_keks')
    .selectAll()
    .where('domain_id', '=', domain)
    .orderBy('version', 'desc')
    .executeTakeFirstOrThrow()
