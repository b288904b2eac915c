import type { Context } from '../../context.ts'
import { Fault, quote } from '../../kit/fault.ts'
import { mayManage } from '../duties.ts'
import * as store from './store.ts'

/**
 * The groups of these names, as they are called, when the caller may give them to others: who joins an administrative one
 * is promoted, and nobody promotes beyond his own powers. Throws 'forbidden', or 'invalid-parameter' for one that is not
 * there.
 */
export async function givableGroups(
  { caller, read }: Context,
  names: readonly string[],
): Promise<string[]> {
  const found = new Set<string>()
  for (const name of names) {
    const group = await store.find(read, caller.domain, name)
    if (!group) throw new Fault('invalid-parameter', `groups: there is no group ${quote(name)}`)
    found.add(group.name)
  }
  if (!mayManage(caller.groups, [...found]))
    throw new Fault('forbidden', 'only who has the powers of a group gives it to others')
  return [...found]
}
