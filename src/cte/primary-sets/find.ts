import { notFound } from '../../kit/fault.ts'
import type { CteClientGroupRow, CtePrimarySetRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The primary set of the group that is named by its id, its URI or its name. Throws 'not-found'. */
export async function primarySetNamed(
  read: Reader,
  { id, domain_id }: Pick<CteClientGroupRow, 'id' | 'domain_id'>,
  reference: string,
): Promise<CtePrimarySetRow> {
  const one = (where: { readonly id?: string; readonly name?: string }) =>
    read.row('cte_primary_sets', { domain_id, group_id: id, ...where })
  const last = reference.startsWith('kylo:') ? (reference.split(':').at(-1) ?? '') : reference
  const found =
    (UUID.test(last) ? await one({ id: last.toLowerCase() }) : undefined) ??
    (await one({ name: reference }))
  if (!found) throw notFound('primary set', reference)
  return found
}
