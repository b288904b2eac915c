import type { Reader } from '../../../store/store.ts'
import { type KeyContext, vaultOf } from '../../vault.ts'
import { policyGrants } from '../rights.ts'
import { selectorCondition } from '../selector.ts'
import type { KeyCondition } from './conditions.ts'

/** Rows that this caller may read; undefined: all of them. */
export async function visible(context: KeyContext): Promise<KeyCondition | undefined> {
  const { caller, may, services } = context
  if (may('ReadKey', 'vault:keys')) return undefined
  const { domain, groups, userId } = caller
  const policies = (await vaultOf(services).policies(domain)).filter((policy) =>
    policyGrants(policy, caller, 'ReadKey'),
  )
  return (eb) =>
    eb.or([
      eb('keys.owner_id', '=', userId),
      ...(groups.length === 0
        ? []
        : [
            eb(
              'keys.id',
              'in',
              eb
                .selectFrom('key_readers')
                .select('key_readers.key_row')
                .where('key_readers.domain_id', '=', domain)
                .where('key_readers.group_name', 'in', [...groups]),
            ),
          ]),
      ...policies.map(({ selector }) => selectorCondition(eb, domain, selector)),
    ])
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
