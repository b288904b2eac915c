import type { Context } from '../../context.ts'
import type { CtePolicyRow } from '../../store/schema.ts'
import type { Reader } from '../../store/store.ts'
import { type Collection, existing, find } from '../records.ts'

export const policies: Collection<'cte_policies'> = {
  table: 'cte_policies',
  segment: 'policies',
  what: 'policy',
}

/** The policy that a reference means in this domain: name, id, URI or slug. */
export const findPolicy = (
  read: Reader,
  domain: string,
  reference: string,
): Promise<CtePolicyRow | undefined> => find(read, policies, domain, reference)

/** The same for the caller's domain. Throws 'not-found'. */
export const existingPolicy = (
  context: Pick<Context, 'caller' | 'read'>,
  reference: string,
): Promise<CtePolicyRow> => existing(context, policies, reference)
