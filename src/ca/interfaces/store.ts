import { ROOT_DOMAIN } from '../../kit/domain.ts'
import type { Page } from '../../kit/wire.ts'
import { type Listed, list, listing } from '../../store/list.ts'
import type { InterfaceCertificateRow, InterfaceRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

/** Interfaces are the installation's own, whatever domain asks. */
export const find = (read: Reader, name: string): Promise<InterfaceRow | undefined> =>
  read.row('interfaces', { domain_id: ROOT_DOMAIN, name })

export const all = (read: Reader): Promise<InterfaceRow[]> =>
  read.rows('interfaces', { domain_id: ROOT_DOMAIN })

export const certificate = (
  read: Reader,
  { id }: Pick<InterfaceRow, 'id'>,
  certificateId: string,
): Promise<InterfaceCertificateRow | undefined> =>
  read.row('interface_certificates', {
    domain_id: ROOT_DOMAIN,
    interface_id: id,
    id: certificateId,
  })

const interfaceList = listing({
  table: 'interfaces',
  sort: {
    updatedAt: { column: 'updated_at' },
    name: { column: 'name', unique: true },
  },
  filters: {
    name: { column: 'name', exact: true },
    interface_type: { column: 'interface_type', exact: true },
  },
  order: '-updatedAt',
})

export const page = (
  read: Reader,
  page: Page,
  filters: { readonly name?: string | undefined; readonly interface_type?: string | undefined },
): Promise<Listed<InterfaceRow>> =>
  list(read, interfaceList, { domain: ROOT_DOMAIN, page, filters })

/** Changes whenever what the interface shows or trusts does; cheap enough to ask every second. */
export async function stateOf(read: Reader, name: string): Promise<string> {
  const row = await read
    .selectFrom('interfaces')
    .select('version')
    .where('domain_id', '=', ROOT_DOMAIN)
    .where('name', '=', name)
    .executeTakeFirst()
  const trusted = await read
    .selectFrom('trusted_cas')
    .select('id')
    .where('domain_id', '=', ROOT_DOMAIN)
    .where('service', '=', name)
    .orderBy('id')
    .execute()
  return [row?.version ?? 0, ...trusted.map(({ id }) => id)].join(' ')
}
