import type { Context } from '../../context.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { CtePolicyRow } from '../../store/schema.ts'
import type { Reader, Writer } from '../../store/store.ts'
import { guardPointUsing } from '../guard-points/uses.ts'

/** Throws 'conflict' for a policy that restricts changes while it guards something (reference 3.2). */
export async function demandChangeable(
  read: Reader,
  policy: CtePolicyRow,
  force = false,
): Promise<void> {
  if (policy.restrict_update === 0 || force) return
  const user = await guardPointUsing(read, policy)
  if (user !== undefined)
    throw new Fault(
      'conflict',
      `policy ${quote(policy.name)} restricts changes while it guards something, and ${user}; force_restrict_update changes it all the same`,
    )
}

type Changes = Partial<
  Pick<CtePolicyRow, 'description' | 'labels' | 'never_deny' | 'restrict_update'>
>

/** Part of a unit that changes a policy or its rules. Changes of one policy follow each other, as its version says. */
export const touched = (
  tx: Writer,
  { caller, now }: Pick<Context, 'caller' | 'now'>,
  policy: CtePolicyRow,
  changes: Changes = {},
): CtePolicyRow =>
  tx.update('cte_policies', policy, {
    ...changes,
    policy_version: policy.policy_version + 1,
    updated_by: caller.username,
    updated_at: stamp(now()),
  })
