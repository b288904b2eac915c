import type { Context } from '../../context.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { stamp } from '../../kit/time.ts'
import type { GroupRow } from '../../store/schema.ts'
import type { Writer } from '../../store/store.ts'
import * as store from './store.ts'

/**
 * Part of a unit that takes a member out of this group: throws 'forbidden' when it is the last one. The group's version
 * goes up, so of two removals at the same time one is done again and sees what the other left.
 */
export async function keepOneMember(
  { read, now }: Pick<Context, 'read' | 'now'>,
  tx: Writer,
  group: GroupRow,
): Promise<void> {
  if ((await store.userCount(read, group)) <= 1)
    throw new Fault('forbidden', `the last member of the group ${quote(group.name)} must stay`)
  tx.update('groups', group, { updated_at: stamp(now()) })
}
