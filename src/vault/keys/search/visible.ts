import type { Expression, SqlBool } from 'kysely'
import type { Reader } from '../../../store/store.ts'
import { type KeyContext, vaultOf } from '../../vault.ts'
import { namesOf, policyGrants } from '../rights.ts'
import { type Selector, selectorCondition } from '../selector.ts'
import { flatOr, type KeyCondition, type Keys } from './conditions.ts'

/** Rows that this caller may read; undefined: all of them. */
export async function visible(context: KeyContext): Promise<KeyCondition | undefined> {
  const { caller, may, services } = context
  if (may('ReadKey', 'vault:keys')) return undefined
  const { domain, groups, userId } = caller
  // The table has names without case; rows that were written before it did have them as they were sent.
  const readers = [...new Set([...namesOf(caller).groups, ...groups])]
  const policies = (await vaultOf(services).policies(domain)).filter((policy) =>
    policyGrants(policy, caller, 'ReadKey'),
  )
  return (eb) =>
    flatOr(eb.or, [
      eb('keys.owner_id', '=', userId),
      ...(readers.length === 0
        ? []
        : [
            eb(
              'keys.id',
              'in',
              eb
                .selectFrom('key_readers')
                .select('key_readers.key_row')
                .where('key_readers.domain_id', '=', domain)
                .where('key_readers.group_name', 'in', readers),
            ),
          ]),
      ...matchedByAny(
        eb,
        domain,
        policies.map(({ selector }) => selector),
      ),
    ])
}

/** Rows that any selector matches. Those with one condition, as most have, share one look into the labels. */
function matchedByAny(
  eb: Keys,
  domain: string,
  selectors: readonly Selector[],
): Expression<SqlBool>[] {
  const values = new Map<string, Set<string>>()
  const others: Selector[] = []
  for (const selector of selectors) {
    const [one, ...more] = selector
    if (one?.op === 'in' && more.length === 0)
      values.set(one.label, new Set([...(values.get(one.label) ?? []), ...one.values]))
    else others.push(selector)
  }
  const shared = eb
    .selectFrom('key_labels')
    .select('key_labels.key_row')
    .where('key_labels.domain_id', '=', domain)
    .where((label) =>
      flatOr(
        label.or,
        [...values].map(([name, among]) =>
          label.and([
            label('key_labels.label', '=', name),
            label('key_labels.value', 'in', [...among]),
          ]),
        ),
      ),
    )
  return [
    ...(values.size === 0 ? [] : [eb('keys.id', 'in', shared)]),
    ...others.map((selector) => selectorCondition(eb, domain, selector)),
  ]
}

/** The ids of the rows that this caller may read, as a query within another; undefined: all rows. */
export async function visibleKeys(context: KeyContext) {
  const limits = await visible(context)
  if (!limits) return undefined
  return (read: Pick<Reader, 'selectFrom'>) =>
    read
      .selectFrom('keys')
      .select('keys.id')
      .where('keys.domain_id', '=', context.caller.domain)
      .where((eb) => limits(eb))
}
