import { notFound } from '../../kit/fault.ts'
import type { CteClientGroupRow, CtePrimarySetRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { idIn, sameLetters } from '../records.ts'

/** The primary set of the group that is named by its id, its URI or its name. Throws 'not-found'. */
export async function primarySetNamed(
  read: Reader,
  { id, domain_id }: Pick<CteClientGroupRow, 'id' | 'domain_id'>,
  reference: string,
): Promise<CtePrimarySetRow> {
  const one = (where: { readonly id?: string; readonly name?: string }) =>
    read.row('cte_primary_sets', { domain_id, group_id: id, ...where })
  const setId = idIn(reference)
  const found =
    (setId === undefined ? undefined : await one({ id: setId })) ??
    (await one({ name: sameLetters(reference) }))
  if (!found) throw notFound('primary set', reference)
  return found
}
